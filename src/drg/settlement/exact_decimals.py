"""128-bit integers → decimals, exactly.

An amount is counted in fen and called by its figure, ``payment``, until it is put into a result: there it is
in yuan, and its column says so, ``payment_yuan``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl
import pyarrow as pa

from drg.columns import Column

_UNIT: Final = "_yuan"


def in_yuan(figure: str) -> str:
    """The column of a figure that is an amount."""
    return f"{figure}{_UNIT}"


def figure(column: str) -> str:
    """The figure of a column of a result: the inverse of ``in_yuan``."""
    return column.removesuffix(_UNIT)


def as_decimals(frame: pl.DataFrame, columns: Iterable[Column]) -> pl.DataFrame:
    """The figures of a frame as columns with their types; whole fen become yuan, units of 1e-8 numbers."""
    return pl.DataFrame(
        [_typed(frame[figure(column.name)], column.dtype).alias(column.name) for column in columns]
    )


def _typed(series: pl.Series, dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    if not isinstance(dtype, pl.Decimal):
        return series.cast(dtype)
    # A decimal is a whole number of 128 bits and a scale: only the scale is put on.
    whole = series.cast(pl.Int128).cast(pl.Decimal(38, 0)).to_arrow()
    array = pa.Array.from_buffers(
        pa.decimal128(38, dtype.scale), len(whole), whole.buffers(), offset=whole.offset
    )
    return pl.Series(series.name, array)
