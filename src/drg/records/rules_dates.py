"""Dates against each other and against the length of stay; ages that contradict them are computed."""

from __future__ import annotations

from datetime import date
from typing import Final

from drg.records.findings import ERROR
from drg.records.rules import ADMITTED, BORN, CLAIM, DISCHARGED, FORM, LOS, Rule
from drg.words import Sentence

_NIGHTS = (DISCHARGED.dt.date() - ADMITTED.dt.date()).dt.total_days()

RULES: Final = (
    Rule(
        id="discharge-before-admission",
        severity=ERROR,
        fields=("discharge_date", "admission_date"),
        when=DISCHARGED < ADMITTED,
        message=Sentence("discharge_date is before admission_date"),
        fix=Sentence("Correct whichever of the two is wrong"),
        source=CLAIM,
    ),
    Rule(
        id="birth-after-admission",
        severity=ERROR,
        fields=("birth_date", "admission_date"),
        when=BORN.dt.date() > ADMITTED.dt.date(),
        message=Sentence("birth_date is after admission_date"),
        fix=Sentence("Correct the wrong one; newborns are admitted on the day of birth at the earliest"),
        source=CLAIM,
    ),
    Rule(
        id="los-days-against-dates",
        fields=("los_days", "admission_date", "discharge_date"),
        # A stay that ends on its first day has a rule of its own if it says 0.
        when=(_NIGHTS >= 0) & (LOS != _NIGHTS) & ~((_NIGHTS == 0) & LOS.is_in([0.0, 1.0])),
        message=Sentence("los_days is not the number of days from admission_date to discharge_date"),
        fix=Sentence("The day of admission and the day of discharge count as one day together"),
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
        message=Sentence("discharge_date is after the end of the period that is checked"),
        fix=Sentence("Correct the date, or move the case to its own period"),
    )
