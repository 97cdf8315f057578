"""The year's scores → the factor of a hospital's entitlement and what its deposit pays back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from drg.payment.expressions import ONE, WIDE, wide
from drg.payment.settlement_rules import SettlementRules
from drg.settlement.settlement_columns import LOCAL


def with_scores(years: pl.DataFrame, scores: pl.DataFrame, rules: SettlementRules) -> pl.DataFrame:
    """Add ``score``, ``quality_factor`` and ``deposit_share_returned`` (units of 1e-8).

    Args:
        years: accounts; of other bases than local ones, no score is asked for.
        scores: of ``given.check_scores``. A score for one insurance goes before one for all.
        rules: of the scheme.
    """
    one = scores.drop_nulls("insurance_type")
    every = scores.filter(pl.col("insurance_type").is_null())
    found = (
        years.join(
            one.select("hospital_id", "year", "insurance_type", pl.col("score").alias("one")),
            on=("hospital_id", "year", "insurance_type"),
            how="left",
        )
        .join(
            every.select("hospital_id", "year", pl.col("score").alias("every")),
            on=("hospital_id", "year"),
            how="left",
        )
        .with_columns(score=pl.when(pl.col("basis") == LOCAL).then(pl.coalesce("one", "every")))
    )
    factor, returned = wide(ONE), pl.lit(None, dtype=WIDE)
    if rules.quality:
        factor = _by_score([(row.score_at_least, row.factor) for row in rules.quality.scores])
    if rules.deposit:
        returned = _by_score([(row.score_at_least, row.returned) for row in rules.deposit.scores])
    return found.with_columns(quality_factor=factor.fill_null(ONE), deposit_share_returned=returned)


def _by_score(rows: Sequence[tuple[Decimal, Decimal]]) -> pl.Expr:
    value = pl.lit(None, dtype=WIDE)
    for at_least, share in rows:
        value = pl.when(pl.col("score") >= pl.lit(at_least)).then(wide(int(share * ONE))).otherwise(value)
    return value
