"""The three cases that show what a scheme pays."""

from __future__ import annotations

import pytest

from drg.analysis.scheme_cases import worked_cases
from drg.payment import Pricer
from drg.payment.load_scheme import installed_schemes


@pytest.mark.parametrize("scheme", sorted(installed_schemes()))
def test_cases_are_of_the_classes_that_they_show(scheme: str) -> None:
    pricer = Pricer(scheme)
    cases = list(worked_cases(pricer))
    assert [case.kind for case in cases] == ["usual", "dear", "cheap"]
    dear = "high" if pricer.scheme.high else "normal"
    cheap = "low" if pricer.scheme.low else "normal"
    assert [case.explanation.case_class for case in cases] == ["normal", dear, cheap]
    assert all(case.explanation.payment > 0 for case in cases)
