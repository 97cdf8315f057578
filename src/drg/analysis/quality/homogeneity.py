"""Are the cases of a group alike: two kinds of cost in it, characteristics to split by, groups to merge.

Everything is looked for on log cost, for costs are skewed. The tests of all groups and characteristics are
computed at once from sums: a call for each of ten thousand splits would take a minute with a million cases.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.intervals import ratio
from drg.analysis.quality.gather import Gathered, Ints
from drg.analysis.quality.mixtures import BINS, REACH, binned, mixtures, p_values

Floats = npt.NDArray[np.float64]

HOMOGENEITY: Final = pl.Schema(
    {
        "kind": pl.String(),
        "adrg": pl.String(),
        "drg": pl.String(),
        "other_drg": pl.String(),
        "characteristic": pl.String(),
        "with_value": pl.String(),
        "cases": pl.Int64(),
        "other_cases": pl.Int64(),
        "geometric_mean_cost_yuan": pl.Float64(),
        "other_geometric_mean_cost_yuan": pl.Float64(),
        "ratio_of_geometric_means": pl.Float64(),
        "explained_log_variance": pl.Float64(),
        "riv_gained": pl.Float64(),
        "p": pl.Float64(),
        "p_adjusted": pl.Float64(),
        "suggested": pl.Boolean(),
    }
)
_RAW: Final = pl.Schema({name: t for name, t in HOMOGENEITY.items() if name not in ("adrg", "p_adjusted")})
DENSITIES: Final = pl.Schema({"drg": pl.String(), "heights": pl.List(pl.Float64())})
MIXTURE, SPLIT, MERGE = KINDS = ("mixture", "split", "merge")
SIGNIFICANT: Final = 0.05
# Geometric means within these bounds of one another are alike, as in bioequivalence.
ALIKE: Final = (0.8, 1.25)
_FEN: Final = 100
_AGES: Final = (17, 65, 80)
_OF_AGE: Final = "age_at_least"


def characteristics() -> dict[str, pl.Expr]:
    """What may explain the cost within a group; the expression of each gives the text of its value."""
    age = pl.col("age_years")
    treated = pl.col("principal_procedure").is_not_null()
    return {
        "severity": pl.col("severity").cast(pl.String),
        **{
            f"{_OF_AGE}_{years}": pl.when(age >= years)
            .then(pl.lit("yes"))
            .when(age < years)
            .then(pl.lit("no"))
            for years in _AGES
        },
        "procedure": pl.when(treated).then(pl.lit("yes")).otherwise(pl.lit("no")),
        "one_day_with_procedure": pl.when(treated & (pl.col("los_days") <= 1))
        .then(pl.lit("yes"))
        .when(pl.col("los_days").is_not_null())
        .then(pl.lit("no")),
        "department": pl.col("department"),
    }


def homogeneity_findings(cases: Gathered, tests: pl.DataFrame) -> dict[str, tuple[int, str]]:
    """What the reader of the tests has to know, by rule."""
    suggested = {kind: tests.filter("suggested", kind=kind) for kind in KINDS}
    missing = [name for name in characteristics() if name not in cases.characteristics]
    return {
        "two-kinds": (suggested[MIXTURE].height, ""),
        "split-suggested": (suggested[SPLIT]["drg"].n_unique(), f"{suggested[SPLIT].height:,}"),
        "merge-suggested": (suggested[MERGE].height, ""),
        "characteristics-missing": (len(missing), ", ".join(missing)),
    }


class Sides(NamedTuple):
    """One side of each test [tests]: cases, sums of logs and of their squares, and of costs in fen."""

    cases: Floats
    logs: Floats
    squares: Floats
    cost: Floats

    @property
    def mean(self) -> Floats:
        """Of the logs."""
        return np.asarray(self.logs / self.cases)

    @property
    def sd(self) -> Floats:
        """Of the logs; 0 where rounding alone is left."""
        squares = np.maximum(self.squares - self.logs**2 / self.cases, 0)
        squares[squares < 1e-9 * self.squares] = 0
        return np.asarray(np.sqrt(squares / (self.cases - 1)))

    def chosen(self, which: npt.NDArray[Any]) -> Sides:
        """The same of some tests."""
        return Sides(*(part[which] for part in self))

    def __sub__(self, other: Sides) -> Sides:
        """What is left without the other."""
        return Sides(*(mine - its for mine, its in zip(self, other, strict=True)))


def homogeneity(
    cases: Gathered, adrg_of: dict[str, str], *, min_cases: int, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Look at each group with enough cases.

    Args:
        cases: grouped cases, with the characteristics that are to be looked at.
        adrg_of: the ADRG of each group.
        min_cases: fewest cases on either side of a test.
        seed: of the draws of mixtures by chance.

    Returns:
        The tests, of the shape ``HOMOGENEITY``: suggestions first, by RIV gained. And the smoothed densities
        of log cost, four standard deviations to either side, of the shape ``DENSITIES``.
    """
    least = max(min_cases, 2)
    usable = cases.cost > 0
    looked_at = _Cases(cases, usable)
    enough = looked_at.whole.cases >= least
    counts, mean, spread = binned(looked_at.group, looked_at.log, len(cases.drgs))
    enough &= spread > 0
    # Of characteristics the tests are counted together, of groups and pairs by themselves.
    tables = [
        _mixtures(cases, looked_at, counts, mean, spread, enough, seed),
        *(_splits(cases, looked_at, name, least) for name in cases.characteristics),
        _merges(cases, looked_at, adrg_of, least),
    ]
    found = pl.concat([table.select(*_RAW).cast(_RAW).fill_nan(None) for table in tables])
    found = found.with_columns(adrg=pl.col("drg").replace_strict(adrg_of, return_dtype=pl.String))
    adjusted = [_adjusted(found.filter(kind=kind)) for kind in KINDS]
    down = ("suggested", "riv_gained")
    order = (*down, "p", "drg", "characteristic", "with_value")
    table = pl.concat(adjusted).sort(
        pl.col("kind").cast(pl.Enum(KINDS)),
        *order,
        descending=[False, *(name in down for name in order)],
        nulls_last=True,
    )
    return table.select(*HOMOGENEITY), _densities(cases, counts, enough)


