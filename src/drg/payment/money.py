"""Amounts: decimal yuan in frames, whole fen inside.

int64 holds 92 quadrillion yuan in fen, far more than any amount here; sums over files are made by polars in
decimals of 38 digits. No amount passes through a binary float, unless it comes as one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from drg.columns import ALL
from drg.errors import InputError

YUAN: Final = pl.Decimal(18, 2)
NOT_GIVEN: Final = -1
UNUSABLE: Final = -2

# Read with eight decimals, rounded to two: half up, where a cast to two decimals would round half to even.
_FINE_DECIMALS: Final = 8
_FINE: Final = pl.Decimal(18, _FINE_DECIMALS)
_NOTHING: Final = pl.Series([0], dtype=YUAN)
_HIGHEST_FLOAT: Final = 10**18 / 10**_FINE_DECIMALS  # yuan; what 18 digits with eight decimals hold


def fen(series: pl.Series) -> npt.NDArray[np.int64]:
    """Amounts in yuan as whole fen.

    Args:
        series: decimals, whole numbers, floats or text; what is finer than a fen is rounded half up.

    Returns:
        The amounts [n]; ``NOT_GIVEN`` where null, NaN or blank, ``UNUSABLE`` where negative, no number or
        beyond what any amount can be.

    Raises:
        InputError: if the column holds dates, lists or anything else that is no amount.
    """
    return _whole(series, 2)


def amounts(frame: pl.DataFrame, name: str) -> npt.NDArray[np.int64]:
    """A column as ``fen``; one that is absent counts as empty."""
    if name not in frame.columns:
        return np.full(frame.height, NOT_GIVEN, dtype=np.int64)
    return fen(frame[name])


def fine(series: pl.Series) -> npt.NDArray[np.int64]:
    """Shares and coefficients as whole numbers of 1e-8; otherwise as ``fen``."""
    return _whole(series, _FINE_DECIMALS)


def _whole(series: pl.Series, places: int) -> npt.NDArray[np.int64]:
    """Numbers as whole numbers of ``10 ** -places``, half up; at most eight places."""
    dtype = series.dtype
    if isinstance(dtype, pl.Categorical | pl.Enum):
        series = series.cast(pl.String)
        dtype = series.dtype
    per_unit = 10 ** (_FINE_DECIMALS - places)
    if dtype == pl.String:
        text = series.str.strip_chars()
        whole = text.cast(_FINE, strict=False).to_physical().cast(pl.Int64, strict=False)
        return _marked(_rounded(whole, per_unit), (text != "").fill_null(False))
    if isinstance(dtype, pl.Decimal):
        return _marked(_of_decimals(series, dtype.scale, places), series.is_not_null())
    if dtype.is_float():
        series = series.cast(pl.Float64).fill_nan(None)
        return _marked(_of_floats(series, per_unit), series.is_not_null())
    if dtype.is_integer():
        return _marked(_times(series.cast(pl.Int64, strict=False), 10**places), series.is_not_null())
    if series.null_count() == len(series):
        return np.full(len(series), NOT_GIVEN, dtype=np.int64)
    column = ALL.get(series.name)
    raise InputError(
        f"{column.label_zh + ' ' if column else ''}{series.name} holds {dtype}, but a number is expected",
        field=series.name,
        fix=f"Give {column.meaning if column else 'amounts in yuan'}",
    )


def scaled(series: pl.Series, places: int) -> pl.Series:
    """Numbers that pricing wrote, of either sign, as whole numbers of ``10 ** -places``; null where empty.

    Args:
        series: decimals, whole numbers, floats or text with at most so many decimal places.
        places: 2 for amounts in yuan, 8 for weights and points.

    Raises:
        InputError: if the column holds what is no such number.
    """
    dtype = series.dtype
    if isinstance(dtype, pl.Decimal) and dtype.scale == places:
        return series.to_physical().cast(pl.Int64)
    if dtype == pl.Null:
        return series.cast(pl.Int64)
    try:
        if dtype.is_float():
            series = (series.fill_nan(None) * 10**places).round()
            return series.cast(pl.Int64)
        if dtype == pl.String:
            text = series.str.strip_chars()
            series = text.set(text == "", None)
        return series.cast(pl.Decimal(18, places)).to_physical().cast(pl.Int64)
    except pl.exceptions.PolarsError:
        column = ALL.get(series.name)
        raise InputError(
            f"{column.label_zh + ' ' if column else ''}{series.name} holds something that is no number",
            field=series.name,
            fix="Give the column as drg price wrote it: price the cases again",
        ) from None


def _rounded(units: pl.Series, per_unit: int) -> pl.Series:
    # Below zero by less than half a unit is still below zero.
    return ((units + per_unit // 2) // per_unit).set(units < 0, UNUSABLE)


def _times(units: pl.Series, factor: int) -> pl.Series:
    # Beyond the limit, one is as unusable as any; the product still fits.
    return units.clip(-1, 10**18 // factor) * factor


def _of_decimals(series: pl.Series, scale: int, places: int) -> pl.Series:
    # What does not fit is beyond all amounts.
    units = series.to_physical().cast(pl.Int64, strict=False)
    if scale > places:
        return _rounded(units, 10 ** (scale - places))
    return _times(units, 10 ** (places - scale)) if scale < places else units


def _of_floats(series: pl.Series, per_unit: int) -> pl.Series:
    """A float stands for the shortest decimal that is read as it: 1.005 is 1.005, not a little less."""
    values = series.fill_null(-1.0).to_numpy()
    usable = (values >= 0) & (values < _HIGHEST_FLOAT)
    whole = np.rint(np.where(usable, values, 0.0) * 10**_FINE_DECIMALS).astype(np.int64)
    return pl.Series(np.where(usable, (whole + per_unit // 2) // per_unit, UNUSABLE))


def _marked(amounts: pl.Series, present: pl.Series) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = amounts.fill_null(UNUSABLE).to_numpy(writable=True)
    found[found < 0] = UNUSABLE
    if not present.all():
        found[~present.to_numpy()] = NOT_GIVEN
    return found


def yuan(amounts: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """Whole fen as decimals in yuan with two places; null where ``missing``."""
    if missing is None and not amounts.any():
        return _NOTHING.new_from_index(0, len(amounts))
    # A decimal is a whole number of 128 bits: the amount, and its sign once more.
    words = np.empty((len(amounts), 2), dtype=np.int64)
    words[:, 0] = amounts
    np.right_shift(words[:, 0], 63, out=words[:, 1])
    valid = None
    if missing is not None and missing.any():
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pl.Series(pa.Array.from_buffers(pa.decimal128(18, 2), len(amounts), [valid, pa.py_buffer(words)]))
