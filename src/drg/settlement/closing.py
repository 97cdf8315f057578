"""A year's budget → what is added to or taken off each account, so that nothing is left over by rounding.

The lines are those of ``account_formulas``; what is parted among accounts is parted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from drg.payment.expressions import Rounding, exact
from drg.payment.settlement_rules import Budget
from drg.settlement.account_formulas import TABLE
from drg.settlement.evaluation import exactly

_FEN: Final = 100
_OF_BUDGET: Final = ("budget", "reserve", "reserve_used", "reserve_left", "carried_in", "pool", "claimed")
_ROWS: Final = {row.name: row for row in TABLE}


@dataclass(frozen=True)
class Row:
    """One account of a budget. Amounts in fen.

    Attributes:
        amount: what the fund would pay before closing, scores included.
        by_group: the part of it that points earn.
        points: paid points × the factor of the score, in any unit.
        overrun_fund: what the fund bears of the overrun, after a cap.
    """

    amount: int
    by_group: int = 0
    points: int = 0
    overrun_fund: int = 0


@dataclass(frozen=True)
class Closed:
    """How a budget was closed. Amounts in fen.

    Attributes:
        how: the rule that applied; ``balanced`` if there was nothing to close, ``not_possible`` if nobody is
            there to share in it.
        budget, reserve, reserve_used, carried_in, pool: budget − reserve + used + carried in = pool.
        reserve_left: of the reserve what overruns did not use.
        reserve_carried_out: the part of that which goes to the next year; the rest stays in the fund.
        claimed: the sum of the accounts before closing.
        paid: and after.
        factor: what common_factor multiplied with; None if it did not.
        point_value: in yuan, for points in units of 1; None under other rules.
        carried_out: to the next year; negative: an excess.
        borne_by_fund: an excess that the fund bears; negative: a remainder that stays in it.
        changes: what is added to each account.
        parted: of each account whether it shares in what is parted in proportion.
        taken: of each account what is taken back of its overrun.
        parts: of each account its part of what is parted; its claim where nothing is.
        sums: the figures of ``account_formulas`` that are of all accounts, in fen and points.
    """

    how: str
    budget: int
    reserve: int
    reserve_used: int
    carried_in: int
    pool: int
    claimed: int
    paid: int
    reserve_left: int
    reserve_carried_out: int
    factor: Fraction | None
    point_value: Fraction | None
    carried_out: int
    borne_by_fund: int
    changes: tuple[int, ...]
    parted: tuple[bool, ...]
    taken: tuple[int, ...]
    parts: tuple[int, ...]
    sums: dict[str, Any]


def apportion(total: int, weights: Sequence[int], unit: int = 1) -> list[int]:
    """Part an amount in proportion, to the fen.

    Everyone gets the quota rounded down to the unit; the units that are left go to the largest remainders, of
    equal ones to the first; what is less than a unit goes to the largest weight, of equal ones to the first.

    Args:
        total: in fen, 0 or more.
        weights: 0 or more, not all 0.
        unit: in fen.
    """
    whole = sum(weights)
    units, odd = divmod(total, unit)
    parts = [units * weight // whole for weight in weights]
    left = units - sum(parts)
    order = sorted(range(len(weights)), key=lambda i: (-(units * weights[i] % whole), i))
    for i in order[:left]:
        parts[i] += 1
    amounts = [part * unit for part in parts]
    amounts[max(range(len(weights)), key=lambda i: (weights[i], -i))] += odd
    return amounts


def close(budget: Budget, rows: Sequence[Row], unit: int, points_per_unit: int) -> Closed:
    """Close a budget.

    Args:
        budget: of the scheme.
        rows: the accounts that share in it, in the order that decides between equal ones.
        unit: to which shares are rounded, in fen.
        points_per_unit: how many of ``Row.points`` are one point.
    """
    sums: dict[str, Any] = {
        "budget": Fraction(budget.amount_yuan) * _FEN,
        "reserve_share": Fraction(budget.reserve_share),
        "covers_overruns": budget.reserve_covers == "overruns",
        "carried_in": Fraction(budget.carried_in_yuan) * _FEN,
        "claimed": sum(row.amount for row in rows),
        "all_by_group": sum(row.by_group for row in rows),
        "all_points": Fraction(sum(row.points for row in rows), points_per_unit),
        "all_overruns": sum(row.overrun_fund for row in rows),
    }
    functions = exact(Rounding(unit), Fraction(1))
    for name in ("reserve", "reserve_used", "reserve_left", "pool", "budget_difference"):
        sums[name] = exactly(_ROWS, sums, functions, name)
    difference, pool = int(sums["budget_difference"]), int(sums["pool"])
    how: str = budget.excess if difference > 0 else budget.remainder
    by_value = how == "point_value"
    if difference == 0 and not by_value:
        how = "balanced"
    taken = _taken_from_overruns(rows, difference) if how == "hospitals_over" else [0] * len(rows)
    after = [row.amount + change for row, change in zip(rows, taken, strict=True)]
    # Accounts below zero stay as they are.
    weights = [row.points for row in rows] if by_value else [max(amount, 0) for amount in after]
    before = sums["all_by_group"] if by_value else sum(weights)
    to_part = pool - (sums["claimed"] if by_value else sum(after)) + before
    parted = by_value or (how in ("common_factor", "hospitals_over") and to_part != before)
    if parted and (sum(weights) <= 0 or to_part < 0):
        how, by_value, parted = "not_possible", False, False
        taken, after = [0] * len(rows), [row.amount for row in rows]
    shares = [parted and (by_value or weight > 0) for weight in weights]
    amounts = apportion(to_part, weights, unit) if parted else weights
    parts = [part if share else left for part, share, left in zip(amounts, shares, after, strict=True)]
    changes = [
        part - (row.by_group if by_value else row.amount) for part, row in zip(parts, rows, strict=True)
    ]
    sums |= {"all_after": sum(weights), "distributed": to_part}
    return Closed(
        how=how,
        **{name: int(sums[name]) for name in _OF_BUDGET},
        reserve_carried_out=int(sums["reserve_left"]) if budget.reserve_rest == "carried_over" else 0,
        paid=sums["claimed"] + sum(changes),
        factor=Fraction(to_part, sum(weights)) if parted and not by_value else None,
        point_value=exactly(_ROWS, sums, functions, "point_value") / _FEN if by_value else None,
        carried_out=-difference if how in ("carried_over", "not_possible") else 0,
        borne_by_fund=difference if how == "fund" else 0,
        changes=tuple(changes),
        parted=tuple(share and not by_value for share in shares),
        taken=tuple(taken),
        parts=tuple(parts),
        sums=sums,
    )


def _taken_from_overruns(rows: Sequence[Row], excess: int) -> list[int]:
    """In fen, whatever the unit: from nobody more than the fund bore."""
    overruns = [row.overrun_fund for row in rows]
    most = sum(overruns)
    if most == 0:
        return [0] * len(rows)
    if excess >= most:
        return [-overrun for overrun in overruns]
    return [-part for part in apportion(excess, overruns)]
