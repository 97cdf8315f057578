"""Tables of discharges as files, read when they are needed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl
import polars.selectors as cs

from drg.errors import DrgError, InputError
from drg.records import dbf, spreadsheet
from drg.records.exact_paths import scan_parquet
from drg.records.file_kinds import check_kind
from drg.records.header_row import KnownNames
from drg.records.notes import ROW
from drg.records.plain_files import NO_FILE, is_pipe_or_device
from drg.records.source_tables import (
    Dialect,
    SourceTable,
    dbf_table,
    parquet_table,
    sheet_tables,
    text_table,
)
from drg.words import Joined, Sentence

TEXT_ENDINGS: Final = (".csv", ".csv.gz", ".csv.zst", ".txt", ".tsv")
# What polars raises on files that it cannot read; damage that it does not foresee is no Exception there.
READING_ERRORS: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
_TWICE: Final = re.compile(r"name ['\"`](.*?)['\"`] (?:has more than one|is duplicate)")
INPUT_FORMATS: Final = (".parquet", *TEXT_ENDINGS, *spreadsheet.ENDINGS, dbf.ENDING)


def tables_of(
    file: Path, dialect: Dialect | None = None, known: KnownNames | None = None
) -> list[SourceTable]:
    """The tables in a file: one, but for workbooks.

    Args:
        file: the file.
        dialect: how it is written.
        known: the names by which a header is recognised.

    Raises:
        InputError: if there is no such file, or it is not a table.
    """
    dialect, known = dialect or Dialect(), known or KnownNames(())
    if file.exists() and is_pipe_or_device(file):
        raise InputError(
            NO_FILE,
            file=file,
            fix=Sentence("Give the path of a file; what comes through a pipe is read as -"),
        )
    ending = known_ending(file, INPUT_FORMATS, InputError)
    if not file.is_file():
        what = Sentence("this is a directory") if file.is_dir() else Sentence("there is no such file")
        raise InputError(
            what, file=file, fix=Sentence("Give the path of a Parquet, CSV, Excel or dBASE file")
        )
    if not os.access(file, os.R_OK):
        raise InputError(
            Sentence("cannot be read: {reason}", reason=Sentence("Permission denied")),
            file=file,
            fix=Sentence("Check its rights"),
        )
    try:
        check_kind(file, ending)
        if ending == ".parquet":
            tables = [parquet_table(file)]
        elif ending in spreadsheet.ENDINGS:
            tables = sheet_tables(file, dialect, known)
        elif ending == dbf.ENDING:
            tables = [dbf_table(file, dialect)]
        else:
            tables = [text_table(file, dialect, known)]
    except (*READING_ERRORS, OSError) as error:
        raise unreadable([file], error) from None
    if any("�" in name or "\x00" in name for table in tables for name in table.names):
        raise _not_utf8(file)
    return tables


def scan(file: Path, dialect: Dialect | None = None, *, row: str | None = None) -> pl.LazyFrame:
    """A table that a person or this package wrote for it, with a header in its first row that is not blank.

    Args:
        file: the file.
        dialect: how it is written.
        row: the name of a column to add in front, with the number of each row as a spreadsheet counts.

    Raises:
        InputError: if there is no such file, it is not a table, or it has rows that are no entries, such as
            totals. Blank rows do not count.
    """
    (table, *_) = tables_of(file, dialect)
    if (wrong := table.shape.refused()) is not None:
        raise InputError(
            Sentence("the row is no entry of the table"),
            file=file,
            row=wrong,
            fix=Sentence("Take the row out or mend it; this table is read as it stands"),
        )
    return table.frame.rename({ROW: row}) if row else table.frame.drop(ROW)


def scan_all(
    files: Sequence[Path], dialect: Dialect | None = None, *, row: str | None = None
) -> pl.LazyFrame:
    """Several tables, one after the other; a column that some of them lack is empty in their rows.

    Raises:
        InputError: as ``scan``, or if the files cannot be put together.
    """
    return stacked([scan(file, dialect, row=row) for file in files])


def stacked(frames: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """Tables one after the other; words of different closed lists are text, as polars will not mix them."""
    if len(frames) == 1:
        return frames[0]
    types: dict[str, set[pl.DataType]] = {}
    for frame in frames:
        for name, dtype in frame.collect_schema().items():
            types.setdefault(name, set()).add(dtype)
    mixed = [
        name
        for name, found in types.items()
        if len(found) > 1 and any(isinstance(dtype, pl.Categorical | pl.Enum) for dtype in found)
    ]
    as_text = [frame.with_columns(cs.by_name(mixed, require_all=False).cast(pl.String)) for frame in frames]
    return pl.concat(as_text, how="diagonal_relaxed")


def count_rows(files: Sequence[Path]) -> int | None:
    """The number of rows, or None if it takes reading the whole file to know."""
    if any(not file.name.lower().endswith(".parquet") for file in files):
        return None
    return sum(int(scan_parquet(file).select(pl.len()).collect().item()) for file in files)


def collect(frame: pl.LazyFrame, *, sources: Sequence[Path]) -> pl.DataFrame:
    """Compute a table in memory.

    Raises:
        InputError: if a source turns out to be unreadable on the way.
    """
    try:
        return frame.collect(engine="streaming")
    except InputError as error:
        raise in_file(error, sources) from None
    except READING_ERRORS as error:
        raise unreadable(sources, error) from None


def known_ending(file: Path, formats: Sequence[str], error: type[DrgError]) -> str:
    """The ending of the name of a file; an error if it is none of these."""
    name = file.name.lower()
    for ending in formats:
        if name.endswith(ending):
            return ending
    if file.is_dir():
        raise error(Sentence("this is a directory"), file=file, fix=Sentence("Give the path of a file"))
    raise error(
        Sentence("files that end in {ending} are not known here", ending=file.suffix or Sentence("nothing")),
        file=file,
        fix=Sentence("Use one of {endings}", endings=Joined(", ", formats)),
    )


def in_file(error: DrgError, sources: Sequence[Path]) -> DrgError:
    """An error on a column, with the file if it is the only one."""
    if error.file is None and isinstance(error, InputError) and len(sources) == 1:
        error.file = str(sources[0])
    return error


def unreadable(sources: Sequence[Path], error: BaseException) -> InputError:
    """What is wrong with the file that polars does not read, in words.

    Args:
        sources: the files, one of which it is.
        error: one of ``READING_ERRORS``, or of the system.
    """
    file = _culprit(sources)
    text = str(error)
    if "utf-8" in text.lower():
        return _not_utf8(file)
    if twice := _TWICE.search(text):
        return InputError(
            Sentence("column {name!r} is there twice", name=twice[1]),
            file=file,
            fix=Sentence("Delete one of the two"),
        )
    if isinstance(error, pl.exceptions.PanicException):
        return InputError(Sentence("the file is damaged"), file=file, fix=Sentence("Export it once more"))
    reason = text.splitlines()[0].strip().rstrip(".") if text else type(error).__name__
    return InputError(
        Sentence("this is not a table that can be read ({reason})", reason=reason),
        file=file,
        fix=Sentence("Export it once more"),
    )


def _culprit(sources: Sequence[Path]) -> Path:
    """The first of several files that cannot be read to its end; the first one, if all can."""
    for file in sources if len(sources) > 1 else ():
        try:
            for table in tables_of(file):
                for _ in table.frame.collect_batches():
                    pass
        except (*READING_ERRORS, InputError):
            return file
    return sources[0]


def _not_utf8(file: Path) -> InputError:
    return InputError(
        Sentence("the text is not UTF-8"),
        file=file,
        fix=Sentence("Name its encoding, such as --encoding gb18030"),
    )
