"""Three versions with money: discharges in Parquet → case-level results, page and workbook."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.conftest import SEED, record, resampled
from drg import Comparison, Grouper, Pricer
from drg.analysis.comparison import compare
from drg.payment import PaymentScheme
from drg.payment.load_scheme import LoadedScheme
from drg.payment.weights import Weight
from drg.report.comparison.comparison_page import comparison_page
from drg.report.comparison.comparison_workbook import comparison_workbook

VERSIONS = ("chs-drg-1.0", "chs-drg-1.1", "chs-drg-2.0")
HOSPITALS, DEPARTMENTS = 200, 20
MADE_UP = {"source": "made up"}


def pricer(grouper: Grouper) -> Pricer:
    by_item = {name: {"pays": "by_item", **MADE_UP} for name in ("ungrouped", "ambiguous", "unweighted")}
    scheme = PaymentScheme.model_validate(
        {"id": f"of-{grouper.id}", "title": "made up", "region": "none", "grouper": grouper.id}
        | {"status": "illustrative", "method": {"kind": "rate", **MADE_UP}, **MADE_UP, **by_item}
        | {"rates": [{"value_yuan": Decimal(10_000), **MADE_UP}]}
    )
    rng = np.random.default_rng(SEED)
    codes = grouper.program.drg["drg"]
    weights: dict[tuple[str, str | None], Weight] = {
        (code, None): Weight(code, Decimal(int(weight)) / 10_000, None, row)
        for row, (code, weight) in enumerate(
            zip(codes, rng.integers(2_000, 50_000, len(codes)), strict=True), 2
        )
    }
    return Pricer(LoadedScheme(scheme, weights, Path(), grouper.tables.manifest))


@pytest.fixture(scope="module")
def discharges(cases: int) -> pl.DataFrame:
    rng = np.random.default_rng(SEED)
    return resampled("chs-drg-2.0", cases).discharges.with_columns(
        case_id=pl.int_range(pl.len()).cast(pl.String),
        hospital_id=pl.Series(rng.integers(0, HOSPITALS, cases)).cast(pl.String).str.replace("^", "H"),
        department=pl.Series(rng.integers(0, DEPARTMENTS, cases)).cast(pl.String).str.replace("^", "D"),
        total_cost_yuan=pl.Series(rng.lognormal(9.5, 1.0, cases).round(2)).cast(pl.Decimal(18, 2)),
    )


def test_compare(benchmark: Any, discharges: pl.DataFrame, cases: int, rounds: int, scratch: Path) -> None:
    source, results = scratch / "source.parquet", scratch / "cases.parquet"
    discharges.write_parquet(source)
    # As a test, one comparison is enough: a second one is the same work again.
    versions = VERSIONS[:2] if benchmark.disabled else VERSIONS
    groupers = [Grouper(version) for version in versions]
    pricers = [pricer(grouper) for grouper in groupers]

    def run() -> Comparison:
        comparison = compare(pl.scan_parquet(source), groupers, pricers, cases=results)
        (scratch / "comparison.html").write_text(comparison_page(comparison), encoding="utf-8")
        (scratch / "comparison.xlsx").write_bytes(comparison_workbook(comparison))
        return comparison

    comparison = benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    assert comparison.count == cases
    totals = {row["version"]: row["payment_yuan"] for row in comparison.totals.to_dicts()}
    for version in versions[1:]:
        difference = comparison.drivers(version)["surplus_difference_yuan"].sum()
        assert difference == totals[version] - totals[versions[0]]
    assert pl.scan_parquet(results).select(pl.len()).collect().item() == cases
