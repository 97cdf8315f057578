"""What a statement adds up from the cases themselves, to be held against the settlement.

The sums here are made from the case table alone, without the settlement's own: where both agree to the fen,
the statement ties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.payment.money import fen, yuan
from drg.payment.scheme import PaymentScheme
from drg.records.binding import with_unread
from drg.settlement.case_formulas import AMOUNTS, BESIDE, PAID_BESIDE, over_sums
from drg.settlement.case_sums import months_by, readable, with_names
from drg.settlement.exact_decimals import as_decimals, figure
from drg.settlement.out_of_cost import with_excluded
from drg.settlement.point_value_payment import CLEARED_COLUMNS
from drg.settlement.settlement_columns import ACCOUNT, MONTH

# Cases that are in memory at once, unless one hospital has more.
MOST_CASES: Final = 500_000
YUAN: Final = pl.Decimal(18, 2)
MONEY: Final = (
    *("standard_payment_yuan", "total_cost_yuan", "excluded_items_yuan", "drg_payment_yuan"),
    "high_cost_payment_yuan",
    *PAID_BESIDE,
    *(
        "payment_yuan",
        "patient_and_others_yuan",
        "borne_above_payment_yuan",
        "fund_payment_yuan",
        "joined_cost_yuan",
        "surplus_formula_yuan",
    ),
    *("surplus_adjustment_yuan", "surplus_yuan"),
)
# The columns of the case table, in their order; those that the cases lack are left out.
SHOWN: Final = (
    *("case_id", "insurance_type", "basis", "period", "admission_date", "discharge_date"),
    "settlement_date",
    *("department", "drg", "drg_name", "case_class", "counted", "relative_weight", "coefficient", "points"),
    *MONEY,
    *(column.name for column in CLEARED_COLUMNS),
    "pricing_reason",
)
_CLEARED: Final = "cleared_payment_yuan"
_JOINED: Final = "joined_cost_yuan"  # shown where the scheme joins stays
# What is added up, and the figure of the settlement that it must equal.
TIED: Final = (
    *("cases", "weighted_cases", "relative_weight", "cost", "standard", "shared_cost", "shared_standard"),
    *(*BESIDE, "patient_and_others", "borne_above_payment", "surplus_formula", "surplus"),
)
_SUMS: Final = (
    *(Column(name, Kind.NUMBER, pl.Int64, "", "") for name in ("cases", "cases_held", "weighted_cases")),
    Column("relative_weight", Kind.NUMBER, pl.Decimal(38, 8), "", ""),
    *(
        Column(name, Kind.MONEY, pl.Decimal(38, 2), "", "")
        for name in (*AMOUNTS, "converted_payment", figure(_CLEARED))
    ),
)
_GIVEN: Final = ("total_cost_yuan", "excluded_items_yuan")
_DATES: Final = ("admission_date", "discharge_date", "settlement_date")
_TEXTS: Final = ("case_id", "department", "drg", "drg_name", "pricing_reason")
_NUMBERS: Final = ("relative_weight", "coefficient", "points")


def hospitals_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The hospitals of a settlement with the number of their cases, in order."""
    cases = pl.col("cases").filter(pl.col("span") == MONTH).sum()
    return rows.group_by("hospital_id").agg(cases).sort("hospital_id")


