"""Tables of discharges as files: scanned lazily, written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import polars as pl
import polars.selectors as cs

from drg.errors import DrgError, InputError, OutputError, system_reason
from drg.records import encodings, spreadsheet
from drg.records.exact_paths import exact, scan_csv, scan_parquet
from drg.records.parquet import ENDING, sink
from drg.words import Joined, Sentence

# How lists of codes are written where a cell can only hold text.
LIST_SEPARATOR: Final = "|"

_CSV_COMPRESSION: dict[str, Literal["uncompressed", "gzip", "zstd"]] = {
    ".csv": "uncompressed",
    ".csv.gz": "gzip",
    ".csv.zst": "zstd",
}
_TEXT = (*_CSV_COMPRESSION, ".txt", ".tsv")
INPUT_FORMATS: Final = (".parquet", *_TEXT, *spreadsheet.ENDINGS)
OUTPUT_FORMATS: Final = (".parquet", *_CSV_COMPRESSION, ".xlsx")


@dataclass(frozen=True)
class Dialect:
    """How to read files of text and workbooks; None is found out from the file.

    Attributes:
        encoding: such as gb18030 or utf-8.
        delimiter: what stands between cells.
        sheet: the name or the number of the sheet of a workbook.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


def scan(file: Path, dialect: Dialect | None = None, *, row: str | None = None) -> pl.LazyFrame:
    """A table of discharges, read when it is needed. Every column is text, but for those of Parquet.

    Args:
        file: the file.
        dialect: how it is written.
        row: the name of a column to add in front, with the number of each row as a spreadsheet counts.

    Raises:
        InputError: if there is no such file, or it is not a table.
    """
    dialect = dialect or Dialect()
    ending = _ending(file, INPUT_FORMATS, InputError)
    if not file.is_file():
        what = Sentence("this is a directory") if file.is_dir() else Sentence("there is no such file")
        raise InputError(what, file=file, fix=Sentence("Give the path of a Parquet, CSV or Excel file"))
    try:
        if ending == ".parquet":
            frame = scan_parquet(file, row=row)
        elif ending in spreadsheet.ENDINGS:
            sheet = spreadsheet.read_sheet(file, dialect.sheet)
            frame = (sheet.with_row_index(row, offset=2) if row else sheet).lazy()
        else:
            frame = _scan_text(file, dialect, row)
        names = frame.collect_schema().names()
    except pl.exceptions.NoDataError:
        raise InputError(
            Sentence("the file is empty"), file=file, fix=Sentence("A table has at least a header row")
        ) from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(file, error) from error
    if any("�" in name or "\x00" in name for name in names):
        raise _not_utf8(file)
    return frame


def _scan_text(file: Path, dialect: Dialect, row: str | None) -> pl.LazyFrame:
    given = dialect.encoding
    encoding = encodings.known_encoding(given) if given else encodings.detect_encoding(file)
    if dialect.delimiter:
        delimiter = encodings.known_delimiter(dialect.delimiter)
    else:
        delimiter = encodings.detect_delimiter(encodings.first_line(file, encoding))
    text = encodings.as_utf8(file, encoding)
    return scan_csv(
        text,
        separator=delimiter,
        infer_schema=False,
        truncate_ragged_lines=False,
        row_index_name=row,
        row_index_offset=2,
    )


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
    except pl.exceptions.PolarsError as error:
        raise _unreadable_part(sources, error) from error


def make_directory(directory: Path) -> None:
    """Make a directory, with those above it, unless it is there.

    Raises:
        OutputError: it cannot be made.
    """
    if directory.is_file():
        fix = Sentence("Give the name of a directory; a new one is made")
        raise OutputError(Sentence("there is a file of this name"), file=directory, fix=fix)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            Sentence("cannot be made: {reason}", reason=system_reason(error)),
            file=directory,
            fix=Sentence("Give the name of a directory"),
        ) from None


def check_output(file: Path) -> None:
    """Whether a table could be written here: to know it before the work is done, not after.

    Raises:
        OutputError: the ending is not known, or there is no such directory.
    """
    _ending(file, OUTPUT_FORMATS, OutputError)
    if not file.parent.is_dir():
        raise _unwritable(file, FileNotFoundError())


def write(frame: pl.LazyFrame, file: Path, *, sources: Sequence[Path], bom: bool = True) -> None:
    """Compute a table and write it, batch by batch; until it is complete, nothing is at ``file``.

    Args:
        frame: what to write. An Excel sheet is put together in memory, all else is not.
        file: where to; the ending chooses the format.
        sources: the files that the frame reads, for messages; none of them is overwritten.
        bom: begin a CSV file with a byte order mark, without which Excel takes Chinese text for another code.

    Raises:
        OutputError: if the file cannot be written.
        InputError: if a source turns out to be unreadable on the way.
    """
    ending = _ending(file, OUTPUT_FORMATS, OutputError)
    with placed(file, sources=sources) as part:
        try:
            if ending == ENDING:
                sink(frame, part)
                return
            text = frame.with_columns(pl.col(pl.List(pl.String)).list.join(LIST_SEPARATOR))
            if ending == ".xlsx":
                _write_sheet(text, part, file)
            else:
                compression = _CSV_COMPRESSION[ending]
                text.sink_csv(
                    exact(part),
                    include_bom=bom,
                    datetime_format="%Y-%m-%d %H:%M:%S",
                    compression=compression,
                    check_extension=False,
                )
        except DrgError:
            raise
        except pl.exceptions.PolarsError as error:
            raise _unreadable_part(sources, error) from error


