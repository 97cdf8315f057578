"""How far a weight is certain."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from drg.analysis.calibration.estimate import Sums
from drg.analysis.intervals import Kind, influence_by_means, interval, ratio, squares_and_cubes


def intervals(periods: Sequence[Sums], numbers: Collection[int]) -> dict[int, tuple[float, float]]:
    """The 95 % interval of the own weight of groups: of the mean cost of their cases by the mean of all.

    Both means count as estimated; which cases are kept is taken as it is.

    Args:
        periods: their cases.
        numbers: of the groups; each has cases that are kept.

    Returns:
        The limits by group number, before pooling and normalisation; groups with too few cases have none.
    """
    kept = [(sums, sums.period.groups[sums.kept], sums.costs[sums.kept]) for sums in periods]
    groups = 1 + max(int(group.max()) for _, group, _ in kept)
    key = np.concatenate([group for _, group, _ in kept])
    place = np.repeat(np.arange(len(kept)), [len(group) for _, group, _ in kept])
    value = np.concatenate([costs / float(sums.mean_fen) for sums, _, costs in kept])
    weight = np.array([float(sums.period.weight) for sums, _, _ in kept])[place]
    own = np.bincount(key, weight * value, groups)
    estimate = ratio(own, np.bincount(key, weight, groups))
    cell = key * len(kept) + place
    parts = np.bincount(cell, weight * value, groups * len(kept)).reshape(groups, len(kept))
    apart = value - 1
    sums = np.array([np.bincount(place, powers) for powers in squares_and_cubes(apart)])
    influence = influence_by_means(
        np.bincount(key, minlength=groups),
        key,
        weight * (value - estimate[key]) / own[key],
        place,
        apart,
        ratio(parts, own[:, None], 0.0) / np.bincount(place),
        sums,
    )
    low, high = interval(estimate, influence, Kind.MEAN)
    return {number: (float(low[number]), float(high[number])) for number in numbers if low[number] > 0}
