"""Budgets closed by hand: each rule, what rounding leaves, and what cannot be closed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from drg.payment.settlement_rules import Budget
from drg.settlement.closing import Closed, Row, close

FEN, YUAN = 1, 100


def closed(amount: str, rows: list[Row], unit: int = FEN, **rules: Any) -> Closed:
    """A budget in yuan with accounts in fen; a point is one point."""
    both: dict[str, Any] = {"excess": "common_factor", "remainder": "common_factor"}
    budget = Budget.model_validate(
        {"source": "made up", "year": 2025, "amount_yuan": amount, **both, **rules}
    )
    return close(budget, rows, unit, 1)


def test_a_common_factor_cuts_all_alike() -> None:
    # 90 of 100 yuan: nine tenths of 60 and 40.
    found = closed("90", [Row(6000), Row(4000)])
    assert (found.how, found.factor, found.changes) == ("common_factor", Fraction(9, 10), (-600, -400))
    assert (found.claimed, found.paid, found.carried_out, found.borne_by_fund) == (10_000, 9000, 0, 0)


def test_a_common_factor_gives_what_is_left() -> None:
    found = closed("110", [Row(6000), Row(4000)])
    assert (found.factor, found.changes) == (Fraction(11, 10), (600, 400))


def test_the_last_fen_goes_to_the_largest_remainder() -> None:
    # 100.00 for three equal accounts: 33.33 each, the fen to the first.
    assert closed("100", [Row(5000)] * 3).changes == (3334 - 5000, 3333 - 5000, 3333 - 5000)
    # In whole yuan: 33 each, one yuan to the first; 50 fen beside, to the first of the largest.
    assert closed("100.50", [Row(5000)] * 3, YUAN).changes == (3450 - 5000, 3300 - 5000, 3300 - 5000)


def test_reserve_and_what_is_carried_in() -> None:
    found = closed("100", [Row(5000)], reserve_share="0.05", carried_in_yuan="-3.50")
    # 100.00 − 5.00 − 3.50.
    assert (found.budget, found.reserve, found.carried_in, found.pool) == (10_000, 500, -350, 9150)
    assert found.paid == 9150


def test_a_reserve_that_covers_overruns() -> None:
    # A reserve of 5 pays 4 of overruns: 99 for 100, of which 95 from the budget. A yuan is left of it.
    rows = [Row(6000, overrun_fund=300), Row(4000, overrun_fund=100)]
    covers: dict[str, Any] = {"reserve_share": "0.05", "reserve_covers": "overruns"}
    found = closed("100", rows, **covers)
    assert (found.reserve, found.reserve_used, found.reserve_left, found.pool) == (500, 400, 100, 9900)
    assert (found.paid, found.changes, found.reserve_carried_out) == (9900, (-60, -40), 0)
    assert closed("100", rows, **covers, reserve_rest="carried_over").reserve_carried_out == 100
    # Of 8 of overruns it pays 5: all of it is used.
    found = closed("100", [Row(6000, overrun_fund=800), Row(4000)], **covers, reserve_rest="carried_over")
    assert (found.reserve_used, found.reserve_left, found.reserve_carried_out, found.pool) == (
        500,
        0,
        0,
        10_000,
    )
    # It pays overruns also where the budget would do, so more is left of the budget.
    found = closed("200", rows, **covers, remainder="carried_over")
    assert (found.reserve_used, found.paid, found.carried_out) == (400, 10_000, 9400)


def test_a_reserve_that_covers_nothing_is_left() -> None:
    found = closed("100", [Row(5000, overrun_fund=300)], reserve_share="0.05", reserve_rest="carried_over")
    assert (found.reserve_used, found.reserve_left, found.reserve_carried_out) == (0, 500, 500)


@pytest.mark.parametrize(("amount", "rest"), [("90", -1000), ("110", 1000)])
def test_what_is_carried_over_or_borne_by_the_fund_changes_no_account(amount: str, rest: int) -> None:
    rows = [Row(6000), Row(4000)]
    over = closed(amount, rows, excess="carried_over", remainder="carried_over")
    assert (over.how, over.changes, over.carried_out, over.borne_by_fund) == ("carried_over", (0, 0), rest, 0)
    fund = closed(amount, rows, excess="fund", remainder="fund")
    assert (fund.how, fund.changes, fund.carried_out, fund.borne_by_fund) == ("fund", (0, 0), 0, -rest)


def test_hospitals_over_their_standard_come_first() -> None:
    rows = [Row(6000, overrun_fund=600), Row(3500, overrun_fund=200), Row(500)]
    # 4 yuan too much: 3 and 1 of the 6 and 2 that the fund bears; the third hospital loses nothing.
    found = closed("96", rows, excess="hospitals_over")
    assert (found.how, found.factor, found.changes) == ("hospitals_over", None, (-300, -100, 0))
    # 8.50: all 8 are taken back, and the rest by a factor of 91.50 ÷ 92 on 54, 33 and 5.
    found = closed("91.50", rows, excess="hospitals_over")
    assert (found.factor, found.paid) == (Fraction(9150, 9200), 9150)
    # 53.7065, 32.8207 and 4.9728: 53.70, 32.82 and 4.97, and a fen for the largest remainder, the first.
    assert found.changes == (5371 - 6000, 3282 - 3500, 497 - 500)


def test_nobody_gives_back_more_than_the_fund_bore() -> None:
    # In whole yuan, too: 1.50 of 1 and 1 yuan are 75 fen each.
    rows = [Row(5000, overrun_fund=100), Row(5000, overrun_fund=100)]
    assert closed("98.50", rows, YUAN, excess="hospitals_over").changes == (-75, -75)


def test_accounts_below_zero_stay_as_they_are() -> None:
    # 60 and 40 make 90 together with −10: cut to 80 they are 90 × their share of 100.
    found = closed("80", [Row(6000), Row(-1000), Row(4000)])
    assert found.changes == (5400 - 6000, 0, 3600 - 4000)
    assert (found.paid, found.factor) == (8000, Fraction(9, 10))


def test_a_budget_that_is_met_is_balanced() -> None:
    found = closed("100", [Row(6000), Row(4000)])
    assert (found.how, found.changes, found.factor) == ("balanced", (0, 0), None)


def test_the_value_of_a_point() -> None:
    both: dict[str, Any] = {"excess": "point_value", "remainder": "point_value"}
    # The fund has 100, 10 are paid by item, others bear 25: 115 for 30 + 16 points, 2.50 each.
    rows = [Row(6000 + 1000 - 1500, by_group=6000, points=30), Row(3200 - 1000, by_group=3200, points=16)]
    found = closed("100", rows, **both)
    assert (found.how, found.point_value) == ("point_value", Fraction(5, 2))
    assert found.changes == (7500 - 6000, 4000 - 3200)
    assert found.paid == 10_000
    # Also where the claims happen to be the budget: the value is the same for all.
    found = closed("77", rows, **both)
    assert (found.how, found.claimed, found.paid) == ("point_value", 7700, 7700)
    assert found.point_value == Fraction(2)


@pytest.mark.parametrize(
    ("amount", "rows", "rules"),
    [
        # Nobody has points.
        ("100", [Row(5000)], {"excess": "point_value", "remainder": "point_value"}),
        # What is paid by item is more than the budget.
        ("10", [Row(5000, by_group=1000, points=1)], {"excess": "point_value", "remainder": "point_value"}),
        # Nobody is due anything.
        ("100", [Row(0), Row(-500)], {}),
        # More was carried in as a debt than the budget has.
        ("100", [Row(5000)], {"carried_in_yuan": "-200"}),
    ],
)
def test_what_cannot_be_closed_is_left_alone(amount: str, rows: list[Row], rules: dict[str, Any]) -> None:
    found = closed(amount, rows, **rules)
    assert (found.how, set(found.changes)) == ("not_possible", {0})
    assert found.paid == found.claimed
    assert found.carried_out == found.pool - found.claimed
    assert (found.factor, found.point_value) == (None, None)
