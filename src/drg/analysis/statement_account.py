"""The accounts of one hospital, with all that their statement is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

from drg.analysis.statement import TIED, sums_by
from drg.analysis.statement_budget import AccountKey, BudgetShare
from drg.payment.formulas import half_up
from drg.payment.rules import CLASSES
from drg.payment.scheme import PaymentScheme
from drg.payment.settlement_rules import SettlementRules
from drg.settlement.columns import ACCOUNT, FLOWS, FORECAST, MONTH, YEAR, YEAR_TO_DATE
from drg.settlement.settle import Settlement
from drg.settlement.shares import unit_fen


class Slice(NamedTuple):
    """A slice of a surplus or an overrun: from ``low`` to ``high``, of which ``share`` is given.

    ``start`` and ``stop`` are utilisations; ``stop`` None: no end. Where the cost itself bounds the slice,
    ``ends_at_cost`` says so.
    """

    start: Decimal
    stop: Decimal | None
    share: Decimal
    amount: Decimal
    ends_at_cost: bool


class Tie(NamedTuple):
    """A figure as the cases give it, as the settlement has it, and what lies between."""

    name: str
    of_cases: Decimal
    settled: Decimal

    @property
    def difference(self) -> Decimal:
        """Zero, or the statement does not tie."""
        return self.of_cases - self.settled


@dataclass(frozen=True)
class Account:
    """One account: a hospital, an insurance, a basis and a year.

    Attributes:
        row: the cleared year; before that, the year to date of the last month.
        months: its months, in order.
        to_date: the year to date of the last month.
        forecast: the year at the present pace, if it is not cleared.
        score, deposit_share_returned: of the year; None while there is none.
        budget: what the closing of its budget did, or would do at the present pace, if there is one.
        by_class, by_month: sums of its cases; see ``statement.sums_by``.
        total: the same of all its cases.
    """

    row: dict[str, Any]
    months: pl.DataFrame
    to_date: dict[str, Any]
    forecast: dict[str, Any] | None
    score: Decimal | None
    deposit_share_returned: Decimal | None
    budget: BudgetShare | None
    by_class: pl.DataFrame
    by_month: pl.DataFrame
    total: dict[str, Any]

    @property
    def cleared(self) -> bool:
        """Whether the year is over."""
        return bool(self.row["span"] == YEAR)

    def ties(self) -> list[Tie]:
        """The sums of the cases beside the figures of the account."""
        return [Tie(name, Decimal(self.total[name]), Decimal(self.row[name])) for name in TIED]

    def month_ties(self) -> list[Tie]:
        """What the months add up to beside the figures of the year to date."""
        flows = [column.name for column in FLOWS]
        sums = self.months.select(flows).sum().row(0, named=True)
        return [Tie(name, sums[name], self.to_date[name]) for name in flows]


def accounts_of(
    settlement: Settlement, rows: pl.DataFrame, table: pl.DataFrame, budgets: Mapping[AccountKey, BudgetShare]
) -> Iterator[Account]:
    """The accounts of a hospital, in order.

    Args:
        settlement: all of it.
        rows: those of the hospital.
        table: the case table of the hospital.
        budgets: of ``budget_shares``.
    """
    scheme = settlement.scheme
    for key, own in rows.group_by(ACCOUNT, maintain_order=True):
        account = dict(zip(ACCOUNT, key, strict=True))
        cases = table.filter(**account)
        to_date = own.filter(span=YEAR_TO_DATE).sort("period").row(-1, named=True)
        year, forecast = own.filter(span=YEAR), own.filter(span=FORECAST)
        scores = settlement.scores.filter(**account)
        score, returned = (
            scores.select("score", "deposit_share_returned").row(0) if not scores.is_empty() else (None, None)
        )
        yield Account(
            row=to_date if year.is_empty() else year.row(0, named=True),
            months=own.filter(span=MONTH).sort("period"),
            to_date=to_date,
            forecast=None if forecast.is_empty() else forecast.row(0, named=True),
            score=score,
            deposit_share_returned=returned,
            budget=budgets.get(key),
            by_class=_by_class(cases, scheme),
            by_month=sums_by(cases, ["period"], scheme),
            total=_total(cases, scheme),
        )


def _by_class(cases: pl.DataFrame, scheme: PaymentScheme) -> pl.DataFrame:
    order = pl.col("case_class").replace_strict({name: i for i, name in enumerate(CLASSES)}, default=-1)
    return sums_by(cases, ["case_class"], scheme).sort(order, descending=True)


def _total(cases: pl.DataFrame, scheme: PaymentScheme) -> dict[str, Any]:
    """The sums of all cases; zeros where there are none."""
    sums = sums_by(cases, ["hospital_id"], scheme).drop("hospital_id")
    if sums.is_empty():
        return {name: Decimal(0) for name in sums.columns}
    return sums.row(0, named=True)


def surplus_slices(rules: SettlementRules, standard: Decimal, cost: Decimal) -> list[Slice]:
    """The slices of a surplus that are not empty, under marginal bands."""
    assert rules.surplus is not None
    bands = [(band.utilisation_at_least, band.hospital_keeps) for band in rules.surplus.bands]
    return _slices(bands, Decimal(1), standard, cost)


def overrun_slices(rules: SettlementRules, standard: Decimal, cost: Decimal) -> list[Slice]:
    """The slices of an overrun that are not empty, under marginal bands."""
    assert rules.overrun is not None
    bands = [(band.utilisation_at_least, band.fund_bears) for band in rules.overrun.bands]
    return _slices(bands, None, standard, cost)


def _slices(
    bands: Sequence[tuple[Decimal, Decimal]], end: Decimal | None, standard: Decimal, cost: Decimal
) -> list[Slice]:
    stops = [*(start for start, _ in bands[1:]), end]
    found = []
    for (start, share), stop in zip(bands, stops, strict=True):
        low, high = standard * start, cost if stop is None else standard * stop
        if end is None:
            at_cost = stop is None or cost < high
            high = min(high, cost)
        else:
            at_cost = cost > low
            low = max(low, cost)
        if high > low:
            found.append(Slice(start, stop, share, high - low, at_cost))
    return found


def whole_share(bands: Sequence[tuple[Decimal, Decimal]], standard: Decimal, cost: Decimal) -> Decimal:
    """The share of the band that the utilisation falls into."""
    share = bands[0][1]
    for start, given in bands[1:]:
        if cost >= standard * start:
            share = given
    return share


def rounded_share(amount: Decimal, share: Decimal, rules: SettlementRules) -> Decimal:
    """A share of an amount in yuan, rounded as the scheme says."""
    unit = unit_fen(rules)
    units = Fraction(amount) * Fraction(share) * 100 / unit
    down = rules.rounding is not None and rules.rounding.mode == "down"
    whole = units.numerator // units.denominator if down else half_up(units)
    return Decimal(whole * unit).scaleb(-2)
