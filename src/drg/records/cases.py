"""The one gate: whatever holds discharges → cases in the columns and types of the registry.

Files, frames of any kind and single discharges all become ``Cases``; nothing behind it reads text again. The
columns of the user do not pass through: they stay in ``rows``, and results are put beside them row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Final, Literal, NamedTuple, Self, cast

import polars as pl

from drg.columns import ALL, INPUT, Column
from drg.forks import check_process
from drg.records import notes
from drg.records.binding import CAN_BE_UNREAD, UNREAD, Binding, with_unread_cells
from drg.records.bound_fields import Unread, first_of
from drg.records.cells import empty
from drg.records.codebook import KINDS, CodeBook, CodeFindings, recognised
from drg.records.codes import DIAGNOSIS, PROCEDURE
from drg.records.findings import SCHEMA
from drg.records.frames import Frame, as_lazy, no_frame, with_added, without_rows
from drg.records.header import fitting
from drg.records.layout import CANONICAL, Layout, canonical_layout
from drg.records.layout_files import shipped_layouts
from drg.records.notes import OURS, PLACE, ROW, TABLE
from drg.records.own_cells import column_of, own_cells, own_codes

# Of a frame; its header would be row 1.
FIRST_ROW: Final = 2

CODE_VERSIONS: Final = ("insurance", "clinical")
CodeVersion = Literal["insurance", "clinical"]


class Converted(NamedTuple):
    """A batch in canonical columns, and what there is to say of it."""

    frame: pl.DataFrame
    findings: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Cases:
    """Discharges in the columns of whoever gave them, and how these become canonical columns.

    Attributes:
        rows: the columns as they were given, and columns of ours beside them: ``notes.ROW``, ``notes.TABLE``
            if there are several tables, and what other tables hold; taken in batches.
        binding: where each canonical column is.
        codes: the version of the code lists that the cases use.
    """

    rows: pl.LazyFrame
    binding: Binding
    codes: CodeVersion = "insurance"

    @classmethod
    def of(cls, data: Any, *, codes: CodeVersion = "insurance") -> Cases:
        """Cases from a frame of any kind, from one discharge or several as mappings, or from cases.

        Args:
            data: a polars DataFrame or LazyFrame, a pyarrow Table, a pandas DataFrame or any other that
                narwhals knows, in canonical columns or those of a layout; a mapping of names to values, or a
                list of them; a ``Discharge``; ``Cases``, which pass as they are.
            codes: the version of the codes in it.

        Raises:
            InputError: it is nothing of the kind.
        """
        check_process()
        if isinstance(data, Cases):
            return data
        if _is_one(data):
            data = [data if isinstance(data, Mapping) else data.model_dump()]
        if isinstance(data, list) and data and all(isinstance(row, Mapping) for row in data):
            data = _frame_of(data)
        rows = with_unread_cells(as_lazy(data, lambda schema: bound(schema).names))
        return cls(rows, bound(rows.collect_schema()), codes)

    @cached_property
    def own_columns(self) -> tuple[str, ...]:
        """The columns as they were given."""
        return tuple(name for name in self.rows.collect_schema().names() if not name.startswith(OURS))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns as they were given, and the canonical ones that can be known of all cases."""
        return tuple(dict.fromkeys((*self.own_columns, *self.binding.known)))

    @property
    def source(self) -> pl.LazyFrame:
        """The rows in the columns in which they were given; of several tables, those of the first."""
        return self.rows.select(self.own_columns)

    @property
    def layout(self) -> Layout:
        """What the columns are called."""
        return self.binding.layout

    @property
    def is_canonical(self) -> bool:
        """Whether the own columns are the canonical ones already, by name."""
        return self.layout.id == CANONICAL and all(
            self.binding.is_called(name) for name in self.binding.columns
        )

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The canonical columns: of a layout all that groupers read, and what else there is."""
        known = self.binding.columns
        read = (name for name in ALL if name in INPUT or name in known)
        return known if self.layout.id == CANONICAL else tuple(read)

    @cached_property
    def origins(self) -> pl.DataFrame:
        """The file and the sheet of each table that the rows are from; a frame has neither."""
        return pl.DataFrame({name: pl.Series([None], dtype=SCHEMA[name]) for name in ("file", "sheet")})

    @cached_property
    def books(self) -> dict[str, CodeBook]:
        """The code lists, by kind."""
        clinical = self.codes == "clinical"
        return {kind: CodeBook(kind, clinical=clinical) for kind in (DIAGNOSIS, PROCEDURE)}

    def collect(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Compute in memory what was made of ``rows``."""
        return frame.collect(engine="streaming")

    def read(self, batch: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
        """Canonical columns of a batch of ``rows`` in the types of the registry, codes as they are spelled.

        Columns that the cases do not have are left out. See ``Binding.typed`` for what could not be read.
        """
        frame = self.binding.typed(batch, columns)
        if self.codes == "clinical":
            coded = [frame[name] for name in KINDS if name in frame.columns]
            frame = frame.with_columns(recognised(coded, self.books)[0])
        return frame

    def canonical(self, batch: pl.DataFrame, columns: Iterable[str] | None = None) -> pl.DataFrame:
        """Canonical columns of a batch of ``rows`` (or of ``source``, if the layout has one table)."""
        wanted = self.columns if columns is None else tuple(columns)
        return self.convert(batch, wanted).frame.select(wanted)

    def convert(self, batch: pl.DataFrame, columns: Iterable[str] | None = None) -> Converted:
        """As ``read``, codes as the code list spells them, with findings on what was read otherwise or not.

        Args:
            batch: some of ``rows``.
            columns: which canonical columns, by default ``self.columns``; those that there are none of are
                empty.
        """
        wanted = self.columns if columns is None else tuple(columns)
        typed, unread = self.binding.typed_and_unread(batch, wanted)
        series, code_findings = recognised(typed, self.books)
        known = {values.name: values for values in series}
        absent = [empty(batch.height, ALL[name].dtype).alias(name) for name in wanted if name not in known]
        frame = pl.DataFrame([*known.values(), *absent])
        marks = [name for name in frame.columns if name.endswith(UNREAD)]
        return Converted(frame.select(*wanted, *marks), self._findings(batch, unread, code_findings))

    def doubtful(self, batch: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
        """Findings on cells of a batch that were read in the way that is likely and not certain.

        Args:
            batch: some of ``rows``, with ``notes.PLACE``, which stands in front of the findings too.
            columns: which canonical columns.
        """
        _, told = self.binding.typed_and_unread(batch, columns)
        doubtful = [one for one in told if one.read_as is not None]
        places = pl.concat([batch[PLACE].clear(), *(batch[PLACE].gather(one.places) for one in doubtful)])
        return self._findings(batch, doubtful, []).insert_column(0, places.sort())

    def placed(self, batch: pl.DataFrame, where: pl.Series) -> pl.DataFrame:
        """Where some rows of a batch are from: ``file``, ``sheet``, ``row`` and ``case_id``."""
        names = (TABLE, ROW, PLACE, *self.binding.read_for(["case_id"]))
        some = pl.DataFrame({name: batch[name].gather(where) for name in names if name in batch.columns})
        table = some[TABLE] if TABLE in some.columns else pl.repeat(0, len(where), eager=True)
        row = empty(len(where), pl.UInt32())
        if ROW in some.columns or PLACE in some.columns:
            row = some[ROW] if ROW in some.columns else some[PLACE] + FIRST_ROW
        case_id = self.binding.column("case_id", some)[0]
        case_id = empty(len(where), pl.String()) if case_id is None else case_id
        return self.origins[table].with_columns(row.alias("row"), case_id.alias("case_id"))

    def _findings(
        self, batch: pl.DataFrame, unread: Sequence[Unread], codes: Sequence[CodeFindings]
    ) -> pl.DataFrame:
        if not unread and not codes:
            return notes.no_findings()
        parts = []
        for one in unread:
            cells = self.placed(batch, one.places).with_columns(
                column_of(one.names, batch, one.places).alias("column"), one.texts.alias("value")
            )
            column = one.source.canonical
            if one.read_as is None:
                found = notes.malformed(cells, column)
            else:
                read = cells.with_columns(one.read_as.alias("read_as"))
                found = notes.doubtful(read, column, read_as="read_as", basis=one.basis)
            parts.append(found.with_columns(one.places.alias(PLACE)))
        for told in codes:
            own = self._column_with(told.field, batch, told.places, told.readings["spelled"])
            cells = self.placed(batch, told.places).hstack(told.readings).with_columns(own)
            found = notes.findings(cells, field=told.field, value=pl.col("spelled"))
            parts.append(found.with_columns(told.places.alias(PLACE)))
        return pl.concat(parts).sort(PLACE, maintain_order=True).drop(PLACE)

    def _column_with(self, name: str, batch: pl.DataFrame, where: pl.Series, codes: pl.Series) -> pl.Series:
        column, _ = own_cells(self.binding, name, batch, where)
        if len(self.binding.read_for([name])) > 1:
            column = first_of([own_codes(self.binding, name, batch, where, codes)[0], column])
        return column.alias("column")

    def lazy(
        self,
        columns: Iterable[str] | None = None,
        *,
        own: bool = False,
        marked: bool = False,
        listed: bool = True,
    ) -> pl.LazyFrame:
        """All rows in canonical columns and the types of the registry, read when they are needed.

        Args:
            columns: which, by default ``self.columns``; what there is none of is empty.
            own: also the other columns, as they were given.
            marked: also what could not be read of each column; see ``Binding.typed``.
            listed: codes as the code list spells them, or as they are spelled.
        """
        wanted = self.columns if columns is None else tuple(columns)
        known = [name for name in wanted if name in self.binding.columns]
        read = {name: self._expressions(name, marked=marked, listed=listed) for name in known}
        nothing = {name: [pl.lit(None, dtype=ALL[name].dtype).alias(name)] for name in wanted}
        marks = [f"{name}{UNREAD}" for name in known if marked and ALL[name].kind in CAN_BE_UNREAD]
        order = [*wanted, *marks]
        others: list[str] = []
        if own:
            others = [name for name in self.own_columns if name not in self.binding.names]
            canonical = {self.binding.called(name): name for name in known}
            first = [canonical.get(name, name) for name in self.own_columns]
            order = [name for name in dict.fromkeys((*first, *order)) if name in (*order, *others)]
        expressions = [one for column in (nothing | read).values() for one in column]
        return self.rows.select(*expressions, *others).select(order)

    def _expressions(self, name: str, *, marked: bool, listed: bool) -> list[pl.Expr]:
        expressions = self.binding.expression(name, marked=marked)
        if name not in KINDS or not listed:
            return expressions

        def spelled(codes: pl.Series) -> pl.Series:
            return recognised([codes.alias(name)], self.books)[0][0]

        first = expressions[0].map_batches(spelled, return_dtype=ALL[name].dtype, is_elementwise=True)
        return [first.alias(name), *expressions[1:]]

    def with_columns(
        self,
        step: Callable[[pl.DataFrame], pl.DataFrame],
        reads: Iterable[str],
        added: Iterable[Column],
        on_batch: Callable[[pl.DataFrame], None] | None = None,
        marks: Sequence[pl.Expr] = (),
        hand_over: Callable[[pl.DataFrame], pl.DataFrame] = lambda made: made,
    ) -> Self:
        """The cases with further canonical columns, worked out batch by batch, several at a time, in order.

        Args:
            step: a batch as ``read`` gives it → the columns, and whatever else ``on_batch`` is to see.
            reads: the canonical columns that the step reads, as far as there are any.
            added: the columns that it adds.
            on_batch: is shown ``reads`` and ``added`` of every batch, in no particular order and from several
                threads.
            marks: columns that need all rows at once, as expressions on ``rows``; the step gets them as well.
            hand_over: what the step has made → the columns as they are added.
        """
        columns = {column.name: column.dtype for column in added}
        schema = self.rows.collect_schema()
        names = tuple(reads)
        rows = self.rows.with_columns(marks) if marks else self.rows

        def work(batch: pl.DataFrame) -> pl.DataFrame:
            cells = self.read(batch, names)
            if marks:
                cells = cells.hstack(batch.drop(schema.names()))
            made = step(cells)
            if on_batch is not None:
                on_batch(cells.hstack(made))
            added = hand_over(made.select(list(columns)))
            return (batch.select(schema.names()) if marks else batch).hstack(added)

        rows = rows.map_batches(
            work,
            schema=pl.Schema({**schema, **columns}),
            streamable=True,
            predicate_pushdown=False,
            projection_pushdown=False,
        )
        return self.of_rows(rows)

    def of_rows(self, rows: pl.LazyFrame) -> Self:
        """The same with further columns: ``rows`` are those of the cases, and more."""
        own = {name: dtype for name, dtype in rows.collect_schema().items() if not name.startswith(OURS)}
        binding = Binding(self.layout, own, self.binding.table, self.binding.gathered)
        return replace(self, rows=rows, binding=binding)


def through(data: Frame, function: Callable[[Cases], Cases]) -> Frame:
    """Apply a function that adds columns to cases of any kind.

    Returns:
        What was given, with the columns that were added: the same kind, the same rows in the same order.
    """
    if _is_one(data):
        raise no_frame(data)
    cases = Cases.of(data)
    done = function(cases)
    result: Any
    if isinstance(data, Cases):
        result = done
    elif isinstance(data, pl.LazyFrame):
        result = done.rows
    elif isinstance(data, pl.DataFrame):
        # The streaming engine cuts the frame into batches and works on them side by side.
        result = done.rows.collect(engine="streaming")
    else:
        there = set(cases.rows.collect_schema().names())
        added = done.rows.select(name for name in done.rows.collect_schema().names() if name not in there)
        if isinstance(data, list):
            new = added.collect(engine="streaming").iter_rows(named=True)
            result = [{**row, **more} for row, more in zip(data, new, strict=True)]
        else:
            result = with_added(data, added)
    return cast("Frame", result)


def without(data: Frame, dropped: pl.Series) -> Frame:
    """What was given without the rows at some places, which are counted from 0."""
    if isinstance(data, Cases):
        place = f"{OURS}dropped"
        rows = data.rows.with_row_index(place).filter(~pl.col(place).is_in(dropped.implode())).drop(place)
        return replace(data, rows=rows)
    if isinstance(data, list):
        gone = set(dropped)
        return cast("Frame", [row for place, row in enumerate(data) if place not in gone])
    return without_rows(data, dropped)


def _is_one(data: Any) -> bool:
    """Whether it is one discharge, and no table."""
    if isinstance(data, pl.DataFrame | pl.LazyFrame | Cases):
        return False  # without the class of a discharge, which takes long to import
    from drg.records.discharge import Discharge

    return isinstance(data, Mapping | Discharge)


def bound(schema: Mapping[str, pl.DataType]) -> Binding:
    """A frame bound to the layout that its header fits; to its own names if it fits none."""
    if "principal_diagnosis" in schema:
        return Binding(_canonical(), schema)
    found = fitting(list(schema), [one for one in shipped_layouts().values() if not one.table])
    return Binding(found or _canonical(), schema)


@lru_cache(maxsize=1)
def _canonical() -> Layout:
    return canonical_layout()


def _frame_of(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Discharges as mappings as a frame; what is not given is empty."""
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    return pl.DataFrame([_series(name, [row.get(name) for row in rows]) for name in names])


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    values = [
        Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else value
        for value in values
    ]
    if any(isinstance(value, Decimal) for value in values):
        # Each with its own number of decimals, so that nothing is rounded on the way in.
        values = [None if value is None else str(value) for value in values]
    try:
        return pl.Series(name, values)
    except (TypeError, pl.exceptions.PolarsError):
        return pl.Series(name, [None if value is None else str(value) for value in values])
