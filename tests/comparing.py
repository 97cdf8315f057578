"""Discharges and schemes for tests of comparisons; all amounts and weights are made up."""

from __future__ import annotations

import zlib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from drg import Grouper, PaymentScheme, Pricer
from drg.payment.load_scheme import LoadedScheme
from drg.payment.weights import Weight
from tests.helpers import DATA

VERSIONS = ("chs-drg-1.0", "chs-drg-1.1", "chs-drg-2.0")
MADE_UP = {"source": "made up"}


def discharges(cases: int, *, hospitals: int = 5, seed: int = 1) -> pl.DataFrame:
    """Discharges of the conformance samples with hospitals, departments, patients and costs."""
    samples = [pl.read_parquet(DATA / "conformance" / f"{version}.parquet") for version in VERSIONS]
    every = pl.concat(samples, how="diagonal_relaxed").drop(r"^expected_.*$")
    rng = np.random.default_rng(seed)
    chosen = every[rng.choice(every.height, cases)]
    admitted = [date(2025, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 300, cases)]
    return chosen.with_columns(
        case_id=pl.Series([f"{number:06d}" for number in range(cases)]),
        hospital_id=pl.Series([f"H{number}" for number in rng.integers(0, hospitals, cases)]),
        department=pl.Series([("内科", "外科", None)[number] for number in rng.integers(0, 3, cases)]),
        patient_id=pl.Series([f"P{number}" for number in rng.integers(0, cases // 3 + 1, cases)]),
        admission_date=pl.Series(admitted),
        discharge_date=pl.Series(admitted) + pl.duration(days=5),
        total_cost_yuan=pl.Series(rng.lognormal(9, 1, cases).round(2)).cast(pl.Decimal(18, 2)),
    )


def weight(drg: str, factor: Decimal = Decimal(1)) -> Decimal:
    """A weight that depends on nothing but the code."""
    return (Decimal(3000 + zlib.crc32(drg.encode()) % 30_000) / 10_000 * factor).quantize(Decimal("0.0001"))


def scheme(grouper: Grouper, *, factor: Decimal = Decimal(1), rate: int = 10_000, **more: Any) -> Pricer:
    """A scheme for a version, with a weight for every group but each tenth."""
    model = PaymentScheme.model_validate(
        {
            "id": f"scheme-of-{grouper.id}",
            "title": "made up",
            "region": "none",
            "grouper": grouper.id,
            "status": "illustrative",
            **MADE_UP,
            "method": {"kind": "rate", **MADE_UP},
            "rates": [{"value_yuan": Decimal(rate), **MADE_UP}],
            "high": {
                "formula": "linear_add",
                "reference": "standard",
                "tiers": [{"threshold": Decimal(3)}],
                **MADE_UP,
            },
            **{name: {"pays": "by_item", **MADE_UP} for name in ("ungrouped", "ambiguous", "unweighted")},
            **more,
        }
    )
    codes = [code for code in grouper.program.drg["drg"] if zlib.crc32(code.encode()) % 10]
    weights: dict[tuple[str, str | None], Weight] = {
        (code, None): Weight(code, weight(code, factor), None, row) for row, code in enumerate(codes, 2)
    }
    return Pricer(LoadedScheme(model, weights, Path(), grouper.tables.manifest))