def by_hospital(
    cases: pl.LazyFrame, hospitals: pl.DataFrame, scheme: PaymentScheme
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The case table of each hospital, in order; several hospitals are read at a time.

    Args:
        cases: priced cases after the decisions.
        hospitals: of ``hospitals_of``; only these.
        scheme: by which they were settled.

    Yields:
        The hospital and its cases with ``SHOWN`` and ``ACCOUNT``, sorted by account, date and id; ``counted``
        says whether a case is in the amounts.
    """
    names = cases.collect_schema().names()
    wanted = {"hospital_id", "insured_area", "scheme", months_by(scheme), *SHOWN}
    lean = cases.select(with_unread(wanted | {*scheme.out_of_cost}, names))
    has_shares = "patient_share_yuan" in names
    hospital = pl.col("hospital_id")
    for group in _chunks(hospitals):
        batch = lean.filter(hospital.is_in(group)).collect(engine="streaming")
        table = case_table(batch, scheme, has_shares=has_shares)
        parts = table.partition_by("hospital_id", as_dict=True)
        for name in group:
            yield name, parts.get((name,), table.clear())


def _chunks(hospitals: pl.DataFrame) -> Iterable[list[str]]:
    """Hospitals that are read together."""
    group: list[str] = []
    held_cases = 0
    for name, count in hospitals.select("hospital_id", "cases").iter_rows():
        if group and held_cases + count > MOST_CASES:
            yield group
            group, held_cases = [], 0
        group.append(name)
        held_cases += count
    if group:
        yield group


def case_table(batch: pl.DataFrame, scheme: PaymentScheme, *, has_shares: bool) -> pl.DataFrame:
    """Priced cases as the rows of a case table; see ``by_hospital``."""
    known = with_names(readable(batch.lazy(), scheme, has_shares=has_shares).collect())
    columns: dict[str, pl.Series] = {
        "year": known["year"],
        "period": known[months_by(scheme)].dt.to_string("%Y-%m"),
        "insurance_type": known["insurance_type"],
        "basis": known["basis"],
        "hospital_id": known["hospital_id"],
        "case_class": batch["case_class"],
        "counted": ~known["held"],
    }
    for name in (*_DATES, *_TEXTS):
        if name in batch.columns:
            columns[name] = batch[name]
    batch = with_excluded(batch.lazy(), scheme).collect()
    for name in (*MONEY, *_NUMBERS, *(column.name for column in CLEARED_COLUMNS)):
        if name in batch.columns and (name != _JOINED or scheme.joins_stays):
            columns[name] = _decimals(batch, name)
    frame = pl.DataFrame({name: series.alias(name) for name, series in columns.items()})
    order = [name for name in (*ACCOUNT, "discharge_date", "case_id") if name in columns]
    shown = [name for name in SHOWN if name in columns]
    placed = pl.all_horizontal(pl.col("year", "insurance_type").is_not_null())
    return (
        frame.filter(placed)
        .sort(order, maintain_order=True)
        .select(*(name for name in ACCOUNT if name not in shown), *shown)
    )


def _decimals(batch: pl.DataFrame, name: str) -> pl.Series:
    if name not in _GIVEN:
        return batch[name]
    # Not written by pricing: what is no amount there makes a case invalid, and is empty here.
    amounts = fen(batch, name)
    return yuan(amounts, amounts < 0)


def has_departments(table: pl.DataFrame) -> bool:
    """Whether any case of a case table says its department."""
    return "department" in table.columns and table["department"].null_count() < table.height


def sums_by(table: pl.DataFrame, keys: Sequence[str], scheme: PaymentScheme) -> pl.DataFrame:
    """Sums of a case table: ``TIED``, and ``payment_by_group``, ``excluded_items``, ``payment``, ``held``.

    Args:
        table: of ``case_table``.
        keys: what to add up by.
        scheme: says which classes share in surplus and overrun, and whether excluded items are apart.
    """
    counted = pl.col("counted")
    paid = [name for name in (*MONEY, _CLEARED) if name in table.columns]
    figures = (*AMOUNTS, *(["converted_payment"] if scheme.method.points_for else []))
    figures = (*figures, figure(_CLEARED)) if _CLEARED in paid else figures
    known = {"cases", "cases_held", "weighted_cases", "relative_weight", *figures}
    absent = [pl.lit(0).alias(name) for name in MONEY if name not in paid]
    columns = [column for column in _SUMS if column.name in known]
    sums = (
        table.lazy()
        .group_by(list(dict.fromkeys((*keys, "case_class"))))
        .agg(
            pl.len().alias("cases"),
            (~counted).sum().alias("cases_held"),
            (pl.col("relative_weight").is_not_null() & counted).sum().alias("weighted_cases"),
            # Decimals are whole numbers of fen, or of 1e-8, with a scale.
            pl.col("relative_weight", *paid).filter(counted).to_physical().sum(),
        )
        .with_columns(absent)
        .with_columns(**over_sums(scheme, figures))
        .group_by(keys)
        .agg(pl.col(column.name for column in columns).cast(pl.Int128).sum())
        .sort(keys)
        .collect()
    )
    return pl.DataFrame([*(sums[key] for key in keys), *as_decimals(sums, columns)])
