"""What a planted error does to the record of a case, kind by kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from drg.categories import Severity
from drg.columns import ALL, Kind
from drg.errors import InputError, did_you_mean
from drg.grouping import Grouper
from drg.grouping.outcomes import GROUPED
from drg.records.ages import by_dates
from drg.words import Joined, Sentence

# Columns beside those of the case: the row it comes from, which attempt at it, whether it is a new row or
# of a new patient, and the group before.
ORIGIN: Final = "__origin"
ATTEMPT: Final = "__attempt"
NEW_CASE: Final = "__new_case"
NEW_PATIENT: Final = "__new_patient"
BEFORE: Final = ("adrg", "drg", "severity", "grouping_status")
BESIDE: Final = (ORIGIN, ATTEMPT, NEW_CASE, NEW_PATIENT)

_LEAST_DAYS: Final = 4  # of a stay that is split
_LONGEST_GAP_DAYS: Final = 15
_DAYS_OFF: Final = 7  # of a copy, at most
_DONORS: Final = 4  # complications that are tried for a case

_AT: Final = "__at"
_DAYS: Final = "__days"
_OTHERS: Final = pl.col("other_diagnoses")
_PROCEDURES: Final = pl.col("other_procedures")
_ADMITTED: Final = pl.col("admission_date")
_DISCHARGED: Final = pl.col("discharge_date")
_HOURS: Final = ("icu_hours", "ventilator_hours")
_IN_CARE: Final = (pl.max_horizontal(pl.lit(0.0), *_HOURS) / 24).ceil().cast(pl.Int64)
_NONE: Final = pl.lit([], pl.List(pl.String))
_STAYED: Final = (_DISCHARGED.dt.date() - _ADMITTED.dt.date()).dt.total_days()

Drawn = np.random.Generator


class Ground(NamedTuple):
    """What errors are drawn from.

    Attributes:
        grouper: the version.
        rows: all cases with their groups, and ``ORIGIN``.
    """

    grouper: Grouper
    rows: pl.DataFrame


class ErrorKind(NamedTuple):
    """One kind of error.

    Attributes:
        name: of the kind.
        needs: the columns without which it cannot be planted.
        eligible: of grouped cases, to which it can be done.
        attempts: the rows that would stand for each of some cases, with ``BESIDE`` and the groups before as
            ``before_…``. Of a case there may be several attempts, and an attempt may have several rows.
        succeeds: of the rows of an attempt, grouped anew; all of them must.
    """

    name: str
    needs: tuple[str, ...]
    eligible: pl.Expr
    attempts: Callable[[Ground, pl.DataFrame, Drawn], pl.DataFrame]
    succeeds: pl.Expr


@dataclass(frozen=True)
class Planting:
    """Errors of one kind in a share of the cases.

    Attributes:
        kind: a name of ``KINDS``.
        share: of the eligible cases, more than 0 and at most 1.
        hospital_id: in this hospital alone. Upcoding is of one hospital: one is drawn if none is named.

    Raises:
        InputError: for a kind or a share that cannot be.
    """

    kind: str
    share: float
    hospital_id: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            problem = Sentence("there is no kind of error {kind!r}", kind=self.kind)
            every = Sentence("Give one of: {forms}", forms=", ".join(KINDS))
            raise InputError(problem, fix=Joined(" ", (did_you_mean(self.kind, KINDS), every)))
        if not 0 < self.share <= 1:
            problem = Sentence("the share of {kind} is {share:g}", kind=self.kind, share=self.share)
            raise InputError(problem, fix=Sentence("Give a share above 0 and up to 1"))

    @classmethod
    def parse(cls, text: str) -> Planting:
        """What a text asks for: ``missing_cc=0.02``, or ``upcoding=H003:0.3`` in one hospital.

        Raises:
            InputError: for a text of another form, a kind or a share that cannot be.
        """
        kind, _, value = text.partition("=")
        hospital, _, share = value.rpartition(":")
        try:
            number = float(share)
        except ValueError:
            problem = Sentence("{text!r} is no kind of error with its share", text=text)
            fix = Sentence("Write kind=share or kind=hospital:share, as missing-cc=0.02, upcoding=H003:0.3")
            raise InputError(problem, fix=fix) from None
        return cls(kind.strip().replace("-", "_"), number, hospital.strip() or None)


def _shuffled(rows: pl.DataFrame, rng: Drawn) -> pl.DataFrame:
    """Each row an attempt of its own, in any order."""
    found = rows[rng.permutation(rows.height)]
    return _marked(found.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ATTEMPT)))


def _marked(rows: pl.DataFrame, *, new_case: bool = False, new_patient: bool = False) -> pl.DataFrame:
    return rows.with_columns(pl.lit(new_case).alias(NEW_CASE), pl.lit(new_patient).alias(NEW_PATIENT))


def _by_other_diagnosis(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each other diagnosis of each case, with its place in the list."""
    return rows.with_columns(pl.int_ranges(_OTHERS.list.len()).alias(_AT)).explode(_AT)


