"""Workbooks whose bytes depend on nothing but what is in them and the time that they are given.

Every workbook is made here: landscape A4, the header in sight, text that stays text, numbers, days and texts
that are read back as they were (see ``sheet_cells``), columns wide enough for their numbers.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final
from zipfile import ZipFile

import polars as pl

from drg.errors import OutputError, system_reason
from drg.records import spreadsheet
from drg.records.files import write_bytes
from drg.records.sheet_cells import (
    LARGEST,
    MOST_COLUMNS,
    Cells,
    cells,
    day_number,
    number_writer,
    plain_text,
    text_writer,
)
from drg.records.workbook_looks import HEADER, LOOKS, shown_width
from drg.temporary import scratch_directory
from drg.words import Sentence

# The time of a workbook whose content has none of its own.
NO_TIME: Final = datetime(2000, 1, 1)
# The number of the paper.
_A4: Final = 9
# What the name of a sheet cannot hold, be or be longer than.
_NOT_IN_NAMES: Final = r"[\[\]:*?/\\\x00-\x1f]"
_RESERVED_NAMES: Final = ("history",)
_LONGEST_NAME: Final = 31
_DEFAULT_WIDTH: Final = 8.43
_SCALE_OF_MONEY: Final = 2
# Cells of a workbook, some 50 MB.
_MOST_IN_MEMORY: Final = 500_000
# In characters: beside the text of a cell, beside that of a head with its filter, of a column at the most.
_BESIDE: Final = 2
_BESIDE_HEAD: Final = 4
_WIDEST: Final = 60.0


@dataclass(frozen=True)
class Heading:
    """The head of a column.

    Attributes:
        text: of the head.
        look: of its cells.
        width: in characters, at the least; None: that of the widest text in it.
        meaning: as a comment.
    """

    text: str
    look: str = "text"
    width: float | None = 14
    meaning: str = ""


class Book:
    """A workbook under way.

    Args:
        book: of xlsxwriter, in the mode in which rows are written in order and not kept.
        file: the workbook, for messages.
    """

    def __init__(self, book: Any, file: Path | None = None) -> None:
        self._book = book
        self._file = file
        self._widths: dict[Any, dict[int, float]] = {}
        self._names: set[str] = set()
        self.looks = {name: book.add_format(look) for name, look in LOOKS.items()}

    def sheet(self, name: str, widths: Sequence[float], *, freeze: int = 0) -> Any:
        """A sheet for landscape A4, as wide as a page.

        Args:
            name: of the sheet; cut and numbered if a spreadsheet would not take it.
            widths: of its columns, in characters, at the least.
            freeze: so many rows stay in sight and stand on every page.
        """
        from drg.records.sheet_rows import Sheet  # with xlsxwriter, which takes its time

        sheet = self._book.add_worksheet(self._free(name), worksheet_class=Sheet)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&R&P / &N")
        self._widths[sheet] = dict(enumerate(widths))
        if freeze:
            sheet.freeze_panes(freeze, 0)
            sheet.repeat_rows(0, freeze - 1)
        return sheet

    def table(self, name: str, headings: Sequence[Heading], *, freeze_columns: int = 0) -> Any:
        """A sheet with a header row, its meanings as comments; rows are written by ``row`` or ``rows``."""
        sheet = self.sheet(name, [_width(heading) for heading in headings], freeze=1)
        sheet.freeze_panes(1, freeze_columns)
        sheet.set_row(0, 32)
        self.row(sheet, 0, [heading.text for heading in headings], [HEADER] * len(headings))
        for place, heading in enumerate(headings):
            if heading.meaning:
                self._comment(sheet, place, heading.meaning)
        return sheet

    def frame(
        self,
        name: str,
        headings: Sequence[Heading],
        frame: pl.DataFrame,
        *,
        freeze_columns: int = 0,
        nothing: str = "",
    ) -> Any:
        """A sheet with a header row, the rows of a frame and filters.

        Args:
            name: of the sheet.
            headings: of the columns of the frame.
            frame: the cells.
            freeze_columns: so many columns stay in sight.
            nothing: what empty cells show.

        Raises:
            OutputError: the frame has more rows or columns than a sheet, or what no cell holds.
        """
        self._check_size(frame)
        columns = [cells(column, self._file) for column in frame]
        sheet = self.table(name, headings, freeze_columns=freeze_columns)
        for place, (column, heading) in enumerate(zip(columns, headings, strict=True)):
            if heading.width is None and column.kind == "text":
                # A Chinese character has three bytes and the room of two letters.
                text = pl.lit(column.values).str
                room = pl.select((text.len_bytes() + text.len_chars()).max()).item()
                self._widen(sheet, place, (room or 0) / 2)
            if column.note:
                self._comment(sheet, place, f"{heading.meaning}\n{column.note}".strip())
        self._write(sheet, 1, columns, [heading.look for heading in headings], nothing=nothing)
        if headings:
            sheet.autofilter(0, 0, frame.height, len(headings) - 1)
        return sheet

    def cell(self, sheet: Any, row: int, column: int, value: Any, look: str) -> None:
        """One cell: numbers, days and truth values as such, all else as text."""
        shape = self.looks[look]
        if value is None:
            sheet.write_blank(row, column, None, shape)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, shape)
        elif isinstance(value, float | Decimal) or (isinstance(value, int) and abs(value) <= LARGEST):
            number_writer(sheet)(row, column, value, shape)
            self._fit(sheet, column, value, look)
        elif isinstance(value, date) and (number := day_number(value)) is not None:
            # As a number: in this mode xlsxwriter loses a day that begins a row.
            sheet.write_number(row, column, number, shape)
            self._fit(sheet, column, 0, look)
        else:
            text = plain_text(str(value), row, sheet.get_name(), self._file)
            text_writer(sheet)(row, column, text, shape)

    def formula(self, sheet: Any, row: int, column: int, formula: str, value: Any, look: str) -> None:
        """A formula with its value, for viewers that do not calculate."""
        # As a decimal it is written with all its digits; as text it would be taken for text.
        shown = Decimal(value or 0)
        sheet.write_formula(row, column, f"={formula}", self.looks[look], shown)
        self._fit(sheet, column, shown, look)

    def row(self, sheet: Any, row: int, values: Sequence[Any], looks: Sequence[str]) -> None:
        """A row from the first column on."""
        for column, (value, look) in enumerate(zip(values, looks, strict=True)):
            self.cell(sheet, row, column, value, look)

    def rows(
        self, sheet: Any, first: int, frame: pl.DataFrame, looks: Sequence[str], *, nothing: str = ""
    ) -> None:
        """Many rows.

        Args:
            sheet: in which the rows before these are written.
            first: the row to begin with.
            frame: the cells: text, numbers, days and truth values.
            looks: of the columns.
            nothing: what empty cells show; without it they are left out.
        """
        self._write(sheet, first, [cells(column, self._file) for column in frame], looks, nothing=nothing)

    def _write(
        self, sheet: Any, first: int, columns: Sequence[Cells], looks: Sequence[str], *, nothing: str = ""
    ) -> None:
        for place, (column, look) in enumerate(zip(columns, looks, strict=True)):
            if column.kind not in ("text", "truth"):
                for value in (column.values.min(), column.values.max()):
                    self._fit(sheet, place, value or 0, look)
        shapes = [self.looks[look] for look in looks]
        if any(column.is_odd for column in columns):
            self._write_cells(sheet, first, columns, shapes, nothing)
        else:
            sheet.write_columns(first, columns, shapes, nothing)

    def _write_cells(
        self, sheet: Any, first: int, columns: Sequence[Cells], shapes: Sequence[Any], nothing: str
    ) -> None:
        """Cell by cell, which every value can be."""
        ways = [
            {"text": text_writer(sheet), "truth": sheet.write_boolean}.get(column.kind, number_writer(sheet))
            for column in columns
        ]
        rows = zip(*(column.values for column in columns), strict=True)
        for row, values in enumerate(rows, start=first):
            for place, (write, shape, value) in enumerate(zip(ways, shapes, values, strict=True)):
                if value is not None:
                    write(row, place, value, shape)
                elif nothing:
                    sheet.write_string(row, place, nothing, shape)

    def finish(self) -> None:
        """Give the columns their widths, when it is known what is in them."""
        size = 0
        for sheet, widths in self._widths.items():
            for place, width in widths.items():
                sheet.set_column(place, place, width)
            size += ((sheet.dim_rowmax or 0) + 1) * ((sheet.dim_colmax or 0) + 1)
        # Rows have waited in files; what is put together of them waits there too only if it is large.
        self._book.in_memory = size <= _MOST_IN_MEMORY

    def _fit(self, sheet: Any, column: int, value: Any, look: str) -> None:
        """Make room for a number: a spreadsheet shows one that is too long as ####."""
        if width := shown_width(value, look):
            self._widen(sheet, column, width)

    def _widen(self, sheet: Any, column: int, room: float) -> None:
        widths = self._widths[sheet]
        widths[column] = max(widths.get(column, _DEFAULT_WIDTH), min(room + _BESIDE, _WIDEST))

    def _check_size(self, frame: pl.DataFrame) -> None:
        most = spreadsheet.MOST_ROWS - 1
        for count, limit, what in (
            (frame.height, most, Sentence("rows")),
            (frame.width, MOST_COLUMNS, Sentence("columns")),
        ):
            if count > limit:
                raise OutputError(
                    Sentence(
                        "the result has more than the {limit:,} {what} that a sheet of Excel holds",
                        limit=limit,
                        what=what,
                    ),
                    file=self._file,
                    fix=Sentence("Write .csv or .parquet instead"),
                )

    def _free(self, name: str) -> str:
        """A name that a spreadsheet takes and no other sheet has, upper and lower case being the same."""
        clean = re.sub(_NOT_IN_NAMES, "_", name)[:_LONGEST_NAME].strip("'").strip() or "Sheet"
        free, number = clean, 2
        while free.casefold() in {*self._names, *_RESERVED_NAMES}:
            end = f" ({number})"
            free, number = clean[: _LONGEST_NAME - len(end)] + end, number + 1
        self._names.add(free.casefold())
        return free

    def _comment(self, sheet: Any, place: int, text: str) -> None:
        sheet.write_comment(0, place, text, {"x_scale": 2, "author": "drg"})


