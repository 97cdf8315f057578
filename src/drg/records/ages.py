"""The age of a patient by the dates of birth and admission; years by days, if there are no years."""

from __future__ import annotations

from typing import Final

import polars as pl

AGES: Final = ("age_years", "age_days")
DATES: Final = ("birth_date", "admission_date")

BORN: Final = pl.col("birth_date")
ADMITTED: Final = pl.col("admission_date")
# One integer per day of the year in which later days are greater, for comparing birthdays.
_DAY_OF_ADMISSION = ADMITTED.dt.month().cast(pl.Int32) * 100 + ADMITTED.dt.day()
_BIRTHDAY = BORN.dt.month().cast(pl.Int32) * 100 + BORN.dt.day()
_YEARS = ADMITTED.dt.year() - BORN.dt.year() - (_DAY_OF_ADMISSION < _BIRTHDAY).cast(pl.Int32)
_DAYS = (ADMITTED.dt.date() - BORN.dt.date()).dt.total_days()
# Beyond this the date of birth stands for "not known", such as 1900-01-01.
_OLDEST: Final = 120
_DAYS_IN_A_YEAR: Final = 365


def by_dates(name: str, given: pl.Series | None, born: pl.Series, admitted: pl.Series) -> pl.Series:
    """An age as the dates give it, null where they cannot be right or do not contradict what is given.

    Args:
        name: one of ``AGES``. Days count in the first year alone; some count the day of birth, some do not.
        given: the age that is given, if there is such a column.
        born: dates of birth.
        admitted: dates of admission.
    """
    years = pl.when((_DAYS >= 0) & (_YEARS <= _OLDEST)).then(_YEARS)
    age = years if name == "age_years" else pl.when(years == 0).then(_DAYS)
    said = pl.lit(None, dtype=pl.Int64) if given is None else pl.col(name)
    tolerated = 0 if name == "age_years" else 1
    differs = said.is_null() | ((said - age).abs() > tolerated)
    columns = [
        born.alias(DATES[0]),
        admitted.alias(DATES[1]),
        *([] if given is None else [given.alias(name)]),
    ]
    return pl.DataFrame(columns).select(pl.when(differs).then(age.cast(pl.Int64)).alias(name)).to_series()


def by_days(days: pl.Series) -> pl.Series:
    """Completed years of patients of whom the days are known, and no years: 0 in the first year."""
    return pl.select(
        pl.when(days.is_between(0, _DAYS_IN_A_YEAR - 1)).then(pl.lit(0, dtype=pl.Int64))
    ).to_series()
