"""Cases against each other. These rules need all rows at once, so they read few and slim columns."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.records.findings import ERROR
from drg.records.rules import ADMITTED, CLAIM, DISCHARGED, Rule
from drg.words import Sentence

_CASE = pl.col("case_id")
_HOSPITAL = pl.col("hospital_id")
_PATIENT = pl.col("patient_id")


# More seconds than lie between any two dates of a record.
_SPAN = 2**37


def _overlaps() -> pl.Expr:
    """Whether a stay begins before an earlier stay of the same patient ends.

    The stays are gone through patient by patient, by admission. Each patient is given a span of time after
    that of the one before, so that the latest discharge so far is a running maximum over all rows, and no
    group is worked on by itself. The maximum counts, for a long stay may hold several short ones.
    """
    order = pl.arg_sort_by("patient_id", "admission_date")
    patient = _PATIENT.gather(order)
    begin = patient.rle_id().cast(pl.Int64) * _SPAN
    # Of a stay whose beginning is not known, the end says nothing.
    dates = (ADMITTED, pl.when(ADMITTED.is_not_null()).then(DISCHARGED))
    admitted, discharged = (
        date.dt.epoch("s").clip(-_SPAN // 2, _SPAN // 2 - 1).gather(order) + begin for date in dates
    )
    latest = discharged.cum_max().forward_fill().shift(1)
    overlapping = order.filter((admitted < latest) & patient.is_not_null())
    return pl.int_range(pl.len(), dtype=pl.UInt32).is_in(overlapping.implode())


def _repeats(*columns: pl.Expr) -> pl.Expr:
    """Whether an earlier row holds the same; the first one stays good."""
    # One number per row takes less than half the memory of the values themselves.
    return ~pl.struct(*columns).hash().is_first_distinct()


RULES: Final = (
    Rule(
        id="case-repeated",
        severity=ERROR,
        fields=("case_id", "hospital_id"),
        when=_repeats(_CASE, _HOSPITAL) & _CASE.is_not_null(),
        optional=("hospital_id",),
        across=True,
        message=Sentence("an earlier row has the same case_id"),
        fix=Sentence("Keep one of the rows; if they are different stays, give each its own case_id"),
        source=CLAIM,
    ),
    Rule(
        id="stay-repeated",
        severity=ERROR,
        fields=("patient_id", "admission_date", "discharge_date", "hospital_id"),
        when=_repeats(_HOSPITAL, _PATIENT, ADMITTED, DISCHARGED)
        & _PATIENT.is_not_null()
        & ADMITTED.is_not_null()
        & DISCHARGED.is_not_null(),
        optional=("hospital_id",),
        across=True,
        message=Sentence("an earlier row has the same patient, admission and discharge"),
        fix=Sentence("Keep one of the rows: the same stay would be paid twice"),
        source=CLAIM,
    ),
    Rule(
        id="stays-overlap",
        fields=("admission_date", "patient_id", "discharge_date"),
        when=_overlaps(),
        across=True,
        message=Sentence("the patient is admitted before the discharge from another stay"),
        fix=Sentence("Correct the dates, or the patient_id if these are two patients"),
    ),
)
