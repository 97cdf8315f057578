"""Stays in, who pays what out: by hand, with what is held, assumed and told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import drg
from drg.benefit import BenefitCalculator
from drg.benefit_columns import BENEFIT
from drg.errors import InputError, MissingColumnError, MissingColumnWarning
from tests.benefit.made import CRITICAL, TEXT, mine, stay

Shares = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def shares(tmp_path: Path) -> Shares:
    """What becomes of stays by a scheme of this text, reasons as codes."""

    def run(stays: list[dict[str, Any]], text: str = TEXT) -> list[dict[str, Any]]:
        calculator = BenefitCalculator(mine(tmp_path / "mine", text))
        frame = pl.DataFrame(stays, infer_schema_length=None)
        rows: list[dict[str, Any]] = calculator.benefits(frame, reasons="code").to_dicts()
        return rows

    return run


def test_two_stays_by_hand(shares: Shares) -> None:
    later = datetime(2025, 6, 1)
    second, first = shares([stay("2", discharge_date=later), stay("1")], TEXT + CRITICAL)
    # 1,000 × 10 % first, 9,900 within policy, 1,000 deductible, 70 % of 8,900.
    assert (first["first_own_share_yuan"], first["in_policy_yuan"]) == (100, 9_900)
    assert (first["deductible_yuan"], first["basic_fund_yuan"]) == (1_000, 6_230)
    # 9,900 − 6,230 = 3,670 own payments, half of the 670 above 3,000.
    assert (first["counted_own_to_date_yuan"], first["critical_illness_yuan"]) == (3_670, 335)
    assert first["patient_share_yuan"] == 11_000 - 6_230 - 335
    # The second has the lower deductible, and all its own payments are above the threshold.
    assert (second["stay_in_year"], second["deductible_yuan"]) == (2, 500)
    assert second["basic_fund_yuan"] == Decimal(9_400) * Decimal("0.7")
    assert second["critical_illness_yuan"] == (Decimal(9_900) - second["basic_fund_yuan"]) / 2
    assert second["basic_fund_to_date_yuan"] == 6_230 + second["basic_fund_yuan"]
    assert (first["benefit_reason"], first["benefit_scheme"]) == (None, "mine")


def test_years_and_persons_are_apart(shares: Shares) -> None:
    january = datetime(2026, 1, 1)
    rows = shares([stay("1"), stay("2", discharge_date=january), stay("3", patient_id="P2")])
    assert [row["stay_in_year"] for row in rows] == [1, 1, 1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"patient_id": None}, "B01"),
        ({"discharge_date": None}, "B02"),
        ({"total_cost_yuan": None}, "B04"),
        ({"total_cost_yuan": Decimal(-1)}, "B04"),
        (dict.fromkeys(("class_a_cost_yuan", "class_b_cost_yuan", "self_paid_cost_yuan")), "B05"),
        ({"class_a_cost_yuan": Decimal(-1)}, "B06"),
        ({"class_a_cost_yuan": Decimal("9000.01")}, "B07"),
        ({"special_drugs_cost_yuan": Decimal(1_001)}, "B08"),
        ({"hospital_level": None}, "B09:hospital_level"),
        ({"hospital_level": "2"}, "B10:basic.deductibles"),
    ],
)
def test_held_stays_say_why_and_later_ones_tell(shares: Shares, change: dict[str, Any], code: str) -> None:
    usual = stay("0", special_drugs_cost_yuan=Decimal(0), patient_id="P0")
    after = stay("2", discharge_date=datetime(2025, 2, 1))
    rows = shares([usual, stay("1") | change, after])
    amounts = [name for name in BENEFIT if name.endswith("_yuan")]
    assert [rows[1][name] for name in amounts] == [None] * len(amounts)
    assert rows[1]["benefit_reason"].split("|")[0] == code
    assert rows[0]["benefit_reason"] is None
    # Only a stay that is known to be an earlier one of the person is told.
    known = code not in ("B01", "B02")
    assert rows[2]["benefit_reason"] == ("B13" if known else None)
    assert rows[2]["stay_in_year"] == 1


def test_an_age_that_cannot_be_is_not_known(shares: Shares) -> None:
    text = TEXT.replace(
        "[[basic.shares]]",
        "[[basic.shares]]\nage_at_least = 60\ntiers = [{ share = 0.9 }]\n\n[[basic.shares]]",
    )
    old, young, unknown = shares(
        [stay(age_years=70, patient_id="P3"), stay(age_years=59, patient_id="P4"), stay(age_years=200)], text
    )
    assert (old["basic_fund_yuan"], young["basic_fund_yuan"]) == (8_010, 6_230)
    assert unknown["benefit_reason"] == "B09:age_years"


def test_an_empty_class_is_zero_beside_others(shares: Shares) -> None:
    (row,) = shares([stay(above_limit_cost_yuan=None)])
    assert row["outside_policy_yuan"] == 1_000


def test_a_scheme_may_say_what_is_assumed(shares: Shares) -> None:
    bare = {name: value for name, value in stay().items() if "class" not in name and "paid" not in name}
    text = TEXT.replace("[items]", "[items]\nassumed_in_policy_share = 0.8")
    with pytest.warns(MissingColumnWarning, match="class_a_cost_yuan"):
        (row,) = shares([bare], text)
    assert (row["in_policy_yuan"], row["outside_policy_yuan"]) == (8_800, 2_200)
    assert row["benefit_reason"] == "B12:0.8"


def test_stays_that_cannot_be_told_apart_are_held(shares: Shares) -> None:
    rows = shares([stay("1"), stay("1"), stay("3")])
    assert [row["benefit_reason"] for row in rows] == ["B11", "B11", "B13"]
    # Their ids alone put two stays of the same hours in order.
    assert [row["stay_in_year"] for row in shares([stay("2"), stay("1")])] == [2, 1]


def test_values_that_the_scheme_does_not_name_are_told(shares: Shares) -> None:
    (row,) = shares([stay(aid_class="低保", off_site="无", maternity=True)])
    assert row["benefit_reason"] == "B15:aid_class,maternity"
    assert row["basic_fund_yuan"] == 6_230


def test_flags_that_cannot_be_read_are_told(shares: Shares) -> None:
    (row,) = shares([stay(newborn="perhaps")])
    assert row["benefit_reason"] == "B16"


def test_newborns_with_their_mothers(shares: Shares) -> None:
    text = TEXT + '\n[newborn]\nwith_mother = true\ndeductible_applies = false\nsource = "made up"\n'
    born = stay("2", patient_id="P9", mother_id="P1", newborn=True, discharge_date=datetime(2025, 3, 1))
    first, second = shares([stay("1", mother_id=None, newborn=False), born], text)
    assert (first["stay_in_year"], second["stay_in_year"], second["deductible_yuan"]) == (1, 2, 0)
    (lost,) = shares([born | {"mother_id": None}], text)
    assert lost["benefit_reason"] == "B03"


def test_outside_the_period_is_told(shares: Shares) -> None:
    text = TEXT.replace('status = "illustrative"', 'status = "illustrative"\nvalid_from = 2025-02-01')
    (row,) = shares([stay()], text)
    assert row["benefit_reason"] == "B14:2025-02-01,"
    assert row["basic_fund_yuan"] == 6_230


@pytest.mark.parametrize("name", ["patient_id", "discharge_date", "total_cost_yuan"])
def test_what_is_vital_is_asked_for(name: str) -> None:
    with pytest.raises(MissingColumnError, match=name):
        drg.benefits([{key: value for key, value in stay().items() if key != name}], "demo")


def test_results_are_not_overwritten() -> None:
    with pytest.raises(InputError, match="patient_share_yuan"):
        drg.benefits([stay(patient_share_yuan=1)], "demo")


@pytest.mark.filterwarnings("ignore::drg.MissingColumnWarning")
def test_frames_of_any_kind_in_the_order_of_their_rows() -> None:
    rows = [stay("b", age_years=30), stay("a", age_years=30, patient_id="P2")]
    listed = drg.benefits(rows, "demo")
    frame = pl.DataFrame(rows)
    assert drg.benefits(frame, "demo")["patient_share_yuan"].to_list() == [
        row["patient_share_yuan"] for row in listed
    ]
    assert drg.benefits(frame.lazy(), "demo").collect()["case_id"].to_list() == ["b", "a"]
    pandas = drg.benefits(pd.DataFrame(rows), "demo")
    assert [str(value) for value in pandas["basic_fund_yuan"]] == [
        str(row["basic_fund_yuan"]) for row in listed
    ]
    assert drg.benefits(frame.head(0), "demo").height == 0
    assert drg.benefits(rows, "demo", language="zh")[0]["benefit_reason"] is None


@pytest.mark.filterwarnings("ignore::drg.MissingColumnWarning")
def test_the_result_can_be_priced() -> None:
    case = stay(
        age_years=30, grouping_status="grouped", drg="BR15", grouper="demo", hospital_id="H1", los_days=7
    )
    shared = drg.benefits(pl.DataFrame([case]), "demo")
    (priced,) = drg.price(shared, "demo").to_dicts()
    borne = shared["patient_share_yuan"][0] + shared["other_payers_yuan"][0]
    assert priced["fund_payment_yuan"] == max(priced["payment_yuan"] - borne, 0)
    assert priced["payment_yuan"] > 0
