"""A layout bound to the header of a table: where each column of the registry is, and how it is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

import polars as pl

from drg.columns import ALL, Kind
from drg.records.ages import AGES, DATES
from drg.records.batch_columns import BatchColumns, Read
from drg.records.bound_fields import Bound, Elsewhere, Unread, spellings_of
from drg.records.cells import AROUND, MISSING, QUOTED, empty
from drg.records.header import Header
from drg.records.layout import CANONICAL, Layout, Source, own_source
from drg.records.result_labels import labelled_results

# Behind the name of a column: what its cells held that could not be read.
UNREAD: Final = "?"
# Other kinds hold any text.
CAN_BE_UNREAD: Final = (Kind.NUMBER, Kind.DATE, Kind.MONEY, Kind.FLAG)


def without_empty_marks(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the columns of what could not be read that say nothing."""
    marks = [name for name in frame.columns if name.endswith(UNREAD)]
    return frame.drop(name for name in marks if frame[name].null_count() == frame.height)


def with_unread(names: Iterable[str], there: Collection[str]) -> list[str]:
    """Columns of typed cases, and beside them those of what could not be read, as far as they are there."""
    marked = (one for name in names for one in (name, f"{name}{UNREAD}"))
    return [name for name in marked if name in there]


def without_unread(names: Iterable[str]) -> list[str]:
    """The columns without those of what could not be read."""
    marks = {f"{name}{UNREAD}" for name in ALL}
    return [name for name in names if name not in marks]


