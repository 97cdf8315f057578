"""Small grouped discharges, and the same measures computed by pandas and scipy."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

SCHEMA: dict[str, Any] = {
    "drg": pl.String,
    "adrg": pl.String,
    "grouping_status": pl.String,
    "total_cost_yuan": pl.Decimal(18, 2),
    "los_days": pl.Int64,
    "hospital_id": pl.String,
}


def grouped(
    cases: Iterable[tuple[str, float | str | None, int | None]], hospital: str = "H1"
) -> pl.DataFrame:
    """Grouped cases of group, cost and days."""
    rows = [
        (drg, drg[:3], "grouped", None if cost is None else Decimal(str(cost)), los, hospital)
        for drg, cost, los in cases
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def random_cases(cases: int, seed: int = 0, hospitals: int = 4) -> pl.DataFrame:
    """Log-normal costs by group, some zero or missing, some cases not grouped; three groups an ADRG."""
    rng = np.random.default_rng(seed)
    group = np.minimum(rng.geometric(0.08, cases) - 1, 29)
    adrg = [f"A{chr(65 + number // 3)}1" for number in group]
    drg = [f"{code}{'135'[number % 3]}" for code, number in zip(adrg, group, strict=True)]
    cost = (rng.lognormal(8.5 + group / 15 - group % 3 / 10, 0.7, cases)).round(2)
    los = rng.poisson(6 + group / 4)
    cost[rng.random(cases) < 0.01] = 0
    frame = pl.DataFrame(
        {
            "drg": drg,
            "adrg": adrg,
            "grouping_status": rng.choice(["grouped", "ungrouped", "ambiguous"], cases, p=[0.94, 0.04, 0.02]),
            "total_cost_yuan": pl.Series(cost).cast(pl.Decimal(18, 2)),
            "los_days": los,
            "hospital_id": rng.choice([f"H{n}" for n in range(hospitals)], cases),
        }
    )
    missing = pl.Series(rng.random(cases) < 0.01)
    return frame.with_columns(
        drg=pl.when(pl.col("grouping_status") == "ungrouped").then(pl.lit("0000")).otherwise("drg"),
        total_cost_yuan=pl.when(~missing).then("total_cost_yuan"),
    )


def usable(frame: pl.DataFrame, value: str) -> pd.DataFrame:
    """The grouped cases that have a value, with the value as the float ``x``."""
    chosen = frame.filter(pl.col("grouping_status") == "grouped", pl.col(value).is_not_null())
    return chosen.with_columns(x=pl.col(value).cast(pl.Float64)).to_pandas()


def riv_by_pandas(cases: pd.DataFrame) -> float:
    """1 − squares within ÷ squares in all, of the column ``x``."""
    within = ((cases["x"] - cases.groupby("drg")["x"].transform("mean")) ** 2).sum()
    return float(1 - within / ((cases["x"] - cases["x"].mean()) ** 2).sum())
