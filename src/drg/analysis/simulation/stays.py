"""Lengths of stay and hours of intensive care."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from drg.analysis.simulation.costs import BROKEN_OFF, COMPLICATED, USUAL, VERY_DEAR
from drg.analysis.simulation.drawing import ICU, LOS
from drg.analysis.simulation.population import MCC, Population
from drg.analysis.simulation.seasons import put_off

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SPREAD: Final = 0.45  # log-SD
_WITH_COST: Final = 0.6  # correlation of the logs
# How long each course of an illness takes, against the usual one.
_COURSE: Final = np.ones(4)
_COURSE[[BROKEN_OFF, USUAL, COMPLICATED, VERY_DEAR]] = 0.4, 1.0, 1.5, 2.0
_SHORT: Final = 0.5  # of those broken off, this share leaves at once
# Some of the very dear cases do not leave for months: nobody can take them (压床).
_BLOCKED: Final = 0.12
_BLOCKED_DAYS: Final = (61, 40.0)  # at least, and on average beyond
_LONGEST_DAYS: Final = 180
_ICU_HOURS: Final = 45.0
_HOURS_A_DAY: Final = 24 * 0.9  # of a day at most in intensive care


def stay_days(
    population: Population,
    group: Ints,
    course: Ints,
    cost_z: Floats,
    discharged: Ints,
    rng: np.random.Generator,
) -> Floats:
    """Days of stay [n], as long as no rule asks for others: they go with the cost, but leave weekends out."""
    size = len(group)
    z = _WITH_COST * cost_z + np.sqrt(1 - _WITH_COST**2) * rng.standard_normal(size)
    days = population.los[group] * np.exp(_SPREAD * z) * _COURSE[course]
    blocked = np.flatnonzero((course == VERY_DEAR) & (rng.random(size) < _BLOCKED))
    least, beyond = _BLOCKED_DAYS
    days[blocked] = least + rng.exponential(beyond, len(blocked))
    short = (course == BROKEN_OFF) & (rng.random(size) < _SHORT)
    days[short | (z < population.day[group])] = 1.0
    days = np.clip(np.rint(days), 1, _LONGEST_DAYS)
    shifted = days + put_off(discharged - days.astype(np.int64), population, group, rng)
    return np.asarray(np.where((days > 1) & (shifted > 1), shifted, days))


def icu_hours(population: Population, group: Ints, rng: np.random.Generator) -> Floats:
    """Hours of intensive care [n], as long as no rule asks for others.

    They do not depend on the cost: what asks for them would else take the dear cases out of other groups.
    """
    weight = population.weight[group]
    share = np.clip(0.008 + 0.035 * (weight - 0.8), 0.004, 0.6)
    share *= np.where(population.severity[group] == MCC, 2, 1)
    rows = np.flatnonzero(rng.random(len(group)) < share)
    hours = np.zeros(len(group))
    hours[rows] = np.ceil(rng.exponential(_ICU_HOURS * np.sqrt(weight[rows])))
    return hours


def with_intensive_care(numbers: Floats, least_hours: Floats, longest_days: Floats) -> None:
    """Makes days of stay and hours of intensive care go together: the stay is longer, if rules let it be."""
    days = np.minimum(np.ceil(numbers[ICU] / _HOURS_A_DAY), longest_days)
    numbers[LOS] = np.maximum(numbers[LOS], days)
    most = np.floor(numbers[LOS] * _HOURS_A_DAY)
    numbers[ICU] = np.maximum(np.minimum(numbers[ICU], most), np.minimum(numbers[ICU], least_hours))
