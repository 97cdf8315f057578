"""Each version: throughput, memory, conformance, and how well it tells dear cases from cheap ones.

Loading and compiling are measured in benchmarks/test_load.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.conftest import SAMPLES, check, record
from benchmarks.groupers.conftest import SEED, Year
from benchmarks.test_command import MEASURED, UNIT, group
from drg import Grouper, simulate
from drg.analysis.quality import GroupMoments
from drg.grouping.code_index import NO_CODE

# The full files are no part of the repository; where they lie beside it, they count too.
FULL = Path(__file__).resolve().parents[3] / "shared" / "conformance"
QUALITY = (
    "grouping_rate", "groups_used", "few_case_groups", "riv_cost", "riv_los",
    "share_cases_cv_below_0_8", "share_cases_cv_below_1",
)  # fmt: skip


@pytest.mark.parametrize("part", ["thousand", "whole"])
def test_throughput(benchmark: Any, scratch: Path, version: str, year: Year, rounds: int, part: str) -> None:
    """Parquet to Parquet, within one process."""
    source, result = getattr(year, part), scratch / "result.parquet"
    grouper = Grouper(version)

    def run() -> None:
        grouper.group(pl.scan_parquet(source)).sink_parquet(result)

    benchmark.pedantic(run, rounds=min(rounds, 3), warmup_rounds=1)
    cases = pl.scan_parquet(source).select(pl.len()).collect().item()
    record(benchmark, cases)
    written = pl.scan_parquet(result).select(pl.len(), same=(pl.col("grouper") == version).all()).collect()
    assert written.row(0) == (cases, True)


def test_most(benchmark: Any, scratch: Path, version: str, year: Year) -> None:
    """The command, Parquet to Parquet, from start to end: seconds and peak memory."""
    pytest.importorskip("resource")
    result = scratch / "result.parquet"
    command = [sys.executable, "-c", MEASURED, *group(year.most, result, version)]
    run = {"check": True, "capture_output": True, "text": True}
    done = benchmark.pedantic(subprocess.run, (command,), run, rounds=1)
    cases = pl.scan_parquet(year.most).select(pl.len()).collect().item()
    record(benchmark, cases, peak_mb=int(done.stdout) * UNIT / 1e6)
    assert pl.scan_parquet(result).select(pl.len()).collect().item() == cases


def test_quality(benchmark: Any, version: str, year: Year) -> None:
    """The whole year grouped, and its statistical quality."""
    grouper = Grouper(version)
    moments: list[GroupMoments] = []

    def run() -> None:
        moments.append(GroupMoments())
        grouper.group(pl.read_parquet(year.whole), on_batch=moments[-1].add)

    benchmark.pedantic(run, rounds=1)
    summary = moments[-1].summary()
    cases = pl.scan_parquet(year.whole).select(pl.len()).collect().item()
    assert summary["cases"] == cases
    assert 0.2 < (summary["grouping_rate"] or 0) <= 1
    # Of another edition of the codes, a version knows a part.
    principal = pl.read_parquet(year.whole, columns=["principal_diagnosis"]).to_series().drop_nulls()
    known = float((grouper.program.diagnoses.encode(principal) != NO_CODE).mean())
    record(benchmark, cases, known_diagnoses=known, **{name: summary[name] for name in QUALITY})


def test_conformance(benchmark: Any, version: str) -> None:
    """The share of the cases with known groups that get them."""
    grouper = Grouper(version)
    files = [folder / f"{version}.parquet" for folder in (SAMPLES, FULL)]
    whole = pl.concat([pl.read_parquet(file) for file in files if file.exists()])
    expected = whole.select(name for name in whole.columns if name.startswith("expected_"))
    grouped = benchmark.pedantic(grouper.group, (whole.drop(expected.columns),), rounds=1)
    wanted = {name: f"expected_{name}" for name in ("mdc", "adrg", "drg")}
    levels = grouped.select(pl.col(name).replace("0000", None) for name in wanted)
    same = pl.all_horizontal(levels[name].eq_missing(expected[known]) for name, known in wanted.items())
    equal = int(pl.select(same).to_series().sum())
    record(benchmark, whole.height, conformance_cases=whole.height, conformance=equal / whole.height)
    check(grouped, expected)


def test_simulate(benchmark: Any, version: str, cases: int) -> None:
    """A simulated year of the version's own: how many of its groups are reached."""
    grouper = Grouper(version)
    simulate(1, grouper, seed=SEED)  # the prototypes, which a process finds once
    made = benchmark.pedantic(simulate, (cases, grouper), {"seed": SEED}, rounds=1)
    reached = grouper.group(made.select(grouper.required_columns))["drg"].unique()
    groups = grouper.tables.drg["drg"]
    share = int(groups.is_in(reached.implode()).sum()) / len(groups)
    record(benchmark, cases, groups=len(groups), groups_reached=share)
    assert share > 0.3
