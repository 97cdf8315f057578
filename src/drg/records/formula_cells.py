"""Cells of CSV files that a spreadsheet would take for formulas, such as a name of ``=cmd|…``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from drg.benefit_columns import BENEFIT
from drg.columns import OUTPUT, PRICE

# Before such a text, as a person would type it into a spreadsheet; cells are read without it.
MARK: Final = "'"
# What a spreadsheet calculates with. A number with its sign stays one, and signs alone mean nothing.
_FORMULA: Final = r"\A(?:[=@＝＠\t\r\n]|[+＋\-－]+[0-9.,]*[^0-9.,+＋\-－]|[+＋\-－]+[0-9.,]+[+＋\-－])"
# What was computed here begins with nothing of the kind.
_OWN: Final = frozenset((*OUTPUT, *PRICE, *BENEFIT))


def marked(frame: pl.LazyFrame, count: Callable[[int], None]) -> pl.LazyFrame:
    """A table whose texts no spreadsheet takes for formulas.

    Args:
        frame: any table; headers are texts too.
        count: is told of each batch how many cells got a mark, from several threads.
    """
    schema = frame.collect_schema()
    texts = [
        name
        for name, dtype in schema.items()
        if name not in _OWN and isinstance(dtype, pl.String | pl.Categorical)
    ]

    def mark(batch: pl.DataFrame) -> pl.DataFrame:
        changed = []
        for name in texts:
            cells = batch[name].cast(pl.String)
            risky = cells.str.contains(_FORMULA)
            if found := int(risky.sum()):
                count(found)
                cells = cells.zip_with(~risky.fill_null(value=False), MARK + cells)
            changed.append(cells)
        return batch.with_columns(changed)

    types = pl.Schema(schema | dict.fromkeys(texts, pl.String()))
    if texts:
        frame = frame.map_batches(mark, schema=types, streamable=True)
    headers = pl.Series(list(schema), dtype=pl.String)
    risky = headers.str.contains(_FORMULA)
    return frame.rename({name: MARK + name for name in headers.filter(risky)})
