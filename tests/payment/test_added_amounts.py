"""Excluded items and additions: what is paid beside the group."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg
from drg.errors import MissingColumnWarning
from drg.payment.scheme import PaymentScheme
from tests.payment.strategies import Weights, both, frame, plain_case, plain_scheme, sourced, write_scheme

D = Decimal
ONE: Weights = {("BR15", None): D(1)}
PET = sourced(name="PET-CT", column="pet_ct_count", price_yuan=3000, at_most_yuan=6000)
DRUGS = sourced(name="谈判药品", column="negotiated_drugs_yuan", share=D("0.9"), out_of_cost=True)
ROBOT = sourced(name="机器人", column="robot_surgery_yuan", share=D("0.333"), at_most_yuan=D("5000.005"))
LOW = sourced(threshold=D("0.4"), reference="standard")


def scheme(*additions: dict[str, Any], **entries: Any) -> dict[str, Any]:
    return plain_scheme(additions=list(additions), **entries)


@pytest.mark.parametrize(
    ("given", "paid"),
    [
        ({}, "0"),
        ({"pet_ct_count": 1}, "3000"),
        ({"pet_ct_count": 3}, "6000"),
        ({"negotiated_drugs_yuan": D("0.05")}, "0.05"),  # 0.045
        ({"negotiated_drugs_yuan": D("10000"), "pet_ct_count": 3}, "15000"),
        ({"robot_surgery_yuan": D("0.01")}, "0"),
        ({"robot_surgery_yuan": D("0.02")}, "0.01"),  # 0.00666
        ({"robot_surgery_yuan": D("60000")}, "5000.01"),
    ],
)
def test_what_is_paid_beside_the_group(given: dict[str, Any], paid: str, tmp_path: Path) -> None:
    case = plain_case("BR15", 60_000, **given)
    (row,) = both(scheme(PET, DRUGS, ROBOT), ONE, [case], tmp_path)
    assert (row["drg_payment_yuan"], row["excluded_items_payment_yuan"]) == (10_000, D(paid))


def test_an_amount_leaves_the_cost_if_the_scheme_says_so(tmp_path: Path) -> None:
    case = plain_case("BR15", 5_000, negotiated_drugs_yuan=D(1500))
    stays = DRUGS | {"out_of_cost": False}
    (leaves,) = both(scheme(DRUGS, low=LOW), ONE, [case], tmp_path / "leaves")
    (remains,) = both(scheme(stays, low=LOW), ONE, [case], tmp_path / "stays")
    assert (leaves["case_class"], leaves["payment_yuan"]) == ("low", 3_500 + 1_350)
    assert (remains["case_class"], remains["payment_yuan"]) == ("normal", 10_000 + 1_350)
    assert leaves["surplus_formula_yuan"] == 10_000 - 3_500


def test_excluded_items_are_the_first_of_them(tmp_path: Path) -> None:
    """As a section of their own and as a row, they pay the same."""
    cases = [
        plain_case("BR15", 4_500, excluded_items_yuan=D("666.67")),
        plain_case("BR15", 4_500, excluded_items_yuan=D("4500.01")),
    ]
    row = sourced(name="除外项目", column="excluded_items_yuan", share=D("0.8"), out_of_cost=True)
    one = both(plain_scheme(low=LOW, excluded_items=sourced(share=D("0.8"))), ONE, cases, tmp_path / "1")
    other = both(scheme(row, low=LOW), ONE, cases, tmp_path / "2")
    assert one == other
    assert [priced["case_class"] for priced in one] == ["low", "invalid"]
    for place in ("1", "2"):
        codes = drg.price(frame(cases), tmp_path / place, reasons="code")["pricing_reason"]
        assert codes.to_list() == [None, "P03"]


@pytest.mark.parametrize(
    "given",
    [
        {"negotiated_drugs_yuan": D("-0.01")},
        {"negotiated_drugs_yuan": D("9000.01")},
        {"negotiated_drugs_yuan": D(5000), "excluded_items_yuan": D("4000.01")},
        {"pet_ct_count": -1},
        {"pet_ct_count": 10_001},
    ],
)
def test_what_cannot_be_is_not_paid(given: dict[str, Any], tmp_path: Path) -> None:
    entries = scheme(PET, DRUGS, excluded_items=sourced())
    (row,) = both(entries, ONE, [plain_case("BR15", 9_000, **given)], tmp_path)
    assert (row["case_class"], row["payment_yuan"], row["surplus_yuan"]) == ("invalid", 0, None)
    (reason,) = drg.price(frame([plain_case("BR15", 9_000, **given)]), tmp_path, language="zh")[
        "pricing_reason"
    ]
    assert "除外项目费用、PET-CT检查次数、谈判药品费" in reason


def test_a_count_that_is_not_whole_is_not_paid(tmp_path: Path) -> None:
    path = write_scheme(tmp_path, scheme(PET), ONE)
    case = frame([plain_case("BR15", 9_000)]).with_columns(pet_ct_count=pl.lit("1.5"))
    priced = drg.price(case, path, reasons="code")
    assert priced["case_class"].to_list() == ["invalid"]
    assert priced["pricing_reason"].to_list() == ["P36:pet_ct_count"]


def test_a_column_that_is_missing_is_told(tmp_path: Path) -> None:
    path = write_scheme(tmp_path, scheme(PET), ONE)
    case = frame([plain_case("BR15", 9_000)]).drop("pet_ct_count")
    with pytest.warns(MissingColumnWarning, match="pet_ct_count"):
        priced = drg.price(case, path)
    assert priced["payment_yuan"].to_list() == [10_000]


def test_each_item_is_explained(tmp_path: Path) -> None:
    path = write_scheme(tmp_path, scheme(PET, DRUGS, excluded_items=sourced(share=D("0.8"))), ONE)
    case = plain_case("BR15", 60_000, negotiated_drugs_yuan=D(9_000), pet_ct_count=3)
    found = {step.name: step for step in drg.explain_price(case, path).steps}
    assert found["cost in the group"].arithmetic == "60,000.00 − 9,000.00"
    assert (found["谈判药品"].value, found["谈判药品"].place) == ("9,000.00", "column negotiated_drugs_yuan")
    beside = found["excluded items payment"]
    assert beside.value == "14,100.00"
    assert beside.arithmetic == (
        "PET-CT 3 × 3,000, at most 6,000 = 6,000.00; 谈判药品 9,000.00 × 0.9 = 8,100.00"
    )
    assert beside.place == "scheme.toml, additions 1 (PET-CT); scheme.toml, additions 2 (谈判药品)"
    one = drg.explain_price(case | {"pet_ct_count": None, "excluded_items_yuan": D(0)}, path)
    (alone,) = [step for step in one.steps if step.name == "excluded items payment"]
    assert alone.arithmetic == "9,000.00 × 0.9"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"column": "total_cost_yuan"}, "no column that can be paid beside the group"),
        ({"share": None}, "give a share of an amount"),
        ({"price_yuan": 5}, "give a share of an amount"),
        ({"column": "pet_ct_count"}, "give a share of an amount"),
        ({"column": "pet_ct_count", "share": None, "price_yuan": 5}, "only an amount can leave the cost"),
        ({"column": "excluded_items_yuan"}, "excluded_items_yuan is paid beside the group twice"),
        ({"share": D("1.1")}, "less than or equal to 1"),
    ],
)
def test_rows_that_do_not_fit_are_refused(change: dict[str, Any], problem: str) -> None:
    row = {name: value for name, value in (DRUGS | change).items() if value is not None}
    with pytest.raises(ValueError, match=problem):
        PaymentScheme.model_validate(scheme(row, excluded_items=sourced()))


def test_amounts_that_leave_the_cost_are_not_compared_in_settlement(tmp_path: Path) -> None:
    path = write_scheme(tmp_path, scheme(PET, DRUGS, excluded_items=sourced()), ONE)
    case = plain_case(
        "BR15",
        12_000,
        insurance_type="310",
        negotiated_drugs_yuan=D(1_500),
        excluded_items_yuan=D(500),
        pet_ct_count=1,
        patient_share_yuan=D(0),
        discharge_date=pl.Series(["2025-03-04"]).str.to_datetime()[0],
    )
    priced = drg.price(frame([case]), path)
    settlement = drg.settle(priced, path)
    (row,) = settlement.rows.filter(span="month", period="2025-03").iter_rows(named=True)
    assert [row[name] for name in ("cost_yuan", "shared_cost_yuan")] == [12_000, 10_000]
    assert row["excluded_items_payment_yuan"] == 500 + 1_350 + 3_000
    # The cases stay as they were given.
    assert settlement.cases.collect()["excluded_items_yuan"].to_list() == [D(500)]
    with pytest.raises(drg.errors.MissingColumnError, match="negotiated_drugs_yuan"):
        drg.settle(priced.drop("negotiated_drugs_yuan"), path)
