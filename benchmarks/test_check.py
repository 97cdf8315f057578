"""A file of discharges → all findings in a file, with all rules on.

The conformance samples lack what only statements need: hospitals, patients, dates and costs are made up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.conftest import record, resampled
from drg import Grouper
from drg.analysis.checks import RULES, checker
from drg.columns import INPUT, RECORD
from drg.records.batches import rebatched
from drg.records.cases import Cases
from drg.records.checking import RuleTally

VERSION = "chs-drg-2.0"


def discharges(cases: int) -> pl.DataFrame:
    """Discharges with every canonical column."""
    number = pl.int_range(pl.len())
    admitted = pl.datetime(2024, 1, 1, 8, 30) + pl.duration(days=number % 360)
    years, days = pl.col("age_years"), pl.col("age_days")
    born = (
        pl.when(years == 0)
        .then(admitted - pl.duration(days=days))
        .otherwise(admitted.dt.offset_by(pl.format("-{}y", years)))
    )
    cost = (number % 100_000 + 10).cast(pl.Decimal(18, 2))
    whole = resampled(VERSION, cases).discharges.with_columns(
        case_id=number.cast(pl.String),
        hospital_id=pl.format("H{}", number % 20),
        patient_id=pl.format("P{}", number * 7_919 % (cases * 9 // 10)),
        birth_date=born.cast(pl.Date),
        admission_date=admitted,
        discharge_date=admitted + pl.duration(days=pl.col("los_days")),
        admission_weight_g="birth_weight_g",
        ventilator_hours=pl.col("icu_hours") / 2,
        insurance_type=pl.when(number % 3 == 0).then(pl.lit("310")).otherwise(pl.lit("390")),
        total_cost_yuan=cost,
        cost_parts_yuan=cost,
    )
    assert set(whole.columns) == {*INPUT, *RECORD}
    return whole


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_check(benchmark: Any, scratch: Path, cases: int, rounds: int, form: str) -> None:
    whole = discharges(cases)
    source, result = scratch / f"source.{form}", scratch / "findings.parquet"
    if form == "csv":
        whole.with_columns(pl.col(pl.List(pl.String)).list.join("|")).write_csv(source)
    else:
        whole.write_parquet(source)
    ready = checker(whole.columns, Grouper(VERSION), RULES)
    assert not ready.skipped
    tallies: list[RuleTally] = []

    def check() -> None:
        frame = pl.scan_csv(source, infer_schema=False) if form == "csv" else pl.scan_parquet(source)
        tallies.append(RuleTally())
        ready.findings(Cases.of(rebatched(frame)), tally=tallies[-1]).sink_parquet(result)

    benchmark.pedantic(check, rounds=rounds, warmup_rounds=1)
    record(benchmark, cases, findings=tallies[-1].found.total())
    assert tallies[-1].cases == cases
    assert pl.scan_parquet(result).select(pl.len()).collect().item() == tallies[-1].found.total() > 0
