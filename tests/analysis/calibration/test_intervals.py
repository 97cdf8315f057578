"""Intervals of weights against the jackknife over all cases."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from drg.analysis.calibration.calibration_cases import Period
from drg.analysis.calibration.estimate import Sums, sums_of
from drg.analysis.calibration.intervals import intervals
from drg.analysis.trimming import Trimming

NONE = Trimming.parse("none")


def period(seed: int, weight: int, cases: int) -> Period:
    rng = np.random.default_rng(seed)
    group = rng.choice(3, cases, p=(0.6, 0.38, 0.02))
    cost = np.rint(rng.gamma(6, 10_000 * (1 + group)) * (1 + seed)).astype(np.int64)
    order = np.lexsort((cost, group))
    return Period(
        "", Fraction(weight), cases, 0, 0, 0, 0, Counter(), group[order].astype(np.int32), cost[order]
    )


def own(periods: list[Sums]) -> list[float]:
    """The weights of the first two groups."""
    found = []
    for number in (0, 1):
        above = below = 0.0
        for sums in periods:
            costs = sums.costs[sums.period.groups == number]
            above += float(sums.period.weight) * costs.sum() / float(sums.mean_fen)
            below += float(sums.period.weight) * len(costs)
        found.append(above / below)
    return found


def test_two_years_against_leaving_out_each_case() -> None:
    years = [period(0, 1, 400), period(1, 2, 500)]
    sums = [sums_of(year, NONE) for year in years]
    found = intervals(sums, [0, 1, 2])
    # The third group has some twenty cases.
    assert list(found) == [0, 1]
    logs, cases = [], np.zeros(3)
    for at, year in enumerate(years):
        cases += np.bincount(year.groups)
        for i in range(len(year.costs)):
            less = Period(
                "", year.weight, 0, 0, 0, 0, 0, Counter(), np.delete(year.groups, i), np.delete(year.costs, i)
            )
            logs.append(
                np.log(own([sums_of(less, NONE) if at == place else sums[place] for place in (0, 1)]))
            )
    error = np.sqrt(((np.array(logs) - np.mean(logs, axis=0)) ** 2).sum(axis=0))
    for number, weight in enumerate(own(sums)):
        low, high = found[number]
        assert low < weight < high
        assert np.log(high / low) == pytest.approx(
            2 * stats.t.ppf(0.975, cases[number] - 1) * error[number], rel=0.02
        )