def write_bytes(content: bytes, file: Path, *, sources: Sequence[Path]) -> None:
    """Write what is complete already, such as a page: whole, or not at all.

    Args:
        content: of the file.
        file: where to.
        sources: none of them is overwritten.

    Raises:
        OutputError: if the file cannot be written.
    """
    with placed(file, sources=sources) as part:
        part.write_bytes(content)


def _write_sheet(frame: pl.LazyFrame, part: Path, file: Path) -> None:
    """One sheet; text stays text, so that codes keep their zeros."""
    from drg.records.workbook import write_frame

    # One row more than a sheet holds is enough to refuse it.
    rows = frame.head(spreadsheet.MOST_ROWS).collect(engine="streaming")
    content = io.BytesIO()
    write_frame(rows, content, file)
    part.write_bytes(content.getvalue())


@contextlib.contextmanager
def placed(file: Path, *, sources: Sequence[Path] = ()) -> Iterator[Path]:
    """A file beside ``file`` to write to; it takes its place at the end, or goes if something fails.

    Args:
        file: where to.
        sources: none of them is overwritten.

    Raises:
        OutputError: if the file cannot be written.
    """
    if any(source.exists() and file.exists() and source.samefile(file) for source in sources):
        raise OutputError(
            Sentence("this is the input"), file=file, fix=Sentence("Choose another name for the result")
        )
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
        os.close(handle)
    except OSError as error:
        raise _unwritable(file, error) from error
    part = Path(name)
    try:
        if file.is_dir():
            raise OutputError(
                Sentence("this is a directory"), file=file, fix=Sentence("Give the name of a file")
            )
        yield part
        # A temporary file is private; the result has the rights of any new file.
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        part.replace(file)
    except OSError as error:
        raise _unwritable(file, error) from error
    finally:
        part.unlink(missing_ok=True)


def _ending(file: Path, formats: Sequence[str], error: type[DrgError]) -> str:
    name = file.name.lower()
    for ending in formats:
        if name.endswith(ending):
            return ending
    raise error(
        Sentence("files that end in {ending} are not known here", ending=file.suffix or Sentence("nothing")),
        file=file,
        fix=Sentence("Use one of {endings}", endings=Joined(", ", formats)),
    )


def _unreadable_part(sources: Sequence[Path], error: Exception) -> DrgError:
    for source in sources:
        problem = _unreadable(source, error)
        if problem.row is not None:
            return problem
    return _unreadable(sources[0], error)


def _unreadable(file: Path, error: Exception) -> InputError:
    """What is wrong with a file that polars does not read, in words; the file is read again to find out."""
    if "utf-8" in str(error).lower():
        return _not_utf8(file)
    if file.name.lower().endswith((".csv", ".txt", ".tsv")) and (place := _odd_row(file)):
        row, cells, columns = place
        return InputError(
            Sentence("the row has {cells} cells, but the header has {columns}", cells=cells, columns=columns),
            file=file,
            row=row,
            fix=Sentence(
                "Give the row one cell per column; put a cell that holds a comma in quotation marks"
            ),
        )
    reason = str(error).splitlines()[0].strip().rstrip(".") if str(error) else type(error).__name__
    return InputError(
        Sentence("this is not a table that can be read ({reason})", reason=reason),
        file=file,
        fix=Sentence("Export it once more"),
    )


def _odd_row(file: Path) -> tuple[int, int, int] | None:
    """The first row with more cells than the header, as row, cells and columns."""
    encoding = encodings.detect_encoding(file)
    delimiter = encodings.detect_delimiter(encodings.first_line(file, encoding))
    with file.open(encoding=encoding, errors="replace", newline="") as text:
        rows = csv.reader(text, delimiter=delimiter)
        columns = len(next(rows, []))
        for number, cells in enumerate(rows, start=2):
            if len(cells) > columns:
                return number, len(cells), columns
    return None


def _not_utf8(file: Path) -> InputError:
    return InputError(
        Sentence("the text is not UTF-8"),
        file=file,
        fix=Sentence("Name its encoding, such as --encoding gb18030"),
    )


def _unwritable(file: Path, error: OSError) -> OutputError:
    if isinstance(error, FileNotFoundError):
        return OutputError(
            Sentence("there is no directory {directory}", directory=file.parent),
            file=file,
            fix=Sentence("Make it first"),
        )
    return OutputError(
        Sentence("cannot be written: {reason}", reason=system_reason(error)),
        file=file,
        fix=Sentence("Close the file if it is open elsewhere, or choose another place"),
    )
