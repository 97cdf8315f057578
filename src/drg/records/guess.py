"""A layout for a file, guessed from its header and its contents.

A shipped layout that fits is the base. What it does not name is found by the names that hospital systems use;
contents confirm a name, or decide where it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from drg.columns import ALL, INPUT, Kind
from drg.errors import InputError
from drg.records import guess_names as names
from drg.records.codes import DIAGNOSIS, PROCEDURE, CodeKind
from drg.records.conversions import factor, usual_conversion
from drg.records.guess_codes import Series, code_sources
from drg.records.guess_contents import MOST, Contents, contents
from drg.records.header import Candidate, Header, kind_of_name
from drg.records.header_row import KnownNames
from drg.records.layout import CANONICAL, Layout, Source
from drg.records.layout_files import shipped_layouts
from drg.records.notes import ROW
from drg.records.scanning import tables_of
from drg.records.source_tables import Dialect, SourceTable
from drg.words import Joined, Sentence

# Rows that are looked at.
_ROWS: Final = 20_000
# A newborn of more kilograms than this was weighed in grams.
_MOST_KILOGRAMS: Final = 20
_MOST_VALUES: Final = 6
_MOST_NAMES: Final = 3
# The ways of payment of the front page, 医疗付款方式.
_WAYS_OF_PAYMENT: Final = {"1": "310", "01": "310", "2": "390", "02": "390"}


@dataclass(frozen=True)
class Found:
    """Where a canonical column is.

    Attributes:
        column: the canonical column.
        names: of the columns of the file.
        sources: the entries of the layout; none where the base reads it.
        doubts: what should be looked at.
    """

    column: str
    names: tuple[str, ...]
    sources: tuple[Source, ...] = ()
    doubts: tuple[Sentence, ...] = ()

    @property
    def span(self) -> str:
        """The names; of more than three the first, the last and how many there are."""
        if len(self.names) <= _MOST_NAMES:
            return ", ".join(self.names)
        return f"{self.names[0]} … {self.names[-1]} ({len(self.names)})"


@dataclass(frozen=True)
class Guess:
    """A layout for a file.

    Attributes:
        file: for which it is.
        base: the shipped layout on which it is based.
        found: the canonical columns.
        unused: columns of the file with codes that are not read.
        left: the other columns that are not read.
    """

    file: Path
    base: Layout | None
    found: tuple[Found, ...]
    unused: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The columns that grouping may ask for and the file does not have."""
        return tuple(name for name in INPUT if name not in {one.column for one in self.found})

    def layout(self, id_: str = "guessed") -> Layout:
        """The layout itself, with the entries of its base."""
        own = tuple(source for one in self.found for source in one.sources)
        said = {source.column for source in own}
        base = self.base
        return Layout(
            id=id_,
            title=f"Guessed from {self.file.name}",
            title_zh=f"由 {self.file.name} 推断",
            based_on=base.id if base else None,
            blank=base.blank if base else (),
            unused=(*(base.unused if base else ()), *self.unused),
            field=(*own, *(source for source in (base.field if base else ()) if source.column not in said)),
        )


