"""How the closing of a budget came to each account, step by step: what a statement shows of it.

The steps are worked out again from the rows of the settlement; what they end in is the settlement's own
figure, so a step that went wrong would show as a rounding of more than a unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from drg.payment.settlement_rules import Budget
from drg.settlement.closing import apportion
from drg.settlement.columns import ACCOUNT, LOCAL
from drg.settlement.settle import Settlement
from drg.settlement.shares import unit_fen

_FEN: Final = 100
_POINTS: Final = 10**16  # units of 1e-8 × units of 1e-8
AccountKey = tuple[Any, ...]


@dataclass(frozen=True)
class BudgetShare:
    """What one account has to do with the closing of its budget. Amounts in yuan.

    Attributes:
        budget: of the scheme.
        closing: its row of ``Settlement.budgets``.
        own: what the account claims: payment − patient share + quality adjustment.
        excess: claims less pool, if positive.
        relief: what the fund really bears of the overrun: its share, less what a cap takes off again.
        all_overruns: the same of all accounts.
        taken: of this account's part of it, what is taken back; zero or negative.
        after: own + taken.
        all_after: the sum of what the accounts claim after that, where it is positive.
        distributed: what is parted among those.
        by_group, all_by_group: under the points method, what the points earned before closing.
        points, all_points: paid points × quality factor.
        quota: the account's part of what is distributed, cut to the unit; None if nothing is parted.
        placed: the units of rounding that came to it.
    """

    budget: Budget
    closing: dict[str, Any]
    own: Decimal
    excess: Decimal = Decimal(0)
    relief: Decimal = Decimal(0)
    all_overruns: Decimal = Decimal(0)
    taken: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    all_after: Decimal = Decimal(0)
    distributed: Decimal = Decimal(0)
    by_group: Decimal = Decimal(0)
    all_by_group: Decimal = Decimal(0)
    points: Decimal = Decimal(0)
    all_points: Decimal = Decimal(0)
    quota: Decimal | None = None
    placed: Decimal = Decimal(0)


def budget_shares(settlement: Settlement, span: str) -> dict[AccountKey, BudgetShare]:
    """What each account of each budget that was closed in a span has to do with it."""
    rules = settlement.scheme.settlement
    found: dict[AccountKey, BudgetShare] = {}
    if rules is None:
        return found
    unit = unit_fen(rules)
    closings = settlement.budgets.filter(span=span)
    for budget in rules.budgets:
        of_it = closings.filter(
            (pl.col("year") == budget.year) & pl.col("insurance_type").eq_missing(pl.lit(budget.insurance))
        )
        if of_it.is_empty():
            continue
        rows = settlement.rows.filter(span=span, basis=LOCAL, year=budget.year)
        if budget.insurance is not None:
            rows = rows.filter(insurance_type=budget.insurance)
        accounts = rows.sort(ACCOUNT).to_dicts()
        shares = _shares(budget, of_it.row(0, named=True), accounts, unit)
        for account, share in zip(accounts, shares, strict=True):
            found[tuple(account[name] for name in ACCOUNT)] = share
    return found


def _shares(
    budget: Budget, closing: dict[str, Any], accounts: list[dict[str, Any]], unit: int
) -> list[BudgetShare]:
    own = [row["payment"] - row["patient_share"] + row["quality_adjustment"] for row in accounts]
    if closing["closed_by"] == "point_value":
        return _by_points(budget, closing, accounts, own, unit)
    taken = [Decimal(0)] * len(own)
    excess = max(closing["claimed"] - closing["pool"], Decimal(0))
    overruns = [max(row["overrun_fund"] + row["cap_effect"], Decimal(0)) for row in accounts]
    if closing["closed_by"] == "hospitals_over" and sum(overruns) > 0:
        taken = _taken(excess, overruns)
    after = [amount + back for amount, back in zip(own, taken, strict=True)]
    shared = closing["factor"] is not None
    positive = sum((amount for amount in after if amount > 0), Decimal(0))
    distributed = closing["pool"] - sum(after) + positive
    shares = []
    for row, amount, relief, back, left in zip(accounts, own, overruns, taken, after, strict=True):
        quota, placed = None, Decimal(0)
        if shared and left > 0:
            quota = _cut(distributed, left, positive, unit)
            placed = amount + row["budget_adjustment"] - quota
        shares.append(
            BudgetShare(
                budget,
                closing,
                amount,
                excess=excess,
                relief=relief,
                all_overruns=sum(overruns, Decimal(0)),
                taken=back,
                after=left,
                all_after=positive,
                distributed=distributed,
                quota=quota,
                placed=placed,
            )
        )
    return shares


def _by_points(
    budget: Budget,
    closing: dict[str, Any],
    accounts: list[dict[str, Any]],
    own: list[Decimal],
    unit: int,
) -> list[BudgetShare]:
    by_group = [row["shared_payment"] + row["quality_adjustment"] for row in accounts]
    points = [_exactly(row["points"], row["quality_factor"]) for row in accounts]
    all_points, all_by_group = sum(points, Decimal(0)), sum(by_group, Decimal(0))
    distributed = closing["pool"] - closing["claimed"] + all_by_group
    shares = []
    for row, amount, group, mine in zip(accounts, own, by_group, points, strict=True):
        quota = _cut(distributed, mine, all_points, unit)
        shares.append(
            BudgetShare(
                budget,
                closing,
                amount,
                distributed=distributed,
                by_group=group,
                all_by_group=all_by_group,
                points=mine,
                all_points=all_points,
                quota=quota,
                placed=group + row["budget_adjustment"] - quota,
            )
        )
    return shares


def _taken(excess: Decimal, overruns: list[Decimal]) -> list[Decimal]:
    """What is taken back of the fund's part of overruns: all of it, or as much as is needed."""
    if excess >= sum(overruns):
        return [-overrun for overrun in overruns]
    parts = apportion(int(excess * _FEN), [int(overrun * _FEN) for overrun in overruns])
    return [-Decimal(part).scaleb(-2) for part in parts]


def _cut(amount: Decimal, weight: Decimal, whole: Decimal, unit: int) -> Decimal:
    """What amount × weight ÷ whole is, rounded down to the unit."""
    units = Fraction(amount) * Fraction(weight) / Fraction(whole) * _FEN / unit
    return Decimal(units.numerator // units.denominator * unit).scaleb(-2)


def _exactly(points: Decimal, factor: Decimal) -> Decimal:
    units = int(points.scaleb(8)) * int(factor.scaleb(8))
    return (Decimal(units) / _POINTS).normalize()
