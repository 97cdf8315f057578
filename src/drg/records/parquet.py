"""Parquet files, in which texts of few distinct ones are written by their numbers.

A column of text in Parquet is a list of its distinct texts and a number for each row. polars finds the list
anew from texts, and has it already of categories; but it also notes that they are categories. So frames come
with columns of ``categories.numbered_text``, and the note is that of a file of the same columns as text.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import polars as pl

from drg.categories import is_numbered_text
from drg.errors import InputError
from drg.records import input_limits as limits
from drg.records.exact_paths import exact, scan_parquet
from drg.words import Sentence

ENDING: Final = ".parquet"
# The lowest level of zstd writes a fifth faster, into a file a few percent larger. Least and greatest values
# of columns in no order spare no reader anything, and finding them takes a twentieth of the time of grouping.
_OPTIONS: Final[dict[str, Any]] = {
    "compression": "zstd",
    "compression_level": 1,
    "statistics": {"min": False, "max": False, "null_count": True},
}
# Where a file notes the types of Arrow.
_NOTE: Final = "ARROW:schema"


def is_parquet(file: Path) -> bool:
    """Whether a file is Parquet by its ending."""
    return file.name.lower().endswith(ENDING)


def check_size(file: Path, columns: int) -> None:
    """Refuse a file whose rows would take the memory of the machine; only its footer is looked at.

    Args:
        file: the file.
        columns: how many it has.

    Raises:
        InputError: it has too many rows, or too many that can only be read together.
    """
    rows = int(scan_parquet(file).select(pl.len()).collect().item())
    if rows > limits.MOST_ROWS_OF_PARQUET:
        raise InputError(
            Sentence("the file claims to have {rows:,} rows", rows=rows),
            file=file,
            fix=Sentence("At most {most:,} rows are read: split it", most=limits.MOST_ROWS_OF_PARQUET),
        )
    if rows * columns <= limits.MOST_CELLS_OF_ROW_GROUP:
        return
    import pyarrow.parquet as pq  # a tenth of a second that only large files cost

    try:
        footer = pq.read_metadata(file)
        largest = max((footer.row_group(at).num_rows for at in range(footer.num_row_groups)), default=0)
    except (OSError, ValueError):
        largest = rows
    if largest * columns > limits.MOST_CELLS_OF_ROW_GROUP:
        raise InputError(
            Sentence(
                "the file has {rows:,} rows of {columns:,} columns in one row group",
                rows=largest,
                columns=columns,
            ),
            file=file,
            fix=Sentence(
                "At most {most:,} cells are read at a time: write it in smaller row groups, or split it",
                most=limits.MOST_CELLS_OF_ROW_GROUP,
            ),
        )


def sink(frame: pl.LazyFrame, file: Path) -> None:
    """Compute a table and write it, batch by batch; columns of numbered texts are text."""
    given = frame.collect_schema()
    numbered = [name for name, dtype in given.items() if is_numbered_text(dtype)]
    texts = frame.with_columns(pl.col(numbered).cast(pl.String))
    if numbered:
        types = texts.collect_schema()
        note = {_NOTE: pl.read_parquet_metadata(_empty(types))[_NOTE]}
        # Another release of polars may heed another note.
        if pl.read_parquet_schema(_empty(given, note)) == types:
            frame.sink_parquet(exact(file), metadata=note, **_OPTIONS)
            return
    texts.sink_parquet(exact(file), **_OPTIONS)


def _empty(types: pl.Schema, note: dict[str, str] | None = None) -> io.BytesIO:
    """A file without rows."""
    file = io.BytesIO()
    pl.DataFrame(schema=types).write_parquet(file, metadata=note)
    file.seek(0)
    return file
