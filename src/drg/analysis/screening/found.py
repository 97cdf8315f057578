"""What a rule gives: findings with their evidence, and what each hospital has of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl

from drg.analysis.quality.profiles import LEAST_HOSPITALS

if TYPE_CHECKING:
    from drg.analysis.screening.screen_rules import ScreenRule

# Of a finding, beside its number, before it is known which are told. ``key`` joins it to its evidence.
FOUND: Final = pl.Schema(
    {
        "key": pl.UInt32(),
        "hospital_id": pl.String(),
        "subject": pl.String(),
        "observed": pl.Float64(),
        "expected": pl.Float64(),
        "ratio": pl.Float64(),
        "ratio_low": pl.Float64(),
        "ratio_high": pl.Float64(),
        "p": pl.Float64(),
        "money": pl.Int64(),
    }
)
EVIDENCE: Final = pl.Schema({"key": pl.UInt32(), "place": pl.UInt32()})
# Of a hospital and what a test of it is about, such as a month or a code.
TESTS: Final = pl.Schema(
    {
        "hospital_id": pl.String(),
        "subject": pl.String(),
        "cases": pl.Int64(),
        "observed": pl.Float64(),
        "expected": pl.Float64(),
        "ratio": pl.Float64(),
        "ratio_low": pl.Float64(),
        "ratio_high": pl.Float64(),
        "p": pl.Float64(),
    }
)


@dataclass(frozen=True)
class Found:
    """What a rule has found.

    Attributes:
        judged: [cases] which could be judged.
        findings: of the shape ``FOUND``.
        evidence: of the shape ``EVIDENCE``: the cases of each finding, in the order to look at them.
        tests: of the shape ``TESTS``: hospitals against the region.
        by_test: whether a finding is told only if its hospital's test is significant; it is that of the same
            hospital and subject.
    """

    judged: pl.Series
    findings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FOUND))
    evidence: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=EVIDENCE))
    tests: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TESTS))
    by_test: bool = False


def shaped(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The columns of a shape; those that are not there are empty."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )


def each_case(flagged: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A finding for each of these rows, which is its own evidence."""
    keyed = flagged.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"))
    return shaped(keyed, FOUND), shaped(keyed, EVIDENCE)


