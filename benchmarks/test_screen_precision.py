"""The measure of the rules of supervision, small, and that no rule is on whose precision is too low."""

from __future__ import annotations

from benchmarks.screen_precision import (
    DOCUMENT,
    OF_HOSPITALS,
    OF_RECORDS,
    OF_UPCODING,
    STRENGTHS,
    strengths,
    table,
)
from drg.analysis.screening import shipped_rules


def rows(text: str) -> dict[str, list[str]]:
    cells = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    return {row[0].strip("`"): row for row in cells}


def test_the_table_has_the_rules_of_the_document() -> None:
    made = rows(table(1, 1_500))
    kept = rows(DOCUMENT.read_text(encoding="utf-8").partition("precision:begin")[2])
    assert list(made) == list(kept) == list(shipped_rules())
    assert {rule: row[1] for rule, row in made.items()} == {rule: row[1] for rule, row in kept.items()}
    assert int(made["cloned-records"][3]) > 0


def test_no_rule_is_on_whose_precision_is_below_a_half() -> None:
    kept = rows(DOCUMENT.read_text(encoding="utf-8").partition("precision:begin")[2])
    for rule in (*OF_RECORDS, *OF_HOSPITALS, *OF_UPCODING):
        if shipped_rules()[rule].on:
            assert float(kept[rule][4]) >= 0.5, rule


def test_more_upcoding_is_told_sooner() -> None:
    made = strengths(1, 1_500).splitlines()
    kept = DOCUMENT.read_text(encoding="utf-8").partition("strength:begin -->\n")[2].splitlines()
    assert len(made) == 2 + len(STRENGTHS)
    assert [line.split("|")[1] for line in made] == [line.split("|")[1] for line in kept[: len(made)]]
