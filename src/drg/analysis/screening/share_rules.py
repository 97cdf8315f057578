"""Rules that compare hospitals by shares and sums, adjusted for their case mix."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from drg.analysis.quality.indices import Indices
from drg.analysis.screening.found import (
    EVIDENCE,
    FOUND,
    TESTS,
    Found,
    hospital_findings,
    shaped,
    share_tests,
    with_p_of_counts,
    with_p_of_sums,
)
from drg.analysis.screening.screen_cases import ScreenCases
from drg.analysis.screening.screen_rules import ScreenRule
from drg.categories import Severity

_ILL: Final = pl.col("severity") != Severity.NONE
# The second character of a group says how its cases are treated: A to J by operation.
_SURGERY: Final = pl.col("adrg").str.slice(1, 1).is_between(pl.lit("A"), pl.lit("J"))
_PER_ADRG: Final = "adrg"
_LEVEL: Final = 0.95


def _upgrades(cases: ScreenCases) -> pl.DataFrame:
    """The cases with MCC or CC that are cheapest for their group first; ``money`` is what that adds.

    That is the mean of the case's group less the mean of the cases of the ADRG without any, at least 0.
    """
    rows = cases.compared
    without = rows.filter(~_ILL).group_by("adrg").agg(pl.col("money").mean().alias("without"))
    ill = rows.filter(_ILL, pl.col("hospital_id").is_not_null()).join(without, on="adrg", how="left")
    added = (pl.col("group_money") - pl.col("without")).clip(0).round().cast(pl.Int64)
    return ill.with_columns(added.alias("money")).sort(
        pl.col("cost") / pl.col("group_cost"), "place", nulls_last=True
    )


def _with_index_limits(tests: pl.DataFrame, rows: pl.DataFrame, values: pl.Series, like: str) -> pl.DataFrame:
    """Tests with the intervals of their ratios, where the means of the region count as estimated."""
    hospitals = tests["hospital_id"].to_list()
    if not hospitals:
        return tests
    places = rows["hospital_id"].replace_strict(hospitals, range(len(hospitals)), default=-1)
    groups = rows[like].rank("dense").to_numpy().astype(np.int64) - 1
    index = Indices(
        places.to_numpy().astype(np.int64),
        groups,
        values.to_numpy(),
        len(hospitals),
        int(groups.max()) + 1,
        _LEVEL,
    )
    low, high = (pl.Series(limits, nan_to_null=True) for limits in index.of_sums)
    return tests.with_columns(ratio_low=low, ratio_high=high)


def complication_share(cases: ScreenCases, rule: ScreenRule) -> Found:
    """The share of cases with MCC or CC against that of the same ADRGs in the region."""
    judged = cases.judged(rule.needs)
    rows = cases.rows.filter(judged)
    tests = share_tests(rows, _ILL, _PER_ADRG)
    tests = _with_index_limits(tests, rows, rows.select(_ILL.cast(pl.Int64)).to_series(), _PER_ADRG)
    findings, evidence = hospital_findings(tests, rule, _upgrades(cases), by=("hospital_id",), money="sum")
    return Found(judged, findings, evidence, tests, by_test=True)


def complication_drift(cases: ScreenCases, rule: ScreenRule) -> Found:
    """The share of cases with MCC or CC in a month against the hospital's other months, for its ADRGs."""
    judged = cases.judged(rule.needs)
    month = pl.col("discharged").dt.strftime("%Y-%m").alias("subject")
    rows = cases.rows.filter(judged).with_columns(month)
    rate = rows.group_by("adrg").agg(_ILL.mean().alias("rate"))
    months = (
        rows.join(rate, on="adrg")
        .group_by("hospital_id", "subject")
        .agg(pl.len().alias("cases"), _ILL.sum().alias("observed"), pl.col("rate").sum())
    )
    others = {
        name: pl.col(name).sum().over("hospital_id") - pl.col(name) for name in ("observed", "rate", "cases")
    }
    # A hospital that has one month, or whose other months are few, is not compared with itself.
    months = months.filter(others["cases"] >= rule.number("min_cases"), others["rate"] > 0)
    months = months.with_columns((pl.col("rate") * others["observed"] / others["rate"]).alias("expected"))
    enough = (pl.col("cases") >= rule.number("min_cases")) & (pl.col("expected") > 0)
    tests = with_p_of_counts(shaped(months.filter(enough).sort("hospital_id", "subject"), TESTS))
    upgrades = _upgrades(cases).with_columns(month)
    findings, evidence = hospital_findings(tests, rule, upgrades, by=("hospital_id", "subject"), money="sum")
    return Found(judged, findings, evidence, tests, by_test=True)