def _with_other(one: list[pl.Expr]) -> pl.Expr:
    """The other diagnoses with something else at a place."""
    return pl.concat_list(_OTHERS.list.head(pl.col(_AT)), *one, _OTHERS.list.slice(pl.col(_AT) + 1))


def _missing_cc(_: Ground, rows: pl.DataFrame, rng: Drawn) -> pl.DataFrame:
    fewer = _by_other_diagnosis(rows).with_columns(_with_other([]).alias("other_diagnoses"))
    return _shuffled(fewer.drop(_AT), rng)


def _swapped_principal(_: Ground, rows: pl.DataFrame, rng: Drawn) -> pl.DataFrame:
    swapped = _by_other_diagnosis(rows).with_columns(
        _OTHERS.list.get(pl.col(_AT)).alias("principal_diagnosis"),
        _with_other([pl.col("principal_diagnosis")]).alias("other_diagnoses"),
    )
    return _shuffled(swapped.drop(_AT), rng)


def _upcoding(ground: Ground, rows: pl.DataFrame, rng: Drawn) -> pl.DataFrame:
    """A complication that another case of the ADRG has: it suits organ, sex and mostly age."""
    codes = _complications(ground).sort("adrg", maintain_order=True)
    known = codes.with_row_index("first").group_by("adrg").agg(pl.col("first").min(), pl.len().alias("count"))
    tried = rows.join(known.rename({"adrg": "before_adrg"}), on="before_adrg", maintain_order="left")
    tried = pl.concat([tried] * _DONORS)
    place = tried["first"] + (pl.Series(rng.random(tried.height)) * tried["count"]).cast(pl.UInt32)
    added = tried.with_columns(codes["code"].gather(place).alias("code")).drop("first", "count")
    added = added.filter(
        ~_OTHERS.list.contains(pl.col("code")).fill_null(False),
        pl.col("code") != pl.col("principal_diagnosis"),
    )
    longer = pl.concat_list(_OTHERS.fill_null([]), "code").alias("other_diagnoses")
    return _shuffled(added.with_columns(longer).drop("code"), rng)


def _complications(ground: Ground) -> pl.DataFrame:
    """ADRG and code of each complication of the cases that have one which counts."""
    ill = ground.rows.filter(_grouped(), pl.col("severity") != Severity.NONE)
    found = ill.select("adrg", code=_OTHERS).explode("code").drop_nulls()
    level = ground.grouper.program.arrays.complication_level
    return found.filter(pl.Series(level[ground.grouper.program.diagnoses.encode(found["code"])] > 0))


def _split(rows: pl.DataFrame, rng: Drawn, *, procedures: bool) -> pl.DataFrame:
    """One stay as two within its days: money by days, procedures in the first or parted between both."""
    size = rows.height
    days = rows.select(_STAYED).to_series().to_numpy()
    # Intensive care and ventilation stay in the first part.
    first = np.maximum(1, rows.select(_IN_CARE).to_series().to_numpy())
    first += np.floor(rng.random(size) * (days - first - 1)).astype(np.int64)
    gap = np.minimum(rng.integers(0, _LONGEST_GAP_DAYS + 1, size), days - first - 1)
    drawn = {
        "__first": first,
        "__back": first + gap,
        "__share": first / (days - gap),
        "__left": rng.integers(8 * 60, 11 * 60, size),
        "__came": rng.integers(11 * 60, 19 * 60, size),
        "__kept": rng.random(size),
    }
    parts = rows.with_columns(pl.Series(name, values) for name, values in drawn.items())
    parts = parts.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ATTEMPT))
    begin = _ADMITTED.dt.truncate("1d")
    kept = (_OTHERS.list.len() * pl.col("__kept")).cast(pl.Int64)
    money = [name for name in rows.columns if name in ALL and ALL[name].kind is Kind.MONEY]
    one = {
        "discharge_date": begin + pl.duration(days="__first", minutes="__left"),
        "other_diagnoses": _OTHERS.list.head(kept),
        "los_days": pl.col("__first"),
        "disposition": pl.lit("1"),
        **{name: _divided(name) for name in money},
    }
    two = {
        "admission_date": begin + pl.duration(days="__back", minutes="__came"),
        "other_diagnoses": _OTHERS.list.slice(kept),
        "los_days": _STAYED - pl.col("__back"),
        "principal_procedure": _PROCEDURES.list.first() if procedures else pl.lit(None),
        "other_procedures": _PROCEDURES.list.slice(1) if procedures else _NONE,
        **{name: pl.when(pl.col(name).is_not_null()).then(0) for name in _HOURS},
        **{name: pl.col(name) - _divided(name) for name in money},
    }
    one |= {"other_procedures": _NONE} if procedures else {}
    second = _with_age(_typed(parts, two))
    return pl.concat([_marked(_typed(parts, one)), _marked(second, new_case=True)]).drop(drawn)


