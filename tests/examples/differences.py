"""What differs between figures kept and figures found, each named: file, sheet, row, column, before, after."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from tests.examples.figures import WORDS, Figures, Table

# What a row is known by is sought in so many of the first columns.
_KEY_COLUMNS = 8
_SHOWN = 3


class Difference(NamedTuple):
    """A figure that is another one; ``row`` counts as a spreadsheet does, and is empty for a whole column."""

    file: str
    sheet: str
    row: str
    column: str
    before: str
    after: str

    def __str__(self) -> str:
        place = ", ".join(filter(None, (self.sheet and f"[{self.sheet}]", self.row, self.column)))
        return f"{self.file}: {place}: {self.before or '(empty)'} → {self.after or '(empty)'}"


class Renamed(NamedTuple):
    """New names by the old ones; see ``renamed.toml``."""

    names: Mapping[str, str]
    files: Mapping[str, str]

    @classmethod
    def read(cls, file: Path) -> Renamed:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
        return cls(found["names"], found["files"])

    def file(self, path: str) -> str:
        """Each directory and the name of the file."""
        return "/".join(self.files.get(part, part) for part in path.split("/"))

    def heading(self, text: str) -> str:
        """A heading, or each name in one such as ``病组 drg`` or ``discharge.sex``."""
        if text in self.names:
            return self.names[text]
        return re.sub(r"\w+", lambda word: self.names.get(word[0], word[0]), text)

    def table(self, table: Table) -> Table:
        columns = [self.heading(column) for column in table.columns]
        paths = "path" in columns
        rows = [[self.names.get(cell, cell) for cell in row] for row in table.rows]
        if paths:
            place = columns.index("path")
            rows = [[*row[:place], self.heading(row[place]), *row[place + 1 :]] for row in rows]
        return Table(columns, rows)


def between(
    before: Mapping[str, Figures], after: Mapping[str, Figures], renamed: Renamed
) -> list[Difference]:
    """All differences between the figures of files, after what was kept has taken its new names."""
    kept = {
        renamed.file(file): {renamed.heading(sheet): renamed.table(table) for sheet, table in sheets.items()}
        for file, sheets in before.items()
    }
    found = []
    for file, one, other in _pairs(kept, after):
        if one is None or other is None:
            found.append(Difference(file, "", "", "file", *_there(one)))
            continue
        for sheet, old, new in _pairs(one, other):
            if old is None or new is None:
                found.append(Difference(file, sheet, "", "sheet", *_there(old)))
            elif old != new:
                found += [Difference(file, sheet, *what) for what in _tables(old, new)]
    return found


def summary(differences: Iterable[Difference]) -> list[str]:
    """The differences in words, of one column the first few."""
    columns: dict[tuple[str, str, str], list[Difference]] = {}
    for difference in differences:
        columns.setdefault((difference.file, difference.sheet, difference.column), []).append(difference)
    lines = []
    for found in columns.values():
        lines += [str(difference) for difference in found[:_SHOWN]]
        if len(found) > _SHOWN:
            lines[-1] += f" (and {len(found) - _SHOWN} more like this)"
    return lines


def _pairs(one: Mapping[str, T], other: Mapping[str, T]) -> Iterator[tuple[str, T | None, T | None]]:
    for key in dict.fromkeys((*one, *other)):
        yield key, one.get(key), other.get(key)


def _there(before: object) -> tuple[str, str]:
    return ("(none)", "new") if before is None else ("there", "missing")


# Row, column, before, after.
_What = tuple[str, str, str, str]


def _tables(old: Table, new: Table) -> Iterator[_What]:
    for column, one, other in _pairs(dict.fromkeys(old.columns, 1), dict.fromkeys(new.columns, 1)):
        if one is None or other is None:
            yield "", f"column {column}", *_there(one)
    shared = [name for name in old.columns if name in new.columns and name != WORDS]
    before, after = _columns(old, shared), _columns(new, shared)
    if before == after:
        return
    width = _key(before, after, len(shared))
    aligned = _by_key(before, after, width) if width else _by_sequence(before, after)
    for one, other in aligned:
        where = _row(old, one) if other is None else _row(new, other)
        if one is None or other is None:
            values = before[one] if one is not None else after[other or 0]
            text = " | ".join(filter(None, values))
            yield where, "row", *(("(none)", text) if one is None else (text, "missing"))
            continue
        for name, was, now in zip(shared, before[one], after[other], strict=True):
            if was != now:
                yield where, name, was, now
    if width and [row[:width] for row in before] != [row[:width] for row in after]:
        keys = {tuple(row[:width]) for row in before} & {tuple(row[:width]) for row in after}
        orders = [[key for row in rows if (key := tuple(row[:width])) in keys] for rows in (before, after)]
        if orders[0] != orders[1]:
            yield "", "order of rows", "as kept", "another one"


def _columns(table: Table, names: Sequence[str]) -> list[list[str]]:
    places = [table.columns.index(name) for name in names]
    return [[row[place] for place in places] for row in table.rows]


def _row(table: Table, index: int | None) -> str:
    """The number of a row, as a spreadsheet counts, and what it begins with."""
    row = table.rows[index or 0]
    name = row[table.columns.index(WORDS)] if WORDS in table.columns else next(filter(None, row), "")
    return f"row {(index or 0) + 2} ({name[:40]})"


def _key(before: list[list[str]], after: list[list[str]], columns: int) -> int:
    """How many of the first columns tell rows apart on both sides; 0 where none do."""
    for width in range(1, min(columns, _KEY_COLUMNS + 1)):
        if all(len({tuple(row[:width]) for row in rows}) == len(rows) for rows in (before, after)):
            return width
    return 0


_Aligned = Iterator[tuple[int | None, int | None]]


def _by_key(before: list[list[str]], after: list[list[str]], width: int) -> _Aligned:
    places: Callable[[list[list[str]]], dict[str, int]] = lambda rows: {  # noqa: E731
        "\0".join(row[:width]): place for place, row in enumerate(rows)
    }
    for _, one, other in _pairs(places(before), places(after)):
        yield one, other


def _by_sequence(before: list[list[str]], after: list[list[str]]) -> _Aligned:
    one, other = [tuple(row) for row in before], [tuple(row) for row in after]
    for tag, start, end, start2, end2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - start, end2 - start2)
        yield from ((start + n, start2 + n) for n in range(paired))
        yield from ((n, None) for n in range(start + paired, end))
        yield from ((None, n) for n in range(start2 + paired, end2))
