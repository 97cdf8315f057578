"""The same weights once more, from the definitions of docs/calibration.md alone: pandas and floats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

SEVERITY = {"1": 3, "3": 2, "5": 1}


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Ascending by the max-min formula: the largest, over starts, of the smallest mean over ends."""
    v, w = np.asarray(values, float), np.asarray(weights, float)
    n = len(v)

    def mean(j: int, k: int) -> float:
        return float((v[j : k + 1] * w[j : k + 1]).sum() / w[j : k + 1].sum())

    return [max(min(mean(j, k) for k in range(i, n)) for j in range(i + 1)) for i in range(n)]


def weights(
    frames: Sequence[pd.DataFrame],
    years: Sequence[float],
    adrg_of: Mapping[str, str],
    *,
    percentiles: tuple[float, float],
    min_cases: int,
    prior: Mapping[str, float],
    decimals: int,
) -> dict[str, Decimal]:
    """Weights by group. The frames have ``drg`` and ``cost``; splits are told by the last character."""
    parts = []
    for frame, year in zip(frames, years, strict=True):
        by = frame.groupby("drg")["cost"]
        low = by.transform(lambda cost: np.quantile(cost, percentiles[0] / 100))
        high = by.transform(lambda cost: np.quantile(cost, percentiles[1] / 100))
        # Groups of which the percentiles would take more than their share are not trimmed.
        small = by.transform("size") < 100 / min(percentiles[0], 100 - percentiles[1])
        kept = frame[small | (frame["cost"] >= low) & (frame["cost"] <= high)]
        parts.append(kept.assign(relative=kept["cost"] / kept["cost"].mean(), year=year))
    cases = pd.concat(parts)
    cases["adrg"] = cases["drg"].map(adrg_of)
    cases["weighted"] = cases["relative"] * cases["year"]

    def means(key: str) -> pd.DataFrame:
        sums = cases.groupby(key).agg(kept=("drg", "size"), count=("year", "sum"), total=("weighted", "sum"))
        return sums.assign(mean=sums["total"] / sums["count"])

    own, whole = means("drg"), means("adrg")
    members: dict[str, list[str]] = {}
    for drg, adrg in adrg_of.items():
        members.setdefault(adrg, []).append(drg)
    full = own[own["kept"] >= min_cases]
    split = full[[len(members[adrg_of[drg]]) > 1 for drg in full.index]]
    ratio = {}
    for severity in set(SEVERITY.values()):
        of = split[[SEVERITY.get(drg[-1]) == severity for drg in split.index]]
        expected = sum(whole.loc[adrg_of[drg], "mean"] * of.loc[drg, "count"] for drg in of.index)
        ratio[severity] = float(of["total"].sum()) / expected if len(of) else 1.0
    both = [drg for drg in full.index if drg in prior]
    factor = full.loc[both, "total"].sum() / sum(prior[drg] * full.loc[drg, "count"] for drg in both)
    raw: dict[str, float] = {}
    for drg, adrg in adrg_of.items():
        if drg in full.index:
            raw[drg] = float(full.loc[drg, "mean"])
        elif adrg in whole.index and whole.loc[adrg, "kept"] >= min_cases:
            is_split = len(members[adrg]) > 1
            raw[drg] = float(whole.loc[adrg, "mean"]) * (ratio[SEVERITY[drg[-1]]] if is_split else 1.0)
        elif drg in prior:
            raw[drg] = prior[drg] * factor
    for groups in members.values():
        chain = sorted((drg for drg in groups if drg in raw), key=lambda drg: SEVERITY.get(drg[-1], 0))
        counts = [max(float(own["count"].get(drg, 0)), years[-1]) for drg in chain]
        raw.update(zip(chain, isotonic([raw[drg] for drg in chain], counts), strict=True) if chain else ())
    base = frames[-1]["drg"].value_counts()
    known = [drg for drg in raw if drg in base.index]
    level = sum(raw[drg] * base[drg] for drg in known) / sum(base[drg] for drg in known)
    unit = Decimal(1).scaleb(-decimals)
    return {drg: Decimal(value / level).quantize(unit, ROUND_HALF_UP) for drg, value in raw.items()}
