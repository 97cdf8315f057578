"""The hospitals of a region: their levels, sizes and costs, and which cases each of them treats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.simulation.population import Population, generator
from drg.grouping import Grouper

Floats = npt.NDArray[np.float64]


class Level(NamedTuple):
    """Hospitals of one level.

    Attributes:
        share: of all hospitals.
        size: median, against others.
        heavy: how much they prefer heavy cases.
        limit: the weight above which they soon treat no case.
        cost: what a case costs there, against others.
    """

    share: float
    size: float
    heavy: float
    limit: float
    cost: float


_LEVELS: Final = {
    "3": Level(0.30, 8.0, 0.5, np.inf, 1.12),
    "2": Level(0.45, 4.0, 0.0, 6.0, 0.95),
    "1": Level(0.25, 1.5, -0.6, 1.5, 0.85),
}
_STEEP: Final = 4.0  # how fast cases become fewer above the limit of weight
_SIZE: Final = 0.5  # log-SD
_COST_LEVEL: Final = 0.06  # log-SD
_SPECIALISED: Final = 0.12
# A hospital treats an ADRG if that gives it this share of all cases of the region; rarer ones by chance.
_OFFERED: Final = 5e-5
_NOTICEABLE: Final = 0.02  # of an equal share of the cases of a group
_CASES_OF_A_HOSPITAL: Final = 5_000
_HOSPITALS: Final = (5, 60)


@dataclass(frozen=True)
class Hospitals:
    """``h`` hospitals.

    Attributes:
        id, level: [h].
        cost: [h] what a case costs there, against the others.
        of_group: [d + 1, h] cumulative shares of the cases of a group; the last row is of no group.
        treats: [d + 1, h] whether it has a noticeable share of them.
    """

    id: pl.Series
    level: pl.Series
    cost: Floats
    of_group: Floats
    treats: npt.NDArray[np.bool_]


def make_hospitals(grouper: Grouper, population: Population, seed: int, hospitals: int) -> Hospitals:
    """So many hospitals: large and small ones, with the cases that each treats and prefers."""
    rng = generator(grouper, seed, 1, hospitals)
    names = list(_LEVELS)
    share, size, heavy, limit, cost = np.array(list(_LEVELS.values())).T
    level = np.sort(rng.choice(len(names), hospitals, p=share))
    level[0] = 0  # somebody takes the heaviest
    sizes = size[level] * np.exp(rng.normal(0, _SIZE, hospitals))
    costs = cost[level] * np.exp(rng.normal(0, _COST_LEVEL, hospitals))
    weight = population.weight[:, None]
    likes = rng.normal(
        0, np.where(rng.random(hospitals) < _SPECIALISED, 1.8, 0.3), (population.mdc.max() + 1, hospitals)
    )
    preference = np.log(sizes) + heavy[level] * np.log(weight) + likes[population.mdc]
    preference -= np.log1p((weight / limit[level]) ** _STEEP)
    expected = np.bincount(population.adrg, weights=population.share)[:, None] * sizes / sizes.sum()
    offered = rng.random(expected.shape) < np.sqrt(expected / _OFFERED)
    offered[:, 0] = True
    chances = np.exp(preference - preference.max(axis=1, keepdims=True)) * offered[population.adrg]
    chances[:, 0] = np.maximum(chances[:, 0], np.finfo(float).tiny)
    chances /= chances.sum(axis=1, keepdims=True)
    cumulative = np.cumsum(chances, axis=1)
    width = len(str(hospitals))
    return Hospitals(
        id=pl.Series([f"H{number:0{max(3, width)}}" for number in range(1, hospitals + 1)]),
        level=pl.Series([names[row] for row in level]),
        cost=costs,
        of_group=cumulative,
        treats=chances > _NOTICEABLE / hospitals,
    )


def usual_hospitals(cases: int) -> int:
    """How many hospitals have so many cases, if nobody says it."""
    fewest, most = _HOSPITALS
    return min(most, max(fewest, cases // _CASES_OF_A_HOSPITAL))
