"""Rules of the self-check as data."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import polars as pl
import pytest

from drg.analysis.coding_review import review_rules, shipped_rules
from drg.analysis.coding_review.coding_review import FINDERS, HINTS
from drg.analysis.coding_review.review_rules import filled, prefixes
from drg.errors import InputError

_NAMED = {*HINTS, "earlier", "text", "text_zh"}


def test_every_rule_has_a_function_and_every_function_a_rule() -> None:
    assert {rule.finds for rule in shipped_rules().values()} == set(FINDERS)


@pytest.mark.parametrize("rule", shipped_rules().values(), ids=lambda rule: str(rule.id))
def test_evidence_and_question_are_in_both_languages(rule: object) -> None:
    fields = {name: getattr(rule, name) for name in ("title", "evidence", "question", "money")}
    for name, text in fields.items():
        chinese = getattr(rule, f"{name}_zh")
        assert text.isascii() or name == "evidence"
        assert re.search("[一-鿿]", chinese) or chinese == "{text_zh}"
    names = {name for _, name, _, _ in Formatter().parse(fields["evidence"]) if name}
    assert names
    assert names <= _NAMED


def test_prefixes_and_ranges_of_categories() -> None:
    pattern = prefixes(["D50-D52", "R57.1"])
    codes = pl.Series(["D50.000", "D52.900x001", "D53.000", "R57.100", "R57.900", "AD50", "R5741"])
    assert codes.str.contains(pattern).to_list() == [True, True, False, True, False, False, False]


def test_what_a_hint_lacks_is_a_dash() -> None:
    frame = pl.DataFrame({"subject": ["J96.000", None], "observed": [1.6, None]})
    texts = frame.select(filled("{subject}: {observed} h, {earlier}", frame.columns)).to_series()
    assert texts.to_list() == ["J96.000: 2 h, –", "–: – h, –"]


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('[[rule]]\nid = "exclusive-codes"\non = false\n', encoding="utf-8")
    assert not next(rule for rule in review_rules(file) if rule.id == "exclusive-codes").on
    with pytest.raises(InputError, match="there is no rule 'exclusive'"):
        review_rules(only=["exclusive"])
