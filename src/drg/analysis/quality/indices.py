"""Cost index and time index of hospitals, by both definitions in use.

*Ratio of sums*: Σ actual ÷ Σ standard, where the standard of a case is the mean of its group in the region.
*Mean of ratios*: Σ over groups of (mean of the hospital ÷ mean of the region × cases) ÷ cases.
The region is all cases of the data.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.quality.bootstrap import ratio
from drg.analysis.quality.gather import Gathered, Ints

Floats = npt.NDArray[np.float64]

HOSPITALS: Final = pl.Schema(
    {
        "hospital_id": pl.String(),
        "cases": pl.Int64(),
        "groups": pl.Int64(),
        "cost_cases": pl.Int64(),
        "mean_cost_yuan": pl.Float64(),
        "cost_index_ratio_of_sums": pl.Float64(),
        "cost_index_mean_of_ratios": pl.Float64(),
        "cost_to_payment_standard": pl.Float64(),
        "los_cases": pl.Int64(),
        "mean_los_days": pl.Float64(),
        "time_index_ratio_of_sums": pl.Float64(),
        "time_index_mean_of_ratios": pl.Float64(),
    }
)
_FEN: Final = 100


def hospital_indices(cases: Gathered) -> pl.DataFrame:
    """The indices of each hospital.

    Returns:
        One row for each hospital, by id, of the shape ``HOSPITALS``. ``cost_to_payment_standard`` is Σ cost ÷
        Σ payment standard of the cases that have both, if the data is priced. Groups whose mean in the region
        is zero have no part in the indices. What is not defined is null.
    """
    count = len(cases.hospitals)
    known = cases.hospital >= 0
    cost = _of_value(cases.cost, cases, count)
    los = _of_value(cases.los, cases, count)
    both = known & (cases.cost >= 0) & (cases.standard >= 0)
    paid, standard = (
        _sum(cases.hospital[both], values[both], count) for values in (cases.cost, cases.standard)
    )
    pairs = np.unique(cases.hospital[known] * len(cases.drgs) + cases.group[known])
    found = {
        "hospital_id": cases.hospitals,
        "cases": np.bincount(cases.hospital[known], minlength=count),
        "groups": np.bincount(pairs // max(len(cases.drgs), 1), minlength=count),
        "cost_cases": cost.cases,
        "mean_cost_yuan": cost.mean / _FEN,
        "cost_index_ratio_of_sums": cost.ratio_of_sums,
        "cost_index_mean_of_ratios": cost.mean_of_ratios,
        "cost_to_payment_standard": ratio(paid, standard),
        "los_cases": los.cases,
        "mean_los_days": los.mean,
        "time_index_ratio_of_sums": los.ratio_of_sums,
        "time_index_mean_of_ratios": los.mean_of_ratios,
    }
    return pl.DataFrame(found, schema=HOSPITALS).fill_nan(None)


class _Index:
    """The indices of one value [hospitals]; NaN where they are not defined."""

    def __init__(self, hospital: Ints, group: Ints, values: Ints, hospitals: int, groups: int) -> None:
        region_sum = _sum(group, values, groups)
        region = ratio(region_sum, np.bincount(group, minlength=groups))
        here = hospital >= 0
        hospital, group, values = hospital[here], group[here], values[here]
        self.cases = np.bincount(hospital, minlength=hospitals)
        self.mean = ratio(_sum(hospital, values, hospitals), self.cases)
        compared = region_sum[group] > 0
        hospital, group, values = hospital[compared], group[compared], values[compared]
        cell, shape = hospital * groups + group, (hospitals, groups)
        cells = np.bincount(cell, minlength=hospitals * groups).reshape(shape)
        of_cell = _sum(cell, values, hospitals * groups).reshape(shape)
        standard = (cells * np.nan_to_num(region)).sum(axis=1)
        self.ratio_of_sums = ratio(of_cell.sum(axis=1), standard)
        # The hospital's mean × its cases is its sum.
        ratios = np.nan_to_num(ratio(of_cell, np.broadcast_to(region, shape))).sum(axis=1)
        self.mean_of_ratios = ratio(ratios, cells.sum(axis=1))


def _of_value(values: Ints, cases: Gathered, hospitals: int) -> _Index:
    usable = values >= 0
    return _Index(cases.hospital[usable], cases.group[usable], values[usable], hospitals, len(cases.drgs))


def _sum(keys: Ints, values: Ints, count: int) -> Floats:
    # Whole numbers below 2^53 are added without any rounding: 90 trillion yuan in a cell.
    return np.bincount(keys, values, count).astype(np.float64)
