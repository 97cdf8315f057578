"""Years of accounts → their budgets closed, and what that changes in each."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from drg.columns import Column, Kind
from drg.payment.expressions import ONE, WIDE
from drg.payment.formulas import half_up
from drg.payment.hospital_groups import hospitals_of
from drg.payment.settlement_rules import Budget, SettlementRules
from drg.settlement.closing import Closed, Row, close
from drg.settlement.evaluation import Accounts, rounding_of
from drg.settlement.exact_decimals import as_decimals, in_yuan
from drg.settlement.settlement_columns import ACCOUNT, LOCAL

_YUAN = pl.Decimal(38, 2)
# A budget and how it was closed; null: all insurances together, all hospitals.
BUDGET_SCHEMA: Final = pl.Schema(
    {
        "year": pl.Int32(),
        "insurance_type": pl.String(),
        "hospital_group": pl.String(),
        "span": pl.String(),
        "accounts": pl.Int64(),
        "budget_yuan": _YUAN,
        "reserve_yuan": _YUAN,
        "reserve_used_yuan": _YUAN,
        "carried_in_yuan": _YUAN,
        "pool_yuan": _YUAN,
        "claimed_yuan": _YUAN,
        "closed_by": pl.String(),
        "factor": pl.Decimal(38, 12),
        "points": pl.Decimal(38, 8),
        "point_value": pl.Decimal(38, 12),
        "paid_yuan": _YUAN,
        "carried_out_yuan": _YUAN,
        "borne_by_fund_yuan": _YUAN,
        "reserve_left_yuan": _YUAN,
        "reserve_carried_out_yuan": _YUAN,
    }
)
_AMOUNTS: Final = (
    "budget",
    "reserve",
    "reserve_used",
    "carried_in",
    "pool",
    "claimed",
    "paid",
    "carried_out",
    "borne_by_fund",
    "reserve_left",
    "reserve_carried_out",
)
_ALL: Final = ("all_overruns", "all_after", "all_by_group", "distributed")
# What an account has to do with the closing of its budget, beside its row and that of the budget: figures of
# ``account_formulas``, the conditions under which they are shown, and its ``part`` of what is parted.
SHARE_SCHEMA: Final = pl.Schema(
    {
        "year": pl.Int32(),
        **dict.fromkeys((*ACCOUNT[1:], "span", "closed_by"), pl.String()),
        **dict.fromkeys(("by_value", "parted", "taken_back"), pl.Boolean()),
        **dict.fromkeys(map(in_yuan, ("taken", "part", *_AMOUNTS, *_ALL)), _YUAN),
        "all_points": pl.Decimal(38, 16),
        "point_value": pl.Decimal(38, 12),
    }
)


def closes_by_points(rules: SettlementRules) -> pl.Expr:
    """Whether the value of a point closes the budget of an account."""
    found = pl.lit(False)
    for budget in rules.budgets:
        if budget.excess == "point_value":
            found = found | _of_budget(budget, rules)
    return found


def close_budgets(
    years: pl.DataFrame, formulas: Accounts, rules: SettlementRules, span: str
) -> tuple[pl.DataFrame, list[dict[str, Any]], pl.DataFrame]:
    """Close every budget of the scheme that has accounts.

    Args:
        years: accounts of ``Accounts.worked_out``, sorted; equal remainders go to the first.
        formulas: of the scheme.
        rules: of the scheme.
        span: ``year`` or ``forecast``.

    Returns:
        The accounts with ``budget_adjustment`` in fen, rows of ``BUDGET_SCHEMA``, and ``SHARE_SCHEMA``.
    """
    changes = pl.Series("budget_adjustment", [0], dtype=WIDE).new_from_index(0, years.height)
    rows, shares = [], [pl.DataFrame(schema=SHARE_SCHEMA)]
    for budget in rules.budgets:
        where = years.select(_of_budget(budget, rules)).to_series().arg_true()
        if not len(where):
            continue
        accounts = years[where]
        names = ("own_claim", "by_group", "own_points", "relief")
        of_budget = accounts.select(formulas.value(name, cleared=True).alias(name) for name in names)
        claims = [Row(*row) for row in of_budget.iter_rows()]
        closed = close(budget, claims, rounding_of(rules).unit, ONE * ONE)
        changes = changes.scatter(where, pl.Series(closed.changes, dtype=WIDE))
        rows.append(_row(budget, closed, span, sum(claim.points for claim in claims)))
        shares.append(_shares(accounts.select(ACCOUNT), closed, rows[-1]))
    return years.with_columns(changes), rows, pl.concat(shares)


def _shares(accounts: pl.DataFrame, closed: Closed, budget: dict[str, Any]) -> pl.DataFrame:
    by_value = closed.how == "point_value"
    sums = {in_yuan(name): _decimal(Fraction(closed.sums[name], 100), 2) for name in _ALL}
    of_all = {
        **{name: budget[name] for name in ("span", "closed_by", "point_value", *map(in_yuan, _AMOUNTS))},
        **sums,
        "all_points": _decimal(closed.sums["all_points"], 16),
        "by_value": by_value,
        "taken_back": closed.how == "hospitals_over" and closed.sums["all_overruns"] > 0,
    }
    own = {"taken": closed.taken, "part": closed.parts}
    amounts = pl.DataFrame(own, schema=dict.fromkeys(own, WIDE))
    money = as_decimals(amounts, [Column(in_yuan(name), Kind.MONEY, _YUAN, "", "") for name in own])
    parted = pl.Series("parted", closed.parted, dtype=pl.Boolean)
    known = (pl.lit(value, dtype=SHARE_SCHEMA[name]).alias(name) for name, value in of_all.items())
    return accounts.hstack(money).with_columns(parted, *known).select(SHARE_SCHEMA.names())


def _of_budget(budget: Budget, rules: SettlementRules) -> pl.Expr:
    found = (pl.col("year") == budget.year) & (pl.col("basis") == LOCAL)
    if budget.insurance is not None:
        found &= pl.col("insurance_type") == budget.insurance
    if budget.hospital_group is not None:
        members = hospitals_of(budget.hospital_group, budget.year, rules.hospital_groups)
        found &= pl.col("hospital_id").is_in(members)
    return found


def _row(budget: Budget, closed: Closed, span: str, points: int) -> dict[str, Any]:
    amounts = {in_yuan(name): _decimal(Fraction(getattr(closed, name), 100), 2) for name in _AMOUNTS}
    return {
        "year": budget.year,
        "insurance_type": budget.insurance,
        "hospital_group": budget.hospital_group,
        "span": span,
        "accounts": len(closed.changes),
        "closed_by": closed.how,
        "factor": _decimal(closed.factor, 12),
        "points": _decimal(Fraction(points, ONE * ONE), 8) if closed.point_value is not None else None,
        "point_value": _decimal(closed.point_value, 12),
        **amounts,
    }


def _decimal(value: Fraction | None, places: int) -> Decimal | None:
    if value is None:
        return None
    return Decimal(half_up(value * 10**places)).scaleb(-places, Context(prec=60))
