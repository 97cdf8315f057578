"""Grouped cases → weights; and the same cases priced by two schemes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.conftest import SEED, record
from drg.analysis.calibration import calibrate, what_if
from drg.tables import load_tables

VERSION = "harbin-2022"
LEAST = 2


@pytest.fixture(scope="module")
def grouped(cases: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cases of all groups of the version, with the columns that either reads, as Parquet."""
    rng = np.random.default_rng(SEED)
    drgs = load_tables(VERSION).drg["drg"]
    share, level = rng.lognormal(0, 1.5, len(drgs)), rng.lognormal(0, 0.7, len(drgs))
    place = rng.choice(len(drgs), cases, p=share / share.sum())
    cost = (9_000 * level[place] * rng.lognormal(-0.18, 0.6, cases)).clip(1, 1e7).round(2)
    frame = pl.DataFrame(
        {
            "drg": drgs.gather(place),
            "drg_name": drgs.gather(place),
            "grouping_status": pl.repeat("grouped", cases, eager=True),
            "grouper": pl.repeat(VERSION, cases, eager=True),
            "hospital_id": pl.Series(rng.integers(0, 200, cases)).cast(pl.String),
            "department": pl.Series(rng.integers(0, 30, cases)).cast(pl.String),
            "total_cost_yuan": pl.Series(cost).cast(pl.Decimal(18, 2)),
        }
    )
    file = tmp_path_factory.mktemp("grouped") / "grouped.parquet"
    frame.write_parquet(file)
    return file


def test_calibrate(benchmark: Any, grouped: Path, cases: int, rounds: int) -> None:
    def run() -> Any:
        return calibrate(pl.scan_parquet(grouped), min_cases=LEAST)

    found = benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    assert found.periods["rows"].to_list() == [cases]
    assert found.groups["cases"].sum() + found.periods["unknown_group"].sum() == cases


def test_what_if(benchmark: Any, grouped: Path, cases: int, rounds: int) -> None:
    new = calibrate(pl.scan_parquet(grouped), min_cases=LEAST).scheme("new")

    def run() -> Any:
        return what_if(pl.scan_parquet(grouped), VERSION, new)

    result = benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    assert result.total["cases"].item() == cases
    assert result.hospitals["difference_yuan"].sum() == result.total["difference_yuan"].item()
