"""Discharges → the same with a change, and what it did to which case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.scenarios.change import CODING, LEVELS, ScenarioChange
from drg.errors import InputError
from drg.payment.formulas import half_up
from drg.payment.money import fen, yuan
from drg.records.binding import UNREAD
from drg.records.codes import comparable
from drg.words import Joined, Sentence

ROW: Final = "row"
COPY: Final = "copy"
GROUP: Final = "group"
LOG: Final = pl.Schema(
    {
        "change": pl.Int64(),
        ROW: pl.UInt32(),
        "case_id": pl.String(),
        COPY: pl.Int64(),
        "field": pl.String(),
        "before": pl.String(),
        "after": pl.String(),
    }
)
_OTHERS: Final = "other_diagnoses"
_FILTERS: Final = {"hospital_id": "hospital_id", "department": "department", "drg": GROUP}
# Columns of our own; none of a file is called so.
_ELIGIBLE: Final = "\ue000eligible"
_NTH: Final = "\ue000nth"
_AT: Final = "\ue000at"


Ints = npt.NDArray[np.int64]


class Changed(NamedTuple):
    """Discharges after a change.

    Attributes:
        cases: all of them, with ``row``, ``copy`` (0, or which copy it is) and ``group``.
        log: what became of which case, of the shape ``LOG`` without ``change``.
        selected, eligible, changed: cases that the change names, that it can change, and that it changed.
    """

    cases: pl.DataFrame
    log: pl.DataFrame
    selected: int
    eligible: int
    changed: int


def apply(
    cases: pl.DataFrame, change: ScenarioChange, levels: Mapping[str, str], rng: np.random.Generator
) -> Changed:
    """Make a change.

    Args:
        cases: canonical columns, with ``row``, ``copy`` and ``group``.
        change: the change.
        levels: the level of each complication, by its code.
        rng: by which the cases are drawn that a share means.

    Raises:
        InputError: no case has a value that the change names.
    """
    selected = _selected(cases, change)
    if change.volume is not None:
        return _volume(cases, Fraction(change.volume), selected, rng)
    after = _coded(cases, change, levels) if change.kind == CODING else _stayed(cases, change)
    eligible = selected & after[_ELIGIBLE]
    chosen = _some(eligible, half_up(Fraction(change.share) * int(eligible.sum())), rng)
    return _written(cases, after.drop(_ELIGIBLE), chosen, int(selected.sum()), int(eligible.sum()))


def _selected(cases: pl.DataFrame, change: ScenarioChange) -> pl.Series:
    found = pl.repeat(True, cases.height, dtype=pl.Boolean, eager=True)
    for field, column in _FILTERS.items():
        wanted: tuple[str, ...] = getattr(change, field)
        if not wanted:
            continue
        known = set(cases[column].unique())
        if unknown := [value for value in wanted if value not in known]:
            problem = Sentence("no case has {names} as its {field}", names=Joined(", ", unknown), field=field)
            raise InputError(problem, field=field, fix=Sentence("Write it as in the file"))
        found &= cases[column].is_in(wanted).fill_null(False)
    return found


def _some(among: pl.Series, count: int, rng: np.random.Generator) -> pl.Series:
    """So many of those that are true, drawn at random."""
    places = among.arg_true().to_numpy()
    chosen = np.zeros(len(among), dtype=np.bool_)
    chosen[rng.permutation(places)[:count]] = True
    return pl.Series(chosen)


def _volume(cases: pl.DataFrame, volume: Fraction, selected: pl.Series, rng: np.random.Generator) -> Changed:
    count = int(selected.sum())
    each, more = divmod(half_up(volume * count), count) if count else (0, 0)
    times = pl.Series(np.where(selected.to_numpy(), each, 1)) + _some(selected, more, rng).cast(pl.Int64)
    changed = selected & (times != 1)
    told = [pl.lit("cases").alias("field"), pl.lit("1").alias("before")]
    log = cases.select(*_names(cases), *told, times.cast(pl.String).alias("after")).filter(changed)
    nth = pl.col(_NTH)
    made = cases.with_columns(pl.int_ranges(times).alias(_NTH)).explode(_NTH, empty_as_null=False)
    numbered = pl.col(COPY).max().over(ROW) + (nth > 0).cum_sum().over(ROW)
    made = made.with_columns(pl.when(nth > 0).then(numbered).otherwise(COPY).alias(COPY))
    # A copy is another case of another patient: otherwise it would count as a readmission.
    suffix = pl.when(nth > 0).then(pl.format("-copy{}", COPY)).otherwise(pl.lit(""))
    ids = [name for name in ("case_id", "patient_id") if name in cases.columns]
    made = made.with_columns(pl.col(name).cast(pl.String) + suffix for name in ids)
    return Changed(made.drop(_NTH), log, count, count, int(changed.sum()))


def _names(cases: pl.DataFrame) -> list[pl.Expr]:
    case_id = pl.col("case_id").cast(pl.String) if "case_id" in cases.columns else pl.lit(None, pl.String)
    return [pl.col(ROW), case_id.alias("case_id"), pl.col(COPY)]


def _stayed(cases: pl.DataFrame, change: ScenarioChange) -> pl.DataFrame:
    """Days, discharge and cost of every case after the change, and whether it can be changed."""
    days = cases["los_days"].cast(pl.Float64)
    usable = ((days >= 0) & (days == days.floor())).fill_null(False)
    before = days.set(~usable, 0).fill_null(0).cast(pl.Int64).to_numpy()
    if change.stay_days is not None:
        after = before + change.stay_days
    else:
        factor = Fraction(change.stay_factor or 0)
        after = _half_up(before * factor.numerator, np.full(len(before), factor.denominator))
    # Who stayed a day or more stays one day at least.
    after = np.maximum(after, np.minimum(before, 1))
    columns = [usable.alias(_ELIGIBLE), pl.Series("los_days", after).cast(cases["los_days"].dtype)]
    if "discharge_date" in cases.columns:
        columns.append(cases["discharge_date"] + pl.Series(after - before) * timedelta(days=1))
    if change.cost == "scaled" and "total_cost_yuan" in cases.columns:
        cost = fen(cases, "total_cost_yuan")
        scaled = np.where(before > 0, _half_up(cost * after, np.maximum(before, 1)), cost)
        amounts = yuan(np.where(cost < 0, 0, scaled), cost < 0)
        columns.append(amounts.cast(cases["total_cost_yuan"].dtype).alias("total_cost_yuan"))
    return pl.DataFrame(columns)


def _half_up(numbers: Ints, divisors: Ints) -> Ints:
    return np.asarray((2 * numbers + divisors) // (2 * divisors))


def _coded(cases: pl.DataFrame, change: ScenarioChange, levels: Mapping[str, str]) -> pl.DataFrame:
    """The other diagnoses of every case after the change, and whether it can be changed."""
    listed = cases.select(ROW, COPY, _OTHERS).with_row_index(_AT).explode(_OTHERS, empty_as_null=False)
    codes = comparable(listed[_OTHERS])
    removed = comparable(pl.Series([code for code in change.remove if code not in LEVELS], dtype=pl.String))
    goes = codes.is_in(removed.implode())
    level = codes.replace_strict(list(levels), list(levels.values()), default=None, return_dtype=pl.String)
    goes |= level.is_in([one for one in change.remove if one in LEVELS]).fill_null(False)
    goes = goes.fill_null(False)
    kept = listed.filter(~goes).group_by(_AT, maintain_order=True).agg(_OTHERS)
    every = pl.DataFrame({_AT: pl.int_range(cases.height, dtype=pl.UInt32, eager=True)})
    lists = every.join(kept, on=_AT, how="left", maintain_order="left")[_OTHERS].fill_null([])
    has = listed.filter(goes)[_AT].unique()
    eligible = every[_AT].is_in(has.implode()) if change.remove else pl.repeat(True, cases.height, eager=True)
    added = pl.Series(change.add, dtype=pl.String)
    lacking = pl.repeat(False, cases.height, dtype=pl.Boolean, eager=True)
    present, principal = comparable(lists), comparable(cases["principal_diagnosis"])
    for own, code in zip(change.add, comparable(added), strict=True):
        lacks = ~(present.list.contains(code) | (principal == code).fill_null(False))
        lacking |= lacks
        more = pl.select(
            pl.when(lacks).then(pl.lit([own])).otherwise(pl.lit([], pl.List(pl.String)))
        ).to_series()
        lists = lists.list.concat(more)
    if not change.remove:
        eligible = lacking
    return pl.DataFrame([eligible.alias(_ELIGIBLE), lists.alias(_OTHERS)])


def _written(
    cases: pl.DataFrame, after: pl.DataFrame, chosen: pl.Series, selected: int, eligible: int
) -> Changed:
    """The cases with what was changed of those that were chosen."""
    made, logs = cases, []
    for name in after.columns:
        new = after[name].zip_with(chosen, cases[name])
        differs = chosen & new.ne_missing(cases[name])
        before, now = _said(cases[name]).alias("before"), _said(new).alias("after")
        logs.append(cases.select(*_names(cases), pl.lit(name).alias("field"), before, now).filter(differs))
        made = made.with_columns(new)
        # What could not be read of it no longer stands beside it.
        if (unread := f"{name}{UNREAD}") in made.columns:
            made = made.with_columns(pl.when(~differs).then(unread).alias(unread))
    log = pl.concat(logs).sort(ROW, COPY, maintain_order=True)
    return Changed(made, log, selected, eligible, log.select(ROW, COPY).n_unique())


def _said(values: pl.Series) -> pl.Series:
    """As a text; codes with | between them."""
    if isinstance(values.dtype, pl.List):
        return values.list.join("|")
    return values.cast(pl.String).str.strip_suffix(".0" if values.dtype.is_float() else "")
