"""What benefits ask for, of simulated discharges."""

from __future__ import annotations

import polars as pl
import pytest

import drg
from drg.analysis.simulation import with_benefit_columns
from drg.errors import InputError

CLASSES = ("class_a_cost_yuan", "class_b_cost_yuan", "self_paid_cost_yuan", "above_limit_cost_yuan")


@pytest.fixture(scope="module")
def stays(cases: pl.DataFrame) -> pl.DataFrame:
    return with_benefit_columns(cases, seed=4)


def test_the_rows_stay_and_are_the_same_for_the_same_seed(cases: pl.DataFrame, stays: pl.DataFrame) -> None:
    assert stays.select(cases.columns).equals(cases)
    assert with_benefit_columns(cases, seed=4).equals(stays)
    assert not with_benefit_columns(cases, seed=5)["class_b_cost_yuan"].equals(stays["class_b_cost_yuan"])
    with pytest.raises(InputError, match="seed is -1"):
        with_benefit_columns(cases, seed=-1)


def test_every_stay_has_benefits_by_a_scheme_that_asks_for_all(stays: pl.DataFrame) -> None:
    assert (stays.select(pl.sum_horizontal(CLASSES)).to_series() == stays["total_cost_yuan"]).all()
    assert all((stays[name] >= 0).all() for name in CLASSES)
    result = drg.benefits(stays, "demo")
    assert result["benefit_reason"].null_count() == stays.height
    for payer in ("basic_fund_yuan", "critical_illness_yuan", "medical_aid_yuan", "commercial_yuan"):
        assert result[payer].sum() > 0


def test_who_is_aided_and_insured_is_a_matter_of_the_household(stays: pl.DataFrame) -> None:
    residents = stays.filter(insurance_type="390")
    for name, people in (("aid_class", residents), ("commercial_product", stays)):
        assert people[name].drop_nulls().len() > 0
        assert people.group_by("household_id").agg(pl.col(name).n_unique())[name].max() == 1
    assert stays.filter(insurance_type="310")["aid_class"].null_count() > 0
    assert stays.filter(insurance_type="310")["aid_class"].drop_nulls().len() == 0


def test_births_and_referrals(stays: pl.DataFrame) -> None:
    assert (stays.filter("newborn")["age_days"] <= 28).all()
    assert stays.filter(~pl.col("newborn"))["mother_id"].drop_nulls().len() == 0
    mothers = stays.filter("newborn")["mother_id"].drop_nulls()
    assert mothers.len() > 0
    assert mothers.is_in(stays.filter("maternity")["patient_id"].implode()).all()
    assert stays.filter("maternity")["sex"].unique().to_list() == [2]
    referred = stays.filter(pl.col("referral") == "up")
    assert referred.height > 0
    earlier = stays.select("patient_id", "hospital_level", "discharge_date")
    pairs = referred.join(earlier, on="patient_id", suffix="_before").filter(
        pl.col("discharge_date_before") <= pl.col("admission_date"),
        pl.col("hospital_level_before") < pl.col("hospital_level"),
    )
    assert set(pairs["case_id"]) == set(referred["case_id"])
