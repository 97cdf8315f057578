"""Input of the suite: one simulated year, the same for every version.

The year is made for one base version, with its codes and its weights. The largest input, for the command, is
that year several times over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from benchmarks.conftest import most_cases
from drg import simulate
from drg.columns import INPUT

BASE = "chs-drg-2.0"
SEED = 2025
THOUSAND = 1_000


class Year(NamedTuple):
    """The simulated year as files: a thousand cases of it, all of it, and all of it several times."""

    thousand: Path
    whole: Path
    most: Path


@pytest.fixture(scope="session")
def year(cases: int, pytestconfig: pytest.Config) -> Iterator[Year]:
    made = simulate(cases, BASE, seed=SEED).select(*INPUT, "total_cost_yuan")
    with tempfile.TemporaryDirectory(prefix="drg-bench-") as directory:
        files = Year(*(Path(directory) / f"{name}.parquet" for name in Year._fields))
        made.sample(min(THOUSAND, cases), seed=SEED).write_parquet(files.thousand)
        made.write_parquet(files.whole)
        times = max(1, most_cases(pytestconfig) // cases)
        pl.scan_parquet([files.whole] * times).sink_parquet(files.most)
        yield files
