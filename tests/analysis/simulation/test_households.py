from __future__ import annotations

import polars as pl
import pytest

import drg
from drg.analysis.simulation import persons
from tests.analysis.simulation.conftest import CASES


@pytest.fixture(scope="module")
def people(cases: pl.DataFrame) -> pl.DataFrame:
    return persons(cases)


def test_each_person_once(people: pl.DataFrame, cases: pl.DataFrame) -> None:
    assert people.columns == ["patient_id", "household_id", "birth_date", "sex", "insurance_type"]
    assert people["patient_id"].to_list() == sorted(set(cases["patient_id"]))
    assert people.null_count().sum_horizontal().item() == 0
    known = cases.join(people, on=["patient_id", "birth_date", "sex", "insurance_type"])
    assert known.height == CASES
    assert persons(cases).equals(people)
    assert persons(drg.simulate(0, "demo")).schema == people.schema


def test_households_are_small(people: pl.DataFrame) -> None:
    sizes = people.group_by("household_id").len()["len"]
    assert 1.15 < sizes.mean() < 2
    assert sizes.max() <= 6


def test_newborns_live_with_a_woman_in_childbed(people: pl.DataFrame, cases: pl.DataFrame) -> None:
    home = people.select("patient_id", "household_id")
    babies = cases.filter(pl.col("age_days") <= 28).unique("patient_id").join(home, on="patient_id")
    births = cases.filter(pl.col("principal_diagnosis").str.starts_with("O")).join(home, on="patient_id")
    both = babies.join(births, on=["household_id", "hospital_id"], suffix="_of_woman")
    there = pl.col("birth_date").is_between(
        pl.col("admission_date_of_woman").dt.date(), pl.col("discharge_date_of_woman").dt.date()
    )
    assert both.filter(there)["patient_id"].n_unique() > 0.3 * babies.height


def test_couples_are_of_an_age(people: pl.DataFrame) -> None:
    men, women = (
        people.filter(pl.col("sex") == sex, pl.col("birth_date").dt.year() < 2000) for sex in (1, 2)
    )
    couples = men.join(women, on="household_id", suffix="_of_woman")
    years = couples["birth_date"].dt.year() - couples["birth_date_of_woman"].dt.year()
    assert couples.height > 1_000
    assert (years == -1).mean() > 0.9