def surgery_share(cases: ScreenCases, rule: ScreenRule) -> Found:
    """The share of cases in surgical groups against that of the same MDCs in hospitals of the same level."""
    judged = cases.judged(rule.needs)
    alike = pl.concat_str("mdc", pl.col("hospital_level").fill_null("")).alias("alike")
    rows = cases.rows.filter(judged).with_columns(alike)
    tests = share_tests(rows, _SURGERY, "alike")
    tests = _with_index_limits(tests, rows, rows.select(_SURGERY.cast(pl.Int64)).to_series(), "alike")
    findings, evidence = hospital_findings(
        tests, rule, rows.filter(_SURGERY), by=("hospital_id",), money="mean"
    )
    return Found(judged, findings, evidence, tests, by_test=True)


def case_mix_index(cases: ScreenCases, rule: ScreenRule) -> Found:
    """The mean weight against that of the same ADRGs in the region; ``observed`` and ``expected`` are CMI."""
    judged = cases.judged(rule.needs)
    rows = cases.rows.filter(judged).with_columns(
        (pl.col("relative_weight") * 10**8).cast(pl.Int64).alias("value")
    )
    tests = _sum_tests(rows, "adrg", 1e-8)
    beyond = rows.group_by("hospital_id").agg(pl.col("money").sum().alias("all_money"))
    told = tests.filter(pl.col("ratio") >= rule.number("ratio"), pl.col("cases") >= rule.number("min_cases"))
    told = told.join(beyond, on="hospital_id", maintain_order="left").with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"),
        (pl.col("all_money") * (1 - 1 / pl.col("ratio"))).round().alias("money"),
    )
    # Those whose weight is farthest above that of their ADRG.
    above = pl.col("value") / pl.col("value").mean().over("adrg") - 1
    evidence = rows.with_columns(above.alias("above")).filter(pl.col("above") > 0)
    evidence = evidence.join(told.select("hospital_id", "key"), on="hospital_id")
    evidence = evidence.sort("key", pl.col("above"), "place", descending=[False, True, False])
    return Found(judged, shaped(told, FOUND), shaped(evidence, EVIDENCE), tests, by_test=True)


def _sum_tests(rows: pl.DataFrame, like: str, unit: float) -> pl.DataFrame:
    """Of each hospital the mean of ``value`` against that of like cases in the region."""
    usual = rows.group_by(like).agg(
        pl.col("value").mean().alias("usual"), pl.col("value").var().fill_null(0).alias("variance")
    )
    sums = (
        rows.filter(pl.col("hospital_id").is_not_null())
        .join(usual, on=like)
        .group_by("hospital_id")
        .agg(
            pl.len().alias("cases"),
            pl.col("value").mean().alias("observed") * unit,
            pl.col("usual").mean().alias("expected") * unit,
            (pl.col("variance").sum() / pl.len() ** 2).alias("variance") * unit**2,
        )
        .filter(pl.col("expected") > 0)
        .sort("hospital_id")
    )
    tests = shaped(sums.with_columns(subject=pl.lit("")), TESTS)
    tests = with_p_of_sums(tests, sums["variance"]).with_columns(
        ratio=pl.col("observed") / pl.col("expected")
    )
    return _with_index_limits(tests, rows, rows["value"], like)


