"""Rates, coefficients and amounts that change within a year: the day of discharge → the rows that hold."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import date, timedelta
from typing import Generic, TypeVar

import numpy as np
import polars as pl

from drg.payment.parts import Period
from drg.payment.scheme import PaymentScheme

Row = TypeVar("Row", bound=Period)


def first_days(scheme: PaymentScheme) -> tuple[str, ...]:
    """The first day of each period in which the same rates and coefficients hold; none if all always hold."""
    tables: list[Sequence[Period]] = [scheme.rates]
    tables += [section.rows for section in (scheme.coefficients, scheme.amounts, scheme.incentive) if section]
    rows = [row for table in tables for row in table]
    days = {row.valid_from for row in rows if row.valid_from}
    days |= {row.valid_to + timedelta(days=1) for row in rows if row.valid_to and row.valid_to < date.max}
    return tuple(day.isoformat() for day in (date.min, *sorted(days - {date.min}))) if days else ()


def period_of(discharged: pl.Series, first: Sequence[str]) -> pl.Series:
    """The first day of the period of each discharge; null where the day is not known."""
    days = discharged.cast(pl.Date).to_physical()
    starts = pl.Series(first).str.to_date("%Y-%m-%d").to_physical().to_numpy()
    places = np.searchsorted(starts, days.fill_null(0).to_numpy(), side="right") - 1
    found = pl.Series(first, dtype=pl.Enum(first)).gather(pl.Series(places))
    return found.zip_with(days.is_not_null(), pl.Series([None], dtype=found.dtype))


class Rows(Generic[Row]):
    """The rows of a scheme by what they are for."""

    def __init__(self, rows: Iterable[tuple[Hashable, Row]]) -> None:
        self._rows: dict[Hashable, list[Row]] = {}
        for key, row in rows:
            self._rows.setdefault(key, []).append(row)

    def first(self, keys: Iterable[Hashable], day: date) -> Row | None:
        """The row that holds on a day, for the first of these keys that has one."""
        rows = (row for key in keys for row in self._rows.get(key, ()))
        return next((row for row in rows if row.holds(day)), None)
