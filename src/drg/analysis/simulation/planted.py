"""Known errors in discharges, each with its label: what an audit must find, and what it may not call one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation.planting import (
    ATTEMPT,
    BEFORE,
    BESIDE,
    KINDS,
    NEW_CASE,
    NEW_PATIENT,
    ORIGIN,
    Ground,
    Planting,
)
from drg.columns import ALL, OUTPUT, PRICE
from drg.errors import InputError, MissingColumnError
from drg.grouping import Grouper
from drg.grouping.outcomes import GROUPED
from drg.records.short_table import ShortTable
from drg.words import Sentence

__all__ = ["PlantedErrors", "Planting", "plant_errors"]

COUNTS: Final = pl.Schema(
    {
        "kind": pl.String(),
        "hospital_id": pl.String(),
        "share": pl.Float64(),
        "eligible": pl.Int64(),
        "asked": pl.Int64(),
        "planted": pl.Int64(),
    }
)
# What a label tells of a case before and after.
_TOLD: Final = (
    *("patient_id", "principal_diagnosis", "other_diagnoses", "principal_procedure", "other_procedures"),
    *("admission_date", "discharge_date", "total_cost_yuan"),
)
_AT_ONCE: Final = 1_000  # at least so many cases are tried together
_KIND: Final = "__kind"
_TAIL: Final = r"^(.*?)(\d*)$"


@dataclass(frozen=True, repr=False)
class PlantedErrors(ShortTable):
    """Discharges with known errors; ``docs/simulation.md`` has the kinds.

    Attributes:
        cases: the columns of the cases that were given. A row without an error is as it was. Rows that were
            in the order of their days of discharge are so again, new ones last of their day; else a new
            row stands behind the one that it comes from.
        labels: one row for each row with an error: ``kind``, ``case_id``, ``original_case_id``,
            ``hospital_id``, and of group, weight, codes, dates and cost what was (``…_before``) and what is
            (``…_after``), as far as they are known. A case has one error at most.
        counts: one row for each planting: ``kind``, ``hospital_id``, ``share``, ``eligible`` cases,
            ``asked`` (share × eligible) and ``planted`` errors: fewer than asked where no more succeeded.
    """

    cases: pl.DataFrame
    labels: pl.DataFrame
    counts: pl.DataFrame

    def _short(self) -> tuple[str, pl.DataFrame]:
        return f"PlantedErrors: {self.counts['planted'].sum():,} errors", self.counts


def plant_errors(
    cases: pl.DataFrame,
    grouper: str | Path | Grouper,
    plantings: Iterable[str | Planting],
    *,
    seed: int = 0,
    weights: pl.DataFrame | None = None,
) -> PlantedErrors:
    """Plant known errors (植入差错) into discharges.

    Args:
        cases: discharges in canonical columns and types, not grouped yet: what ``simulate`` or
            ``drg.read(…).frame()`` gives. Each has a ``case_id`` of its own.
        grouper: the id of an installed version, the directory of one, or a Grouper; every error is grouped.
        plantings: one after another, such as ``"missing_cc=0.02"`` or ``"upcoding=H003:0.3"``.
        seed: another one plants other errors.
        weights: ``drg`` and ``relative_weight``, as ``true_weights`` gives them; else labels have none.

    Raises:
        InputError: for a kind, a share, a hospital or cases that cannot be; MissingColumnError if a kind
            needs a column that is not there.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    asked = [one if isinstance(one, Planting) else Planting.parse(one) for one in plantings]
    of_hospitals = {"hospital_id" for one in asked if one.hospital_id is not None}
    _check_cases(cases, of_hospitals.union(*(KINDS[one.kind].needs for one in asked)))
    version = grouper if isinstance(grouper, Grouper) else Grouper(grouper)
    rows = _with_groups(version, cases).with_row_index(ORIGIN)
    ground = Ground(version, rows)
    taken = np.zeros(rows.height, dtype=np.bool_)
    counts, planted = [], [_nothing(ground)]
    for number, planting in enumerate(asked):
        found, count = _planted(ground, planting, taken, np.random.default_rng([seed, number]))
        taken[found[ORIGIN].to_numpy()] = True
        planted.append(found.with_columns(pl.lit(planting.kind).alias(_KIND)))
        counts.append(count)
    changed = _numbered(cases, pl.concat(planted, how="diagonal"))
    labels = _labels(rows, changed, weights)
    return PlantedErrors(_together(cases, changed), labels, pl.DataFrame(counts, COUNTS, orient="row"))


