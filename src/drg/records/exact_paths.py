"""Files that polars reads, by exactly their path.

Left to itself polars takes ``data[1].csv`` for a pattern that is met by ``data1.csv``, and a leading ``~``
for a home. No other module calls a reader of polars with a path.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from drg.forks import check_process


def exact(file: Path) -> Path:
    """The path from the root, in which a leading ``~`` is no home."""
    return file.absolute()


@contextlib.contextmanager
def told_by_the_system() -> Iterator[None]:
    """Errors of polars in writing a small file of ours as errors of the system, which is what they are."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise OSError(str(error)) from error


def scan_parquet(file: Path, *, row: str | None = None) -> pl.LazyFrame:
    """A Parquet file, read when it is needed.

    Args:
        file: the file.
        row: the name of a column to add in front, with the number of each row as a spreadsheet counts.
    """
    check_process()
    return pl.scan_parquet(
        exact(file), glob=False, hive_partitioning=False, row_index_name=row, row_index_offset=2
    )


def read_parquet(file: Path) -> pl.DataFrame:
    """A Parquet file."""
    check_process()
    return pl.read_parquet(exact(file), glob=False, hive_partitioning=False)


def scan_csv(source: Path | bytes, **options: Any) -> pl.LazyFrame:
    """A CSV file or the content of one, read when it is needed; ``options`` are those of polars."""
    check_process()
    return pl.scan_csv(exact(source) if isinstance(source, Path) else source, glob=False, **options)


def scan_lines(source: Path | bytes, *, name: str, number: str) -> pl.LazyFrame:
    """The lines of a text file or the content of one, read when they are needed.

    Args:
        source: UTF-8.
        name: the column of the lines.
        number: the column of their numbers, counted from 1.
    """
    check_process()
    return pl.scan_lines(
        exact(source) if isinstance(source, Path) else source,
        name=name,
        row_index_name=number,
        row_index_offset=1,
        glob=False,
    )


def read_csv(source: Path | bytes, **options: Any) -> pl.DataFrame:
    """A CSV file or the content of one; ``options`` are those of polars."""
    check_process()
    return pl.read_csv(exact(source) if isinstance(source, Path) else source, glob=False, **options)


def scan_ipc(files: Sequence[Path]) -> pl.LazyFrame:
    """Arrow files one after the other, read when they are needed."""
    check_process()
    return pl.scan_ipc([exact(file) for file in files], glob=False, hive_partitioning=False)
