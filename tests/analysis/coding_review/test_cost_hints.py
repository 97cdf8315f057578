"""Hints that cost and stay speak for, by hand."""

from __future__ import annotations

from typing import Any

from tests.analysis.coding_review.made import hints, places

FEW = {"group_cases": 5.0}
# Costs and stays around 1,000 yuan and 8 days.
SPREAD: list[dict[str, Any]] = [
    {"total_cost_yuan": cost, "days": days}
    for cost, days in ((800, 6), (900, 7), (1000, 8), (1100, 9), (1250, 10), (950, 8), (1050, 8))
]
GRAVE = {"other_diagnoses": ["A41.900"]}


def test_cost_and_stay_both_have_to_be_far_above() -> None:
    dear: list[dict[str, Any]] = [
        {"total_cost_yuan": 5000, "days": 30},
        {"total_cost_yuan": 5000, "days": 8},
        {"total_cost_yuan": 5000, "days": 30} | GRAVE,
        {"total_cost_yuan": 5000, "days": 30, "other_diagnoses": []},
    ]
    found = hints("dearer-than-group", [*SPREAD, *dear], **FEW)
    assert found.select("place", "observed").rows() == [(7, 5000.0)]
    # Half of the ten costs without complications are above √(1050 × 1100).
    assert round(found["expected"][0]) == 1075
    assert places("dearer-than-group", *SPREAD, *dear, group_cases=11.0) == []


def test_one_complication_without_effort() -> None:
    cheap = {"total_cost_yuan": 500, "days": 4}
    rows: list[dict[str, Any]] = [
        *SPREAD,
        cheap | GRAVE,
        cheap | {"other_diagnoses": ["A41.900", "A40.900"]},
        cheap | {"days": 8} | GRAVE,
        cheap,
    ]
    found = hints("complication-without-effort", rows, **FEW)
    # With two of them the group hangs on neither alone.
    assert found.select("place", "subject").rows() == [(7, "A41.900")]


def test_only_in_hospitals_that_have_more_of_it() -> None:
    cheap = GRAVE | {"total_cost_yuan": 500, "days": 4}
    usual = GRAVE | {"total_cost_yuan": 3000, "days": 15}
    rows = SPREAD * 5
    for number in range(6):
        often = 40 if number == 3 else 4
        rows += [cheap | {"hospital_id": f"H{number}"}] * often + [usual | {"hospital_id": f"H{number}"}] * 40
    found = places("complications-without-effort-often", *rows, **FEW)
    assert {rows[place].get("hospital_id") for place in found} == {"H3"}
    assert len(found) == 40
    assert places("complications-without-effort-often", *(row | {"hospital_id": "H3"} for row in rows)) == []


def test_cost_of_another_diagnosis() -> None:
    other = {"principal_diagnosis": "I63.900", "other_diagnoses": []}
    strokes = [
        other | {"total_cost_yuan": row["total_cost_yuan"] * 20, "days": row["days"] * 4} for row in SPREAD
    ]
    like_a_stroke = {"total_cost_yuan": 20_000, "days": 32, "other_diagnoses": ["I10.x00", "I63.900"]}
    found = hints("cost-of-another-diagnosis", [*SPREAD, *strokes, like_a_stroke], **FEW)
    assert found.select("place", "subject").rows() == [(14, "I63.900")]
