"""How far a weight is certain: percentile bootstrap of the mean cost of its group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from drg.analysis.calibration.estimate import Sums

SHARE: Final = 0.95
# So many cases are drawn at once.
_MOST_AT_ONCE: Final = 4_000_000


def intervals(
    periods: Sequence[Sums], numbers: Iterable[int], draws: int, seed: int
) -> dict[int, tuple[float, float]]:
    """Between which values the weight of a group lies in 95 % of the samples drawn from its own cases.

    The cases of a group that are kept are drawn with replacement, in each period as many as there are; the
    limits of trimming and the means of periods stay as they are. A group has its own random numbers, so its
    interval does not depend on the other groups.

    Args:
        periods: their cases.
        numbers: of the groups; each has cases that are kept.
        draws: how many samples.
        seed: of the random numbers.

    Returns:
        The 2.5 and the 97.5 percentile by group number, before pooling and normalisation.
    """
    low, high = (1 - SHARE) / 2, (1 + SHARE) / 2
    kept = [(sums, sums.period.groups[sums.kept], sums.costs[sums.kept]) for sums in periods]
    found = {}
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        drawn, count = np.zeros(draws), 0.0
        for sums, groups, costs in kept:
            start, end = np.searchsorted(groups, [number, number + 1])
            if start < end:
                weight = float(sums.period.weight)
                drawn += weight / float(sums.mean_fen) * _sums(costs[start:end], draws, rng)
                count += weight * float(end - start)
        bounds = np.quantile(drawn / count, (low, high))
        found[number] = (float(bounds[0]), float(bounds[1]))
    return found


def _sums(costs: npt.NDArray[np.int64], draws: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """The sum of each sample of as many cases [draws]."""
    at_once = max(1, _MOST_AT_ONCE // len(costs))
    parts = [
        costs[rng.integers(0, len(costs), (min(at_once, draws - done), len(costs)))].sum(axis=1)
        for done in range(0, draws, at_once)
    ]
    return np.concatenate(parts).astype(np.float64)
