"""Which case of the bureau is which of ours: by its id, then by patient and dates; never by a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from drg.analysis.reconciliation.sides import BUREAU, OURS, PLACE, Side

BY_ID: Final = "case_id"
BY_ID_AND_HOSPITAL: Final = "case_id_and_hospital"
BY_ID_AND_DAYS: Final = "case_id_and_dates"
BY_ID_WITHOUT_ZEROS: Final = "case_id_without_leading_zeros"
BY_PATIENT_AND_DAYS: Final = "patient_and_dates"
WAYS: Final = (BY_ID, BY_ID_AND_HOSPITAL, BY_ID_AND_DAYS, BY_ID_WITHOUT_ZEROS, BY_PATIENT_AND_DAYS)

_ID: Final = "id"
_DAYS: Final = ("admission", "discharge")
_MINE: Final = f"{OURS}{PLACE}"
_THEIRS: Final = f"{BUREAU}{PLACE}"


@dataclass(frozen=True)
class Matches:
    """What belongs together.

    Attributes:
        pairs: the rows of both sides, and by what they were matched.
        ours_in_doubt, bureau_in_doubt: rows that could belong to several of the other side, or to one whose
            dates are others.
        ids: the columns of ours and of the bureau by which ids were compared; None without any.
    """

    pairs: pl.DataFrame
    ours_in_doubt: pl.Series
    bureau_in_doubt: pl.Series
    ids: tuple[str, str] | None


def matched(ours: Side, bureau: Side) -> Matches:
    """Match the cases of two sides, each at most once."""
    ids = _best_ids(ours.frame, bureau.frame)
    left = _keys(ours.frame, None if ids is None else ids[0])
    right = _keys(bureau.frame, None if ids is None else ids[1])
    ways = _ways(left, right)
    found = [pl.DataFrame(schema={_MINE: pl.UInt32, _THEIRS: pl.UInt32, "matched_by": pl.String})]
    for way, keys in ways:
        both = _one_to_one(left, right, keys)
        found.append(both.select(_MINE, _THEIRS, matched_by=pl.lit(way)))
        left = left.filter(~pl.col(PLACE).is_in(both[_MINE].implode()))
        right = right.filter(~pl.col(PLACE).is_in(both[_THEIRS].implode()))
    doubts = [
        pl.concat([one.join(other.drop_nulls(keys), on=keys, how="semi")[PLACE] for _, keys in ways])
        for one, other in ((left, right), (right, left))
    ]
    named = None if ids is None else (ids[0].removeprefix("id:"), ids[1].removeprefix("id:"))
    return Matches(pl.concat(found), doubts[0].unique(), doubts[1].unique(), named)


def _best_ids(ours: pl.DataFrame, bureau: pl.DataFrame) -> tuple[str, str] | None:
    """The columns with ids that have most in common; the first of those that have as much."""
    best, most = None, 0
    for mine in (name for name in ours.columns if name.startswith("id:")):
        for theirs in (name for name in bureau.columns if name.startswith("id:")):
            common = _once(ours[mine]).join(_once(bureau[theirs]), on=_ID).height
            if common > most:
                best, most = (mine, theirs), common
    return best


def _once(values: pl.Series) -> pl.DataFrame:
    """Values that are there; those that come several times count once."""
    return values.drop_nulls().unique().alias(_ID).to_frame()


def _keys(frame: pl.DataFrame, ids: str | None) -> pl.DataFrame:
    """What cases are matched by; what a side does not have is empty."""

    def column(name: str) -> pl.Expr:
        return pl.col(name) if name in frame.columns else pl.lit(None, pl.String)

    id_ = pl.lit(None, pl.String) if ids is None else pl.col(ids)
    days = [
        (pl.col(name).dt.date() if name in frame.columns else pl.lit(None, pl.Date)).alias(day)
        for day, name in zip(_DAYS, ("admission_date", "discharge_date"), strict=True)
    ]
    return frame.select(
        PLACE,
        id_.alias(_ID),
        id_.str.strip_chars_start("0").replace("", None).alias("bare"),
        column("hospital_id").alias("hospital"),
        column("patient_id").alias("patient"),
        *days,
    )


def _ways(left: pl.DataFrame, right: pl.DataFrame) -> list[tuple[str, list[str]]]:
    """By which columns cases are matched, one way after the other."""

    def both(name: str) -> bool:
        return left[name].null_count() < left.height and right[name].null_count() < right.height

    days = [day for day in _DAYS if both(day)]
    ways = [(BY_ID, [_ID])]
    ways += [(BY_ID_AND_HOSPITAL, [_ID, "hospital"])] if both("hospital") else []
    ways += [(BY_ID_AND_DAYS, [_ID, *days])] if days else []
    ways += [(BY_ID_WITHOUT_ZEROS, ["bare"])]
    ways += [(BY_PATIENT_AND_DAYS, ["patient", *days])] if days else []
    return ways


def _one_to_one(left: pl.DataFrame, right: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Rows whose key is there once on either side, and whose days do not both contradict."""
    ours, bureau = (
        side.drop_nulls(keys).filter(pl.len().over(keys) == 1).rename({PLACE: name})
        for side, name in ((left, _MINE), (right, _THEIRS))
    )
    once = ours.join(bureau, on=keys, suffix="_right")
    if any(day in keys for day in _DAYS):
        return once
    others = pl.all_horizontal(pl.col(day) != pl.col(f"{day}_right") for day in _DAYS)
    return once.filter(~others.fill_null(value=False))
