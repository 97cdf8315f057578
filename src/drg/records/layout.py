"""Layouts: what the fields of a kind of file are called, and what they mean here. A layout is data (TOML)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final, NoReturn

from drg.benefit_columns import BENEFIT_INPUT
from drg.columns import ALL, INPUT, PRICING, RECORD, Column
from drg.errors import InputError, did_you_mean
from drg.records.conversions import CONVERSIONS, UNITS, factor, usual_conversion
from drg.words import Joined, Sentence

CANONICAL: Final = "canonical"
# Stands for the number in the names of a numbered series.
NUMBER: Final = "{n}"
GATHER: Final = ("first", "rest", "sum")

# The types of the fields say what a file may hold; see ``layout_files``.
Id = str  # small letters, digits and . _ -
Text = str  # one character at least
Names = tuple[Text, ...]  # one at least


@dataclass(frozen=True, kw_only=True)
class Where:
    """A condition on the rows of a table: the field holds one of the values, or nothing.

    Attributes:
        names: header names of the field, any of them.
        values: what it may hold.
    """

    names: Names
    values: Names


@dataclass(frozen=True, kw_only=True)
class Table:
    """One file of a layout that spreads a discharge over several.

    Attributes:
        name: of the table.
        title_zh: for people.
        key: header names of the field that says which discharge a row belongs to.
        order: header names of the number that orders the rows of one discharge.
        keep: only rows that fulfil all of these count.
        required: whether nothing can be done without the file.
    """

    name: Text
    title_zh: Text
    key: Names
    order: tuple[Text, ...] = ()
    keep: tuple[Where, ...] = ()
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a canonical column comes from.

    Several entries for one column are tried in their order, row by row, until one holds something.

    Attributes:
        column: the canonical column.
        names: header names of the field, any of them; for a numbered series with ``{n}``.
        parts: instead of ``names``, the header names of each of several fields.
        conversion: the name of one of ``CONVERSIONS``.
        unit: in which the source counts, if not in the unit of the column.
        first: the number at which a numbered series begins.
        values: what stands for what, for the conversion ``text``; other values pass unchanged.
        table: in which table, if the layout has several.
        gather: how the rows of one discharge become one value: the first that fulfils ``where``, the rest
            of them as a list, or their sum.
        where: see ``gather``.
        none: the value of a discharge that has no row in the table, while the file is there.
    """

    column: str
    names: tuple[Text, ...] = ()
    parts: tuple[Names, ...] = ()
    conversion: str
    unit: str | None = None
    first: int = 1
    values: dict[str, str] = field(default_factory=dict)
    table: Text | None = None
    gather: str | None = None
    where: Where | None = None
    none: str | None = None

    @property
    def canonical(self) -> Column:
        """The canonical column that it fills."""
        return ALL[self.column]

    @property
    def fields(self) -> tuple[Names, ...]:
        """The header names of each field that it reads."""
        return self.parts or (self.names,)

    def __post_init__(self) -> None:
        if self.column not in ALL:
            _refuse("column", Sentence("there is no column {column!r}", column=self.column), self.column, ALL)
        if self.conversion not in CONVERSIONS:
            _refuse(
                "conversion",
                Sentence("there is no conversion {conversion!r}", conversion=self.conversion),
                self.conversion,
                CONVERSIONS,
            )
        conversion = CONVERSIONS[self.conversion]
        if not conversion.fits(self.canonical):
            fitting = [name for name, c in CONVERSIONS.items() if c.fits(self.canonical)]
            _refuse(
                "conversion",
                Sentence(
                    "{conversion!r} does not make {column}", conversion=self.conversion, column=self.column
                ),
                "",
                fitting,
            )
        if self.unit is not None and self.unit not in UNITS:
            _refuse("unit", Sentence("there is no unit {unit!r}", unit=self.unit), self.unit, UNITS)
        if self.unit is not None and factor(self.canonical, self.unit) is None:
            fitting = [name for name in UNITS if factor(self.canonical, name) is not None]
            _refuse(
                "unit",
                Sentence("{unit!r} does not measure {column}", unit=self.unit, column=self.column),
                "",
                fitting,
            )
        if bool(self.names) == bool(self.parts):
            _refuse("names", Sentence("give either names or parts"), "", ("names", "parts"))
        if self.parts and not conversion.several:
            fitting = [name for name, c in CONVERSIONS.items() if c.several]
            _refuse(
                "parts",
                Sentence("{conversion!r} reads one field only", conversion=self.conversion),
                "",
                fitting,
            )
        if self.conversion == "codes_wide" and not self.parts and all(NUMBER not in n for n in self.names):
            raise InputError(
                Sentence("a numbered series needs {number} in a name", number=NUMBER),
                field="names",
                fix=Sentence("Write C06x{{n}}C"),
            )
        if self.gather is not None and self.gather not in GATHER:
            _refuse(
                "gather",
                Sentence("there is no way {gather!r} to gather rows", gather=self.gather),
                self.gather,
                GATHER,
            )


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A layout, as its file says.

    Attributes:
        id: the name by which it is called.
        title, title_zh: for people.
        source: where its field names were read.
        based_on: the layout whose entries hold for every column that this one does not name.
        blank: what is written where nothing is known, beside ``cells.MISSING``.
        table: the tables, if a discharge is spread over several files; the first has one row per discharge.
        unused: fields that are known and not read, such as the diagnosis of the outpatient department.
        field: where each canonical column comes from.
    """

    id: Id
    title: Text
    title_zh: Text
    source: Text | None = None
    based_on: str | None = None
    blank: tuple[str, ...] = ()
    table: tuple[Table, ...] = ()
    unused: tuple[str, ...] = ()
    field: tuple[Source, ...]

    of_discharges: ClassVar[bool] = True

    def __post_init__(self) -> None:
        tables = [table.name for table in self.table]
        for source in self.field:
            if (source.table is None) != (not tables) or (source.table and source.table not in tables):
                _refuse(
                    "table",
                    Sentence("{column} names no table of this layout", column=source.column),
                    "",
                    tables or [Sentence("none")],
                )
        read = {source.column for source in self.field}
        if self.of_discharges and "principal_diagnosis" not in read:
            raise InputError(
                Sentence("no field for principal_diagnosis"),
                field="field",
                fix=Sentence("No case can be grouped without it: add one"),
            )

    def sources(self, table: str | None = None) -> tuple[Source, ...]:
        """The sources in one table."""
        return tuple(source for source in self.field if source.table == table)


def own_source(column: Column, *, labelled: bool = False) -> Source:
    """A column that is called by its own name: the canonical one, or the label.

    Args:
        column: of the registry.
        labelled: whether it stands under its label, though it is a result; others may always.
    """
    has_label = labelled or column.name in INPUT | RECORD | PRICING | BENEFIT_INPUT
    names = (column.name, column.label_zh) if has_label else (column.name,)
    return Source(column=column.name, names=names, conversion=usual_conversion(column))


class ResultsLayout(Layout):
    """The layout of results, as a bureau returns them: they need no diagnosis."""

    of_discharges = False


def canonical_layout() -> Layout:
    """The layout of files whose columns have their own names."""
    return Layout(
        id=CANONICAL,
        title="The canonical columns of drg",
        title_zh="标准列",
        source="the registry of columns of this package",
        field=tuple(own_source(column) for column in (INPUT | RECORD).values()),
    )


def _refuse(field: str, problem: str, wrong: str, known: Iterable[str]) -> NoReturn:
    names = list(known)
    hint = did_you_mean(wrong, names) if wrong else ""
    fix = Joined(" ", (hint, Sentence("Give one of {names}", names=Joined(", ", names))))
    raise InputError(problem, field=field, fix=fix)
