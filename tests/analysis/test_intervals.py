"""Intervals against what they are made of, computed one case after another, and what they cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from drg.analysis.intervals import (
    Influence,
    Kind,
    _studentised,
    heavy_tailed,
    influence_by,
    influence_by_means,
    interval,
)

LEAST, TIMES = Kind.MEAN.value


@given(st.floats(-3, 3), st.floats(-1.5, 1.5))
def test_the_quantile_is_the_inverse_of_halls_cubic(quantile: float, skewness: float) -> None:
    x = float(_studentised(np.array(quantile), np.array(skewness)))
    cubic = x + skewness * x**2 / 3 + skewness**2 * x**3 / 27 + skewness / 6
    assert cubic == pytest.approx(quantile, abs=1e-5)


def test_without_skewness_it_is_the_interval_of_student() -> None:
    values = np.concatenate([np.arange(1, 41.0), 41 - np.arange(1, 41.0)])
    mean, deviation = values.mean(), values.std(ddof=1)
    found = interval(
        np.array([mean]), influence_by(np.zeros(80, int), values / mean - 1, 1), Kind.MEAN, level=0.9
    )
    half = stats.t.ppf(0.95, 79) * deviation / mean / np.sqrt(80)
    assert found.low[0] == pytest.approx(mean * np.exp(-half), rel=1e-9)
    assert found.high[0] == pytest.approx(mean * np.exp(half), rel=1e-9)


def test_more_cases_make_it_shorter_and_order_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    key = np.repeat([0, 1], [50, 800])
    values = rng.gamma(3, size=850)
    means = np.array([values[key == one].mean() for one in (0, 1)])
    influence = influence_by(key, values / means[key] - 1, 2)
    low, high = interval(means, influence, Kind.MEAN)
    assert (low < means).all()
    assert (means < high).all()
    assert np.diff(high - low)[0] < 0
    other = rng.permutation(850)
    again = interval(means, influence_by(key[other], (values / means[key] - 1)[other], 2), Kind.MEAN)
    assert again.low == pytest.approx(low, rel=1e-12)


def test_there_is_none_with_too_few_cases() -> None:
    even = np.tile([1.0, -1.0], LEAST)
    key = np.repeat([0, 1], [LEAST - 2, LEAST + 2])
    low, high = interval(np.array([1.0, 1.0]), influence_by(key, even, 2), Kind.MEAN)
    assert np.isnan([low[0], high[0]]).all()
    assert low[1] < 1 < high[1]
    # The more skewed the influences of all together, the more cases each needs.
    skewed = np.where(np.arange(400) < 4, 99.0, -1.0)
    influence = influence_by(np.arange(400) % 2, skewed, 2)
    needed = int(np.ceil(TIMES * stats.skew(skewed) ** 2))
    assert influence.needed(Kind.MEAN) == needed > LEAST
    assert np.isnan(interval(np.array([1.0, 1.0]), influence, Kind.MEAN).low).all() == (needed > 200)


def test_what_is_not_above_zero_has_none() -> None:
    influence = influence_by(np.repeat([0, 1], 50), np.tile([0.1, -0.1], 50), 2)
    assert np.isnan(interval(np.array([0.0, np.nan]), influence, Kind.MEAN).low).all()


def test_means_that_are_estimated_too_against_leaving_out_each_case() -> None:
    """The ratio of the mean of one part to the mean of the whole, by the delete-one jackknife."""
    rng = np.random.default_rng(5)
    values, part = rng.gamma(4, size=1500), np.arange(1500) < 600
    total, whole = values[part].sum(), values.mean()
    left_out = np.array(
        [
            np.log(np.delete(values, i)[np.delete(part, i)].mean() / np.delete(values, i).mean())
            for i in range(1500)
        ]
    )
    apart = values - whole
    # The mean of the part moves its own log, and the mean of the whole that of the ratio.
    found = influence_by_means(
        np.array([600]),
        np.zeros(600, int),
        values[part] / total - 1 / 600,
        np.zeros(600, int),
        apart[part],
        np.array([[1 / whole / 1500]]),
        np.array([[(apart**2).sum()], [(apart**3).sum()]]),
    )
    moved = left_out.mean() - left_out
    assert found.squares[0] == pytest.approx((moved**2).sum(), rel=0.03)
    assert found.cubes[0] == pytest.approx((moved**3).sum(), rel=0.06)


def test_a_part_that_is_the_whole_does_not_vary() -> None:
    values = np.random.default_rng(1).gamma(2, size=50)
    apart = values - values.mean()
    sums = np.array([[(apart**2).sum()], [(apart**3).sum()]])
    every = np.zeros(50, int)
    found = influence_by_means(
        np.array([50]), every, apart / values.sum(), every, apart, np.array([[1 / values.sum()]]), sums
    )
    assert found == Influence(found.cases, np.zeros(1), np.zeros(1))


def test_tails_are_told_apart() -> None:
    rng = np.random.default_rng(2)
    assert heavy_tailed(rng.pareto(1.5, 50_000), 0.01)
    assert not heavy_tailed(rng.pareto(4, 50_000) + 1, 0.01)
    assert not heavy_tailed(rng.normal(size=50_000), 0.01)
    # Too few to say, and no tail at all.
    assert heavy_tailed(rng.normal(size=8), 0.01)
    assert not heavy_tailed(np.zeros(100), 0.01)
    assert heavy_tailed(np.where(np.arange(1000) == 0, 1.0, 0.0), 0.01)


def test_the_mean_of_skewed_costs_is_covered() -> None:
    """500 samples of twenty groups of 60 cases, of which 95 % of the intervals hold the mean."""
    rng = np.random.default_rng(11)
    samples, groups, cases = 500, 20, 60
    true = float(np.exp(0.6**2 / 2))
    key = np.repeat(np.arange(groups), cases)
    held, given = 0, 0
    for _ in range(samples):
        values = rng.lognormal(0, 0.6, (groups, cases))
        means = values.mean(axis=1)
        low, high = interval(
            means, influence_by(key, (values / means[:, None] - 1).ravel(), groups), Kind.MEAN
        )
        given += int((~np.isnan(low)).sum())
        held += int(((low <= true) & (true <= high)).sum())
    assert given > 0.99 * samples * groups
    assert 0.93 <= held / given <= 0.97
