"""Readmission counted as one stay: two or more stays of a patient are judged and paid as one."""

from __future__ import annotations

import random
import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given

import drg
from drg.payment.scheme import PaymentScheme
from tests.payment.strategies import (
    Weights,
    both,
    engine_rows,
    frame,
    plain_case,
    plain_scheme,
    random_cases,
    random_scheme,
    randoms,
    sourced,
    without,
    write_scheme,
)
from tests.profiles import tries

ONE: Weights = {("BR15", None): Decimal(1), ("BB21", None): Decimal(2)}
RULE = sourced(days=15, pays="one_stay")


def stay(came: str, left: str, cost: Any, **values: Any) -> dict[str, Any]:
    """A stay of one patient in March and April of 2025; days as ``03-01``."""
    first, last = (datetime.fromisoformat(f"2025-{day}") for day in (came, left))
    known = {"patient_id": "P", "admission_date": first, "discharge_date": last}
    return plain_case("BR15", cost, **known | {"los_days": (last - first).days} | values)


def priced(tmp_path: Path, *cases: dict[str, Any], **entries: Any) -> list[dict[str, Any]]:
    """By the engine and by the oracle, which agree."""
    return both(plain_scheme(readmission=RULE, **entries), ONE, cases, tmp_path)


def classes(rows: list[dict[str, Any]]) -> list[str]:
    return [row["case_class"] for row in rows]


def test_two_stays_are_paid_one_standard_with_the_later_one(tmp_path: Path) -> None:
    earlier, later = priced(tmp_path, stay("03-01", "03-10", 4000), stay("03-25", "03-30", 5000))
    assert (earlier["case_class"], later["case_class"]) == ("joined", "normal")
    assert (earlier["payment_yuan"], later["payment_yuan"]) == (0, 10_000)
    assert (earlier["standard_payment_yuan"], earlier["relative_weight"]) == (None, None)
    assert (earlier["joined_cost_yuan"], later["joined_cost_yuan"]) == (None, 4000)
    assert later["surplus_formula_yuan"] == 10_000 - 9000
    assert earlier["surplus_yuan"] + later["surplus_yuan"] == 10_000 - 9000


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ["joined", "normal"]),
        ({"admission_date": datetime(2025, 3, 26)}, ["normal", "normal"]),
        ({"admission_date": datetime(2025, 3, 10, 23)}, ["joined", "normal"]),
        ({"admission_date": datetime(2025, 3, 9)}, ["normal", "normal"]),
        ({"hospital_id": "H2"}, ["normal", "normal"]),
        ({"drg": "BB21"}, ["normal", "normal"]),
        ({"insurance_type": "390"}, ["normal", "normal"]),
        ({"patient_id": None}, ["normal", "normal"]),
        ({"admission_date": None}, ["normal", "normal"]),
        ({"total_cost_yuan": None}, ["normal", "invalid"]),
        ({"special_payment_yuan": 3000}, ["normal", "special"]),
        ({"grouping_status": "ungrouped", "drg": "0000"}, ["normal", "ungrouped"]),
    ],
)
def test_which_stays_are_one(tmp_path: Path, change: dict[str, Any], found: list[str]) -> None:
    first = stay("03-01", "03-10", 9000, insurance_type="310")
    second = stay("03-25", "03-30", 9000, insurance_type="310") | change
    assert classes(priced(tmp_path, first, second)) == found


def test_a_chain_goes_with_its_last_stay_whatever_the_order_of_rows(tmp_path: Path) -> None:
    chain = [
        stay("04-01", "04-03", 1000),
        stay("03-01", "03-04", 2000),
        stay("03-15", "03-20", 3000),
        stay("04-30", "05-01", 9000),
    ]
    rows = priced(tmp_path, *chain)
    assert classes(rows) == ["normal", "joined", "joined", "normal"]
    assert [row["joined_cost_yuan"] for row in rows] == [5000, None, None, None]


