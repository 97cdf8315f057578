"""A population and its prototypes → discharges of one year."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation import code_choice as codes
from drg.analysis.simulation.drawing import (
    ADMISSION_WEIGHT,
    AGE_DAYS,
    AGE_YEARS,
    BIRTH_WEIGHT,
    ICU,
    LOS,
    NEWBORN_DAYS,
    SEX,
    fitted,
)
from drg.analysis.simulation.population import MCC, OUTLIERS, Hospitals, Population, outlier_moments
from drg.analysis.simulation.prototypes import Prototypes
from drg.grouping import Grouper
from drg.grouping.case_arrays import encode, grouped
from drg.payment.money import yuan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_READMITTED: Final = 0.04
_DAYS_BETWEEN: Final = (4, 25)  # from discharge to discharge
_LOS_SPREAD: Final = 0.42  # log-SD
_LOS_WITH_COST: Final = 0.6  # correlation of the logs
_LONGEST_DAYS: Final = 180
_SHORT_OF_LOW: Final = 0.5  # of the cheap outliers, this share leaves at once
_ICU_HOURS: Final = 45.0
_VENTILATED: Final = 0.4  # of those in intensive care
_DISPOSITIONS: Final = {"1": 0.93, "2": 0.015, "3": 0.005, "4": 0.04, "9": 0.01}
_EMPLOYEES: Final = 0.45  # of adults
_CHILD_YEARS: Final = 14
_MINUTES: Final = 24 * 60


class Drawn(NamedTuple):
    """What is drawn before the codes: the columns that are numbers, and the prototype of each case."""

    prototype: Ints
    hospital: Ints
    patient: Ints
    numbers: Floats
    born: npt.NDArray[np.datetime64]
    admitted: npt.NDArray[np.datetime64]
    discharged: npt.NDArray[np.datetime64]
    cost_z: Floats
    factor: Floats


def make_cases(
    grouper: Grouper,
    prototypes: Prototypes,
    population: Population,
    hospitals: Hospitals,
    pool: codes.Harmless,
    size: int,
    year: int,
    mean_cost_yuan: float,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """So many discharges of a year."""
    drawn = _draw(prototypes, population, hospitals, size, year, rng)
    intended = prototypes.group[drawn.prototype]
    identity, record = _identity(drawn, hospitals, year), _record(drawn, prototypes, population, rng)
    ages = drawn.numbers[AGE_YEARS]
    coded = codes.columns(grouper, prototypes, population, drawn.prototype, ages, rng, pool)
    frame = pl.DataFrame([*identity, *record, *coded])
    encoded = encode(frame, grouper.program)
    groups = len(population.weight) - 1
    reached = grouped(encoded, grouper.program).drg.astype(np.int64)
    # Cases that reach no group cost what they were meant to.
    costing = np.where(reached < groups, reached, intended % (groups + 1))
    # Where the stay decides the group, a cost that went with the stay would not be the group's on average.
    afresh = population.split_by_stay[costing]
    cost_z = np.where(afresh, rng.standard_normal(size), drawn.cost_z)
    factor = np.where(afresh, _outliers(size, rng)[0], drawn.factor)
    cost = mean_cost_yuan * population.weight[costing] * _noise(cost_z, factor, population.sigma[costing])
    cost *= _hospital_effect(hospitals.cost[drawn.hospital], np.minimum(reached, groups), groups + 1)
    fen = np.maximum(np.rint(cost * 100), 1).astype(np.int64)
    return frame.with_columns(yuan(fen).alias("total_cost_yuan")).select(ORDER)


def _draw(
    prototypes: Prototypes,
    population: Population,
    hospitals: Hospitals,
    size: int,
    year: int,
    rng: np.random.Generator,
) -> Drawn:
    days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    day = np.sort(rng.integers(0, days, size))
    prototype = np.searchsorted(population.chance, rng.random(size), side="right").clip(
        max=len(population.chance) - 1
    )
    again, before = _readmissions(day, prototypes.candidates.numbers[AGE_YEARS, prototype], rng)
    prototype[again] = prototype[before]
    group = prototypes.group[prototype]
    hospital = _hospital(group, hospitals, rng)
    hospital[again] = hospital[before]
    cost_z = rng.standard_normal(size)
    factor, low = _outliers(size, rng)
    numbers = prototypes.candidates.numbers[:, prototype]
    lowest = prototypes.candidates.lowest[:, prototype]
    highest = prototypes.candidates.highest[:, prototype]
    _stay(numbers, population, group, cost_z, factor, low, rng)
    _ages(numbers, rng)
    numbers = fitted(numbers, lowest, highest, rng)
    # Intensive care takes its time, and leaves a case where its stay is short.
    least = np.where(lowest[ICU] > 0, np.ceil(numbers[ICU] / 24), 0)
    numbers[LOS] = np.maximum(numbers[LOS], np.minimum(least, highest[LOS]))
    free = lowest[ICU] <= 0
    numbers[ICU] = np.where(free, np.minimum(numbers[ICU], np.floor(numbers[LOS] * 24 * 0.9)), numbers[ICU])
    discharged = np.datetime64(f"{year}-01-01", "D") + day
    admitted = discharged - numbers[LOS].astype(np.int64)
    born = _birth(admitted, numbers, rng)
    patient = rng.permutation(size)
    linked = admitted[again] > discharged[before]
    again, before = again[linked], before[linked]
    patient[again] = patient[before]
    numbers[SEX, again] = numbers[SEX, before]
    born[again] = born[before]
    numbers[AGE_YEARS, again] = _completed_years(born[again], admitted[again])
    return Drawn(prototype, hospital, patient, numbers, born, admitted, discharged, cost_z, factor)


def _readmissions(day: Ints, age: Floats, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Cases that are readmissions, and the case before each: of an adult, some days earlier."""
    size = len(day)
    again = np.flatnonzero(rng.random(size) < _READMITTED)
    earlier = day[again] - rng.integers(*_DAYS_BETWEEN, len(again))
    first, behind = np.searchsorted(day, earlier, side="left"), np.searchsorted(day, earlier, side="right")
    before = first + np.floor(rng.random(len(again)) * (behind - first)).astype(np.int64)
    usable = (behind > first) & (before < size)
    again, before = again[usable], before[usable]
    usable = (age[before] >= 18) & ~np.isin(before, again)
    again, before = again[usable], before[usable]
    _, once = np.unique(before, return_index=True)
    return again[once], before[once]


