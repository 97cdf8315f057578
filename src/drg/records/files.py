"""Tables of discharges as files: scanned lazily, written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from drg.errors import DrgError, InputError, OutputError

# How lists of codes are written where a cell can only hold text.
LIST_SEPARATOR = "|"

_CSV_COMPRESSION: dict[str, Literal["uncompressed", "gzip", "zstd"]] = {
    ".csv": "uncompressed",
    ".csv.gz": "gzip",
    ".csv.zst": "zstd",
}
FORMATS = (".parquet", *_CSV_COMPRESSION)


def scan(file: Path) -> pl.LazyFrame:
    """A table of discharges, read when it is needed. Every column of a CSV file is text.

    Raises:
        InputError: if there is no such file, or it is not a table.
    """
    ending = _ending(file, InputError)
    if not file.is_file():
        what = "this is a directory" if file.is_dir() else "there is no such file"
        raise InputError(what, file=file, fix="Give the path of a Parquet or CSV file")
    try:
        if ending == ".parquet":
            frame = pl.scan_parquet(file)
        else:
            frame = pl.scan_csv(file, infer_schema=False, truncate_ragged_lines=False)
        names = frame.collect_schema().names()
    except pl.exceptions.NoDataError:
        raise InputError("the file is empty", file=file, fix="A table has at least a header row") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(file, error) from error
    if any("�" in name or "\x00" in name for name in names):
        raise _not_utf8(file)
    return frame


def scan_all(files: Sequence[Path]) -> pl.LazyFrame:
    """Several tables, one after the other; a column that some of them lack is empty in their rows.

    Raises:
        InputError: as ``scan``, or if the files cannot be put together.
    """
    frames = [scan(file) for file in files]
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")


def count_rows(files: Sequence[Path]) -> int | None:
    """The number of rows, or None if it takes reading the whole file to know."""
    if any(_ending(file, InputError) != ".parquet" for file in files):
        return None
    return sum(int(pl.scan_parquet(file).select(pl.len()).collect().item()) for file in files)


def write(frame: pl.LazyFrame, file: Path, *, sources: Sequence[Path], bom: bool = True) -> None:
    """Compute a table and write it, batch by batch; until it is complete, nothing is at ``file``.

    Args:
        frame: what to write.
        file: where to; the ending chooses the format.
        sources: the files that the frame reads, for messages; none of them is overwritten.
        bom: begin a CSV file with a byte order mark, without which Excel takes Chinese text for another code.

    Raises:
        OutputError: if the file cannot be written.
        InputError: if a source turns out to be unreadable on the way.
    """
    ending = _ending(file, OutputError)
    if any(source.exists() and file.exists() and source.samefile(file) for source in sources):
        raise OutputError("this is the input", file=file, fix="Choose another name for the result")
    with _placed(file) as part:
        try:
            if ending == ".parquet":
                frame.sink_parquet(part)
            else:
                text = frame.with_columns(pl.col(pl.List(pl.String)).list.join(LIST_SEPARATOR))
                compression = _CSV_COMPRESSION[ending]
                text.sink_csv(part, include_bom=bom, compression=compression, check_extension=False)
        except DrgError:
            raise
        except pl.exceptions.PolarsError as error:
            raise _unreadable_part(sources, error) from error


@contextlib.contextmanager
def _placed(file: Path) -> Iterator[Path]:
    """A file beside ``file`` to write to; it takes its place at the end, or goes if something fails."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
        os.close(handle)
    except OSError as error:
        raise _unwritable(file, error) from error
    part = Path(name)
    try:
        if file.is_dir():
            raise OutputError("this is a directory", file=file, fix="Give the name of a file")
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


def _ending(file: Path, error: type[DrgError]) -> str:
    name = file.name.lower()
    for ending in FORMATS:
        if name.endswith(ending):
            return ending
    raise error(
        f"files that end in {file.suffix or 'nothing'} are not known here",
        file=file,
        fix=f"Use one of {', '.join(FORMATS)}; from Excel, save as 'CSV UTF-8'",
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
    if file.name.lower().endswith(".csv") and (place := _odd_row(file)):
        row, cells, columns = place
        return InputError(
            f"the row has {cells} cells, but the header has {columns}",
            file=file,
            row=row,
            fix="Give the row one cell per column; put a cell that holds a comma in quotation marks",
        )
    reason = str(error).splitlines()[0].strip().rstrip(".") if str(error) else type(error).__name__
    return InputError(
        f"this is not a table that can be read ({reason})", file=file, fix="Export it once more"
    )


def _odd_row(file: Path) -> tuple[int, int, int] | None:
    """The first row with more cells than the header, as row, cells and columns."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        rows = csv.reader(text)
        columns = len(next(rows, []))
        for number, cells in enumerate(rows, start=2):
            if len(cells) > columns:
                return number, len(cells), columns
    return None


def _not_utf8(file: Path) -> InputError:
    return InputError("the text is not UTF-8", file=file, fix="Save it as 'CSV UTF-8' (in Excel: Save As)")


def _unwritable(file: Path, error: OSError) -> OutputError:
    if isinstance(error, FileNotFoundError):
        return OutputError(f"there is no directory {file.parent}", file=file, fix="Make it first")
    return OutputError(
        f"cannot be written: {error.strerror or error}",
        file=file,
        fix="Close the file if it is open elsewhere, or choose another place",
    )
