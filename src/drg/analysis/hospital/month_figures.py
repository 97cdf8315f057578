"""The figures of a month: of a whole hospital, or of each department, doctor, group or insurance."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from drg.analysis.price_tally import PriceTally
from drg.analysis.quality.indices import Indices
from drg.categories import CaseClass
from drg.grouping.outcomes import GROUPED

_MONEY: Final = pl.Decimal(38, 2)
_LEVEL: Final = 0.95
_FEN: Final = 100
INDICES: Final = (
    *("cost_index_ratio_of_sums", "cost_index_mean_of_ratios"),
    *("time_index_ratio_of_sums", "time_index_mean_of_ratios"),
)
FIGURES: Final = pl.Schema(
    {
        "cases": pl.Int64(),
        "grouped": pl.Int64(),
        "grouping_rate": pl.Float64(),
        "weighted_cases": pl.Int64(),
        "total_weight": pl.Decimal(38, 8),
        "cmi": pl.Float64(),
        "total_cost_yuan": _MONEY,
        "mean_cost_yuan": pl.Float64(),
        "mean_los_days": pl.Float64(),
        **dict.fromkeys(INDICES, pl.Float64()),
        "cost_to_payment_standard": pl.Float64(),
        "standard_payment_yuan": _MONEY,
        "payment_yuan": _MONEY,
        "surplus_yuan": _MONEY,
        "high_cases": pl.Int64(),
        "low_cases": pl.Int64(),
        "deaths": pl.Int64(),
        "low_risk_deaths": pl.Int64(),
        "readmissions": pl.Int64(),
    }
)


def figures_by(key: tuple[str, ...], cases: pl.DataFrame, region: pl.DataFrame) -> pl.DataFrame:
    """The figures of cases by a key, in its order.

    Args:
        key: columns of ``read_cases``; without any, one row of all cases.
        cases: rows of ``read_cases``: of one hospital.
        region: all rows of the same months, these among them: the means of its groups are the standard of
            the indices.

    Returns:
        The key and ``FIGURES``. Money is exact. ``grouping_rate`` is of the cases that are not outside DRG;
        ``total_weight`` and the CMI are of the cases that have a weight; the surplus is of those that are
        priced, the standard of those paid by their group. What is not defined or not known is null.
    """
    by = key or ("whole",)
    cases, region = (frame if key else frame.with_columns(whole=pl.lit("")) for frame in (cases, region))
    tally = PriceTally([by])
    tally.add(cases.with_columns(pricing_reason=pl.lit(None, dtype=pl.String)))
    sums = tally.by(by).rename({"cases": "priced_rows"})
    both = pl.col("usable") & pl.col("cost_fen").is_not_null() & pl.col("standard_fen").is_not_null()
    used = pl.col("usable")
    counts = cases.group_by(by).agg(
        cases=pl.len().cast(pl.Int64),
        grouped=(pl.col("status") == GROUPED).sum().cast(pl.Int64),
        counting=pl.col("counts").sum(),
        paid=pl.col("cost_fen").filter(both).sum(),
        standard_of_paid=pl.col("standard_fen").filter(both).sum(),
        mean_cost_yuan=pl.col("cost_fen").filter(used).mean() / _FEN,
        mean_los_days=pl.col("days").filter(used).mean(),
        high_cases=_of_class(CaseClass.HIGH),
        low_cases=_of_class(CaseClass.LOW),
        deaths=_known("disposition", pl.col("died")),
        low_risk_deaths=_known("disposition", pl.col("died") & pl.col("low_risk")),
        readmissions=_known("readmitted", pl.col("readmitted")),
    )
    found = counts.join(sums, on=by, nulls_equal=True).join(
        _indices(by, cases, region), on=by, how="left", nulls_equal=True
    )
    return found.sort(by, nulls_last=True).select(
        *key,
        "cases",
        "grouped",
        grouping_rate=_ratio("grouped", "counting"),
        weighted_cases="weighted",
        total_weight="weight",
        cmi=_ratio("weight", "weighted"),
        total_cost_yuan="cost",
        **{name: pl.col(name) for name in ("mean_cost_yuan", "mean_los_days", *INDICES)},
        cost_to_payment_standard=_ratio("paid", "standard_of_paid"),
        standard_payment_yuan="standard",
        payment_yuan="payment",
        surplus_yuan="surplus",
        **{
            name: pl.col(name)
            for name in ("high_cases", "low_cases", "deaths", "low_risk_deaths", "readmissions")
        },
    )


def _of_class(case_class: CaseClass) -> pl.Expr:
    return (pl.col("case_class") == case_class.value).sum().cast(pl.Int64)


def _known(column: str, what: pl.Expr) -> pl.Expr:
    """How many cases; null if the column is empty in all."""
    return pl.when(pl.col(column).is_not_null().any()).then(what.sum().cast(pl.Int64))


def _ratio(above: str, below: str) -> pl.Expr:
    return pl.when(pl.col(below) > 0).then(pl.col(above).cast(pl.Float64) / pl.col(below).cast(pl.Float64))


def _indices(by: tuple[str, ...], cases: pl.DataFrame, region: pl.DataFrame) -> pl.DataFrame:
    """Both indices of cost and of time by key, against the groups' means in the region."""
    keys = cases.select(by).unique().sort(by, nulls_last=True).with_row_index("number")
    own = cases.select("hospital_id").to_series().unique()
    placed = region.filter("usable").with_columns(own=pl.col("hospital_id").is_in(own.implode()))
    placed = placed.join(keys, on=by, how="left", nulls_equal=True, maintain_order="left")
    placed = placed.select(
        number=pl.when("own").then(pl.col("number").cast(pl.Int64)).fill_null(-1),
        group=pl.col("drg").rank("dense").cast(pl.Int64) - 1,
        cost="cost_fen",
        time="days",
    )
    columns: dict[str, pl.Series] = {}
    groups = int(placed["group"].max() or 0) + 1  # type: ignore[arg-type]
    for value in ("cost", "time"):
        usable = placed.select("number", "group", value).drop_nulls()
        number, group, values = (usable[name].to_numpy().astype(np.int64) for name in usable.columns)
        found = Indices(number, group, values, keys.height, groups, _LEVEL)
        columns[f"{value}_index_ratio_of_sums"] = pl.Series(found.ratio_of_sums)
        columns[f"{value}_index_mean_of_ratios"] = pl.Series(found.mean_of_ratios)
    return keys.drop("number").with_columns(**columns).with_columns(pl.col(INDICES).fill_nan(None))
