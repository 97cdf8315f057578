from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from drg.analysis.simulation.readmissions import Links, first_cases


@pytest.fixture(scope="module")
def again(grouped: pl.DataFrame) -> pl.DataFrame:
    """Stays that are not the first of their patient, with what was before."""
    stays = grouped.sort("patient_id", "admission_date")
    names = ("discharge_date", "adrg", "age_years", "admission_date", "hospital_id")
    before = stays.with_columns(
        pl.col(name).shift().over("patient_id").name.prefix("last_") for name in names
    )
    return before.filter(pl.col("last_discharge_date").is_not_null())


def test_a_person_stays_the_same(grouped: pl.DataFrame) -> None:
    kept = grouped.group_by("patient_id").agg(pl.col("sex", "birth_date", "insurance_type").n_unique())
    assert (kept.select(pl.exclude("patient_id")) == 1).to_numpy().all()


def test_stays_follow_each_other(again: pl.DataFrame, grouped: pl.DataFrame) -> None:
    gap = (again["admission_date"].dt.date() - again["last_discharge_date"].dt.date()).dt.total_days()
    assert gap.min() > 0
    assert 0.07 < again.height / grouped.height < 0.2
    assert 0.02 < (gap <= 15).sum() / grouped.height < (gap <= 31).sum() / grouped.height < 0.1
    same = (again["hospital_id"] == again["last_hospital_id"]).mean()
    assert 0.7 < same < 0.95
    aged = again["age_years"] - again["last_age_years"]
    assert aged.min() == 0
    assert aged.max() == 1


def test_ages_are_those_of_the_birth_dates(grouped: pl.DataFrame) -> None:
    birth, then = pl.col("birth_date"), pl.col("admission_date").dt.date()
    years = then.dt.year() - birth.dt.year()
    birthday, today = (100 * day.dt.month().cast(pl.Int32) + day.dt.day() for day in (birth, then))
    assert grouped.filter(pl.col("age_years") != years - (today < birthday).cast(pl.Int32)).height == 0


def test_treatment_comes_in_series(again: pl.DataFrame, grouped: pl.DataFrame) -> None:
    chemotherapy = pl.col("adrg") == "RN1"
    stays = grouped.filter(chemotherapy)
    assert stays.height / stays["patient_id"].n_unique() > 1.8
    repeated = again.filter(pl.col("adrg") == pl.col("last_adrg"))
    assert 0.4 < repeated.height / again.height < 0.9
    hips = grouped.filter(pl.col("adrg") == "IC2")
    assert hips.height / hips["patient_id"].n_unique() < 1.1
    assert grouped["patient_id"].value_counts()["count"].max() >= 4


def test_first_cases_of_chains() -> None:
    links = Links(np.array([3, 5, 1]), np.array([1, 3, 0]))
    assert first_cases(6, links).tolist() == [0, 0, 2, 0, 4, 0]
    nothing = np.empty(0, dtype=np.int64)
    assert first_cases(3, Links(nothing, nothing)).tolist() == [0, 1, 2]
