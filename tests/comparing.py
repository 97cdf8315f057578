"""Discharges and schemes for tests of comparisons; all amounts and weights are made up."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from drg import Grouper, PaymentScheme, Pricer
from drg.payment.load_scheme import LoadedScheme
from drg.payment.weights import Weight
from drg.tables import load_tables
from tests.helpers import DATA, DEMO_CASES, demo_frame, grouper_tables

VERSIONS = ("chs-drg-1.0", "chs-drg-1.1", "chs-drg-2.0")
# What does not need hundreds of groups is compared by these, which takes a tenth of the time.
DEMO_VERSIONS = ("demo", "demo-2", "demo-3")
MADE_UP = {"source": "made up"}


def discharges(cases: int, *, hospitals: int = 5, seed: int = 1) -> pl.DataFrame:
    """Discharges of the conformance samples with hospitals, departments, patients and costs."""
    samples = [pl.read_parquet(DATA / "conformance" / f"{version}.parquet") for version in VERSIONS]
    every = pl.concat(samples, how="diagonal_relaxed").drop(r"^expected_.*$")
    return _of_hospitals(every, cases, hospitals, seed)


def demo_discharges(cases: int, *, hospitals: int = 5, seed: int = 1) -> pl.DataFrame:
    """Discharges of the demo version with hospitals, departments, patients and costs; some are impossible."""
    impossible = [case | {"age_years": 300} for case in DEMO_CASES[:2]]
    return _of_hospitals(demo_frame([*DEMO_CASES, *impossible]), cases, hospitals, seed)


def _of_hospitals(every: pl.DataFrame, cases: int, hospitals: int, seed: int) -> pl.DataFrame:
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


@lru_cache(maxsize=1)
def demo_groupers() -> tuple[Grouper, Grouper, Grouper]:
    """The demo version, and two others.

    In the second BS1 is gone and BV1 has taken its code, so BS19 means two groups; BZ1 has a DRG, and a
    complication has another level. In the third BR1 comes first in its MDC, a procedure leads to another
    MDC, and one diagnosis is grouped no longer.
    """
    base = load_tables("demo").frames
    two, three = dict(base), dict(base)
    gone = pl.col("adrg") == "BS1"
    called = pl.col("adrg").replace("BV1", "BS1")
    new = {"adrg": pl.lit("BZ1"), "drg": pl.lit("BZ19")}
    two["adrg"] = base["adrg"].filter(~gone).with_columns(called)
    two["drg"] = pl.concat(
        [
            base["drg"].filter(~gone).with_columns(called, pl.col("drg").replace("BV19", "BS19")),
            base["drg"].filter(pl.col("adrg") == "BV1").with_columns(**new),
        ]
    )
    raised = pl.when(pl.col("code") == "D90.300").then(pl.lit("MCC")).otherwise("level")
    two["complications"] = base["complications"].with_columns(level=raised)
    first = pl.when(pl.col("adrg") == "BR1").then(0).otherwise("order")
    three["adrg"] = base["adrg"].with_columns(order=first)
    of_other = (pl.col("set") == "OP_AA1") | (pl.col("set") == "DI_P00") & (pl.col("code") == "D20.100")
    three["sets"] = base["sets"].with_columns(
        code=pl.when(of_other).then(pl.lit("X") + pl.col("code")).otherwise("code")
    )
    return (
        Grouper("demo"),
        Grouper(grouper_tables(two, "demo-2")),
        Grouper(grouper_tables(three, "demo-3")),
    )


def weight(drg: str, factor: Decimal = Decimal(1)) -> Decimal:
    """A weight that depends on nothing but the code."""
    return (Decimal(3000 + zlib.crc32(drg.encode()) % 30_000) / 10_000 * factor).quantize(Decimal("0.0001"))


def scheme(
    grouper: Grouper,
    *,
    factor: Decimal = Decimal(1),
    rate: int = 10_000,
    without: Collection[str] = (),
    **more: Any,
) -> Pricer:
    """A scheme for a version, with a weight for every group but each tenth and those named."""
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
    every = grouper.program.drg["drg"]
    codes = [code for code in every if zlib.crc32(code.encode()) % 10 and code not in without]
    weights: dict[tuple[str, str | None], Weight] = {
        (code, None): Weight(code, weight(code, factor), None, row) for row, code in enumerate(codes, 2)
    }
    return Pricer(LoadedScheme(model, weights, Path(), grouper.tables.manifest))
