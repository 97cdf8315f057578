"""Batches of a useful size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl
from polars.io.plugins import register_io_source

ROWS: Final = 30_000


def rebatched(frame: pl.LazyFrame, rows: int = ROWS) -> pl.LazyFrame:
    """The same rows in batches of a size at which work that is done once per batch does not count.

    CSV files arrive in batches that a processor cache holds, a third of this size. Larger batches than this
    save little time and take more memory.
    """

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        lazy = frame if columns is None else frame.select(columns)
        lazy = lazy if predicate is None else lazy.filter(predicate)
        lazy = lazy if most is None else lazy.head(most)
        yield from lazy.collect_batches(chunk_size=rows, maintain_order=True)

    return register_io_source(source, schema=frame.collect_schema())
