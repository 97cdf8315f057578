"""Tests of all rules and hospitals, adjusted together, and hospitals in the order to ask them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from drg.analysis.screening.found import FOUND, TESTS

SIGNIFICANT: Final = 0.05

_YUAN: Final = pl.Decimal(18, 2)
SCHEMAS: Final = {
    "found": FOUND,
    "rules": pl.Schema(
        {
            **dict.fromkeys(("rule", "title", "title_zh"), pl.String()),
            "on": pl.Boolean(),
            **dict.fromkeys(("judged", "not_judged"), pl.Int64()),
            "missing": pl.List(pl.String()),
            **dict.fromkeys(("findings", "cases"), pl.Int64()),
            "money_yuan": _YUAN,
            **dict.fromkeys(
                ("parameters", "source", "question", "question_zh", "money", "money_zh"), pl.String()
            ),
        }
    ),
    "tests": pl.Schema(
        {
            "rule": pl.String(),
            **TESTS,
            "p_adjusted": pl.Float64(),
            "significant": pl.Boolean(),
        }
    ),
    "findings": pl.Schema(
        {
            "finding": pl.UInt32(),
            **dict.fromkeys(("rule", "hospital_id", "subject"), pl.String()),
            "cases": pl.Int64(),
            **dict.fromkeys(
                ("observed", "expected", "ratio", "ratio_low", "ratio_high", "p", "p_adjusted"), pl.Float64()
            ),
            "money_yuan": _YUAN,
        }
    ),
    "evidence": pl.Schema(
        {
            "finding": pl.UInt32(),
            "rule": pl.String(),
            "file": pl.String(),
            "sheet": pl.String(),
            "row": pl.UInt32(),
            **dict.fromkeys(("case_id", "hospital_id", "drg", "principal_diagnosis"), pl.String()),
            **dict.fromkeys(("admission_date", "discharge_date"), pl.Datetime("us")),
            "los_days": pl.Float64(),
            "total_cost_yuan": _YUAN,
            "payment_yuan": _YUAN,
        }
    ),
    "hospitals": pl.Schema(
        {
            "rank": pl.Int64(),
            "hospital_id": pl.String(),
            **dict.fromkeys(("cases", "tests", "significant"), pl.Int64()),
            "significant_rules": pl.String(),
            "least_p_adjusted": pl.Float64(),
            **dict.fromkeys(("findings", "cases_found"), pl.Int64()),
            "money_yuan": _YUAN,
        }
    ),
    "notes": pl.Schema(dict.fromkeys(("message", "message_zh"), pl.String())),
}


def adjusted(tests: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The tests of all rules with their adjusted p-values.

    Of a rule and a hospital with several subjects (months, codes) the smallest p counts, times their number
    (Bonferroni); these are adjusted by Benjamini and Hochberg over all rules and hospitals. A subject is
    significant if its hospital is, and it would be by itself.
    """
    from scipy.stats import false_discovery_control

    parts = [frame.with_columns(pl.lit(rule).alias("rule")) for rule, frame in tests.items()]
    schema = SCHEMAS["tests"]
    every = pl.concat([pl.DataFrame(schema={"rule": pl.String(), **TESTS}), *parts], how="diagonal_relaxed")
    every = every.filter(pl.col("p").is_not_null())
    if every.is_empty():
        return pl.DataFrame(schema=schema)
    place = ("rule", "hospital_id")
    every = every.with_columns((pl.col("p") * pl.len().over(place)).clip(0, 1).alias("own"))
    of_rules = every.group_by(place, maintain_order=True).agg(pl.col("own").min().alias("least"))
    of_rules = of_rules.with_columns(
        p_adjusted=pl.Series(false_discovery_control(of_rules["least"].to_numpy()))
    )
    every = every.join(of_rules, on=place, maintain_order="left")
    sure = (pl.col("p_adjusted") < SIGNIFICANT) & (pl.col("own") < SIGNIFICANT)
    return every.with_columns(sure.alias("significant")).select(
        pl.col(name).cast(dtype) for name, dtype in schema.items()
    )


def hospital_ranks(
    rows: pl.DataFrame, tests: pl.DataFrame, findings: pl.DataFrame, evidence: pl.DataFrame
) -> pl.DataFrame:
    """Hospitals, those with most significant rules first, then by the smallest p, then by money."""
    by = "hospital_id"
    counts = rows.filter(pl.col(by).is_not_null()).group_by(by).agg(pl.len().alias("cases"))
    sure = pl.col("rule").filter("significant")
    of_tests = tests.group_by(by).agg(
        pl.col("rule").n_unique().alias("tests"),
        sure.n_unique().alias("significant"),
        sure.unique().sort().str.join(", ").alias("significant_rules"),
        pl.col("p_adjusted").min().alias("least_p_adjusted"),
    )
    told = findings.group_by(by).agg(pl.len().alias("findings"))
    once = evidence.unique("place").group_by(by).agg(pl.len().alias("cases_found"), pl.col("money").sum())
    joined = counts
    for part in (of_tests, told, once):
        joined = joined.join(part, on=by, how="left")
    zero = ("tests", "significant", "findings", "cases_found", "money")
    joined = joined.with_columns(pl.col(zero).fill_null(0), pl.col("significant_rules").fill_null("")).sort(
        pl.col("significant"),
        "least_p_adjusted",
        "money",
        by,
        descending=[True, False, True, False],
        nulls_last=True,
    )
    return joined.with_columns(
        pl.int_range(1, pl.len() + 1).alias("rank"),
        (pl.col("money").cast(_YUAN) / 100).cast(_YUAN).alias("money_yuan"),
    ).select(pl.col(name).cast(dtype) for name, dtype in SCHEMAS["hospitals"].items())
