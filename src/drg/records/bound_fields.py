"""The fields of a layout bound to the columns of a table, and what could not be read of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import polars as pl

from drg.columns import Kind
from drg.records.cells import Cells, as_text, empty, nothing_as_null, texts, unwrapped
from drg.records.code_cells import codes_listed
from drg.records.conversions import CONVERSIONS, factor
from drg.records.layout import Source


@dataclass(frozen=True)
class Unread:
    """Texts that could not be read, or only doubtfully.

    Attributes:
        source: of the layout.
        names: the columns of the field that holds them; several are alternatives.
        places: the rows of the batch, counted from 0.
        texts: what they hold.
        read_as: what doubtful texts were read as; None of those that could not be read.
        basis: of an age, what it was computed from; None of what was read in the way that is likely.
    """

    source: Source
    names: tuple[str, ...]
    places: pl.Series
    texts: pl.Series
    read_as: pl.Series | None = None
    basis: Literal["dates", "days"] | None = None


@dataclass(frozen=True)
class Bound:
    """A source of a layout and the header names of its fields.

    Attributes:
        source: of the layout.
        parts: the columns of each of its fields; several are alternatives.
        blanks: what stands for nothing in this layout, beside ``cells.MISSING``.
    """

    source: Source
    parts: tuple[tuple[str, ...], ...]
    blanks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the table that it reads."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part))

    def cells(self, table: Mapping[str, pl.Series]) -> list[pl.Series]:
        """The cells of each field, alternatives put together."""
        return [self._of_part([self._without_blanks(table[name]) for name in part]) for part in self.parts]

    def _without_blanks(self, cells: pl.Series) -> pl.Series:
        if not self.blanks or cells.dtype != pl.String:
            return cells
        bare = unwrapped(cells)
        return bare.set(bare.is_in(spellings_of(self.blanks)), None)

    @staticmethod
    def _of_part(columns: list[pl.Series]) -> pl.Series:
        if len(columns) == 1:
            return columns[0]
        return first_of([nothing_as_null(unwrapped(as_text(cells))) for cells in columns])

    def read(self, cells: Sequence[pl.Series]) -> tuple[pl.Series, list[Unread]]:
        """The values of the cells of each field, and what could not be read."""
        source, column = self.source, self.source.canonical
        if source.conversion == "codes_wide":
            return codes_listed(cells, column).values, []
        if source.conversion == "join":
            parts = [texts(part, column).values for part in cells]
            joined = pl.concat_str(parts, separator="-", ignore_nulls=True)
            return pl.select(joined.replace("", None)).to_series(), []
        found = [self._read_part(part) for part in cells]
        unread = [
            Unread(source, part, places, as_text(texts_of.gather(places)))
            for part, texts_of, one in zip(self.parts, cells, found, strict=True)
            if one.unread is not None and len(places := one.unread.arg_true())
        ]
        for part, texts_of, one in zip(self.parts, cells, found, strict=True):
            if one.doubtful is not None and len(places := one.doubtful.arg_true()):
                read_as = as_text(one.values.gather(places))
                unread.append(Unread(source, part, places, as_text(texts_of.gather(places)), read_as))
        values = [one.values for one in found]
        if source.conversion == "sum":
            some = pl.any_horizontal(value.is_not_null() for value in values)
            total = pl.when(some).then(pl.sum_horizontal(values).cast(column.dtype))
            return pl.select(total).to_series(), unread
        return values[0], unread

    def _read_part(self, cells: pl.Series) -> Cells:
        source, column = self.source, self.source.canonical
        if cells.dtype == pl.Null and column.kind is not Kind.CODES:
            # Of a single discharge most is not given.
            return Cells(empty(len(cells), column.dtype))
        if source.conversion == "text":
            return texts(cells, column, source.values)
        if source.values:
            cells = texts(cells, column, source.values).values
        read = CONVERSIONS[source.conversion].read
        times = factor(column, source.unit)
        # A layout is checked.
        assert read is not None
        assert times is not None
        return read(cells, column, times)


class Elsewhere(NamedTuple):
    """Where the values of a canonical column are that come from another table.

    Attributes:
        column: the column of the frame that holds them.
        called: the other table and its column.
    """

    column: str
    called: str


def spellings_of(words: Iterable[str]) -> list[str]:
    """Words in the letter cases in which they are written."""
    return sorted({form for word in words for form in (word, word.lower(), word.upper())})


def first_of(series: Sequence[pl.Series]) -> pl.Series:
    """The first value that is there, of columns that may stand for each other."""
    values = series[0]
    for other in series[1:]:
        if values.null_count():
            values = values.zip_with(values.is_not_null(), other)
    return values
