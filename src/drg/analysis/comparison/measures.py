"""Sums of one version, and what follows from them."""

from __future__ import annotations

import polars as pl

from drg.analysis.comparison.compared_sums import MEASURES, column_of, of
from drg.grouping.outcomes import GROUPED


def cmi(at: int) -> pl.Expr:
    """The mean weight of the cases that have one; null if there is none."""
    weighted = pl.col(of("weighted", at))
    # Weights and cases of a hospital are far within what a float holds exactly enough for four decimals.
    return pl.when(weighted > 0).then(pl.col(of("weight", at)).cast(pl.Float64) / weighted)


def cost() -> pl.Expr:
    """The sum of the costs; null where no case has one."""
    return pl.when(pl.col("costed") > 0).then("cost").alias("cost_yuan")


def difference(name: str, at: int) -> pl.Expr:
    """A measure of a version minus that of the base."""
    return pl.col(of(name, at)) - pl.col(of(name, 0))


def of_one(sums: pl.DataFrame, at: int) -> pl.DataFrame:
    """The sums of one version without its number, with the CMI."""
    own = [name for name in MEASURES if of(name, at) in sums.columns]
    mean = [cmi(at).alias("cmi")] if own else []
    return sums.select("cases", cost(), *(pl.col(of(name, at)).alias(column_of(name)) for name in own), *mean)


def agreement(pairs: pl.DataFrame, base: str, other: str) -> pl.DataFrame:
    """How many cases have the same code in two versions, and in which they have one; see ``Comparison``."""
    has_base, has_other = pl.col(base).is_not_null(), pl.col(other).is_not_null()
    equal = pl.col(base) == pl.col(other)
    kinds = {
        "same": has_base & has_other & equal,
        "different": has_base & has_other & ~equal,
        "only_base": has_base & ~has_other,
        "only_other": ~has_base & has_other,
        "neither": ~has_base & ~has_other,
    }
    counts = pairs.select(
        pl.col("cases").filter(which).sum().cast(pl.Int64).alias(name) for name, which in kinds.items()
    )
    some = pl.sum_horizontal("same", "different", "only_base", "only_other")
    return counts.with_columns(agreement=pl.when(some > 0).then(pl.col("same") / some))


def side_by_side(versions: pl.DataFrame) -> pl.DataFrame:
    """Measures in columns and versions in rows as a row for each measure and version; see ``Comparison``."""
    differs = pl.int_range(pl.len()) > 0
    difference = pl.when(differs).then(pl.col("value") - pl.col("value").first())
    return pl.concat(
        versions.select(
            pl.lit(name).alias("measure"), "version", value=pl.col(name).cast(pl.Float64)
        ).with_columns(difference=difference)
        for name in versions.columns
        if name != "version"
    )


def lost(reasons: pl.DataFrame, base: str) -> pl.DataFrame:
    """Of ``Comparison.reasons`` those of cases that only the base, or only another version groups."""
    grouped_in_base, grouped = pl.col("base_status") == GROUPED, pl.col("status") == GROUPED
    now = pl.when(grouped_in_base & ~grouped).then(pl.lit("lost")).when(~grouped_in_base & grouped)
    return (
        reasons.filter(pl.col("version") != base)
        .with_columns(now=now.then(pl.lit("gained")))
        .drop_nulls("now")
        .sort("now", "version", "cases", descending=[True, False, True], maintain_order=True)
    )
