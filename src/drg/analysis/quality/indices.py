"""Cost index, time index and CMI of hospitals, with intervals.

*Ratio of sums*: Σ actual ÷ Σ standard, where the standard of a case is the mean of its group in the region.
*Mean of ratios*: Σ over groups of (mean of the hospital ÷ mean of the region × cases) ÷ cases.
The region is all cases of the data.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from drg.analysis.intervals import (
    Floats,
    Interval,
    Ints,
    Kind,
    influence_by,
    influence_by_means,
    interval,
    nothing,
    ratio,
    squares_and_cubes,
)
from drg.analysis.quality.gather import Gathered
from drg.analysis.quality.influences import CASES_OF_A_GROUP


def with_limits(name: str) -> tuple[str, str, str]:
    """The columns of a measure and of its interval."""
    return name, f"{name}_low", f"{name}_high"


_INDICES: Final = ("ratio_of_sums", "mean_of_ratios")
HOSPITALS: Final = pl.Schema(
    {
        "hospital_id": pl.String(),
        "cases": pl.Int64(),
        "groups": pl.Int64(),
        "cost_cases": pl.Int64(),
        "mean_cost_yuan": pl.Float64(),
        **{column: pl.Float64() for way in _INDICES for column in with_limits(f"cost_index_{way}")},
        "cost_to_payment_standard": pl.Float64(),
        "los_cases": pl.Int64(),
        "mean_los_days": pl.Float64(),
        **{column: pl.Float64() for way in _INDICES for column in with_limits(f"time_index_{way}")},
        "weight_cases": pl.Int64(),
        **{column: pl.Float64() for column in with_limits("cmi")},
    }
)
_FEN: Final = 100
_WEIGHT_UNIT: Final = 1e-8


def hospital_indices(cases: Gathered, level: float = 0.95) -> pl.DataFrame:
    """The indices and the CMI of each hospital.

    Returns:
        One row for each hospital, by id, of the shape ``HOSPITALS``. ``cost_to_payment_standard`` is Σ cost ÷
        Σ payment standard of the cases that have both, if the data is priced; ``cmi`` is the mean relative
        weight of the cases that have one. Groups whose mean in the region is zero have no part in the
        indices. The intervals of indices count the means of the region as estimated. What is not defined is
        null.
    """
    count = len(cases.hospitals)
    known = cases.hospital >= 0
    cost = _of_value(cases.cost, cases, count, level)
    los = _of_value(cases.los, cases, count, level)
    both = known & (cases.cost >= 0) & (cases.standard >= 0)
    paid, standard = (
        _sum(cases.hospital[both], values[both], count) for values in (cases.cost, cases.standard)
    )
    pairs = np.unique(cases.hospital[known] * len(cases.drgs) + cases.group[known])
    weighted = known & (cases.weight >= 0)
    cmi, limits = case_mix_index(cases.hospital[weighted], cases.weight[weighted], count, level)
    found = {
        "hospital_id": cases.hospitals,
        "cases": np.bincount(cases.hospital[known], minlength=count),
        "groups": np.bincount(pairs // max(len(cases.drgs), 1), minlength=count),
        "cost_cases": cost.cases,
        "mean_cost_yuan": cost.mean / _FEN,
        **cost.columns("cost_index"),
        "cost_to_payment_standard": ratio(paid, standard),
        "los_cases": los.cases,
        "mean_los_days": los.mean,
        **los.columns("time_index"),
        "weight_cases": np.bincount(cases.hospital[weighted], minlength=count),
        **dict(zip(with_limits("cmi"), (cmi, *limits), strict=True)),
    }
    return pl.DataFrame(found, schema=HOSPITALS).fill_nan(None)


def case_mix_index(key: Ints, weight: Ints, keys: int, level: float) -> tuple[Floats, Interval]:
    """The mean of weights in units of 1e-8 by key [keys], with its interval; NaN where there is none."""
    mean = ratio(_sum(key, weight, keys), np.bincount(key, minlength=keys))
    influence = influence_by(key, ratio(weight, mean[key], 1.0) - 1, keys)
    cmi = mean * _WEIGHT_UNIT
    return cmi, interval(cmi, influence, Kind.INDEX, level)


class Indices:
    """The indices of one value [hospitals] and their intervals; NaN where they are not defined."""

    def __init__(
        self, hospital: Ints, group: Ints, values: Ints, hospitals: int, groups: int, level: float
    ) -> None:
        region_sum, sizes = _sum(group, values, groups), np.bincount(group, minlength=groups)
        region = ratio(region_sum, sizes)
        # From the mean of the other cases of the group.
        apart = (values - region[group]) * ratio(sizes, sizes - 1.0, 0.0)[group]
        here = hospital >= 0
        self.cases = np.bincount(hospital[here], minlength=hospitals)
        self.mean = ratio(_sum(hospital[here], values[here], hospitals), self.cases)
        here &= region_sum[group] > 0
        at, its = hospital[here], group[here]
        cell, shape = at * groups + its, (hospitals, groups)
        cells = np.bincount(cell, minlength=hospitals * groups).reshape(shape)
        of_cell = _sum(cell, values[here], hospitals * groups).reshape(shape)
        known, cases = np.nan_to_num(region), cells.sum(axis=1)
        total, standard = of_cell.sum(axis=1), (cells * known).sum(axis=1)
        self.ratio_of_sums = ratio(total, standard)
        # The hospital's mean × its cases is its sum.
        ratios = np.nan_to_num(ratio(of_cell, np.broadcast_to(region, shape))).sum(axis=1)
        self.mean_of_ratios = ratio(ratios, cases)
        self.of_sums = self.of_ratios = nothing(hospitals)
        if len(values) < CASES_OF_A_GROUP * np.count_nonzero(sizes):
            return

        sums = np.array([_sum(group, powers, groups) for powers in squares_and_cubes(apart)])
        own = apart[here]
        value = known[its] + own

        def limits(index: Floats, direct: Floats, through: Floats) -> Interval:
            influence = influence_by_means(cases, at, direct, its, own, through, sums)
            return interval(index, influence, Kind.INDEX, level)

        each = np.maximum(sizes, 1)
        self.of_sums = limits(
            self.ratio_of_sums,
            ratio(value, total[at], 0.0) - ratio(known[its], standard[at], 0.0),
            ratio(cells / each, standard[:, None], 0.0),
        )
        self.of_ratios = limits(
            self.mean_of_ratios,
            ratio(value / known[its], ratios[at], 0.0) - 1 / cases[at],
            ratio(ratio(of_cell, known**2 * each, 0.0), ratios[:, None], 0.0),
        )

    def columns(self, name: str) -> dict[str, Floats]:
        """The indices and their limits by column."""
        values = (self.ratio_of_sums, *self.of_sums, self.mean_of_ratios, *self.of_ratios)
        names = [column for way in _INDICES for column in with_limits(f"{name}_{way}")]
        return dict(zip(names, values, strict=True))


def _of_value(values: Ints, cases: Gathered, hospitals: int, level: float) -> Indices:
    usable = values >= 0
    return Indices(
        cases.hospital[usable], cases.group[usable], values[usable], hospitals, len(cases.drgs), level
    )


def _sum(keys: Ints, values: Ints | Floats, count: int) -> Floats:
    # Whole numbers below 2^53 are added without any rounding: 90 trillion yuan in a cell.
    return np.bincount(keys, values, count).astype(np.float64)
