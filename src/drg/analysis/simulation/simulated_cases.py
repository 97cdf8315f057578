"""A population and its prototypes → discharges of one year."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation import code_choice as codes
from drg.analysis.simulation.clinic import FEMALE
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
from drg.analysis.simulation.hospitals import Hospitals
from drg.analysis.simulation.population import MCC, Population
from drg.analysis.simulation.prototypes import Prototypes
from drg.analysis.simulation.readmissions import Links, first_cases, other_illness, same_illness
from drg.analysis.simulation.seasons import discharge_days
from drg.analysis.simulation.stays import icu_hours, stay_days, with_intensive_care
from drg.grouping import Grouper
from drg.grouping.case_arrays import encode, grouped
from drg.payment.money import yuan

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_AGE_SPREAD: Final = 4.0  # years, around the age of the prototype
_SAME_HOSPITAL: Final = 0.85  # of those who come back
_SAME_DAY: Final = 0.35  # of the stays of a day, those that end on the day of admission
_VENTILATED: Final = 0.4  # of those in intensive care
_DISPOSITIONS: Final = {"1": 0.93, "2": 0.015, "3": 0.005, "4": 0.04, "9": 0.01}
_EMPLOYEES: Final = 0.45  # of adults
_CHILD_YEARS: Final = 14
_ADULT_YEARS: Final = 18
_MINUTES: Final = 24 * 60


class Drawn(NamedTuple):
    """What is drawn before the codes: the columns that are numbers, and the prototype of each case.

    ``first`` is the first case of the same person.
    """

    prototype: Ints
    hospital: Ints
    first: Ints
    numbers: Floats
    born: npt.NDArray[np.datetime64]
    admitted: npt.NDArray[np.datetime64]
    discharged: npt.NDArray[np.datetime64]
    cost_z: Floats
    course: Floats


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
    identity, record = _identity(drawn, hospitals, year, rng), _record(drawn, prototypes, population, rng)
    ages = drawn.numbers[AGE_YEARS]
    coded = codes.columns(grouper, prototypes, population, drawn.prototype, ages, rng, pool)
    frame = pl.DataFrame([*identity, *record, *coded])
    encoded = encode(frame, grouper.program)
    groups = len(population.weight) - 1
    reached = grouped(encoded, grouper.program).drg.astype(np.int64)
    # Cases that reach no group cost what they were meant to.
    costing = np.where(reached < groups, reached, intended % (groups + 1))
    # Where the stay decides the group, a cost that went with the stay would not be the group's on average.
    afresh = np.flatnonzero(population.split_by_stay[costing])
    drawn.cost_z[afresh] = rng.standard_normal(len(afresh))
    drawn.course[afresh] = rng.random(len(afresh))
    cost = population.courses.cost(costing, drawn.course, drawn.cost_z)
    cost *= mean_cost_yuan * population.weight[costing]
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
    known, start = prototypes.candidates, np.datetime64(f"{year}-01-01", "D")
    # In the order of their groups at first, which makes it quick to draw the hospitals.
    prototype = np.repeat(np.arange(len(population.chance)), rng.multinomial(size, population.chance))
    hospital = _hospital(prototypes.group[prototype], hospitals, rng)
    day = discharge_days(year, population, prototypes.group[prototype], rng)
    order = rng.permutation(size)
    order = order[np.argsort(day[order].astype(np.int16), kind="stable")]
    day, prototype, hospital = day[order], prototype[order], hospital[order]
    # A child of whom a rule asks for the age may be made an infant, whose days are counted for one stay.
    years = known.numbers[AGE_YEARS]
    may_return = (years >= _ADULT_YEARS) | ((years > 0) & np.isinf(known.highest[AGE_YEARS]))
    links = same_illness(day, population, prototypes.group[prototype], may_return[prototype], rng)
    prototype = prototype[first_cases(size, links)]
    group = prototypes.group[prototype]
    numbers = known.numbers[:, prototype]
    cost_z, course = rng.standard_normal(size), rng.random(size)
    epoch = day + start.astype(np.int64)
    taken = population.courses.taken(group, course)
    numbers[LOS] = stay_days(population, group, taken, cost_z, epoch, rng)
    numbers[ICU] = icu_hours(population, group, rng)
    _ages(numbers, rng)
    _limit(numbers, prototypes, prototype, rng)
    with_intensive_care(numbers, known.lowest[ICU, prototype], known.highest[LOS, prototype])
    nights = np.where((numbers[LOS] == 1) & (rng.random(size) < _SAME_DAY), 0, numbers[LOS].astype(np.int64))
    left = day - nights
    links = _apart(links, day, left)
    # Whose age a rule asks for keeps it: nobody else's date of birth would do.
    any_age = ~(np.isfinite(known.lowest[AGE_YEARS]) | np.isfinite(known.highest[AGE_YEARS])) & may_return
    woman = numbers[SEX] == FEMALE
    links = other_illness(links, day, left, numbers[AGE_YEARS], woman, any_age[prototype], rng)
    first = first_cases(size, links)
    # Who comes back goes to the same hospital as a rule, if it treats such cases.
    same = (rng.random(size) < _SAME_HOSPITAL) & hospitals.treats[group, hospital[first]]
    hospital = np.where(same, hospital[first], hospital)
    admitted = start + left
    born = _birth(admitted, numbers, rng)[first]
    numbers[SEX] = numbers[SEX, first]
    numbers[AGE_YEARS, links.again] = _completed_years(born[links.again], admitted[links.again])
    return Drawn(prototype, hospital, first, numbers, born, admitted, start + day, cost_z, course)


def _apart(links: Links, discharged: Ints, admitted: Ints) -> Links:
    """The links between stays that do not overlap."""
    kept = admitted[links.again] > discharged[links.before]
    return Links(links.again[kept], links.before[kept])


def _hospital(group: Ints, hospitals: Hospitals, rng: np.random.Generator) -> Ints:
    """The hospital of each case [n], by what the cases of its group prefer; ``group`` is ascending."""
    chosen, chance = np.empty(len(group), dtype=np.int64), rng.random(len(group))
    numbers, counts = np.unique(group, return_counts=True)
    ends = np.cumsum(counts)
    for number, begin, end in zip(numbers, ends - counts, ends, strict=True):
        chosen[begin:end] = np.searchsorted(hospitals.of_group[number], chance[begin:end], side="right")
    return np.minimum(chosen, len(hospitals.cost) - 1)


def _ages(numbers: Floats, rng: np.random.Generator) -> None:
    """Ages and weights near those of the prototypes, in the same stage of life."""
    size = numbers.shape[1]
    age = numbers[AGE_YEARS]
    near = np.rint(_AGE_SPREAD * rng.standard_normal(size))
    adult, child = age >= _ADULT_YEARS, (age >= 1) & (age < _ADULT_YEARS)
    age[adult] = np.clip(age + near, 18, 99)[adult]
    age[child] = np.clip(age + np.sign(near), 1, 17)[child]
    days = numbers[AGE_DAYS]
    newborn, infant = days <= NEWBORN_DAYS, days > NEWBORN_DAYS
    days[newborn] = np.clip(days + np.sign(near), 0, NEWBORN_DAYS)[newborn]
    days[infant] = np.clip(days + 3 * near, NEWBORN_DAYS + 1, 364)[infant]
    numbers[BIRTH_WEIGHT] += 10 * near
    gained = np.where(newborn, np.rint(numbers[BIRTH_WEIGHT] * (0.95 + 0.008 * days) / 10) * 10, np.nan)
    numbers[ADMISSION_WEIGHT] = gained


def _limit(numbers: Floats, prototypes: Prototypes, prototype: Ints, rng: np.random.Generator) -> None:
    """Brings the numbers of cases within the limits of the rules that their prototypes meet."""
    known = prototypes.candidates
    for field in np.flatnonzero(np.isfinite([known.lowest, known.highest]).any(axis=(0, 2))).tolist():
        lowest, highest = known.lowest[field, prototype], known.highest[field, prototype]
        numbers[field] = fitted(field, numbers[field], lowest, highest, rng)
    # A child that is under a year now has days, too.
    infant = np.flatnonzero((numbers[AGE_YEARS] == 0) & np.isnan(numbers[AGE_DAYS]))
    numbers[AGE_DAYS, infant] = rng.integers(NEWBORN_DAYS + 1, 365, len(infant))


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


def _identity(drawn: Drawn, hospitals: Hospitals, year: int, rng: np.random.Generator) -> list[pl.Series]:
    size = len(drawn.prototype)
    number = pl.int_range(1, size + 1, eager=True).cast(pl.String).str.zfill(8)
    hospital = pl.Series(drawn.hospital)
    patient = pl.Series(rng.permutation(size)[drawn.first] + 1).cast(pl.String).str.zfill(8)
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
    employed = ((rng.random(size) < _EMPLOYEES) & (ages >= _ADULT_YEARS))[drawn.first]
    # Admitted at any hour, but never after the discharge of the same day.
    latest = np.where(drawn.admitted < drawn.discharged, _MINUTES, 8 * 60)
    hour = np.floor(rng.random(size) * latest).astype(np.int64)
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
