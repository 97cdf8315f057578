"""Sheets of Excel and OpenDocument workbooks → frames of text.

A sheet is read whole: it has at most a million rows, and takes about as much memory as its unpacked content.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import polars as pl

from drg.errors import InputError, did_you_mean
from drg.records.exact_paths import exact
from drg.words import Joined, Sentence

ENDINGS: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
# Rows of an Excel sheet, the header among them.
MOST_ROWS: Final = 1_048_576


class Book:
    """A workbook that is open.

    Args:
        file: its path.

    Attributes:
        names: of the sheets that a reader sees.
        hidden: of those that he does not.

    Raises:
        InputError: it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        import fastexcel  # a tenth of a second that only workbooks cost

        self._file = file
        self._error = fastexcel.FastExcelError
        self._book = self._tried(lambda: fastexcel.read_excel(exact(file)))
        self._sheets: dict[str, Any] = {name: self._loaded(name) for name in self._book.sheet_names}
        self.names = [name for name, sheet in self._sheets.items() if sheet.visible == "visible"]
        self.hidden = [name for name in self._sheets if name not in self.names]

    def named(self, sheet: str) -> str:
        """The name of the sheet that a user means: by its name, or by its number counted from 1.

        Raises:
            InputError: there is no such sheet.
        """
        names: list[str] = list(self._sheets)
        if sheet in names:
            return sheet
        if sheet.isdecimal() and 1 <= int(sheet) <= len(names):
            return names[int(sheet) - 1]
        hint = did_you_mean(sheet, names)
        raise InputError(
            Sentence("the workbook has no sheet {sheet!r}", sheet=sheet),
            file=self._file,
            field="sheet",
            fix=Joined(" ", (hint, Sentence("The sheets are {names}", names=Joined(", ", names)))),
        )

    def cells(self, name: str) -> pl.DataFrame:
        """The cells of a sheet as text, row *i* of the spreadsheet as row *i - 1*.

        A cell that holds a number gives its shortest text: zeros that only its format shows are not there.
        """
        return cast("pl.DataFrame", self._tried(self._sheets[name].to_polars))

    def _loaded(self, name: str) -> Any:
        return self._tried(lambda: self._book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string"))

    def _tried(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except self._error:
            raise InputError(
                Sentence("this is not a workbook that can be read"),
                file=self._file,
                fix=Sentence(
                    "Open it in a spreadsheet program and save it once more as .xlsx, without a password"
                ),
            ) from None
