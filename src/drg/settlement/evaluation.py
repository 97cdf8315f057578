"""The rows of ``account_formulas`` worked out: for whole frames of accounts, and for the figures of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import polars as pl

from drg.payment.expressions import ONE, Quotient, Rounding, evaluate, names, over_columns, parse, resolve
from drg.payment.settlement_rules import SettlementRules
from drg.settlement.account_formulas import TABLE, Formula
from drg.settlement.columns import LOCAL, SIMULATED
from drg.settlement.risk_sharing import band, shared


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
            "real": pl.col("basis") != SIMULATED,
            "by_points": by_points,
        }

    def worked_out(self, frame: pl.DataFrame, *, cleared: bool = False) -> pl.DataFrame:
        """Add every figure that follows from the columns that are there.

        Args:
            frame: sums of cases and payments by account, ``quality_factor`` and ``deposit_share_returned``; the
                latter null without a score. What depends on ``budget_adjustment`` follows when that is there.
            cleared: the year is over: nothing is held back any more, and prepayments count as paid.
        """
        standard = pl.col("shared_standard").clip(0, None)
        frame = frame.with_columns(band=band(standard, pl.col("shared_cost"), self._rules))
        for name, row in self._rows.items():
            if row.is_column and row.expression and row.section != "closing" and name not in frame.columns:
                frame = self._with(frame, name, cleared=cleared)
        return frame

    def value(self, name: str, *, cleared: bool) -> pl.Expr:
        """A figure over the columns of ``worked_out``; in fen, or in units of 1e-16 if it is of points."""
        row = self._rows[name]
        found = self._evaluated(row, frozenset(), cleared=cleared)
        return found.units(1 if row.look == "money" else ONE * ONE)

    def _with(self, frame: pl.DataFrame, name: str, *, cleared: bool) -> pl.DataFrame:
        """The frame with a figure, and with those that it needs; as it is if one of them cannot be known yet."""
        row = self._rows[name]
        missing = self._missing(row, frame.columns, cleared=cleared)
        for needed in missing:
            if not self._rows[needed].expression or self._rows[needed].section == "closing":
                return frame
            frame = self._with(frame, needed, cleared=cleared)
            if needed not in frame.columns:
                return frame
        value = self._evaluated(row, frozenset(frame.columns), cleared=cleared)
        return frame.with_columns(value.units(1 if row.look == "money" else ONE).alias(name))

    def _tree(self, row: Formula, *, cleared: bool) -> Any:
        return resolve(parse(row.expression), {**self._parameters, "cleared": cleared})

    def _missing(self, row: Formula, there: Sequence[str], *, cleared: bool) -> list[str]:
        """The columns that a row needs and that are not there; lines that are no columns are looked through."""
        found: list[str] = []
        for name in names(self._tree(row, cleared=cleared)):
            other = self._rows.get(name)
            if name in there or other is None:
                continue
            if other.is_column or not other.expression:
                found.append(name)
            else:
                found += self._missing(other, there, cleared=cleared)
        return found

    def _evaluated(self, row: Formula, there: frozenset[str], *, cleared: bool) -> Quotient:
        def value_of(name: str) -> Any:
            if name in self._facts:
                return self._facts[name]
            if name == "scored":
                return pl.col("deposit_share_returned").is_not_null()
            other = self._rows.get(name)
            if other is not None and other.expression and not other.is_column:
                return self._evaluated(other, there, cleared=cleared)
            column = pl.col(name).cast(pl.Int128)
            is_number = other is not None and other.look in ("number", "share")
            return Quotient(column, ONE if is_number else 1)

        found = evaluate(self._tree(row, cleared=cleared), value_of, self._functions)
        return Quotient.of(found)


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
