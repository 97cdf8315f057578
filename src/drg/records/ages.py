"""The age of a patient by the dates of birth and admission; years by days, if there are no years."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.records.cells import empty

AGES: Final = ("age_years", "age_days")
DATES: Final = ("birth_date", "admission_date")

BORN: Final = pl.col("birth_date")
ADMITTED: Final = pl.col("admission_date")
# One integer per day of the year in which later days are greater, for comparing birthdays.
_DAY_OF_ADMISSION = ADMITTED.dt.month().cast(pl.Int32) * 100 + ADMITTED.dt.day()
_BIRTHDAY = BORN.dt.month().cast(pl.Int32) * 100 + BORN.dt.day()
_YEARS = ADMITTED.dt.year() - BORN.dt.year() - (_DAY_OF_ADMISSION < _BIRTHDAY).cast(pl.Int64)
# Beyond this the date of birth stands for "not known", such as 1900-01-01.
_OLDEST: Final = 120
_DAYS_IN_A_YEAR: Final = 365
# Four years in days. By these alone years are certain but for a few days around a birthday.
_FOUR_YEARS: Final = 1461
_AROUND_A_BIRTHDAY: Final = 2


def by_dates(name: str, given: pl.Series | None, born: pl.Series, admitted: pl.Series) -> pl.Series:
    """An age as the dates give it, null where they cannot be right or do not contradict what is given.

    Args:
        name: one of ``AGES``. Days count in the first year alone; some count the day of birth, some do not.
        given: the age that is given, if there is such a column.
        born: dates of birth.
        admitted: dates of admission.
    """
    days = admitted.cast(pl.Date).to_physical().cast(pl.Int64) - born.to_physical()
    said = empty(len(days), pl.Int64()) if given is None else given
    # Few ages are looked at closely: taking dates apart costs as much as half of the grouping.
    if name == "age_years":
        quarters = days * 4
        margin = 4 * _AROUND_A_BIRTHDAY
        is_certain = (quarters % _FOUR_YEARS).is_between(margin, _FOUR_YEARS - margin)
        closely = ~(is_certain & (said == quarters // _FOUR_YEARS).fill_null(False))
    else:
        closely = (days <= _DAYS_IN_A_YEAR) & ~((said - days).abs() <= 1).fill_null(False)
    places = (closely & (days >= 0)).arg_true()
    found = empty(len(days), pl.Int64())
    if not len(places):
        return found
    near = pl.DataFrame(
        {
            DATES[0]: born.gather(places),
            DATES[1]: admitted.gather(places),
            "days": days.gather(places),
            "said": said.gather(places),
        }
    )
    age = _YEARS if name == "age_years" else pl.when(_YEARS == 0).then(pl.col("days"))
    ages = near.select(pl.when((_YEARS <= _OLDEST) & pl.col("said").ne_missing(age)).then(age)).to_series()
    return found.scatter(places, ages)


def by_days(days: pl.Series) -> pl.Series:
    """Completed years of patients of whom the days are known, and no years: 0 in the first year."""
    return pl.select(
        pl.when(days.is_between(0, _DAYS_IN_A_YEAR - 1)).then(pl.lit(0, dtype=pl.Int64))
    ).to_series()
