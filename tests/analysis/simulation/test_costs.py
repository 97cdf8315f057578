from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from drg.analysis.simulation.costs import COMPLICATED, COURSES, USUAL, VERY_DEAR, draw_courses


def test_courses_are_one_on_average() -> None:
    rng = np.random.default_rng(5)
    courses = draw_courses(np.array([0.5, 2.0, 20.0]), rng)
    size = 400_000
    for group in range(3):
        cost = courses.cost(np.full(size, group), rng.random(size), rng.standard_normal(size))
        error = courses.cv[group] / np.sqrt(size)
        assert abs(cost.mean() - 1) < 4 * error
        assert cost.std() == pytest.approx(courses.cv[group], rel=0.05)


def test_moments_are_those_of_a_mixture() -> None:
    courses = draw_courses(np.linspace(0.2, 40, 20), np.random.default_rng(8))
    for until, mean, sigma, cv in zip(courses.until, courses.mean, courses.sigma, courses.cv, strict=True):
        shares = np.diff([0.0, *until, 1.0])
        parts = [stats.lognorm(s, scale=m * np.exp(-(s**2) / 2)) for m, s in zip(mean, sigma, strict=True)]
        moments = [sum(p * part.moment(k) for p, part in zip(shares, parts, strict=True)) for k in (1, 2)]
        assert moments[0] == pytest.approx(1, rel=1e-9)
        assert np.sqrt(moments[1] - 1) == pytest.approx(cv, rel=1e-9)


def test_courses_lie_within_their_limits() -> None:
    courses = draw_courses(np.full(200, 2.0), np.random.default_rng(1))
    shares = np.diff(courses.until, axis=1, prepend=0.0, append=1.0)
    for course, ((low, high), (least, most), _) in COURSES.items():
        assert (low <= shares[:, course]).all()
        assert (shares[:, course] <= high).all()
        against = courses.mean[:, course] / courses.mean[:, USUAL]
        assert (least <= against).all()
        assert (against <= most).all()
    taken = courses.taken(np.arange(200), np.full(200, 0.999999))
    assert (taken == max(COURSES)).all()
    assert (courses.taken(np.arange(200), np.zeros(200)) == 0).all()


def test_few_cases_have_much_of_the_cost(grouped: pl.DataFrame) -> None:
    costs = np.sort(grouped["total_cost_yuan"].cast(pl.Float64).to_numpy())[::-1]
    assert 0.28 < costs[: len(costs) // 20].sum() / costs.sum() < 0.45
    assert 6 < np.quantile(costs, 0.99) / costs.mean() < 12
    # One group beside another: some vary much more.
    spread = (
        grouped.group_by("drg")
        .agg(n=pl.len(), cv=pl.col("total_cost_yuan").std() / pl.col("total_cost_yuan").mean())
        .filter(pl.col("n") >= 200)["cv"]
    )
    assert spread.quantile(0.9) > 1.4 * spread.quantile(0.1)


def test_costs_go_with_stays(grouped: pl.DataFrame) -> None:
    logs = grouped.with_columns(
        (pl.col(name).cast(pl.Float64).log() - pl.col(name).cast(pl.Float64).log().mean().over("drg"))
        for name in ("los_days", "total_cost_yuan")
    )
    assert logs.select(pl.corr("los_days", "total_cost_yuan")).item() > 0.4


def test_dear_courses_are_nearer_in_heavy_groups() -> None:
    light, heavy = (draw_courses(np.full(50, weight), np.random.default_rng(3)) for weight in (5.0, 20.0))
    for course in (COMPLICATED, VERY_DEAR):
        excess = [one.mean[:, course] / one.mean[:, USUAL] - 1 for one in (light, heavy)]
        assert np.allclose(excess[1], excess[0] / 2)
    assert (heavy.cv < light.cv).all()