def guess_layout(
    file: str | Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> Layout:
    """A layout for a file, guessed from the names and the contents of its columns.

    ``drg layouts guess`` writes it as a file, with a comment on everything that is not certain.

    Args:
        file: Parquet, CSV or a workbook with one row per discharge.
        encoding: of a text file, such as gb18030, if it should not be found out.
        delimiter: between the cells of a text file, if it should not be found out.
        sheet: the name or number of the sheet of a workbook.
        header_row: the row that holds the names of the columns, counted from 1, if it should not be found.

    Raises:
        InputError: the file cannot be read, or no column of it holds diagnoses.
    """
    return guess(Path(file), Dialect(encoding, delimiter, sheet, header_row)).layout()


def guess(file: Path, dialect: Dialect) -> Guess:
    """A layout for a file, and what is not certain about it.

    Raises:
        InputError: the file cannot be read, or no column of it holds diagnoses.
    """
    shipped = shipped_layouts()
    (table, *_) = tables_of(file, dialect, KnownNames((*shipped.values(), names.names_layout())))
    _refuse_part_of_several(table)
    rows = table.frame.drop(ROW).head(_ROWS).collect()
    # A layout cannot say where a column without a name is.
    named = replace(table, names=tuple(name for name in table.names if name.strip()))
    return Guessing(named, {name: contents(name, rows[name]) for name in named.names}).guess()


def _refuse_part_of_several(table: SourceTable) -> None:
    header = Header(table.names)
    for layout in shipped_layouts().values():
        for part in layout.table:
            if Candidate(layout, part, header).is_possible:
                raise InputError(
                    Sentence(
                        "this is the table {table} of the layout {layout}",
                        table=part.name,
                        layout=layout.id,
                    ),
                    file=table.label,
                    fix=Sentence("It needs no layout of its own: give the directory with all its tables"),
                )


@dataclass
class Guessing:
    """What each column of a table is.

    Attributes:
        table: the table.
        looked: what each of its columns holds.
        roles: the columns that claim a role by their names, the better claim first.
        base_reads: what the layout reads on which the guess is based.
    """

    table: SourceTable
    looked: dict[str, Contents]
    roles: dict[str, list[str]] = field(default_factory=dict)
    base_reads: dict[str, str] = field(default_factory=dict)

    def guess(self) -> Guess:
        """A layout for the table; an error if no column holds diagnoses."""
        base, found = self.found()
        if not any(one.column == "principal_diagnosis" for one in found):
            raise InputError(
                Sentence("no column seems to hold principal diagnoses"),
                file=self.table.label,
                fix=Sentence(
                    "Export the file with codes of diagnoses, or write a layout: see docs/layouts.md"
                ),
            )
        order = list(ALL)
        found = sorted(self._without_base(found, base), key=lambda one: order.index(one.column))
        used = {name for one in found for name in one.names}
        known = {kind_of_name(name) for name in base.unused} if base else set()
        rest = [name for name in self.table.names if name not in used]
        unused = tuple(
            name for name in rest if self.looked[name].kind_of_code and kind_of_name(name) not in known
        )
        left = tuple(name for name in rest if name not in unused)
        return Guess(self.table.file, base, tuple(found), unused, left)

    def found(self) -> tuple[Layout | None, list[Found]]:
        """The shipped layout that fits, if one does, and where canonical columns are."""
        self._claim()
        base = self._base()
        of_base = {} if base is None else Candidate(base, None, Header(self.table.names)).found
        self.base_reads = {
            name: column
            for column, its in of_base.items()
            for name in its
            if self.looked[name].may_be(ALL[column])
        }
        found = [*self._codes(DIAGNOSIS), *self._codes(PROCEDURE), *self._ids()]
        claimed = {one.column for one in found}
        for column in ALL:
            if column not in claimed and column in self.roles and ALL[column].kind is not Kind.CODE:
                found += self._plain(column)
        return base, found

    def said(self, name: str) -> names.Said | None:
        """What a column is by its name."""
        return names.said(name)

    def _claim(self) -> None:
        """What each column is by its name, as far as its contents do not contradict."""
        for name in self.table.names:
            said = self.said(name)
            if said is None:
                continue
            role, unit = said.role, names.named(name).unit
            if role == "age_years" and unit in ("days", names.MONTHS, "hours"):
                role = "age_days"
            if role in ALL and not self.looked[name].may_be(ALL[role]) and not self._is_code(role):
                continue
            self.roles.setdefault(role, []).append(name)
        for claims in self.roles.values():
            claims.sort(key=self._order)

    def _order(self, name: str) -> tuple[bool, int, int]:
        """The better claim comes first: filled in, then by the number, then the more usual name."""
        said = self.said(name)
        assert said is not None
        return self.looked[name].is_empty, names.named(name).number or 0, said.rank

    @staticmethod
    def _is_code(role: str) -> bool:
        return ALL[role].kind in (Kind.CODE, Kind.CODES)

    # -- codes ---------------------------------------------------------------------------------------------

    def _codes(self, kind: CodeKind) -> list[Found]:
        """The principal code and the others of a kind."""
        series = Series(kind)
        for name in self.table.names:
            looked, said = self.looked[name], self.said(name)
            role = self.base_reads.get(name, said.role if said else None)
            of_kind = role in series.roles
            if name in self.base_reads and not of_kind:
                continue
            if looked.kind_of_code != kind and not (looked.is_empty and of_kind):
                continue
            if role == names.UNUSED:
                continue
            series.add(name, role if of_kind else None)
        return [Found(*one) for one in code_sources(series, self.table.names, self.looked)]

    # -- ids -----------------------------------------------------------------------------------------------

    def _ids(self) -> list[Found]:
        """The id of the case, and that of the patient."""
        found: list[Found] = []
        visits, records = self.roles.get("case_id", []), self.roles.get(names.RECORD_NUMBER, [])
        stays = self.roles.get(names.STAY_NUMBER, [])
        unique = [name for name in (*visits, *records) if self.looked[name].is_unique]
        if unique or visits or records:
            first = (unique or visits or records)[0]
            if not unique and stays:
                first = (records or visits)[0]
                source = Source(column="case_id", parts=((first,), (stays[0],)), conversion="join")
                found.append(Found("case_id", (first, stays[0]), (source,)))
            else:
                doubt = Sentence("some values are there more than once: a case needs an id of its own")
                doubts = () if unique else (doubt,)
                source = Source(column="case_id", names=(first,), conversion="text")
                found.append(Found("case_id", (first,), (source,), doubts))
        patients = [*self.roles.get("patient_id", []), *records]
        if patients:
            source = Source(column="patient_id", names=(patients[0],), conversion="text")
            found.append(Found("patient_id", (patients[0],), (source,)))
        return found

    # -- all others ----------------------------------------------------------------------------------------

    def _plain(self, column: str) -> list[Found]:
        """A column that is one column of the file."""
        (name, *others) = self.roles[column]
        looked, registry = self.looked[name], ALL[column]
        doubts: list[Sentence] = []
        conversion, unit = usual_conversion(registry), names.named(name).unit
        values: dict[str, str] = {}
        if looked.is_empty:
            doubts.append(Sentence("it is empty in this file: its name alone says so"))
        alike = [one for one in others if not self.looked[one].is_empty]
        if alike:
            doubts.append(Sentence("{names} could be it as well", names=Joined(", ", alike)))
        if column == "age_days" and unit == names.MONTHS:
            conversion, unit = "months_to_days", None
        if column in ("icu_hours", "ventilator_hours") and not looked.is_empty:
            if looked.are_durations:
                conversion, unit = "duration", None
            elif unit is None:
                doubts.append(Sentence("numbers without a unit are taken as hours"))
        if (
            column.endswith("weight_g")
            and unit is None
            and (looked.median or _MOST_KILOGRAMS) < _MOST_KILOGRAMS
        ):
            unit = "kg"
            doubts.append(Sentence("kilograms by the size of the numbers"))
        if column == "sex" and set(looked.values) == {"0", "1"}:
            doubts.append(
                Sentence('0 and 1 alone: 0 counts as not known; say what it is with values = {{ "0" = "2" }}')
            )
        if column == "age_years" and self._has_other_units():
            (other, *_) = self.roles[names.AGE_UNIT]
            doubts.append(
                Sentence("the unit stands in {name} and is not read: infants get wrong ages", name=other)
            )
        if registry.kind is Kind.TEXT and registry.words:
            if column == "insurance_type" and set(looked.values) <= {*_WAYS_OF_PAYMENT, *map(str, range(10))}:
                values = {key: word for key, word in _WAYS_OF_PAYMENT.items() if key in looked.values}
            doubts += _unknown_words(looked, column, values)
        if unit == names.MONTHS or factor(registry, unit) is None or f"_{unit}" == f"_{registry.unit}":
            unit = None
        source = Source(column=column, names=(name,), conversion=conversion, unit=unit, values=values)
        found = [Found(column, (name,), (source,), tuple(doubts))]
        if column == "age_years":
            infants = Source(column="age_days", names=(name,), conversion="age")
            found.append(
                self._days(infants) if "age_days" in self.roles else Found("age_days", (name,), (infants,))
            )
        return found

    def _days(self, infants: Source) -> Found:
        """The age in days, and infants whose age stands in the column of years."""
        (days,) = self._plain("age_days")
        del self.roles["age_days"]
        return replace(days, names=(*days.names, *infants.names), sources=(*days.sources, infants))

    def _has_other_units(self) -> bool:
        units = self.roles.get(names.AGE_UNIT, [])
        return any(
            value not in ("岁", "周岁", "Y", "y") for name in units for value in self.looked[name].values
        )

    # -- the base ------------------------------------------------------------------------------------------

    def _base(self) -> Layout | None:
        """The shipped layout that reads most of what has a name."""
        header = Header(self.table.names)
        candidates = [
            Candidate(layout, None, header)
            for layout in shipped_layouts().values()
            if layout.id != CANONICAL and not layout.table
        ]
        best = max(candidates, key=lambda one: one.rank)
        known = [role for role in self.roles if role != names.UNUSED]
        if "principal_diagnosis" not in best.found or len(best.found) * 2 < len(known):
            return None
        return best.layout

    def _without_base(self, found: Sequence[Found], base: Layout | None) -> list[Found]:
        """What was found, and of what the base reads just so its names alone."""
        if base is None:
            return list(found)
        of_base = Candidate(base, None, Header(self.table.names)).found
        kept: list[Found] = []
        for column, its in of_base.items():
            mine = next((one for one in found if one.column == column), None)
            fits = all(self.looked[name].may_be(ALL[column]) for name in its)
            if mine is None or (fits and set(mine.names) <= its):
                ordered = tuple(name for name in self.table.names if name in its)
                kept.append(
                    Found(column, ordered, (), mine.doubts if mine and set(mine.names) == its else ())
                )
            else:
                kept.append(mine)
        return [*kept, *(one for one in found if one.column not in of_base)]


def _unknown_words(looked: Contents, column: str, values: dict[str, str]) -> list[Sentence]:
    """A doubt on the words that stand for no known value, if there are any."""
    words = dict(ALL[column].words)
    known = {*words, *words.values(), *values}
    strange = [value for value in looked.values if re.sub(r"\.0+$", "", value) not in known]
    if not strange or (column == "insurance_type" and len(strange) > len(looked.values) * MOST and values):
        return []
    words_of_lists = [value for value in looked.repeated if value in strange][:_MOST_VALUES]
    once = Sentence("{count} values that are there once", count=len(strange))
    shown = Joined(", ", words_of_lists) if words_of_lists else once
    example = f'values = {{ "{(*words_of_lists, "…")[0]}" = "…" }}'
    return [Sentence("not known: {values}; say what they are with {example}", values=shown, example=example)]
