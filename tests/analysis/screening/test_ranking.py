"""Adjusted p-values and the order of hospitals."""

from __future__ import annotations

import polars as pl

from drg.analysis.screening.found import TESTS, shaped
from drg.analysis.screening.ranking import SCHEMAS, adjusted, hospital_ranks


def made_tests(*rows: tuple[str, str, float]) -> pl.DataFrame:
    made = pl.DataFrame(rows, schema=["hospital_id", "subject", "p"], orient="row")
    return shaped(made, TESTS)


def by_hand(p: list[float]) -> list[float]:
    """Benjamini and Hochberg: the smallest p × number ÷ rank from here on, at most 1."""
    order = sorted(range(len(p)), key=p.__getitem__)
    found, least = [0.0] * len(p), 1.0
    for rank in range(len(p), 0, -1):
        least = min(least, p[order[rank - 1]] * len(p) / rank)
        found[order[rank - 1]] = least
    return found


def test_p_is_adjusted_over_rules_and_hospitals() -> None:
    one = made_tests(("A", "", 0.001), ("B", "", 0.2))
    # The smaller of two months counts twice: 0.02.
    months = made_tests(("A", "2025-01", 0.9), ("A", "2025-02", 0.01), ("B", "2025-01", 0.6))
    found = adjusted({"one": one, "months": months})
    expected = by_hand([0.001, 0.2, 0.02, 0.6])
    assert found["p_adjusted"].to_list() == [*expected[:2], expected[2], expected[2], expected[3]]
    assert found["significant"].to_list() == [True, False, False, True, False]


def test_without_tests_nothing_is_significant() -> None:
    assert adjusted({}).schema == SCHEMAS["tests"]
    assert adjusted({"one": made_tests()}).is_empty()


def test_hospitals_that_stand_out_by_most_rules_are_first_and_money_counts_each_case_once() -> None:
    rows = pl.DataFrame({"hospital_id": ["A", "B", "B", "C", None]})
    tests = adjusted(
        {"one": made_tests(("A", "", 0.5), ("B", "", 0.001)), "two": made_tests(("B", "", 0.001))}
    )
    findings = pl.DataFrame({"hospital_id": ["A", "B", "B"]})
    evidence = pl.DataFrame(
        {"place": [0, 1, 1], "hospital_id": ["A", "B", "B"], "money": [9_000, 500, 500]},
        schema_overrides={"money": pl.Int64},
    )
    found = hospital_ranks(rows, tests, findings, evidence)
    assert found.select("rank", "hospital_id", "significant", "significant_rules", "findings").rows() == [
        (1, "B", 2, "one, two", 2),
        (2, "A", 0, "", 1),
        (3, "C", 0, "", 0),
    ]
    assert [str(money) for money in found["money_yuan"]] == ["5.00", "90.00", "0.00"]
