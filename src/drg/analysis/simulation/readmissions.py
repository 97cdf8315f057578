"""Which cases are those of one person: series of treatment, chronic illness, readmissions."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from drg.analysis.simulation.population import Population

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Returns(NamedTuple):
    """How patients come back with the same illness.

    Attributes:
        share: of the cases, those that are not the first of their patient.
        days: from discharge to discharge, at least and at most.
    """

    share: float
    days: tuple[int, int]


SAME_ILLNESS: Final = {
    "series": Returns(0.75, (10, 28)),
    "chronic": Returns(0.22, (14, 160)),
    "": Returns(0.03, (4, 31)),
}
# Another illness: share of adults below and from this age who were in hospital before, mean days since.
OTHER_ILLNESS: Final = (0.06, 60, 0.14)
_DAYS_SINCE: Final = 75.0
_SLACK_DAYS: Final = 6  # an earlier case may be so many days off the day that was drawn
_DAYS: Final = 1024  # more than a year has


class Links(NamedTuple):
    """Cases, and the case before each of them: every case is in each list once at most."""

    again: Ints
    before: Ints


def same_illness(
    day: Ints, population: Population, group: Ints, may: Mask, rng: np.random.Generator
) -> Links:
    """Cases that come back with the illness of an earlier case of their ADRG, some days before.

    ``day`` [n] of discharge is ascending; ``may`` [n] says which cases may come back.
    """
    kinds = list(SAME_ILLNESS)
    kind = np.array([kinds.index(name) for name in population.returns])[group]
    share = np.array([SAME_ILLNESS[name].share for name in kinds])
    low, high = np.array([SAME_ILLNESS[name].days for name in kinds]).T
    again = np.flatnonzero((rng.random(len(day)) < share[kind]) & may)
    gap = rng.integers(low[kind[again]], high[kind[again]] + 1)
    return _linked(population.adrg[group], day, again, day[again] - gap, np.flatnonzero(may), rng)


def other_illness(
    links: Links, day: Ints, admitted: Ints, age: Floats, woman: Mask, may: Mask, rng: np.random.Generator
) -> Links:
    """Besides ``links``, those of adults with one illness and then another: of the same sex and age."""
    younger, old, older = OTHER_ILLNESS
    first = may & (age >= 18)
    first[links.again] = False
    again = np.flatnonzero(first & (rng.random(len(day)) < np.where(age < old, younger, older)))
    since = 1 + np.floor(rng.exponential(_DAYS_SINCE, len(again))).astype(np.int64)
    last = may & (age >= 18)
    last[links.before] = False
    key = 2 * age.astype(np.int64) + woman
    more = _linked(key, day, again, admitted[again] - since, np.flatnonzero(last), rng)
    return Links(np.append(links.again, more.again), np.append(links.before, more.before))


def _linked(
    key: Ints, day: Ints, again: Ints, wanted: Ints, earlier: Ints, rng: np.random.Generator
) -> Links:
    """For each of ``again`` an earlier case of the same key that leaves on the wanted day or just before."""
    if not len(again) or not len(earlier):
        return Links(again[:0], again[:0])
    # Cases are in the order of their days, and few different keys are sorted fast as short numbers.
    order = np.argsort(key[earlier].astype(np.int16), kind="stable")
    place = (key[earlier] * _DAYS + day[earlier])[order]
    target = key[again] * _DAYS + wanted
    first = np.searchsorted(place, target - _SLACK_DAYS, side="left")
    behind = np.searchsorted(place, target, side="right")
    found = first + np.floor(rng.random(len(again)) * (behind - first)).astype(np.int64)
    usable = (behind > first) & (wanted >= _SLACK_DAYS)
    again, before = again[usable], earlier[order[found[usable]]]
    _, once = np.unique(before, return_index=True)
    return Links(again[once], before[once])


def first_cases(size: int, links: Links) -> Ints:
    """For each of so many cases the first one of its person."""
    first = np.arange(size)
    first[links.again] = links.before
    while (first[first] != first).any():
        first = first[first]
    return first
