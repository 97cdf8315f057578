"""The worked years of docs/settlement.md: every number here is derived by hand, none is copied from a run.

The scheme (examples/settlement/scheme): weight 1, rate 10,000 for employees (310), 8,000 for residents (390).
Surplus: below 80 % to the fund, above kept. Overrun: the fund bears 60 % up to 110 %. Paid by group at most
125 % of cost. Deposit 4 %, monthly share 90 %, so 6 % are held back until the year is cleared.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg
from drg import Settlement
from drg.settlement.point_value_payment import cleared

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "settlement"


def read(name: str) -> pl.DataFrame:
    return pl.read_csv(EXAMPLE / name, infer_schema=False)


@pytest.fixture(scope="module")
def settlement() -> Settlement:
    priced = drg.price(read("grouped.csv"), EXAMPLE / "scheme")
    return drg.settle(
        priced,
        EXAMPLE / "scheme",
        payments=read("payments.csv"),
        decisions=read("decisions.csv"),
        scores=read("scores.csv"),
    )


def row(settlement: Settlement, insurance: str, hospital: str, span: str, period: str) -> dict[str, Any]:
    found = settlement.rows.filter(
        insurance_type=insurance, hospital_id=hospital, span=span, period=period, basis="local"
    )
    assert found.height == 1
    return found.row(0, named=True)


def holds(found: dict[str, Any], **expected: Any) -> None:
    """The figures of a row are these; text is a number with thousands separators."""
    wanted = {n: Decimal(v.replace(",", "")) if isinstance(v, str) else v for n, v in expected.items()}
    assert {name: found[name] for name in wanted} == wanted


# ---------------------------------------------------------------------------------------- the year, employees


def test_h1_below_80_percent(settlement: Settlement) -> None:
    holds(
        row(settlement, "310", "H1", "year", "2025"),
        # 12 normal cases and a short stay.
        cases=13,
        cases_normal=12,
        cases_short=1,
        # 8,500 + 6,500 + 10 × 7,500 = 90,000; the short stay cost 1,000 more.
        shared_cost_yuan="90,000",
        cost_yuan="91,000",
        # 12 × 10,000.
        shared_standard_yuan="120,000",
        # 90,000 ÷ 120,000.
        utilisation="0.75",
        # 120,000 − 90,000.
        surplus_available_yuan="30,000",
        # 80 % of 120,000 are 96,000; from there to 120,000 is kept, from 90,000 to there is not.
        surplus_retained_yuan="24,000",
        surplus_returned_yuan="6,000",
        # 120,000 − 6,000 = 114,000, but at most 125 % of 90,000 = 112,500.
        cap_effect_yuan="-1,500",
        shared_payment_yuan="112,500",
        item_payment_yuan="1,000",
        payment_yuan="113,500",
        # 12 × 2,000 + 200.
        patient_and_others_yuan="24,200",
        # 113,500 − 24,200 = 89,300, cut to 0.95 × 89,300 = 84,835 by the budget.
        budget_adjustment_yuan="-4,465",
        entitlement_yuan="84,835",
        # 84,835 + 24,200 − 91,000.
        outcome_yuan="18,035",
        # 4 % of 89,300; score 95: all of it comes back.
        deposit_yuan="3,572",
        deposit_returned_yuan="3,572",
        deposit_forfeited_yuan="0",
        held_back_yuan="0",
        prepayment_yuan="6,000",
        # Six of six months.
        prepayment_recovered_yuan="6,000",
        # 90 % of 89,300 = 80,370, less the 6,000 that were recovered.
        instalments_yuan="74,370",
        # 84,835 − 3,572 + 3,572 − 6,000.
        payable_yuan="78,835",
        # 78,835 − 74,370.
        balance_yuan="4,465",
    )


def test_h2_between_80_and_100_percent_with_a_special_case(settlement: Settlement) -> None:
    holds(
        row(settlement, "310", "H2", "year", "2025"),
        cases=13,
        cases_normal=12,
        cases_special=1,
        cases_high=0,
        # 12 × 9,200; the special case of 60,000 is not compared.
        shared_cost_yuan="110,400",
        cost_yuan="170,400",
        shared_standard_yuan="120,000",
        # The standard of the special case no longer counts.
        standard_yuan="120,000",
        utilisation="0.92",
        surplus_retained_yuan="9,600",
        surplus_returned_yuan="0",
        shared_payment_yuan="120,000",
        # As decided.
        special_case_payment_yuan="50,000",
        payment_yuan="170,000",
        # 12 × 2,000 + 10,000.
        patient_and_others_yuan="34,000",
        # 0.95 × 136,000 = 129,200.
        budget_adjustment_yuan="-6,800",
        entitlement_yuan="129,200",
        # 129,200 + 34,000 − 170,400.
        outcome_yuan="-7,200",
        # 4 % of 136,000; score 85: half of it.
        deposit_yuan="5,440",
        deposit_returned_yuan="2,720",
        deposit_forfeited_yuan="2,720",
        deductions_yuan="1,000",
        # 90 % of 136,000 = 122,400, less the deduction.
        instalments_yuan="121,400",
        # 129,200 − 5,440 + 2,720 − 1,000.
        payable_yuan="125,480",
        balance_yuan="4,080",
    )


def test_h3_at_108_percent(settlement: Settlement) -> None:
    holds(
        row(settlement, "310", "H3", "year", "2025"),
        # 12,000 + 9,600 + 10 × 10,800.
        shared_cost_yuan="129,600",
        shared_standard_yuan="120,000",
        utilisation="1.08",
        overrun_yuan="9,600",
        # All of it is below 110 %: 60 %.
        overrun_fund_yuan="5,760",
        overrun_hospital_yuan="3,840",
        shared_payment_yuan="125,760",
        patient_and_others_yuan="24,000",
        # 0.95 × 101,760 = 96,672.
        budget_adjustment_yuan="-5,088",
        entitlement_yuan="96,672",
        outcome_yuan="-8,928",
        # 4 % of 101,760; score 78 for this insurance: nothing comes back.
        deposit_yuan="4,070.40",
        deposit_returned_yuan="0",
        deposit_forfeited_yuan="4,070.40",
        # 90 % of 101,760, of which 12 × 4,000 day by day.
        daily_paid_yuan="48,000",
        monthly_paid_yuan="43,584",
        instalments_yuan="91,584",
        # 96,672 − 4,070.40.
        payable_yuan="92,601.60",
        balance_yuan="1,017.60",
    )


# ---------------------------------------------------------------------------------------- the year, residents


def test_residents(settlement: Settlement) -> None:
    holds(
        row(settlement, "390", "H1", "year", "2025"),
        # 12 × 7,600 of 12 × 8,000: 95 %, all kept.
        utilisation="0.95",
        surplus_retained_yuan="4,800",
        payment_yuan="96,000",
        # 96,000 − 12 × 2,400.
        entitlement_yuan="67,200",
        deposit_yuan="2,688",
        deposit_returned_yuan="2,688",
        instalments_yuan="60,480",
        balance_yuan="6,720",
    )
    holds(
        row(settlement, "390", "H2", "year", "2025"),
        # 72,000 of 96,000: from 72,000 to 76,800 (80 %) to the fund, the rest is kept.
        utilisation="0.75",
        surplus_returned_yuan="4,800",
        surplus_retained_yuan="19,200",
        # 91,200, but at most 125 % of 72,000.
        cap_effect_yuan="-1,200",
        payment_yuan="90,000",
        entitlement_yuan="61,200",
        # 4 % of 61,200, score 85.
        deposit_yuan="2,448",
        deposit_returned_yuan="1,224",
        # 90 % of 61,200.
        instalments_yuan="55,080",
        balance_yuan="4,896",
    )
    holds(
        row(settlement, "390", "H3", "year", "2025"),
        # 105,600 of 96,000: at the limit of 110 %, still all in the slice of 60 %.
        utilisation="1.1",
        overrun_fund_yuan="5,760",
        payment_yuan="101,760",
        entitlement_yuan="72,960",
        # 4 % of 72,960; the score for all insurances is 92: all of it.
        deposit_yuan="2,918.40",
        deposit_returned_yuan="2,918.40",
        deductions_yuan="500",
        # 90 % of 72,960 = 65,664, less the deduction.
        instalments_yuan="65,164",
        # 72,960 − 500 − 65,164.
        balance_yuan="7,296",
    )


# ---------------------------------------------------------------------------------------------------- budgets


def test_budgets(settlement: Settlement) -> None:
    employees, residents = settlement.budgets.iter_rows(named=True)
    holds(
        employees,
        accounts=3,
        budget_yuan="320,000",
        # 5 %.
        reserve_yuan="16,000",
        carried_in_yuan="6,707",
        # 320,000 − 16,000 + 6,707.
        pool_yuan="310,707",
        # 89,300 + 136,000 + 101,760.
        claimed_yuan="327,060",
        # 310,707 ÷ 327,060.
        factor="0.95",
        # 84,835 + 129,200 + 96,672.
        paid_yuan="310,707",
        carried_out_yuan="0",
    )
    holds(
        residents,
        # 220,000 − 11,000.
        pool_yuan="209,000",
        # 67,200 + 61,200 + 72,960.
        claimed_yuan="201,360",
        paid_yuan="201,360",
        # To the next year.
        carried_out_yuan="7,640",
        factor=None,
    )
    assert (employees["closed_by"], residents["closed_by"]) == ("common_factor", "carried_over")


# ----------------------------------------------------------------------------------------------------- months


def test_months_are_what_the_year_to_date_grew_by(settlement: Settlement) -> None:
    # January of H1: 8,500 of 10,000 is 85 %, all is kept; 125 % of 8,500 is above 10,000.
    holds(
        row(settlement, "310", "H1", "month", "2025-01"),
        surplus_retained_yuan="1,500",
        surplus_returned_yuan="0",
        cap_effect_yuan="0",
        payment_yuan="10,000",
        # 10,000 − 2,000.
        entitlement_yuan="8,000",
        # 4 %, and 100 % − 4 % − 90 %.
        deposit_yuan="320",
        held_back_yuan="480",
        # A sixth of 6,000.
        prepayment_recovered_yuan="1,000",
        # 8,000 − 320 − 480 − 1,000.
        payable_yuan="6,200",
        balance_yuan="0",
    )
    # To February: 15,000 of 20,000 is 75 %; 16,000 (80 %) − 15,000 to the fund; 19,000, at most 18,750.
    holds(
        row(settlement, "310", "H1", "year_to_date", "2025-02"),
        utilisation="0.75",
        surplus_returned_yuan="1,000",
        cap_effect_yuan="-250",
        payment_yuan="18,750",
        prepayment_recovered_yuan="2,000",
    )
    # February is the difference; its own cases are at 65 %.
    holds(
        row(settlement, "310", "H1", "month", "2025-02"),
        utilisation="0.65",
        surplus_returned_yuan="1,000",
        cap_effect_yuan="-250",
        # 18,750 − 10,000.
        payment_yuan="8,750",
        entitlement_yuan="6,750",
        # 90 % of 6,750 − 1,000.
        payable_yuan="5,075",
    )
    # H3: 12,000 of 10,000 in January: 60 % of the slice from 10,000 to 11,000.
    holds(row(settlement, "310", "H3", "month", "2025-01"), overrun_yuan="2,000", overrun_fund_yuan="600")
    # To February 21,600 of 20,000: 60 % of 1,600 = 960, 360 more. February alone has a surplus of 400:
    # it makes up for some of January's overrun.
    holds(
        row(settlement, "310", "H3", "month", "2025-02"),
        utilisation="0.96",
        overrun_yuan="-400",
        overrun_fund_yuan="360",
        overrun_hospital_yuan="-760",
    )
    # The prepayment is recovered by June; July has nothing of it: 90 % of 7,375.
    holds(
        row(settlement, "310", "H1", "month", "2025-07"),
        prepayment_recovered_yuan="0",
        payable_yuan="6,637.50",
    )


def test_each_month_was_paid_as_it_was_settled(settlement: Settlement) -> None:
    months = settlement.rows.filter(span="month")
    assert months.height == 72
    assert months.filter(pl.col("balance_yuan") != 0).is_empty()


def test_nothing_is_amiss(settlement: Settlement) -> None:
    assert settlement.findings.is_empty()
    assert settlement.closed == {2025: True}
    # One approval is within 5 % of 25 cases, rounded down; the rejected case stays a normal one.
    assert settlement.decisions["case_id"].to_list() == ["H2-310-06-special"]


# ---------------------------------------------------------------------------------------------- points method


def test_points() -> None:
    grouped = pl.read_csv(EXAMPLE / "points" / "grouped.csv", infer_schema=False)
    found = drg.settle(drg.price(grouped, EXAMPLE / "points"), EXAMPLE / "points")
    holds(
        found.budgets.row(0, named=True),
        # 12 × 100 + 12 × 150 + 10 × 100.
        points="4,000",
        # 400,000 less 5 %.
        pool_yuan="380,000",
        # At the provisional 100 a point: 400,000 + 3,000 by item, less 34 × 1,000 borne by patients.
        claimed_yuan="369,000",
        # 380,000 from the fund and 34,000 from patients, less 3,000 by item: 411,000 for 4,000 points.
        point_value="102.75",
        paid_yuan="380,000",
    )
    # 1,200 × 102.75 = 123,300, + 3,000 by item − 12,000; 123,300 − 120,000.
    holds(row(found, "310", "H1", "year", "2025"), entitlement_yuan="114,300", budget_adjustment_yuan="3,300")
    # 1,800 × 102.75 = 184,950, − 12,000.
    holds(row(found, "310", "H2", "year", "2025"), entitlement_yuan="172,950", budget_adjustment_yuan="4,950")
    # 1,000 × 102.75 = 102,750, − 10,000.
    holds(row(found, "310", "H3", "year", "2025"), entitlement_yuan="92,750", budget_adjustment_yuan="2,750")


def test_points_of_a_case_paid_by_item(tmp_path: Path) -> None:
    text = (EXAMPLE / "points" / "scheme.toml").read_text(encoding="utf-8")
    made = text.replace("scale = 100\n", 'scale = 100\npoints_for = ["short"]\n')
    shutil.copytree(EXAMPLE / "points", tmp_path / "scheme")
    (tmp_path / "scheme" / "scheme.toml").write_text(made, encoding="utf-8")
    grouped = pl.read_csv(EXAMPLE / "points" / "grouped.csv", infer_schema=False)
    found = drg.settle(drg.price(grouped, tmp_path / "scheme"), tmp_path / "scheme")
    # 3,000 at the provisional 100 a point are 30 points; 380,000 + 34,000 for 4,030 points.
    budget = found.budgets.row(0, named=True)
    holds(budget, points="4,030", claimed_yuan="369,000", point_value="102.729528535980", paid_yuan="380,000")
    by_hand = {"H1": "114,357.32", "H2": "172,913.15", "H3": "92,729.53"}
    for hospital, entitlement in by_hand.items():
        holds(row(found, "310", hospital, "year", "2025"), entitlement_yuan=entitlement)
    holds(row(found, "310", "H1", "year", "2025"), converted_payment_yuan="3,000", item_payment_yuan="3,000")
    # Case by case: 30 × 102.729528535980 = 3,081.89 for the short stay, and nothing beside.
    cases = cleared(found.cases, found).filter(pl.col("case_class") == "short").collect()
    assert cases["paid_points"].to_list() == [Decimal(30)]
    assert cases["cleared_payment_yuan"].to_list() == [Decimal("3081.89")]
    text = (EXAMPLE.parents[1] / "docs" / "settlement.md").read_text(encoding="utf-8")
    assert all(amount in text for amount in by_hand.values())


# ----------------------------------------------------------------------------------------------- the document


def numbers(table: str) -> Iterator[list[str]]:
    """The rows of a table of the document: its cells, without thousands separators."""
    for line in table.splitlines():
        yield [cell.strip().replace(",", "").replace("−", "-") for cell in line.strip("|").split("|")]


def test_the_document_has_the_same_year(settlement: Settlement) -> None:
    text = (EXAMPLE.parents[1] / "docs" / "settlement.md").read_text(encoding="utf-8")
    table = text.split("<!-- worked-year -->\n")[1].split("\n\n")[0]
    head, _, *lines = numbers(table)
    accounts = [name.split() for name in head[1:]]
    assert accounts == [[i, h] for i in ("310", "390") for h in ("H1", "H2", "H3")]
    assert len(lines) > 20
    for cells in lines:
        name = cells[0].split("`")[1]
        for (insurance, hospital), cell in zip(accounts, cells[1:], strict=True):
            assert row(settlement, insurance, hospital, "year", "2025")[name] == Decimal(cell), name
