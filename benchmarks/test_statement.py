"""Statements of hospitals: workbook and page, without the table of cases and with it.

Two accounts a hospital; the figure that counts is hospitals, or cases, a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.conftest import record
from benchmarks.test_settle import SCHEME, priced
from drg.payment.load_scheme import LoadedScheme
from drg.payment.scheme import PaymentScheme
from drg.report.statement import write_statements
from drg.settlement import Settlement, settle

CASES = 20_000
HOSPITALS = 20


@pytest.fixture(scope="module")
def settlement(pytestconfig: pytest.Config) -> Settlement:
    scheme = LoadedScheme(PaymentScheme.model_validate(SCHEME), {}, Path())
    cases = CASES if pytestconfig.getoption("benchmark_enable") else 400
    hospital = pl.concat_str(pl.lit("H"), pl.int_range(pl.len()) % HOSPITALS)
    made = priced(cases, scheme.pricing_digest).with_columns(
        hospital_id=hospital,
        case_id=pl.int_range(pl.len()).cast(pl.String),
        drg=pl.concat_str(pl.lit("G"), pl.int_range(pl.len()) * 7 % 800),
        department=pl.concat_str(pl.lit("D"), pl.int_range(pl.len()) % 15),
        payment_yuan=pl.sum_horizontal(
            "drg_payment_yuan", "high_cost_payment_yuan", "item_payment_yuan"
        ).cast(pl.Decimal(18, 2)),
    )
    return settle(made.lazy(), scheme)


@pytest.mark.parametrize("with_cases", [False, True])
def test_statements(benchmark: Any, settlement: Settlement, tmp_path: Path, *, with_cases: bool) -> None:
    written = benchmark.pedantic(
        write_statements,
        args=(settlement, tmp_path / "statements"),
        kwargs={"with_cases": with_cases},
        rounds=1,
    )
    assert len(written) == 2 * HOSPITALS
    months = settlement.rows.filter(span="month")
    record(benchmark, int(months["cases"].sum()) if with_cases else HOSPITALS)
