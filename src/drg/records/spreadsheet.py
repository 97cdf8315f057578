"""Sheets of Excel and OpenDocument workbooks → frames of text.

A sheet is read whole: it has at most a million rows, and takes about as much memory as its unpacked content.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import polars as pl

from drg.errors import InputError, did_you_mean
from drg.records import input_limits as limits
from drg.records import workbook_trial
from drg.records.exact_paths import exact
from drg.records.workbook_parts import (
    DAMAGE,
    CellFault,
    SheetContent,
    TooLargeError,
    check_reach,
    look_through,
)
from drg.words import Joined, Sentence

_IN_XML: Final = (".xlsx", ".xlsm")
ENDINGS: Final = (*_IN_XML, ".xls", ".xlsb", ".ods")
# Rows of an Excel sheet, the header among them.
MOST_ROWS: Final = limits.MOST_ROWS_OF_SHEET


class Book:
    """A workbook that is open.

    Args:
        file: its path.

    Attributes:
        names: of the sheets that a reader sees.
        hidden: of those that he does not.

    Raises:
        InputError: it cannot be read, or is larger than may be read.
    """

    def __init__(self, file: Path) -> None:
        import fastexcel  # a tenth of a second that only workbooks cost

        self._file = file
        self._errors = (fastexcel.FastExcelError, pl.exceptions.PanicException)
        self._contents = self._looked_through()
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

    def cells(self, name: str) -> tuple[pl.DataFrame, list[CellFault]]:
        """The cells of a sheet as text, row *i* of the spreadsheet as row *i - 1*, and those without a value.

        A cell that holds a number gives its shortest text: zeros that only its format shows are not there.
        One that holds an error, or a formula that was never computed, gives the text of it.
        """
        frame = cast("pl.DataFrame", self._tried(self._sheets[name].to_polars))
        content = self._contents.get(name)
        if content is None:
            return frame, []
        # Columns are counted from the first one that holds something.
        first = content.first_column
        faults = [CellFault(one.row, one.column - first + 1, one.text) for one in content.faults]
        return _filled(frame, faults)

    def _looked_through(self) -> dict[str, SheetContent]:
        """What is in the sheets, found before memory is taken for them."""
        if not self._file.name.lower().endswith(_IN_XML):
            self._try_apart()
            return {}
        try:
            with zipfile.ZipFile(self._file) as archive:
                if any(part.flag_bits & 1 for part in archive.infolist()):
                    raise self._unreadable()
                contents = look_through(archive)
            check_reach(contents.values(), limits.MOST_CELLS_OF_WORKBOOK)
        except TooLargeError as error:
            raise self._too_large(error) from None
        except DAMAGE:
            raise self._unreadable() from None
        return contents

    def _try_apart(self) -> None:
        """Read a workbook of a binary kind in a process of its own, which may die of it."""
        if not sys.executable:
            return
        trial = subprocess.run(
            [sys.executable, workbook_trial.__file__, exact(self._file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if trial.returncode:
            raise self._unreadable()

    def _loaded(self, name: str) -> Any:
        return self._tried(lambda: self._book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string"))

    def _tried(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except self._errors:
            raise self._unreadable() from None

    def _unreadable(self) -> InputError:
        return InputError(
            Sentence("this is not a workbook that can be read"),
            file=self._file,
            fix=Sentence(
                "Open it in a spreadsheet program and save it once more as .xlsx, without a password"
            ),
        )

    def _too_large(self, error: TooLargeError) -> InputError:
        if error.rows:
            return InputError(
                Sentence(
                    "the sheet reaches to row {rows:,} and column {width:,}",
                    rows=error.rows,
                    width=error.columns,
                ),
                file=self._file,
                fix=Sentence(
                    "At most {cells:,} cells of a workbook are read, empty ones among them: delete the empty "
                    "rows and columns after the data, split it, or save it as CSV",
                    cells=limits.MOST_CELLS_OF_WORKBOOK,
                ),
            )
        return InputError(
            Sentence(
                "the workbook unpacks to more than {size:,} MB, or to a text of more than {text:,} MB",
                size=limits.LARGEST_WORKBOOK_BYTES // 10**6,
                text=limits.LONGEST_TEXT_BYTES // 10**6,
            ),
            file=self._file,
            fix=Sentence("Split it, or save it as CSV"),
        )


def _filled(frame: pl.DataFrame, faults: list[CellFault]) -> tuple[pl.DataFrame, list[CellFault]]:
    """The frame with the texts of the faults in their cells, and the faults with columns counted in it."""
    if not faults:
        return frame, faults
    # What lies outside a frame was empty in it.
    before = max(1 - min(one.column for one in faults), 0)
    faults = [CellFault(one.row, one.column + before, one.text) for one in faults]
    height = max(frame.height, *(one.row for one in faults))
    width = max(frame.width + before, *(one.column for one in faults))
    empty = pl.Series([None] * height, dtype=pl.String)
    columns = [empty] * before + [column.extend(empty[column.len() :]) for column in frame.get_columns()]
    columns += [empty] * (width - len(columns))
    by_column: dict[int, list[CellFault]] = {}
    for one in faults:
        by_column.setdefault(one.column, []).append(one)
    for at, ones in by_column.items():
        rows = [one.row - 1 for one in ones]
        columns[at - 1] = columns[at - 1].scatter(rows, [one.text for one in ones])
    return pl.DataFrame({f"__UNNAMED__{at}": column for at, column in enumerate(columns)}), faults
