"""A scheme in words: every rule that it has is said, in both languages."""

from __future__ import annotations

import re

import pytest

from drg.payment.load_scheme import installed_schemes, load_scheme
from drg.report.scheme_words import sentences
from drg.words import told

RULES = {
    "coefficients": "oefficient",
    "high": "High cost",
    "low": "Low cost",
    "extreme": "dearest",
    "excluded_items": "Excluded items",
    "incomplete": "Broken-off",
    "readmission": "followed by another",
    "tcm": "traditional medicine",
}


@pytest.mark.parametrize("scheme", sorted(installed_schemes()))
def test_every_rule_is_said(scheme: str) -> None:
    loaded = load_scheme(scheme)
    english = [told(sentence, "en") for sentence in sentences(loaded, 10_000)]
    chinese = [told(sentence, "zh") for sentence in sentences(loaded, 10_000)]
    assert len(english) == len(chinese)
    whole = "\n".join(english)
    for name, words in RULES.items():
        assert (words in whole) == bool(getattr(loaded.scheme, name)), name
    assert whole.count("Rate: ") + whole.count("Value of a point: ") == len(loaded.scheme.rates)
    assert whole.count("Outside payment by group") == len(loaded.scheme.outside)
    assert "groups of the version have no weight" in whole
    # Chinese sentences have no English words but ids and names of sections.
    left = re.findall(r"\b(?:paid|cost|groups?|cases?|rate|weights?|stays?|days)\b", "\n".join(chinese))
    assert left == []