def _divided(name: str) -> pl.Expr:
    """The part of an amount that falls to the first stay, in whole fen."""
    fen = pl.col(name).cast(pl.Float64) * 100 * pl.col("__share")
    return (fen.round().cast(pl.Int64).cast(pl.Decimal(18, 2)) / 100).cast(ALL[name].dtype)


def _cloned(ground: Ground, rows: pl.DataFrame, rng: Drawn) -> pl.DataFrame:
    """The record under another patient, some days off; the date of birth moves along, and the age stays."""
    off = rng.integers(1, _DAYS_OFF + 1, rows.height) * rng.choice([-1, 1], rows.height)
    day = _DISCHARGED.dt.date()
    first, last = ground.rows.select(day.min().alias("first"), day.max().alias("last")).row(0)
    moved = day + pl.duration(days=_DAYS)
    within = rows.with_columns(pl.Series(_DAYS, off)).with_columns(
        pl.when(moved.is_between(first, last)).then(_DAYS).otherwise(-pl.col(_DAYS)).alias(_DAYS)
    )
    dates = ("birth_date", "admission_date", "discharge_date")
    copies = _typed(within, {name: pl.col(name) + pl.duration(days=_DAYS) for name in dates}).drop(_DAYS)
    copies = copies.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ATTEMPT))
    return _marked(_with_age(copies), new_case=True, new_patient=True)


def _with_age(rows: pl.DataFrame) -> pl.DataFrame:
    """Years by the dates, where a birthday has come between."""
    if not {"age_years", "birth_date"} <= set(rows.columns):
        return rows
    found = by_dates("age_years", rows["age_years"], rows["birth_date"], rows["admission_date"])
    return rows.with_columns(pl.coalesce(found, "age_years").alias("age_years"))


def _typed(rows: pl.DataFrame, values: dict[str, pl.Expr]) -> pl.DataFrame:
    """Columns with other values of the same types."""
    return rows.with_columns(
        value.cast(rows.schema[name]).alias(name) for name, value in values.items() if name in rows.columns
    )


def _grouped() -> pl.Expr:
    return pl.col("grouping_status") == GROUPED


_COUNTS: Final = pl.col("severity").to_physical()
_COUNTED: Final = pl.col("before_severity").to_physical()
_OTHER_DRG: Final = pl.col("drg") != pl.col("before_drg")
_SAME_ADRG: Final = pl.col("adrg") == pl.col("before_adrg")
_HAS_OTHERS: Final = _OTHERS.list.len() > 0
_AFTER_INFANCY: Final = pl.col("age_years").fill_null(1) >= 1
_STAY: Final = ("patient_id", "admission_date", "discharge_date")
_CODES: Final = ("principal_diagnosis", "other_diagnoses")


def _can_be_split() -> pl.Expr:
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in _STAY)
    return known & _AFTER_INFANCY & (_STAYED >= _LEAST_DAYS) & (_IN_CARE <= _STAYED - 2)


_SPLIT_NEEDS: Final = (*_STAY, *_CODES, "principal_procedure", "other_procedures", "age_years", *_HOURS)
KINDS: Final = {
    kind.name: kind
    for kind in (
        ErrorKind(
            "missing_cc",
            _CODES,
            (pl.col("severity") != Severity.NONE) & _HAS_OTHERS,
            _missing_cc,
            _SAME_ADRG & _OTHER_DRG & (_COUNTS < _COUNTED),
        ),
        ErrorKind("swapped_principal", _CODES, _HAS_OTHERS, _swapped_principal, _OTHER_DRG),
        ErrorKind(
            "upcoding",
            (*_CODES, "hospital_id"),
            pl.lit(True),
            _upcoding,
            _SAME_ADRG & _OTHER_DRG & (_COUNTS > _COUNTED),
        ),
        ErrorKind(
            "split_stays",
            _SPLIT_NEEDS,
            _can_be_split(),
            lambda _, rows, rng: _split(rows, rng, procedures=False),
            pl.lit(True),
        ),
        ErrorKind(
            "split_procedures",
            _SPLIT_NEEDS,
            _can_be_split() & (_PROCEDURES.list.len() > 0),
            lambda _, rows, rng: _split(rows, rng, procedures=True),
            pl.lit(True),
        ),
        ErrorKind(
            "cloned_records",
            (*_CODES, *_STAY),
            pl.all_horizontal(pl.col(name).is_not_null() for name in _STAY),
            _cloned,
            pl.lit(True),
        ),
    )
}
