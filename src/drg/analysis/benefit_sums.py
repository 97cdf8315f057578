"""What each payer pays to each hospital month by month (同步结算): the results of benefits added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from drg.analysis.benefit_tally import PAYERS
from drg.column import Column, Kind
from drg.columns import ALL
from drg.grouping.batched_frames import lacking
from drg.payment.reasons import missing_lines
from drg.reasons import check_form, column_in_words
from drg.records.cases import Cases
from drg.records.frames import Frame
from drg.records.short_table import ShortTable
from drg.settlement.exact_decimals import as_decimals, figure
from drg.words import Sentence, told

MonthsBy = Literal["discharge_date", "settlement_date"]

_MONEY: Final = pl.Decimal(38, 2)
SUM_KEYS: Final = ("hospital_id", "month")
_PRICED: Final = ("payment_yuan", "fund_payment_yuan")
# Only of stays that are priced.
OF_PRICES: Final = ("stays_priced", *_PRICED)


def _count(name: str, label: str, meaning: str) -> Column:
    return Column(name, Kind.NUMBER, pl.Int64, label, meaning)


def _sum(name: str) -> Column:
    return Column(name, Kind.MONEY, _MONEY, ALL[name].label_zh, ALL[name].meaning)


SUM_COLUMNS: Final = (
    Column("hospital_id", Kind.TEXT, pl.String, ALL["hospital_id"].label_zh, "null: not given"),
    Column("month", Kind.TEXT, pl.String, "月份", "2025-03; null: the date is not known"),
    _count("stays", "住院例数", "all stays"),
    _count("stays_held", "待核例数", "of which nothing can be said; they are in no amount"),
    _sum("total_cost_yuan"),
    *(_sum(name) for name in PAYERS),
    _count("stays_priced", "已计价例数", "those of which fund_payment_yuan is known"),
    *(_sum(name) for name in _PRICED),
)
HELD_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(("case_id", *SUM_KEYS), pl.String),
        "total_cost_yuan": ALL["total_cost_yuan"].dtype,
        "reason": pl.String,
    }
)


@dataclass(frozen=True, repr=False)
class BenefitSums(ShortTable):
    """What payers pay, by hospital and month.

    Attributes:
        rows: a row for each hospital and month, in their order; see ``SUM_COLUMNS``. Amounts in yuan, exact;
            those of the payers add up to ``total_cost_yuan``. The payment by group and the fund's part of it
            are null where no stay has them.
        held: the stays that are in no amount: ``case_id``, ``hospital_id``, ``month``, ``total_cost_yuan``
            and ``reason``.
    """

    rows: pl.DataFrame
    held: pl.DataFrame

    @property
    def is_priced(self) -> bool:
        """Whether the payment by group is known of any stay."""
        return bool(self.rows["stays_priced"].sum())

    def _short(self) -> tuple[str, pl.DataFrame]:
        heading = f"BenefitSums: {self.rows['stays'].sum():,} stays, {self.held.height:,} held, in yuan"
        return heading, self.rows.select(*SUM_KEYS, "stays", "total_cost_yuan", *PAYERS)


def benefit_sums(
    shared: Frame, *, months_by: MonthsBy = "discharge_date", language: str = "en"
) -> BenefitSums:
    """Add up what ``benefits`` gives, by hospital and month.

    A stay is held, and in no amount, if nothing can be said of it, if its payers do not add up to its cost,
    or if its case id stands for several stays of its hospital.

    Args:
        shared: what ``benefits`` gives, with ``hospital_id``; also after ``price``.
        months_by: the column whose date puts a stay into its month.
        language: of the reasons, ``en`` or ``zh`` (中文).

    Raises:
        MissingColumnError: if a column is absent.
        InputError: if a column holds what it cannot hold.
    """
    check_form("text", language)
    cases = Cases.of(shared)
    needed = ("case_id", "hospital_id", months_by, "total_cost_yuan", *PAYERS)
    missing = [name for name in needed if name not in cases.binding.columns]
    if missing:
        fix = Sentence("Give what drg benefits wrote, with hospital_id and case_id")
        raise lacking(Sentence("The sum by payer"), missing, missing_lines(missing), fix)
    fen = [
        pl.col(name).to_physical().cast(pl.Int64).alias(figure(name))
        for name in ("total_cost_yuan", *PAYERS, *_PRICED)
    ]
    stays = (
        cases.lazy((*needed, "benefit_reason", *_PRICED))
        .with_columns(*fen, month=pl.col(months_by).dt.strftime("%Y-%m"))
        .with_columns(reason=_reason(language))
    )
    held = pl.col("reason").is_not_null()
    priced = ~held & pl.col("fund_payment").is_not_null()
    sums = stays.group_by(SUM_KEYS).agg(
        pl.len().alias("stays"),
        held.sum().alias("stays_held"),
        *(pl.col(figure(name)).filter(~held).sum() for name in ("total_cost_yuan", *PAYERS)),
        priced.sum().alias("stays_priced"),
        *(pl.col(figure(name)).filter(priced).sum() for name in _PRICED),
    )
    rows, named = pl.collect_all([sums, stays.filter(held).select(HELD_SCHEMA.names())], engine="streaming")
    known = pl.col("stays_priced") > 0
    rows = rows.with_columns(pl.when(known).then(pl.col(figure(name) for name in _PRICED)))
    return BenefitSums(
        rows=as_decimals(rows.sort(SUM_KEYS, nulls_last=True), SUM_COLUMNS),
        held=named.cast(HELD_SCHEMA).sort(*SUM_KEYS, "case_id", nulls_last=True),
    )


def _reason(language: str) -> pl.Expr:
    """Why a stay is held; null if it is not."""

    def words(column: pl.Series) -> pl.Series:
        return column_in_words(column, language)

    payers = [pl.col(figure(name)) for name in PAYERS]
    cost = pl.col("total_cost")
    nothing = pl.col("benefit_reason").cast(pl.String).map_batches(words, return_dtype=pl.String)
    unknown = told(Sentence("who pays what is not known"), language)
    apart = told(Sentence("the payers do not add up to total_cost_yuan"), language)
    several = told(Sentence("the case id stands for several stays of the hospital"), language)
    of_several = pl.struct("hospital_id", "case_id").is_duplicated() & pl.col("case_id").is_not_null()
    return (
        pl.when(pl.col("patient_share_yuan").is_null())
        .then(nothing.fill_null(unknown))
        .when(
            pl.any_horizontal(one.is_null() for one in (cost, *payers)) | (pl.sum_horizontal(payers) != cost)
        )
        .then(pl.lit(apart))
        .when(of_several)
        .then(pl.lit(several))
    )
