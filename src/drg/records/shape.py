"""Rows that are left out of a table, and rows that are broken: found, listed, never silently changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import InputError
from drg.records import notes
from drg.records.findings import ERROR
from drg.records.row_kinds import ROW_BLANK, ROW_DELETED, ROW_HEADER, ROW_REMARK, ROW_TOTAL, kind_of_row
from drg.records.text_shape import OddLines
from drg.words import Sentence

# More broken rows than this share, and than this number, are no accident: the file is read wrongly. So it is
# if most rows are wider than the header, and there are more than a few.
_FEW: Final = 2
_MOST_BROKEN_SHARE: Final = 0.05
_MOST_BROKEN_ROWS: Final = 20
# What leaves rows out; other rules only say something of them.
_LEAVES_OUT: Final = (
    ROW_BLANK,
    ROW_DELETED,
    ROW_TOTAL,
    ROW_REMARK,
    ROW_HEADER,
    notes.ROW_LONG,
    notes.ROW_BROKEN,
    notes.FILE_CUT,
)
_SAID_ROWS: Final = re.compile(r"共\s*(\d+)\s*[例人条份次]")


@dataclass
class TableShape:
    """What there is to say of the rows of a table.

    Attributes:
        left_out: the rows that are no cases or are broken, as a spreadsheet numbers them.
        counts: how many rows there are of each rule.
        findings: of the shape ``findings.SCHEMA``.
    """

    left_out: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[pl.DataFrame] = field(default_factory=list)

    def say(
        self, rule: str, rows: Sequence[int], values: Sequence[str] = (), columns: Sequence[str] | None = None
    ) -> None:
        """A finding for each of these rows, or a cell in each; the rule may leave them out."""
        if not rows:
            return
        self.counts[rule] = self.counts.get(rule, 0) + len(rows)
        if rule in _LEAVES_OUT:
            self.left_out += rows
        said = values or [""] * len(rows)
        self.findings.append(notes.of_rows(rule, rows, said, columns))

    @property
    def left_out_by_rule(self) -> dict[str, int]:
        """How many rows were left out, by rule."""
        return {rule: count for rule, count in self.counts.items() if rule in _LEAVES_OUT}

    def after(self, first: TableShape) -> TableShape:
        """This, behind what was found first."""
        together = sorted({*first.left_out, *self.left_out})
        return TableShape(together, first.counts | self.counts, [*first.findings, *self.findings])

    def refused(self) -> int | None:
        """The first row that keeps a table from being read as it stands."""
        every = pl.concat([notes.no_findings(), *self.findings])
        matters = pl.col("row").is_in(self.left_out) | (pl.col("severity") == ERROR)
        wrong = every.filter(~pl.col("rule").is_in([ROW_BLANK, ROW_DELETED]) & matters).sort("row").head(1)
        return None if wrong.is_empty() else int(wrong["row"][0])

    def leave_out(self, rule: str, rows: Sequence[int]) -> None:
        """Rows without content of their own are left out; those that follow each other are one finding."""
        if not rows:
            return
        self.counts[rule] = len(rows)
        self.left_out += rows
        firsts = [row for row, before in zip(rows, (None, *rows), strict=False) if before != row - 1]
        lasts = [row for row, after in zip(rows, (*rows[1:], None), strict=True) if after != row + 1]
        spans = [f"{one}–{other}" if other > one else "" for one, other in zip(firsts, lasts, strict=True)]
        self.findings.append(notes.of_rows(rule, firsts, spans))


def shape_of(
    odd: OddLines, names: Sequence[str], first: int, file: Path, *, is_cut: bool = False
) -> TableShape:
    """Judge the odd rows of a table.

    Args:
        odd: rows that are not plainly cases.
        names: of the columns.
        first: the first row below the header.
        file: for messages.
        is_cut: whether the last row has no end of line.

    Raises:
        InputError: so many rows are broken that the file as a whole cannot be right.
    """
    shape = TableShape()
    width = len(names)
    kinds: dict[str, list[tuple[int, str]]] = {}
    short: dict[int, int] = {}
    long: list[tuple[int, int]] = []
    said_rows: list[tuple[int, str, int]] = []
    for row, cells in odd.rows:
        kind = kind_of_row(cells, names)
        if kind is not None:
            text = " ".join(cell.strip() for cell in cells if cell.strip())
            kinds.setdefault(kind, []).append((row, text[:80]))
            if (said := _SAID_ROWS.search(text)) and kind == ROW_TOTAL:
                said_rows.append((row, text, int(said[1])))
        elif len(cells) < width:
            short[row] = len(cells)
        elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
            long.append((row, len(cells)))
    blank = dict(odd.blank)
    broken = _broken(short, blank, width)
    cut = [row for row in short if is_cut and row == odd.lines and row not in broken]
    errors = len(broken) + len(long)
    rows_there = odd.lines - first + 1
    too_many = max(_MOST_BROKEN_ROWS, _MOST_BROKEN_SHARE * rows_there)
    if (len(long) > _FEW and len(long) * 2 > rows_there) or errors > too_many:
        row, cells_there = long[0] if long else (min(broken), short.get(min(broken), 0))
        raise _wrong_width(file, row, cells_there, width)
    shape.leave_out(ROW_BLANK, [row for row in blank if row not in broken])
    shape.leave_out(ROW_DELETED, odd.deleted)
    for kind, rows in kinds.items():
        shape.say(kind, [row for row, _ in rows], [text for _, text in rows])
    counted = [f"{there} / {width}" for _, there in long]
    shape.say(notes.ROW_LONG, [row for row, _ in long], counted)
    shape.say(notes.ROW_BROKEN, sorted(broken))
    shape.say(notes.FILE_CUT, cut, [f"{short[row]} / {width}" for row in cut])
    trimmed = [row for row in short if row not in broken and row not in cut]
    shape.say(notes.ROW_SHORT, trimmed, [f"{short[row]} / {width}" for row in trimmed])
    for row, text, number in said_rows:
        there = rows_there - len(shape.left_out)
        if number != there:
            shape.say(notes.COUNT_DIFFERS, [row], [f"{text[:60]}: {there}"])
    shape.left_out.sort()
    return shape


def _wrong_width(file: Path, row: int, cells: int, columns: int) -> InputError:
    """The refusal of a file whose rows have another number of cells than its header."""
    return InputError(
        Sentence("the row has {cells} cells, but the header has {columns}", cells=cells, columns=columns),
        file=file,
        row=row,
        fix=Sentence("Give the row one cell per column; put a cell that holds a comma in quotation marks"),
    )


def _broken(short: dict[int, int], blank: dict[int, int], width: int) -> set[int]:
    """The rows that are parts of a record: short, one after the other, together as wide as the table."""
    widths = short | {row: cells for row, cells in blank.items() if cells < width}
    broken: set[int] = set()
    for row in sorted(short):
        for start in (row, row - 1):
            if start in widths and start not in broken and (parts := _together(start, widths, width, broken)):
                broken.update(parts)
                break
    return broken


def _together(start: int, widths: dict[int, int], width: int, taken: Iterable[int]) -> list[int]:
    parts, cells = [start], widths[start]
    while cells < width:
        after = parts[-1] + 1
        if after not in widths or after in taken:
            return []
        parts.append(after)
        # A line feed inside a cell makes two cells of it.
        cells += widths[after] - 1
    return parts if cells == width and len(parts) > 1 else []