class _Cases:
    """The cases with a cost above zero, and what the tests need of them."""

    def __init__(self, cases: Gathered, usable: npt.NDArray[np.bool_]) -> None:
        self.usable = usable
        self.groups = len(cases.drgs)
        self.group = cases.group[usable]
        self.cost = cases.cost[usable].astype(np.float64)
        self.log = np.log(self.cost / _FEN)
        self.whole = self.sums(self.group, self.groups)
        every = cases.cost[cases.cost >= 0].astype(np.float64)
        self.squares = float(((every - every.mean()) ** 2).sum()) if len(every) else 0.0
        # Cases are in the order of group and cost, so the place of a case in its group is its rank.
        first = np.cumsum(self.whole.cases) - self.whole.cases
        places = pl.DataFrame({"group": self.group, "cost": self.cost}).with_row_index("place")
        middle = places.select(pl.col("place").mean().over("group", "cost")).to_series().to_numpy()
        self.rank = middle - first[self.group] + 1

    def sums(self, key: Ints, count: int, here: npt.NDArray[np.bool_] | None = None) -> Sides:
        """By key, of the cases that are here."""
        log, cost = (self.log, self.cost) if here is None else (self.log[here], self.cost[here])
        parts = (None, log, log**2, cost)
        return Sides(*(np.bincount(key, part, count).astype(np.float64) for part in parts))