def stay_peak(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Of the cases that stayed so long, the share that left on that day, against the region."""
    judged = cases.judged(rule.needs)
    rows = cases.rows.filter(judged)
    parts = []
    for day in rule.numbers("days"):
        subject = f"{day:g}"
        stayed = rows.filter(pl.col("los_days") >= day)
        left = pl.col("los_days") == day
        parts.append((share_tests(stayed, left, None, subject=subject), stayed.filter(left), subject))
    return _peaks(judged, parts, rule)


def cost_threshold_peak(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Of the cases near a threshold, the share just above, and just below, against the region.

    Costs are divided by the payment standard; by the mean of the group where the cases are not priced.
    """
    judged = cases.judged(rule.needs)
    base = "standard" if cases.is_priced and "standard_payment_yuan" in cases.given else "group_cost"
    rows = cases.compared.filter(judged).with_columns((pl.col("cost") / pl.col(base)).alias("times"))
    width = rule.number("width")
    parts = []
    for threshold in rule.numbers("thresholds"):
        near = rows.filter(pl.col("times").is_between(threshold * (1 - width), threshold * (1 + width)))
        for sign, side in (("≥", pl.col("times") >= threshold), ("<", pl.col("times") < threshold)):
            subject = f"{sign} {threshold:g}"
            parts.append((share_tests(near, side, None, subject=subject), near.filter(side), subject))
    return _peaks(judged, parts, rule)


def _peaks(judged: pl.Series, parts: list[tuple[pl.DataFrame, pl.DataFrame, str]], rule: ScreenRule) -> Found:
    """All tests, with the cases of each subject as evidence."""
    if not parts:
        return Found(judged)
    tests = pl.concat([part[0] for part in parts]).sort("hospital_id", "subject")
    counted = pl.concat(
        [
            rows.select("place", "hospital_id", "money", pl.lit(subject).alias("subject"))
            for _, rows, subject in parts
        ]
    )
    findings, evidence = hospital_findings(tests, rule, counted, by=("hospital_id", "subject"), money="mean")
    return Found(judged, findings, evidence, tests, by_test=True)


def same_code(cases: ScreenCases, rule: ScreenRule, complications: pl.Series | None) -> Found:
    """The share of cases with an other diagnosis against that of the same MDCs in the region.

    Args:
        cases: of the region.
        rule: with its limits.
        complications: the codes that can count as complications; None: all other diagnoses count.
    """
    judged = cases.judged(("hospital_id", "mdc"))
    rows = cases.rows.filter(judged)
    codes = rows.select("place", "hospital_id", "mdc", subject=pl.col("other_diagnoses")).explode("subject")
    codes = codes.drop_nulls("subject").unique(["place", "subject"], maintain_order=True)
    if complications is not None:
        codes = codes.filter(pl.col("subject").is_in(complications.implode()))
    sizes = rows.group_by("hospital_id", "mdc").agg(pl.len().alias("cases"))
    totals = sizes.group_by("mdc").agg(pl.col("cases").sum().alias("all_cases"))
    here = codes.group_by("hospital_id", "subject").agg(pl.len().alias("observed"))
    of_hospital = sizes.group_by("hospital_id").agg(pl.col("cases").sum())
    # Codes that are frequent in some hospital, in all hospitals: that shows how much these usually differ.
    joined = here.join(of_hospital, on="hospital_id")
    frequent = joined.filter(
        pl.col("observed") >= rule.number("min_cases"),
        pl.col("observed") >= rule.number("share") * pl.col("cases"),
    )
    rates = codes.group_by("mdc", "subject").agg(pl.len().alias("coded")).join(totals, on="mdc")
    tests = (
        rates.join(frequent.select(pl.col("subject").unique()), on="subject")
        .join(sizes, on="mdc")
        .group_by("hospital_id", "subject")
        .agg((pl.col("cases") * pl.col("coded") / pl.col("all_cases")).sum().alias("expected"))
        .join(of_hospital, on="hospital_id")
        .join(here, on=["hospital_id", "subject"], how="left")
        .with_columns(pl.col("observed").fill_null(0))
        .sort("hospital_id", "subject")
    )
    tests = with_p_of_counts(shaped(tests, TESTS))
    told = tests.filter(pl.col("observed") >= rule.number("share") * pl.col("cases"))
    counted = _upgrades(cases).select("place", "money")
    with_money = codes.join(counted, on="place", how="left", maintain_order="left")
    findings, evidence = hospital_findings(told, rule, with_money, by=("hospital_id", "subject"), money="sum")
    return Found(judged, findings, evidence, tests, by_test=True)


def outpatient_shift(cases: ScreenCases, rule: ScreenRule) -> Found:
    """Outpatient costs around the stay against those of the same groups; in yuan."""
    column = str(rule.parameters["column"])
    amount = pl.col(column).cast(pl.Float64, strict=False)
    judged = cases.judged(rule.needs) & cases.rows.select((amount >= 0).fill_null(False)).to_series()
    rows = cases.rows.filter(judged).with_columns((amount * 100).round().cast(pl.Int64).alias("value"))
    tests = _sum_tests(rows, "drg", 0.01)
    told = tests.filter(pl.col("ratio") >= rule.number("ratio"), pl.col("cases") >= rule.number("min_cases"))
    beyond = (pl.col("observed") - pl.col("expected")) * pl.col("cases") * 100
    told = told.with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"), beyond.round().alias("money")
    )
    usual = pl.col("value").mean().over("drg")
    dear = rows.filter(pl.col("value") > usual).join(told.select("hospital_id", "key"), on="hospital_id")
    dear = dear.sort("key", "value", "place", descending=[False, True, False])
    return Found(judged, shaped(told, FOUND), shaped(dear, EVIDENCE), tests, by_test=True)
