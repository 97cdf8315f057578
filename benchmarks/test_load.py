"""The tables of a version → ready to group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.conftest import check, resampled
from drg import Grouper
from drg.grouping import cache
from drg.grouping.compiler import compile_tables
from drg.tables import load_tables
from drg.tables.language import parse


def test_load(benchmark: Any, version: str, rounds: int) -> None:
    """Read, overlay and lint."""
    tables = benchmark.pedantic(load_tables, (version,), rounds=rounds, warmup_rounds=1)
    assert tables.manifest.id == version


def test_compile(benchmark: Any, version: str, rounds: int) -> None:
    tables = load_tables(version)
    program = benchmark.pedantic(
        compile_tables, (tables,), setup=parse.cache_clear, rounds=rounds, warmup_rounds=1
    )
    benchmark.extra_info["arrays_mb"] = sum(array.nbytes for array in program.arrays) / 1e6
    assert program.drg.height == tables.drg.height


def test_ready(benchmark: Any, version: str, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both: all that happens before the first case, the first time."""
    monkeypatch.setenv(cache.VARIABLE, "")
    grouper = benchmark.pedantic(Grouper, (version,), setup=parse.cache_clear, rounds=rounds, warmup_rounds=1)
    some = resampled(version, 500)
    check(grouper.group(some.discharges), some.expected)


def test_kept(
    benchmark: Any, version: str, rounds: int, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same when an earlier run has kept the version."""
    monkeypatch.setenv(cache.VARIABLE, str(scratch / "cache"))
    grouper = benchmark.pedantic(Grouper, (version,), rounds=rounds, warmup_rounds=1)
    some = resampled(version, 500)
    check(grouper.group(some.discharges), some.expected)
