"""Workbooks whose bytes depend on nothing but what is in them and the time that they are given.

Every workbook of several sheets is made here: landscape A4, the header in sight, text that stays text,
columns wide enough for their numbers.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final
from zipfile import ZipFile

import polars as pl

from drg.errors import OutputError
from drg.records.files import write_bytes

HEADER: Final = "head"
# After the name of a look: the same in a row of totals, to be filled in, of less weight.
TOTAL: Final = "_total"
OPEN: Final = "_open"
GREY: Final = "_grey"
# The time of a workbook whose content has none of its own.
NO_TIME: Final = datetime(2000, 1, 1)
# How cells look, by name. A format such as 0.### would leave a lone point behind a whole number.
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "text": {},
    "code": {"num_format": "@"},
    "wrap": {"text_wrap": True},
    "plain": {"num_format": "0"},
    "two": {"num_format": "0.00"},
    "count": {"num_format": "#,##0"},
    "money": {"num_format": "#,##0.00;[Red]-#,##0.00"},
    "exact": {"num_format": "#,##0.00######;[Red]-#,##0.00######"},
    "number": {"num_format": "#,##0.00######"},
    "weight": {"num_format": "#,##0.0000"},
    "share": {"num_format": "0.00####%"},
    "fine_share": {"num_format": "0.000000%"},
    "percent": {"num_format": "0.00%"},
    "day": {"num_format": "yyyy-mm-dd"},
}
# The numbers as they are shown, to know their room; at the most.
_SHOWN: Final = {
    "plain": "{:.0f}",
    "two": "{:.2f}",
    "count": "{:,.0f}",
    "money": "{:,.2f}",
    "weight": "{:,.4f}",
    "exact": "{:,.8f}",
    "number": "{:,.8f}",
    "share": "{:.6%}",
    "fine_share": "{:.6%}",
    "percent": "{:.2%}",
    "day": "2000-01-01",
}
# Places that are not shown where they are zero.
_OPTIONAL: Final = {"exact": 6, "number": 6}
_VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "": {},
    TOTAL: {"bold": True, "top": 1, "bottom": 6},
    OPEN: {"bg_color": "#FFF8DC"},
    GREY: {"font_color": "#808080"},
    f"{OPEN}{GREY}": {"bg_color": "#FFF8DC", "font_color": "#808080"},
}
_HEADS: Final[dict[str, dict[str, Any]]] = {
    HEADER: {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#DDE6F0"},
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "font_size": 12, "bottom": 2},
    "section": {"bold": True, "bg_color": "#EEF2F7"},
    "note": {"italic": True, "font_color": "#555555"},
    "small": {"text_wrap": True, "font_size": 9, "font_color": "#444444"},
    "warning": {"bold": True, "bg_color": "#FFF4E5", "font_color": "#8A4B00"},
}
_BASE: Final = {"valign": "top", "font_name": "Microsoft YaHei", "font_size": 10}
_DAY_0: Final = datetime(1899, 12, 30)
_DAY: Final = timedelta(days=1)
# What XML cannot hold.
_FORBIDDEN: Final = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]"
# The number of the paper.
_A4: Final = 9
_DEFAULT_WIDTH: Final = 8.43
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
    """

    def __init__(self, book: Any) -> None:
        self._book = book
        self._widths: dict[Any, dict[int, float]] = {}
        looks = {
            f"{name}{variant}": {**_BASE, **look, **more}
            for name, look in _LOOKS.items()
            for variant, more in _VARIANTS.items()
        } | {name: {**_BASE, **look} for name, look in _HEADS.items()}
        self.looks = {name: book.add_format(look) for name, look in looks.items()}

    def sheet(self, name: str, widths: Sequence[float], *, freeze: int = 0) -> Any:
        """A sheet for landscape A4, as wide as a page.

        Args:
            name: of the sheet.
            widths: of its columns, in characters, at the least.
            freeze: so many rows stay in sight and stand on every page.
        """
        sheet = self._book.add_worksheet(name)
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
                sheet.write_comment(0, place, heading.meaning, {"x_scale": 2, "author": "drg"})
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
        """
        sheet = self.table(name, headings, freeze_columns=freeze_columns)
        for place, (column, heading) in enumerate(zip(frame, headings, strict=True)):
            if heading.width is None and column.dtype == pl.String:
                # A Chinese character has three bytes and the room of two letters.
                room = pl.select((column.str.len_bytes() + column.str.len_chars()).max()).item()
                self._widen(sheet, place, (room or 0) / 2)
        self.rows(sheet, 1, frame, [heading.look for heading in headings], nothing=nothing)
        sheet.autofilter(0, 0, frame.height, len(headings) - 1)
        return sheet

    def cell(self, sheet: Any, row: int, column: int, value: Any, look: str) -> None:
        """One cell: numbers, days and truth values as such, all else as text."""
        shape = self.looks[look]
        if value is None:
            sheet.write_blank(row, column, None, shape)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, shape)
        elif isinstance(value, int | float | Decimal):
            sheet.write_number(row, column, value, shape)
            self._fit(sheet, column, value, look)
        elif isinstance(value, date):
            # As a number: in this mode xlsxwriter loses a day that begins a row.
            since = datetime.fromisoformat(value.isoformat()).replace(tzinfo=None) - _DAY_0
            sheet.write_number(row, column, since / _DAY, shape)
            self._fit(sheet, column, 0, look)
        else:
            text = re.sub(_FORBIDDEN, "\ufffd", str(value))
            _write_text(sheet)(row, column, text, shape)

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
        plain = frame.select(_plain(name, dtype) for name, dtype in frame.schema.items())
        cells: list[tuple[Callable[..., Any], int, Any]] = []
        for place, (column, look) in enumerate(zip(plain, looks, strict=True)):
            if column.dtype == pl.String:
                # What looks like markup is rare, and takes a way that is slower.
                odd = column.str.starts_with("<r>").any()
                write = _write_text(sheet) if odd else sheet.write_string
            elif column.dtype == pl.Boolean:
                write = sheet.write_boolean
            else:
                write = sheet.write_number
                for value in (column.min(), column.max()):
                    self._fit(sheet, place, value or 0, look)
            cells.append((write, place, self.looks[look]))
        for row, values in enumerate(plain.iter_rows(), start=first):
            for (write, place, shape), value in zip(cells, values, strict=True):
                if value is not None:
                    write(row, place, value, shape)
                elif nothing:
                    sheet.write_string(row, place, nothing, shape)

    def finish(self) -> None:
        """Give the columns their widths, when it is known what is in them."""
        for sheet, widths in self._widths.items():
            for place, width in widths.items():
                sheet.set_column(place, place, width)

    def _fit(self, sheet: Any, column: int, value: Any, look: str) -> None:
        """Make room for a number: a spreadsheet shows one that is too long as ####."""
        name = look.removesuffix(TOTAL).removesuffix(GREY).removesuffix(OPEN)
        if name not in _SHOWN:
            return
        text = _SHOWN[name].format(value)
        least = len(text) - _OPTIONAL.get(name, 0)
        self._widen(sheet, column, len(text[:least] + text[least:].rstrip("0")))

    def _widen(self, sheet: Any, column: int, room: float) -> None:
        widths = self._widths[sheet]
        widths[column] = max(widths.get(column, _DEFAULT_WIDTH), min(room + _BESIDE, _WIDEST))


