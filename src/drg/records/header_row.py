"""Where the header of a table is: below titles, over two rows, above a row of labels."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from drg.columns import ALL
from drg.errors import InputError
from drg.records.header import Candidate, Header, folded, kind_of_name
from drg.records.layout import Layout
from drg.records.row_kinds import kind_of_row
from drg.words import Sentence

# So many rows at the top may stand above the header.
MOST_ROWS_ABOVE: Final = 30
# A header whose names are known has at least so many of them.
_ENOUGH: Final = 2
# What forms say below the header of each column: whether it must be filled in, and with what.
_FORMS: Final = frozenset(
    (
        *("必填", "选填", "非必填", "条件必填", "必录", "选录", "是", "否"),
        *("字符", "字符型", "字符串", "数字", "数值", "数值型", "日期", "日期型", "日期时间", "文本"),
        *("string", "number", "date", "datetime", "varchar"),
    )
)

# What a name gets that is there already, and a number.
_TWIN: Final = "_duplicated_"

Row = Sequence[str | None]


@dataclass(frozen=True)
class HeaderPlace:
    """The header of a table.

    Attributes:
        names: of the columns, each one different.
        row: where it begins, counted from 1.
        rows: how many rows it has, with those of labels below it.
    """

    names: tuple[str, ...]
    row: int
    rows: int

    @property
    def last(self) -> int:
        """The last row that belongs to it."""
        return self.row + self.rows - 1


class KnownNames:
    """The names that the columns of some layouts have.

    Args:
        layouts: all that a table may be of.
    """

    def __init__(self, layouts: Iterable[Layout]) -> None:
        self._layouts = tuple(layouts)
        self._folds = {kind_of_name(name) for name in _names(self._layouts)}

    def count(self, row: Row) -> int:
        """How many cells of a row are such names."""
        return sum(kind_of_name(cell) in self._folds for cell in row if cell)

    def rank(self, names: Row) -> tuple[int, int]:
        """How well a row fits as the header of the layout that it fits best; nothing if of none."""
        if self.count(names) < _ENOUGH:
            return 0, 0
        return max((one.rank for one in self._fitting(names)), default=(0, self.count(names)))

    def is_alike(self, names: Row, best: Row) -> bool:
        """Whether a table belongs to the same cases as the one whose header is best.

        It does if it is a table of the same layout: with a principal diagnosis, or one of several tables.
        """
        of_best = max(self._fitting(best), key=lambda one: one.rank, default=None)
        of_this = max(self._fitting(names), key=lambda one: one.rank, default=None)
        if of_best is None or of_this is None or of_this.layout.id != of_best.layout.id:
            return names == best
        return of_this.table is not None or "principal_diagnosis" in of_this.found or names == best

    def _fitting(self, names: Row) -> Iterator[Candidate]:
        header = Header(name for name in names if name)
        for layout in self._layouts:
            for table in layout.table or (None,):
                candidate = Candidate(layout, table, header)
                if candidate.is_possible:
                    yield candidate


def find_header(rows: Sequence[Row], known: KnownNames, *, given: int | None = None) -> HeaderPlace | None:
    """Where the header is among the first rows of a table.

    Args:
        rows: the first rows; ``MOST_ROWS_ABOVE`` and a few more, or all that there are.
        known: the names that may stand in it. Without any of them it is the first row that is as wide as the
            table.
        given: the row that the user says it is, counted from 1.

    Returns:
        None if all rows are blank.

    Raises:
        InputError: the given row is blank or not there.
    """
    if given is not None:
        if not 1 <= given <= len(rows) or not any(rows[given - 1]):
            raise InputError(
                Sentence("row {row} cannot be the header: it is blank or not there", row=given),
                field="header_row",
                fix=Sentence("Give the number of the row that holds the names of the columns"),
            )
        place = given - 1
    else:
        candidates = range(min(len(rows), MOST_ROWS_ABOVE))
        ranks = {at: known.rank(rows[at]) for at in candidates}
        place = max(candidates, key=lambda at: (ranks[at], -at), default=0)
        if not any(ranks.get(place, ())):
            found = _first_wide(rows)
            if found is None:
                return None
            place = found
    start, names, taken = _two_rows(rows, place, known, given=given is not None)
    while place + taken < len(rows) and _are_labels(rows[place + taken], names, known):
        taken += 1
    return HeaderPlace(distinct(names), start + 1, place + taken - start)


def _two_rows(
    rows: Sequence[Row], place: int, known: KnownNames, *, given: bool
) -> tuple[int, list[str], int]:
    """Where the header begins, its names, and how many rows from ``place`` on it takes.

    Two rows, of which the upper one says what stands above several columns, make names that are known better.
    """
    single = [cell or "" for cell in rows[place]]
    best = (known.rank(single), place, single, 1)
    above = place if given else place - 1
    for top in {place, above} if above >= 0 else {place}:
        if top + 1 >= len(rows) or kind_of_row(rows[top], ()) or _are_values(rows[top + 1]):
            continue
        for names in _joined(rows[top], rows[top + 1]):
            rank = known.rank(names)
            if rank > best[0]:
                best = (rank, top, names, top + 2 - place)
    return best[1], best[2], best[3]


def _joined(top: Row, bottom: Row) -> tuple[list[str], list[str]]:
    """The names of a header of two rows: the lower ones, and the lower ones behind what is above them."""
    lower, both, over = [], [], ""
    for above, below in zip(top, bottom, strict=False):
        over = above or over
        lower.append(below or above or "")
        both.append(f"{over}{below}" if below else (above or ""))
    return lower, both


def _are_values(row: Row) -> bool:
    """Whether a row holds numbers, as no row of names does."""
    return any(re.fullmatch(r"[\d.,:/ -]+", cell) for cell in row if cell)


def _are_labels(row: Row, names: Sequence[str], known: KnownNames) -> bool:
    """Whether a row below a header says what its columns mean."""
    filled = [cell for cell in row if cell and cell.strip()]
    if len(filled) < _ENOUGH:
        return False
    if all(folded(cell) in _FORMS for cell in filled) and len(filled) * 2 >= sum(map(bool, names)):
        return True
    return known.count(row) * 2 >= len(filled) and not _are_values(row) and kind_of_row(row, names) is None


def _first_wide(rows: Sequence[Row]) -> int | None:
    widths = [sum(bool(cell and cell.strip()) for cell in row) for row in rows]
    widest = max(widths, default=0)
    return next((at for at, width in enumerate(widths) if width and width * 2 >= widest), None)


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names that are there twice get the ending that polars gives them in CSV files."""
    taken = set(names)
    seen: dict[str, int] = {}
    found = []
    for name in names:
        own = name
        if name in seen:
            while own in taken:
                own = f"{name}{_TWIN}{seen[name]}"
                seen[name] += 1
            taken.add(own)
        else:
            seen[name] = 0
        found.append(own)
    return tuple(found)


def first_of_twins(name: str) -> str:
    """The column that has the name of this one too and stands before it; empty if there is none."""
    return name.removesuffix(f"{_TWIN}0") if name.endswith(f"{_TWIN}0") else ""


def _names(layouts: Collection[Layout]) -> Iterable[str]:
    for name, column in ALL.items():
        yield from (name, column.label_zh)
    for layout in layouts:
        for source in layout.field:
            for field in source.fields:
                yield from field
        for table in layout.table:
            yield from table.key
