"""Cost index and time index by both definitions."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from drg.analysis.quality import evaluate
from tests.analysis.quality.frames import grouped, random_cases, usable


def test_by_hand() -> None:
    """The example of docs/quality.md: the two definitions differ."""
    here = grouped([("AA19", 150, 3), ("AB19", 1000, 10), ("AB19", 1000, 10)], "H1")
    there = grouped([("AA19", 50, 1), ("AB19", 1000, 10)], "H2")
    one, other = evaluate(pl.concat([here, there]), replicates=0).hospitals.to_dicts()
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
    found = evaluate(frame, replicates=0).hospitals
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
    frame = random_cases(500).with_columns(hospital_id=pl.lit("H1"))
    found = evaluate(frame, replicates=0)
    indices = [name for name in found.hospitals.columns if "index" in name]
    assert found.hospitals.select(indices).row(0) == pytest.approx([1] * 4)
    assert "one-hospital" in found.findings["rule"]


def test_the_payment_standard_of_priced_cases() -> None:
    frame = grouped([("AA19", 100, 1), ("AA19", 200, 1), ("AA19", None, 1), ("AA19", 400, 1)])
    frame = frame.with_columns(
        standard_payment_yuan=pl.Series(["120", "180", "120", None]).cast(pl.Decimal(18, 2))
    )
    (row,) = evaluate(frame, replicates=0).hospitals.to_dicts()
    assert row["cost_to_payment_standard"] == 1


def test_groups_without_any_cost_have_no_part() -> None:
    free = grouped([("AA19", 0, 0), ("AB19", 100, 2)], "H1")
    dear = grouped([("AA19", 0, 0), ("AB19", 300, 6)], "H2")
    only_free = grouped([("AA19", 0, 0)], "H3")
    found = evaluate(pl.concat([free, dear, only_free]), replicates=0)
    assert found.hospitals["cost_index_mean_of_ratios"].to_list() == [0.5, 1.5, None]
    assert found.hospitals["time_index_ratio_of_sums"].to_list() == [0.5, 1.5, None]


def test_cases_without_a_hospital() -> None:
    frame = random_cases(300)
    nobody = frame.with_columns(hospital_id=pl.when(pl.int_range(pl.len()) > 100).then("hospital_id"))
    found = evaluate(nobody, replicates=0)
    grouped_cases = nobody.filter(pl.col("grouping_status") == "grouped")
    missing = grouped_cases["hospital_id"].is_null().sum()
    assert found.findings.filter(rule="no-hospital")["count"].to_list() == [missing]
    assert found.hospitals["cases"].sum() == grouped_cases.height - missing
    without = evaluate(frame.drop("hospital_id"), replicates=0)
    assert without.hospitals.is_empty()
    assert isinstance(without.hospitals.to_pandas(), pd.DataFrame)
