"""Bootstrap intervals of the reduction in variance and of the mean and CV of each group.

A replicate draws as many cases as there are, with replacement. That is done group by group: how many cases
fall to each group is multinomial, and which ones of the group is uniform; together this is the bootstrap by
case, without weights for a million cases. A mean or CV of a group is that of as many cases as the group has.
Intervals are those between percentiles (Efron and Tibshirani 1993, chapter 13).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from drg.grouping.jit import kernel, suited

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_COUNT, _SUM, _SQUARES = range(3)
_MOST_THREADS: Final = 8  # each has some tens of bytes for each case


class Replicates(NamedTuple):
    """What came out of ``b`` replicates of ``v`` columns of values; NaN where it is undefined.

    Mean and CV of ``g`` groups are kept for the first ``k`` columns only.
    """

    riv: Floats  # [b, v]
    mean: Floats  # [b, k, g]
    cv: Floats  # [b, k, g]


class Interval(NamedTuple):
    """Lower and upper limits; NaN where there is none."""

    low: Floats
    high: Floats


def replicates(group: Ints, values: Floats, count: int, *, seed: int, ddof: int, kept: int) -> Replicates:
    """Draw.

    Args:
        group: [n] the group of each case, ascending, from 0; every number is there.
        values: [v, n] columns of values; NaN where a case has none in that column.
        count: how many replicates.
        seed: the same seed, the same result, whatever the number of threads.
        ddof: the divisor of variances is the number of cases less this.
        kept: of so many columns, mean and CV of the groups are kept.
    """
    sizes = np.bincount(group)
    start = np.concatenate([[0], np.cumsum(sizes)])
    centres = _means(group, values, sizes)
    centred = values - centres[:, group]
    middle = np.nan_to_num(centres).mean(axis=1)
    seeds = np.random.SeedSequence(seed).spawn(count)

    def one(number: int) -> tuple[Floats, Floats, Floats]:
        rng = np.random.default_rng(seeds[number])
        drawn = rng.multinomial(len(group), sizes / len(group))
        chances = rng.random(int(np.maximum(sizes, drawn).sum()))
        own, whole = np.zeros((2, *centres.shape, 3))
        suited(_draw, len(group))(
            start, drawn, chances, np.empty(int(max(sizes.max(), drawn.max())), np.int64), centred, own, whole
        )
        return (_riv(whole, centres - middle[:, None]), *_mean_and_cv(own[:kept], centres[:kept], ddof))

    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        found = list(pool.map(one, range(count)))
    return Replicates(*(np.array(part) for part in zip(*found, strict=True)))


def interval(drawn: Floats, level: float = 0.95) -> Interval:
    """The limits between which the share ``level`` of the replicates lies.

    Args:
        drawn: [b, …]; replicates in which the measure is undefined have no part.
        level: such as 0.95.

    Returns:
        Limits of the shape […].
    """
    flat = drawn.reshape(len(drawn), -1)
    shares = (0.5 - level / 2, 0.5 + level / 2)
    limits = np.full((2, flat.shape[1]), np.nan)
    whole = ~np.isnan(flat).any(axis=0)
    limits[:, whole] = np.quantile(flat[:, whole], shares, axis=0)
    for place in np.flatnonzero(~whole):
        defined = flat[~np.isnan(flat[:, place]), place]
        if len(defined):
            limits[:, place] = np.quantile(defined, shares)
    low, high = limits.reshape(2, *drawn.shape[1:])
    return Interval(low, high)


def _means(group: Ints, values: Floats, sizes: Ints) -> Floats:
    """[v, g] the means of the groups; NaN without values."""
    there = ~np.isnan(values)
    counts = np.array([np.bincount(group, row, len(sizes)) for row in there])
    sums = np.array([np.bincount(group, np.nan_to_num(row), len(sizes)) for row in values])
    return ratio(sums, counts)


@kernel(load_from=200_000, compile_from=500_000)
def _draw(
    start: Ints, drawn: Ints, chances: Floats, places: Ints, values: Floats, own: Floats, whole: Floats
) -> None:
    """Add up draws: ``own`` [v, g, 3] as many as the group has cases, ``whole`` as many as fell to it."""
    used = 0
    for g in range(len(drawn)):
        size = start[g + 1] - start[g]
        shared = min(size, drawn[g])
        most = max(size, drawn[g])
        for i in range(most):
            # The product may round up to the size itself.
            places[i] = start[g] + min(int(chances[used + i] * size), size - 1)
        used += most
        for v in range(values.shape[0]):
            count = 0
            total = 0.0
            squares = 0.0
            for i in range(shared):
                x = values[v, places[i]]
                if x == x:  # not NaN
                    count += 1
                    total += x
                    squares += x * x
            own[v, g, 0] = whole[v, g, 0] = count
            own[v, g, 1] = whole[v, g, 1] = total
            own[v, g, 2] = whole[v, g, 2] = squares
            rest = own if size > shared else whole
            for i in range(shared, most):
                x = values[v, places[i]]
                if x == x:
                    rest[v, g, 0] += 1
                    rest[v, g, 1] += x
                    rest[v, g, 2] += x * x


def _riv(sums: Floats, centres: Floats) -> Floats:
    """[v] from sums about the centres of the groups."""
    count, total, squares = sums[..., _COUNT], sums[..., _SUM], sums[..., _SQUARES]
    shift = np.nan_to_num(centres)
    within = (squares - ratio(total**2, count, 0.0)).sum(axis=1)
    about = squares + 2 * shift * total + count * shift**2
    n = count.sum(axis=1)
    all_squares = about.sum(axis=1) - ratio((total + count * shift).sum(axis=1) ** 2, n, 0.0)
    # What is left of equal values by rounding is no variance.
    equal = all_squares <= 1e-12 * about.sum(axis=1)
    return np.where(equal, np.nan, 1 - ratio(within, np.where(equal, 0.0, all_squares)))


def _mean_and_cv(sums: Floats, centres: Floats, ddof: int) -> tuple[Floats, Floats]:
    """[v, g] each."""
    count, total, squares = sums[..., _COUNT], sums[..., _SUM], sums[..., _SQUARES]
    mean = centres + ratio(total, count)
    within = np.maximum(squares - ratio(total**2, count, 0.0), 0.0)
    sd = np.sqrt(ratio(within, np.where(count > 1, count - ddof, 0.0)))
    return mean, ratio(sd, mean)


def ratio(above: npt.NDArray[Any], below: npt.NDArray[Any], otherwise: float = np.nan) -> Floats:
    """A quotient; something else where the divisor is zero or undefined."""
    found = np.full(np.broadcast(above, below).shape, otherwise)
    np.divide(above, below, out=found, where=np.nan_to_num(below) != 0)
    return found
