"""What differs between figures kept and figures found: file, sheet, row, column, before, after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple, TypeVar

from tests.examples.renamed import Renamed
from tests.examples.tables import WORDS, Figures, Table

# Rows are known by the first so many columns that tell them apart.
_KEY_COLUMNS = 8
# A longer text is shown in part.
_LONGEST = 120
_T = TypeVar("_T")
_Rows = Sequence[Sequence[str]]


class Difference(NamedTuple):
    """A figure that is another one; without a row, a column, a sheet or a file that is new or missing."""

    file: str
    sheet: str
    row: str
    column: str
    before: str
    after: str

    @property
    def what(self) -> str:
        sheet = self.sheet and f"[{self.sheet}]"
        place = ", ".join(filter(None, (sheet, self.row, self.column)))
        return f"{place}: {_short(self.before)} → {_short(self.after)}"


def _short(text: str) -> str:
    return text if 0 < len(text) <= _LONGEST else f"{text[:_LONGEST]}…" if text else "(empty)"


def between(
    before: Mapping[str, Figures], after: Mapping[str, Figures], renamed: Renamed
) -> list[Difference]:
    """All differences between the figures of files, after what was kept has taken its new names."""
    found = []
    for file, one, other in _pairs(renamed.files_of(before), after):
        if one is None or other is None:
            found.append(Difference(file, "", "", "file", *_presence(one)))
            continue
        for sheet, old, new in _pairs(one, other):
            if old is None or new is None:
                found.append(Difference(file, sheet, "", "sheet", *_presence(old)))
            else:
                found += [Difference(file, sheet, *place) for place in _between_tables(old, new)]
    return found


def summary(differences: Iterable[Difference], listed: int = 3) -> dict[str, list[str]]:
    """The differences in words, by file: of each column the first few; what several files share, once."""
    columns: dict[tuple[str, str, str], list[Difference]] = {}
    for difference in differences:
        columns.setdefault((difference.file, difference.sheet, difference.column), []).append(difference)
    files: dict[str, list[str]] = {}
    for (file, _, _), found in columns.items():
        texts = [difference.what for difference in found[:listed]]
        if len(found) > listed:
            texts[-1] += f" (and {len(found) - listed} more)"
        for text in texts:
            files.setdefault(text, []).append(file)
    texts_by_file: dict[str, list[str]] = {}
    for text, names in files.items():
        texts_by_file.setdefault(", ".join(dict.fromkeys(names)), []).append(text)
    return texts_by_file


def _pairs(one: Mapping[str, _T], other: Mapping[str, _T]) -> Iterator[tuple[str, _T | None, _T | None]]:
    for key in dict.fromkeys((*one, *other)):
        yield key, one.get(key), other.get(key)


def _presence(before: object) -> tuple[str, str]:
    return ("(none)", "new") if before is None else ("there", "missing")


def _between_tables(old: Table, new: Table) -> Iterator[tuple[str, str, str, str]]:
    """Row, column, before and after of each difference."""
    yield from (("", f"column {name}", "there", "missing") for name in old.columns if name not in new.columns)
    yield from (("", f"column {name}", "(none)", "new") for name in new.columns if name not in old.columns)
    shared = [name for name in old.columns if name in new.columns and name != WORDS]
    before, after = _only(old, shared), _only(new, shared)
    if before == after:
        return
    for one, other in _aligned(before, after, len(shared)):
        if one is not None and other is not None:
            for name, was, now in zip(shared, before[one], after[other], strict=True):
                if was != now:
                    yield _row(new, other), name, was, now
        elif one is not None:
            yield _row(old, one), "row", _text(before[one]), "missing"
        elif other is not None:
            yield _row(new, other), "row", "(none)", _text(after[other])
    if sorted(before) == sorted(after):
        yield "", "order of rows", "as kept", "another"


def _only(table: Table, names: Sequence[str]) -> list[list[str]]:
    places = [table.columns.index(name) for name in names]
    return [[row[place] for place in places] for row in table.rows]


def _text(row: Sequence[str]) -> str:
    return " | ".join(filter(None, row))


def _key(row: Sequence[str]) -> str:
    return "\0".join(row)


def _row(table: Table, index: int) -> str:
    """The number of a row, as a spreadsheet with a header counts, and what it begins with."""
    row = table.rows[index]
    name = row[table.columns.index(WORDS)] if WORDS in table.columns else next(filter(None, row), "")
    return f"row {index + 2} ({name[:40]})"


def _aligned(before: _Rows, after: _Rows, columns: int) -> Iterator[tuple[int | None, int | None]]:
    """Which row is which, by the first columns if they tell rows apart, else by their sequence."""
    for width in range(1, min(columns, _KEY_COLUMNS) + 1):
        one = {_key(row[:width]): place for place, row in enumerate(before)}
        other = {_key(row[:width]): place for place, row in enumerate(after)}
        if len(one) == len(before) and len(other) == len(after):
            yield from ((place, found) for _, place, found in _pairs(one, other))
            return
    matcher = SequenceMatcher(None, [*map(tuple, before)], [*map(tuple, after)], autojunk=False)
    for tag, start, end, start_after, end_after in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - start, end_after - start_after)
        yield from ((start + n, start_after + n) for n in range(paired))
        yield from ((n, None) for n in range(start + paired, end))
        yield from ((None, n) for n in range(start_after + paired, end_after))