def test_class_and_payment_are_those_of_all_stays_together(tmp_path: Path) -> None:
    long = [sourced(case_class="long", los_days_at_least=60, pays="per_day", price_yuan=300)]
    high = sourced(formula="linear_add", reference="standard", tiers=[{"threshold": 2}])
    low = sourced(threshold=Decimal("0.4"), reference="standard")
    rules = {"outside": long, "high": high, "low": low, "incomplete": sourced()}
    cut = {"incomplete": True}
    for number, (first, second, case_class, payment) in enumerate(
        [
            (stay("03-01", "03-10", 1500), stay("03-12", "03-14", 1500), "low", 3000),
            (stay("03-01", "03-10", 3000), stay("03-12", "03-14", 1500), "normal", 10_000),
            (stay("03-01", "03-10", 13_000), stay("03-12", "03-14", 9000), "high", 12_000),
            (stay("01-01", "02-10", 9000), stay("02-12", "03-14", 9000), "long", 70 * 300),
            (stay("03-01", "03-10", 3000), stay("03-12", "03-14", 1500, **cut), "incomplete", 4500),
            (stay("03-01", "03-10", 3000, **cut), stay("03-12", "03-14", 1500), "normal", 10_000),
        ]
    ):
        rows = priced(tmp_path / str(number), first, second, **rules)
        assert classes(rows) == ["joined", case_class]
        assert [row["payment_yuan"] for row in rows] == [0, payment]


def test_the_dearest_cases_are_found_among_whole_stays(tmp_path: Path) -> None:
    pair = [stay("03-01", "03-10", 6000), stay("03-12", "03-14", 6000)]
    others = [plain_case("BR15", 10_000 + number, patient_id=f"O{number}") for number in range(2)]
    rows = priced(tmp_path, *pair, *others, extreme=sourced(top_share=Decimal("0.34")))
    # One of three: of four rows it would be one as well, but not one that cost 6,000.
    assert classes(rows) == ["joined", "extreme", "normal", "normal"]
    assert rows[1]["payment_yuan"] == 12_000


def test_items_beside_the_group_and_what_others_bear_go_with_the_last_stay(tmp_path: Path) -> None:
    first = stay("03-01", "03-10", 5000, excluded_items_yuan=1000, patient_share_yuan=7000)
    second = stay("03-12", "03-14", 4000, patient_share_yuan=2500, other_payers_yuan=500)
    earlier, later = priced(tmp_path, first, second, excluded_items=sourced(share=Decimal("0.8")))
    names = ("payment_yuan", "fund_payment_yuan", "patient_and_others_yuan", "borne_above_payment_yuan")
    assert [earlier[name] for name in names] == [0, 0, 0, 0]
    assert [later[name] for name in names] == [10_800, 800, 10_000, 0]
    assert later["joined_cost_yuan"] == 4000
    # Where what is borne of one stay is not known, the fund's part of both is not.
    first["patient_share_yuan"] = None
    earlier, later = priced(tmp_path / "unknown", first, second, excluded_items=sourced(share=Decimal("0.8")))
    assert (earlier["fund_payment_yuan"], later["fund_payment_yuan"]) == (0, None)


def test_what_is_borne_above_the_payment_is_that_of_all_stays(tmp_path: Path) -> None:
    first = stay("03-01", "03-10", 5000, patient_share_yuan=7000)
    second = stay("03-12", "03-14", 4000, patient_share_yuan=4000)
    earlier, later = priced(tmp_path, first, second)
    assert (later["patient_and_others_yuan"], later["borne_above_payment_yuan"]) == (10_000, 1000)
    assert earlier["borne_above_payment_yuan"] == 0


def test_both_rows_say_so_and_what_cannot_be_judged_is_said(tmp_path: Path) -> None:
    path = write_scheme(tmp_path, plain_scheme(readmission=RULE), ONE)
    turned = stay("03-01", "03-10", 9000, patient_id="Q", admission_date=datetime(2025, 3, 11))
    cases = [
        stay("03-01", "03-10", 4000),
        stay("03-25", "03-30", 5000),
        plain_case("BR15", 9000, patient_id=None),
        turned,
    ]
    said = drg.price(frame(cases), path)["pricing_reason"]
    assert "paid as one stay, with the later one" in said[0]
    assert "joined_cost_yuan" in said[1]
    for reason in said[2:]:
        assert "whether a readmission followed is not known" in reason
    assert "合并计算为一次住院" in drg.price(frame(cases), path, language="zh")["pricing_reason"][0]


def test_days_that_are_not_known_of_one_stay_are_not_known_of_all(tmp_path: Path) -> None:
    long = [sourced(case_class="long", los_days_at_least=60, pays="per_day", price_yuan=300)]
    first = stay("01-01", "02-10", 9000) | {"los_days": None}
    path = write_scheme(tmp_path, plain_scheme(readmission=RULE, outside=long), ONE)
    rows = drg.price(frame([first, stay("02-12", "03-14", 9000)]), path)
    assert rows["case_class"].to_list() == ["joined", "normal"]
    assert "los_days" in rows["pricing_reason"][1]


