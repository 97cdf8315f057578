"""Rules that look at records, by hand."""

from __future__ import annotations

from typing import Any

import polars as pl

from drg.analysis.screening import record_rules
from tests.analysis.screening.made import frame, rule, screen_cases


def test_cost_above_three_times_the_mean() -> None:
    rows: list[dict[str, Any]] = [{"total_cost_yuan": 1000}] * 9 + [
        {"total_cost_yuan": 11_000},
        {"total_cost_yuan": None},
    ]
    found = record_rules.cost_over_mean(screen_cases(rows), rule("cost-over-mean", group_cases=5))
    # The mean is 2,000; 11,000 is 5.5 times that, and 5,000 more than three times.
    assert found.findings.select("observed", "expected", "ratio", "money").rows() == [
        (11_000.0, 2_000.0, 5.5, 500_000)
    ]
    assert found.evidence["place"].to_list() == [9]
    assert found.judged.to_list() == [True] * 10 + [False]
    few = record_rules.cost_over_mean(screen_cases(rows), rule("cost-over-mean", group_cases=11))
    assert not few.judged.any()


def test_clones_are_alike_in_all_codes_stay_and_cost() -> None:
    alike: dict[str, Any] = {"other_diagnoses": ["I10.x00", "E11.900"], "total_cost_yuan": 812.35}
    rows = [
        alike,
        alike | {"other_diagnoses": ["E11.900", "I10.x00"]},
        alike | {"total_cost_yuan": 812.36},
        alike | {"days": 6},
        alike | {"hospital_id": "H2"},
        alike | {"principal_procedure": "33.2200"},
        alike | {"patient_id": "P0"},
        {"other_diagnoses": [], "total_cost_yuan": 77},
        {"other_diagnoses": [], "total_cost_yuan": 77},
    ]
    found = record_rules.cloned_records(screen_cases(rows), rule("cloned-records"))
    # The last two have one code each, which many cases have.
    assert found.evidence["place"].to_list() == [0, 1, 6]
    assert found.findings.select("hospital_id", "observed", "money").rows() == [("H1", 3.0, 162_470)]
    one_patient = [alike | {"patient_id": "A"}] * 2
    assert record_rules.cloned_records(screen_cases(one_patient), rule("cloned-records")).findings.is_empty()
    nobody = [alike | {"patient_id": None}] * 2
    assert record_rules.cloned_records(screen_cases(nobody), rule("cloned-records")).findings.height == 1


def _hospitals(special: dict[str, Any], usual: dict[str, Any]) -> list[dict[str, Any]]:
    """Six hospitals with 60 cases each, of which the first has ten special ones and others one."""
    rows = []
    for number in range(6):
        count = 10 if number == 0 else 1
        rows += [special | {"hospital_id": f"H{number}"}] * count
        rows += [usual | {"hospital_id": f"H{number}"}] * (60 - count)
    return rows


def test_low_standard_admission_is_told_of_hospitals_with_many() -> None:
    light = {"drg": "ES35", "total_cost_yuan": 1000}
    cheap = light | {"days": 2, "total_cost_yuan": 200}
    rows = _hospitals(cheap, light) + [{"hospital_id": "H5", "drg": "FA11", "total_cost_yuan": 30_000}] * 40
    limits = rule("low-standard-admission", group_cases=20, min_cases=30)
    found = record_rules.low_standard_admission(screen_cases(rows), limits)
    flagged = [place for place, row in enumerate(rows) if row.get("days") == 2]
    assert found.findings["hospital_id"].to_list() == ["H0"]
    assert found.findings["money"].to_list() == [10 * 20_000]
    assert found.evidence["place"].to_list() == flagged[:10]
    assert found.tests["observed"].sum() == len(flagged)
    treated = [row | {"principal_procedure": "33.2200"} for row in rows]
    assert record_rules.low_standard_admission(screen_cases(treated), limits).findings.is_empty()


def test_weekend_beds_count_days_off() -> None:
    # 2025-03-01 is a Saturday: two days off, then Monday.
    rows = _hospitals({"day": 1, "days": 3, "total_cost_yuan": 200}, {"day": 3, "days": 5})
    limits = rule("weekend-beds", group_cases=20, min_cases=30)
    found, unknown = record_rules.weekend_beds(screen_cases(rows), limits)
    assert found.findings["hospital_id"].to_list() == ["H0"]
    assert found.evidence.height == 10
    assert unknown == set()
    later = frame(rows).with_columns(pl.col("admission_date", "discharge_date").dt.offset_by("28y"))
    cases = screen_cases(rows)
    moved = type(cases).of(type(cases.origin).of(later))
    assert record_rules.weekend_beds(moved, limits)[1] == {2053}
