"""128-bit integers → decimals, exactly."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import pyarrow as pa

from drg.columns import Column


def as_decimals(frame: pl.DataFrame, columns: Iterable[Column]) -> pl.DataFrame:
    """The columns of a frame with their types; whole fen become yuan, units of 1e-8 numbers."""
    return frame.select(_typed(frame[column.name], column.dtype) for column in columns)


def _typed(series: pl.Series, dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    if not isinstance(dtype, pl.Decimal):
        return series.cast(dtype)
    # A decimal is a whole number of 128 bits and a scale: only the scale is put on.
    whole = series.cast(pl.Int128).cast(pl.Decimal(38, 0)).to_arrow()
    array = pa.Array.from_buffers(
        pa.decimal128(38, dtype.scale), len(whole), whole.buffers(), offset=whole.offset
    )
    return pl.Series(series.name, array)
