"""The command ``drg group``, from the outside: wall time of a small file, peak memory of large ones."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.conftest import MILLION, check, record, resampled

VERSION = "chs-drg-2.0"
# The memory of a child counts that of the process which starts it, so a small one stands between.
MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
UNIT = 1 if sys.platform == "darwin" else 1024


def group(source: Path, result: Path, version: str = VERSION) -> list[str]:
    command = shutil.which("drg", path=str(Path(sys.executable).parent))
    assert command is not None, "drg is not installed beside this Python"
    return [command, "group", str(source), "-o", str(result), "--grouper", version]


def test_ten_cases(benchmark: Any, scratch: Path, rounds: int) -> None:
    some = resampled(VERSION, 10)
    some.discharges.write_parquet(scratch / "source.parquet")
    command = group(scratch / "source.parquet", scratch / "result.parquet")
    run = {"check": True, "capture_output": True}
    benchmark.pedantic(subprocess.run, (command,), run, rounds=rounds, warmup_rounds=1)
    check(pl.read_parquet(scratch / "result.parquet"), some.expected)


def test_memory(benchmark: Any, scratch: Path, size: int) -> None:
    pytest.importorskip("resource")
    part = resampled(VERSION, min(size, MILLION))
    part.discharges.write_parquet(scratch / "part.parquet")
    pl.scan_parquet([scratch / "part.parquet"] * (size // part.expected.height)).sink_parquet(
        scratch / "source.parquet"
    )
    command = [sys.executable, "-c", MEASURED, *group(scratch / "source.parquet", scratch / "result.parquet")]
    run = {"check": True, "capture_output": True, "text": True}
    done = benchmark.pedantic(subprocess.run, (command,), run, rounds=1)
    record(benchmark, size, peak_mb=int(done.stdout) * UNIT / 1e6)
    result = pl.scan_parquet(scratch / "result.parquet")
    check(result.select("mdc", "adrg", "drg").head(part.expected.height).collect(), part.expected)
    assert result.select(pl.len()).collect().item() == size
