from __future__ import annotations

import polars as pl
import pytest

from drg.analysis import statement
from drg.analysis.settlement_totals import by_insurance, by_rule, ranked
from drg.analysis.statement_account import accounts_of
from drg.settlement.accounts import standing
from drg.settlement.settlement_columns import ACCOUNT
from tests.report import settled


@pytest.mark.parametrize("most", [1, 100, 10_000])
def test_every_case_comes_once_however_many_are_read_at_a_time(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(statement, "MOST_CASES", most)
    settlement = settled.settlement()
    hospitals = statement.hospitals_of(settlement.rows)
    tables = dict(statement.by_hospital(settlement.cases, hospitals, settlement.scheme))
    assert list(tables) == ["H1", "H2", "H3"]
    assert [table.height for table in tables.values()] == hospitals["cases"].to_list()
    assert sorted(case for table in tables.values() for case in table["case_id"]) == [
        f"{number:05}" for number in range(settled.CASES)
    ]
    for name, table in tables.items():
        assert set(table["hospital_id"]) == {name}
        assert table.equals(table.sort(*ACCOUNT, "discharge_date", "case_id"))


def test_sums_of_cases_are_those_of_the_settlement() -> None:
    settlement = settled.settlement()
    hospitals = statement.hospitals_of(settlement.rows)
    checked = 0
    for name, table in statement.by_hospital(settlement.cases, hospitals, settlement.scheme):
        rows = settlement.rows.filter(hospital_id=name)
        for account in accounts_of(settlement, rows, table):
            assert [tie for tie in (*account.ties(), *account.month_ties()) if tie.difference] == []
            assert account.total["cost"] > 0
            checked += 1
    assert checked == 6


@pytest.mark.parametrize("excess", ["common_factor", "hospitals_over"])
@pytest.mark.parametrize("unit", ["fen", "yuan"])
def test_steps_of_a_budget_end_in_its_adjustments(excess: str, unit: str) -> None:
    rounding = settled.ROUNDING.format(unit=unit, mode="half_up")
    settlement = settled.settlement(settled.RULES + rounding + settled.budget(100_000, excess))
    shares = settlement.budget_shares.filter(span="year")
    assert shares.height == 3
    rows = settlement.rows.filter(span="year").join(shares, on=(*ACCOUNT, "span"))
    changed = (
        pl.col("part_yuan")
        - pl.col("payment_yuan")
        + pl.col("patient_and_others_yuan")
        - pl.col("quality_adjustment_yuan")
        - pl.col("budget_adjustment_yuan")
    )
    assert rows.filter(changed != 0).is_empty()
    assert shares["part_yuan"].sum() == settlement.budgets["pool_yuan"][0] == shares["distributed_yuan"][0]


def test_totals_and_rankings() -> None:
    settlement = settled.settlement(months=5)
    rows = settlement.rows
    stand = standing(rows)
    assert set(stand["span"]) == {"year_to_date"}
    assert set(stand["period"]) == {"2025-05"}
    totals = by_insurance(rows)
    assert totals.select("insurance_type", "span").rows() == [
        ("310", "year_to_date"),
        ("310", "forecast"),
        ("390", "year_to_date"),
        ("390", "forecast"),
    ]
    assert totals.filter(span="year_to_date")["cases"].sum() == settled.CASES
    best, worst = ranked(rows)
    outcomes = stand.group_by("hospital_id").agg(pl.col("outcome_yuan").sum()).sort("outcome_yuan")
    assert best["outcome_yuan"].to_list() == [v for v in outcomes["outcome_yuan"].reverse() if v > 0]
    assert worst["outcome_yuan"].to_list() == [v for v in outcomes["outcome_yuan"] if v < 0]
    rules_found = by_rule(settlement.findings)
    assert rules_found["count"].sum() == settlement.findings.height
    assert rules_found["severity"].to_list() == sorted(
        rules_found["severity"], key=["error", "warning", "notice"].index
    )
