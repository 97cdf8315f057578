"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import polars as pl
import polars.selectors as cs

from drg.errors import DrgError, OutputError, system_reason
from drg.records import spreadsheet
from drg.records.exact_paths import exact
from drg.records.parquet import ENDING, sink
from drg.records.scanning import READING_ERRORS, in_file, known_ending, unreadable
from drg.words import Joined, Sentence

# How lists of codes are written where a cell can only hold text.
LIST_SEPARATOR: Final = "|"

_CSV_COMPRESSION: dict[str, Literal["uncompressed", "gzip", "zstd"]] = {
    ".csv": "uncompressed",
    ".csv.gz": "gzip",
    ".csv.zst": "zstd",
}
OUTPUT_FORMATS: Final = (".parquet", *_CSV_COMPRESSION, ".xlsx")
# Instead of a file: CSV goes to standard output.
STANDARD_OUTPUT: Final = Path("-")


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
    if file == STANDARD_OUTPUT:
        return
    known_ending(file, OUTPUT_FORMATS, OutputError)
    check_place(file)


def check_place(file: Path) -> None:
    """Whether there is a directory for a file of any kind.

    Raises:
        OutputError: there is none.
    """
    if not file.parent.is_dir():
        raise _unwritable(file, FileNotFoundError())


def write(frame: pl.LazyFrame, file: Path, *, sources: Sequence[Path], bom: bool = True) -> None:
    """Compute a table and write it, batch by batch; until it is complete, nothing is at ``file``.

    Args:
        frame: what to write. An Excel sheet is put together in memory, all else is not.
        file: where to; the ending chooses the format. To ``STANDARD_OUTPUT`` goes CSV, when it is complete.
        sources: the files that the frame reads, for messages; none of them is overwritten.
        bom: begin a CSV file with a byte order mark, without which Excel takes Chinese text for another code.
            Standard output, which programs read, has none.

    Raises:
        OutputError: if the file cannot be written.
        InputError: if a source turns out to be unreadable on the way.
    """
    if file == STANDARD_OUTPUT:
        with tempfile.TemporaryDirectory(prefix="drg-") as directory:
            part = Path(directory) / "output.csv"
            write(frame, part, sources=sources, bom=False)
            with part.open("rb") as content:
                shutil.copyfileobj(content, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return
    ending = known_ending(file, OUTPUT_FORMATS, OutputError)
    with placed(file, sources=sources) as part:
        try:
            if ending == ENDING:
                sink(frame, part)
                return
            text = frame.with_columns(pl.col(pl.List(pl.String)).list.join(LIST_SEPARATOR))
            if ending == ".xlsx":
                _write_sheet(text, part, file)
            else:
                _check_flat(text, file)
                # Without its zone a time would be another one.
                text = text.with_columns(cs.datetime(time_zone="*").dt.to_string("%Y-%m-%d %H:%M:%S%:z"))
                compression = _CSV_COMPRESSION[ending]
                text.sink_csv(
                    exact(part),
                    include_bom=bom,
                    datetime_format="%Y-%m-%d %H:%M:%S",
                    compression=compression,
                    check_extension=False,
                )
        except DrgError as error:
            raise in_file(error, sources) from None
        except READING_ERRORS as error:
            raise unreadable(sources, error) from None


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


def _check_flat(frame: pl.LazyFrame, file: Path) -> None:
    """Refuse columns of which text files hold nothing."""
    types = frame.collect_schema()
    nested = [name for name, dtype in types.items() if dtype.is_nested() or dtype == pl.Binary]
    if nested:
        raise OutputError(
            Sentence("a text file cannot hold the nested columns {names}", names=Joined(", ", nested)),
            file=file,
            fix=Sentence("Write Parquet: give the output the ending .parquet"),
        )


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
