"""The rows of ``account_formulas`` worked out: for whole frames of accounts, and for the figures of one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import polars as pl

from drg.payment.expressions import (
    ONE,
    WIDE,
    Quotient,
    Rounding,
    evaluate,
    names,
    over_columns,
    parse,
    resolve,
)
from drg.payment.settlement_rules import SettlementRules
from drg.settlement.account_formulas import TABLE, Formula
from drg.settlement.risk_sharing import band, shared
from drg.settlement.settlement_columns import LOCAL, SIMULATED


def rounding_of(rules: SettlementRules) -> Rounding:
    """How a scheme rounds shares of amounts."""
    rule = rules.rounding
    return Rounding(100 if rule and rule.unit == "yuan" else 1, down=rule is not None and rule.mode == "down")


def formulas(rules: SettlementRules) -> tuple[dict[str, Formula], dict[str, Any]]:
    """The rows of a scheme by name, its bands among them; and its parameters."""
    rows, bands = shared(TABLE, rules)
    limits, deposit, disbursement = rules.limits, rules.deposit, rules.disbursement
    parameters: dict[str, Any] = {
        "has_cap": limits is not None and limits.cap_of_cost is not None,
        "has_floor": limits is not None and limits.floor_of_cost is not None,
        "has_disbursement": disbursement is not None,
        "has_quality": rules.quality is not None,
        "cap_of_cost": (limits and limits.cap_of_cost) or 0,
        "floor_of_cost": limits.floor_of_cost if limits and limits.floor_of_cost is not None else 0,
        "deposit_share": deposit.share if deposit else 0,
        "monthly_share": disbursement.monthly_share if disbursement else 0,
        "daily_share": (disbursement and disbursement.daily_share) or 0,
        "recover_months": rules.prepayment.recover_months if rules.prepayment else 0,
    }
    return {row.name: row for row in rows}, parameters | bands


class Accounts:
    """The formulas of a scheme over frames of accounts: amounts in fen, numbers in units of 1e-8.

    Args:
        rules: of the scheme.
        by_points: whether the value of a point closes the budget of an account.
    """

    def __init__(self, rules: SettlementRules, by_points: pl.Expr) -> None:
        self._rows, self._parameters = formulas(rules)
        self._functions = over_columns(rounding_of(rules))
        self._rules = rules
        self._facts: dict[str, pl.Expr] = {
            "local": pl.col("basis") == LOCAL,
            "real": ~pl.col("basis").is_in(SIMULATED),
            "by_points": by_points,
            "scored": pl.col("deposit_share_returned").is_not_null(),
        }
        # By whether the year is over: of each column the figures that it needs, and its value.
        rows = [row for row in self._rows.values() if row.is_column and row.expression]
        names = [row.name for row in rows if row.section != "closing"]
        self._columns = {
            over: {
                name: (self._inputs(self._rows[name], cleared=over), self.value(name, cleared=over))
                for name in names
            }
            for over in (False, True)
        }

    def worked_out(self, frame: pl.DataFrame, *, cleared: bool = False) -> pl.DataFrame:
        """Add every figure that follows from the columns that are there.

        Args:
            frame: sums of cases and payments by account, ``quality_factor``, ``deposit_share_returned`` (null
                without a score). What depends on ``budget_adjustment`` follows when that is there.
            cleared: the year is over: nothing is held back any more, and prepayments count as paid.
        """
        standard = pl.col("shared_standard").clip(0, None)
        frame = frame.with_columns(band=band(standard, pl.col("shared_cost"), self._rules))
        later = {name: of for name, of in self._columns[cleared].items() if name not in frame.columns}
        # A figure may stand in the table above one that it needs.
        while known := [name for name, (inputs, _) in later.items() if inputs <= set(frame.columns)]:
            frame = frame.with_columns(**{name: later[name][1] for name in known})
            later = {name: of for name, of in later.items() if name not in known}
        return frame

    def value(self, name: str, *, cleared: bool) -> pl.Expr:
        """A figure over the columns of ``worked_out``: in fen, a number in units of 1e-8, points in 1e-16."""
        row = self._rows[name]
        per_one = 1 if row.look == "money" else ONE if row.is_column else ONE * ONE
        return self._evaluated(row, cleared=cleared).units(per_one)

    def _inputs(self, row: Formula, *, cleared: bool) -> set[str]:
        """The figures that are columns, and that a figure needs: lines are looked through."""
        found: set[str] = set()
        for name in names(self._tree(row, cleared=cleared)):
            other = self._rows.get(name)
            if other is not None and other.kind == "line" and other.expression:
                found |= self._inputs(other, cleared=cleared)
            elif other is not None:
                found.add(name)
        return found

    def _tree(self, row: Formula, *, cleared: bool) -> ast.expr:
        return resolve(parse(row.expression), {**self._parameters, "cleared": cleared})

    def _evaluated(self, row: Formula, *, cleared: bool) -> Quotient:
        def value_of(name: str) -> Any:
            if name in self._facts:
                return self._facts[name]
            other = self._rows.get(name)
            if other is not None and other.kind == "line" and other.expression:
                return self._evaluated(other, cleared=cleared)
            is_number = other is not None and other.look in ("number", "share")
            return Quotient(pl.col(name).cast(WIDE), ONE if is_number else 1)

        return Quotient.of(evaluate(self._tree(row, cleared=cleared), value_of, self._functions))


def exactly(
    rows: Mapping[str, Formula],
    values: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]],
    name: str,
) -> Fraction:
    """A figure worked out from others; all are fractions in one unit, conditions are truth values.

    Args:
        rows: formulas by name.
        values: the other figures, conditions and parameters by name.
        functions: of ``expressions.exact``.
        name: of the figure.
    """

    def value_of(needed: str) -> Any:
        value = values[needed]
        return value if isinstance(value, bool) else Fraction(value)

    return Fraction(evaluate(parse(rows[name].expression), value_of, functions))
