"""The measure of the rules of the self-check, small, and that no rule is on whose precision is too low."""

from __future__ import annotations

from benchmarks.review_precision import DOCUMENT, OF_KINDS, OF_RULES, table
from benchmarks.test_screen_precision import rows
from drg.analysis.coding_review import shipped_rules


def test_the_table_has_the_rules_of_the_document() -> None:
    made = rows(table(1, 1_500))
    kept = rows(DOCUMENT.read_text(encoding="utf-8").partition("precision:begin")[2])
    assert list(made) == list(kept) == list(shipped_rules())
    assert {rule: row[1] for rule, row in made.items()} == {rule: row[1] for rule, row in kept.items()}
    assert int(made["surgery-fees-without-procedure"][3]) > 0


def test_no_rule_is_on_whose_precision_is_below_a_half() -> None:
    kept = rows(DOCUMENT.read_text(encoding="utf-8").partition("precision:begin")[2])
    for rule in (*OF_RULES, *OF_KINDS):
        if shipped_rules()[rule].on and kept[rule][4] != "–":
            assert float(kept[rule][4]) >= 0.5, rule
