from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

import drg
from drg.analysis.calibration import calibrate
from drg.analysis.trimming import RULES
from tests.analysis.calibration.made import SPLIT, adrg_of, grouped, year


def test_each_row_equals_a_calibration_with_that_rule() -> None:
    frame = year(1, 4_000, groups=12)
    trims = calibrate(frame, trimming="iqr:2", monotone=False, compare_trims="none").trims
    assert trims is not None
    assert trims["trimming"].to_list() == [*RULES, "iqr:2"]
    assert trims.filter("chosen")["trimming"].to_list() == ["iqr:2"]
    whole = calibrate(frame, trimming="none", monotone=False)
    cells = whole.groups.filter(source="own").select("drg", "cases")
    for row in trims.iter_rows(named=True):
        found = calibrate(frame, trimming=row["trimming"], monotone=False)
        mine, theirs = (
            np.array([float(weights[drg]) for drg in cells["drg"]])
            for weights in (found.weights, whole.weights)
        )
        cases = cells["cases"].to_numpy()
        mine, theirs = (weights / np.average(weights, weights=cases) for weights in (mine, theirs))
        distance = 100 * np.average(np.abs(mine / theirs - 1), weights=cases)
        assert row["distance_percent"] == pytest.approx(distance, abs=1e-9)
        (period,) = found.periods.iter_rows(named=True)
        assert (row["trimmed_low"], row["trimmed_high"]) == (period["trimmed_low"], period["trimmed_high"])
    assert trims.row(0)[2:] == (0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert trims["cost_percent"][1:].min() > 0


def test_trimming_takes_from_groups_that_vary_much() -> None:
    """Three groups of one mean and size: cutting dear cases favours the even one, winsorising less so."""
    rng = np.random.default_rng(1)
    drgs = [code for code in adrg_of() if code.endswith("9")][:3]
    rows = []
    for code, spread in zip(drgs, (0.2, 0.6, 1.2), strict=True):
        costs = 10_000 * rng.lognormal(0, spread, 3_000)
        rows += [(code, f"{cost:.2f}") for cost in costs * (10_000 / costs.mean())]
    truth = dict.fromkeys(drgs, Decimal(1))
    trims = calibrate(grouped(rows, SPLIT), compare_trims=truth).trims
    assert trims is not None
    of = {row["trimming"]: row for row in trims.iter_rows(named=True)}
    assert of["none"]["distance_percent"] < 0.01
    assert of["iqr:1.5"]["even_percent"] > 5 > -5 > of["iqr:1.5"]["uneven_percent"]
    assert of["iqr:1.5"]["uneven_percent"] < of["winsor-iqr:1.5"]["uneven_percent"] < 0


def test_without_being_asked_nothing_is_compared_and_a_strange_reference_is_refused() -> None:
    frame = year(1, 4_000, groups=12)
    assert calibrate(frame).trims is None
    with pytest.raises(drg.DrgError, match="no-such"):
        calibrate(frame, compare_trims="no-such")


@pytest.mark.parametrize("rule", ["percentile:1,99", "winsor-percentile:1,99"])
def test_a_group_of_two_does_not_vanish_and_that_is_said(rule: str) -> None:
    rows = [("BS19", cost) for cost in range(1_000, 1_200)] + [("BB25", 5_000), ("BB25", 7_000)]
    found = calibrate(grouped(rows), trimming=rule, min_cases=2)
    assert dict(found.groups.select("drg", "kept").iter_rows())["BB25"] == 2
    said = "1 group has fewer than 100 cases"
    assert any(said in note.message and "2 cases are not trimmed" in note.message for note in found.notes)
    assert not any("not trimmed" in n.message for n in calibrate(grouped(rows), min_cases=2).notes)


def test_winsorised_means_equal_numpy() -> None:
    frame = year(3, 8_000)
    found = calibrate(frame, trimming="winsor-iqr:1.5", min_cases=5)
    high = 0
    for row in found.groups.filter(pl.col("cases") > 0).iter_rows(named=True):
        cost = frame.filter(pl.col("drg") == row["drg"])["total_cost_yuan"].cast(pl.Float64).to_numpy()
        first, third = np.quantile(cost, [0.25, 0.75])
        bounds = first - 1.5 * (third - first), third + 1.5 * (third - first)
        assert row["kept"] == row["cases"] == len(cost)
        assert row["trimmed_high"] == (cost > bounds[1]).sum()
        assert abs(float(row["mean_cost_yuan"]) - cost.clip(*bounds).mean()) < 0.0151
        high += row["trimmed_high"]
    assert high > 100
