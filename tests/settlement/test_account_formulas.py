"""Figures of accounts by hand where rounding or a cap meets a rule."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import drg
from tests.settlement.strategies import YEAR, frame, loaded, payments_frame, priced_case, scheme

DECEMBER = datetime(YEAR, 12, 3)
YUAN = {"rounding": {"unit": "yuan"}}


def years(cases: list[dict[str, Any]], rules: dict[str, Any]) -> pl.DataFrame:
    return drg.settle(frame(cases), loaded(scheme(rules))).rows.filter(span="year").sort("hospital_id")


def case(hospital: str, cost: str, standard: str = "10000.00") -> dict[str, Any]:
    return priced_case(
        case_id=hospital, hospital_id=hospital, cost=cost, standard=standard, discharge_date=DECEMBER
    )


@pytest.mark.parametrize("mode", ["marginal", "whole"])
def test_whole_yuan_give_no_more_than_there_is(mode: str) -> None:
    # 60 fen are kept, and 60 fen borne, though half up they would be a yuan; of 1.60, half is 80 fen: a yuan.
    rules = YUAN | {
        "surplus": {"mode": mode, "bands": [{"utilisation_at_least": 0, "hospital_keeps": 1}]},
        "overrun": {"mode": mode, "bands": [{"utilisation_at_least": 1, "fund_bears": "0.9"}]},
    }
    rows = years([case("H1", "9999.40"), case("H2", "10000.60"), case("H3", "10001.60")], rules)
    assert rows["surplus_retained_yuan"].to_list() == [Decimal("0.60"), 0, 0]
    assert rows["surplus_returned_yuan"].to_list() == [0, 0, 0]
    assert rows["overrun_fund_yuan"].to_list() == [0, Decimal("0.60"), 1]
    assert rows["overrun_hospital_yuan"].to_list() == [0, 0, Decimal("0.60")]


@pytest.mark.parametrize("mode", ["half_up", "down"])
def test_a_prepayment_is_recovered_to_the_fen(mode: str) -> None:
    # Half of 65 fen is no yuan yet; in the last month all of it is recovered, be it a whole yuan or not.
    rules = {"rounding": {"unit": "yuan", "mode": mode}, "prepayment": {"recover_months": 2}}
    assert recovered("0.65", rules) == [0, Decimal("0.65"), Decimal("0.65")]


def test_in_between_no_more_is_recovered_than_was_paid() -> None:
    # Two thirds of 80 fen would be a yuan, half up.
    assert recovered("0.80", YUAN | {"prepayment": {"recover_months": 3}}) == [
        0,
        Decimal("0.80"),
        Decimal("0.80"),
    ]


def recovered(amount: str, rules: dict[str, Any]) -> list[Decimal]:
    """What is recovered of a prepayment of January until the end of January, February and March."""
    cases = [priced_case(case_id=str(n), discharge_date=datetime(YEAR, n, 3)) for n in (1, 2, 3)]
    place = {"hospital_id": "H1", "insurance_type": "310", "year": YEAR, "month": 1}
    given = payments_frame([place | {"kind": "prepayment", "amount": amount}])
    rows = drg.settle(frame(cases), loaded(scheme(rules)), payments=given).rows
    return rows.filter(span="year_to_date").sort("period")["prepayment_recovered_yuan"].to_list()


@pytest.mark.parametrize(
    ("amount", "adjustments", "factor"),
    [
        # H1: the fund bears 1,000 of 2,000; the cap, 90 % of 12,000, takes 200 off again, which leaves 800.
        # H2 is paid 90 % of 9,000. In all 10,800 + 8,100 = 18,900.
        (18_500, [-400, 0], None),
        (18_100, [-800, 0], None),
        # The other 1 % by a factor: 100 of 10,000, and 81 of 8,100.
        (17_919, [-900, -81], Decimal("0.99")),
    ],
)
def test_only_what_the_cap_leaves_is_taken_back(
    amount: int, adjustments: list[int], factor: Decimal | None
) -> None:
    budget = {"year": YEAR, "amount_yuan": amount, "excess": "hospitals_over", "remainder": "carried_over"}
    rules = {
        "overrun": {"mode": "marginal", "bands": [{"utilisation_at_least": 1, "fund_bears": "0.5"}]},
        "limits": {"cap_of_cost": "0.9"},
        "budgets": [budget],
    }
    cases = [case("H1", "12000.00"), case("H2", "9000.00")]
    settlement = drg.settle(frame(cases), loaded(scheme(rules)))
    rows = settlement.rows.filter(span="year").sort("hospital_id")
    assert (rows["overrun_fund_yuan"][0], rows["cap_effect_yuan"][0]) == (1000, -200)
    assert rows["budget_adjustment_yuan"].to_list() == adjustments
    assert settlement.budgets["factor"].to_list() == [factor]
