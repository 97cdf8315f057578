from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.analysis import statement
from drg.analysis.settlement_totals import by_insurance, by_rule, ranked, standing
from drg.analysis.statement_account import (
    accounts_of,
    overrun_slices,
    rounded_share,
    surplus_slices,
    whole_share,
)
from drg.analysis.statement_budget import budget_shares
from drg.payment.settlement_rules import SettlementRules
from drg.settlement.columns import ACCOUNT
from tests.report import settled

SOURCE = "illustrative"
YUAN = st.decimals(0, 10**9, places=2)


def rules(**parts: object) -> SettlementRules:
    return SettlementRules.model_validate({"source": SOURCE, **parts})


SHARING = rules(
    surplus={
        "source": SOURCE,
        "mode": "marginal",
        "bands": [
            {"utilisation_at_least": 0, "hospital_keeps": "0.2"},
            {"utilisation_at_least": "0.8", "hospital_keeps": 1},
        ],
    },
    overrun={
        "source": SOURCE,
        "mode": "marginal",
        "bands": [
            {"utilisation_at_least": 1, "fund_bears": "0.7"},
            {"utilisation_at_least": "1.1", "fund_bears": 0},
        ],
    },
)


@pytest.mark.parametrize("most", [1, 100, 10_000])
def test_every_case_comes_once_however_many_are_read_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(statement, "MOST_CASES", most)
    settlement = settled.settlement(tmp_path)
    hospitals = statement.hospitals_of(settlement.rows)
    tables = dict(statement.by_hospital(settlement.cases, hospitals, settlement.scheme))
    assert list(tables) == ["H1", "H2", "H3"]
    assert [table.height for table in tables.values()] == hospitals["cases"].to_list()
    assert sorted(case for table in tables.values() for case in table["case_id"]) == [
        f"{number:05}" for number in range(240)
    ]
    for name, table in tables.items():
        assert set(table["hospital_id"]) == {name}
        assert table.equals(table.sort(*ACCOUNT, "discharge_date", "case_id"))


def test_sums_of_cases_are_those_of_the_settlement(tmp_path: Path) -> None:
    settlement = settled.settlement(tmp_path)
    hospitals = statement.hospitals_of(settlement.rows)
    checked = 0
    for name, table in statement.by_hospital(settlement.cases, hospitals, settlement.scheme):
        rows = settlement.rows.filter(hospital_id=name)
        for account in accounts_of(settlement, rows, table, {}):
            assert [tie for tie in (*account.ties(), *account.month_ties()) if tie.difference] == []
            assert account.total["cost"] > 0
            checked += 1
    assert checked == 6


def test_slices_by_hand() -> None:
    standard = Decimal(1000)
    low, high = surplus_slices(SHARING, standard, Decimal(700))
    assert (low.amount, low.share, low.ends_at_cost) == (Decimal(100), Decimal("0.2"), True)
    assert (high.amount, high.share, high.ends_at_cost) == (Decimal(200), Decimal(1), False)
    (only,) = surplus_slices(SHARING, standard, Decimal(905))
    assert (only.amount, only.ends_at_cost) == (Decimal(95), True)
    first, second = overrun_slices(SHARING, standard, Decimal(1180))
    assert (first.amount, first.ends_at_cost) == (Decimal(100), False)
    assert (second.amount, second.stop, second.ends_at_cost) == (Decimal(80), None, True)
    assert (
        whole_share([(Decimal(0), Decimal("0.2")), (Decimal("0.8"), Decimal(1))], standard, Decimal(800)) == 1
    )


@given(YUAN, YUAN)
def test_slices_are_all_of_it(standard: Decimal, cost: Decimal) -> None:
    surplus = sum(part.amount for part in surplus_slices(SHARING, standard, cost))
    overrun = sum(part.amount for part in overrun_slices(SHARING, standard, cost))
    assert surplus == max(standard - cost, 0)
    assert overrun == max(cost - standard, 0)


@pytest.mark.parametrize(
    ("unit", "mode", "amount"),
    [("fen", "half_up", "0.13"), ("fen", "down", "0.12"), ("yuan", "half_up", "0"), ("yuan", "down", "0")],
)
def test_shares_are_rounded_as_the_scheme_says(unit: str, mode: str, amount: str) -> None:
    rounding = rules(rounding={"source": SOURCE, "unit": unit, "mode": mode})
    assert rounded_share(Decimal("0.25"), Decimal("0.5"), rounding) == Decimal(amount)


@pytest.mark.parametrize("excess", ["common_factor", "hospitals_over"])
@pytest.mark.parametrize("unit", ["fen", "yuan"])
def test_steps_of_a_budget_end_in_its_adjustments(tmp_path: Path, excess: str, unit: str) -> None:
    rounding = settled.ROUNDING.format(unit=unit, mode="half_up")
    settlement = settled.settlement(tmp_path, settled.RULES + rounding + settled.budget(100_000, excess))
    shares = budget_shares(settlement, "year")
    assert len(shares) == 3
    most = Decimal("0.01") if unit == "fen" else Decimal("1.99")
    total = Decimal(0)
    for key, share in shares.items():
        row = settlement.rows.filter(**dict(zip(ACCOUNT, key, strict=True)), span="year").row(0, named=True)
        assert share.quota is not None
        assert 0 <= share.placed <= most
        assert share.quota + share.placed - share.own == row["budget_adjustment"]
        total += share.quota + share.placed
    assert total == settlement.budgets["pool"][0] == share.distributed


def test_totals_and_rankings(tmp_path: Path) -> None:
    settlement = settled.settlement(tmp_path, months=5)
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
    assert totals.filter(span="year_to_date")["cases"].sum() == 240
    best, worst = ranked(rows)
    outcomes = stand.group_by("hospital_id").agg(pl.col("outcome").sum()).sort("outcome")
    assert best["outcome"].to_list() == [v for v in outcomes["outcome"].reverse() if v > 0]
    assert worst["outcome"].to_list() == [v for v in outcomes["outcome"] if v < 0]
    rules_found = by_rule(settlement.findings)
    assert rules_found["count"].sum() == settlement.findings.height
    assert rules_found["severity"].to_list() == sorted(
        rules_found["severity"], key=["error", "warning", "notice"].index
    )