def with_unread_cells(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Cells that could not be read, which ``Discharges.frame`` has beside their columns, in their places."""
    schema = rows.collect_schema()
    marks = {name: f"{name}{UNREAD}" for name in ALL if schema.get(f"{name}{UNREAD}") == pl.String}
    put_back = [
        pl.coalesce(mark, pl.col(name).cast(pl.String)).alias(name)
        for name, mark in marks.items()
        if name in schema
    ]
    return rows.with_columns(put_back).drop(marks.values()) if put_back else rows


def cleaned(name: str, blanks: Sequence[str] = ()) -> pl.Expr:
    """A column as text without what stands around it; null where nothing is said."""
    text = pl.col(name).cast(pl.String).str.strip_chars(AROUND).str.replace(QUOTED, "$1")
    return text.replace(["", *spellings_of((*MISSING, *blanks))], None)


class Binding:
    """A layout bound to a header.

    Args:
        layout: the layout. Columns that it does not name are looked for by their own names.
        schema: the columns of the table with their types.
        table: which table of the layout it is, if the layout has several.
        gathered: what holds canonical values from other tables already, by canonical column.

    Attributes:
        labelled: the results that the table has under their Chinese labels.
    """

    def __init__(
        self,
        layout: Layout,
        schema: Mapping[str, pl.DataType],
        table: str | None = None,
        gathered: Mapping[str, Elsewhere] | None = None,
    ) -> None:
        self.layout = layout
        self.table = table
        self.gathered = dict(gathered or {})
        self.bound: dict[str, list[Bound]] = {}
        self._schema = schema
        header = Header(schema)
        is_canonical = layout.id == CANONICAL
        for source in layout.sources(table):
            parts = () if source.gather else header.parts(source)
            if parts:
                # A column under its own name is that column: its label may be the header of something else.
                parts = tuple(part[:1] for part in parts) if is_canonical else parts
                self.bound.setdefault(source.column, []).append(Bound(source, parts, layout.blank))
        self.labelled = labelled_results(header)
        for name, column in ALL.items():
            if name not in self.bound and name not in self.gathered:
                source = own_source(column, labelled=name in self.labelled)
                if parts := header.parts(source):
                    self.bound[name] = [Bound(source, (parts[0][:1],), layout.blank)]
        if is_canonical and "age_days" in self.bound and "age_years" in self.bound:
            self._add_days_of_ages()

    def _add_days_of_ages(self) -> None:
        """Infants whose age stands in the column of years as 12天, 3月 or 0.5."""
        years = self.bound["age_years"][0]
        if not self._schema[years.parts[0][0]].is_integer():
            source = Source(column="age_days", names=years.source.names, conversion="age")
            self.bound["age_days"].append(Bound(source, years.parts, years.blanks))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The canonical columns that can be read of the table, in the order of the registry."""
        return tuple(name for name in ALL if self.has(name) or name in self.derived)

    @property
    def known(self) -> tuple[str, ...]:
        """The canonical columns but for years that only newborns have, by their days."""
        return tuple(name for name in self.columns if self.has(name) or self._is_dated)

    def has(self, name: str) -> bool:
        """Whether the table has a canonical column itself."""
        return name in self.bound or name in self.gathered

    @cached_property
    def _is_dated(self) -> bool:
        return all(map(self.has, DATES))

    @cached_property
    def derived(self) -> tuple[str, ...]:
        """The canonical columns that others give where the table says nothing or what cannot be."""
        if self._is_dated:
            return AGES
        return AGES[:1] if self.has("age_days") else ()

    def is_called(self, name: str) -> bool:
        """Whether the table calls a canonical column by just this name, and by no other as well."""
        return all(bound.parts == ((name,),) for bound in self.bound.get(name, ())[:1])

    def called(self, name: str) -> str:
        """The column of the table of a canonical column; its own name if it is from elsewhere."""
        return self.bound[name][0].parts[0][0] if name in self.bound else name

    def read_for(self, columns: Iterable[str]) -> list[str]:
        """The columns of the table that are read for some canonical columns, also to derive them."""
        columns = list(columns)
        if any(name in self.derived for name in columns):
            columns += [name for name in (*AGES, *DATES) if self.has(name)]
        return self.fields(columns)

    def fields(self, columns: Iterable[str]) -> list[str]:
        """The columns of the table that hold some canonical columns."""
        columns = list(columns)
        names = [one for name in columns for bound in self.bound.get(name, ()) for one in bound.names]
        return list(
            dict.fromkeys([*names, *(self.gathered[c].column for c in columns if c in self.gathered)])
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns of the table that are read."""
        return frozenset(self.fields(self.columns))

    def read(self, batch: pl.DataFrame, columns: Iterable[str]) -> tuple[list[pl.Series], list[Unread]]:
        """Canonical columns of a batch, and the texts that could not be read.

        Columns that the table does not have are left out.
        """
        series: list[pl.Series] = []
        unread: list[Unread] = []
        of_batch = self._of(batch)
        for name in columns:
            values, strange = of_batch.column(name)
            if values is not None:
                series.append(values.alias(name))
                unread += strange
        return series, unread

    def column(self, name: str, table: pl.DataFrame | Mapping[str, pl.Series]) -> Read:
        """One canonical column of a batch, None if it cannot be read of the table; and what was unread."""
        return self._of(table).column(name)

    def _of(self, table: pl.DataFrame | Mapping[str, pl.Series]) -> BatchColumns:
        return BatchColumns(table, self.bound, self.gathered, self.derived)

    def typed(self, batch: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
        """Canonical columns of a batch in the types of the registry; those that the table lacks are left out.

        Beside a column with cells that could not be read stands one of the same name and ``UNREAD``: what
        they hold, null in all other rows.
        """
        return pl.DataFrame(self.typed_and_unread(batch, columns)[0])

    def typed_and_unread(
        self, batch: pl.DataFrame, columns: Iterable[str]
    ) -> tuple[list[pl.Series], list[Unread]]:
        """The columns of ``typed``, and the texts that could not be read."""
        series: list[pl.Series] = []
        unread: list[Unread] = []
        of_batch = self._of(batch)
        for name in columns:
            values, strange = of_batch.column(name)
            if values is None:
                continue
            series.append(values.alias(name))
            mark = self._mark(name, values, strange)
            if mark is not None:
                series.append(mark)
            unread += strange
        return series, unread

    @staticmethod
    def _mark(name: str, values: pl.Series, told: Sequence[Unread]) -> pl.Series | None:
        unread = [one for one in told if one.read_as is None]
        if not unread:
            return None
        mark = empty(len(values), pl.String())
        for one in reversed(unread):
            mark = mark.scatter(one.places, one.texts)
        if unread[0].source.conversion != "sum":
            # Another source may know what this one does not.
            mark = mark.set(values.is_not_null(), None)
        return mark.alias(f"{name}{UNREAD}")

    def expressions(self) -> list[pl.Expr]:
        """Every canonical column that the table has, as an expression on its own columns."""
        return [one for name in self.columns for one in self.expression(name)]

    def expression(self, name: str, *, marked: bool = False) -> list[pl.Expr]:
        """A canonical column as an expression on the columns of the table; of a column that is ready, itself.

        Args:
            name: of the column.
            marked: also the column of what could not be read.
        """
        column, mark = ALL[name], f"{name}{UNREAD}"
        wants_mark = marked and column.kind in CAN_BE_UNREAD
        nothing = [pl.lit(None, dtype=pl.String).alias(mark)] if wants_mark else []
        if self._is_ready(name):
            return [pl.col(self.called(name)).alias(name), *nothing]
        names = self.read_for([name])

        def read(cells: Sequence[pl.Series]) -> pl.Series:
            values, unread = self.column(name, dict(zip(names, cells, strict=True)))
            assert values is not None
            if not wants_mark:
                return values
            found = self._mark(name, values, unread)
            found = empty(len(values), pl.String()).alias(mark) if found is None else found
            return pl.DataFrame([values.alias(name), found]).to_struct()

        dtype = pl.Struct({name: column.dtype, mark: pl.String()}) if wants_mark else column.dtype
        made = pl.map_batches([pl.col(one) for one in names], read, return_dtype=dtype, is_elementwise=True)
        if wants_mark:
            return [made.struct.unnest()]
        return [made.alias(name)]

    def _is_ready(self, name: str) -> bool:
        bound = self.bound.get(name, [])
        if (
            name in self.derived
            or len(bound) != 1
            or name in self.gathered
            or bound[0].source.unit
            or ALL[name].unknown
        ):
            return False
        dtype = self._schema[bound[0].names[0]]
        return len(bound[0].names) == 1 and dtype != pl.String and dtype == ALL[name].dtype
