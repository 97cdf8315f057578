"""The command ``drg group``, from the outside: wall time of a small file, peak memory of large ones.

Processor time is measured as ratios in one run, which mean something on a busy machine too: of ten cases to
importing polars, of the first run on a machine to the next one, and of many cases of varied codes to polars
copying the input.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.conftest import MILLION, check, crossed, record, resampled

VERSION = "chs-drg-2.0"
# The memory of a child counts that of the process which starts it, so a small one stands between.
MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
COPIED = "import sys, polars; polars.scan_parquet(sys.argv[1]).sink_parquet(sys.argv[2])"
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


def processor_seconds(command: list[str], **environment: str) -> float:
    """The processor time of a command from start to end, in all its threads."""
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def test_small_files(benchmark: Any, scratch: Path, rounds: int) -> None:
    """Ten cases against importing polars, and the first run against the next one."""
    some = resampled(VERSION, 200)
    some.discharges.head(10).write_parquet(scratch / "ten.parquet")
    some.discharges.write_parquet(scratch / "some.parquet")
    ten, more = (group(scratch / f"{name}.parquet", scratch / f"{name}.csv") for name in ("ten", "some"))
    polars = [sys.executable, "-c", "import polars"]
    found: dict[str, list[float]] = {"polars": [], "first": [], "next": [], "ten": []}

    def measure() -> None:
        cache = str(scratch / "cache")
        shutil.rmtree(cache, ignore_errors=True)
        found["first"].append(processor_seconds(more, DRG_CACHE=cache))
        found["next"].append(processor_seconds(more, DRG_CACHE=cache))
        found["ten"].append(processor_seconds(ten, DRG_CACHE=cache))
        found["polars"].append(processor_seconds(polars))

    benchmark.pedantic(measure, rounds=rounds)
    least = {name: min(seconds) for name, seconds in found.items()}
    benchmark.extra_info["times_importing_polars"] = least["ten"] / least["polars"]
    benchmark.extra_info["first_times_next"] = least["first"] / least["next"]
    assert pl.read_csv(scratch / "some.csv").height == 200


def test_processor_time(benchmark: Any, scratch: Path, size: int, rounds: int) -> None:
    """Cases of varied codes, Parquet to Parquet, against polars copying the input."""
    source, result = scratch / "source.parquet", scratch / "result.parquet"
    crossed(VERSION, size).write_parquet(source)
    copy = [sys.executable, "-c", COPIED, str(source), str(scratch / "copy.parquet")]
    found: dict[str, list[float]] = {"group": [], "copy": []}

    def measure() -> None:
        found["group"].append(processor_seconds(group(source, result)))
        found["copy"].append(processor_seconds(copy))

    benchmark.pedantic(measure, rounds=min(rounds, 3))
    benchmark.extra_info["times_copying_input"] = min(found["group"]) / min(found["copy"])
    assert pl.scan_parquet(result).select(pl.len()).collect().item() == size


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
