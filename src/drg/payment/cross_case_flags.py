"""What can only be seen of a case beside the others: a readmission that follows, a place among the dearest.

Both need whole columns at once; they are the only part of pricing whose memory grows with the file.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.grouping.outcomes import GROUPED
from drg.payment.formulas import HIGHEST_COST_FEN
from drg.payment.money import fen
from drg.payment.scheme import Extreme, Readmission

READMITTED: Final = "__readmitted"
EXTREME: Final = "__extreme"

_STAY: Final = ("hospital_id", "patient_id", "drg")
_DATES: Final = ("admission_date", "discharge_date")
# Without one of these it is not known whether a stay is followed by a readmission, or is one.
STAYS: Final = ("hospital_id", "patient_id", *_DATES)


def reads(rule: Readmission) -> tuple[str, ...]:
    """The columns by which readmissions are found."""
    return (*_STAY, *_DATES, *(["adrg"] if rule.except_adrg else []))


def not_judged(cases: pl.DataFrame, rule: Readmission) -> npt.NDArray[np.bool_]:
    """Which stays lack what tells them from a readmission, or from a stay that is followed by one."""
    found = pl.Series([False]).new_from_index(0, cases.height)
    for name in STAYS:
        found |= cases[name].is_null() if name in cases.columns else True
    if rule.pays == "one_stay" and all(name in cases.columns for name in _DATES):
        found |= ends_before_it_begins(cases)
    if rule.except_adrg and "adrg" in cases.columns:
        found &= ~cases["adrg"].is_in(rule.except_adrg).fill_null(False)
    return found.to_numpy(writable=True)


def ends_before_it_begins(cases: pl.DataFrame) -> pl.Series:
    """Which stays have dates that cannot be."""
    came, left = (cases[name].cast(pl.Date) for name in _DATES)
    return (left < came).fill_null(False)


def readmitted(cases: pl.DataFrame, rule: Readmission) -> pl.Series:
    """Which stays are followed by another one of the patient in the same hospital and group.

    A stay is followed by one that is admitted on the day of its discharge or at most ``days`` days later.

    Args:
        cases: hospital_id, patient_id, drg, admission_date, discharge_date; adrg if some are excepted.
        rule: of the scheme.
    """
    day = {name: cases[name].cast(pl.Date).to_physical().cast(pl.Int64) for name in _DATES}
    usable = pl.Series([True]).new_from_index(0, cases.height)
    for name in _STAY:
        usable &= cases[name].is_not_null()
    if rule.except_adrg:
        usable &= ~cases["adrg"].is_in(rule.except_adrg).fill_null(False)
    keys = cases.select(pl.struct(_STAY).rank("dense")).to_series().cast(pl.Int64)
    # One number for patient, group and day: admissions of one patient stand together in order of their days.
    known = [series.drop_nulls() for series in day.values()]
    first = min((int(series.min()) for series in known if len(series)), default=0)  # type: ignore[arg-type]
    last = max((int(series.max()) for series in known if len(series)), default=0)  # type: ignore[arg-type]
    span = last - first + rule.days + 2
    base = keys.fill_null(0).to_numpy() * span - first
    admitted = base + day["admission_date"].fill_null(first).to_numpy()
    left = base + day["discharge_date"].fill_null(first).to_numpy()
    came = (usable & day["admission_date"].is_not_null()).to_numpy()
    went = (usable & day["discharge_date"].is_not_null()).to_numpy()
    in_order = np.sort(admitted[came])
    until = np.searchsorted(in_order, left + rule.days, side="right")
    found = until - np.searchsorted(in_order, left, side="left")
    # The stay itself is no return, even if it began on the day on which it ended.
    found -= came & (admitted >= left) & (admitted <= left + rule.days)
    return pl.Series(went & (found > 0))


def extreme(cases: pl.DataFrame, rule: Extreme) -> pl.Series:
    """Which grouped cases are among the most expensive: by rank, ties that do not fit as a whole excluded.

    Args:
        cases: grouping_status, total_cost_yuan, drg.
        rule: of the scheme.
    """
    cost = fen(cases, "total_cost_yuan")
    ranked = (cases["grouping_status"] == GROUPED).fill_null(False).to_numpy()
    ranked &= (cost >= 0) & (cost <= HIGHEST_COST_FEN)
    share = Fraction(rule.top_share)
    costs = pl.DataFrame({"drg": cases["drg"], "cost": cost}).with_columns(ranked=pl.Series(ranked))
    dear = pl.when("ranked").then("cost")
    # Equal costs have the last of their places, so that all of them fit or none.
    place, count = dear.rank("max", descending=True), dear.count()
    if rule.within == "group":
        place, count = place.over("drg"), count.over("drg")
    most = count.cast(pl.Int64) * share.numerator // share.denominator
    return costs.select((place <= most).fill_null(False)).to_series()
