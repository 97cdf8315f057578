"""How the costs of a group's cases lie around their mean: four courses of an illness.

Most cases take the usual course; some are broken off early, some are complicated, and few become very dear.
Each course is log-normal. Together they are 1 on average: the mean cost of a group is what its weight says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BROKEN_OFF, USUAL, COMPLICATED, VERY_DEAR = range(4)
# Of each course: share of the cases, cost against the usual course and CV; lowest and highest of any group.
COURSES: Final = {
    BROKEN_OFF: ((0.010, 0.030), (0.20, 0.45), (0.30, 0.50)),
    COMPLICATED: ((0.060, 0.150), (1.80, 2.60), (0.35, 0.55)),
    VERY_DEAR: ((0.004, 0.016), (4.00, 8.00), (0.35, 0.50)),
}
# In groups above this weight, where intensive care is usual, dear courses are nearer to the usual one.
HEAVY: Final = 5.0
# The CV of the usual course: median, log-SD, lowest, highest.
USUAL_CV: Final = (0.38, 0.35, 0.12, 0.90)


@dataclass(frozen=True)
class Courses:
    """The courses of ``g`` groups.

    Attributes:
        until: [g, 3] cumulative shares of all courses but the last.
        mean: [g, 4] mean cost of each course; 1 over all of them.
        sigma: [g, 4] log-SD of each course.
    """

    until: Floats
    mean: Floats
    sigma: Floats

    @property
    def cv(self) -> Floats:
        """[g] the coefficient of variation over all courses."""
        share = np.diff(self.until, axis=1, prepend=0.0, append=1.0)
        return np.asarray(np.sqrt((share * self.mean**2 * np.exp(self.sigma**2)).sum(axis=1) - 1))

    def taken(self, group: Ints, chance: Floats) -> Ints:
        """The course of each case [n] by its group and a number from 0 to 1."""
        taken = np.zeros(len(group), dtype=np.int64)
        for until in self.until.T:
            taken += chance >= until.take(group)
        return taken

    def cost(self, group: Ints, chance: Floats, z: Floats) -> Floats:
        """The cost of each case [n] against the mean of its group; ``z`` is standard normal."""
        place = group * self.mean.shape[1] + self.taken(group, chance)
        sigma = self.sigma.ravel()[place]
        return np.asarray(self.mean.ravel()[place] * np.exp(sigma * (z - sigma / 2)))


def draw_courses(weight: Floats, rng: np.random.Generator) -> Courses:
    """Courses for groups [g] of these weights."""
    groups = len(weight)
    share, mean, cv = np.ones((3, groups, 1 + len(COURSES)))
    for course, limits in COURSES.items():
        for values, (low, high) in zip((share, mean, cv), limits, strict=True):
            values[:, course] = rng.uniform(low, high, groups)
    nearer = np.minimum(1.0, np.sqrt(HEAVY / weight))[:, None]
    mean[:, COMPLICATED:] = 1 + (mean[:, COMPLICATED:] - 1) * nearer
    median, spread, low, high = USUAL_CV
    cv[:, USUAL] = np.clip(median * np.exp(rng.normal(0, spread, groups)), low, high)
    share[:, USUAL] -= share.sum(axis=1) - 1
    mean /= (share * mean).sum(axis=1, keepdims=True)
    return Courses(np.cumsum(share, axis=1)[:, :-1], mean, np.sqrt(np.log1p(cv**2)))
