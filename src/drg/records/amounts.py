"""Numbers that are exact: amounts in yuan, weights and points, as decimals.

No amount passes through a binary float, unless it comes as one; then it stands for the shortest decimal that
is read as it. What is finer than the column is rounded half up, away from zero.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import Column
from drg.records.cells import Cells, bare, by_spelling, plain_type, wrong_type

# Text and floats are read with eight decimals.
_FINE_PLACES: Final = 8
_FINE: Final = pl.Decimal(18, _FINE_PLACES)
_HIGHEST_FLOAT: Final = 10**18 / 10**_FINE_PLACES  # what 18 digits with eight decimals hold
_EXACT: Final = pl.Decimal(38, 16)
_HIGHEST_EXACT: Final = 10**12
# What a computation in a sheet leaves behind is no amount of its own.
_DUST: Final = 1e-6
# 1355,90 and 1.355,90: between thousands stand three digits.
_DECIMAL_COMMA: Final = r"^-?(?:\d+|\d{1,3}(?:[. ]\d{3})+),\d{2}$"
# 1234.5, 1,234.50, (12.00); not 1,5, which may be cut off.
_NUMBER: Final = r"^[-+]?(?:\d+|\d{1,3}(?:[, ]\d{3})+|\.\d)(?:\.?\d*)(?:e[-+]?\d{1,2})?$"
_UNITS: Final = "元|圆"

Ints = npt.NDArray[np.int64]


def amounts(cells: pl.Series, column: Column, unit: Decimal = Decimal(1)) -> Cells:
    """Decimals of the scale of a column.

    Args:
        cells: decimals, whole numbers, floats or text.
        column: to fill; its type is a decimal.
        unit: how much of the unit of the column one unit of the cells is.
    """
    cells = plain_type(cells)
    dtype, target = cells.dtype, column.dtype
    assert isinstance(target, pl.Decimal)
    if unit != 1:
        return _multiplied(cells, column, unit)
    if dtype == target:
        return Cells(cells)
    if dtype == pl.String:
        fine = cells.cast(_FINE, strict=False)
        quick = _of_fine(fine.to_physical().cast(pl.Int64), target.scale)

        def read(text: pl.Series) -> pl.Series:
            return exact(text, target.scale)["value"].cast(target, strict=False)

        commas = (quick.is_null() & cells.str.contains(_DECIMAL_COMMA)).fill_null(False)
        return by_spelling(cells, quick, read)._replace(doubtful=commas if commas.any() else None)
    if isinstance(dtype, pl.Decimal):
        if dtype.scale > target.scale:
            cells = cells.round(target.scale, mode="half_away_from_zero")
        values = cells.cast(target, strict=False)
    elif dtype.is_float():
        cells = cells.cast(pl.Float64).fill_nan(None)
        values = _of_floats(cells, target.scale)
    elif dtype.is_integer():
        values = cells.cast(pl.Int128).cast(target, strict=False)
    else:
        raise wrong_type(cells, column)
    unread = cells.is_not_null() & values.is_null()
    return Cells(values, unread if unread.any() else None)


def exact(texts: pl.Series, places: int, units: str = _UNITS) -> pl.DataFrame:
    """Numbers as written, exactly.

    Args:
        texts: plain numbers, with separators between thousands, a currency sign or a unit behind them; below
            zero also in brackets.
        places: how many decimals count.
        units: that may stand behind a number.

    Returns:
        ``value``, a decimal with ``places`` decimals, null if it cannot be read or is beyond all amounts;
        ``rounded``, whether it was written finer.
    """
    plain = bare(texts).str.to_lowercase().str.replace(r"^¥\s*", "").str.replace(rf"\s*(?:{units})$", "")
    plain = plain.str.replace(r"^\(([^()+-]+)\)$", "-$1").str.replace("−", "-", literal=True)
    comma = plain.str.contains(_DECIMAL_COMMA).fill_null(False)
    if comma.any():
        whole = plain.filter(comma).str.replace_all(r"[. ]", "").str.replace(",", ".", literal=True)
        plain = plain.scatter(comma.arg_true(), whole)
    in_ten_thousands = plain.str.ends_with("万").fill_null(False)
    plain = plain.str.strip_suffix("万").str.strip_chars()
    number = plain.set(~plain.str.contains(_NUMBER).fill_null(False), None)
    number = number.str.replace_all("[, ]", "").str.strip_prefix("+")
    fine = number.cast(_EXACT, strict=False)
    if in_ten_thousands.any():
        fine = fine.zip_with(~in_ten_thousands, (fine * 10_000).cast(_EXACT, strict=False))
    fine = fine.set((fine.abs() > _HIGHEST_EXACT).fill_null(False), None)
    value = fine.round(places, mode="half_away_from_zero")
    finer = (fine - value).cast(pl.Float64).abs() > _DUST
    return pl.DataFrame({"value": value.cast(pl.Decimal(38, places)), "rounded": finer.fill_null(False)})


def decimals(units: Ints, places: int, missing: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """Whole numbers of ``10 ** -places`` as decimals of 18 digits; null where ``missing``."""
    import pyarrow as pa  # takes as long as grouping ten cases, which need no decimals

    # A decimal is a whole number of 128 bits: the number, and its sign once more.
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    np.right_shift(words[:, 0], 63, out=words[:, 1])
    valid = None
    if missing is not None and missing.any():
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    buffers = [valid, pa.py_buffer(words)]
    return pl.Series(pa.Array.from_buffers(pa.decimal128(18, places), len(units), buffers))


def _of_fine(units: pl.Series, places: int) -> pl.Series:
    """Whole numbers of 1e-8 as decimals."""
    missing = units.is_null().to_numpy() if units.null_count() else None
    whole: Ints = units.fill_null(0).to_numpy()
    if places < _FINE_PLACES:
        per = 10 ** (_FINE_PLACES - places)
        whole = np.sign(whole) * ((np.abs(whole) + per // 2) // per)
    return decimals(whole, places, missing)


def _of_floats(numbers: pl.Series, places: int) -> pl.Series:
    """A float stands for the shortest decimal that is read as it: 1.005 is 1.005, not a little less."""
    values = numbers.fill_null(float("nan")).to_numpy()
    usable = np.abs(values) < _HIGHEST_FLOAT  # false for what is no number
    fine = np.rint(np.where(usable, values, 0.0) * 10**_FINE_PLACES).astype(np.int64)
    return _of_fine(pl.Series(fine).set(pl.Series(~usable), None), places)


def _multiplied(cells: pl.Series, column: Column, unit: Decimal) -> Cells:
    """Amounts that count in another unit."""
    fine = Column(column.name, column.kind, _EXACT, column.label_zh, column.meaning)
    if cells.dtype.is_float():
        cells = cells.cast(pl.String)
    if cells.dtype == pl.String:
        found = by_spelling(
            cells,
            pl.repeat(None, len(cells), dtype=_EXACT, eager=True),
            lambda text: exact(text, 16)["value"],
        )
    else:
        found = amounts(cells, fine)
    times = (found.values * pl.Series([unit], dtype=_EXACT)).cast(_EXACT, strict=False)
    scale = column.dtype.scale  # type: ignore[union-attr]
    return Cells(
        times.round(scale, mode="half_away_from_zero").cast(column.dtype, strict=False), found.unread
    )
