"""A month comes into a ledger that has eleven; the whole year is checked, and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.ledger.made import begun, priced, write

from benchmarks.conftest import record
from drg.ledger import Ledger

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
HOSPITALS = [f"H{number}" for number in range(1, 1001)]


def month(directory: Path, name: str, cases: int) -> Path:
    frame = priced(name, cases, HOSPITALS, first=MONTHS.index(name) * cases)
    return write(frame, directory / f"{name}.parquet")


@pytest.fixture
def ledger(scratch: Path, cases: int) -> Ledger:
    """Eleven months."""
    ledger = begun(scratch / "ledger")
    for name in MONTHS[:-1]:
        file = month(scratch, name, cases)
        ledger.add_cases([file])
        file.unlink()
    return ledger


def test_ledger_add(benchmark: Any, ledger: Ledger, scratch: Path, cases: int, rounds: int) -> None:
    file = month(scratch, MONTHS[-1], cases)
    ledger.add_cases([file])
    # The same month again, as a correction: all that a new month costs, and no less.
    benchmark.pedantic(ledger.add_cases, ([file],), {"correct": True}, rounds=rounds)
    record(benchmark, cases)
    assert ledger.months()["cases"].sum() == 12 * cases


def test_ledger_verify(benchmark: Any, ledger: Ledger, cases: int, rounds: int) -> None:
    findings = benchmark.pedantic(ledger.verify, rounds=rounds)
    record(benchmark, 11 * cases)
    assert findings.is_empty()


def test_ledger_read(benchmark: Any, ledger: Ledger, scratch: Path, cases: int, rounds: int) -> None:
    """Payments by hospital; of one month, half of the hospitals were corrected."""
    half = priced(MONTHS[0], cases, HOSPITALS).filter(pl.col("hospital_id") < "H5")
    ledger.add_cases([write(half, scratch / "half.parquet")], correct=True)

    def read() -> pl.DataFrame:
        sums = ledger.cases().group_by("hospital_id").agg(pl.len(), pl.col("payment_yuan").sum())
        return sums.collect(engine="streaming")

    found = benchmark.pedantic(read, rounds=rounds)
    record(benchmark, 11 * cases)
    assert found["len"].sum() == 11 * cases
