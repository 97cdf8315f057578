"""Amounts: decimal yuan in frames, whole fen inside.

int64 holds 92 quadrillion yuan in fen, far more than any amount here; sums over files are made by polars in
decimals of 38 digits.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import ALL
from drg.errors import InputError
from drg.records.amounts import decimals
from drg.records.binding import UNREAD
from drg.words import Sentence

YUAN: Final = pl.Decimal(18, 2)
NOT_GIVEN: Final = -1
UNUSABLE: Final = -2

_NOTHING: Final = pl.Series([0], dtype=YUAN)


def fen(frame: pl.DataFrame, name: str) -> npt.NDArray[np.int64]:
    """Amounts of cases as whole fen.

    Args:
        frame: cases as ``Cases.read`` gives them.
        name: a column of amounts in yuan; one that is absent counts as empty.

    Returns:
        The amounts [n]; ``NOT_GIVEN`` where null, ``UNUSABLE`` where negative or not readable.
    """
    return fine(frame, name)


def fine(frame: pl.DataFrame, name: str) -> npt.NDArray[np.int64]:
    """Shares and coefficients as whole numbers of 1e-8, of their last place; otherwise as ``fen``."""
    if name not in frame.columns:
        return np.full(frame.height, NOT_GIVEN, dtype=np.int64)
    series = frame[name]
    units = series.to_physical().cast(pl.Int64).fill_null(0)
    found: npt.NDArray[np.int64] = units.to_numpy(writable=True)
    found[found < 0] = UNUSABLE
    if series.null_count():
        found[series.is_null().to_numpy()] = NOT_GIVEN
        unread = f"{name}{UNREAD}"
        if unread in frame.columns:
            found[frame[unread].is_not_null().to_numpy()] = UNUSABLE
    return found


def signed(frame: pl.DataFrame, name: str) -> pl.Series:
    """Numbers that pricing wrote, of either sign, as whole numbers of their last place; null where empty.

    Args:
        frame: cases as ``Cases.read`` gives them.
        name: of the column.

    Raises:
        InputError: if the column holds what is no number.
    """
    unread = f"{name}{UNREAD}"
    if unread in frame.columns and frame[unread].null_count() < frame.height:
        raise InputError(
            Sentence("{label} {name} holds something that is no number", label=ALL[name].label_zh, name=name),
            field=name,
            fix=Sentence("Give the column as drg price wrote it: price the cases again"),
        )
    return frame[name].to_physical().cast(pl.Int64)


def yuan(amounts: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """Whole fen as decimals in yuan with two places; null where ``missing``."""
    if missing is None and not amounts.any():
        return _NOTHING.new_from_index(0, len(amounts))
    return decimals(amounts, YUAN.scale, missing)
