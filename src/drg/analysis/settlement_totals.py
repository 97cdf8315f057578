"""A settlement → what its summary shows: totals by insurance, the largest surpluses and overruns."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.settlement.accounts import standing
from drg.settlement.exact_decimals import in_yuan
from drg.settlement.settlement_columns import FORECAST, SPANS, YEAR_TO_DATE

_AMOUNTS: Final = (
    *("cost", "standard", "shared_cost", "shared_standard", "payment", "entitlement", "deposit"),
    *("deposit_returned", "held_back", "deductions", "payable", "instalments", "prepayment_taken", "balance"),
)
SUMS: Final = ("cases", "cases_held", "weighted_cases", "relative_weight", *map(in_yuan, _AMOUNTS))
_COMPARED: Final = ("cost_yuan", "standard_yuan", "entitlement_yuan", "outcome_yuan", "balance_yuan")
MOST: Final = 10


def by_insurance(rows: pl.DataFrame) -> pl.DataFrame:
    """Totals by year, insurance, basis and span, as they stand; forecasts in rows of their own.

    ``prepayment_taken_yuan`` is what is taken off the payable: what was recovered till then, or the year's
    prepayment.
    """
    keys = ["year", "insurance_type", "basis", "span"]
    recovered = pl.when(span=YEAR_TO_DATE).then("prepayment_recovered_yuan").otherwise("prepayment_yuan")
    both = pl.concat([standing(rows), rows.filter(span=FORECAST)]).with_columns(
        prepayment_taken_yuan=recovered
    )
    sums = both.group_by(keys).agg(
        pl.col("hospital_id").n_unique().cast(pl.Int64).alias("hospitals"),
        pl.col("period").max(),
        pl.col(SUMS).sum(),
    )
    weighted, standard = pl.col("weighted_cases"), pl.col("shared_standard_yuan")
    cmi = pl.col("relative_weight").cast(pl.Float64) / weighted
    utilisation = pl.col("shared_cost_yuan").cast(pl.Float64) / standard.cast(pl.Float64)
    return sums.with_columns(
        cmi=pl.when(weighted > 0).then(cmi), utilisation=pl.when(standard > 0).then(utilisation)
    ).sort("year", "insurance_type", "basis", pl.col("span").cast(pl.Enum(SPANS)))


def ranked(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The hospitals with the largest surplus, and those with the largest overrun, largest first.

    What is compared is the outcome: all that a hospital is due less what its cases cost.
    """
    hospitals = standing(rows).group_by("hospital_id").agg(pl.col("cases", *_COMPARED).sum())
    hospitals = hospitals.sort("outcome_yuan", "hospital_id", descending=[True, False])
    best = hospitals.filter(pl.col("outcome_yuan") > 0).head(MOST)
    worst = hospitals.filter(pl.col("outcome_yuan") < 0).sort("outcome_yuan", "hospital_id").head(MOST)
    return best, worst


def by_rule(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings by rule: how many, and the first of each."""
    order = {"error": 0, "warning": 1, "notice": 2}
    return (
        findings.group_by("severity", "rule", maintain_order=True)
        .agg(pl.len().alias("count"), pl.all().first())
        .sort(pl.col("severity").replace_strict(order, default=9), maintain_order=True)
    )
