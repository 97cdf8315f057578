"""A year's budget → what is added to or taken off each account, so that nothing is left over by rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from drg.payment.formulas import half_up
from drg.payment.settlement_rules import Budget

_FEN: Final = 100


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
        budget, reserve, carried_in, pool: budget − reserve + carried in = pool.
        claimed: the sum of the accounts before closing.
        paid: and after.
        factor: what common_factor multiplied with; None if it did not.
        point_value: in yuan, for points in units of 1; None under other rules.
        carried_out: to the next year; negative: an excess.
        borne_by_fund: an excess that the fund bears; negative: a remainder that stays in it.
        changes: what is added to each account.
    """

    how: str
    budget: int
    reserve: int
    carried_in: int
    pool: int
    claimed: int
    paid: int
    factor: Fraction | None
    point_value: Fraction | None
    carried_out: int
    borne_by_fund: int
    changes: tuple[int, ...]


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
    amount = int(budget.amount_yuan * _FEN)
    reserve = half_up(Fraction(amount) * Fraction(budget.reserve_share))
    carried_in = int(budget.carried_in_yuan * _FEN)
    pool = amount - reserve + carried_in
    claimed = sum(row.amount for row in rows)
    found: dict[str, Any] = {
        **{"budget": amount, "reserve": reserve, "carried_in": carried_in, "pool": pool},
        **{"claimed": claimed, "factor": None, "point_value": None, "carried_out": 0, "borne_by_fund": 0},
    }
    difference = claimed - pool
    how: str = budget.excess if difference > 0 else budget.remainder
    changes = [0] * len(rows)
    if how == "point_value":
        for_points = pool - claimed + sum(row.by_group for row in rows)
        points = sum(row.points for row in rows)
        if points <= 0 or for_points < 0:
            how = "not_possible"
        else:
            parts = apportion(for_points, [row.points for row in rows], unit)
            changes = [part - row.by_group for part, row in zip(parts, rows, strict=True)]
            found["point_value"] = Fraction(for_points * points_per_unit, points * _FEN)
    elif difference == 0:
        how = "balanced"
    elif how == "carried_over":
        found["carried_out"] = -difference
    elif how == "fund":
        found["borne_by_fund"] = difference
    else:
        if how == "hospitals_over":
            changes = _taken_from_overruns(rows, difference)
        fitted, factor = _by_factor(rows, changes, pool, unit)
        if fitted is None:
            how = "not_possible"
        else:
            changes, found["factor"] = fitted, factor
    if how == "not_possible":
        changes, found["carried_out"] = [0] * len(rows), -difference
    return Closed(how=how, paid=claimed + sum(changes), changes=tuple(changes), **found)


def _taken_from_overruns(rows: Sequence[Row], excess: int) -> list[int]:
    """In fen, whatever the unit: from nobody more than the fund bore."""
    overruns = [row.overrun_fund for row in rows]
    most = sum(overruns)
    if most == 0:
        return [0] * len(rows)
    if excess >= most:
        return [-overrun for overrun in overruns]
    return [-part for part in apportion(excess, overruns)]


def _by_factor(
    rows: Sequence[Row], changes: Sequence[int], pool: int, unit: int
) -> tuple[list[int] | None, Fraction | None]:
    """The changes that make the accounts equal the pool; accounts below zero stay as they are."""
    amounts = [row.amount + change for row, change in zip(rows, changes, strict=True)]
    if sum(amounts) == pool:
        return list(changes), None
    positive = [max(amount, 0) for amount in amounts]
    for_them = pool - sum(amounts) + sum(positive)
    if sum(positive) == 0 or for_them < 0:
        return None, None
    parts = apportion(for_them, positive, unit)
    fitted = [
        part - row.amount if amount > 0 else change
        for part, row, amount, change in zip(parts, rows, amounts, changes, strict=True)
    ]
    return fitted, Fraction(for_them, sum(positive))
