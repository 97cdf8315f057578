"""Points of cases that are not paid by their group."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import drg
from drg.errors import SchemeError
from drg.payment.own_points import own_points, with_own_points
from drg.payment.scheme import PaymentScheme
from tests.payment.strategies import Weights, both, frame, plain_case, plain_scheme, sourced, write_scheme

D = Decimal
WEIGHTS: Weights = {("BR15", None): D("0.8")}
RATES = [sourced(value_yuan=D("53.8381"), insurance="310"), sourced(value_yuan=D(50), insurance="390")]


def points_scheme(*classes: str, **entries: Any) -> dict[str, Any]:
    return (
        plain_scheme(
            method=sourced(kind="points", scale=100, points_for=list(classes)),
            rates=RATES,
            low=sourced(threshold=D("0.4"), reference="standard"),
            outside=[sourced(case_class="bed_day", case_kind="bed_day", pays="per_day", price_yuan=300)],
            ungrouped=sourced(pays="share", share=D("0.7")),
        )
        | entries
    )


def test_points_are_the_payment_by_the_value_of_a_point(tmp_path: Path) -> None:
    cases = [
        plain_case("BR15", 9000, insurance_type="310"),
        plain_case("BR15", 1000, insurance_type="310"),
        plain_case("BR15", 9000, insurance_type="310", los_days=70, case_kind="bed_day"),
        plain_case("0000", 1000, insurance_type="390", grouping_status="ungrouped"),
    ]
    rows = both(points_scheme("low", "bed_day", "ungrouped"), WEIGHTS, cases, tmp_path)
    # 80 of the group; 1,000 ÷ 53.8381 = 18.57420…; 21,000 ÷ 53.8381 = 390.05834…; 700 ÷ 50.
    assert [row["points"] for row in rows] == [D(80), D("18.5742"), D("390.0583"), D(14)]
    others = both(points_scheme("bed_day"), WEIGHTS, cases, tmp_path)
    assert [row["points"] for row in others] == [D(80), D(80), D("390.0583"), None]
    # What they are paid until the year is cleared is the same.
    assert [row["payment_yuan"] for row in rows] == [row["payment_yuan"] for row in others]


def test_half_of_the_last_place_goes_up() -> None:
    assert own_points(1, D(200)) == D("0.0001")  # 0.00005
    of_groups = pl.Series([None, D(7)], dtype=pl.Decimal(18, 8))
    values = np.array([200 * 10**8, 0])
    found = with_own_points(of_groups, np.array([True, False]), np.array([1, 9_900_000_000]), values)
    assert found.to_list() == [D("0.0001"), D(7)]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"insurance_type": None}, "P26"),
        ({"insurance_type": "340"}, "P11"),
    ],
)
def test_without_a_value_of_a_point_a_case_is_held(given: dict[str, Any], code: str, tmp_path: Path) -> None:
    scheme = points_scheme("bed_day", "ungrouped")
    cases = [
        plain_case("0000", 1000, grouping_status="ungrouped", **given),
        plain_case("BR15", 9000, los_days=70, case_kind="bed_day", **given),
    ]
    for row in both(scheme, WEIGHTS, cases, tmp_path):
        assert (row["case_class"], row["payment_yuan"], row["surplus_yuan"]) == ("unpriced", 0, None)
    priced = drg.price(frame(cases), tmp_path, reasons="code")
    assert all(code in reason.split("|") for reason in priced["pricing_reason"])
    # Without points of its own it is paid, whatever the value of a point is.
    (row, _) = both(points_scheme("low"), WEIGHTS, cases, tmp_path)
    assert (row["case_class"], row["payment_yuan"]) == ("ungrouped", 700)


def test_the_value_of_the_day_of_discharge_counts(tmp_path: Path) -> None:
    change = datetime(2025, 7, 1).date()
    rates = [
        sourced(value_yuan=D(50), valid_to=datetime(2025, 6, 30).date()),
        sourced(value_yuan=D(60), valid_from=change),
    ]
    cases = [
        plain_case("0000", 600, grouping_status="ungrouped", discharge_date=day)
        for day in (datetime(2025, 6, 30, 23), datetime(2025, 7, 1), None)
    ]
    scheme = points_scheme("ungrouped", rates=rates, ungrouped=sourced(pays="by_item"))
    rows = both(scheme, WEIGHTS, cases, tmp_path)
    assert [row["points"] for row in rows] == [12, 10, None]
    assert [row["case_class"] for row in rows] == ["ungrouped", "ungrouped", "unpriced"]


def test_special_cases_have_no_points(tmp_path: Path) -> None:
    case = plain_case("BR15", 9000, insurance_type="310", special_payment_yuan=D(8000))
    (row,) = both(points_scheme("low"), WEIGHTS, [case], tmp_path)
    assert (row["case_class"], row["relative_weight"], row["points"]) == ("special", D("0.8"), None)


def test_the_points_are_explained(tmp_path: Path) -> None:
    path = write_scheme(tmp_path, points_scheme("low"), WEIGHTS)
    found = drg.explain_price(plain_case("BR15", 1000, insurance_type="310"), path)
    (step,) = [one for one in found.steps if one.name == "points"]
    assert (step.value, step.arithmetic) == ("18.5742", "1,000.00 ÷ 53.8381, to 4 decimals")
    assert step.place == "scheme.toml, method.points_for"
    normal = drg.explain_price(plain_case("BR15", 9000, insurance_type="310"), path)
    assert "points" not in [one.name for one in normal.steps]


HIGH = sourced(formula="cap", reference="standard", tiers=[{"threshold": 3}])


@pytest.mark.parametrize(
    ("scheme", "problem"),
    [
        (points_scheme("low", "low"), "names a class twice"),
        (points_scheme("long"), 'names "long", but the scheme has no such cases'),
        (points_scheme("extreme"), 'names "extreme", but the scheme has no such cases'),
        (points_scheme("high", high=HIGH), 'names "high", but the scheme has no such cases or pays them by'),
        (points_scheme("normal"), "'low'"),
        (plain_scheme(method=sourced(kind="rate", points_for=["ungrouped"])), "for the points method"),
    ],
)
def test_classes_that_cannot_have_points_are_refused(scheme: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        PaymentScheme.model_validate(scheme)


def test_a_value_of_a_point_that_is_too_small_is_refused(tmp_path: Path) -> None:
    entries = points_scheme("low", rates=[sourced(value_yuan=D("0.01"))])
    with pytest.raises(SchemeError, match=r"a point of 0\.01 yuan is too small"):
        drg.price(frame([plain_case("BR15", 1)]), write_scheme(tmp_path, entries, WEIGHTS))
