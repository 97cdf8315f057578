"""The three cases that show what a scheme pays."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from drg.analysis.scheme_cases import worked_cases
from drg.payment import Pricer
from drg.payment.load_scheme import installed_schemes
from tests.payment.strategies import plain_scheme, sourced, write_scheme


@pytest.mark.parametrize("scheme", sorted(installed_schemes()))
def test_cases_are_of_the_classes_that_they_show(scheme: str) -> None:
    pricer = Pricer(scheme)
    cases = list(worked_cases(pricer))
    assert [case.kind for case in cases] == ["usual", "dear", "cheap"]
    dear = "high" if pricer.scheme.high else "normal"
    cheap = "low" if pricer.scheme.low else "normal"
    assert [case.explanation.case_class for case in cases] == ["normal", dear, cheap]
    assert all(case.explanation.payment > 0 for case in cases)


def test_a_scheme_of_amounts_alone(tmp_path: Path) -> None:
    """The amount in the middle, for the level and insurance for which it is."""
    rows = [
        {"drg": "BR11", "amount_yuan": 9000},
        {"drg": "BR13", "amount_yuan": 7000, "level": "1", "insurance": "390", "valid_from": "2025-07-01"},
        {"drg": "BR15", "amount_yuan": 5000},
    ]
    path = write_scheme(tmp_path, plain_scheme(rates=None, amounts=sourced(rows=rows)), {})
    (path / "weights.csv").unlink()
    cases = list(worked_cases(Pricer(path)))
    assert [str(case.explanation.payment) for case in cases] == ["7000.00"] * 3
    assert {case.explanation.case["insurance_type"] for case in cases} == {"390"}


def test_a_scheme_of_amounts_that_has_weights_but_no_rate(tmp_path: Path) -> None:
    rows = [{"drg": "BR15", "amount_yuan": 5000}]
    high = sourced(
        formula="cap",
        reference="standard",
        tiers=[{"threshold": 4, "weight_below": 1}, {"threshold": 2}],
    )
    scheme = plain_scheme(rates=None, amounts=sourced(rows=rows), high=high)
    path = write_scheme(tmp_path, scheme, {("BR13", None): Decimal("1.2"), ("BR15", None): Decimal("0.9")})
    _, dear, _ = worked_cases(Pricer(path))
    # Four times the amount, as the weight of its group decides.
    assert dear.explanation.case_class == "high"
    assert str(dear.explanation.payment) == "20000.00"