def _width(heading: Heading) -> float:
    if heading.width is not None:
        return heading.width
    room = max((len(line.encode()) + len(line)) / 2 for line in heading.text.split("\n"))
    return min(room + _BESIDE_HEAD, _WIDEST)


def _plain(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as text, truth values or numbers that a sheet can hold; days as their number."""
    column = pl.col(name)
    if dtype.is_temporal():
        return (column.cast(pl.Datetime("us")) - _DAY_0).dt.total_microseconds() / (_DAY / timedelta(0, 0, 1))
    if dtype == pl.String:
        return column.str.replace_all(_FORBIDDEN, "\ufffd")
    return column.cast(pl.Float64) if dtype.is_decimal() else column


def _write_text(sheet: Any) -> Callable[[int, int, str, Any], Any]:
    """Writes text as it is; what begins and ends with the tags of a run xlsxwriter takes for markup."""

    def write(row: int, column: int, text: str, shape: Any) -> None:
        if text.startswith("<r>") and text.endswith("</r>"):
            sheet.write_rich_string(row, column, text[0], text[1], text[2:], shape)
        else:
            sheet.write_string(row, column, text, shape)

    return write


@contextlib.contextmanager
def new_book(
    file: Path | BinaryIO, made: datetime = NO_TIME, *, title: str = "", sources: Sequence[Path] = ()
) -> Iterator[Book]:
    """A workbook to fill; at the end it stands at ``file``, whole or not at all.

    Args:
        file: where to, or a stream.
        made: the time that the workbook gives as its own; its zone is left out.
        title: of the document.
        sources: none of these files is overwritten.

    Raises:
        OutputError: if the file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    content = io.BytesIO()
    # Rows wait in a directory of their own, which goes away also if something fails.
    with tempfile.TemporaryDirectory(prefix="drg-", ignore_cleanup_errors=True) as scratch:
        options = {"constant_memory": True, "strings_to_urls": False, "tmpdir": scratch}
        try:
            with xlsxwriter.Workbook(content, options) as book:
                book.set_properties({"created": made.replace(tzinfo=None), "title": title})
                filled = Book(book)
                yield filled
                filled.finish()
        except FileCreateError as error:
            raise OutputError(
                f"a workbook cannot be put together in the directory of temporary files: {error}",
                file=file if isinstance(file, Path) else None,
                fix="Make room there, or name another directory in the environment variable TMPDIR",
            ) from None
    _even_out(content)
    if isinstance(file, Path):
        write_bytes(content.getvalue(), file, sources=sources)
    else:
        file.write(content.getvalue())


def _even_out(stream: BinaryIO) -> None:
    """Take the rights of temporary files out of the archive: they depend on who writes it."""
    with ZipFile(stream, "a") as archive:
        for member in archive.infolist():
            member.external_attr = 0o600 << 16
            member.create_system = 3
        archive.comment = b""  # so that the directory is written anew
