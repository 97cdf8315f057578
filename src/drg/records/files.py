"""Tables and other content as files, written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import polars as pl
import polars.selectors as cs

from drg.errors import DrgError, OutputError, no_room
from drg.records import spreadsheet
from drg.records.exact_paths import exact
from drg.records.formula_cells import marked
from drg.records.outputs import place_of, placed, tell_marked, to_standard_output, unwritable
from drg.records.parquet import ENDING, sink
from drg.records.scanning import READING_ERRORS, in_file, known_ending, unreadable
from drg.temporary import temporary_directory
from drg.words import Joined, Sentence

# How lists of codes are written where a cell can only hold text.
LIST_SEPARATOR: Final = "|"

_CSV_COMPRESSION: dict[str, Literal["uncompressed", "gzip", "zstd"]] = {
    ".csv": "uncompressed",
    ".csv.gz": "gzip",
    ".csv.zst": "zstd",
}
OUTPUT_FORMATS: Final = (".parquet", *_CSV_COMPRESSION, ".xlsx")
# More than may be free on a disk that is called full.
_PROBE_BYTES: Final = 1 << 16
# Instead of a file: CSV goes to standard output.
STANDARD_OUTPUT: Final = Path("-")


def check_output(file: Path, *others: str) -> None:
    """Whether a table could be written here: to know it before the work is done, not after.

    Args:
        file: where to.
        others: the endings of what else than a table can be written here.

    Raises:
        OutputError: the ending is not known, or there is no such directory.
    """
    if file == STANDARD_OUTPUT:
        return
    known_ending(file, (*OUTPUT_FORMATS, *others), OutputError)
    check_place(file)


def check_place(file: Path) -> None:
    """Whether a file of any kind could be written here.

    Raises:
        OutputError: there is no such directory, or what is there is no file.
    """
    place_of(file)


def write(frame: pl.LazyFrame, file: Path, *, sources: Sequence[Path], bom: bool = True) -> None:
    """Compute a table and write it, batch by batch; until it is complete, nothing is at ``file``.

    Args:
        frame: what to write. An Excel sheet is put together in memory, all else is not.
        file: where to; the ending chooses the format. To ``STANDARD_OUTPUT`` goes CSV, when it is complete.
        sources: the files that the frame reads, for messages; none of them is overwritten.
        bom: begin a CSV file with a byte order mark, without which Excel takes Chinese text for another code,
            and put ``formula_cells.MARK`` before texts that Excel would take for formulas. Standard output,
            which programs read, has neither.

    Raises:
        OutputError: if the file cannot be written.
        InputError: if a source turns out to be unreadable on the way.
    """
    if file == STANDARD_OUTPUT:
        part = temporary_directory() / "output.csv"
        _compute(frame, part, part, sources, bom=False)
        to_standard_output(part)
        return
    with placed(file, sources=sources) as part:
        _compute(frame, part, file, sources, bom=bom)


def _compute(frame: pl.LazyFrame, part: Path, file: Path, sources: Sequence[Path], *, bom: bool) -> None:
    """Compute a table into ``part``, as the ending of ``file`` says."""
    ending = known_ending(file, OUTPUT_FORMATS, OutputError)
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
            marks: list[int] = []
            text = marked(text, marks.append) if bom else text
            text.sink_csv(
                exact(part),
                include_bom=bom,
                datetime_format="%Y-%m-%d %H:%M:%S",
                compression=compression,
                check_extension=False,
            )
            tell_marked(file, sum(marks))
    except DrgError as error:
        raise in_file(error, sources) from None
    except (*READING_ERRORS, OSError) as error:
        # A source may have changed or gone on the way; of several it is the one that is named.
        named = next((source for source in sources if source.name in str(error)), None)
        refused = None if named else no_room(error) or _refused(part)
        if refused is not None:
            raise unwritable(file, refused) from error
        if named is None and (isinstance(error, OSError) or not sources):
            raise
        raise unreadable([named] if named else sources, error) from None


def _refused(part: Path) -> OSError | None:
    """Why nothing more can be written to a file; polars does not always say that it is this."""
    try:
        with part.open("ab") as rest:
            rest.write(bytes(_PROBE_BYTES))
    except OSError as error:
        return error
    return None


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