def _check_cases(cases: pl.DataFrame, needed: Collection[str]) -> None:
    missing = sorted({"case_id", "principal_diagnosis", *needed} - set(cases.columns))
    if missing:
        raise MissingColumnError(Sentence("columns are missing: {names}", names=", ".join(missing)))
    results = [name for name in cases.columns if name in OUTPUT or name in PRICE]
    if results:
        problem = Sentence("the cases have been grouped already: {names}", names=", ".join(results))
        raise InputError(problem, fix=Sentence("Plant errors into discharges, and group them afterwards"))
    for name, dtype in cases.schema.items():
        # Days may be whole numbers where the registry allows for fractions.
        if name in ALL and dtype != ALL[name].dtype and not (dtype.is_numeric() and name == "los_days"):
            problem = Sentence("{name} is of type {dtype}", name=name, dtype=str(dtype))
            fix = Sentence("Give the frame that drg.simulate or drg.read(…).frame() gives")
            raise InputError(problem, field=name, fix=fix)
    if cases["case_id"].null_count() or cases["case_id"].n_unique() < cases.height:
        problem = Sentence("some cases have no case_id of their own")
        raise InputError(problem, field="case_id", fix=Sentence("Give each case its own case_id"))


def _with_groups(version: Grouper, cases: pl.DataFrame) -> pl.DataFrame:
    return version.group_batch(cases).select(*cases.columns, *BEFORE)


def _nothing(ground: Ground) -> pl.DataFrame:
    """No planted rows, with all their columns."""
    marks = {ATTEMPT: pl.UInt32, NEW_CASE: pl.Boolean, NEW_PATIENT: pl.Boolean, _KIND: pl.String}
    return ground.rows.clear().with_columns(pl.lit(None, dtype).alias(name) for name, dtype in marks.items())


def _planted(
    ground: Ground, planting: Planting, taken: npt.NDArray[np.bool_], rng: np.random.Generator
) -> tuple[pl.DataFrame, tuple[object, ...]]:
    """The rows of a planting, and its row of the counts."""
    kind = KINDS[planting.kind]
    eligible = ground.rows.filter(pl.col("grouping_status") == GROUPED, kind.eligible)
    hospital = planting.hospital_id
    if hospital is not None and ground.rows.filter(pl.col("hospital_id") == hospital).is_empty():
        problem = Sentence("there is no case of the hospital {hospital}", hospital=hospital)
        raise InputError(problem, field="hospital_id", fix=Sentence("Give a hospital_id of the cases"))
    if hospital is None and planting.kind == "upcoding":
        # Of a case drawn at random: a hospital with few cases shows nothing.
        known = eligible["hospital_id"].drop_nulls()
        hospital = known[int(rng.integers(len(known)))] if len(known) else None
    if hospital is not None:
        eligible = eligible.filter(pl.col("hospital_id") == hospital)
    asked = round(planting.share * eligible.height)
    free = eligible[ORIGIN].to_numpy()
    order = rng.permutation(free[~taken[free]])
    found: list[pl.DataFrame] = []
    planted = begin = 0
    while planted < asked and begin < len(order):
        part = order[begin : begin + max(2 * (asked - planted), _AT_ONCE)]
        begin += len(part)
        good = _tried(ground, planting.kind, part, asked - planted, rng)
        planted += good[ORIGIN].n_unique()
        found.append(good)
    rows = pl.concat(found) if found else _nothing(ground)
    return rows, (planting.kind, hospital, planting.share, eligible.height, asked, planted)