def _width(heading: Heading) -> float:
    if heading.width is not None:
        return heading.width
    room = max((len(line.encode()) + len(line)) / 2 for line in heading.text.split("\n"))
    return min(room + _BESIDE_HEAD, _WIDEST)


class _Content(io.BytesIO):
    """A workbook under way, which xlsxwriter may still hold open when writing has failed."""

    def close(self) -> None:
        """It goes with whoever holds it."""


@contextlib.contextmanager
def new_book(
    file: Path | BinaryIO,
    made: datetime = NO_TIME,
    *,
    title: str = "",
    sources: Sequence[Path] = (),
    name: Path | None = None,
) -> Iterator[Book]:
    """A workbook to fill; at the end it stands at ``file``, whole or not at all.

    Args:
        file: where to, or a stream.
        made: the time that the workbook gives as its own; its zone is left out.
        title: of the document.
        sources: none of these files is overwritten.
        name: of the file of a stream, for messages.

    Raises:
        OutputError: if the file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    content = _Content()
    # Rows wait in a directory of their own, which goes away also if something fails.
    with scratch_directory() as scratch:
        options = {"constant_memory": True, "strings_to_urls": False, "tmpdir": str(scratch)}
        try:
            with xlsxwriter.Workbook(content, options) as book:
                book.set_properties({"created": made.replace(tzinfo=None), "title": title})
                filled = Book(book, file if isinstance(file, Path) else name)
                yield filled
                filled.finish()
        except FileCreateError as error:
            raise OutputError(
                Sentence(
                    "a workbook cannot be put together in the directory of temporary files: {reason}",
                    reason=system_reason(*error.args),
                ),
                file=file if isinstance(file, Path) else name,
                fix=Sentence("Make room there, or name another directory in the environment variable TMPDIR"),
            ) from None
    _even_out(content)
    if isinstance(file, Path):
        write_bytes(content.getvalue(), file, sources=sources)
    else:
        file.write(content.getvalue())


def write_frame(frame: pl.DataFrame, stream: BinaryIO, file: Path) -> None:
    """A workbook of one sheet: a frame as it is.

    Args:
        frame: the cells; the names of its columns are the heads.
        stream: where to.
        file: the workbook, for messages.

    Raises:
        OutputError: as ``Book.frame``.
    """
    with new_book(stream, name=file) as book:
        headings = [Heading(name, _look_of(dtype), None) for name, dtype in frame.schema.items()]
        book.frame("Sheet1", headings, frame)


def _look_of(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "plain"
    if isinstance(dtype, pl.Decimal) and dtype.scale == _SCALE_OF_MONEY:
        return "money"
    return "day" if dtype == pl.Date else "time" if dtype == pl.Datetime else "text"


def _even_out(stream: BinaryIO) -> None:
    """Take the rights of temporary files out of the archive: they depend on who writes it."""
    with ZipFile(stream, "a") as archive:
        for member in archive.infolist():
            member.external_attr = 0o600 << 16
            member.create_system = 3
        archive.comment = b""  # so that the directory is written anew