def hospital_findings(
    tests: pl.DataFrame,
    rule: ScreenRule,
    cases: pl.DataFrame,
    *,
    by: tuple[str, ...] = ("hospital_id",),
    money: Literal["sum", "mean"],
    every: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings of tests with a large ratio, and as evidence the cases beyond what is expected.

    Args:
        tests: of the shape ``TESTS``.
        rule: with the least ``ratio`` and ``min_cases``.
        cases: those that count, in the order to look at them, with ``money`` in fen.
        by: what of the tests and the cases belongs together.
        money: ``sum``: of the evidence; ``mean``: that of the cases × how many are beyond what is expected.
        every: all cases that count are evidence.
    """
    told = tests.filter(
        pl.col("ratio") >= rule.number("ratio"), pl.col("cases") >= rule.number("min_cases")
    ).with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("key"))
    beyond = (pl.col("observed") - pl.col("expected")).round().alias("beyond")
    joined = cases.join(told.select(*by, "key", beyond), on=list(by), maintain_order="left")
    first = joined.with_columns(pl.int_range(pl.len()).over("key").alias("number"))
    evidence = first if every else first.filter(pl.col("number") < pl.col("beyond"))
    amount = pl.col("money").sum()
    if money == "mean":
        amount = (pl.col("money").mean() * pl.col("beyond").first()).round()
    amounts = (evidence if money == "sum" else first).group_by("key").agg(amount.alias("money"))
    told = told.join(amounts, on="key", how="left", maintain_order="left")
    return shaped(told, FOUND), shaped(evidence.sort("key", "number"), EVIDENCE)


def share_tests(rows: pl.DataFrame, flagged: pl.Expr, like: str | None, *, subject: str = "") -> pl.DataFrame:
    """Of each hospital how many of its cases are flagged, against the share among like cases of the region.

    Args:
        rows: the cases that were judged, with ``hospital_id``.
        flagged: whether a case is.
        like: the column of which cases are alike, such as ``adrg``; None: all of them.
        subject: of the tests.
    """
    cases = rows.filter(pl.col("hospital_id").is_not_null()).with_columns(
        flagged.fill_null(False).cast(pl.Float64).alias("flag"),
        (pl.lit(None, pl.String) if like is None else pl.col(like).cast(pl.String)).alias("like"),
    )
    counts = cases.group_by("hospital_id", "like").agg(pl.len().alias("cases"), pl.col("flag").sum())
    region = counts.group_by("like").agg(
        pl.col("cases").sum().alias("all_cases"), pl.col("flag").sum().alias("all_flags")
    )
    share = pl.col("cases") * pl.col("all_flags") / pl.col("all_cases")
    joined = counts.join(region, on="like", nulls_equal=True)
    sums = joined.group_by("hospital_id").agg(
        pl.col("cases").sum(), pl.col("flag").sum().alias("observed"), share.sum().alias("expected")
    )
    tested = sums.filter(pl.col("expected") > 0).sort("hospital_id")
    return with_p_of_counts(shaped(tested.with_columns(subject=pl.lit(subject)), TESTS))


def with_p_of_counts(tests: pl.DataFrame) -> pl.DataFrame:
    """Tests with how likely so many or more flagged cases are; with exact limits of the ratio.

    With fewer than four there are none: how much they usually differ cannot be told.
    """
    from scipy import stats

    if tests.height < LEAST_HOSPITALS:
        return tests.clear()
    cases, observed, expected = (tests[name].to_numpy().astype(np.float64) for name in _COUNTS)
    share = np.clip(expected / np.maximum(cases, 1), 0.0, 1.0)
    # The middle of the step, so that tests of few cases spread evenly.
    above = stats.binom.sf(observed, cases, share) + stats.binom.pmf(observed, cases, share) / 2
    z = stats.norm.isf(np.clip(above, 1e-300, 1 - 1e-16))
    p = stats.norm.sf(z / np.sqrt(_overdispersion(z)))
    low = np.where(observed > 0, stats.beta.ppf(0.025, observed, cases - observed + 1), 0.0)
    high = np.where(observed < cases, stats.beta.ppf(0.975, observed + 1, cases - observed), 1.0)
    per_share = cases / expected
    return tests.with_columns(
        ratio=pl.Series(observed / expected),
        ratio_low=pl.Series(low * per_share),
        ratio_high=pl.Series(high * per_share),
        p=pl.Series(p),
    )


_COUNTS: Final = ("cases", "observed", "expected")
# Of the z-values at each end: a hospital that stands out must not hide itself.
_WINSORISED: Final = 0.1


def _overdispersion(z: np.ndarray) -> float:
    """How much more hospitals differ than by chance (Spiegelhalter, Statistics in Medicine, 2005, 24: 1185).

    The mean square of the z-values, the outer tenths of which are drawn in; at least 1.
    """
    low, high = np.quantile(z, [_WINSORISED, 1 - _WINSORISED])
    return max(1.0, float(np.mean(np.clip(z, low, high) ** 2)))


def with_p_of_sums(tests: pl.DataFrame, variance: pl.Series) -> pl.DataFrame:
    """Tests with how likely so large a sum is, by the variance of each sum within the groups."""
    from scipy import stats

    if tests.height < LEAST_HOSPITALS:
        return tests.clear()
    apart = (tests["observed"] - tests["expected"]).to_numpy()
    spread = np.sqrt(variance.to_numpy())
    z = np.where(spread > 0, apart / np.where(spread > 0, spread, 1), 0.0)
    return tests.with_columns(p=pl.Series(stats.norm.sf(z / np.sqrt(_overdispersion(z)))))
