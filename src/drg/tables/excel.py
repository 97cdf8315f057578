"""One Excel workbook (.xlsx) → its sheets as text, opened so that a bad file ends in a sentence.

Reading is done by fastexcel (calamine). What a reader does not say is found in the file itself beforehand: a
formula that was never computed would arrive as an empty cell, and an empty rule always holds.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from drg.errors import TablesError, did_you_mean, system_reason
from drg.records.file_kinds import ENCRYPTED
from drg.records.plain_files import read_bytes
from drg.records.workbook_parts import DAMAGE, SheetContent, TooLargeError, check_reach, look_through
from drg.words import Joined, Sentence

# The published workbook has some 30 MB of XML and 450,000 cells.
LARGEST_CONTENT = 256_000_000
LARGEST_SHEET = 20_000_000

_OLD_FORMAT = b"\xd0\xcf\x11\xe0"
_SAVE_AS = Sentence("Open it in a spreadsheet program and save it as .xlsx")


class Excel:
    """A workbook that is safe to read.

    Args:
        file: the path of the workbook.

    Attributes:
        raw: the content of the file.

    Raises:
        TablesError: there is no such file, it is not a workbook, is encrypted, damaged or far too large.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.raw = _read(file)
        with _archive(self.raw, file) as archive:
            self._contents = look_through(archive)
        if not self._contents:
            raise TablesError(Sentence("the workbook has no sheets"), file=file, fix=_SAVE_AS)

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of the sheets, in their order."""
        return tuple(self._contents)

    def sheet(self, name: str) -> pl.DataFrame:
        """A sheet as text, one row per row of the sheet, so that row *i* is row *i + 1* of the spreadsheet.

        Args:
            name: the name of the sheet; blanks around it, width and case of its letters do not matter.

        Raises:
            TablesError: there is no such sheet, a cell holds a formula without a value, or an error.
        """
        import fastexcel  # a tenth of a second that only workbooks cost

        found = next((sheet for sheet in self.sheets if _folded(sheet) == _folded(name)), None)
        if found is None:
            known = Joined(", ", self.sheets)
            there = Sentence("The sheets are {names}; rename the one that is meant", names=known)
            fix = Joined(" ", (did_you_mean(name, self.sheets), there))
            problem = Sentence("the workbook has no sheet {name!r}", name=name)
            raise TablesError(problem, file=self.file, fix=fix)
        _check_sheet(self._contents[found], self.place(found))
        try:
            book = fastexcel.read_excel(self.raw)
            return book.load_sheet(found, header_row=None, skip_rows=0, dtypes="string").to_polars()
        except fastexcel.FastExcelError as error:
            problem = Sentence("cannot be read: {reason}", reason=str(error))
            raise TablesError(problem, file=self.place(found), fix=_SAVE_AS) from error

    def place(self, sheet: str) -> str:
        """How errors name a sheet."""
        return Sentence("{file}, sheet {sheet}", file=self.file, sheet=sheet)


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _read(file: Path) -> bytes:
    try:
        return read_bytes(file)
    except FileNotFoundError:
        problem = Sentence("there is no such file")
        raise TablesError(problem, file=file, fix=Sentence("Check the path")) from None
    except OSError as error:
        fix = Sentence("Give the path of a workbook that you may read")
        problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
        raise TablesError(problem, file=file, fix=fix) from None


@contextmanager
def _archive(raw: bytes, file: Path) -> Iterator[zipfile.ZipFile]:
    """The workbook as the zip archive that it is; every failure to read it becomes a TablesError."""
    if raw.startswith(_OLD_FORMAT):
        if ENCRYPTED in raw:
            fix = Sentence("Save it without a password")
            raise TablesError(Sentence("the workbook is encrypted"), file=file, fix=fix)
        raise TablesError(
            Sentence("not an .xlsx workbook, but one of the old .xls format"), file=file, fix=_SAVE_AS
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_directory(archive, file)
            yield archive
    except (TooLargeError, *DAMAGE):
        damaged = Sentence("the file is damaged")
        problem = damaged if raw.startswith(b"PK") else Sentence("not an .xlsx workbook")
        raise TablesError(problem, file=file, fix=_SAVE_AS) from None


def _check_directory(archive: zipfile.ZipFile, file: Path) -> None:
    """Refuses what its directory already gives away: nothing has been unpacked yet."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    if size > LARGEST_CONTENT:
        problem = Sentence(
            "the workbook unpacks to {size:,.0f} MB; the published one has about 30", size=size / 1e6
        )
        fix = Sentence(
            "A workbook of tables stays below {size:,.0f} MB; get the original again",
            size=LARGEST_CONTENT / 1e6,
        )
        raise TablesError(problem, file=file, fix=fix)
    if any(part.flag_bits & 1 for part in parts):
        problem = Sentence("the workbook is encrypted")
        raise TablesError(problem, file=file, fix=Sentence("Save it without a password"))
    if "xl/workbook.xml" not in archive.namelist():
        raise TablesError(Sentence("not an .xlsx workbook"), file=file, fix=_SAVE_AS)


def _check_sheet(content: SheetContent, place: str) -> None:
    """Whether every cell of a sheet can be read."""
    try:
        check_reach([content], LARGEST_SHEET)
    except TooLargeError as error:
        problem = Sentence(
            "the sheet reaches to row {rows:,} and column {width:,}", rows=error.rows, width=error.columns
        )
        fix = Sentence("Delete the empty rows and columns after the data, then save it")
        raise TablesError(problem, file=place, fix=fix) from None
    for fault in content.faults:
        if fault.is_error:
            problem = Sentence("the cell holds an error such as #REF! or #N/A")
            fix = Sentence("Write the text that belongs there")
        else:
            problem = Sentence("the cell holds a formula that was never computed")
            fix = Sentence("Open the workbook in a spreadsheet program and save it, or write the text itself")
        column = xl_col_to_name(fault.column - 1)
        raise TablesError(problem, file=place, row=fault.row, field=column, fix=fix)
