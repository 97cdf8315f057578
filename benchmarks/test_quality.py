"""Grouped cases → the quality of their grouping; and the sums alone.

Costs are made up: log-normal, dearer from group to group.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.conftest import SEED, record, resampled
from drg import Grouper
from drg.analysis.quality import GroupMoments, evaluate

VERSION = "chs-drg-2.0"
BATCH = 50_000


@pytest.fixture(scope="module")
def grouped(cases: int) -> pl.DataFrame:
    rng = np.random.default_rng(SEED)
    frame = Grouper(VERSION).group(resampled(VERSION, cases).discharges)
    place = frame["drg"].fill_null("").rank("dense").to_numpy()
    cost = (rng.lognormal(8.5, 0.7, cases) * (1 + place / 100)).round(2)
    return frame.with_columns(
        total_cost_yuan=pl.Series(cost).cast(pl.Decimal(18, 2)),
        hospital_id=pl.Series(rng.integers(0, 200, cases)).cast(pl.String).str.replace("^", "H"),
    )


def test_evaluate(benchmark: Any, grouped: pl.DataFrame, cases: int, rounds: int, scratch: Path) -> None:
    source = scratch / "grouped.parquet"
    grouped.write_parquet(source)
    found = benchmark.pedantic(evaluate, (pl.scan_parquet(source),), rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    assert found.summary["cases"] == cases
    assert 0 < found.summary["riv_cost"] < 1
    assert found.hospitals["cases"].sum() == found.summary["grouped"]


def test_moments(benchmark: Any, grouped: pl.DataFrame, cases: int, rounds: int) -> None:
    def run() -> GroupMoments:
        moments = GroupMoments()
        for batch in grouped.iter_slices(BATCH):
            moments.add(batch)
        return moments

    moments = benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    assert moments.summary()["grouped"] == (grouped["grouping_status"] == "grouped").sum()
