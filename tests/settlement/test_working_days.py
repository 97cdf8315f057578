"""Which days are working days, and what becomes of a table of days."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from drg.errors import MissingColumnError
from drg.settlement.working_days import WorkingDays, read_holidays


def test_public_holidays_and_the_weekends_that_are_worked() -> None:
    days = WorkingDays()
    october = {day for day in range(1, 32) if days.is_working(date(2025, 10, day))}
    # National Day and Mid-Autumn from the 1st to the 8th; Saturday the 11th is worked.
    assert october == {9, 10, 11, 13, 14, 15, 16, 17, *range(20, 25), *range(27, 32)}
    february = {day for day in range(9, 29) if days.is_working(date(2026, 2, day))}
    # Spring Festival from the 15th to the 23rd; Saturdays the 14th and the 28th are worked.
    assert february == {9, 10, 11, 12, 13, 14, 24, 25, 26, 27, 28}
    assert days.unknown_years == set()


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2025, 10, 10), 5, date(2025, 10, 16)),
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2026, 2, 10), 5, date(2026, 2, 24)),
        (date(2026, 1, 10), 5, date(2026, 1, 16)),
    ],
)
def test_so_many_working_days_after_a_day(day: date, count: int, expected: date) -> None:
    assert WorkingDays().after(day, count) == expected


def test_a_year_that_nothing_covers_has_weekdays_and_is_named() -> None:
    days = WorkingDays()
    year = [date(2199, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [days.is_working(day) for day in year] == [day.isoweekday() <= 5 for day in year]
    assert days.unknown_years == {2199}


def test_a_table_overrides_and_extends() -> None:
    table = pl.DataFrame(
        {"日期": ["2025/10/11", "21990102", "2199年1月5日"], "是否工作日": ["否", "no", "是"]}
    )
    given, findings = read_holidays(table)
    assert given == {date(2025, 10, 11): False, date(2199, 1, 2): False, date(2199, 1, 5): True}
    assert findings == ()
    days = WorkingDays(given)
    assert days.after(date(2025, 10, 10), 5) == date(2025, 10, 17)
    # Tuesday is worked anyway; Wednesday the 2nd is not. Other days of the year follow the weekday.
    assert days.after(date(2199, 1, 1), 1) == date(2199, 1, 3)
    assert days.unknown_years == set()


def test_rows_that_cannot_be_used_are_named() -> None:
    table = pl.DataFrame(
        {
            "date": ["2027-02-06", "soon", None, "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-10"],
            "working": ["no", "no", "no", "maybe", None, "yes", "no"],
        }
    )
    given, findings = read_holidays(table)
    assert given == {date(2027, 2, 6): False}
    assert [(one.row, one.rule) for one in findings] == [
        (3, "holiday_date_unreadable"),
        (4, "holiday_date_unreadable"),
        (5, "holiday_working_unreadable"),
        (6, "holiday_working_unreadable"),
        (7, "holiday_given_two_ways"),
        (8, "holiday_given_two_ways"),
    ]
    assert "'soon' is no date" in findings[0].message
    assert "neither yes nor no" in findings[2].message


def test_a_table_without_the_days() -> None:
    with pytest.raises(MissingColumnError, match="是否工作日"):
        read_holidays(pl.DataFrame({"date": ["2027-02-06"]}))
