"""Cost index and time index by both definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from drg.analysis.intervals import Kind
from drg.analysis.quality import evaluate
from drg.analysis.quality.indices import Indices
from tests.analysis.quality.frames import grouped, random_cases, usable


def test_by_hand() -> None:
    """The example of docs/quality.md: the two definitions differ."""
    here = grouped([("AA19", 150, 3), ("AB19", 1000, 10), ("AB19", 1000, 10)], "H1")
    there = grouped([("AA19", 50, 1), ("AB19", 1000, 10)], "H2")
    one, other = evaluate(pl.concat([here, there])).hospitals.to_dicts()
    # Means of the region: 100 and 1,000 yuan.
    assert one["cost_index_ratio_of_sums"] == pytest.approx(2150 / 2100)
    assert one["cost_index_mean_of_ratios"] == pytest.approx((1.5 + 1 * 2) / 3)
    assert other["cost_index_ratio_of_sums"] == pytest.approx(1050 / 1100)
    assert other["cost_index_mean_of_ratios"] == pytest.approx((0.5 + 1) / 2)
    assert one["time_index_ratio_of_sums"] == pytest.approx(23 / 22)
    assert one["time_index_mean_of_ratios"] == pytest.approx((1.5 + 2) / 3)
    assert (one["cases"], one["groups"], one["mean_cost_yuan"]) == (3, 2, pytest.approx(2150 / 3))
    assert one["cost_to_payment_standard"] is None


def test_equal_pandas() -> None:
    frame = random_cases(3000, seed=9, hospitals=7)
    found = evaluate(frame).hospitals
    assert found["hospital_id"].to_list() == [f"H{n}" for n in range(7)]
    for column, name in (("total_cost_yuan", "cost"), ("los_days", "time")):
        cases = usable(frame, column)
        region = cases.groupby("drg")["x"].mean().rename("region")
        cells = cases.groupby(["hospital_id", "drg"])["x"].agg(["mean", "count"]).join(region, on="drg")
        for row in found.iter_rows(named=True):
            part = cells.loc[row["hospital_id"]]
            sums = (part["mean"] * part["count"]).sum() / (part["region"] * part["count"]).sum()
            ratios = (part["mean"] / part["region"] * part["count"]).sum() / part["count"].sum()
            assert row[f"{name}_index_ratio_of_sums"] == pytest.approx(sums, rel=1e-12)
            assert row[f"{name}_index_mean_of_ratios"] == pytest.approx(ratios, rel=1e-12)
    both = cases.groupby("hospital_id")["x"].count()
    assert found["los_cases"].to_list() == both.tolist()


def test_the_region_as_one_hospital_has_index_one() -> None:
    frame = random_cases(3000).filter(pl.col("drg") < "AE").with_columns(hospital_id=pl.lit("H1"))
    found = evaluate(frame)
    indices = [name for name in found.hospitals.columns if "index" in name]
    # Its interval is 1 too, whatever the cases cost.
    assert found.hospitals.select(indices).row(0) == pytest.approx([1] * 12)
    assert "one-hospital" in found.findings["rule"]


def test_the_payment_standard_of_priced_cases() -> None:
    frame = grouped([("AA19", 100, 1), ("AA19", 200, 1), ("AA19", None, 1), ("AA19", 400, 1)])
    frame = frame.with_columns(
        standard_payment_yuan=pl.Series(["120", "180", "120", None]).cast(pl.Decimal(18, 2))
    )
    (row,) = evaluate(frame).hospitals.to_dicts()
    assert row["cost_to_payment_standard"] == 1


def test_groups_without_any_cost_have_no_part() -> None:
    free = grouped([("AA19", 0, 0), ("AB19", 100, 2)], "H1")
    dear = grouped([("AA19", 0, 0), ("AB19", 300, 6)], "H2")
    only_free = grouped([("AA19", 0, 0)], "H3")
    found = evaluate(pl.concat([free, dear, only_free]))
    assert found.hospitals["cost_index_mean_of_ratios"].to_list() == [0.5, 1.5, None]
    assert found.hospitals["time_index_ratio_of_sums"].to_list() == [0.5, 1.5, None]


def test_cases_without_a_hospital() -> None:
    frame = random_cases(300)
    nobody = frame.with_columns(hospital_id=pl.when(pl.int_range(pl.len()) > 100).then("hospital_id"))
    found = evaluate(nobody)
    grouped_cases = nobody.filter(pl.col("grouping_status") == "grouped")
    missing = grouped_cases["hospital_id"].is_null().sum()
    assert found.findings.filter(rule="no-hospital")["count"].to_list() == [missing]
    assert found.hospitals["cases"].sum() == grouped_cases.height - missing
    without = evaluate(frame.drop("hospital_id"))
    assert without.hospitals.is_empty()
    assert isinstance(without.hospitals.to_pandas(), pd.DataFrame)


def test_intervals_against_leaving_out_each_case() -> None:
    """The means of the region are estimated by the same cases: each case moves both."""
    rng = np.random.default_rng(8)
    cases = 500
    hospital, group = rng.integers(0, 2, cases), rng.integers(0, 6, cases)
    cost = np.rint(rng.gamma(9, 1000, cases) * (1 + group)).astype(np.int64)
    whole = Indices(hospital, group, cost, 2, 6, 0.95)
    logs = []
    for i in range(cases):
        left = np.arange(cases) != i
        part = Indices(hospital[left], group[left], cost[left], 2, 6, 0.95)
        logs.append([np.log(part.ratio_of_sums), np.log(part.mean_of_ratios)])
    error = np.sqrt(((np.array(logs) - np.mean(logs, axis=0)) ** 2).sum(axis=0))
    for limits, theirs in zip((whole.of_sums, whole.of_ratios), error, strict=True):
        quantile = stats.t.ppf(0.975, np.bincount(hospital) - 1)
        assert np.log(limits.high / limits.low) == pytest.approx(2 * quantile * theirs, rel=0.03)


def test_small_hospitals_and_small_groups_have_no_interval() -> None:
    rng = np.random.default_rng(9)
    least = Kind.INDEX.value[0]
    hospital = np.repeat([0, 1], [least - 1, 2000])
    cost = rng.integers(900, 1100, len(hospital))
    few_groups = Indices(hospital, rng.integers(0, 5, len(hospital)), cost, 2, 5, 0.95)
    assert np.isnan(few_groups.of_sums.low).tolist() == [True, False]
    many_groups = Indices(hospital, rng.integers(0, 500, len(hospital)), cost, 2, 500, 0.95)
    assert np.isnan(many_groups.of_sums.low).all()
