"""What a scenario does to each version: the same comparison without and with it."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.analysis.comparison import Comparison
from drg.analysis.comparison.budget import NOT_PRICED

WITHOUT: Final = "without"
WITH: Final = "with"
DIFFERENCE: Final = "difference"
_COUNTS: Final = ("cases", "grouped", "not_priced")
_NUMBERS: Final = ("weight", "cmi", "payment_yuan", "cost_yuan", "priced_cost_yuan", "surplus_yuan")


def outcome(before: Comparison, after: Comparison) -> pl.DataFrame:
    """The totals of each version without the scenario, with it, and their difference.

    Args:
        before: the comparison of the discharges as they are.
        after: that of the changed discharges, by the same versions and schemes.

    Returns:
        For each ``version`` and ``of`` (``without``, ``with``, ``difference``): ``cases``, those ``grouped``;
        ``cost_yuan`` if there are costs; with schemes those ``not_priced``, ``weight``, ``cmi``,
        ``payment_yuan``, ``priced_cost_yuan`` and ``surplus_yuan``.
    """
    one, two = _totals(before), _totals(after)
    numbers = [name for name in one.columns if name != "version"]
    both = one.join(two, on="version", maintain_order="left", suffix="_after")
    difference = both.select("version", *(pl.col(f"{name}_after") - pl.col(name) for name in numbers))
    named = zip((WITHOUT, WITH, DIFFERENCE), (one, two, _named(difference)), strict=True)
    frames = [frame.select("version", pl.lit(of).alias("of"), *numbers) for of, frame in named]
    order = {version: place for place, version in enumerate(before.ids)}
    place = pl.col("version").replace_strict(order, return_dtype=pl.Int64)
    return pl.concat(frames, how="vertical_relaxed").sort(place, maintain_order=True)


def _named(difference: pl.DataFrame) -> pl.DataFrame:
    return difference.rename({name: name.removesuffix("_after") for name in difference.columns})


def _totals(comparison: Comparison) -> pl.DataFrame:
    open_ = comparison.budget.filter(pl.col("kind") == NOT_PRICED).select("version", not_priced="cases")
    totals = comparison.totals.join(open_, on="version", how="left", maintain_order="left")
    has_money = not comparison.budget.is_empty()
    wanted = [name for name in (*_COUNTS, *_NUMBERS) if name in totals.columns]
    without = () if has_money else ("not_priced",)
    return totals.select("version", *(name for name in wanted if name not in without))
