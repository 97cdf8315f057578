"""A plan → discharges that meet it, drawn from the codes of the version."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation.clinic import FEMALE, MALE, patients, popularity
from drg.analysis.simulation.plans import (
    OTHER_DIAGNOSES,
    OTHER_PROCEDURES,
    PRINCIPAL_DIAGNOSIS,
    PRINCIPAL_PROCEDURE,
    Plan,
    Sets,
)
from drg.columns import INPUT_COLUMNS, Kind
from drg.grouping import Grouper
from drg.grouping import opcodes as op
from drg.grouping.outcomes import is_ambiguous
from drg.tables.language import COMPLICATION_SETS, Expression, Member, atoms, parse

# The number columns that rules can read, in the order of every array of numbers here.
NUMBERS: Final = tuple(column.name for column in INPUT_COLUMNS if column.kind is Kind.NUMBER)
SEX, AGE_YEARS, AGE_DAYS, BIRTH_WEIGHT, ADMISSION_WEIGHT, LOS, ICU = (
    NUMBERS.index(name)
    for name in (
        "sex",
        "age_years",
        "age_days",
        "birth_weight_g",
        "admission_weight_g",
        "los_days",
        "icu_hours",
    )
)
NEWBORN_DAYS: Final = 28
# How many codes a candidate can have beside the principal ones.
OTHERS: Final = 8

# Beyond what a rule asks for, a value stays near its bound: ages, days, grams, days, hours.
_REACH: Final = {AGE_YEARS: 20, AGE_DAYS: 28, BIRTH_WEIGHT: 600, ADMISSION_WEIGHT: 600, LOS: 20, ICU: 150}
_LOWEST: Final = {AGE_YEARS: 0, AGE_DAYS: 0, BIRTH_WEIGHT: 700, ADMISSION_WEIGHT: 700, LOS: 1, ICU: 0}
_USUAL_LOS: Final = 7
# Cases with a complication have another one this often.
_ANOTHER_COMPLICATION: Final = 0.5
# Complications that are drawn until one of them counts.
_TRIES: Final = 12

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """Discharges as numbers; cases are the last axis.

    Attributes:
        principal, procedure: [n] numbers of codes, 0 for none.
        other_diagnoses, other_procedures: [OTHERS, n], 0 for none.
        numbers: [f, n] the values of ``NUMBERS``, NaN if absent.
        lowest, highest: [f, n] within which the value may vary.
        disposition, department: [n] the text that a rule asks for, or "".
    """

    principal: Codes
    procedure: Codes
    other_diagnoses: Codes
    other_procedures: Codes
    numbers: Floats
    lowest: Floats
    highest: Floats
    disposition: npt.NDArray[np.object_]
    department: npt.NDArray[np.object_]

    def take(self, rows: npt.NDArray[np.int64]) -> Candidates:
        """Some of them."""
        return Candidates(**{f.name: getattr(self, f.name).take(rows, axis=-1) for f in fields(self)})


class Drawer:
    """Draws discharges of one version."""

    def __init__(self, grouper: Grouper, rng: np.random.Generator) -> None:
        program, tables = grouper.program, grouper.tables
        self._rng = rng
        self._arrays = program.arrays
        self._sizes = {True: len(program.diagnoses), False: len(program.procedures)}
        self._members: dict[tuple[bool, str], Codes] = {}
        names, rows = _rows_of_sets(tables.sets["set"])
        for diagnoses, index in ((True, program.diagnoses), (False, program.procedures)):
            numbers = index.encode(tables.sets["code"])
            self._members |= {
                (diagnoses, name): numbers[mine] for name, mine in zip(names, rows, strict=True)
            }
        self._pools: dict[tuple[bool, tuple[Sets, ...], tuple[str, ...]], Codes] = {}
        self._comorbid: dict[tuple[tuple[str, ...], int], tuple[Codes, Floats]] = {}
        codes = program.diagnoses.codes.to_list()
        self._patients = np.array([patients(code) for code in codes])
        self._newborn = np.array([code.startswith("P") for code in codes])
        self._popularity = popularity(codes, rng)
        self._popularity[0] = 0.0
        rules = [parse(rule) for frame in (program.mdc, program.adrg, program.drg) for rule in frame["rule"]]
        self._any_principal = named_sets(rules, PRINCIPAL_DIAGNOSIS)
        of_adrg = program.adrg.select("adrg", "rule").iter_rows()
        ambiguous = [parse(rule) for code, rule in of_adrg if is_ambiguous(code)]
        operations = named_sets(ambiguous, PRINCIPAL_PROCEDURE)
        self._small = self._without(False, operations) if operations else np.empty(0, dtype=np.uint32)
        self._small = self._small[self._small != 0]

    # -- codes ------------------------------------------------------------------------------------

    def _mask(self, diagnoses: bool, names: Sets) -> Mask:
        mask = np.zeros(self._sizes[diagnoses], dtype=np.bool_)
        for name in names:
            mask[self._members[diagnoses, name]] = True
        mask[0] = False
        return mask

    def _without(self, diagnoses: bool, names: Sets) -> Codes:
        return np.flatnonzero(~self._mask(diagnoses, names)).astype(np.uint32)

    def _pool(self, diagnoses: bool, unions: tuple[Sets, ...], without: tuple[str, ...]) -> Codes:
        """The codes that are in each of the unions and in none of the other sets."""
        key = diagnoses, unions, without
        if key not in self._pools:
            mask = ~self._mask(diagnoses, without)
            mask[0] = False
            for union in unions:
                mask &= self._mask(diagnoses, union)
            self._pools[key] = np.flatnonzero(mask).astype(np.uint32)
        return self._pools[key]

    def _of(self, way: Plan, field: str, unions: tuple[Sets, ...]) -> Codes:
        without = tuple(sorted(way.not_among.get(field, ())))
        return self._pool(field in (PRINCIPAL_DIAGNOSIS, OTHER_DIAGNOSES), unions, without)

    def _drawn(self, pool: Codes, size: int) -> Codes:
        return pool[self._rng.integers(len(pool), size=size)]

    # -- cases ------------------------------------------------------------------------------------

    def draw(self, way: Plan, size: int) -> Candidates | None:
        """So many discharges that meet a plan, as far as it can be seen; None if no code does."""
        wanted = tuple(way.among.get(PRINCIPAL_DIAGNOSIS, ())) or (self._any_principal,)
        pool = self._of(way, PRINCIPAL_DIAGNOSIS, wanted)
        if not len(pool):
            return None
        principal = self._drawn(pool, size)
        others = self._other_diagnoses(way, principal)
        procedures = self._procedures(way, size)
        if others is None or procedures is None:
            return None
        procedure, other_procedures = procedures
        numbers, lowest, highest = self._numbers(way, principal, others)
        return Candidates(
            principal,
            procedure,
            others,
            other_procedures,
            numbers,
            lowest,
            highest,
            np.full(size, way.texts.get("disposition", ""), dtype=np.object_),
            np.full(size, way.texts.get("department", ""), dtype=np.object_),
        )

    def ungroupable(self, size: int) -> Candidates:
        """Discharges without a principal diagnosis, or with one that no MDC takes."""
        possible: Mask = (self._arrays.diagnosis_candidates != 0).any(axis=1)
        nowhere = np.flatnonzero(~possible[self._arrays.diagnosis_class])
        unusable = self._without(True, self._any_principal)[1:]
        pool = np.union1d(nowhere, unusable).astype(np.uint32)
        principal = self._drawn(pool, size) if len(pool) else np.zeros(size, dtype=np.uint32)
        principal[::4] = 0
        nothing = np.zeros((OTHERS, size), dtype=np.uint32)
        numbers, lowest, highest = self._numbers(Plan(), principal, nothing)
        text = np.full(size, "", dtype=np.object_)
        return Candidates(
            principal, nothing[0].copy(), nothing, nothing.copy(), numbers, lowest, highest, text, text.copy()
        )

    def _other_diagnoses(self, way: Plan, principal: Codes) -> Codes | None:
        size = len(principal)
        found = np.zeros((OTHERS, size), dtype=np.uint32)
        level = self._arrays.complication_level
        row = 0
        wanted = [(union, 1) for union in way.among.get(OTHER_DIAGNOSES, ())]
        wanted += [((name,), count) for name, where, count in way.counts if OTHER_DIAGNOSES in where]
        for union, count in wanted:
            pool = self._of(way, OTHER_DIAGNOSES, (union,))
            harmless = pool[level[pool] & way.forbidden_level == 0]
            pool = harmless if len(harmless) >= count else pool
            if len(pool) < count or row + count + len(way.levels) > OTHERS:
                return None
            found[row : row + count] = self._distinct(pool, count, size)
            row += count
        for levels in way.levels:
            counting = self._complications(way, principal, levels)
            if counting is None:
                return None
            found[row] = counting
            row += 1
        if way.levels and row < OTHERS:
            # Who has a complication often has another one, of no higher level than counts already.
            another = self._complications(way, principal, op.CC if op.CC & ~way.forbidden_level else op.MCC)
            if another is not None:
                found[row] = np.where(self._rng.random(size) < _ANOTHER_COMPLICATION, another, 0)
        found[found == principal] = 0
        return found

    def _complications(self, way: Plan, principal: Codes, levels: int) -> Codes | None:
        """For each case a complication that counts; the last one tried if none does."""
        arrays = self._arrays
        wanted = levels & (op.CC | op.MCC) & ~way.forbidden_level
        key = tuple(sorted(way.not_among.get(OTHER_DIAGNOSES, ()))), wanted
        if key not in self._comorbid:
            pool = self._of(way, OTHER_DIAGNOSES, ())
            pool = pool[arrays.complication_level[pool] & wanted != 0]
            weights = self._popularity[pool]
            weights = weights if weights.any() else np.ones(len(pool))
            self._comorbid[key] = pool, np.cumsum(weights)
        pool, cumulative = self._comorbid[key]
        if not len(pool):
            return None
        chance = self._rng.random((_TRIES, len(principal))) * cumulative[-1]
        tried = pool[np.searchsorted(cumulative, chance, side="right").clip(max=len(pool) - 1)]
        exclusion = arrays.complication_exclusion[tried]
        bits = arrays.exclusion_bits[arrays.exclusion_class[principal][None, :], exclusion >> 3]
        excluded = (exclusion >= 0) & ((bits >> (exclusion & 7).astype(np.uint8)) & 1 == 1)
        counts = ~excluded & (tried != principal)
        return np.asarray(tried[counts.argmax(axis=0), np.arange(len(principal))], dtype=np.uint32)

    def _procedures(self, way: Plan, size: int) -> tuple[Codes, Codes] | None:
        others = np.zeros((OTHERS, size), dtype=np.uint32)
        row = 0
        asked = tuple(way.among.get(PRINCIPAL_PROCEDURE, ()))
        wanted = [(union, 1) for union in way.among.get(OTHER_PROCEDURES, ())]
        wanted += [((name,), count) for name, where, count in way.counts if OTHER_PROCEDURES in where]
        for union, count in wanted:
            pool = self._of(way, OTHER_PROCEDURES, (union,))
            if len(pool) < count or row + count > OTHERS:
                return None
            others[row : row + count] = self._distinct(pool, count, size)
            row += count
        procedure = np.zeros(size, dtype=np.uint32)
        pool = self._of(way, PRINCIPAL_PROCEDURE, asked or tuple(union for union, _ in wanted[:1]))
        if asked or wanted:
            # Nobody has other procedures without a principal one, if only a small one.
            pool = pool if asked or len(pool) else self._small
            if len(pool):
                return self._drawn(pool, size), others
            return None if asked else (procedure, others)
        return procedure, others

    def _distinct(self, pool: Codes, count: int, size: int) -> Codes:
        """Codes [count, size], different ones of each case."""
        if count == 1:
            return self._drawn(pool, size)[None, :]
        chosen = [self._rng.choice(pool, count, replace=False) for _ in range(size)]
        return np.array(chosen, dtype=np.uint32).T

    # -- numbers ----------------------------------------------------------------------------------

    def _numbers(self, way: Plan, principal: Codes, others: Codes) -> tuple[Floats, Floats, Floats]:
        rng, size = self._rng, len(principal)
        asked = {NUMBERS.index(name): limits for name, limits in way.numbers.items()}
        lowest = np.full((len(NUMBERS), size), -np.inf)
        highest = np.full((len(NUMBERS), size), np.inf)
        for field, (low, high) in asked.items():
            lowest[field], highest[field] = low, high
        age, spread, women, children = self._patients[principal].T
        women = np.where((self._patients[others, 2] == 1.0).any(axis=0), 1.0, women)
        values = np.full((len(NUMBERS), size), np.nan)
        values[SEX] = np.where(rng.random(size) < women, FEMALE, MALE)
        adult = np.clip(np.round(rng.normal(age, spread)), 18, 98)
        child = np.minimum(np.floor(rng.exponential(5, size)), 17)
        values[AGE_YEARS] = np.where(rng.random(size) < children, child, adult)
        values[LOS] = _USUAL_LOS
        values[ICU] = 0.0
        newborn = self._newborn[principal]
        if {AGE_DAYS, BIRTH_WEIGHT, ADMISSION_WEIGHT} & asked.keys():
            newborn = np.ones(size, dtype=np.bool_)
        values[AGE_YEARS, newborn] = 0
        values[:AGE_DAYS] = self._fitted(values, lowest, highest)[:AGE_DAYS]
        infant = values[AGE_YEARS] == 0
        days = np.where(newborn, np.minimum(np.floor(rng.exponential(4, size)), NEWBORN_DAYS), np.nan)
        days = np.where(infant & ~newborn, rng.integers(NEWBORN_DAYS + 1, 365, size), days)
        values[AGE_DAYS] = np.where(infant, days, np.nan)
        values = self._fitted(values, lowest, highest)
        weighed = infant & (values[AGE_DAYS] <= NEWBORN_DAYS)
        values[BIRTH_WEIGHT, weighed] = np.round(np.clip(rng.normal(3200, 450, size), 900, 5000))[weighed]
        values[ADMISSION_WEIGHT] = values[BIRTH_WEIGHT]
        return self._fitted(values, lowest, highest), lowest, highest

    def _fitted(self, values: Floats, lowest: Floats, highest: Floats) -> Floats:
        found = zip(values, lowest, highest, strict=True)
        return np.array([fitted(field, *limits, self._rng) for field, limits in enumerate(found)])


def fitted(field: int, values: Floats, lowest: Floats, highest: Floats, rng: np.random.Generator) -> Floats:
    """Values [n] of one of ``NUMBERS``; those that are not within their limits are drawn near them."""
    rows = np.flatnonzero((values < lowest) | (values > highest))
    if not len(rows):
        return values
    found = values.copy()
    low, high = lowest[rows], highest[rows]
    if field == SEX:
        found[rows] = np.where((low <= MALE) & (high >= MALE), MALE, FEMALE)
    else:
        reach = _REACH[field]
        floor = np.where(np.isfinite(low), low, np.maximum(_LOWEST[field], high - reach))
        floor = np.minimum(floor, high)
        ceiling = np.minimum(high, floor + reach)
        found[rows] = floor + np.floor(rng.random(len(rows)) * (ceiling - floor + 1))
    return found


def _rows_of_sets(sets: pl.Series) -> tuple[list[str], list[npt.NDArray[np.int64]]]:
    """The names of the sets, and the rows of each."""
    order = sets.arg_sort()
    names, starts = np.unique(sets.gather(order).to_numpy(), return_index=True)
    return names.tolist(), np.split(order.to_numpy(), starts[1:]) if len(names) else []


def named_sets(rules: list[Expression], field: str) -> Sets:
    """The sets that rules look for in a field."""
    names = {
        name
        for rule in rules
        for atom in atoms(rule)
        if isinstance(atom, Member) and field in atom.fields
        for name in atom.sets
    }
    return tuple(sorted(names - COMPLICATION_SETS))
