"""A layout bound to the header of a table: where each column of the registry is, and how it is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import polars as pl

from drg.columns import ALL, Kind
from drg.records.cells import (
    AROUND,
    MISSING,
    QUOTED,
    Cells,
    as_text,
    empty,
    nothing_as_null,
    texts,
    unwrapped,
)
from drg.records.code_cells import codes_listed
from drg.records.conversions import CONVERSIONS, factor
from drg.records.header import Header
from drg.records.layout import CANONICAL, Layout, Source, own_source
from drg.records.result_labels import labelled_results

# Behind the name of a column: what its cells held that could not be read.
UNREAD: Final = "?"
# Other kinds hold any text.
CAN_BE_UNREAD: Final = (Kind.NUMBER, Kind.DATE, Kind.MONEY, Kind.FLAG)


def with_unread(names: Iterable[str], there: Collection[str]) -> list[str]:
    """Columns of typed cases, and beside them those of what could not be read, as far as they are there."""
    marked = (one for name in names for one in (name, f"{name}{UNREAD}"))
    return [name for name in marked if name in there]


def without_unread(names: Iterable[str]) -> list[str]:
    """The columns without those of what could not be read."""
    marks = {f"{name}{UNREAD}" for name in ALL}
    return [name for name in names if name not in marks]


def cleaned(name: str, blanks: Sequence[str] = ()) -> pl.Expr:
    """A column as text without what stands around it; null where nothing is said."""
    text = pl.col(name).cast(pl.String).str.strip_chars(AROUND).str.replace(QUOTED, "$1")
    return text.replace(["", *_spellings((*MISSING, *blanks))], None)


def _spellings(words: Iterable[str]) -> list[str]:
    return sorted({form for word in words for form in (word, word.lower(), word.upper())})


@dataclass(frozen=True)
class Unread:
    """Texts that could not be read, or only doubtfully.

    Attributes:
        source: of the layout.
        names: the columns of the field that holds them; several are alternatives.
        places: the rows of the batch, counted from 0.
        texts: what they hold.
        read_as: what doubtful texts were read as; None of those that could not be read.
    """

    source: Source
    names: tuple[str, ...]
    places: pl.Series
    texts: pl.Series
    read_as: pl.Series | None = None


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
        return bare.set(bare.is_in(_spellings(self.blanks)), None)

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

    @property
    def columns(self) -> tuple[str, ...]:
        """The canonical columns that the table has, in the order of the registry."""
        return tuple(name for name in ALL if name in self.bound or name in self.gathered)

    def is_called(self, name: str) -> bool:
        """Whether the table calls a canonical column by just this name, and by no other as well."""
        return all(bound.parts == ((name,),) for bound in self.bound.get(name, ())[:1])

    def called(self, name: str) -> str:
        """The column of the table of a canonical column; its own name if it is from elsewhere."""
        return self.bound[name][0].parts[0][0] if name in self.bound else name

    def read_for(self, columns: Iterable[str]) -> list[str]:
        """The columns of the table that are read for some canonical columns."""
        names = [one for name in columns for bound in self.bound.get(name, ()) for one in bound.names]
        return list(
            dict.fromkeys([*names, *(self.gathered[c].column for c in columns if c in self.gathered)])
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns of the table that are read."""
        return frozenset(self.read_for(self.columns))

    def read(self, batch: pl.DataFrame, columns: Iterable[str]) -> tuple[list[pl.Series], list[Unread]]:
        """Canonical columns of a batch, and the texts that could not be read.

        Columns that the table does not have are left out.
        """
        series: list[pl.Series] = []
        unread: list[Unread] = []
        for name in columns:
            values, strange = self.column(name, batch)
            if values is not None:
                series.append(values.alias(name))
                unread += strange
        return series, unread

    def column(
        self, name: str, table: pl.DataFrame | Mapping[str, pl.Series]
    ) -> tuple[pl.Series | None, list[Unread]]:
        """One canonical column of a batch, None if the table does not have it; and what was unread."""
        found: list[pl.Series] = []
        unread: list[Unread] = []
        for bound in self.bound.get(name, ()):
            values, strange = bound.read(bound.cells({one: table[one] for one in bound.names}))
            found.append(values)
            unread += strange
        if name in self.gathered:
            found.append(table[self.gathered[name].column])
        return (first_of(found) if found else None), unread

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
        for name in columns:
            values, strange = self.column(name, batch)
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
        if len(bound) != 1 or name in self.gathered or bound[0].source.unit or ALL[name].unknown:
            return False
        dtype = self._schema[bound[0].names[0]]
        return len(bound[0].names) == 1 and dtype != pl.String and dtype == ALL[name].dtype


def first_of(series: Sequence[pl.Series]) -> pl.Series:
    """Several columns as one: of each row the first value that is there."""
    values = series[0]
    for other in series[1:]:
        if values.null_count():
            values = values.zip_with(values.is_not_null(), other)
    return values