def _mixtures(
    cases: Gathered,
    looked_at: _Cases,
    counts: Floats,
    mean: Floats,
    spread: Floats,
    enough: npt.NDArray[np.bool_],
    seed: int,
) -> pl.DataFrame:
    chosen = np.flatnonzero(enough)
    found = mixtures(counts[chosen])
    sizes = looked_at.whole.cases[chosen]
    logs = mean[chosen, None] + found.means * spread[chosen, None]
    part = np.rint(found.shares[:, 0] * sizes)
    between = (found.shares * (found.means - (found.shares * found.means).sum(axis=1)[:, None]) ** 2).sum(
        axis=1
    )
    within = (found.shares * found.spreads**2).sum(axis=1)
    return pl.DataFrame(
        {
            **_named(MIXTURE, [cases.drgs[place] for place in chosen]),
            "cases": part,
            "other_cases": sizes - part,
            "geometric_mean_cost_yuan": np.exp(logs[:, 0]),
            "other_geometric_mean_cost_yuan": np.exp(logs[:, 1]),
            "ratio_of_geometric_means": np.exp(logs[:, 1] - logs[:, 0]),
            "explained_log_variance": between / (between + within),
            "p": p_values(found.ratio, sizes.astype(np.int64), seed),
            "suggested": found.two_modes(),
        }
    )


def _splits(cases: Gathered, looked_at: _Cases, name: str, least: int) -> pl.DataFrame:
    """Each value of a characteristic against all others of its group; of two values once."""
    values, places = cases.characteristics[name]
    places = places[looked_at.usable]
    known = places >= 0
    group, rank, kinds = looked_at.group[known], looked_at.rank[known], max(len(values), 1)
    key, count = group * kinds + places[known], looked_at.groups * kinds
    of_group = np.arange(count) // kinds
    whole = looked_at.sums(group, looked_at.groups, known)
    one = looked_at.sums(key, count, known)
    other = whole.chosen(of_group) - one
    # Of yes and no, yes is the one that is named.
    named = values[-1:] if len(values) == 2 else values
    of_value = np.tile([value in named for value in values] or [False], looked_at.groups)
    tested = (one.cases >= least) & (other.cases >= least) & of_value
    at, one, other = of_group[tested], one.chosen(tested), other.chosen(tested)
    every, squares = (np.bincount(group, rank**power, looked_at.groups)[at] for power in (1, 2))
    ranks = np.bincount(key, rank, count)[tested]
    by_ranks = _kruskal(ranks, every, squares, one.cases, other.cases)
    whole = whole.chosen(at)
    share = one.cases * other.cases / whole.cases
    quotient = np.exp(one.mean - other.mean)
    explained = share * (one.mean - other.mean) ** 2
    gained = share * (one.cost / one.cases - other.cost / other.cases) ** 2
    return pl.DataFrame(
        {
            **_named(SPLIT, [cases.drgs[place] for place in at]),
            "characteristic": pl.Series([name] * len(at), dtype=pl.String),
            "with_value": pl.Series(
                [values[place % kinds] for place in np.flatnonzero(tested)], dtype=pl.String
            ),
            **_means(one, other),
            "explained_log_variance": ratio(explained, whole.sd**2 * (whole.cases - 1)),
            "riv_gained": ratio(gained, np.full(len(at), looked_at.squares)),
            "p": np.maximum(_welch(one, other), by_ranks),
            "suggested": (quotient < ALIKE[0]) | (quotient > ALIKE[1]),
        }
    )


def _merges(cases: Gathered, looked_at: _Cases, adrg_of: dict[str, str], least: int) -> pl.DataFrame:
    """Neighbouring groups of an ADRG by code: two one-sided tests that their costs are alike."""
    from scipy import stats

    pairs = [
        (place, place + 1)
        for place, (drg, following) in enumerate(pairwise(cases.drgs))
        if adrg_of[drg] == adrg_of[following] and looked_at.whole.cases[[place, place + 1]].min() >= least
    ]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    one, other = (Sides(*(part[side] for part in looked_at.whole)) for side in (first, second))
    error = one.sd**2 / one.cases, other.sd**2 / other.cases
    freedom = ratio(
        (error[0] + error[1]) ** 2, error[0] ** 2 / (one.cases - 1) + error[1] ** 2 / (other.cases - 1)
    )
    spread = np.sqrt(error[0] + error[1])
    difference = one.mean - other.mean
    above = stats.t.sf(ratio(difference - np.log(ALIKE[0]), spread), freedom)
    below = stats.t.cdf(ratio(difference - np.log(ALIKE[1]), spread), freedom)
    share = one.cases * other.cases / (one.cases + other.cases)
    lost = share * (one.cost / one.cases - other.cost / other.cases) ** 2
    return pl.DataFrame(
        {
            **_named(MERGE, [cases.drgs[place] for place in first]),
            "other_drg": pl.Series([cases.drgs[place] for place in second], dtype=pl.String),
            **_means(one, other),
            "riv_gained": -ratio(lost, np.full(len(first), looked_at.squares)),
            "p": np.maximum(above, below),
            "suggested": np.full(len(first), True),
        }
    )


