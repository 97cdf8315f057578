"""A file of discharges → a file with groups, against polars that merely copies the same files.

Each round also times polars as it reads and writes the input, and the result (the same columns that grouping
writes), so that both sides meet the same machine in the same minute. Three rounds are enough for files.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import polars as pl
import pytest

from benchmarks.conftest import Sample, check, record
from drg import Grouper


def scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)


def sink(frame: pl.LazyFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.sink_parquet(path)
    else:
        frame.sink_csv(path)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_end_to_end(
    benchmark: Any, scratch: Path, version: str, sample: Sample, cases: int, rounds: int, kind: str
) -> None:
    source, result, copy = (scratch / f"{name}.{kind}" for name in ("source", "result", "copy"))
    discharges = sample.discharges.lazy()
    sink(
        discharges.with_columns(pl.col(pl.List(pl.String)).list.join("|")) if kind == "csv" else discharges,
        source,
    )
    grouper = Grouper(version)
    copying: dict[Path, list[float]] = {source: [], result: []}

    def group() -> None:
        sink(grouper.group(scan(source)), result)

    def copy_both() -> None:
        for path, seconds in copying.items():
            started = perf_counter()
            sink(scan(path), copy)
            seconds.append(perf_counter() - started)

    group()
    benchmark.pedantic(group, setup=copy_both, rounds=min(rounds, 3), warmup_rounds=1)
    record(benchmark, cases)
    if benchmark.stats is not None:
        seconds = benchmark.stats.stats.median
        benchmark.extra_info["times_copying_input"] = seconds / median(copying[source])
        benchmark.extra_info["times_copying_result"] = seconds / median(copying[result])
    check(scan(result).select("mdc", "adrg", "drg").collect(), sample.expected)
    assert scan(copy).select(pl.len()).collect().item() == cases
