"""The rows of variants and groups: measures, what was left out of them, and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from drg.analysis.quality.gather import Gathered
from drg.analysis.quality.influences import Found, mean_and_cv, riv_interval
from drg.analysis.quality.moments import FEN, cv_shares
from drg.analysis.quality.variants import COST, LOS, RAW, Variant
from drg.analysis.trimming import NONE

GROUP_COLUMNS: Final = (
    *("drg", "drg_name", "adrg", "level", "cases", "few_cases"),
    *(
        "cost_cases",
        "zero_costs",
        "mean_cost_yuan",
        "mean_cost_yuan_low",
        "mean_cost_yuan_high",
        "median_cost_yuan",
    ),
    *("sd_cost_yuan", "cv_cost", "cv_cost_low", "cv_cost_high"),
    *("trimmed_cost_cases", "trimmed_mean_cost_yuan", "trimmed_cv_cost"),
    *("los_cases", "mean_los_days", "mean_los_days_low", "mean_los_days_high", "median_los_days"),
    *("sd_los_days", "cv_los", "cv_los_low", "cv_los_high"),
    *("trimmed_los_cases", "trimmed_mean_los_days", "trimmed_cv_los"),
)


def variance_rows(looks: Sequence[Variant], cases: Gathered, ddof: int, level: float) -> pl.DataFrame:
    """A row for each variant, with its reduction in variance and the shares of low CV."""
    groups = len(cases.drgs)
    rows = []
    for look in looks:
        found = look.riv(cases.group, groups)
        used = len(np.unique(cases.group[look.numbers >= 0]))
        shares = cv_shares(look.sums(cases.group, groups) if look.scale == RAW else [], ddof)
        rows.append(
            {
                "value": look.value,
                "scale": look.scale,
                "trimming": str(look.trimming),
                "cases": look.cases,
                "left_out": look.left_out,
                "trimmed_low": look.trimmed_low,
                "trimmed_high": look.trimmed_high,
                "riv": found,
                "riv_adjusted": _adjusted(found, look.cases, used),
                **_limits(look, cases, level),
                **shares,
            }
        )
    texts, numbers = ("value", "scale", "trimming"), ("cases", "left_out", "trimmed_low", "trimmed_high")
    types = {
        name: pl.String() if name in texts else pl.Int64() if name in numbers else pl.Float64()
        for name in rows[0]
    }
    return pl.DataFrame(rows, schema=types).fill_nan(None)


def _adjusted(found: float | None, cases: int, groups: int) -> float | None:
    """The reduction in variance without what groups explain by chance."""
    if found is None or cases <= groups:
        return None
    return 1 - (1 - found) * (cases - 1) / (cases - groups)


def _limits(look: Variant, cases: Gathered, level: float) -> dict[str, float | None]:
    """Between which values the reduction in variance of the population lies."""
    # Limits of trimming that each sample sets anew are not what the interval could hold for fixed.
    found = riv_interval(cases.group, look.floats(), level) if look.trimming.method == NONE else None
    low, high = found or (None, None)
    return {"riv_adjusted_low": low, "riv_adjusted_high": high}


def group_rows(
    groups: pl.DataFrame,
    cases: Gathered,
    looks: Sequence[Variant],
    *,
    ddof: int,
    level: float,
) -> tuple[pl.DataFrame, dict[str, Found]]:
    """The sums of the groups, with their medians, intervals and what is left of them after trimming.

    Returns:
        The groups, and what was found of the intervals by measure: ``mean_cost``, ``cv_cost`` and so on.
    """
    count = len(cases.drgs)
    intervals: dict[str, Found] = {}
    columns: dict[str, pl.Series] = {"drg_name": pl.Series(cases.names, dtype=pl.String)}
    for place, (name, unit, units) in enumerate(((COST, FEN, "yuan"), (LOS, 1, "days"))):
        look = looks[place]
        medians = pl.DataFrame({"group": cases.group, "value": look.numbers}).group_by("group")
        found = medians.agg(pl.col("value").filter(pl.col("value") >= 0).median()).sort("group")["value"]
        columns[f"median_{name}_{units}"] = found / unit
        trimmed = [one for one in looks if one.value == name and one.scale == RAW][-1].sums(
            cases.group, count
        )
        columns |= {
            f"trimmed_{name}_cases": pl.Series([one.cases for one in trimmed], dtype=pl.Int64),
            f"trimmed_mean_{name}_{units}": pl.Series([one.mean(unit) for one in trimmed], dtype=pl.Float64),
            f"trimmed_cv_{name}": pl.Series([one.cv(ddof) for one in trimmed], dtype=pl.Float64),
        }
        found_here = mean_and_cv(cases.group, look.floats(), count, ddof, level)
        for measure, of_measure in zip(("mean", "cv"), found_here, strict=True):
            intervals[f"{measure}_{name}"] = of_measure
            divisor, units_of = (unit, f"_{units}") if measure == "mean" else (1, "")
            for end, values in zip(("low", "high"), of_measure.limits, strict=True):
                column = f"{measure}_{name}{units_of}_{end}"
                columns[column] = pl.Series(values / divisor, dtype=pl.Float64).fill_nan(None)
    return groups.with_columns(series.alias(name) for name, series in columns.items()), intervals
