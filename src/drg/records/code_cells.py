"""Cells that hold codes: one, several of a list, or several in one text."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import polars as pl

from drg.columns import Column
from drg.records.cells import Cells, nothing_as_null, plain_type, unwrapped, wrong_type

_OTHER_SEPARATORS: Final = r"[,;，；、｜&\r\n]"  # beside the bar
# These are separators too between two codes; not so in names of codes, nor within a dagger pair.
_SOMETIMES_SEPARATORS: Final = r"([0-9xX])[\s/\\\u3000]+([A-Za-z]\d\d[.\d]|\d\d\.\d)"
_MAY_SEPARATE: Final = r"[,;，；、｜&\r\n\[\s/\\\u3000]"


def code(cells: pl.Series, column: Column, unit: Decimal = Decimal(1)) -> Cells:  # noqa: ARG001
    """One code in each cell, as it is spelled; ``codes.comparable`` gives the form in which codes compare."""
    return Cells(nothing_as_null(_code_texts(cells, column)))


def codes(cells: pl.Series, column: Column, unit: Decimal = Decimal(1)) -> Cells:  # noqa: ARG001
    """Codes of each cell: a list, or one text in which they are joined."""
    if isinstance(cells.dtype, pl.Array):
        cells = cells.arr.to_list()
    if isinstance(cells.dtype, pl.List):
        if cells.dtype.inner == pl.String:
            return Cells(cells)
        if isinstance(cells.dtype.inner, pl.Categorical | pl.Enum | pl.Null):
            return Cells(cells.cast(pl.List(pl.String)))
        raise wrong_type(cells, column)
    texts = nothing_as_null(_code_texts(cells, column))
    return Cells(_with_bars(texts).str.split("|").fill_null([]))


def codes_listed(cells: Iterable[pl.Series], column: Column) -> Cells:
    """The codes of several columns of each row as a list, gaps passed over."""
    texts = [nothing_as_null(unwrapped(_code_texts(one, column))) for one in cells]
    # Ten times as fast as a list of forty columns without its nulls.
    joined = pl.select(pl.concat_str(texts, separator="|", ignore_nulls=True).replace("", None)).to_series()
    return Cells(_with_bars(joined).str.split("|").fill_null([]))


def _with_bars(texts: pl.Series) -> pl.Series:
    """Codes that are joined in a text, by nothing but bars."""
    # Replacing takes ten times as long as looking whether there is anything to replace.
    others = texts.str.contains(_MAY_SEPARATE).fill_null(False).arg_true()
    if not len(others):
        return texts
    bars = (
        texts.gather(others)
        .str.strip_chars("[]{} ")
        .str.replace_all(_OTHER_SEPARATORS, "|")
        .str.replace_all(_SOMETIMES_SEPARATORS, "$1|$2")
    )
    return texts.scatter(others, bars)


def _code_texts(cells: pl.Series, column: Column) -> pl.Series:
    cells = plain_type(cells)
    if cells.dtype != pl.String and cells.null_count() < len(cells):
        raise wrong_type(cells, column)
    return cells.cast(pl.String)
