"""What holds for every scheme: the engine equals the oracle, and payments behave as their rules say."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import drg
from drg.categories import CaseClass
from drg.errors import SchemeError
from drg.payment.scheme import PaymentScheme
from tests.payment import reference
from tests.payment.strategies import (
    DRGS,
    Weights,
    both,
    engine_rows,
    frame,
    plain_case,
    plain_scheme,
    random_cases,
    random_scheme,
    randoms,
    rows_of,
    sourced,
    without,
    write_scheme,
)
from tests.profiles import share, tries

CASES = int(os.environ.get("DRG_ORACLE_CASES") or share(200))
MOST_CASES_OF_A_SCHEME = 20_000
SCHEMES = max(10, CASES // MOST_CASES_OF_A_SCHEME)

quickly = tries(0.6, shrink=False)

Drawn = tuple[dict[str, Any], Weights, list[dict[str, Any]]]


def drawn(rng: random.Random, most: int) -> Drawn:
    """A random scheme, its weights, and cases for it."""
    entries, weights = random_scheme(rng)
    cases = random_cases(rng, PaymentScheme.model_validate(entries), weights, rng.randint(1, most))
    return entries, weights, cases


def engine(
    entries: dict[str, Any], weights: Weights, cases: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as directory:
        return engine_rows(entries, weights, cases, Path(directory))


# --------------------------------------------------------------------------------------- equal to the oracle


@quickly
@given(randoms())
def test_engine_equals_oracle(rng: random.Random) -> None:
    entries, weights, cases = drawn(rng, 12)
    with tempfile.TemporaryDirectory() as directory:
        both(entries, weights, cases, Path(directory))


@pytest.mark.random
def test_engine_equals_oracle_on_many_cases(tmp_path: Path) -> None:
    """Set DRG_ORACLE_CASES for more cases than the suite has time for."""
    seen: Counter[str] = Counter()
    for seed in range(SCHEMES):
        rng = random.Random(20_250_020 + seed)
        entries, weights = random_scheme(rng)
        scheme = PaymentScheme.model_validate(entries)
        cases = random_cases(rng, scheme, weights, -(-CASES // SCHEMES))
        given = engine_rows(entries, weights, cases, tmp_path / str(seed))
        for case, wanted, row in zip(cases, reference.price(cases, scheme, weights), given, strict=True):
            assert row == wanted, (seed, case)
            seen[row["case_class"]] += 1
    assert seen.total() >= CASES
    assert set(seen) == set(CaseClass)


# ----------------------------------------------------------------------------------------- sums and orders


@quickly
@given(randoms())
def test_parts_sum_to_the_payment(rng: random.Random) -> None:
    entries, weights, cases = drawn(rng, 30)
    for row, case in zip(engine(entries, weights, cases), cases, strict=True):
        assert sum(row[part] for part in reference.PARTS) == row["payment_yuan"]
        if row["fund_payment_yuan"] is not None:
            assert row["fund_payment_yuan"] + row["patient_and_others_yuan"] == row["payment_yuan"]
            assert row["fund_payment_yuan"] >= 0
        if row["surplus_yuan"] is not None:
            assert row["surplus_formula_yuan"] + row["surplus_adjustment_yuan"] == row["surplus_yuan"]
            assert row["payment_yuan"] - row["surplus_yuan"] == Decimal(case["total_cost_yuan"])


@quickly
@given(randoms())
def test_the_order_of_rows_does_not_matter(rng: random.Random) -> None:
    entries, weights, cases = drawn(rng, 30)
    places = list(range(len(cases)))
    rng.shuffle(places)
    shuffled = engine(entries, weights, [cases[place] for place in places])
    straight = engine(entries, weights, cases)
    assert shuffled == [straight[place] for place in places]


@quickly
@given(randoms())
def test_lazy_frames_and_batches_equal_the_whole(rng: random.Random) -> None:
    entries, weights, cases = drawn(rng, 30)
    # What is seen across cases needs them all at once.
    apart = without(entries, "extreme", "readmission")
    with tempfile.TemporaryDirectory() as directory:
        path = write_scheme(Path(directory), entries, weights)
        together = frame(cases)
        chunks = pl.concat(list(together.iter_slices(1)), rechunk=False)
        whole, lazy = drg.price(together, path), drg.price(chunks.lazy(), path)
        assert isinstance(lazy, pl.LazyFrame)
        assert rows_of(lazy.collect()) == rows_of(lazy.collect(engine="streaming")) == rows_of(whole)
        path = write_scheme(Path(directory) / "apart", apart, weights)
        whole = drg.price(together, path)
        cut = rng.randint(0, len(cases))
        parts = [drg.price(part, path) for part in (together[:cut], together[cut:])]
        assert rows_of(pl.concat(parts)) == rows_of(whole)


@quickly
@given(randoms(), st.sampled_from([pl.String, pl.Float64]))
def test_amounts_may_be_text_or_floats(rng: random.Random, stored: type[pl.DataType]) -> None:
    entries, weights, cases = drawn(rng, 30)
    given = frame(cases)
    if given.schema["total_cost_yuan"] == pl.String:
        stored = pl.String
    with tempfile.TemporaryDirectory() as directory:
        path = write_scheme(Path(directory), entries, weights)
        other = drg.price(given.with_columns(pl.col("^.*_yuan$").cast(stored)), path)
        assert rows_of(other) == rows_of(drg.price(given, path))


@quickly
@given(randoms())
def test_other_columns_pass_through(rng: random.Random) -> None:
    entries, weights, cases = drawn(rng, 10)
    given = frame(cases).with_columns(ward=pl.lit("七病区"))
    with tempfile.TemporaryDirectory() as directory:
        priced = drg.price(given, write_scheme(Path(directory), entries, weights))
    assert priced.select(given.columns).equals(given)


def test_the_most_specific_coefficient_counts(tmp_path: Path) -> None:
    """With each set of rows: also for hospitals and levels that no row names."""
    stays = list(product(("H1", "H2"), ("1", "2")))
    places: list[dict[str, Any]] = [
        {"hospital": "H1", "drg": "BR15"},
        {"level": "1", "drg": "BR15"},
        {"drg": "BR15"},
        {"hospital": "H1"},
        {"level": "1"},
    ]
    cases = [plain_case("BR15", 1, hospital_id=hospital, hospital_level=level) for hospital, level in stays]
    for chosen in range(2 ** len(places)):
        rows = [
            sourced(value=2 + place, **where) for place, where in enumerate(places) if chosen >> place & 1
        ]
        entries = plain_scheme(coefficients=sourced(rows=rows))
        found = both(entries, {("BR15", None): Decimal(1)}, cases, tmp_path / str(chosen))
        for (hospital, level), row in zip(stays, found, strict=True):
            fits = [
                part["value"]
                for part in rows
                if part.get("hospital") in (None, hospital) and part.get("level") in (None, level)
            ]
            assert row["coefficient"] == min(fits, default=1), (hospital, level, rows)


# -------------------------------------------------------------------------------------- how payments behave


@quickly
@given(
    rate=st.integers(1, 9),
    formula=st.sampled_from(["linear_add", "deduct", "cap"]),
    costs=st.lists(st.integers(0, 200_000), min_size=1, max_size=20),
    incomplete=st.booleans(),
)
def test_payment_scales_with_the_rate(rate: int, formula: str, costs: list[int], incomplete: bool) -> None:
    """Without fixed amounts and with a regional mean that stays: same classes, payments a multiple.

    Weights, coefficients and rates are such that no payment has a part of a fen.
    """
    weights: Weights = {("BR15", None): Decimal("0.8"), ("BR11", None): Decimal("2")}
    cases = [
        plain_case(("BR15", "BR11")[row % 2], cost, incomplete=incomplete and row % 3 == 0)
        for row, cost in enumerate(costs)
    ]
    paid = []
    for times in (1, rate):
        entries = plain_scheme(
            method=sourced(kind="rate", regional_mean_yuan=10_000),
            rates=[sourced(value_yuan=10_000 * times)],
            coefficients=sourced(default=Decimal("1.2")),
            high=sourced(formula=formula, reference="mean", tiers=[{"threshold": Decimal("2.5")}]),
            incomplete=sourced(),
        )
        paid.append(engine(entries, weights, cases))
    for once, often in zip(*paid, strict=True):
        assert often["case_class"] == once["case_class"]
        for name in (*reference.PARTS, "payment_yuan", "standard_payment_yuan"):
            assert often[name] == once[name] * rate


@quickly
@given(randoms())
def test_normal_cases_do_not_depend_on_cost(rng: random.Random) -> None:
    entries, weights, cases = drawn(rng, 20)
    # The share of traditional medicine in the cost decides on the group, and so on the standard.
    entries = without(entries, "extreme", "tcm")
    changed = [
        case
        if case["total_cost_yuan"] is None or isinstance(case["total_cost_yuan"], str)
        else {**case, "total_cost_yuan": max(case["total_cost_yuan"] + rng.randint(-300, 300), Decimal(0))}
        for case in cases
    ]
    before, after = engine(entries, weights, cases), engine(entries, weights, changed)
    parts = ("payment_yuan", "standard_payment_yuan", *reference.PARTS)
    for one, other in zip(before, after, strict=True):
        if one["case_class"] == other["case_class"] == "normal":
            assert [one[name] for name in parts] == [other[name] for name in parts]


# ------------------------------------------------------------------------------------------ class boundaries

LOWER, UPPER = Decimal("0.4"), Decimal("2.5")
BANDS = plain_scheme(
    method=sourced(kind="rate", regional_mean_yuan=8000),
    coefficients=sourced(default=Decimal("1.1")),
    high=sourced(formula="linear_add", reference="mean", tiers=[{"threshold": UPPER}]),
    low=sourced(threshold=LOWER, reference="standard"),
)
# The threshold of high cost is 2.5 × RW × 8,000, that of low cost 0.4 × RW × 10,000 × 1.1: on a fen for the
# first weight, 24,691.358 and 5,432.09876 for the second.
BAND_WEIGHTS: Weights = {("BR15", None): Decimal("1"), ("BR11", None): Decimal("1.2345679")}


@pytest.mark.parametrize(
    ("group", "cost", "case_class"),
    [
        ("BR15", "20000.00", "normal"),
        ("BR15", "20000.01", "high"),
        ("BR15", "4400.00", "normal"),
        ("BR15", "4399.99", "low"),
        ("BR11", "24691.35", "normal"),
        ("BR11", "24691.36", "high"),
        ("BR11", "5432.10", "normal"),
        ("BR11", "5432.09", "low"),
    ],
)
def test_cost_bands_end_where_the_scheme_says(tmp_path: Path, group: str, cost: str, case_class: str) -> None:
    (row,) = both(BANDS, BAND_WEIGHTS, [plain_case(group, cost)], tmp_path)
    assert row["case_class"] == case_class


def test_excluded_items_count_neither_for_high_nor_for_low(tmp_path: Path) -> None:
    cases = [
        plain_case("BR15", "20100.00", excluded_items_yuan="100.00"),
        plain_case("BR15", "20100.01", excluded_items_yuan="100.00"),
        plain_case("BR15", "4499.99", excluded_items_yuan="100.00"),
    ]
    rows = both(BANDS | {"excluded_items": sourced()}, BAND_WEIGHTS, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["normal", "high", "low"]


@pytest.mark.parametrize(("weight", "threshold"), [("0.9999", 3), ("1", 2), ("2.9999", 2), ("3", 1)])
def test_a_weight_at_a_limit_is_in_the_heavier_tier(tmp_path: Path, weight: str, threshold: int) -> None:
    tiers = [{"threshold": 3, "weight_below": 1}, {"threshold": 2, "weight_below": 3}, {"threshold": 1}]
    entries = plain_scheme(high=sourced(formula="by_item", reference="mean", tiers=tiers))
    limit = Decimal(weight) * 10_000 * threshold
    cases = [plain_case("BR15", limit), plain_case("BR15", limit + Decimal("0.01"))]
    rows = both(entries, {("BR15", None): Decimal(weight)}, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["normal", "high"]


@pytest.mark.parametrize(
    ("days", "case_class"),
    [(0, "short"), (2, "short"), (3, "normal"), (59, "normal"), (60, "long"), (None, "normal")],
)
def test_stays_end_where_the_scheme_says(tmp_path: Path, days: int | None, case_class: str) -> None:
    outside = [
        sourced(case_class="short", los_days_at_most=2, pays="by_item"),
        sourced(case_class="long", los_days_at_least=60, pays="per_day", price_yuan=500),
    ]
    case = plain_case("BR15", 9000, los_days=days)
    (row,) = both(plain_scheme(outside=outside), {("BR15", None): Decimal(1)}, [case], tmp_path)
    assert row["case_class"] == case_class


@pytest.mark.parametrize(("gap", "factor"), [(14, "0.5"), (15, "0.5"), (16, "1")])
def test_readmission_ends_where_the_scheme_says(tmp_path: Path, gap: int, factor: str) -> None:
    # Counted in dates: 23:30 and 00:15 are a day apart.
    left = datetime(2025, 3, 1, 23, 30)
    came = datetime(2025, 3, 1, 0, 15) + timedelta(days=gap)
    first = {"admission_date": left - timedelta(days=5), "discharge_date": left}
    second = {"admission_date": came, "discharge_date": came + timedelta(days=5)}
    cases = [plain_case("BR15", 9000, patient_id="P", **stay) for stay in (first, second)]
    entries = plain_scheme(readmission=sourced(days=15, factor=Decimal("0.5")))
    rows = both(entries, {("BR15", None): Decimal(1)}, cases, tmp_path)
    assert [row["coefficient"] for row in rows] == [Decimal(factor), 1]


@pytest.mark.parametrize(("tcm_cost", "weight"), [("5999.99", 1), ("6000.00", 2), (None, None)])
def test_tcm_groups_fall_back_below_the_share(
    tmp_path: Path, tcm_cost: str | None, weight: int | None
) -> None:
    entries = plain_scheme(tcm=sourced(share_below=Decimal("0.6"), medical_drg={"BV19": "BR15"}))
    weights: Weights = {("BV19", None): Decimal(2), ("BR15", None): Decimal(1)}
    (row,) = both(entries, weights, [plain_case("BV19", 10_000, tcm_cost_yuan=tcm_cost)], tmp_path)
    assert row["relative_weight"] == weight
    # A share that is not known is neither high nor low.
    assert row["case_class"] == ("normal" if weight else "unpriced")


@pytest.mark.parametrize(("cost", "payment"), [("9999.99", "10999.99"), ("10000.00", "11000.00")])
def test_incomplete_stays_are_paid_at_most_the_standard(tmp_path: Path, cost: str, payment: str) -> None:
    entries = plain_scheme(coefficients=sourced(default=Decimal("1.1")), incomplete=sourced())
    cases = [plain_case("BR15", cost, incomplete=True), plain_case("BR15", 50_000, incomplete=True)]
    rows = both(entries, {("BR15", None): Decimal(1)}, cases, tmp_path)
    assert [row["payment_yuan"] for row in rows] == [Decimal(payment), Decimal("11000.00")]


@pytest.mark.parametrize(("count", "extreme"), [(19, 0), (20, 1), (39, 1), (40, 2)])
def test_the_most_expensive_are_counted_down(tmp_path: Path, count: int, extreme: int) -> None:
    entries = plain_scheme(extreme=sourced(top_share=Decimal("0.05"), within="all"))
    cases = [plain_case(DRGS[row % 2], 100 + row) for row in range(count)]
    weights: Weights = {(group, None): Decimal(1) for group in DRGS}
    rows = both(entries, weights, cases, tmp_path)
    assert [row["case_class"] for row in rows].count("extreme") == extreme


@pytest.mark.parametrize(
    ("cost", "case_class"), [("100000000.00", "normal"), ("100000000.01", "invalid"), ("-0.01", "invalid")]
)
def test_usable_costs_end_at_a_hundred_million(tmp_path: Path, cost: str, case_class: str) -> None:
    (row,) = both(plain_scheme(), {("BR15", None): Decimal(1)}, [plain_case("BR15", cost)], tmp_path)
    assert row["case_class"] == case_class


def test_large_numbers_stay_exact(tmp_path: Path) -> None:
    """As many digits as a scheme may give, and the highest cost."""
    weights: Weights = {("BR15", None): Decimal("123.45678901")}
    cases = [
        plain_case("BR15", cost, incomplete=incomplete)
        for cost in ("100000000.00", "99999999.99", "12345678.90", "1.00", "0.01")
        for incomplete in (False, True)
    ]
    for formula in ("linear_add", "deduct", "cap", "by_item"):
        entries = plain_scheme(
            method=sourced(kind="rate", regional_mean_yuan=Decimal("98765.43210987")),
            rates=[sourced(value_yuan=Decimal("99999.99999999"))],
            coefficients=sourced(default=Decimal("9.87654321")),
            high=sourced(formula=formula, reference="mean", tiers=[{"threshold": Decimal("1.23456789")}]),
            incomplete=sourced(),
        )
        both(entries, weights, cases, tmp_path / formula)


def test_too_many_digits_are_refused_when_the_scheme_is_read(tmp_path: Path) -> None:
    entries = plain_scheme(
        method=sourced(
            kind="points", scale=Decimal("123.45678901"), regional_mean_yuan=Decimal("98765.43210987")
        ),
        rates=[sourced(value_yuan=Decimal("99999.99999999"))],
        high=sourced(formula="linear_add", reference="mean", tiers=[{"threshold": 2}]),
    )
    with pytest.raises(SchemeError, match="too many digits"):
        engine_rows(entries, {("BR15", None): Decimal(1)}, [plain_case("BR15", 1)], tmp_path)
