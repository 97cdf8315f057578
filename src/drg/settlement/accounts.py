"""Sums of cases and payments → the rows of accounts: months, the year to date, the year, its forecast.

Sharing, deposits and recoveries are judged on the year to date; a month is what they grew by. So months add
up to the year, whatever the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from drg.payment.expressions import ONE, WIDE, wide
from drg.payment.settlement_rules import SettlementRules
from drg.settlement.case_formulas import SUMS
from drg.settlement.case_sums import with_surplus
from drg.settlement.evaluation import Accounts
from drg.settlement.settlement_columns import ACCOUNT, CLASS_COUNTS, FLOWS, LOCAL, MONTH, YEAR, YEAR_TO_DATE

# Kinds of payments and the column that each is added up in.
KINDS: Final = {
    "prepayment": "prepayment",
    "daily": "daily_paid",
    "monthly": "monthly_paid",
    "supplement": "supplements",
    "refund": "refunds",
    "deduction": "deductions",
}
# A year of fewer cases than one in so many of the largest year is a stray one.
_ONE_IN: Final = 20
_COUNTED: Final = (*SUMS, *CLASS_COUNTS)
_ADDED: Final = (*_COUNTED, "surplus", *KINDS.values())


def by_month(counts: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """What happened in each month of each account; months without cases or payments included.

    Args:
        counts: of ``case_sums.CaseSums``.
        payments: of ``input_tables.check_payments``.

    Returns:
        ``ACCOUNT``, ``month``, ``last`` (the last month of the year that has cases anywhere) and ``_ADDED``.
    """
    place = [*ACCOUNT, "month"]
    paid = payments.select(
        "insurance_type",
        pl.lit(LOCAL).alias("basis"),
        "hospital_id",
        pl.col("period").str.slice(0, 4).cast(pl.Int32).alias("year"),
        pl.col("period").str.slice(5, 2).cast(pl.Int32).alias("month"),
        *(
            pl.when(pl.col("kind") == kind).then("amount_fen").otherwise(0).cast(WIDE).alias(column)
            for kind, column in KINDS.items()
        ),
    )
    paid = paid.group_by(place).agg(pl.col(list(KINDS.values())).sum())
    accounts = pl.concat([counts.select(ACCOUNT), paid.select(ACCOUNT)]).unique()
    known = pl.concat([counts.select("year", "month"), paid.select("year", "month")])
    ends = known.group_by("year").agg(pl.col("month").max())
    last = counts.group_by("year").agg(pl.col("month").max().alias("last"))
    grid = (
        accounts.join(ends, on="year")
        .with_columns(pl.int_ranges(1, pl.col("month") + 1, dtype=pl.Int32).alias("month"))
        .explode("month")
        .join(last, on="year", how="left")
        .with_columns(pl.col("last").fill_null(0))
    )
    found = grid.join(counts, on=place, how="left").join(paid, on=place, how="left")
    return found.with_columns(pl.col(_ADDED).fill_null(0).cast(WIDE)).sort(*ACCOUNT, "month")


def months(found: pl.DataFrame, accounts: Accounts) -> pl.DataFrame:
    """The rows of months and of the year to date, sorted by account and month; amounts in fen."""
    found = without_scores(found)
    unknown = ("quality_factor", "deposit_share_returned")
    so_far = found.with_columns(pl.col(_ADDED).cum_sum().over(ACCOUNT, order_by="month"))
    so_far = accounts.worked_out(so_far).drop(unknown)
    grown = pl.col(FLOWS) - pl.col(FLOWS).shift(1, fill_value=0).over(ACCOUNT, order_by="month")
    alone = accounts.worked_out(found).drop(FLOWS, *unknown)
    month = alone.hstack(so_far.select(grown))
    return pl.concat([_spanned(month, MONTH), _spanned(so_far, YEAR_TO_DATE)], how="diagonal")


def whole_year(found: pl.DataFrame) -> pl.DataFrame:
    """What happened in all months of each account."""
    years = found.group_by(ACCOUNT).agg(pl.col(_ADDED).sum(), pl.col("month").max(), pl.col("last").first())
    return years.sort(ACCOUNT)


def stray_years(years: pl.DataFrame) -> dict[int, tuple[int, int, int]]:
    """Years of a few cases beside a year of many: more likely wrong dates than a year.

    Args:
        years: what ``whole_year`` gives.

    Returns:
        By year: its cases; the year with most cases, and how many those are.
    """
    cases = years.group_by("year").agg(pl.col("cases").sum().cast(pl.Int64)).sort("cases", "year")
    if cases.is_empty():
        return {}
    largest, most = cases.row(-1)
    few = cases.filter(pl.col("cases") > 0, pl.col("cases") * _ONE_IN < most)
    return {year: (count, largest, most) for year, count in few.sort("year").iter_rows()}


def at_pace(years: pl.DataFrame) -> pl.DataFrame:
    """The year if the months to come are as those that had cases; what was paid stays as it is.

    Every sum of cases is rounded half up by itself.
    """
    known = years.filter(pl.col("last") > 0)
    last = pl.col("last").cast(WIDE)
    return with_surplus(known.with_columns((pl.col(_COUNTED) * wide(24) + last) // (wide(2) * last)))


def without_scores(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows before the year's score is known, and before its budget is closed."""
    return frame.with_columns(
        quality_factor=wide(ONE), deposit_share_returned=pl.lit(None, dtype=WIDE), budget_adjustment=wide(0)
    )


def with_scores(years: pl.DataFrame, scores: pl.DataFrame, rules: SettlementRules) -> pl.DataFrame:
    """Add ``score``, ``quality_factor`` and ``deposit_share_returned`` (units of 1e-8).

    Args:
        years: accounts; of other bases than local ones, no score is asked for.
        scores: of ``input_tables.check_scores``. A score for one insurance goes before one for all.
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


def standing(rows: pl.DataFrame) -> pl.DataFrame:
    """Each account as it stands: the cleared year, or the year to date of its last month."""
    known = rows.filter(pl.col("span").is_in([YEAR, YEAR_TO_DATE]))
    ranked = known.sort(pl.col("span") == YEAR, "period", maintain_order=True)
    return ranked.unique(ACCOUNT, keep="last", maintain_order=True).sort(ACCOUNT)


def _spanned(frame: pl.DataFrame, span: str) -> pl.DataFrame:
    period = pl.format("{}-{}", "year", pl.col("month").cast(pl.String).str.zfill(2))
    return frame.with_columns(span=pl.lit(span), period=period)
