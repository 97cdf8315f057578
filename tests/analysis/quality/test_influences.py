"""Intervals of RIV, means and CVs against the jackknife, and what they cover."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import stats

from drg.analysis.quality import evaluate, influences
from drg.analysis.quality.influences import mean_and_cv, riv_interval
from tests.analysis.quality.frames import random_cases

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def drawn(seed: int, cases: int, groups: int, spread: float = 0.5) -> tuple[Ints, Floats]:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, cases)
    return group, rng.normal(group / groups, spread)


def log_of_rest(group: Ints, values: Floats) -> float:
    """The log of 1 − RIV, with Σ cases × variance ÷ Σ cases within the groups."""
    parts = [values[group == one] for one in np.unique(group)]
    parts = [part for part in parts if len(part) > 1]
    within = sum(len(part) * part.var(ddof=1) for part in parts) / sum(len(part) for part in parts)
    return float(np.log(within / values.var(ddof=1)))


def test_riv_against_leaving_out_each_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influences, "LEAST_FOR_RIV", 0)
    group, values = drawn(1, 1200, 5)
    found = riv_interval(group, values, 0.95)
    assert found is not None
    low, high = found
    whole = log_of_rest(group, values)
    assert low < 1 - np.exp(whole) < high
    left_out = np.array(
        [log_of_rest(np.delete(group, i), np.delete(values, i)) for i in range(0, len(group), 4)]
    )
    moved = left_out - left_out.mean()
    error = np.sqrt((moved**2).sum() * 4)
    width = np.log(1 - low) - np.log(1 - high)
    assert width == pytest.approx(2 * stats.t.ppf(0.975, 1199) * error, rel=0.1)


def test_riv_of_the_population_is_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 samples, and bounds that a binomial of 95 % leaves once in ten thousand."""
    monkeypatch.setattr(influences, "LEAST_FOR_RIV", 2_000)
    groups, cases, samples = 40, 2_000, 300
    between = np.var(np.arange(groups) / groups)
    true = between / (between + 0.25)
    limits = [riv_interval(*drawn(seed, cases, groups), 0.95) for seed in range(samples)]
    given = [one for one in limits if one is not None]
    assert len(given) > 0.9 * samples
    held = sum(one[0] <= true <= one[1] for one in given)
    least, most = stats.binom.interval(0.9998, len(given), 0.95)
    assert least <= held <= most


def test_riv_has_no_interval_that_would_not_cover() -> None:
    few = influences.LEAST_FOR_RIV
    assert riv_interval(*drawn(2, few - 1, 10), 0.95) is None
    assert riv_interval(*drawn(2, few, few // 10), 0.95) is None
    group, values = drawn(2, few, 10)
    assert riv_interval(group, values, 0.95) is not None
    heavy = np.exp(2 * np.random.default_rng(1).standard_normal(few) + group)
    assert riv_interval(group, heavy, 0.95) is None
    assert riv_interval(group, group.astype(np.float64), 0.95) is None
    # What has no value does not count.
    assert riv_interval(group, np.where(np.arange(few) < 10, np.nan, values), 0.95) is None


def test_means_and_cvs_of_groups() -> None:
    rng = np.random.default_rng(4)
    sizes = np.array([3, 40, 12_000, 2500])
    group = np.repeat(np.arange(4), sizes)
    values = np.where(group == 3, 7.0, rng.uniform(500, 1500, len(group)))
    means, cvs = mean_and_cv(group, values, 5, 1, 0.95)
    assert means.needed == 30
    assert np.isnan(means.limits.low).tolist() == [True, False, False, False, True]
    part = values[group == 2]
    by_student = stats.t.interval(0.95, len(part) - 1, part.mean(), stats.sem(part))
    assert (means.limits.low[2], means.limits.high[2]) == pytest.approx(by_student, rel=2e-3)
    # Equal values have a mean that does not vary, and no CV.
    assert means.limits.low[3] == means.limits.high[3] == pytest.approx(7)
    assert cvs.needed == 2000
    assert np.isnan(cvs.limits.low).tolist() == [True, True, False, True, True]
    cv = part.std(ddof=1) / part.mean()
    logs = np.array([np.log((x := np.delete(part, i)).std(ddof=1) / x.mean()) for i in range(0, 12_000, 40)])
    error = np.sqrt(((logs - logs.mean()) ** 2).sum() * 40)
    width = np.log(cvs.limits.high[2] / cvs.limits.low[2])
    assert cvs.limits.low[2] < cv < cvs.limits.high[2]
    assert width == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_the_divisor_moves_the_interval_of_a_cv_with_it() -> None:
    group, values = np.zeros(2000, int), np.random.default_rng(1).uniform(1, 3, 2000)
    (one, other) = (mean_and_cv(group, values, 1, ddof, 0.95)[1].limits for ddof in (1, 0))
    assert other.low / one.low == pytest.approx(np.sqrt(1999 / 2000))


def test_the_cv_of_a_light_tail_is_covered() -> None:
    rng = np.random.default_rng(12)
    samples, cases = 300, 2_500
    true = float(np.sqrt(1 / 3) / 2)
    found = [
        mean_and_cv(np.zeros(cases, int), rng.uniform(1, 3, cases), 1, 1, 0.95)[1].limits
        for _ in range(samples)
    ]
    given = [limits for limits in found if not np.isnan(limits.low[0])]
    assert len(given) > 0.9 * samples
    held = sum(limits.low[0] <= true <= limits.high[0] for limits in given)
    least, most = stats.binom.interval(0.9998, len(given), 0.95)
    assert least <= held <= most


def test_costs_with_a_heavy_tail_have_no_interval_of_a_cv() -> None:
    rng = np.random.default_rng(6)
    group = np.zeros(20_000, int)
    found = mean_and_cv(group, rng.pareto(2.5, 20_000) + 1, 1, 1, 0.95)[1]
    assert found.needed is None
    assert np.isnan(found.limits.low).all()


def test_cmi_and_indices_of_hospitals_are_in_the_tables() -> None:
    frame = random_cases(6000, hospitals=3, seed=2).filter(pl.col("drg") < "AG")
    weight = pl.col("drg").rank("dense").cast(pl.Float64) / 10
    found = evaluate(frame.with_columns(relative_weight=weight.cast(pl.Decimal(18, 8))))
    grouped = frame.with_columns(weight=weight).filter(pl.col("grouping_status") == "grouped")
    assert found.summary["cmi"] == pytest.approx(grouped["weight"].mean(), rel=1e-12)
    half = stats.t.ppf(0.975, grouped.height - 1) * stats.sem(grouped["weight"].to_numpy())
    assert found.summary["cmi_high"] - found.summary["cmi_low"] == pytest.approx(2 * half, rel=0.02)
    by_hospital = grouped.group_by("hospital_id").agg(pl.col("weight").mean()).sort("hospital_id")
    assert found.hospitals["cmi"].to_list() == pytest.approx(by_hospital["weight"].to_list())
    assert found.hospitals["weight_cases"].sum() == found.summary["weight_cases"] == grouped.height
    for name in ("cmi", "cost_index_ratio_of_sums", "time_index_mean_of_ratios"):
        assert (found.hospitals[f"{name}_low"] < found.hospitals[name]).all()
        assert (found.hospitals[name] < found.hospitals[f"{name}_high"]).all()
