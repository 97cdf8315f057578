"""Working days in China: public holidays and the weekend days that are worked in exchange.

What is known by the package ``chinesecalendar`` counts; a user's table of days overrides and extends it. In a
year that neither covers, Monday to Friday are working days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from drg.columns import Column, Kind
from drg.records.cells import flags
from drg.records.dates import dates
from drg.settlement.input_fields import ROW, Field, FindingsBuilder, empty, read_fields
from drg.settlement.settlement_findings import Finding

HOLIDAYS: Final = "holidays"
HOLIDAY_FIELDS: Final = (
    Field("date", "日期", "the day, 2027-02-06", "2027-02-06"),
    Field("working", "是否工作日", "yes or no", "是或否"),
)
_DATE: Final = Column("date", Kind.DATE, pl.Date, "日期", "the day")
_WORKING: Final = Column("working", Kind.FLAG, pl.Boolean, "是否工作日", "whether it is a working day")
_SATURDAY: Final = 5


class WorkingDays:
    """Which days are working days.

    Args:
        given: days that are known otherwise, and whether they are working days. A year that has one of them
            is covered: its other days follow the package or, where that knows nothing, the weekday.

    Attributes:
        unknown_years: years that were asked for and that nothing covers.
    """

    def __init__(self, given: Mapping[date, bool] | None = None) -> None:
        self._given = dict(given or {})
        self._years = {day.year for day in self._given}
        self.unknown_years: set[int] = set()

    def is_working(self, day: date) -> bool:
        """Whether a day is a working day."""
        # Imported when it is needed: few commands ask for days.
        from chinese_calendar import is_workday

        if day in self._given:
            return self._given[day]
        try:
            return bool(is_workday(day))
        except NotImplementedError:
            if day.year not in self._years:
                self.unknown_years.add(day.year)
            return day.weekday() < _SATURDAY

    def after(self, day: date, count: int) -> date:
        """The working day that is so many after a day; the day itself does not count."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day


def read_holidays(table: Any) -> tuple[dict[date, bool], tuple[Finding, ...]]:
    """Read a table of days (节假日表): ``date`` 日期, ``working`` 是否工作日.

    Args:
        table: text or typed, headers in English or Chinese; other columns are not looked at.

    Returns:
        Whether each day is a working day, and what could not be used. A day that is given in two ways is
        used in neither.

    Raises:
        MissingColumnError: a column is absent.
        InputError: two columns are the same, or it is no frame.
    """
    cells = read_fields(table, HOLIDAYS, HOLIDAY_FIELDS)
    told = FindingsBuilder(cells)
    days = dates(cells["date"], _DATE).values
    working = flags(cells["working"], _WORKING).values
    told.add(days.is_null(), "holiday_date_unreadable", case=empty("date"), leave_out=True)
    told.add(working.is_null(), "holiday_working_unreadable", case=empty("working"), leave_out=True)
    found = pl.DataFrame({ROW: cells[ROW], "day": days, "working": working}).filter(told.usable)
    ways = pl.col("working").n_unique().over("day") > 1
    twice = found.filter(ways)[ROW]
    told.add(cells[ROW].is_in(twice.implode()), "holiday_given_two_ways", leave_out=True)
    return dict(found.filter(~ways).select("day", "working").iter_rows()), told.sorted_findings()
