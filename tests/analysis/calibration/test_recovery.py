"""The weights behind simulated costs are found again, and intervals cover as they say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

import drg
from drg.analysis.calibration import Calibration, calibrate
from drg.analysis.simulation import true_weights
from tests.analysis.calibration.made import grouped

pytestmark = pytest.mark.thorough

VERSION = "chs-drg-2.0"
SEED = 3
WELL_FILLED = 100


@pytest.fixture(scope="module")
def found() -> Calibration:
    # Limits of trimming would cut more off dear groups that vary more.
    cases = drg.group(drg.simulate(60_000, VERSION, seed=SEED), VERSION)
    return calibrate(cases, trimming="none", monotone=False, draws=400, seed=1)


def test_true_weights_are_recovered(found: Calibration) -> None:
    truth = true_weights(VERSION, SEED).select("drg", truth=pl.col("relative_weight").cast(pl.Float64))
    known = found.groups.filter((pl.col("source") == "own") & (pl.col("kept") >= WELL_FILLED)).join(
        truth, "drg"
    )
    numbers = known.select(pl.col("cases", "relative_weight", "low_95", "high_95", "truth").cast(pl.Float64))
    # Weights are relative: the truth is brought to the same mean over the same cases.
    of_truth, of_found = ((numbers["cases"] * numbers[name]).sum() for name in ("truth", "relative_weight"))
    level = of_found / of_truth
    inside = (numbers["low_95"] <= numbers["truth"] * level) & (
        numbers["truth"] * level <= numbers["high_95"]
    )
    assert numbers.height > 100
    # 95 % in expectation; of some 160 groups, 90 % is more than two standard deviations below.
    assert inside.mean() >= 0.90
    assert inside.mean() < 1
    assert (numbers["relative_weight"] / (numbers["truth"] * level)).log().abs().median() < 0.05


def test_intervals_agree_with_scipy() -> None:
    costs = np.random.default_rng(2).lognormal(9, 0.7, 60).round(2)
    rows = [*(("BS19", f"{cost:.2f}") for cost in costs), ("BV19", "8000"), ("BV19", "9000")]
    row = calibrate(grouped(rows), trimming="none", min_cases=2, draws=4_000).groups.filter(
        pl.col("drg") == "BS19"
    )
    level = costs.mean() / float(row["normalised_weight"].item())
    theirs = stats.bootstrap(
        (costs,), np.mean, n_resamples=4_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    width = (theirs.high - theirs.low) / level
    assert float(row["low_95"].item()) == pytest.approx(theirs.low / level, abs=0.05 * width)
    assert float(row["high_95"].item()) == pytest.approx(theirs.high / level, abs=0.05 * width)
