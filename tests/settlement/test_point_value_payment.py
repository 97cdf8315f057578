from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

import drg
from drg.errors import InputError
from drg.records.cases import Cases
from drg.settlement import settle
from drg.settlement.point_value_payment import CLEARED_COLUMNS, cleared, point_values
from tests.report import settled
from tests.report.test_statement import POINTS

SHARED = ("normal", "incomplete", "high")
BESIDE = (
    "item_payment_yuan",
    "outside_payment_yuan",
    "special_case_payment_yuan",
    "excluded_items_payment_yuan",
)
PARTS = ("drg_payment_yuan", "high_cost_payment_yuan", *BESIDE)


def half_up(value: Fraction, places: int) -> Decimal:
    scaled = value * 10**places
    return Decimal((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)).scaleb(-places)


def test_every_case_is_paid_its_points() -> None:
    settlement = settled.settlement(POINTS, points=True)
    frame = cleared(settlement.cases, settlement).collect()
    assert frame.columns == [*settlement.cases.collect_schema(), *(c.name for c in CLEARED_COLUMNS)]
    values = dict(settlement.budgets.filter(span="year").select("insurance_type", "point_value").iter_rows())
    factors = {"H1": Fraction(101, 100), "H2": Fraction(98, 100), "H3": Fraction(1)}
    paid = 0
    for row in frame.iter_rows(named=True):
        if row["case_class"] in ("invalid", "unpriced"):
            assert (row["point_value"], row["cleared_payment_yuan"]) == (None, None)
            continue
        by_group = row["drg_payment_yuan"] + row["high_cost_payment_yuan"]
        beside = sum(row[name] for name in BESIDE)
        points = Fraction(0)
        if row["case_class"] in SHARED:
            points = Fraction(row["points"]) * Fraction(by_group) / Fraction(row["standard_payment_yuan"])
            paid += 1
        else:
            beside += by_group
        points = Fraction(half_up(points, 8))
        assert row["paid_points"] == Decimal(points.numerator) / points.denominator
        value = values[row["insurance_type"]]
        assert row["point_value"] == value
        worth = half_up(points * factors[row["hospital_id"]] * Fraction(value), 2)
        assert row["cleared_payment_yuan"] == worth + beside
    assert paid > 30


def test_cases_and_account_differ_by_rounding_alone() -> None:
    settlement = settled.settlement(POINTS, points=True)
    frame = cleared(settlement.cases, settlement).collect()
    keys = ["hospital_id", "insurance_type"]
    of_cases = frame.group_by(keys).agg(pl.col("cleared_payment_yuan").sum(), pl.len())
    accounts = settlement.rows.filter(span="year").join(of_cases, on=keys)
    assert accounts.height == 6
    for row in accounts.iter_rows(named=True):
        difference = row["entitlement_yuan"] + row["patient_and_others_yuan"] - row["cleared_payment_yuan"]
        assert abs(difference) <= Decimal("0.005") * row["len"] + Decimal("0.02")


def test_points_by_hand(tmp_path: Path) -> None:
    """Two cases of one unit of weight at level I: 100 points each; 150 yuan for both: 0.75 a point."""
    rules = '\n[settlement]\nsource = "illustrative"\n' + settled.budget(
        "162.34", "point_value", "point_value", insurance="390", reserve="0"
    )
    made = settled.scheme(tmp_path, rules, points=True)
    row = settled.grouped(2).with_columns(
        hospital_id=pl.lit("H1"),
        hospital_level=pl.lit("2"),
        insurance_type=pl.lit("390"),
        drg=pl.lit("BR15"),
        adrg=pl.lit("BR1"),
        los_days=9,
        case_kind=pl.lit(""),
        incomplete=False,
        excluded_items_yuan=pl.lit(None, dtype=pl.Decimal(18, 2)),
        total_cost_yuan=pl.lit("9000").cast(pl.Decimal(18, 2)),
        patient_share_yuan=pl.lit("0").cast(pl.Decimal(18, 2)),
    )
    settlement = settle(drg.price(row, scheme=made), made, close=True)
    # 162.34 − 12.34 carried in = 150.00
    assert settlement.budgets["pool_yuan"].to_list() == [Decimal("150.00")]
    assert settlement.budgets["points"].to_list() == [Decimal(200)]
    assert settlement.budgets["point_value"].to_list() == [Decimal("0.75")]
    frame = cleared(settlement.cases, settlement).collect()
    assert frame["paid_points"].to_list() == [Decimal(100)] * 2
    assert frame["cleared_payment_yuan"].to_list() == [Decimal("75.00")] * 2
    assert settlement.rows.filter(span="year")["entitlement_yuan"].to_list() == [Decimal("150.00")]


def test_text_cases_are_cleared_alike() -> None:
    settlement = settled.settlement(POINTS, points=True)
    typed = cleared(settlement.cases, settlement).collect()
    text = pl.read_csv(settlement.cases.collect().write_csv().encode(), infer_schema=False)
    read = cleared(Cases.of(text).lazy(own=True), settlement).collect()
    names = [column.name for column in CLEARED_COLUMNS]
    assert read.select(names).equals(typed.select(names))


def test_another_year_is_not_cleared(tmp_path: Path) -> None:
    made = settled.scheme(tmp_path, POINTS, points=True)
    cases = settled.grouped()
    later = cases.with_columns(pl.col("discharge_date").dt.offset_by("1y"), pl.col("case_id") + "x")
    priced = drg.price(pl.concat([cases, later]), scheme=made)
    settlement = settle(priced, made)
    frame = cleared(settlement.cases, settlement).collect()
    years = frame.group_by(pl.col("discharge_date").dt.year()).agg(pl.col("point_value").is_null().all())
    assert dict(years.iter_rows()) == {2025: False, 2026: True}


def test_without_a_point_value_it_is_refused() -> None:
    settlement = settled.settlement(settled.RULES)
    assert point_values(settlement).is_empty()
    with pytest.raises(InputError, match="point_value") as caught:
        cleared(settlement.cases, settlement)
    assert "--close" in str(caught.value)


def test_columns_that_are_there_already_are_refused() -> None:
    settlement = settled.settlement(POINTS, points=True)
    once = cleared(settlement.cases, settlement)
    with pytest.raises(InputError, match="paid_points"):
        cleared(once, settlement)
