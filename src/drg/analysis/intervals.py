"""Intervals of estimates from many cases, by what each case contributes to the log of the estimate.

The influence of a case is how far the log of the estimate moves with the weight of that case (infinitesimal
jackknife; Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 21). Its squares give the
standard error, its cubes the skewness that Hall's transformation takes out of the studentised estimate
(Journal of the Royal Statistical Society B, 1992, 54: 221-228). How often the intervals hold the value of
the population is measured by ``benchmarks/interval_coverage.py``. ``Kind`` says how many cases that needs;
with fewer there is no interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LEAST_IN_TAIL: Final = 10
_Z_ONE_SIDED: Final = 1.6448536269514722  # 95 %


class Kind(Enum):
    """How many cases an interval needs: at least the first; and the second times the squared skewness.

    Cochran (Sampling Techniques, 1977, chapter 2) asks for 25 times, of a mean without a correction for it.
    """

    MEAN = (30, 2)
    INDEX = (100, 10)
    CV = (2_000, 25)
    RIV = (1_000, 15)


class Interval(NamedTuple):
    """Lower and upper limits; NaN where there is none."""

    low: Floats
    high: Floats


@dataclass(frozen=True)
class Influence:
    """What the cases contribute to the logs of some estimates [k].

    Attributes:
        cases: of each estimate.
        squares, cubes: the sums of the contributions, which are the influences divided by the cases.
    """

    cases: Floats
    squares: Floats
    cubes: Floats

    def needed(self, kind: Kind) -> int:
        """How many cases an interval needs, by the skewness of the influences of all estimates together."""
        least, times = kind.value
        cases = self.cases.sum()
        square = (self.cases**2 * self.squares).sum()
        if not square:
            return least
        skewness = (self.cases**3 * self.cubes).sum() / cases / (square / cases) ** 1.5
        return max(least, int(np.ceil(times * skewness**2)))


def influence_by(key: Ints, values: Floats, keys: int) -> Influence:
    """Of each key from 0 the influences of its cases."""
    cases = np.bincount(key, minlength=keys).astype(np.float64)
    squares, cubes = (np.bincount(key, powers, keys) for powers in squares_and_cubes(values))
    return Influence(cases, ratio(squares, cases**2, 0.0), ratio(cubes, cases**3, 0.0))


def influence_by_means(
    cases: Ints, key: Ints, direct: Floats, place: Ints, apart: Floats, through: Floats, sums: Floats
) -> Influence:
    """Of each key [k] the influences where cases are compared with means [m] that are estimated too.

    Args:
        cases: [k] of each key.
        key: [n] of each case that belongs to one.
        direct: [n] what it adds to the log of the estimate itself.
        place: [n] the mean that it is compared with.
        apart: [n] how far it lies from that mean.
        through: [k, m] what a unit of ``apart`` takes from the log of the estimate by way of each mean.
        sums: [2, m] of the squares and of the cubes of ``apart``, over all cases behind each mean.
    """
    shift = through[key, place] * apart
    moved = direct - shift
    (moved2, moved3), (shift2, shift3) = squares_and_cubes(moved), squares_and_cubes(shift)
    through2, through3 = squares_and_cubes(through)
    squares = np.bincount(key, moved2 - shift2, len(cases)) + through2 @ sums[0]
    cubes = np.bincount(key, moved3 + shift3, len(cases)) - through3 @ sums[1]
    # Where the cases of a key are all that there are, both cancel out.
    fixed = squares <= 1e-12 * np.bincount(key, direct**2, len(cases))
    squares, cubes = (np.where(fixed, 0.0, found) for found in (squares, cubes))
    return Influence(cases.astype(np.float64), squares, cubes)


def interval(estimate: Floats, influence: Influence, kind: Kind, level: float = 0.95) -> Interval:
    """The limits of estimates [k] that are above zero; NaN where there are fewer cases than needed.

    Args:
        estimate: NaN where there is none.
        influence: of the cases.
        kind: what an interval needs.
        level: such as 0.95.
    """
    enough = (influence.cases >= influence.needed(kind)) & (np.nan_to_num(estimate) > 0)
    cases = np.where(enough, influence.cases, 2)
    error = np.sqrt(influence.squares * cases / (cases - 1))
    # The skewness of the influences by the root of the cases.
    skewness = ratio(influence.cubes, influence.squares**1.5, 0.0)
    quantile = _t_quantile(0.5 + level / 2, cases - 1)
    low, high = (
        np.where(enough, estimate * np.exp(-error * _studentised(end, skewness)), np.nan)
        for end in (quantile, -quantile)
    )
    return Interval(low, high)


def nothing(estimates: int) -> Interval:
    """No interval of any of so many estimates."""
    return Interval(*np.full((2, estimates), np.nan))


def heavy_tailed(influences: Floats, share: float, index: float = 2) -> bool:
    """Whether the variance of influences may be infinite, as far as the largest share of them says.

    That is so unless the index of their tail (Hill, Annals of Statistics, 1975, 3: 1163-1174) is surely above
    2, or another bound: its lower limit, one-sided at 95 %.
    """
    size = np.abs(influences)
    tail = max(_LEAST_IN_TAIL, int(share * len(size)))
    if len(size) <= tail:
        return True
    largest = np.partition(size, len(size) - tail - 1)[-tail - 1 :]
    least = largest.min()
    if not least:
        return bool(largest.max() > 0)
    mean_log = np.log(largest / least).sum() / tail
    return bool(index * mean_log >= 1 - _Z_ONE_SIDED / np.sqrt(tail))


def _studentised(quantile: Floats, skewness: Floats) -> Floats:
    """The quantile of the studentised estimate: the inverse of Hall's cubic; skewness by the root of n."""
    small = np.abs(skewness) < 1e-6
    k = np.where(small, 1.0, skewness)
    return np.where(small, quantile, 3 / k * (np.cbrt(1 + k * (quantile - k / 6)) - 1))


def _t_quantile(share: float, freedom: Floats) -> Floats:
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, share), np.float64)


def squares_and_cubes(values: Floats) -> tuple[Floats, Floats]:
    """Both, ten times as fast as by ``**``."""
    squares = values * values
    return squares, squares * values


def ratio(above: npt.NDArray[Any], below: npt.NDArray[Any], otherwise: float = np.nan) -> Floats:
    """A quotient; something else where the divisor is zero or undefined."""
    found = np.full(np.broadcast(above, below).shape, otherwise)
    np.divide(above, below, out=found, where=np.nan_to_num(below) != 0)
    return found