def _hospital(group: Ints, hospitals: Hospitals, rng: np.random.Generator) -> Ints:
    """The hospital of each case [n], by what the group's cases prefer."""
    chosen = np.empty(len(group), dtype=np.int64)
    chance = rng.random(len(group))
    order = np.argsort(group, kind="stable")
    sorted_ = group[order]
    for number in np.unique(sorted_):
        begin, end = np.searchsorted(sorted_, [number, number + 1])
        rows = order[begin:end]
        chosen[rows] = np.searchsorted(hospitals.of_group[number], chance[rows], side="right")
    return np.minimum(chosen, len(hospitals.cost) - 1)


def _outliers(size: int, rng: np.random.Generator) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """By which factor the cost of each case is off, and which are far too low."""
    factor, chance, low = np.ones(size), rng.random(size), np.zeros(size, dtype=np.bool_)
    begin = 0.0
    for share, least, most in OUTLIERS:
        rows = np.flatnonzero((chance >= begin) & (chance < begin + share))
        factor[rows] = rng.uniform(least, most, len(rows))
        low[rows] = most < 1
        begin += share
    return factor, low


def _stay(
    numbers: Floats,
    population: Population,
    group: Ints,
    cost_z: Floats,
    factor: Floats,
    low: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> None:
    """Length of stay and hours of intensive care, as long as no rule asks for others."""
    size = len(group)
    z = _LOS_WITH_COST * cost_z + np.sqrt(1 - _LOS_WITH_COST**2) * rng.standard_normal(size)
    los = population.los[group] * np.exp(_LOS_SPREAD * z) * np.where(factor > 1, 1.8, 1.0)
    los = np.where(low & (rng.random(size) < _SHORT_OF_LOW), 1.0, los)
    numbers[LOS] = np.clip(np.rint(los), 1, _LONGEST_DAYS)
    weight = population.weight[group]
    share = np.clip(0.008 + 0.035 * (weight - 0.8), 0.004, 0.6) * np.where(
        population.severity[group] == MCC, 2, 1
    )
    hours = np.ceil(rng.exponential(_ICU_HOURS * np.sqrt(weight)))
    numbers[ICU] = np.where(rng.random(size) < share, hours, 0.0)


def _ages(numbers: Floats, rng: np.random.Generator) -> None:
    """Ages and weights near those of the prototypes, in the same stage of life."""
    size = numbers.shape[1]
    age = numbers[AGE_YEARS]
    near = rng.integers(-3, 4, size)
    adult, child = age >= 18, (age >= 1) & (age < 18)
    age[adult] = np.clip(age + near, 18, 99)[adult]
    age[child] = np.clip(age + np.sign(near), 1, 17)[child]
    days = numbers[AGE_DAYS]
    newborn, infant = days <= NEWBORN_DAYS, days > NEWBORN_DAYS
    days[newborn] = np.clip(days + np.sign(near), 0, NEWBORN_DAYS)[newborn]
    days[infant] = np.clip(days + 3 * near, NEWBORN_DAYS + 1, 364)[infant]
    numbers[BIRTH_WEIGHT] += 10 * near
    gained = np.where(newborn, np.rint(numbers[BIRTH_WEIGHT] * (0.95 + 0.008 * days) / 10) * 10, np.nan)
    numbers[ADMISSION_WEIGHT] = gained


def _birth(
    admitted: npt.NDArray[np.datetime64], numbers: Floats, rng: np.random.Generator
) -> npt.NDArray[np.datetime64]:
    """A date of birth that gives the age at admission."""
    months = admitted.astype("datetime64[M]")
    years = numbers[AGE_YEARS].astype(np.int64)
    then = months - 12 * years
    anniversary = then.astype("datetime64[D]") + (admitted - months.astype("datetime64[D]"))
    # Who was born on 29 February has no anniversary in most years.
    anniversary = np.minimum(anniversary, (then + 1).astype("datetime64[D]") - 1)
    since = np.where(np.isnan(numbers[AGE_DAYS]), rng.integers(0, 365, len(years)), numbers[AGE_DAYS])
    return np.asarray(anniversary - since.astype(np.int64))


def _completed_years(
    born: npt.NDArray[np.datetime64], then: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.int64]:
    years = then.astype("datetime64[Y]").astype(np.int64) - born.astype("datetime64[Y]").astype(np.int64)
    day, day_then = (
        100 * (dates.astype("datetime64[M]").astype(np.int64) % 12)
        + (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
        for dates in (born, then)
    )
    return np.asarray(years - (day_then < day))


def _identity(drawn: Drawn, hospitals: Hospitals, year: int) -> list[pl.Series]:
    size = len(drawn.prototype)
    number = pl.int_range(1, size + 1, eager=True).cast(pl.String).str.zfill(8)
    hospital = pl.Series(drawn.hospital)
    patient = pl.Series(drawn.patient + 1).cast(pl.String).str.zfill(8)
    return [
        (pl.Series([str(year)]).new_from_index(0, size) + number).alias("case_id"),
        hospitals.id.gather(hospital).alias("hospital_id"),
        hospitals.level.gather(hospital).alias("hospital_level"),
        (pl.Series(["P"]).new_from_index(0, size) + patient).alias("patient_id"),
    ]


def _record(
    drawn: Drawn, prototypes: Prototypes, population: Population, rng: np.random.Generator
) -> list[pl.Series]:
    size = len(drawn.prototype)
    numbers, group = drawn.numbers, prototypes.group[drawn.prototype]
    ages = numbers[AGE_YEARS]
    asked = prototypes.candidates
    employed = (rng.random(size) < _EMPLOYEES) & (ages >= 18)
    # Admitted at any hour, but never after the discharge of the same day.
    hour = np.where(numbers[LOS] > 0, rng.integers(0, _MINUTES, size), rng.integers(0, 8 * 60, size))
    left = rng.integers(8 * 60, 18 * 60, size)
    icu = numbers[ICU]
    ventilated = np.where(rng.random(size) < _VENTILATED, np.floor(icu * rng.uniform(0.2, 0.9, size)), 0.0)
    department = _department(population, group, ages)
    return [
        _asked(department, asked.department[drawn.prototype]).alias("department"),
        pl.Series(["310", "390"]).gather(pl.Series(np.where(employed, 0, 1))).alias("insurance_type"),
        _whole("sex", numbers[SEX]),
        pl.Series("birth_date", drawn.born.astype("datetime64[D]")),
        _whole("age_years", ages),
        _whole("age_days", numbers[AGE_DAYS]),
        _whole("birth_weight_g", numbers[BIRTH_WEIGHT]),
        _whole("admission_weight_g", numbers[ADMISSION_WEIGHT]),
        _moment("admission_date", drawn.admitted, hour),
        _moment("discharge_date", drawn.discharged, left),
        _whole("los_days", numbers[LOS]),
        _asked(_disposition(population, group, rng), asked.disposition[drawn.prototype]).alias("disposition"),
        pl.Series("icu_hours", icu),
        pl.Series("ventilator_hours", ventilated),
    ]


def _whole(name: str, values: Floats) -> pl.Series:
    return pl.Series(name, values, nan_to_null=True).cast(pl.Int64)


def _moment(name: str, days: npt.NDArray[np.datetime64], minutes: Ints) -> pl.Series:
    return pl.Series(name, days.astype("datetime64[us]") + minutes.astype("timedelta64[m]"))


def _disposition(population: Population, group: Ints, rng: np.random.Generator) -> pl.Series:
    chance = rng.random(len(group))
    died = rng.random(len(group)) < np.where(population.severity[group] == MCC, 0.03, 0.004)
    texts = list(_DISPOSITIONS)
    cumulative = np.cumsum(list(_DISPOSITIONS.values()))
    chosen = np.searchsorted(cumulative, chance, side="right").clip(max=len(texts) - 1)
    return pl.Series([*texts, "5"]).gather(pl.Series(np.where(died, len(texts), chosen)))


def _department(population: Population, group: Ints, ages: Floats) -> pl.Series:
    # Children have departments of their own, but not for every organ.
    adult = population.department.gather(pl.Series(group % len(population.department)))
    general = adult.str.starts_with("03") | adult.str.starts_with("04")
    surgical = adult.str.starts_with("04")
    young = pl.Series(ages < _CHILD_YEARS) & general
    return pl.select(
        pl.when(young & surgical).then(pl.lit("08")).when(young).then(pl.lit("07")).otherwise(adult)
    ).to_series()


def _asked(values: pl.Series, asked: npt.NDArray[np.object_]) -> pl.Series:
    """The values, but for cases in which a rule asks for another."""
    rows = np.flatnonzero(asked != "")
    return values.scatter(rows, asked[rows].tolist()) if len(rows) else values


def _noise(cost_z: Floats, factor: Floats, sigma: Floats) -> Floats:
    """How far the cost of each case is off, 1 on average."""
    mean, _ = outlier_moments()
    return np.asarray(np.exp(sigma * cost_z - sigma**2 / 2) * factor / mean)


def _hospital_effect(cost: Floats, reached: Ints, groups: int) -> Floats:
    """The hospitals' cost levels, scaled so that they are 1 on average over the cases of each group."""
    sums = np.bincount(reached, weights=cost, minlength=groups)
    counts = np.bincount(reached, minlength=groups)
    return np.asarray(cost * counts[reached] / sums[reached])


# The order of the columns, as a person would look for them.
ORDER: Final = (
    "case_id", "hospital_id", "hospital_level", "patient_id", "department", "insurance_type",
    "sex", "birth_date", "age_years", "age_days", "birth_weight_g", "admission_weight_g",
    "admission_date", "discharge_date", "los_days", "disposition", "icu_hours", "ventilator_hours",
    "principal_diagnosis", "other_diagnoses", "principal_procedure", "other_procedures", "total_cost_yuan",
)  # fmt: skip
