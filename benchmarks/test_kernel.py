"""Encoded cases → group numbers, one thread."""

from __future__ import annotations

from typing import Any

import polars as pl

from benchmarks.conftest import Sample, check, record
from drg import Grouper
from drg.grouping.case_arrays import Decoder, encode, grouped


def test_kernel(benchmark: Any, version: str, sample: Sample, cases: int, rounds: int) -> None:
    program = Grouper(version).program
    encoded = encode(sample.discharges, program)
    groups = benchmark.pedantic(grouped, (encoded, program), rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    check(pl.DataFrame(Decoder(program, version).decode(encoded, groups)), sample.expected)