def _tried(
    ground: Ground, kind: str, origins: npt.NDArray[np.uint32], most: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Of these cases the first that an attempt succeeds with, as the rows of the first such attempt."""
    before = {name: f"before_{name}" for name in BEFORE}
    attempts = KINDS[kind].attempts(ground, ground.rows[origins].rename(before), rng)
    columns = [name for name in ground.rows.columns if name not in (ORIGIN, *BEFORE)]
    tried = _with_groups(ground.grouper, attempts.select(columns))
    tried = tried.hstack(attempts.select(*BESIDE, *before.values()))
    succeeded = (KINDS[kind].succeeds & (pl.col("grouping_status") == GROUPED)).fill_null(False)
    good = tried.filter(succeeded.all().over(ATTEMPT))
    good = good.filter(pl.col(ATTEMPT) == pl.col(ATTEMPT).first().over(ORIGIN)).drop(before.values())
    places = pl.DataFrame({ORIGIN: origins}).with_row_index("place")
    chosen = places.join(good.select(pl.col(ORIGIN).unique()), on=ORIGIN, how="semi").sort("place").head(most)
    ordered = good.join(chosen, on=ORIGIN).sort("place", NEW_CASE).drop("place")
    return ordered.select(*ground.rows.columns, ATTEMPT, NEW_CASE, NEW_PATIENT)


def _numbered(cases: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """New cases and patients with identifiers that go on from the last."""
    rows = rows.with_columns(pl.col("case_id").alias("original_case_id"))
    for name, mark in (("case_id", NEW_CASE), ("patient_id", NEW_PATIENT)):
        places = rows[mark].arg_true()
        if len(places):
            rows = rows.with_columns(rows[name].scatter(places, _next(cases[name].drop_nulls(), len(places))))
    return rows


def _next(known: pl.Series, count: int) -> list[str]:
    """So many identifiers after the last of those that are known."""
    length = known.str.len_chars()
    last = known.filter(length == length.max()).max()
    parts = pl.Series([last]).str.extract_groups(_TAIL)[0]
    head, digits = parts["1"] or "", parts["2"] or ""
    first = int(digits or 0) + 1
    return [f"{head}{number:0{len(digits)}}" for number in range(first, first + count)]


def _together(cases: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    place = pl.col(ORIGIN)
    replaced = changed.filter(~pl.col(NEW_CASE))[ORIGIN]
    kept = cases.with_row_index(ORIGIN).filter(~place.is_in(replaced.implode()))
    rows = pl.concat(
        [
            kept.with_columns(pl.lit(False).alias(NEW_CASE)),
            changed.select(ORIGIN, *cases.columns, NEW_CASE),
        ]
    )
    by: list[pl.Expr | str] = [ORIGIN, NEW_CASE]
    if "discharge_date" in cases.columns and cases["discharge_date"].dt.date().is_sorted():
        by = [pl.col("discharge_date").dt.date(), NEW_CASE, ORIGIN]
    return rows.sort(by, maintain_order=True).select(cases.columns)


def _labels(rows: pl.DataFrame, changed: pl.DataFrame, weights: pl.DataFrame | None) -> pl.DataFrame:
    told = ["drg", "relative_weight", *(name for name in _TOLD if name in rows.columns)]
    if weights is None:
        weights = pl.DataFrame(schema={"drg": pl.String, "relative_weight": pl.Float64})
    weights = weights.select("drg", "relative_weight")
    before, after = (
        frame.join(weights, on="drg", how="left", maintain_order="left")
        for frame in (rows[changed[ORIGIN]], changed)
    )
    whose = ["hospital_id"] if "hospital_id" in rows.columns else []
    pairs = [
        values[name].alias(f"{name}_{when}")
        for name in told
        for values, when in ((before, "before"), (after, "after"))
    ]
    return after.select(pl.col(_KIND).alias("kind"), "case_id", "original_case_id", *whose).with_columns(
        pairs
    )
