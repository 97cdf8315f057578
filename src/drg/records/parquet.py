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
from drg.records.exact_paths import exact

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
