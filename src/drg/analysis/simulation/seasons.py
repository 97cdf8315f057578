"""When cases leave and come: months and weekdays, by kind of case."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from drg.analysis.simulation.population import Population

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_OTHER, _SURGICAL, _RESPIRATORY = range(3)
# How many cases leave in a month, against others: January to December. February has the Spring Festival.
MONTHS: Final = {
    _OTHER: (0.98, 0.84, 1.05, 1.03, 1.03, 1.01, 1.02, 1.01, 0.99, 0.99, 1.02, 1.03),
    _SURGICAL: (0.94, 0.76, 1.08, 1.04, 1.02, 1.03, 1.08, 1.06, 1.00, 0.96, 1.02, 1.01),
    _RESPIRATORY: (1.36, 1.05, 1.10, 1.00, 0.92, 0.85, 0.80, 0.78, 0.85, 0.96, 1.10, 1.34),
}
# How many leave on a weekday, against others: Monday to Sunday.
WEEKDAYS: Final = (1.02, 1.04, 1.05, 1.02, 1.18, 1.00, 0.69)
# Which share of those that would come on a weekday comes so many days earlier, or later if it is negative.
_PUT_OFF: Final = np.array(
    [
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.25),
        (0.0, 0.0, 0.0, 0.0, 0.45, 0.70, 0.50),
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.25),
    ]
)
_EARLIER: Final = np.array([(0, 0, 0, 0, 0, 1, -1), (0, 0, 0, 0, 2, -3, -1), (0, 0, 0, 0, 0, 1, -1)])
_MONDAY: Final = 3  # 1 January 1970 was a Thursday


def _kind(population: Population, group: Ints) -> Ints:
    kinds = np.where(population.surgical, _SURGICAL, np.where(population.respiratory, _RESPIRATORY, _OTHER))
    return np.asarray(kinds[group])


def discharge_days(year: int, population: Population, group: Ints, rng: np.random.Generator) -> Ints:
    """The day of discharge of each case [n], counted from the first of the year."""
    first = np.datetime64(date(year, 1, 1))
    days = first + np.arange((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    chances = np.array(list(MONTHS.values()))[:, month] * np.array(WEEKDAYS)[weekday(days.astype(np.int64))]
    chances = np.cumsum(chances, axis=1)
    # One list of all kinds, the second after the first: so that cases of all kinds are looked up at once.
    until = (chances / chances[:, -1:] + np.arange(len(chances))[:, None]).ravel()
    kind = _kind(population, group)
    found = np.searchsorted(until, kind + rng.random(len(group)), side="right") - kind * len(days)
    return np.asarray(found.clip(0, len(days) - 1))


def weekday(day: Ints) -> Ints:
    """The weekday of days that are counted from 1970-01-01: Monday is 0."""
    return (day + _MONDAY) % 7


def put_off(admitted: Ints, population: Population, group: Ints, rng: np.random.Generator) -> Ints:
    """By how many days each case [n] comes earlier than ``admitted``, so that few come on a weekend."""
    kind, day = _kind(population, group), weekday(admitted)
    return np.where(rng.random(len(group)) < _PUT_OFF[kind, day], _EARLIER[kind, day], 0)
