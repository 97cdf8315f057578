"""Grouped cases with costs, made for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from drg.tables import load_tables

SPLIT = "chs-drg-1.0"  # every ADRG is whole (9) or split in three (1, 3, 5)


def grouped(rows: Iterable[tuple[str, Any]], grouper: str | None = "demo", **columns: Any) -> pl.DataFrame:
    """Cases of groups and costs; other columns are the same for all."""
    drgs, costs = zip(*rows, strict=True)
    frame = pl.DataFrame({"drg": list(drgs)}).with_columns(
        total_cost_yuan=pl.Series([None if c is None else str(c) for c in costs], dtype=pl.String),
        grouping_status=pl.lit("grouped"),
        drg_name=pl.lit(""),
        **{name: pl.lit(value) for name, value in columns.items()},
    )
    return frame if grouper is None else frame.with_columns(grouper=pl.lit(grouper))


def adrg_of(grouper: str = SPLIT) -> dict[str, str]:
    """The ADRG of each DRG of a version, in the order of the tables."""
    return dict(load_tables(grouper).drg.select("drg", "adrg").iter_rows())


def year(seed: int, cases: int, groups: int = 150) -> pl.DataFrame:
    """A year of cases in the first groups of ``SPLIT``: skewed frequencies, log-normal costs."""
    rng = np.random.default_rng(seed)
    drgs = list(adrg_of())[:groups]
    truth = np.random.default_rng(7)
    share, level = truth.lognormal(0, 1.4, groups), truth.lognormal(0, 0.8, groups)
    place = rng.choice(groups, cases, p=share / share.sum())
    cost = 9_000 * (1 + seed / 10) * level[place] * rng.lognormal(-0.2, 0.6, cases)
    return pl.DataFrame(
        {
            "drg": pl.Series(drgs).gather(place),
            "grouping_status": pl.repeat("grouped", cases, eager=True),
            "grouper": pl.repeat(SPLIT, cases, eager=True),
            "total_cost_yuan": pl.Series(cost).round(2).cast(pl.Decimal(18, 2)),
            "insurance_type": pl.Series(rng.choice(["310", "390"], cases)),
            "hospital_id": pl.Series(rng.choice(["H1", "H2", "H3"], cases)),
            "hospital_level": pl.Series(rng.choice(["2", "3"], cases)),
            "department": pl.Series(rng.choice(["01", "02"], cases)),
        }
    )