def test_months_may_differ_and_nothing_is_lost_in_the_settlement(tmp_path: Path) -> None:
    """The payment is in the month of the last stay, each cost in its own; what is compared is all of it."""
    entries = plain_scheme(readmission=RULE, settlement=sourced())
    path = write_scheme(tmp_path, entries, ONE)
    known = {"insurance_type": "310", "hospital_level": "3"}
    first = stay("03-01", "03-25", 4000, patient_share_yuan=1000, case_id="1", **known)
    second = stay("04-02", "04-09", 9000, patient_share_yuan=2000, case_id="2", **known)
    found = drg.settle(drg.price(frame([first, second]), path), path).rows
    names = ("cost_yuan", "shared_cost_yuan", "payment_yuan", "patient_and_others_yuan", "surplus_yuan")
    months = found.filter(pl.col("span") == "month", pl.col("cost_yuan") > 0).sort("period")
    assert months.select(names).rows() == [(4000, 0, 0, 0, -4000), (9000, 13_000, 10_000, 3000, 1000)]


SUMMED = ("total_cost_yuan", "los_days", "patient_share_yuan", "other_payers_yuan")
SEEN = ("case_class", "payment_yuan", "fund_payment_yuan", "borne_above_payment_yuan")


@tries(0.3, shrink=False)
@given(randoms())
def test_stays_are_paid_what_one_stay_of_all_their_cost_days_and_shares_is_paid(rng: random.Random) -> None:
    entries, weights = random_scheme(rng)
    # What is paid beside the group and the share of traditional medicine are not those of a stay of all.
    entries = without(entries, "extreme", "tcm", "excluded_items", "additions", "readmission")
    rule = {"readmission": RULE}
    cases = random_cases(rng, PaymentScheme.model_validate(entries | rule), weights, rng.randint(1, 12))
    cases = [case | {"other_payers_yuan": case["other_payers_yuan"] or Decimal(0)} for case in cases]
    with tempfile.TemporaryDirectory() as directory:
        rows = engine_rows(entries | rule, weights, cases, Path(directory))
        known: dict[Any, dict[str, Any]] = {}
        found, alone = [], []
        pairs = zip(cases, rows, strict=True)
        stays = sorted(pairs, key=lambda one: one[0]["admission_date"] or datetime.max)
        for case, row in stays:
            before = known.pop(case["patient_id"], None)
            if before is not None:
                sums = {name: (before[name], case[name]) for name in SUMMED}
                case = case | {name: None if None in pair else sum(pair) for name, pair in sums.items()}
            if row["case_class"] == "joined":
                known[case["patient_id"]] = case
                assert (row["payment_yuan"], row["joined_cost_yuan"]) == (0, None)
                continue
            found.append([row[name] for name in SEEN])
            alone.append(case)
        assert not known
        wanted = engine_rows(entries, weights, alone, Path(directory) / "alone")
    assert found == [[row[name] for name in SEEN] for row in wanted]


def test_explanations_show_what_was_joined(tmp_path: Path) -> None:
    entries = plain_scheme(readmission=RULE)
    path = write_scheme(tmp_path, entries, ONE)
    one = drg.explain_price(stay("03-01", "03-10", 4000), path, readmitted=True)
    assert (one.case_class, int(one.payment)) == ("joined", 0)
    assert next(step for step in one.steps if step.name == "case class").place == "scheme.toml, readmission"


def test_dates_that_are_no_stays(tmp_path: Path) -> None:
    """Stays of one day, at the same place and time, and rows without any stay."""
    same = [stay("03-05", "03-05", cost) for cost in (1000, 3000, 2000)]
    assert classes(priced(tmp_path, *same)) == ["joined", "normal", "joined"]
    assert classes(priced(tmp_path / "none", plain_case("BR15", 9000, patient_id=None))) == ["normal"]


def test_a_stay_grouped_by_another_version_is_not_joined(tmp_path: Path) -> None:
    cases = [stay("03-01", "03-10", 9000), stay("03-12", "03-14", 9000, grouper="chs-drg-1.1")]
    path = write_scheme(tmp_path, plain_scheme(readmission=RULE), ONE)
    assert drg.price(frame(cases), path)["case_class"].to_list() == ["normal", "unpriced"]
