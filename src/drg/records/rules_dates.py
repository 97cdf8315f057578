"""Dates against each other, against ages and against the length of stay."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from drg.records.findings import ERROR
from drg.records.rules import ADMITTED, AGE_DAYS, AGE_YEARS, BORN, CLAIM, DISCHARGED, FORM, LOS, Rule

# One integer per day of the year in which later days are greater, for comparing birthdays.
_DAY_OF_ADMISSION = ADMITTED.dt.month().cast(pl.Int32) * 100 + ADMITTED.dt.day()
_BIRTHDAY = BORN.dt.month().cast(pl.Int32) * 100 + BORN.dt.day()
_COMPLETED_YEARS = ADMITTED.dt.year() - BORN.dt.year() - (_DAY_OF_ADMISSION < _BIRTHDAY).cast(pl.Int32)
_DAYS_OLD = (ADMITTED.dt.date() - BORN.dt.date()).dt.total_days()
_NIGHTS = (DISCHARGED.dt.date() - ADMITTED.dt.date()).dt.total_days()

RULES: Final = (
    Rule(
        id="discharge-before-admission",
        severity=ERROR,
        fields=("discharge_date", "admission_date"),
        when=DISCHARGED < ADMITTED,
        message="discharge_date is before admission_date",
        message_zh="出院时间早于入院时间",
        fix="Correct whichever of the two is wrong",
        fix_zh="请核对并更正入院时间或出院时间",
        source=CLAIM,
    ),
    Rule(
        id="birth-after-admission",
        severity=ERROR,
        fields=("birth_date", "admission_date"),
        when=BORN.dt.date() > ADMITTED.dt.date(),
        message="birth_date is after admission_date",
        message_zh="出生日期晚于入院时间",
        fix="Correct the wrong one; newborns are admitted on the day of birth at the earliest",
        fix_zh="请核对出生日期与入院时间；新生儿入院时间不应早于出生日期",
        source=CLAIM,
    ),
    Rule(
        id="age-years-against-birth-date",
        fields=("age_years", "birth_date", "admission_date"),
        when=(_DAYS_OLD >= 0) & (AGE_YEARS != _COMPLETED_YEARS),
        message="age_years is not the number of completed years from birth_date to admission_date",
        message_zh="年龄与出生日期、入院时间不符（应为入院时的实足年龄）",
        fix="Count the birthdays up to the day of admission; 0 is under one year",
        fix_zh="请按入院当日的实足年龄填写，不满一周岁填 0",
        source=FORM,
    ),
    Rule(
        id="age-days-against-birth-date",
        fields=("age_days", "birth_date", "admission_date"),
        # Some count the day of birth, some do not. Days matter only in the first year.
        when=(_DAYS_OLD >= 0) & (AGE_DAYS <= 365) & ((AGE_DAYS - _DAYS_OLD).abs() > 1),
        message="age_days is not the number of days from birth_date to admission_date",
        message_zh="新生儿日龄与出生日期、入院时间不符",
        fix="Count the days from birth to admission; some exports give months instead",
        fix_zh="请按出生至入院的天数填写（部分导出文件误填为月数）",
        source=FORM,
    ),
    Rule(
        id="los-days-against-dates",
        fields=("los_days", "admission_date", "discharge_date"),
        # A stay that ends on its first day has a rule of its own if it says 0.
        when=(_NIGHTS >= 0) & (LOS != _NIGHTS) & ~((_NIGHTS == 0) & LOS.is_in([0.0, 1.0])),
        message="los_days is not the number of days from admission_date to discharge_date",
        message_zh="实际住院天数与出入院时间不符",
        fix="The day of admission and the day of discharge count as one day together",
        fix_zh="入院日与出院日只计算一天，请据此核对实际住院天数",
        source=FORM,
    ),
)


def discharged_after(end: date) -> Rule:
    """A rule for discharges after the end of a period; without it, no date is too late.

    Args:
        end: the last day of the period.
    """
    return Rule(
        id="discharge-after-period",
        fields=("discharge_date",),
        when=DISCHARGED.dt.date() > end,
        message="discharge_date is after the end of the period that is checked",
        message_zh="出院时间晚于本次检查的截止日期",
        fix="Correct the date, or move the case to its own period",
        fix_zh="请核对出院时间，或将该病例归入相应结算期",
    )
