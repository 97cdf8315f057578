"""Stays of persons → who pays what of each; five stays for three persons, rows in no order."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.conftest import SEED, record
from drg.benefit import BenefitCalculator
from drg.records.amounts import decimals

PAYERS = (
    "basic_fund_yuan",
    "critical_illness_yuan",
    "medical_aid_yuan",
    "commercial_yuan",
    "patient_share_yuan",
)


@pytest.fixture(scope="module")
def stays(cases: int) -> pl.DataFrame:
    rng = np.random.default_rng(SEED)
    fen = [np.floor(rng.lognormal(mean, 1.2, cases) * 100).astype(np.int64) for mean in (8.5, 7.8, 6.5)]
    class_a, class_b, self_paid = (decimals(amount, 2) for amount in fen)
    seconds = rng.integers(0, 365 * 86_400, cases)
    return pl.DataFrame(
        {
            "case_id": pl.Series(np.arange(cases)).cast(pl.String),
            "patient_id": pl.Series(rng.integers(0, max(cases * 3 // 5, 1), cases))
            .cast(pl.String)
            .str.zfill(18),
            "discharge_date": pl.Series(seconds * 1_000_000 + 1_735_689_600_000_000).cast(pl.Datetime("us")),
            "insurance_type": pl.Series(rng.choice(["310", "390"], cases)),
            "hospital_level": pl.Series(rng.choice(["1", "2", "3"], cases)),
            "age_years": pl.Series(rng.integers(1, 95, cases)),
            "aid_class": pl.Series(rng.choice(["低保", "特困", "", "", "", ""], cases)),
            "off_site": pl.Series(rng.choice(["", "", "已备案", "临时外出"], cases)),
            "class_a_cost_yuan": class_a,
            "class_b_cost_yuan": class_b,
            "self_paid_cost_yuan": self_paid,
        }
    ).with_columns(total_cost_yuan=class_a + class_b + self_paid)


@pytest.mark.filterwarnings("ignore::drg.MissingColumnWarning")
def test_benefits(benchmark: Any, stays: pl.DataFrame, cases: int, rounds: int) -> None:
    calculator = BenefitCalculator("demo")
    shared = benchmark.pedantic(calculator.benefits, (stays,), rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    assert shared.height == cases
    borne = shared.select(pl.sum_horizontal(PAYERS)).to_series()
    assert (borne == shared["total_cost_yuan"]).all()
    assert shared["benefit_reason"].null_count() == cases
