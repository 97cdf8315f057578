"""Priced cases made in memory: every number follows from hospital, month and place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from drg.columns import PRICE
from drg.ledger import Ledger
from drg.payment import load_scheme

SCHEME = "demo"
MONEY = pl.Decimal(18, 2)


def priced(
    month: str, cases: int, hospitals: Sequence[str] = ("H1", "H2"), *, first: int = 0, payment: int = 1200
) -> pl.DataFrame:
    """So many cases of a month, hospital by hospital in turn, their numbers from ``first`` on."""
    place = pl.int_range(first, first + cases, eager=True)
    number = pl.DataFrame({"place": place})
    year, in_year = int(month[:4]), int(month[5:])
    money = {name: pl.lit(0).cast(MONEY) for name, column in PRICE.items() if column.dtype == MONEY}
    text = {name: pl.lit(None, dtype=pl.String) for name in ("pricing_reason",)}
    # Costs that differ, so that a million of them take their room on the disk.
    cost = (1000 + pl.col("place") * 2_654_435_761 % 50_021).cast(MONEY)
    values: dict[str, Any] = {
        "hospital_id": pl.Series(hospitals, dtype=pl.String).gather((place - first) % len(hospitals)),
        "case_id": pl.format("{}-{}", pl.lit(month), pl.col("place")),
        "insurance_type": pl.when(pl.col("place") % 2 == 0).then(pl.lit("310")).otherwise(pl.lit("390")),
        "discharge_date": pl.datetime(year, in_year, 1 + pl.col("place") % 28, 10, 30),
        "total_cost_yuan": cost,
        "excluded_items_yuan": pl.lit(0).cast(MONEY),
        **{name: pl.lit(1).cast(pl.Decimal(18, 8)) for name in ("relative_weight", "coefficient", "points")},
        **money,
        **text,
        **{
            name: pl.lit(payment).cast(MONEY)
            for name in ("standard_payment_yuan", "drg_payment_yuan", "payment_yuan")
        },
        "fund_payment_yuan": pl.lit(payment).cast(MONEY),
        "surplus_formula_yuan": (payment - cost).cast(MONEY),
        "surplus_yuan": (payment - cost).cast(MONEY),
        "case_class": pl.lit("normal"),
        "scheme": pl.lit(SCHEME),
        "scheme_digest": pl.lit(load_scheme(SCHEME).pricing_digest),
    }
    assert set(PRICE) <= set(values)
    return number.select(**values)


def write(frame: pl.DataFrame, file: Path) -> Path:
    """Write cases in the format of the file's ending."""
    if file.suffix == ".csv":
        frame.write_csv(file)
    else:
        frame.write_parquet(file)
    return file


def begun(directory: Path) -> Ledger:
    """A ledger with the demo scheme."""
    ledger = Ledger.create(directory)
    ledger.add_scheme(SCHEME)
    return ledger


def held(ledger: Ledger, as_of: int | None = None) -> list[tuple[str, str]]:
    """The cases that hold, as hospital and case, in order."""
    cases = ledger.cases(as_of).select("hospital_id", "case_id").sort(pl.all())
    return cases.collect().rows()
