"""Years of accounts → their budgets closed, and what that changes in each."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from drg.payment.formulas import half_up
from drg.payment.settlement_rules import Budget, SettlementRules
from drg.settlement.closing import Closed, Row, close
from drg.settlement.columns import LOCAL
from drg.settlement.figures import fund_relief
from drg.settlement.shares import ONE, WIDE, unit_fen

_YUAN = pl.Decimal(38, 2)
# A budget and how it was closed; ``insurance_type`` null: all insurances together.
BUDGET_SCHEMA: Final = pl.Schema(
    {
        "year": pl.Int32(),
        "insurance_type": pl.String(),
        "span": pl.String(),
        "accounts": pl.Int64(),
        "budget": _YUAN,
        "reserve": _YUAN,
        "carried_in": _YUAN,
        "pool": _YUAN,
        "claimed": _YUAN,
        "closed_by": pl.String(),
        "factor": pl.Decimal(38, 12),
        "points": pl.Decimal(38, 8),
        "point_value": pl.Decimal(38, 12),
        "paid": _YUAN,
        "carried_out": _YUAN,
        "borne_by_fund": _YUAN,
    }
)
_AMOUNTS: Final = (
    *("budget", "reserve", "carried_in", "pool", "claimed", "paid", "carried_out", "borne_by_fund"),
)


def closes_by_points(rules: SettlementRules) -> pl.Expr:
    """Whether the value of a point closes the budget of an account."""
    found = pl.lit(False)
    for budget in rules.budgets:
        if budget.excess == "point_value":
            found = found | _of_budget(budget)
    return found


def close_budgets(
    years: pl.DataFrame, rules: SettlementRules, span: str
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Close every budget of the scheme that has accounts.

    Args:
        years: accounts of ``figures.scored``, sorted; equal remainders go to the first.
        rules: of the scheme.
        span: ``year`` or ``forecast``.

    Returns:
        The accounts with ``budget_adjustment`` in fen, and rows of ``BUDGET_SCHEMA``.
    """
    changes = pl.Series("budget_adjustment", [0], dtype=WIDE).new_from_index(0, years.height)
    rows = []
    for budget in rules.budgets:
        where = years.select(_of_budget(budget)).to_series().arg_true()
        if not len(where):
            continue
        of_budget = years[where].select(
            amount=pl.col("payment") - pl.col("patient_share") + pl.col("quality_adjustment"),
            by_group=pl.col("shared_payment") + pl.col("quality_adjustment"),
            points=pl.col("points") * pl.col("quality_factor"),
            overrun_fund=fund_relief(),
        )
        closed = close(budget, [Row(*row) for row in of_budget.iter_rows()], unit_fen(rules), ONE * ONE)
        changes = changes.scatter(where, pl.Series(closed.changes, dtype=WIDE))
        rows.append(_row(budget, closed, span, int(of_budget["points"].sum() or 0)))
    return years.with_columns(changes), rows


def _of_budget(budget: Budget) -> pl.Expr:
    found = (pl.col("year") == budget.year) & (pl.col("basis") == LOCAL)
    return found if budget.insurance is None else found & (pl.col("insurance_type") == budget.insurance)


def _row(budget: Budget, closed: Closed, span: str, points: int) -> dict[str, Any]:
    amounts = {name: _decimal(Fraction(getattr(closed, name), 100), 2) for name in _AMOUNTS}
    return {
        "year": budget.year,
        "insurance_type": budget.insurance,
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
