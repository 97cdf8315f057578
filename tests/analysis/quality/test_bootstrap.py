"""The bootstrap against scipy, and what its intervals cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from drg.analysis.quality.bootstrap import _draw, interval, replicates
from tests.kernels import same_both_ways

Floats = npt.NDArray[np.float64]
COUNT = 2000


def riv(values: Any, groups: Any) -> float:
    within = sum(
        ((part := values[groups == one]) - part.mean()) @ (part - part.mean()) for one in set(groups)
    )
    return float(1 - within / ((values - values.mean()) @ (values - values.mean())))


def cv(values: Any, axis: int) -> Any:
    return values.std(ddof=1, axis=axis) / values.mean(axis=axis)


@pytest.fixture(scope="module")
def small() -> tuple[npt.NDArray[np.int64], Floats]:
    rng = np.random.default_rng(1)
    group = np.sort(rng.integers(0, 4, 80))
    values = rng.lognormal(9 + group * 0.3, 0.7)
    return group, np.vstack([values, np.log(values)])


def test_agrees_with_scipy(small: tuple[npt.NDArray[np.int64], Floats]) -> None:
    group, values = small
    ours = replicates(group, values, COUNT, seed=0, ddof=1, kept=1)
    rng = np.random.default_rng(2)
    options: dict[str, Any] = {"n_resamples": COUNT, "method": "percentile", "rng": rng}
    limits = interval(ours.riv)
    for place, row in enumerate(values):
        theirs = stats.bootstrap((row, group), riv, paired=True, vectorized=False, **options)
        width = theirs.confidence_interval.high - theirs.confidence_interval.low
        assert limits.low[place] == pytest.approx(theirs.confidence_interval.low, abs=0.05 * width)
        assert limits.high[place] == pytest.approx(theirs.confidence_interval.high, abs=0.05 * width)
        assert ours.riv[:, place].std() == pytest.approx(theirs.standard_error, rel=0.05)
    assert ours.mean.shape == ours.cv.shape == (COUNT, 1, 4)
    for drawn, statistic in ((ours.mean, np.mean), (ours.cv, cv)):
        limits = interval(drawn)
        for one in range(4):
            found = stats.bootstrap((values[0][group == one],), statistic, **options).confidence_interval
            width = found.high - found.low
            assert limits.low[0, one] == pytest.approx(found.low, abs=0.06 * width)
            assert limits.high[0, one] == pytest.approx(found.high, abs=0.06 * width)


def test_draws_are_a_resample_of_the_cases() -> None:
    """Group sizes are multinomial, members uniform: with values 0 and 1 both can be read off the sums."""
    group = np.array([0, 0, 0, 1])
    found = replicates(group, np.array([[0.0, 1, 1, 1]]), COUNT, seed=3, ddof=0, kept=1)
    # As many cases as the group has: the mean of three draws is k/3 with the binomial frequencies.
    thirds = np.bincount(np.rint(found.mean[:, 0, 0] * 3).astype(int), minlength=4)
    expected = np.asarray(stats.binom.pmf(range(4), 3, 2 / 3)) * COUNT
    assert stats.chisquare(thirds, expected).pvalue > 1e-3
    assert (found.mean[:, 0, 1] == 1).all()
    # All four draws are equal, and the variance is none: all zeros, or no zero.
    undefined = np.isnan(found.riv[:, 0]).mean()
    assert undefined == pytest.approx(0.25**4 + 0.75**4, abs=0.03)


def test_missing_values_have_no_part() -> None:
    group = np.array([0, 0, 0, 1, 1, 2])
    values = np.array([[1.0, np.nan, 1.0, 5.0, 5.0, np.nan]])
    found = replicates(group, values, 300, seed=0, ddof=1, kept=1)
    of_first = found.mean[:, 0, 0]
    assert (of_first[~np.isnan(of_first)] == 1).all()
    # A replicate that drew none but the missing value, with a chance of one in 27, has no mean.
    assert np.isnan(of_first).mean() == pytest.approx(1 / 27, abs=0.03)
    low, high = interval(found.mean)
    assert [low[0, 0], high[0, 0], low[0, 1]] == [1, 1, 5]
    assert np.isnan([low[0, 2], high[0, 2]]).all()
    defined = found.riv[~np.isnan(found.riv)]
    assert len(defined) > 200
    assert defined == pytest.approx(1)


def test_same_seed_same_draws(small: tuple[npt.NDArray[np.int64], Floats]) -> None:
    group, values = small
    one, two, other = (replicates(group, values, 30, seed=seed, ddof=1, kept=2) for seed in (5, 5, 6))
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    assert (one.riv != other.riv).any()
    # More replicates go on where fewer stopped.
    more = replicates(group, values, 40, seed=5, ddof=1, kept=2)
    assert (more.riv[:30] == one.riv).all()


def test_what_the_intervals_cover() -> None:
    """Many small groups: the basic interval covers the true value, the percentile one does not."""
    rng = np.random.default_rng(7)
    groups, cases, rounds = 60, 600, 30
    centre = rng.normal(size=groups)
    covered = {"basic": 0, "percentile": 0}
    true = centre.var() / (centre.var() + 1)
    for number in range(rounds):
        group = np.sort(rng.integers(0, groups, cases))
        group = np.unique(group, return_inverse=True)[1]
        values = rng.normal(centre[group])
        estimate = riv(values, group)
        low, high = interval(replicates(group, values[None], 200, seed=number, ddof=1, kept=1).riv)
        covered["percentile"] += low[0] <= true <= high[0]
        covered["basic"] += 2 * estimate - high[0] <= true <= 2 * estimate - low[0]
    assert covered["basic"] >= 0.8 * rounds
    assert covered["percentile"] <= 0.3 * rounds


@given(st.data())
def test_plain_and_compiled_draw_the_same(data: st.DataObject) -> None:
    sizes = np.array(data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=5)))
    drawn = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(sizes), max_size=len(sizes))))
    most = np.maximum(sizes, drawn)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    values = rng.lognormal(9, 1, (2, sizes.sum()))
    values[rng.random(values.shape) < 0.2] = np.nan
    start = np.concatenate([[0], np.cumsum(sizes)])
    sums = np.zeros((2, len(sizes), 3))
    places = np.zeros(most.max(), np.int64)
    same_both_ways(_draw, start, drawn, rng.random(most.sum()), places, values, sums, sums)
