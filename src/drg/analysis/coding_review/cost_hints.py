"""Hints that the cost and the stay of a case speak for, against what is usual in its group in these cases."""

from __future__ import annotations

import polars as pl

from drg.analysis.code_variants import PRINCIPAL_DIAGNOSIS, WITHOUT_DIAGNOSIS
from drg.analysis.coding_review.review_cases import ReviewCases
from drg.analysis.coding_review.review_rules import ReviewRule
from drg.analysis.screening.found import share_tests
from drg.categories import Severity
from drg.grouping.outcomes import GROUPED


def dearer(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """Cost and stay far above the group, and no complication counts."""
    rows = cases.rows.filter(
        pl.col("severity") == Severity.NONE, pl.col("cost") > 0, pl.col("other_diagnoses").list.len() > 0
    )
    rows = rows.join(cases.ladders, on="drg").join(cases.usual, on="drg")
    cost, stay = _deviations()
    far = rows.filter(
        pl.col("usual_cases") >= rule.number("group_cases"),
        pl.col("graver").is_not_null(),
        cost >= rule.number("cost_deviations"),
        stay >= rule.number("stay_deviations"),
    )
    return _against(far, "gravest").sort("place")


def without_effort(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """One complication alone lifts the group, and cost and stay are below those of cases without any."""
    rows = cases.rows.filter(pl.col("cost") > 0, pl.col("severity") != Severity.NONE)
    rows = rows.join(cases.ladders, on="drg").drop_nulls("mildest")
    rows = rows.join(cases.usual, left_on="mildest", right_on="drg")
    low = rows.filter(
        pl.col("usual_cases") >= rule.number("group_cases"),
        pl.col("cost") < rule.number("cost_share") * pl.col("usual_cost").exp(),
        pl.col("los_days") < rule.number("stay_share") * pl.col("usual_stay").exp(),
    ).sort("place")
    variants = cases.variants(low["place"], WITHOUT_DIAGNOSIS).drop("grouping_status")
    own = low.select("place", pl.col("drg").alias("own_drg"))
    deciding = variants.join(own, on="place").filter(pl.col("other_drg") != pl.col("own_drg"))
    deciding = deciding.unique("place", keep="first", maintain_order=True).drop("own_drg")
    return _against(low, None).join(deciding, on="place", maintain_order="left")


def another_diagnosis(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """Cost and stay far off the group, and usual in that of another diagnosis of the record."""
    limit, fits = rule.number("deviations"), rule.number("fits")
    cost, stay = _deviations()
    enough = pl.col("usual_cases") >= rule.number("group_cases")
    rows = cases.rows.filter(pl.col("cost") > 0, pl.col("other_diagnoses").list.len() > 0)
    rows = rows.join(cases.usual, on="drg").filter(enough)
    # Both above, or both below.
    far = rows.filter(pl.min_horizontal(cost.abs(), stay.abs()) >= limit, cost * stay > 0).sort("place")
    own = far.select("place", "adrg", "cost", "los_days")
    variants = cases.variants(far["place"], PRINCIPAL_DIAGNOSIS).filter(pl.col("grouping_status") == GROUPED)
    near = variants.join(own, on="place").filter(pl.col("other_drg").str.slice(0, 3) != pl.col("adrg"))
    near = near.join(cases.usual, left_on="other_drg", right_on="drg").filter(
        enough, pl.max_horizontal(cost.abs(), stay.abs()) <= fits
    )
    first = near.sort("place", maintain_order=True).unique("place", keep="first", maintain_order=True)
    told = first.select("place", "subject", "other_drg", "other_payment")
    return _against(far, None).join(told, on="place", maintain_order="left")


def _deviations() -> tuple[pl.Expr, pl.Expr]:
    """How many robust deviations cost and stay are above the median of the group."""
    cost = (pl.col("cost").log() - pl.col("usual_cost")) / pl.col("cost_deviation")
    stay = (pl.col("los_days").clip(0.5).log() - pl.col("usual_stay")) / pl.col("stay_deviation")
    return cost, stay


def without_effort_often(cases: ReviewCases, rule: ReviewRule) -> pl.DataFrame:
    """The same in hospitals that have more of it among their cases with complications than others."""
    hints = without_effort(cases, rule)
    ill = cases.rows.filter(pl.col("severity") != Severity.NONE, pl.col("drg").is_not_null())
    tests = share_tests(ill, pl.col("place").is_in(hints["place"].implode()), "mdc")
    sure = tests.filter(pl.col("p") < rule.number("p"), pl.col("ratio") >= rule.number("ratio"))
    where = cases.rows.filter(pl.col("hospital_id").is_in(sure["hospital_id"].implode()))
    return hints.join(where.select("place"), on="place", how="semi", maintain_order="left")


def _against(rows: pl.DataFrame, other: str | None) -> pl.DataFrame:
    """Cost and the median that it is held against, in yuan, and the group that the case would have."""
    return rows.select(
        "place",
        (pl.col("cost") / 100).alias("observed"),
        (pl.col("usual_cost").exp() / 100).alias("expected"),
        *([] if other is None else [pl.col(other).alias("other_drg")]),
    )
