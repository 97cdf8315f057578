"""A bounded number of cases for each number of a report: the first ones in the order of the file.

The case-level results are read once more, batch by batch; a batch is only searched for what is still wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from drg.analysis.comparison.compared_versions import label
from drg.analysis.comparison.comparison_result import Comparison
from drg.analysis.comparison.step import ROW

_CELL: Final = "__cell"
_WANTED: Final = "__wanted"
_BATCH: Final = 100_000


@dataclass(frozen=True)
class Wanted:
    """Cells of which cases are wanted.

    Attributes:
        cells: one row per cell: its keys, columns of ``keyed``, each as a value or null.
        most: how many cases of each.
    """

    cells: pl.DataFrame
    most: int


def keyed(comparison: Comparison) -> pl.LazyFrame:
    """The case-level results with what became of each case (``label_<id>``), and ``changed_<id>``."""
    labels = {
        f"label_{id_}": label(*(pl.col(f"{name}_{id_}") for name in ("drg", "adrg", "status")))
        for id_ in comparison.ids
    }
    base = pl.col(f"label_{comparison.ids[0]}")
    changed = {
        f"changed_{id_}": (pl.col(f"label_{id_}") != base) | base.is_in(list(comparison.homonyms(id_)))
        for id_ in comparison.others
    }
    return comparison.cases.with_columns(**labels).with_columns(**changed)


def examples(comparison: Comparison, wanted: Sequence[Wanted]) -> pl.DataFrame:
    """The first cases of each cell, all cells together, each case once, in the order of the file."""
    open_ = [
        one.cells.unique(maintain_order=True)
        .with_row_index(_CELL)
        .with_columns(pl.lit(one.most).alias(_WANTED))
        for one in wanted
        if one.most and one.cells.height
    ]
    lazy = keyed(comparison)
    found: list[pl.DataFrame] = []
    for batch in lazy.collect_batches(chunk_size=_BATCH, maintain_order=True):
        if not open_:
            break
        rows: list[pl.Series] = []
        for at, cells in enumerate(open_):
            keys = [name for name in cells.columns if name not in (_CELL, _WANTED)]
            hits = batch.lazy().select(ROW, *keys).join(cells.lazy(), on=keys, how="inner", nulls_equal=True)
            first = pl.int_range(pl.len()).over(_CELL) < pl.col(_WANTED)
            taken = hits.sort(ROW).filter(first).select(ROW, _CELL).collect()
            rows.append(taken[ROW])
            counts = taken.group_by(_CELL).agg(taken=pl.len().cast(pl.Int32))
            left = cells.join(counts, on=_CELL, how="left", maintain_order="left").with_columns(
                pl.col(_WANTED) - pl.col("taken").fill_null(0)
            )
            open_[at] = left.filter(pl.col(_WANTED) > 0).drop("taken")
        found.append(batch.filter(pl.col(ROW).is_in(pl.concat(rows).unique().implode())))
        open_ = [cells for cells in open_ if cells.height]
    if not found:
        return lazy.head(0).collect()
    return pl.concat(found)
