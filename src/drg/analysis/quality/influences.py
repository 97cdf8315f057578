"""What each case contributes to the measures of quality, and the intervals that follow from it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from drg.analysis.intervals import (
    Floats,
    Influence,
    Interval,
    Ints,
    Kind,
    heavy_tailed,
    influence_by,
    interval,
    nothing,
    ratio,
)

# With fewer cases, in all or by group, intervals of a reduction in variance do not cover.
LEAST_FOR_RIV: Final = 10_000
CASES_OF_A_GROUP: Final = 20
# Of the influences the largest say how heavy the tail is.
_TAIL_OF_RIV: Final = 0.02
_TAIL_OF_CV: Final = 0.005
# From 2 to 3, samples that pass are those that miss the tail, and their intervals do not cover.
_INDEX_OF_CV: Final = 3


class Found(NamedTuple):
    """Intervals of some estimates, and how many cases one needs; None if no number is enough."""

    limits: Interval
    needed: int | None


def riv_interval(group: Ints, values: Floats, level: float) -> tuple[float, float] | None:
    """The interval of the reduction in variance of the population; None if none would cover.

    The variance within groups is Σ cases × variance of the group ÷ Σ cases, over the groups of two or more,
    which is right for groups of different variances too. The interval is made for the log of 1 − RIV.

    Args:
        group: [n] of each case, from 0.
        values: [n]; NaN where there is none.
        level: such as 0.95.
    """
    there = ~np.isnan(values)
    group, values = group[there], values[there]
    cases, sizes = len(values), np.bincount(group)
    if cases < max(LEAST_FOR_RIV, CASES_OF_A_GROUP * int(np.count_nonzero(sizes))):
        return None
    within = values - ratio(np.bincount(group, values), sizes)[group]
    about = values - values.mean()
    several = sizes[group] > 1
    squares = within**2 * ratio(sizes, sizes - 1.0, 0.0)[group]
    inner, whole = squares.sum() / several.sum(), (about**2).sum() / (cases - 1)
    # What is left of equal values by rounding is no variance.
    if inner <= 1e-12 * (values**2).mean():
        return None
    influences = np.where(several, squares / inner - 1, 0.0) - (about**2 / whole - 1)
    influences -= influences.mean()
    if heavy_tailed(influences, _TAIL_OF_RIV):
        return None
    found = influence_by(np.zeros(cases, np.int64), influences, 1)
    low, high = interval(np.array([inner / whole]), found, Kind.RIV, level)
    return None if np.isnan(low[0]) else (1 - float(high[0]), 1 - float(low[0]))


def mean_and_cv(group: Ints, values: Floats, groups: int, ddof: int, level: float) -> tuple[Found, Found]:
    """The intervals of the mean and of the CV of each group.

    Args:
        group: [n] of each case, from 0.
        values: [n]; NaN where there is none.
        groups: how many.
        ddof: the divisor of variances is the number of cases less this.
        level: such as 0.95.
    """
    there = ~np.isnan(values)
    group, values = group[there], values[there]
    cases = np.bincount(group, minlength=groups)
    mean = ratio(np.bincount(group, values, groups), cases)
    distance = values - mean[group]
    variance = ratio(np.bincount(group, distance**2, groups), cases)
    variance = np.where(variance > 1e-12 * mean**2, variance, 0.0)
    of_mean = ratio(distance, mean[group], 0.0)
    several = cases > 1
    means = _found(np.where(several, mean, np.nan), influence_by(group, of_mean, groups), Kind.MEAN, level)
    cv = np.sqrt(ratio(variance * cases, cases - ddof)) / np.where(mean > 0, mean, np.nan)
    varies = (variance > 0)[group]
    of_cv = np.where(varies, (ratio(distance**2, variance[group], 1.0) - 1) / 2 - of_mean, 0.0)
    if heavy_tailed(of_cv[varies], _TAIL_OF_CV, _INDEX_OF_CV):
        return means, Found(nothing(groups), None)
    cvs = _found(np.where(variance > 0, cv, np.nan), influence_by(group, of_cv, groups), Kind.CV, level)
    return means, cvs


def _found(estimate: Floats, influence: Influence, kind: Kind, level: float) -> Found:
    return Found(interval(estimate, influence, kind, level), influence.needed(kind))
