"""The oracle itself, on cases small enough to work by hand."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from drg.categories import CaseClass
from drg.payment.scheme import PaymentScheme
from tests.payment.reference import amount, price, to_fen, yuan
from tests.payment.strategies import (
    OUTPUTS,
    Weights,
    oracle_rows,
    plain_case,
    plain_scheme,
    random_cases,
    random_scheme,
    sourced,
)

ONE: Weights = {("BR15", None): Decimal(1)}


def one(entries: dict[str, Any], case: dict[str, Any], weights: Weights = ONE) -> dict[str, Any]:
    return oracle_rows(entries, weights, [case])[0]


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.005", "0.01"), ("0.0049", "0.00"), ("2.675", "2.68"), ("1.015", "1.02"), ("-0.014", "-0.01")],
)
def test_half_a_fen_goes_up(value: str, rounded: str) -> None:
    assert yuan(to_fen(Fraction(value))) == Decimal(rounded)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        ("", None),
        ("abc", None),
        (float("nan"), None),
        (float("inf"), None),
        (" 12.30 ", Fraction("12.3")),
        (12.3, Fraction("12.3")),
        (Decimal("-1.5"), Fraction("-1.5")),
        (7, Fraction(7)),
    ],
)
def test_amounts_are_read(value: Any, read: Fraction | None) -> None:
    assert amount(value) == read


def test_every_price_column_is_given() -> None:
    row = one(plain_scheme(), plain_case("BR15", 9000))
    assert list(row) == OUTPUTS
    assert (
        row["payment_yuan"] == row["standard_payment_yuan"] == row["drg_payment_yuan"] == Decimal("10000.00")
    )
    assert (row["surplus_yuan"], row["surplus_formula_yuan"], row["surplus_adjustment_yuan"]) == (
        1000,
        1000,
        0,
    )


@pytest.mark.parametrize(
    ("insurance", "level", "standard"),
    [
        ("310", "1", 4),
        ("310", "2", 3),
        ("390", "1", 2),
        ("390", "2", 1),
        ("390", None, None),
        (None, "1", None),
    ],
)
def test_the_most_specific_rate_counts(
    insurance: str | None, level: str | None, standard: int | None
) -> None:
    rates = [
        sourced(value_yuan=1),
        sourced(value_yuan=2, level="1"),
        sourced(value_yuan=3, insurance="310"),
        sourced(value_yuan=4, insurance="310", level="1"),
    ]
    case = plain_case("BR15", 1, insurance_type=insurance, hospital_level=level)
    assert one(plain_scheme(rates=rates), case)["standard_payment_yuan"] == standard


def test_the_most_specific_coefficient_counts() -> None:
    places = [
        {"level": "1"},
        {"hospital": "H1"},
        {"drg": "BR15"},
        {"level": "1", "drg": "BR15"},
        {"hospital": "H1", "drg": "BR15"},
    ]
    case = plain_case("BR15", 1, hospital_id="H1", hospital_level="1")
    for last in range(len(places)):
        rows = [sourced(value=2 + place, **places[place]) for place in range(last + 1)]
        scheme = plain_scheme(coefficients=sourced(default=Decimal("1.5"), rows=rows))
        assert one(scheme, case)["coefficient"] == 2 + last
        assert one(
            scheme, plain_case("AA19", 1, hospital_id="H9", hospital_level="2"), {("AA19", None): Decimal(1)}
        )["coefficient"] == Decimal("1.5")
    base = plain_scheme(coefficients=sourced(base_groups=["BR15"], rows=rows))
    assert one(base, case)["coefficient"] == 1


def test_a_weight_of_the_level_goes_first() -> None:
    weights = ONE | {("BR15", "1"): Decimal("0.8")}
    for level, weight in [("1", Decimal("0.8")), ("2", 1), (None, None), ("9", None)]:
        row = one(plain_scheme(), plain_case("BR15", 1, hospital_level=level), weights)
        assert row["relative_weight"] == weight
        assert row["case_class"] == ("normal" if weight else "unpriced")


def test_equal_costs_are_extreme_together_or_not_at_all() -> None:
    scheme = plain_scheme(extreme=sourced(top_share=Decimal("0.4"), within="all"))
    classes = [
        [row["case_class"] for row in oracle_rows(scheme, ONE, [plain_case("BR15", cost) for cost in costs])]
        for costs in ([5, 4, 3, 2, 1], [5, 4, 4, 2, 1], [5, 5, 5, 2, 1])
    ]
    assert classes == [
        ["extreme", "extreme", "normal", "normal", "normal"],
        ["extreme", "normal", "normal", "normal", "normal"],
        ["normal", "normal", "normal", "normal", "normal"],
    ]


def test_ranks_within_groups() -> None:
    scheme = plain_scheme(extreme=sourced(top_share=Decimal("0.5"), within="group"))
    weights = ONE | {("BR11", None): Decimal(1)}
    cases = [plain_case(drg, cost) for drg, cost in [("BR15", 9), ("BR15", 8), ("BR11", 2), ("BR11", 1)]]
    classes = [row["case_class"] for row in oracle_rows(scheme, weights, cases)]
    assert classes == ["extreme", "normal", "extreme", "normal"]


@pytest.mark.parametrize(
    ("again", "factor"), [("2025-03-25", "0.5"), ("2025-03-26", "1"), ("2025-03-10", "0.5")]
)
def test_only_the_earlier_stay_is_cut(again: str, factor: str) -> None:
    stays = [("2025-03-01", "2025-03-10T23:00"), (again, "2025-04-20")]
    cases = [
        plain_case(
            "BR15",
            9000,
            patient_id="P",
            admission_date=datetime.fromisoformat(came),
            discharge_date=datetime.fromisoformat(left),
        )
        for came, left in stays
    ]
    rule = sourced(days=15, factor=Decimal("0.5"))
    first, second = oracle_rows(plain_scheme(readmission=rule), ONE, cases)
    assert (first["coefficient"], second["coefficient"]) == (Decimal(factor), 1)
    kept = oracle_rows(plain_scheme(readmission=rule | {"except_adrg": ["BR1"]}), ONE, cases)
    assert [row["coefficient"] for row in kept] == [1, 1]
    cases[1]["patient_id"] = None
    apart = oracle_rows(plain_scheme(readmission=rule), ONE, cases)
    assert [row["coefficient"] for row in apart] == [1, 1]


@pytest.mark.parametrize(
    ("cost", "excluded"), [(None, 0), ("abc", 0), (-1, 0), ("100000000.01", 0), (100, 101)]
)
def test_unusable_costs(cost: Any, excluded: int) -> None:
    scheme = plain_scheme(excluded_items=sourced())
    row = one(scheme, plain_case("BR15", cost, excluded_items_yuan=excluded))
    assert (row["case_class"], row["payment_yuan"]) == ("invalid", 0)


def test_the_standard_may_be_rounded_before_it_is_used() -> None:
    weights: Weights = {("BR15", None): Decimal("0.33333333")}
    high = sourced(formula="cap", reference="mean", tiers=[{"threshold": 3}])
    case = plain_case("BR15", 50_000)
    exact = one(plain_scheme(high=high), case, weights)
    rounded = one(plain_scheme(high=high, rounding=sourced(standard_first=True)), case, weights)
    assert (exact["standard_payment_yuan"], exact["payment_yuan"]) == (
        Decimal("3333.33"),
        Decimal("10000.00"),
    )
    assert (rounded["standard_payment_yuan"], rounded["payment_yuan"]) == (
        Decimal("3333.33"),
        Decimal("9999.99"),
    )


def test_random_schemes_and_cases_reach_every_class() -> None:
    seen = set()
    for seed in range(12):
        rng = random.Random(seed)
        entries, weights = random_scheme(rng)
        scheme = PaymentScheme.model_validate(entries)
        cases = random_cases(rng, scheme, weights, 300)
        seen |= {row["case_class"] for row in price(cases, scheme, weights)}
    assert seen == set(CaseClass)
