"""The accounts of one hospital, with all that their statement is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, NamedTuple

import polars as pl

from drg.analysis.statement import TIED, has_departments, sums_by
from drg.payment.settlement_rules import Budget, SettlementRules
from drg.settlement.accounts import standing
from drg.settlement.exact_decimals import figure
from drg.settlement.settle import Settlement
from drg.settlement.settlement_columns import (
    ACCOUNT,
    FLOWS,
    FORECAST,
    LOCAL,
    MONTH,
    SIMULATED,
    YEAR,
    YEAR_TO_DATE,
)


class Tie(NamedTuple):
    """A figure as the cases give it, as the settlement has it, and what lies between."""

    name: str
    of_cases: Decimal
    settled: Decimal

    @property
    def difference(self) -> Decimal:
        """Zero, or the statement does not tie."""
        return self.of_cases - self.settled


class Change(NamedTuple):
    """A figure of a month beside an earlier one.

    Attributes:
        now: of the month; None if it has no case.
        before: of the earlier month; None if there are no data of it, or no case in it.
    """

    now: Decimal | None
    before: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """The change as a share of the earlier figure; None if one is not known, or that not above zero."""
        if self.now is None or self.before is None or self.before <= 0:
            return None
        return (self.now - self.before) / self.before


# The figures of a month that are compared with those of earlier months.
COMPARED: Final = ("cases", "cost", "payment", "entitlement")


@dataclass(frozen=True)
class Account:
    """One account: a hospital, an insurance, a basis and a year.

    Attributes:
        row: the cleared year, by figure; before that, the year to date of the last month.
        months: its months, in order.
        months_before: those of the year before, if there are any.
        carried_in: the balances of the years before, as they stand; None if there are none.
        to_date: the year to date of the last month.
        forecast: the year at the present pace, if it is not cleared.
        score, deposit_share_returned: of the year; None while there is none.
        budget: its row of ``Settlement.budget_shares``, by figure: what the closing of its budget did, or
            would do at the present pace; None without a budget.
        by_class, by_month: sums of its cases; see ``statement.sums_by``.
        by_department: the same by department; None if no case of the hospital says its own.
        total: the same of all its cases.
    """

    row: dict[str, Any]
    months: pl.DataFrame
    months_before: pl.DataFrame
    carried_in: Decimal | None
    to_date: dict[str, Any]
    forecast: dict[str, Any] | None
    score: Decimal | None
    deposit_share_returned: Decimal | None
    budget: dict[str, Any] | None
    by_class: pl.DataFrame
    by_month: pl.DataFrame
    by_department: pl.DataFrame | None
    total: dict[str, Any]

    @property
    def cleared(self) -> bool:
        """Whether the year is over."""
        return bool(self.row["span"] == YEAR)

    def figures(self, *, forecast: bool = False) -> dict[str, Any]:
        """What is known of it by name: of the year, or of its forecast, with its budget."""
        row = self.forecast if forecast else self.row
        closed = self.budget if forecast or self.cleared else None
        known = {"score": self.score, "deposit_share_returned": self.deposit_share_returned}
        if self._has_cleared_cases:
            known["cleared_cases"] = self.total["cleared_payment"]
        figures = {**(row or {}), **(closed or {}), **known}
        # In a year that is not cleared the factor is not known yet.
        return figures | {"quality_factor": figures["quality_factor"] or Decimal(1)}

    def conditions(self, rules: SettlementRules, *, forecast: bool = False) -> dict[str, Any]:
        """The conditions and numbers that ``settlement.account_formulas`` names."""
        cleared = forecast or self.cleared
        closed = (self.budget if cleared else None) or {}
        budget = self.budget_rule(rules)
        return {
            "local": self.row["basis"] == LOCAL,
            "real": self.row["basis"] not in SIMULATED,
            "cleared": cleared,
            "scored": self.deposit_share_returned is not None,
            "month": 12 if self.cleared else int(self.row["period"][-2:]),
            "by_points": budget is not None and budget.excess == "point_value",
            "reserve_share": budget.reserve_share if budget else 0,
            "covers_overruns": budget is not None and budget.reserve_covers == "overruns",
            "closing": bool(closed),
            "by_value": closed.get("by_value", False),
            "parted": closed.get("parted", False),
            "taken_back": closed.get("taken_back", False),
            "has_cleared_cases": self._has_cleared_cases,
        }

    def budget_rule(self, rules: SettlementRules) -> Budget | None:
        """The budget in which it shares."""
        if self.row["basis"] != LOCAL:
            return None
        return rules.budget_of(self.row["year"], self.row["insurance_type"], self.row["hospital_id"])

    @property
    def _has_cleared_cases(self) -> bool:
        by_value = self.cleared and self.budget is not None and self.budget["by_value"]
        return by_value and "cleared_payment" in self.total

    def ties(self) -> list[Tie]:
        """The sums of the cases beside the figures of the account."""
        names = [*TIED, *(["converted_payment"] if "converted_payment" in self.total else [])]
        return [Tie(name, Decimal(self.total[name]), Decimal(self.row[name])) for name in names]

    def changes(self, name: str, *, months: int) -> dict[str, Change]:
        """A figure of each month beside that of so many months before; empty if there is no earlier one.

        Args:
            name: of ``COMPARED``.
            months: 1 for the month before (环比), 12 for the same month of the year before (同比).
        """
        known = self._months_with_cases
        found: dict[str, Change] = {}
        for period in self.months["period"]:
            number = _number(period)
            now, before = (known[one][name] if one in known else None for one in (number, number - months))
            found[period] = Change(now, before)
        return found if any(change.before is not None for change in found.values()) else {}

    @cached_property
    def _months_with_cases(self) -> dict[int, dict[str, Any]]:
        """What is compared, of this year and the one before."""
        every = pl.concat([self.months_before, self.months]).filter(pl.col("cases") > 0)
        rows = every.select("period", pl.col(COMPARED).cast(pl.Decimal(38, 2))).iter_rows(named=True)
        return {_number(row["period"]): row for row in rows}

    def month_ties(self) -> list[Tie]:
        """What the months add up to beside the figures of the year to date."""
        return [Tie(name, Decimal(self.months[name].sum()), self.to_date[name]) for name in FLOWS]


def _number(period: str) -> int:
    """2025-03 as a number of months."""
    return int(period[:4]) * 12 + int(period[5:])


def accounts_of(settlement: Settlement, rows: pl.DataFrame, table: pl.DataFrame) -> Iterator[Account]:
    """The accounts of a hospital, in order.

    Args:
        settlement: all of it.
        rows: those of the hospital.
        table: the case table of the hospital.
    """
    scheme = settlement.scheme
    # A statement speaks of figures, as the formulas do.
    rows, budget_shares = rows.rename(figure), settlement.budget_shares.rename(figure)
    keys = ["case_class", "period", *(["department"] if has_departments(table) else [])]
    every = {key: sums_by(table, [*ACCOUNT, key], scheme) for key in keys}
    every["total"] = sums_by(table, ACCOUNT, scheme)
    nothing = {key: sums.drop(ACCOUNT).clear() for key, sums in every.items()}
    parts = {key: sums.partition_by(ACCOUNT, as_dict=True, include_key=False) for key, sums in every.items()}
    for key, own in rows.group_by(ACCOUNT, maintain_order=True):
        account = dict(zip(ACCOUNT, key, strict=True))
        sums = {name: part.get(key, nothing[name]) for name, part in parts.items()}
        to_date = own.filter(span=YEAR_TO_DATE).sort("period").row(-1, named=True)
        year, forecast = own.filter(span=YEAR), own.filter(span=FORECAST)
        scores = settlement.scores.filter(**account)
        score, returned = (
            scores.select("score", "deposit_share_returned").row(0) if not scores.is_empty() else (None, None)
        )
        yield Account(
            row=to_date if year.is_empty() else year.row(0, named=True),
            months=own.filter(span=MONTH).sort("period"),
            carried_in=_carried_in(rows, account),
            months_before=rows.filter(**(account | {"year": account["year"] - 1}), span=MONTH),
            to_date=to_date,
            forecast=None if forecast.is_empty() else forecast.row(0, named=True),
            score=score,
            deposit_share_returned=returned,
            budget=next(budget_shares.filter(**account).iter_rows(named=True), None),
            by_class=sums["case_class"].sort("case_class", descending=True, nulls_last=True),
            by_month=sums["period"],
            by_department=sums.get("department"),
            total=_total(sums["total"]),
        )


def _carried_in(rows: pl.DataFrame, account: dict[str, Any]) -> Decimal | None:
    """What the accounts of earlier years come to, as they stand."""
    same = {name: value for name, value in account.items() if name != "year"}
    earlier = rows.filter(pl.col("year") < account["year"]).filter(**same)
    return None if earlier.is_empty() else Decimal(standing(earlier)["balance"].sum())


def by_year(accounts: Iterable[Account]) -> dict[int, list[Account]]:
    """The accounts of each year by which money moves, where there are several of them."""
    years: dict[int, list[Account]] = {}
    for account in accounts:
        if account.row["basis"] not in SIMULATED:
            years.setdefault(account.row["year"], []).append(account)
    return {year: several for year, several in sorted(years.items()) if len(several) > 1}


def _total(sums: pl.DataFrame) -> dict[str, Any]:
    """The sums of all cases; zeros where there are none."""
    if sums.is_empty():
        return {name: Decimal(0) for name in sums.columns}
    return sums.row(0, named=True)
