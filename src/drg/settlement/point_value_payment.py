"""The points method at the year's clearing: the value of a point is known, so cases can be priced."""

from __future__ import annotations

from functools import partial
from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.errors import InputError
from drg.grouping.batched_frames import check_free, in_batches
from drg.payment.expressions import wide
from drg.payment.scheme import PaymentScheme
from drg.settlement.case_formulas import PAID_BESIDE, facts_of
from drg.settlement.case_sums import check_columns, readable, with_names
from drg.settlement.exact_decimals import as_decimals, figure
from drg.settlement.settle import Settlement
from drg.settlement.settlement_columns import ACCOUNT, LOCAL, YEAR
from drg.words import Sentence

CLEARED_COLUMNS: Final = (
    Column(
        "paid_points",
        Kind.NUMBER,
        pl.Decimal(38, 8),
        "结算点数",
        "points × paid by group ÷ standard; of cases with points of their own these",
    ),
    Column("quality_factor", Kind.NUMBER, pl.Decimal(38, 8), "考核系数", "of the hospital's year"),
    Column("point_value", Kind.NUMBER, pl.Decimal(38, 12), "点值", "yuan per point, of the closed budget"),
    Column(
        "cleared_payment_yuan",
        Kind.MONEY,
        pl.Decimal(38, 2),
        "清算支付",
        "points × quality factor × point value, half up to the fen, and what is paid beside the points",
    ),
)
_NAMES: Final = tuple(column.name for column in CLEARED_COLUMNS)
_WIDE: Final = pl.Int128
# Points and factors are counted in units of 1e-8, the value of a point in yuan of 1e-12: so many are a fen.
_PER_FEN: Final = 10 ** (8 + 8 + 12 - 2)


def cleared(priced: pl.LazyFrame, settlement: Settlement) -> pl.LazyFrame:
    """Price cases by the value of a point that closed their budget.

    Args:
        priced: the cases that were settled, after the decisions: ``Settlement.cases``.
        settlement: of a points scheme, with a cleared year.

    Returns:
        The same rows with ``CLEARED_COLUMNS``; empty for cases that belong to no such budget or are in no
        amount. What an account's cases are paid differs from what the account is paid by rounding alone.

    Raises:
        InputError: no budget was closed by the value of a point, or a column is there already.
        MissingColumnError: if a column is absent.
    """
    values = point_values(settlement)
    if values.is_empty():
        raise InputError(
            Sentence("no cleared year was closed by the value of a point, so no case can be priced by it"),
            fix=Sentence(
                'Set excess and remainder = "point_value" in [[settlement.budgets]] of a points scheme, '
                "and settle the whole year (or give --close)"
            ),
        )
    schema = priced.collect_schema()
    check_columns(schema.names(), settlement.scheme)
    check_free(schema.names(), _NAMES, Sentence("clearing by points"))
    numbers = values.with_columns(pl.col("quality_factor", "point_value").to_physical().cast(_WIDE))
    has_shares = "patient_share_yuan" in schema
    step = partial(_paid, scheme=settlement.scheme, values=numbers, has_shares=has_shares)
    return in_batches(priced, step, schema, CLEARED_COLUMNS, None)


def point_values(settlement: Settlement) -> pl.DataFrame:
    """The accounts that a point value closed: ``ACCOUNT``, quality_factor and point_value."""
    closed = settlement.budget_shares.filter(span=YEAR, closed_by="point_value")
    accounts = settlement.rows.filter(span=YEAR, basis=LOCAL).select(*ACCOUNT, "quality_factor")
    return accounts.join(closed.select(*ACCOUNT, "point_value"), on=ACCOUNT).sort(ACCOUNT)


def _paid(
    batch: pl.DataFrame, scheme: PaymentScheme, values: pl.DataFrame, *, has_shares: bool
) -> pl.DataFrame:
    """A batch of priced cases with ``CLEARED_COLUMNS``, by ``point_values`` as whole numbers."""
    facts = facts_of(scheme)
    shared, converted = facts["shared"], facts["converted"]
    cases = with_names(readable(batch.lazy(), scheme, has_shares=has_shares).collect())
    by_group = pl.col("drg_payment_yuan").fill_null(0) + pl.col("high_cost_payment_yuan").fill_null(0)
    beside = pl.sum_horizontal(*PAID_BESIDE, pl.when(shared).then(0).otherwise(by_group))
    parts = pl.sum_horizontal("item_payment_yuan", "outside_payment_yuan", by_group)
    in_points = pl.when(converted).then(parts).otherwise(0)
    places = cases.select(
        *("hospital_id", "insurance_type", "basis", "year", "held"),
        points=pl.when(shared | converted).then("points").otherwise(0).cast(_WIDE),
        beside=(beside - in_points).cast(_WIDE),
    )
    found = places.join(values, on=ACCOUNT, how="left", maintain_order="left")
    worth = pl.col("points") * pl.col("quality_factor") * pl.col("point_value")
    half_up = (worth * wide(2) + wide(_PER_FEN)) // wide(2 * _PER_FEN)
    counts = pl.col("point_value").is_not_null() & ~pl.col("held")
    made = found.with_columns(paid_points="points", cleared_payment=half_up + pl.col("beside")).select(
        pl.when(counts).then(name).alias(name) for name in map(figure, _NAMES)
    )
    return batch.hstack(as_decimals(made, CLEARED_COLUMNS))
