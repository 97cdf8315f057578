"""The canonical columns of one batch: as the table has them, ages also by the dates or the days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from drg.records.ages import DATES, by_dates, by_days
from drg.records.bound_fields import Bound, Elsewhere, Unread, first_of
from drg.records.cells import as_text

# The values of a column, None if the table does not have it; and what could not be read, or was computed.
Read = tuple[pl.Series | None, list[Unread]]


class BatchColumns:
    """The columns of one batch; those that several canonical columns need are read once.

    Args:
        table: the cells by the names of the table.
        bound: where each canonical column is.
        gathered: what holds canonical values from other tables already, by canonical column.
        derived: the canonical columns that others give where the table says nothing or what cannot be.
    """

    def __init__(
        self,
        table: pl.DataFrame | Mapping[str, pl.Series],
        bound: Mapping[str, Sequence[Bound]],
        gathered: Mapping[str, Elsewhere],
        derived: Sequence[str],
    ) -> None:
        self._table = table
        self._bound = bound
        self._gathered = gathered
        self._derived = derived
        self._kept: dict[str, Read] = {}

    def column(self, name: str) -> Read:
        """One canonical column."""
        values, unread = self._held(name)
        if name not in self._derived:
            return values, unread
        told = list(unread)
        if all(one in self._bound or one in self._gathered for one in DATES):
            born, admitted = (self._held(one)[0] for one in DATES)
            assert born is not None
            assert admitted is not None
            values = self._settled(name, values, by_dates(name, values, born, admitted), "dates", told)
        days = self._held("age_days")[0] if name == "age_years" else None
        if days is not None and (values is None or values.null_count()):
            years = by_days(days)
            years = years if values is None else years.set(values.is_not_null(), None)
            for one in unread:
                # What cannot be read may be any age.
                years = years.scatter(one.places, None)
            values = self._settled(name, values, years, "days", told)
        return values, told

    def _settled(
        self,
        name: str,
        values: pl.Series | None,
        found: pl.Series,
        basis: Literal["dates", "days"],
        told: list[Unread],
    ) -> pl.Series:
        """The values, or what was found instead of them, which is told if the table has the column."""
        if values is None:
            return found
        places = found.is_not_null().arg_true()
        if not len(places):
            return values
        for bound in self._bound.get(name, ())[:1]:
            cells = self._cells(bound)[0]
            texts, read_as = as_text(cells.gather(places)), as_text(found.gather(places))
            told.append(Unread(bound.source, bound.parts[0], places, texts, read_as, basis))
        return found.zip_with(found.is_not_null(), values)

    def _held(self, name: str) -> Read:
        """One canonical column as the table has it."""
        if name not in self._kept:
            self._kept[name] = self._read(name)
        return self._kept[name]

    def _read(self, name: str) -> Read:
        found: list[pl.Series] = []
        unread: list[Unread] = []
        for bound in self._bound.get(name, ()):
            values, strange = bound.read(self._cells(bound))
            found.append(values)
            unread += strange
        if name in self._gathered:
            found.append(self._table[self._gathered[name].column])
        return (first_of(found) if found else None), unread

    def _cells(self, bound: Bound) -> list[pl.Series]:
        return bound.cells({one: self._table[one] for one in bound.names})
