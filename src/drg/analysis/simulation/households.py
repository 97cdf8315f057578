"""Simulated discharges → their persons, and who lives with whom."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

_ADULT_YEARS: Final = 18
_MALE, _FEMALE = 1, 2
NEWBORN_DAYS: Final = 28
_COUPLES: Final = 0.6  # of the adults
_MOTHER_YEARS: Final = (22, 36)  # age of a mother at the birth of a child, at least and below
CHILDBIRTH: Final = "O"  # chapter of ICD-10
_DAYS_TO_BIRTH: Final = "3d"  # from admission, at most


def persons(frame: pl.DataFrame) -> pl.DataFrame:
    """One row for each patient of simulated discharges, by their ids."""
    people = (
        frame.group_by("patient_id")
        .agg(pl.col("birth_date", "sex", "insurance_type", "age_years").first())
        .sort("patient_id")
        .with_columns(pl.col("birth_date").dt.year().alias("year"), adult=pl.col("age_years") >= _ADULT_YEARS)
    )
    rng = np.random.default_rng(people.height)
    people = people.with_columns(couple=pl.Series(rng.random(people.height)) < _COUPLES)
    women, men = (people.filter("adult", pl.col("sex") == sex) for sex in (_FEMALE, _MALE))
    newborns = newborns_of(frame)
    children = people.filter(~pl.col("adult")).join(newborns, on="patient_id", how="anti")
    years = pl.Series(rng.integers(*_MOTHER_YEARS, children.height), dtype=pl.Int32)
    lives_with = pl.concat(
        [
            newborns,
            _paired(men.filter("couple").with_columns(pl.col("year") + 1), women.filter("couple")),
            _paired(children.with_columns(pl.col("year") - years), women),
        ]
    )
    homes = people.join(lives_with, on="patient_id", how="left", maintain_order="left")
    head = pl.coalesce("woman", "patient_id")
    return homes.select(
        "patient_id",
        pl.concat_str(pl.lit("F"), head.str.strip_prefix("P")).alias("household_id"),
        "birth_date",
        "sex",
        "insurance_type",
    )


def newborns_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Newborns and the woman in childbed who was in the same hospital on the day of their birth."""
    day = pl.col("admission_date").cast(pl.Date)
    babies = frame.filter(pl.col("age_days") <= NEWBORN_DAYS).unique("patient_id", keep="first")
    stays = frame.filter(pl.col("principal_diagnosis").str.starts_with(CHILDBIRTH))
    women = stays.select("hospital_id", woman="patient_id", admitted=day, left=pl.col("discharge_date"))
    found = babies.select("hospital_id", "patient_id", "birth_date").sort("birth_date", "patient_id")
    found = found.join_asof(
        women.sort("admitted", "woman"),
        left_on="birth_date",
        right_on="admitted",
        by="hospital_id",
        tolerance=_DAYS_TO_BIRTH,
        check_sortedness=False,
    )
    there = found.filter(pl.col("birth_date") <= pl.col("left").cast(pl.Date))
    return there.unique("woman", keep="first", maintain_order=True).select("patient_id", "woman")


def _paired(some: pl.DataFrame, women: pl.DataFrame) -> pl.DataFrame:
    """Each of some people with a woman born in their ``year``, as far as there are so many."""
    place = pl.int_range(pl.len()).over("year").alias("place")
    ones = some.select("patient_id", "year", place)
    others = women.select("year", place, woman="patient_id")
    return ones.join(others, on=("year", "place")).select("patient_id", "woman")
