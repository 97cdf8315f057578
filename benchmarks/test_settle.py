"""Priced cases of a thousand hospitals → their accounts, beside polars reading the same columns of Parquet.

A year of two insurances, under a scheme with bands, a cap, a deposit and a budget. Above a million cases the
same file is read as often as it takes.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.conftest import MILLION, SEED, most_cases, record
from drg.payment.load_scheme import LoadedScheme
from drg.payment.scheme import PaymentScheme
from drg.settlement import Settlement, settle
from drg.settlement.case_sums import required_columns

HOSPITALS = 1000
SOURCE = {"source": "made up"}
BY_ITEM = {"pays": "by_item"} | SOURCE
SCHEME = {
    "id": "made",
    "title": "made",
    "region": "none",
    "grouper": "demo",
    "status": "illustrative",
    "method": {"kind": "rate"} | SOURCE,
    "rates": [{"value_yuan": 10_000} | SOURCE],
    "high": {"formula": "linear_add", "reference": "mean", "tiers": [{"threshold": 3}]} | SOURCE,
    "excluded_items": SOURCE,
    "ungrouped": BY_ITEM,
    "ambiguous": BY_ITEM,
    "unweighted": BY_ITEM,
    "settlement": {
        "surplus": {
            "mode": "marginal",
            "bands": [
                {"utilisation_at_least": 0, "hospital_keeps": 0},
                {"utilisation_at_least": "0.8", "hospital_keeps": 1},
            ],
        }
        | SOURCE,
        "overrun": {"mode": "marginal", "bands": [{"utilisation_at_least": 1, "fund_bears": "0.6"}]} | SOURCE,
        "limits": {"cap_of_cost": "1.1"} | SOURCE,
        "disbursement": {"monthly_share": "0.9"} | SOURCE,
        "deposit": {"share": "0.05", "scores": [{"score_at_least": 0, "returned": 1}]} | SOURCE,
        "budgets": [
            {"year": 2025, "amount_yuan": 10**9, "excess": "common_factor", "remainder": "fund"} | SOURCE
        ],
    }
    | SOURCE,
} | SOURCE


@pytest.fixture(scope="module")
def scheme() -> LoadedScheme:
    return LoadedScheme(PaymentScheme.model_validate(SCHEME), {}, Path())


def priced(cases: int, digest: str) -> pl.DataFrame:
    """Priced cases of all classes that pay something, by a scheme of this digest; most are normal."""
    rng = np.random.default_rng(SEED)
    standard = rng.integers(100_000, 3_000_000, cases)
    cost = (standard * rng.lognormal(-0.1, 0.3, cases)).astype(np.int64)
    kind = rng.choice(
        ["normal", "high", "low", "short", "incomplete"], cases, p=[0.9, 0.02, 0.02, 0.03, 0.03]
    )
    by_group, nothing = np.isin(kind, ["normal", "incomplete"]), np.zeros(cases, dtype=np.int64)
    high = np.where(kind == "high", cost // 2, 0)
    day = datetime(2025, 1, 1).timestamp() + rng.integers(0, 365, cases) * 86_400
    amounts = {
        "total_cost_yuan": cost,
        "excluded_items_yuan": np.where(rng.random(cases) < 0.05, cost // 10, 0),
        "standard_payment_yuan": standard,
        "drg_payment_yuan": np.where(by_group | (kind == "high"), standard, 0),
        "high_cost_payment_yuan": high,
        "item_payment_yuan": np.where(np.isin(kind, ["low", "short"]), cost, 0),
        "outside_payment_yuan": nothing,
        "special_case_payment_yuan": nothing,
        "excluded_items_payment_yuan": nothing,
        "patient_and_others_yuan": cost // 4,
        "borne_above_payment_yuan": nothing,
        "patient_share_yuan": cost // 4,
    }
    return pl.DataFrame(
        {
            "hospital_id": pl.Series(rng.integers(0, HOSPITALS, cases)).cast(pl.String).str.replace("^", "H"),
            "insurance_type": rng.choice(["310", "390"], cases),
            "discharge_date": pl.Series((day * 1_000_000).astype(np.int64)).cast(pl.Datetime("us")),
            "case_class": kind,
            "relative_weight": pl.Series(standard).cast(pl.Decimal(18, 0)) / 1_000_000,
            "points": pl.Series([None], dtype=pl.Decimal(18, 8)).new_from_index(0, cases),
            "scheme": pl.Series(["made"]).new_from_index(0, cases),
            "scheme_digest": pl.Series([digest]).new_from_index(0, cases),
            **{name: pl.Series(values).cast(pl.Decimal(18, 0)) / 100 for name, values in amounts.items()},
        }
    ).with_columns(
        pl.col("relative_weight").cast(pl.Decimal(18, 8)), pl.col(list(amounts)).cast(pl.Decimal(18, 2))
    )


def whole(settlement: Settlement, source: pl.LazyFrame, cases: int) -> None:
    """Every case is in a month, and what is paid is the sum of its cases and of what sharing changes."""
    months = settlement.rows.filter(span="month")
    assert months["cases"].sum() == cases
    assert months["cases_held"].sum() == 0
    cost = source.select(pl.col("total_cost_yuan").cast(pl.Decimal(38, 2)).sum()).collect().item()
    assert sum(months["cost_yuan"]) == cost
    years = settlement.rows.filter(span="year")
    assert sum(years["entitlement_yuan"]) == settlement.budgets["paid_yuan"][0]


def test_settle(
    benchmark: Any, scheme: LoadedScheme, pytestconfig: pytest.Config, rounds: int, scratch: Path
) -> None:
    most = most_cases(pytestconfig)
    file = scratch / "priced.parquet"
    times = max(1, most // MILLION)
    priced(most // times, scheme.pricing_digest).write_parquet(file)
    source = pl.scan_parquet([file] * times)
    reading: list[float] = []

    def read() -> None:
        started = perf_counter()
        source.select(required_columns(scheme.scheme)).map_batches(
            lambda batch: batch.clear().select(pl.lit(True).alias("done")),
            schema=pl.Schema({"done": pl.Boolean()}),
            streamable=True,
        ).collect(engine="streaming")
        reading.append(perf_counter() - started)

    def run() -> Settlement:
        return settle(source, scheme)

    run()
    settlement = benchmark.pedantic(run, setup=read, rounds=rounds, warmup_rounds=1)
    record(benchmark, most // times * times)
    if benchmark.stats is not None:
        benchmark.extra_info["times_reading"] = benchmark.stats.stats.median / median(reading)
    whole(settlement, source, most // times * times)
