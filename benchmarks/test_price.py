"""Grouped cases → priced ones, and discharges → priced cases, Parquet to Parquet.

The scheme has what schemes have: rates by insurance and level, a coefficient for each of a hundred hospitals,
tiers for high and a threshold for low cost, short and long stays, excluded items.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.conftest import SEED, record, resampled
from drg import Grouper, Pricer
from drg.payment.load_scheme import SCHEMES

VERSION = "harbin-2022"
HOSPITALS = 100
SOURCE = 'source = "made up"\n'
TABLES = (
    'id = "made"\ntitle = "made"\nregion = "none"\ngrouper = "harbin-2022"\nstatus = "illustrative"\n'
    + SOURCE,
    '[method]\nkind = "rate"\nregional_mean_yuan = 10234.56\n' + SOURCE,
    *(
        f'[[rates]]\nvalue_yuan = {value}\ninsurance = "{insurance}"\nlevel = "{level}"\n' + SOURCE
        for insurance, level, value in (
            ("310", "2", "9871.23"),
            ("310", "3", "12252.70"),
            ("390", "2", "8123.45"),
            ("390", "3", "9649.24"),
        )
    ),
    "[coefficients]\n" + SOURCE,
    *(
        f'[[coefficients.rows]]\nvalue = {Decimal(9000 + 25 * n).scaleb(-4)}\nhospital = "H{n}"\n' + SOURCE
        for n in range(HOSPITALS)
    ),
    '[high]\nformula = "linear_add"\nreference = "mean"\n'
    "tiers = [{ threshold = 3, weight_below = 1 }, { threshold = 2.5, weight_below = 2 }, { threshold = 2 }]"
    "\n" + SOURCE,
    '[low]\nthreshold = 0.4\nreference = "standard"\n' + SOURCE,
    '[[outside]]\ncase_class = "short"\nlos_days_at_most = 1\npays = "by_item"\n' + SOURCE,
    '[[outside]]\ncase_class = "long"\nlos_days_at_least = 61\npays = "per_day"\nprice_yuan = 500\n' + SOURCE,
    *(f'[{name}]\npays = "by_item"\n' + SOURCE for name in ("ungrouped", "ambiguous", "unweighted")),
    "[excluded_items]\nshare = 0.8\n" + SOURCE,
)


@pytest.fixture(scope="module")
def pricer(tmp_path_factory: pytest.TempPathFactory) -> Pricer:
    directory = tmp_path_factory.mktemp("scheme")
    (directory / "scheme.toml").write_text("".join(TABLES), encoding="utf-8")
    root = SCHEMES.root
    assert root is not None
    weights = (root / VERSION / "weights.csv").read_text(encoding="utf-8")
    (directory / "weights.csv").write_text(weights, encoding="utf-8")
    return Pricer(directory)


@pytest.fixture(scope="module")
def discharges(cases: int) -> pl.DataFrame:
    """Discharges with costs that are near the standard as a rule; some are high, some low."""
    rng = np.random.default_rng(SEED)
    cost = rng.lognormal(9.5, 1.0, cases).clip(100, 1e7).round(2)
    excluded = np.where(rng.random(cases) < 0.05, (cost / 10).round(2), 0.0)
    return resampled(VERSION, cases).discharges.with_columns(
        hospital_id=pl.Series(rng.integers(0, HOSPITALS, cases)).cast(pl.String).str.replace("^", "H"),
        hospital_level=pl.Series(rng.choice(["2", "3"], cases)),
        insurance_type=pl.Series(rng.choice(["310", "390"], cases)),
        total_cost_yuan=pl.Series(cost).cast(pl.Decimal(18, 2)),
        excluded_items_yuan=pl.Series(excluded).cast(pl.Decimal(18, 2)),
    )


def whole(priced: pl.DataFrame, cases: int) -> None:
    """Every case is there, most of them are paid by their group, and the parts make the whole."""
    assert priced.height == cases
    parts = (
        pl.col(
            "drg_payment_yuan",
            "high_cost_payment_yuan",
            "item_payment_yuan",
            "outside_payment_yuan",
            "special_case_payment_yuan",
        )
        .cast(pl.Decimal(38, 2))
        .sum()
    )
    sums = priced.select(
        parts, pl.col("excluded_items_payment_yuan", "payment_yuan").cast(pl.Decimal(38, 2)).sum()
    )
    *found, payment = sums.row(0)
    assert sum(found) == payment
    classes = dict(priced["case_class"].value_counts().iter_rows())
    assert {"normal", "high", "low", "short"} <= set(classes)
    assert classes["normal"] > cases / 3


def test_price(benchmark: Any, pricer: Pricer, discharges: pl.DataFrame, cases: int, rounds: int) -> None:
    grouped = Grouper(VERSION).group(discharges)
    priced = benchmark.pedantic(pricer.price, (grouped,), rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    whole(priced, cases)


def test_group_and_price(
    benchmark: Any, pricer: Pricer, discharges: pl.DataFrame, cases: int, rounds: int, scratch: Path
) -> None:
    source, result, copy = (scratch / f"{name}.parquet" for name in ("source", "result", "copy"))
    discharges.write_parquet(source)
    grouper = Grouper(VERSION)

    copying: list[float] = []

    def run() -> None:
        pricer.price(grouper.group(pl.scan_parquet(source))).sink_parquet(result)

    def copy_result() -> None:
        started = perf_counter()
        pl.scan_parquet(result).sink_parquet(copy)
        copying.append(perf_counter() - started)

    run()
    benchmark.pedantic(run, setup=copy_result, rounds=rounds, warmup_rounds=1)
    record(benchmark, cases)
    if benchmark.stats is not None:
        benchmark.extra_info["times_copying_result"] = benchmark.stats.stats.median / median(copying)
    whole(pl.read_parquet(result), cases)
