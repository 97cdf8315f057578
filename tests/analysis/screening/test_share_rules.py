"""Rules that compare hospitals: each finds the one that differs, with its cases beyond what is expected."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from drg.analysis.screening import share_rules
from drg.analysis.screening.screen_cases import ScreenCases
from drg.records.cases import Cases
from tests.analysis.screening.made import frame, rule, screen_cases

ILL: dict[str, Any] = {"severity": "CC", "drg": "ES23", "total_cost_yuan": 2000}
PLAIN: dict[str, Any] = {"severity": "none", "drg": "ES25", "total_cost_yuan": 1000}


def region(
    special: dict[str, Any], usual: dict[str, Any], many: int = 30, few: int = 10
) -> list[dict[str, Any]]:
    """Six hospitals with 50 cases each; the first has many special ones, the others few."""
    rows = []
    for number in range(6):
        count = many if number == 0 else few
        rows += [special | {"hospital_id": f"H{number}"}] * count
        rows += [usual | {"hospital_id": f"H{number}"}] * (50 - count)
    return rows


def test_complications_beyond_what_is_expected_are_the_cheapest_ones() -> None:
    rows = region(ILL, PLAIN)
    for place in (3, 7):
        rows[place] = rows[place] | {"total_cost_yuan": 900}
    cases = screen_cases(rows)
    found = share_rules.complication_share(cases, rule("complication-share", min_cases=20))
    (told,) = found.findings.rows(named=True)
    assert (told["hospital_id"], told["observed"]) == ("H0", 30.0)
    assert told["expected"] == pytest.approx(50 * 80 / 300)
    # 17 of 30 are more than expected; the two cheap ones come first.
    evidence = found.evidence["place"].to_list()
    assert len(evidence) == 17
    assert evidence[:2] == [3, 7]
    mean = (78 * 2000 + 2 * 900) / 80
    assert told["money"] == 17 * round((mean - 1000) * 100)
    others = found.tests.filter(pl.col("hospital_id") != "H0")
    assert (others["p"] > 0.2).all()
    assert found.tests.filter(hospital_id="H0")["p"][0] < 1e-3


def test_a_month_is_compared_with_the_other_months_of_its_hospital() -> None:
    rows = []
    for month in range(6):
        count = 45 if month == 3 else 15
        rows += [(ILL if number < count else PLAIN) | {"day": 1 + 30 * month} for number in range(60)]
    found = share_rules.complication_drift(screen_cases(rows), rule("complication-drift"))
    assert found.findings.select("hospital_id", "subject", "observed", "expected").rows() == [
        ("H1", "2025-06", 45.0, 15.0)
    ]


def test_surgery_is_compared_within_levels() -> None:
    operated = {"adrg": "EB1"}
    rows = region(operated, {"adrg": "ES2"})
    found = share_rules.surgery_share(screen_cases(rows), rule("surgery-share", min_cases=20))
    assert found.findings["hospital_id"].to_list() == ["H0"]
    # Alone on its level, there is nothing that it differs from.
    apart = [row | {"hospital_level": "3" if row["hospital_id"] == "H0" else "2"} for row in rows]
    alone = share_rules.surgery_share(screen_cases(apart), rule("surgery-share", min_cases=20))
    assert alone.findings.is_empty()


def test_the_case_mix_index_is_held_against_the_same_adrgs() -> None:
    rows = region(ILL | {"relative_weight": 1.5}, PLAIN | {"relative_weight": 0.5})
    found = share_rules.case_mix_index(screen_cases(rows), rule("case-mix-index", min_cases=20))
    (told,) = found.findings.rows(named=True)
    assert told["observed"] == pytest.approx((30 * 1.5 + 20 * 0.5) / 50)
    assert told["expected"] == pytest.approx((80 * 1.5 + 220 * 0.5) / 300)
    assert told["money"] == round((30 * 200_000 + 20 * 100_000) * (1 - told["expected"] / told["observed"]))


def test_discharges_pile_up_on_a_day() -> None:
    rows = region({"days": 15}, {"days": 18})
    found = share_rules.stay_peak(screen_cases(rows), rule("stay-peak", days=[15, 16]))
    assert found.findings.select("hospital_id", "subject", "observed").rows() == [("H0", "15", 30.0)]
    # 30 less 50 × 80 ÷ 300, at 1,000 yuan each
    assert found.findings["money"].to_list() == [17 * 100_000]


def test_costs_pile_up_above_a_threshold() -> None:
    near = region({"total_cost_yuan": 410}, {"total_cost_yuan": 390})
    far = [{"hospital_id": "H5", "total_cost_yuan": 1600}] * 300
    cases = screen_cases([*near, *far])
    mean = cases.groups["group_cost"][0] / 100
    assert 385 / mean < 0.4 < 410 / mean
    found = share_rules.cost_threshold_peak(cases, rule("cost-threshold-peak"))
    assert found.findings.select("hospital_id", "subject").rows() == [("H0", "≥ 0.4")]


def test_one_code_everywhere() -> None:
    rows = region(
        {"other_diagnoses": ["J96.900", "I10.x00"]}, {"other_diagnoses": ["I10.x00"]}, many=40, few=2
    )
    found = share_rules.same_code(screen_cases(rows), rule("same-code"), None)
    assert found.findings.select("hospital_id", "subject", "observed").rows() == [("H0", "J96.900", 40.0)]
    nothing = share_rules.same_code(screen_cases(rows), rule("same-code"), pl.Series(["I10.x00"]))
    assert nothing.findings.is_empty()


def test_outpatient_costs_need_a_column_of_the_file() -> None:
    rows = region({"outside": 900}, {"outside": 300})
    limits = rule("outpatient-shift", column="outside", min_cases=20)
    cases = ScreenCases.of(Cases.of(frame(rows)), ["outside"])
    found = share_rules.outpatient_shift(cases, limits)
    (told,) = found.findings.rows(named=True)
    assert (told["hospital_id"], told["observed"]) == ("H0", 660.0)
    assert told["expected"] == pytest.approx(300 + 600 * 80 / 300)
    assert told["money"] == round(100 * 50 * (660 - told["expected"]))
