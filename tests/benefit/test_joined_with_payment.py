"""From who pays what of stays to their payment by group and the settlement: the same yuan everywhere."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import polars.selectors as cs
import pytest

import drg
from drg.analysis.benefit_tally import PAYERS

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCHEME = EXAMPLES / "settlement" / "scheme"
BORNE_BY_OTHERS = PAYERS[1:]


def given() -> pl.DataFrame:
    return pl.read_csv(EXAMPLES / "benefits" / "stays.csv", infer_schema=False)


def shared() -> pl.DataFrame:
    done = drg.benefits(given(), "demo")
    assert isinstance(done, pl.DataFrame)
    return done


def priced(frame: pl.DataFrame) -> pl.DataFrame:
    done = drg.price(frame, SCHEME)
    assert isinstance(done, pl.DataFrame)
    return done


@pytest.fixture(scope="module")
def stays() -> pl.DataFrame:
    return priced(shared())


def test_the_fund_pays_what_patient_and_others_leave(stays: pl.DataFrame) -> None:
    left_nothing = 0
    for row in stays.iter_rows(named=True):
        if row["patient_share_yuan"] is None:
            assert row["fund_payment_yuan"] is None
            continue
        borne = sum(row[name] for name in BORNE_BY_OTHERS)
        assert borne + row["basic_fund_yuan"] == Decimal(row["total_cost_yuan"])
        assert row["fund_payment_yuan"] == max(row["payment_yuan"] - borne, Decimal(0))
        left_nothing += row["fund_payment_yuan"] == 0
    assert left_nothing == 1


def test_settlement_and_sums_by_payer_agree_to_the_fen(stays: pl.DataFrame) -> None:
    sums = drg.benefit_sums(stays)
    settled = drg.settle(stays, SCHEME).rows.filter(span="month")
    by_hospital = {
        row["hospital_id"]: row for row in settled.group_by("hospital_id").agg(cs.numeric().sum()).to_dicts()
    }
    assert set(by_hospital) == {"H1", "H2"}
    for (hospital,), rows in sums.rows.group_by("hospital_id"):
        account = by_hospital[hospital]
        total = rows.sum().row(0, named=True)
        assert (account["cases"], account["cases_held"]) == (total["stays"], total["stays_held"])
        assert account["cost_yuan"] == total["total_cost_yuan"] == sum(total[name] for name in PAYERS)
        # What is borne of the payment, and beyond it where the fund pays nothing.
        beyond = stays.filter(hospital_id=hospital)["borne_above_payment_yuan"].sum()
        borne = account["patient_and_others_yuan"] + beyond
        assert borne == sum(total[name] for name in BORNE_BY_OTHERS)
        assert account["patient_and_others_yuan"] == total["payment_yuan"] - total["fund_payment_yuan"]
    assert stays["borne_above_payment_yuan"].sum() > 0


def test_what_the_patient_bears_is_the_same_whatever_the_group(stays: pl.DataFrame) -> None:
    others = shared().with_columns(drg=pl.lit(None, dtype=pl.String), grouping_status=pl.lit("ungrouped"))
    regrouped = priced(others)
    assert regrouped["payment_yuan"].to_list() != stays["payment_yuan"].to_list()
    for frame in (regrouped, priced(shared())):
        for name in (*PAYERS, "other_payers_yuan"):
            assert frame[name].equals(stays[name]), name
    groupless = drg.benefits(given().drop("drg", "grouping_status", "grouper"), "demo")
    assert isinstance(groupless, pl.DataFrame)
    assert groupless.equals(shared().drop("drg", "grouping_status", "grouper"))


def test_the_worked_example_of_the_document_is_what_comes_out(stays: pl.DataFrame) -> None:
    document = (EXAMPLES.parent / "docs" / "benefits.md").read_text(encoding="utf-8")
    columns = ("total_cost_yuan", "basic_fund_yuan", "patient_share_yuan", "other_payers_yuan")
    for row in stays.filter(pl.col("case_id").is_in(["S01", "S02", "S07", "S08"])).iter_rows(named=True):
        amounts = [row[name] for name in (*columns, "payment_yuan", "fund_payment_yuan")]
        cells = ("" if amount is None else f"{Decimal(amount):,.2f}" for amount in amounts)
        line = " | ".join((row["case_id"], *cells))
        assert f"| {line} |".replace("|  |", "| |").replace("|  |", "| |") in document
    sums = drg.benefit_sums(stays).rows.sum().row(0, named=True)
    settled = drg.settle(stays, SCHEME).rows.filter(span="month")
    totals = [sums[name] for name in ("total_cost_yuan", *PAYERS, "payment_yuan", "fund_payment_yuan")]
    totals += [settled["cost_yuan"].sum(), settled["patient_and_others_yuan"].sum()]
    for amount in totals:
        assert f"{amount:,.2f}" in document
