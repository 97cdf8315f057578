"""Workbooks whose bytes depend on nothing but what is in them and the time that they are given."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from drg.records.files import placed

HEADER: Final = "head"
TOTAL: Final = "_total"
# How cells look, by name; with TOTAL after it: the same in a row of totals.
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "text": {},
    "code": {"num_format": "@"},
    "wrap": {"text_wrap": True},
    "count": {"num_format": "#,##0"},
    "money": {"num_format": "#,##0.00;[Red]-#,##0.00"},
    "exact": {"num_format": "#,##0.00######;[Red]-#,##0.00######"},
    "number": {"num_format": "#,##0.########"},
    "weight": {"num_format": "#,##0.0000"},
    "share": {"num_format": "0.######%"},
    "fine_share": {"num_format": "0.000000%"},
    "day": {"num_format": "yyyy-mm-dd"},
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
_ROW: Final = "__row"
_ROWS_AT_ONCE: Final = 20_000
_DAY_0: Final = datetime(1899, 12, 30)
_DAY_US: Final = 86_400_000_000
# What XML cannot hold.
_FORBIDDEN: Final = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]"
# The number of the paper.
_A4: Final = 9


@dataclass(frozen=True)
class Heading:
    """The head of a column: its text, how its cells look, its width, and what it means."""

    text: str
    look: str = "text"
    width: float = 14
    meaning: str = ""


class Book:
    """A workbook under way.

    Args:
        book: of xlsxwriter, in the mode in which rows are written in order and not kept.
    """

    def __init__(self, book: Any) -> None:
        self._book = book
        base = {"valign": "top", "font_name": "Microsoft YaHei", "font_size": 10}
        looks = {name: {**base, **look} for name, look in (_LOOKS | _HEADS).items()}
        totals = {
            f"{name}{TOTAL}": {**base, **look, "bold": True, "top": 1, "bottom": 6}
            for name, look in _LOOKS.items()
        }
        self.looks = {name: book.add_format(look) for name, look in (looks | totals).items()}

    def sheet(self, name: str, widths: Sequence[float], *, freeze: int = 0, repeat: bool = False) -> Any:
        """A sheet for landscape A4, as wide as a page.

        Args:
            name: of the sheet.
            widths: of its columns, in characters.
            freeze: so many rows stay in sight.
            repeat: whether they stand on every page.
        """
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&R&P / &N")
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        if freeze:
            sheet.freeze_panes(freeze, 0)
            if repeat:
                sheet.repeat_rows(0, freeze - 1)
        return sheet

    def table(self, name: str, headings: Sequence[Heading], *, freeze_columns: int = 0) -> Any:
        """A sheet with a header row, its meanings as comments; rows are written by ``row``."""
        sheet = self.sheet(name, [heading.width for heading in headings], freeze=1, repeat=True)
        sheet.freeze_panes(1, freeze_columns)
        sheet.set_row(0, 32)
        for place, heading in enumerate(headings):
            sheet.write_string(0, place, heading.text, self.looks[HEADER])
            if heading.meaning:
                sheet.write_comment(0, place, heading.meaning, {"x_scale": 2, "author": "drg"})
        return sheet

    def cell(self, sheet: Any, row: int, column: int, value: Any, look: str) -> None:
        """One cell; numbers as numbers, all else as text."""
        shape = self.looks[look]
        if value is None:
            sheet.write_blank(row, column, None, shape)
        elif isinstance(value, bool | str):
            sheet.write_string(row, column, str(value), shape)
        elif isinstance(value, int | float | Decimal):
            sheet.write_number(row, column, value, shape)
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value, shape)
        else:
            sheet.write_string(row, column, str(value), shape)

    def formula(self, sheet: Any, row: int, column: int, formula: str, value: Any, look: str) -> None:
        """A formula with its value, for viewers that do not calculate."""
        # As a decimal it is written with all its digits; as text it would be taken for text.
        sheet.write_formula(row, column, f"={formula}", self.looks[look], Decimal(value or 0))

    def row(self, sheet: Any, row: int, values: Sequence[Any], looks: Sequence[str]) -> None:
        """A row from the first column on."""
        for column, (value, look) in enumerate(zip(values, looks, strict=True)):
            self.cell(sheet, row, column, value, look)

    def rows(self, sheet: Any, first: int, frame: pl.DataFrame, looks: Sequence[str]) -> None:
        """Many rows at once, a hundred thousand a second: their markup is made column by column.

        Args:
            sheet: in which the rows before these are written.
            first: the row to begin with.
            frame: the cells: text, numbers and dates; empty ones are left out.
            looks: of the columns.
        """
        if frame.is_empty():
            return
        # What is written cell by cell waits for its row to be complete: it has to go out first. Rows that
        # go out in this mode are markup in a file, and so are these.
        sheet._write_single_row(first)
        cells = [
            _markup(name, xl_col_to_name(place), self.looks[look]._get_xf_index(), frame.schema[name])
            for place, (name, look) in enumerate(zip(frame.columns, looks, strict=True))
        ]
        number = pl.int_range(first + 1, first + 1 + pl.len(), dtype=pl.Int64).cast(pl.String).alias(_ROW)
        row = pl.format('<row r="{}">{}</row>', _ROW, pl.concat_str(cells))
        for part in frame.with_columns(number).iter_slices(_ROWS_AT_ONCE):
            sheet.row_data_fh.write("".join(part.select(row).to_series()))
        last = first + frame.height - 1
        sheet._check_dimensions(first, 0)
        sheet._check_dimensions(last, frame.width - 1)
        sheet.previous_row = last


def _markup(name: str, letter: str, shape: int, dtype: pl.DataType) -> pl.Expr:
    """The cells of a column in the markup of a sheet."""
    column = pl.col(name)
    begin = f'<c r="{letter}{{}}" s="{shape}"'
    if dtype.is_temporal():
        days = (column.cast(pl.Datetime("us")) - _DAY_0).dt.total_microseconds()
        whole = days % _DAY_US == 0
        value = (
            pl.when(whole).then((days // _DAY_US).cast(pl.String)).otherwise((days / _DAY_US).cast(pl.String))
        )
        cell = pl.format(begin + "><v>{}</v></c>", _ROW, value)
    elif dtype == pl.String:
        text = column.str.replace_all(_FORBIDDEN, "\ufffd")
        for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.str.replace_all(character, entity, literal=True)
        cell = pl.format(begin + ' t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>', _ROW, text)
    else:
        cell = pl.format(begin + "><v>{}</v></c>", _ROW, column.cast(pl.String))
    return pl.when(column.is_not_null()).then(cell).otherwise(pl.lit("")).alias(f"__{name}")


@contextlib.contextmanager
def new_book(file: Path, made: datetime, *, title: str = "") -> Iterator[Book]:
    """A workbook to fill; at the end it stands at ``file``, whole or not at all.

    Args:
        file: where to.
        made: the time that the workbook gives as its own; its zone is left out.
        title: of the document.

    Raises:
        OutputError: if the file cannot be written.
    """
    import xlsxwriter

    with placed(file) as part, part.open("w+b") as stream:
        with xlsxwriter.Workbook(stream, {"constant_memory": True, "strings_to_urls": False}) as book:
            book.set_properties({"created": made.replace(tzinfo=None), "title": title})
            yield Book(book)
        _even_out(stream)


def _even_out(stream: Any) -> None:
    """Take the rights of temporary files out of the archive: they depend on who writes it."""
    with ZipFile(stream, "a") as archive:
        for member in archive.infolist():
            member.external_attr = 0o600 << 16
            member.create_system = 3
        archive.comment = b""  # so that the directory is written anew
