"""Sheets of Excel and OpenDocument workbooks → frames of text.

A sheet is read whole: it has at most a million rows, and takes about as much memory as its unpacked content.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import InputError, did_you_mean
from drg.records.exact_paths import exact
from drg.words import Joined, Sentence

ENDINGS: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
# Rows of an Excel sheet, the header among them.
MOST_ROWS: Final = 1_048_576


def read_sheet(file: Path, sheet: str | None = None) -> pl.DataFrame:
    """A sheet with a header row; every cell is text, and row *i* is row *i + 2* of the spreadsheet.

    A cell that holds a number gives its shortest text: zeros that only its format shows are not there.

    Args:
        file: the workbook.
        sheet: the name of the sheet, or its number counted from 1; by default the first.

    Raises:
        InputError: it cannot be read, has no such sheet, or the sheet is empty.
    """
    import fastexcel  # a tenth of a second that only workbooks cost

    try:
        book = fastexcel.read_excel(exact(file))
        name = _sheet_name(book.sheet_names, sheet, file)
        rows = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except fastexcel.FastExcelError:
        raise InputError(
            Sentence("this is not a workbook that can be read"),
            file=file,
            fix=Sentence(
                "Open it in a spreadsheet program and save it once more as .xlsx, without a password"
            ),
        ) from None
    if rows.is_empty() or rows.row(0) == (None,) * rows.width:
        raise InputError(
            Sentence("the first row of sheet {name} is empty", name=name),
            file=file,
            fix=Sentence("A table has a header row at the top"),
        )
    names = _distinct(["" if cell is None else cell for cell in rows.row(0)])
    frame = rows.slice(1).rename(dict(zip(rows.columns, names, strict=True)))
    # Sheets often go on below their last row.
    filled = frame.select(last=pl.any_horizontal(pl.all().is_not_null()).arg_true().max()).item()
    return frame.head(0 if filled is None else filled + 1)


def _sheet_name(names: list[str], sheet: str | None, file: Path) -> str:
    if sheet is None and names:
        return names[0]
    if sheet in names:
        return sheet
    if sheet is not None and sheet.isdecimal() and 1 <= int(sheet) <= len(names):
        return names[int(sheet) - 1]
    hint = did_you_mean(sheet or "", names)
    raise InputError(
        Sentence("the workbook has no sheet {sheet!r}", sheet=sheet),
        file=file,
        field="sheet",
        fix=Joined(" ", (hint, Sentence("The sheets are {names}", names=Joined(", ", names)))),
    )


def _distinct(names: list[str]) -> list[str]:
    """Names that are there twice get the ending that polars gives them in CSV files."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        times = seen.get(name)
        seen[name] = 0 if times is None else times + 1
        distinct.append(name if times is None else f"{name}_duplicated_{times}")
    return distinct
