"""Layouts that spread a discharge over several files: one row per discharge, with what the others hold.

The first file streams. Of the others only the columns that are needed are put together in memory, some 100
bytes for each of their rows; of files that are only summed up, such as iteminfo, for each discharge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from drg.columns import Kind
from drg.records import notes
from drg.records.binding import cleaned
from drg.records.bound_fields import Bound, Elsewhere
from drg.records.cells import NO, YES
from drg.records.codebook import KINDS
from drg.records.codes import PROCEDURE
from drg.records.header import Header
from drg.records.layout import Layout, Source, Table, Where
from drg.records.notes import OURS, ROW, TABLE

_KEY: Final = f"{OURS}key"
_ORDER: Final = f"{OURS}order"
_ROWS: Final = f"{OURS}rows"
# The table and the row in one number.
_PLACE: Final = f"{OURS}place"
_ROWS_OF_A_TABLE: Final = 2**32


@dataclass(frozen=True)
class Gathered:
    """The first table with what the other tables hold.

    Attributes:
        frame: the columns of the first table, and one column for each of ``columns``.
        columns: canonical column → what holds its values.
        findings: rows of other tables that belong to no row of the first, and values that could not be read.
    """

    frame: pl.LazyFrame
    columns: dict[str, Elsewhere]
    findings: pl.DataFrame


def gather(layout: Layout, frames: Mapping[str, pl.LazyFrame], origins: pl.DataFrame) -> Gathered:
    """Put the tables of a layout together.

    Args:
        layout: with several tables.
        frames: the tables that are there by name, each with ``notes.ROW`` and ``notes.TABLE``; the first
            among them.
        origins: the file and the sheet of each ``notes.TABLE``.
    """
    first = layout.table[0]
    key = Header(frames[first.name].collect_schema()).find(first.key)[0]
    main = frames[first.name].with_columns(cleaned(key, layout.blank).alias(_KEY))
    keys = main.select(pl.col(_KEY).unique()).collect(engine="streaming").drop_nulls()
    columns: dict[str, Elsewhere] = {}
    findings: list[pl.DataFrame] = []
    for table in layout.table[1:]:
        if table.name not in frames:
            continue
        member = _Member(layout, table, frames[table.name])
        rows = member.rows()
        findings += member.findings(rows, keys, origins)
        values = rows.select(_KEY, pl.col("rows").alias(_ROWS), *member.bound).drop_nulls(_KEY)
        main = (
            main.join(values.lazy(), on=_KEY, how="left", maintain_order="left")
            .with_columns(member.completed())
            .drop(_ROWS)
        )
        columns |= member.columns
    return Gathered(main.drop(_KEY), columns, notes.together(findings))


class _Member:
    """One table beside the first, bound to its header."""

    def __init__(self, layout: Layout, table: Table, frame: pl.LazyFrame) -> None:
        self.table = table
        self.frame = frame
        self.blanks = layout.blank
        self.header = Header(frame.collect_schema())
        self.key = self.header.find(table.key)[0]
        self.bound = {
            f"{OURS}{source.column}": Bound(source, parts, self.blanks)
            for source in layout.sources(table.name)
            if (parts := self.header.parts(source))
        }
        self.columns = {
            bound.source.column: Elsewhere(name, f"{table.name}.{bound.names[0]}")
            for name, bound in self.bound.items()
        }

    def rows(self) -> pl.DataFrame:
        """For each discharge its key, how many rows it has, the first, its values and what was unread."""
        order = self.header.find(self.table.order)
        number = cleaned(order[0], self.blanks).cast(pl.Float64, strict=False) if order else pl.lit(0.0)
        cells = (cell for name, bound in self.bound.items() for cell in self._cells(name, bound))
        rows = self.frame.filter(pl.lit(True), *(self._holds(condition) for condition in self.table.keep))
        rows = rows.select(
            cleaned(self.key, self.blanks).alias(_KEY),
            pl.col(ROW),
            (pl.col(TABLE).cast(pl.UInt64) * _ROWS_OF_A_TABLE + pl.col(ROW)).alias(_PLACE),
            number.alias(_ORDER),
            *cells,
        )
        in_order = any(bound.source.gather != "sum" for bound in self.bound.values())
        if in_order:
            rows = rows.sort(_ORDER, ROW, nulls_last=True)
        values = (value for name, bound in self.bound.items() for value in _gathered(name, bound.source))
        gathered = rows.group_by(_KEY, maintain_order=in_order).agg(
            pl.len().alias("rows"), pl.col(_PLACE).min(), *values
        )
        return gathered.collect(engine="in-memory" if in_order else "streaming")

    def _cells(self, name: str, bound: Bound) -> list[pl.Expr]:
        text = pl.coalesce([cleaned(one, self.blanks) for one in bound.parts[0]])
        if bound.source.gather == "sum":
            value = _values(bound)
            unread = pl.when(value.is_null()).then(text)
            return [value.alias(name), unread.alias(f"{name}:unread")]
        where = bound.source.where
        chosen = self._holds(where, blank=False) if where else pl.lit(True)
        return [text.alias(name), (chosen & text.is_not_null()).alias(f"{name}:chosen")]

    def _holds(self, condition: Where, *, blank: bool = True) -> pl.Expr:
        """Whether a row fulfils a condition, and what counts where nothing is said."""
        found = self.header.find(condition.names)
        if not found:
            return pl.lit(blank)
        return _word(cleaned(found[0], self.blanks)).is_in(list(condition.values)).fill_null(blank)

    def completed(self) -> list[pl.Expr]:
        """The values of discharges that have no rows here."""
        completed = []
        for name, bound in self.bound.items():
            source = bound.source
            if source.canonical.kind is Kind.CODES:
                completed.append(pl.col(name).fill_null([]))
            elif source.none is not None:
                none = bound.read([pl.Series([source.none])])[0][0]
                value = pl.when(pl.col(_ROWS).is_null()).then(pl.lit(none)).otherwise(pl.col(name))
                completed.append(value.alias(name))
        return completed

    def findings(self, rows: pl.DataFrame, keys: pl.DataFrame, origins: pl.DataFrame) -> list[pl.DataFrame]:
        """What there is to say of the rows of this table, if those with ``keys`` have a discharge."""

        def placed(found: pl.DataFrame, column: str, value: str, place: str = _PLACE) -> pl.DataFrame:
            at = found[place]
            return origins[at // _ROWS_OF_A_TABLE].with_columns(
                (at % _ROWS_OF_A_TABLE).cast(pl.UInt32).alias("row"),
                found[_KEY].alias("case_id"),
                pl.lit(column).alias("column"),
                found[value].alias("value"),
                found["rows"],
            )

        strangers = rows.join(keys, on=_KEY, how="anti")
        findings = [notes.orphans(placed(strangers, self.key, _KEY), rows="rows")]
        for name, bound in self.bound.items():
            column = bound.source.canonical
            if bound.source.gather == "sum":
                unread = rows.drop_nulls(f"{name}:unread")
                cells = placed(unread, bound.names[0], f"{name}:unread", f"{name}:place")
                findings.append(notes.malformed(cells, column))
            if bound.source.gather == "first":
                unmarked = rows.drop_nulls(f"{name}:unmarked")
                findings.append(notes.unmarked(placed(unmarked, bound.names[0], f"{name}:unmarked"), column))
        return findings


def _word(text: pl.Expr) -> pl.Expr:
    """The number or word of a cell that holds one of a few: 1.0, 01, true and Y are 1."""
    number = text.str.replace(r"^0+(\d)", "$1").str.replace(r"^(\d+)\.0+$", "$1")
    return number.str.to_lowercase().replace(dict.fromkeys(YES, "1") | dict.fromkeys(NO, "0"))


def _values(bound: Bound) -> pl.Expr:
    def read(cells: Sequence[pl.Series]) -> pl.Series:
        return bound.read(bound.cells(dict(zip(bound.names, cells, strict=True))))[0]

    dtype = bound.source.canonical.dtype
    return pl.map_batches(
        [pl.col(name) for name in bound.names], read, return_dtype=dtype, is_elementwise=True
    )


def _gathered(name: str, source: Source) -> list[pl.Expr]:
    """The rows of one discharge as one value."""
    value = pl.col(name)
    if source.gather == "sum":
        unread = pl.col(f"{name}:unread")
        return [
            pl.when(value.count() > 0).then(value.sum()).cast(source.canonical.dtype).alias(name),
            unread.drop_nulls().min().alias(f"{name}:unread"),
            pl.col(_PLACE).filter(unread.is_not_null()).min().alias(f"{name}:place"),
        ]
    chosen = pl.col(f"{name}:chosen")
    # Where no procedure is marked, the first counts; a diagnosis must be marked to be the principal one.
    said = value.is_not_null() & pl.lit(KINDS.get(source.column) == PROCEDURE)
    meant = (chosen | (said & ~chosen.any())).cast(pl.Boolean)
    taken = meant & (meant.cum_sum() == 1)
    if source.gather == "first":
        unmarked = said.any() & ~chosen.any()
        return [
            value.filter(taken).first().alias(name),
            pl.when(unmarked).then(value.filter(taken).first()).alias(f"{name}:unmarked"),
        ]
    return [value.filter(~taken).drop_nulls().alias(name)]
