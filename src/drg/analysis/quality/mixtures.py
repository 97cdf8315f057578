"""Is the cost of a group that of two kinds of cases: mixtures of two normal distributions of log cost.

Counts of standardised logs in bins are all that is needed, so all groups are fitted at once, however many
cases there are. scipy and statsmodels fit no mixtures, and scikit-learn is a large library for one loop.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from drg.analysis.quality.gather import Ints

Floats = npt.NDArray[np.float64]

REACH: Final = 4.0  # standard deviations; what lies beyond is counted in the last bin
BINS: Final = 80
_STEPS: Final = 60  # of every fit, so that ratios are compared with those drawn
_LEAST_SPREAD: Final = 0.15  # of a part, in standard deviations of the group: fewer would fit a single value
_LEAST_SHARE: Final = 0.05
_APART: Final = 2.0  # spreads
# Sizes of groups for which the ratio is drawn that groups of one kind have by chance.
_SIZES: Final = (30, 100, 300, 1000, 4000)
_DRAWN: Final = 200
_MIDDLES: Final = (np.arange(BINS) + 0.5) * (2 * REACH / BINS) - REACH


class Mixtures(NamedTuple):
    """The two parts of each group [groups, 2], the lower one first, in standard deviations of the group."""

    shares: Floats
    means: Floats
    spreads: Floats
    ratio: Floats  # [groups] twice the difference of the log likelihoods of two parts and of one

    def two_modes(self) -> npt.NDArray[np.bool_]:
        """[groups] Whether there are two peaks far apart: skew alone makes two parts, but not these.

        The fitted density has two peaks, and the means are more than twice the spread of the parts apart
        (Ashman, Bird and Zepf 1994).
        """
        density = (self.shares[:, :, None] * _density(self.means, self.spreads)).sum(axis=1)
        inner = density[:, 1:-1]
        peaks = ((inner > density[:, :-2]) & (inner >= density[:, 2:])).sum(axis=1)
        apart = np.diff(self.means, axis=1)[:, 0] / np.sqrt((self.spreads**2).mean(axis=1))
        return np.asarray((peaks > 1) & (apart > _APART))


def binned(group: Ints, logs: Floats, groups: int) -> tuple[Floats, Floats, Floats]:
    """The numbers of cases in bins of each group [groups, BINS], and the mean and spread of its logs."""
    count = np.maximum(np.bincount(group, minlength=groups), 1)
    mean = np.bincount(group, logs, groups) / count
    spread = np.sqrt(np.bincount(group, (logs - mean[group]) ** 2, groups) / count)
    standard = (logs - mean[group]) / np.where(spread > 0, spread, 1)[group]
    place = np.clip(((standard + REACH) / (2 * REACH) * BINS).astype(np.int64), 0, BINS - 1)
    counts = np.bincount(group * BINS + place, minlength=groups * BINS).reshape(groups, BINS)
    return counts.astype(np.float64), mean, spread


def mixtures(counts: Floats) -> Mixtures:
    """Fit two parts to the counts of each group [groups, BINS] by expectation and maximisation.

    It begins with the lower and the upper half, and with a small part at either end; the best of them counts.
    """
    fits = [_fit(counts, share) for share in (0.5, 0.15, 0.85)]
    best = np.argmax([fit.ratio for fit in fits], axis=0)
    chosen = [np.stack(parts)[best, np.arange(len(counts))] for parts in zip(*fits, strict=True)]
    order = np.argsort(chosen[1], axis=1)
    parts = [np.take_along_axis(part, order, axis=1) for part in chosen[:3]]
    return Mixtures(parts[0], parts[1], parts[2], chosen[3])


def p_values(ratio: Floats, cases: Ints, seed: int) -> Floats:
    """How often groups of one normal kind have such a ratio: by gamma distributions, fitted to drawn ones."""
    from scipy import stats

    size_of = np.maximum(np.searchsorted(_SIZES, cases, side="right") - 1, 0)
    found = np.ones(len(ratio))
    for place in np.unique(size_of):
        mean, scale = _by_chance(_SIZES[place], seed)
        here = size_of == place
        found[here] = stats.gamma.sf(ratio[here], mean / scale, scale=scale)
    return found


@cache
def _by_chance(cases: int, seed: int) -> tuple[float, float]:
    """Mean, and variance ÷ mean, of the ratios of groups of one normal kind with so many cases."""
    from scipy import stats

    chances = np.diff(stats.norm.cdf(np.linspace(-REACH, REACH, BINS + 1)))
    random = np.random.default_rng(seed)
    drawn = random.multinomial(cases, chances / chances.sum(), _DRAWN).astype(np.float64)
    ratio = np.maximum(mixtures(drawn).ratio, 0)
    return float(ratio.mean()), float(ratio.var() / ratio.mean())


def _density(means: Floats, spreads: Floats) -> Floats:
    """[groups, 2, BINS] The normal densities of the parts."""
    away = (_MIDDLES - means[:, :, None]) / spreads[:, :, None]
    return np.asarray(np.exp(-0.5 * away**2) / (spreads[:, :, None] * np.sqrt(2 * np.pi)))


def _fit(counts: Floats, share: float) -> Mixtures:
    total = np.maximum(counts.sum(axis=1), 1)
    below = np.cumsum(counts, axis=1) / total[:, None]
    lower = (below <= share).astype(np.float64)
    part = 0.9 * np.stack([lower, 1 - lower], axis=1) + 0.05
    shares = means = spreads = densities = np.empty(0)
    for _ in range(_STEPS):
        weighted = part * counts[:, None, :]
        weight = np.maximum(weighted.sum(axis=2), 1e-9)
        shares = np.clip(weight / total[:, None], _LEAST_SHARE, 1 - _LEAST_SHARE)
        means = (weighted * _MIDDLES).sum(axis=2) / weight
        spreads = np.sqrt((weighted * (_MIDDLES - means[:, :, None]) ** 2).sum(axis=2) / weight)
        spreads = np.maximum(spreads, _LEAST_SPREAD)
        densities = np.maximum(shares[:, :, None] * _density(means, spreads), 1e-300)
        part = densities / densities.sum(axis=1, keepdims=True)
    likelihood = (counts * np.log(densities.sum(axis=1))).sum(axis=1)
    mean = (counts * _MIDDLES).sum(axis=1) / total
    spread = np.sqrt((counts * (_MIDDLES - mean[:, None]) ** 2).sum(axis=1) / total)
    single = _density(mean[:, None], np.maximum(spread, _LEAST_SPREAD)[:, None])[:, 0]
    alone = (counts * np.log(np.maximum(single, 1e-300))).sum(axis=1)
    return Mixtures(shares, means, spreads, 2 * (likelihood - alone))
