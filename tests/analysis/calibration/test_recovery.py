"""The weights behind simulated costs are found again, and intervals cover as they say."""

from __future__ import annotations

import polars as pl
import pytest

import drg
from drg.analysis.calibration import Calibration, calibrate
from drg.analysis.simulation import true_weights

pytestmark = pytest.mark.thorough

VERSION = "chs-drg-2.0"
SEED = 3
WELL_FILLED = 100


@pytest.fixture(scope="module")
def found() -> Calibration:
    # Limits of trimming would cut more off dear groups that vary more.
    cases = drg.group(drg.simulate(60_000, VERSION, seed=SEED), VERSION)
    return calibrate(cases, trimming="none", monotone=False)


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