def _named(kind: str, drgs: list[str]) -> dict[str, pl.Series]:
    """Columns of tests of one kind, those without a value null."""
    texts = {"kind": [kind] * len(drgs), "drg": drgs}
    nothing = [None] * len(drgs)
    texts |= dict.fromkeys(("other_drg", "characteristic", "with_value"), nothing)  # type: ignore[arg-type]
    numbers = dict.fromkeys(("explained_log_variance", "riv_gained"), nothing)
    return {name: pl.Series(values, dtype=pl.String) for name, values in texts.items()} | {
        name: pl.Series(values, dtype=pl.Float64) for name, values in numbers.items()
    }


def _means(one: Sides, other: Sides) -> dict[str, Floats]:
    return {
        "cases": one.cases,
        "other_cases": other.cases,
        "geometric_mean_cost_yuan": np.exp(one.mean),
        "other_geometric_mean_cost_yuan": np.exp(other.mean),
        "ratio_of_geometric_means": np.exp(one.mean - other.mean),
    }


def _welch(one: Sides, other: Sides) -> Floats:
    """Two-sided p-values of Welch's test of the means of logs; NaN where nothing varies."""
    from scipy import stats

    with np.errstate(divide="ignore", invalid="ignore"):
        counts = [side.cases.astype(np.int64) for side in (one, other)]
        found = stats.ttest_ind_from_stats(
            one.mean, one.sd, counts[0], other.mean, other.sd, counts[1], equal_var=False
        )
    return np.where(one.sd + other.sd > 0, found.pvalue, np.nan)


def _kruskal(
    ranks: npt.NDArray[Any], every: npt.NDArray[Any], squares: npt.NDArray[Any], one: Floats, other: Floats
) -> Floats:
    """p-values of Kruskal and Wallis's test of two sides.

    Args:
        ranks: [tests] sum of the ranks of the one side.
        every: [tests] of both.
        squares: [tests] of the squares of the ranks of both.
        one: [tests] cases of the one side.
        other: [tests] of the other.
    """
    from scipy import stats

    count = one + other
    around = squares - every**2 / count
    h = ratio((ranks - one * every / count) ** 2 * count * (count - 1), one * other * around)
    return np.asarray(stats.chi2.sf(h, 1))


def _adjusted(found: pl.DataFrame) -> pl.DataFrame:
    """The tests of one kind, adjusted for one another (Benjamini–Hochberg)."""
    from scipy import stats

    tested = found.filter(pl.col("p").is_not_null())
    p = stats.false_discovery_control(tested["p"].to_numpy()) if tested.height else tested["p"]
    adjusted = pl.col("p_adjusted") < SIGNIFICANT
    return tested.with_columns(p_adjusted=pl.Series(p, dtype=pl.Float64)).with_columns(
        suggested=pl.col("suggested") & adjusted
    )


def _densities(cases: Gathered, counts: Floats, enough: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """The curves of log cost, smoothed by Silverman's rule."""
    from scipy import ndimage

    rows = []
    for place in np.flatnonzero(enough):
        width = 0.9 * counts[place].sum() ** -0.2 * BINS / (2 * REACH)
        heights = ndimage.gaussian_filter1d(counts[place], width, mode="constant")
        rows.append((cases.drgs[place], heights.tolist()))
    return pl.DataFrame(rows, schema=DENSITIES, orient="row")
