"""Hospitals compared by cost and length of stay: adjusted for case mix, with their precision, and shrunken.

The index of a hospital is Σ observed ÷ Σ expected, where a case is expected to cost the mean of its group
in the region. Its log has a standard error from the spread of cases within hospitals. Between hospitals it
varies by more than that: Paule and Mandel's variance, by ``statsmodels``. Sources: ``docs/quality.md``.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.intervals import ratio
from drg.analysis.quality.gather import Gathered, Ints
from drg.analysis.quality.variants import COST, LOS
from drg.analysis.trimming import Trimming, trim

Floats = npt.NDArray[np.float64]

PROFILES: Final = pl.Schema(
    {
        "value": pl.String(),
        "hospital_id": pl.String(),
        "cases": pl.Int64(),
        "only_here_cases": pl.Int64(),
        "winsorised_cases": pl.Int64(),
        "unit": pl.String(),
        "observed": pl.Float64(),
        "expected": pl.Float64(),
        "index": pl.Float64(),
        "index_low": pl.Float64(),
        "index_high": pl.Float64(),
        "log_standard_error": pl.Float64(),
        "shrunken_index": pl.Float64(),
        "shrunken_index_low": pl.Float64(),
        "shrunken_index_high": pl.Float64(),
        "rank": pl.Int64(),
        "rank_low": pl.Int64(),
        "rank_high": pl.Int64(),
        **{
            f"funnel_{kind}{share}_{end}": pl.Float64()
            for kind in ("", "between_")
            for share in ("95", "99_8")
            for end in ("low", "high")
        },
        "p": pl.Float64(),
        "p_adjusted": pl.Float64(),
        "differs": pl.Boolean(),
    }
)
# One very dear case would decide the index of a small hospital. On the log scale the limits take as few cases
# of a hospital that is dear throughout as of any other.
WINSORISED: Final = Trimming.parse("winsor-log-sd:3")
SIGNIFICANT: Final = 0.05
LEAST_HOSPITALS: Final = 4  # for a variance between them
_FUNNEL: Final = {"95": 0.95, "99_8": 0.998}
_WINSORISED_SHARE: Final = 0.1  # of the z-values at each end, as Spiegelhalter does
_POINTS: Final = 200  # of the standard deviation between hospitals
_DRAWS: Final = 1000
# Costs that are all equal leave a spread of rounding alone.
_NO_SPREAD: Final = 1e-9


class Adjusted(NamedTuple):
    """The comparison of one value [hospitals]; NaN where it is not defined."""

    cases: Ints
    only_here: Ints  # cases of groups that no other hospital has; not in ``cases``
    winsorised: Ints
    observed: Floats
    expected: Floats
    log_index: Floats
    variance: Floats  # of the log index, by the spread of cases within hospitals

    def comparable(self, min_cases: int) -> npt.NDArray[np.bool_]:
        """[hospitals] Which have enough cases, and a spread."""
        return (self.cases >= max(min_cases, 2)) & np.isfinite(self.log_index) & (self.variance > 0)


class Shrunken(NamedTuple):
    """Log indices drawn towards their mean as far as they are uncertain, by variances between hospitals.

    Attributes:
        weights: [points] how likely each of these variances is.
        means: [points, hospitals] of the log index.
        own_variances: [points, hospitals] of the log index, if the common mean were known.
        variances: [points, hospitals] with the uncertainty of the common mean.
    """

    weights: Floats
    means: Floats
    own_variances: Floats
    variances: Floats

    def moments(self) -> tuple[Floats, Floats]:
        """The mean and the variance of each log index."""
        mean = self.weights @ self.means
        return mean, self.weights @ (self.variances + self.means**2) - mean**2


def hospital_profiles(
    cases: Gathered, *, min_cases: int, level: float, seed: int
) -> tuple[pl.DataFrame, dict[str, float | int | None]]:
    """Compare hospitals with one another.

    Args:
        cases: grouped cases.
        min_cases: a hospital with fewer has an index, but is not compared.
        level: of the intervals.
        seed: of the draws from which intervals of ranks come.

    Returns:
        A row for each value and hospital, of the shape ``PROFILES``, and measures of the whole. Rank 1 has
        the highest shrunken index. ``p`` is that of a hospital that differs from the region by no more than
        hospitals usually do; ``p_adjusted`` (Benjamini–Hochberg) is adjusted for all hospitals. What is not
        defined is null.
    """
    tables: list[pl.DataFrame] = []
    summary: dict[str, float | int | None] = {}
    for name, unit, values, units in ((COST, "yuan", cases.cost, 100), (LOS, "days", cases.los, 1)):
        found = adjusted(cases, values)
        rows: dict[str, Any] = {
            "value": [name] * len(cases.hospitals),
            "hospital_id": cases.hospitals,
            "cases": found.cases,
            "only_here_cases": found.only_here,
            "winsorised_cases": found.winsorised,
            "unit": [unit] * len(cases.hospitals),
            "observed": found.observed / units,
            "expected": found.expected / units,
            "index": np.exp(found.log_index),
        }
        compared = np.flatnonzero(found.comparable(min_cases))
        log_index, variance = found.log_index[compared], found.variance[compared]
        columns: dict[str, Floats] = {}
        spread: float | None = None
        if len(compared) >= LEAST_HOSPITALS:
            spread = float(np.sqrt(between_variance(log_index, variance)))
            columns = _compared(log_index, variance, level, seed)
        for column, numbers in columns.items():
            rows[column] = np.full(len(cases.hospitals), np.nan)
            rows[column][compared] = numbers
        table = pl.DataFrame(rows).fill_nan(None)
        missing = [pl.lit(None).alias(column) for column in PROFILES if column not in rows]
        differs = pl.col("p_adjusted") < SIGNIFICANT
        table = table.with_columns(missing).cast({c: t for c, t in PROFILES.items() if c != "differs"})
        tables.append(table.with_columns(differs=differs).select(*PROFILES))
        summary |= {
            f"hospitals_compared_{name}": len(compared) if columns else 0,
            f"hospitals_differ_{name}": int(tables[-1]["differs"].sum()),
            f"between_hospitals_log_sd_{name}": spread,
        }
    return pl.concat(tables), summary


def profile_findings(profiles: pl.DataFrame, min_cases: int) -> dict[str, tuple[int, str]]:
    """What the reader of the comparison has to know, by rule."""
    found: dict[str, tuple[int, str]] = {}
    hospitals = profiles["hospital_id"].n_unique()
    for (name,), rows in profiles.group_by("value") if hospitals > 1 else ():
        compared, differ = int(rows["p"].count()), int(rows["differs"].sum())
        found |= {
            f"hospitals-not-compared-{name}": (rows.height - compared if compared else 0, str(min_cases)),
            f"too-few-hospitals-{name}": (0 if compared else rows.height, str(min_cases)),
            f"only-here-{name}": (int(rows["only_here_cases"].sum()), ""),
            f"winsorised-{name}": (int(rows["winsorised_cases"].sum()), str(WINSORISED)),
            f"hospitals-differ-{name}": (differ, str(compared)),
        }
    return found


def adjusted(cases: Gathered, values: Ints) -> Adjusted:
    """The index of each hospital and its precision.

    The spread of the cases of a group is that around what the index of their hospital lets expect, as a part
    of it, over all hospitals: the spread of a hospital alone goes with its mean, for costs are skewed, and a
    small hospital would be called surely cheap. The hospital is a part of the region: in a group of which it
    has the share s, its sum and what is expected of it vary together, which leaves 1 − s of the variance.
    """
    hospitals, groups = len(cases.hospitals), len(cases.drgs)
    usable = values >= 0
    group, hospital = cases.group[usable], cases.hospital[usable]
    kept = trim(group, values[usable], WINSORISED)
    value = kept.values.astype(np.float64)
    here = hospital >= 0
    region_cases = np.bincount(group, minlength=groups)
    mean = ratio(np.bincount(group, value, groups), region_cases)
    cell, shape = (hospital * groups + group)[here], (hospitals, groups)

    def summed(numbers: Floats | None) -> Floats:
        return np.bincount(cell, numbers, hospitals * groups).reshape(shape).astype(np.float64)

    count = summed(None)
    there = np.where(mean > 0, mean, np.nan)
    relative = np.nan_to_num(value / there[group])[here]
    of_cell, squares = summed(relative), summed(relative**2)
    only_here = (count == region_cases) | ~(mean > 0)
    told = np.where(only_here, 0, count)
    worth = np.nan_to_num(there)
    observed = (np.where(only_here, 0, of_cell) * worth).sum(axis=1)
    expected = (told * worth).sum(axis=1)
    index = ratio(observed, expected)
    own = np.where(index > 0, index, np.nan)
    around = squares / own[:, None] ** 2 - 2 * of_cell / own[:, None] + count
    around = np.where(only_here, 0, np.nan_to_num(around))
    spread = ratio(around.sum(axis=0), told.sum(axis=0), 0.0)
    spread[spread < _NO_SPREAD] = 0
    estimated = np.count_nonzero(told.any(axis=1)) + np.count_nonzero(told.any(axis=0)) - 1
    freedom = ratio(told.sum(), told.sum() - estimated)
    share = ratio(count, np.broadcast_to(region_cases, shape), 0.0)
    squared = freedom * (told * (1 - share) * worth**2 * spread).sum(axis=1)
    outside = (kept.values != values[usable]).astype(np.float64)[here]
    return Adjusted(
        told.sum(axis=1).astype(np.int64),
        np.where(only_here, count, 0).sum(axis=1).astype(np.int64),
        summed(outside).sum(axis=1).astype(np.int64),
        observed,
        expected,
        np.log(own),
        ratio(squared, expected**2),
    )


def between_variance(log_index: Floats, variance: Floats) -> float:
    """The variance between hospitals, Paule and Mandel's; 0 if they differ by no more than chance."""
    from statsmodels.stats.meta_analysis import combine_effects

    return float(combine_effects(log_index, variance, method_re="iterated").tau2)


def shrunken(log_index: Floats, variance: Floats) -> Shrunken:
    """Draw each log index towards their common mean, the more the less certain it is.

    A normal model with a flat prior of the common mean and of the standard deviation between hospitals, over
    which is integrated: a single estimate of it is often 0, and the intervals would be none.
    """
    scale = np.sqrt(log_index.var() + variance.mean())
    part = (np.arange(_POINTS) + 0.5) / _POINTS
    between = ((scale * part / (1 - part)) ** 2)[:, None]
    weights = 1 / (variance + between)
    total = weights.sum(axis=1, keepdims=True)
    mean = (weights * log_index).sum(axis=1, keepdims=True) / total
    likelihood = np.log(weights).sum(axis=1) - np.log(total[:, 0])
    likelihood = (likelihood - (weights * (log_index - mean) ** 2).sum(axis=1)) / 2 - 2 * np.log(1 - part)
    likelihood = np.exp(likelihood - likelihood.max())
    kept = between * weights
    own = kept * variance
    return Shrunken(
        likelihood / likelihood.sum(),
        mean + kept * (log_index - mean),
        own,
        own + (1 - kept) ** 2 / total,
    )


def usual_variance(log_index: Floats, variance: Floats) -> float:
    """The variance between hospitals without what the outermost of them add to it.

    A tenth of the z-values at each end is set to the next one (Spiegelhalter), and the rest of a normal
    distribution is scaled back to its variance.
    """
    from scipy import stats

    cut = int(_WINSORISED_SHARE * len(log_index))
    z = np.asarray(stats.mstats.winsorize(log_index / np.sqrt(variance), (cut / len(log_index),) * 2))
    limit = stats.norm.isf(cut / len(log_index)) if cut else np.inf
    left = 1.0
    if cut:
        tail = cut / len(log_index)
        left = 1 - 2 * (limit * stats.norm.pdf(limit) + tail) + 2 * tail * limit**2
    return between_variance(z / np.sqrt(left) * np.sqrt(variance), variance)


def _compared(log_index: Floats, variance: Floats, level: float, seed: int) -> dict[str, Floats]:
    from scipy import stats

    error = np.sqrt(variance)
    drawn = shrunken(log_index, variance)
    mean, uncertain = drawn.moments()
    uncertain = np.sqrt(uncertain)
    usual = np.sqrt(variance + usual_variance(log_index, variance))
    times = stats.norm.isf((1 - level) / 2)
    low, high = _ranks(drawn, level, seed)
    # The variance between hospitals was estimated from so many of them.
    p = 2 * stats.t.sf(np.abs(log_index) / usual, len(log_index) - 1)
    found = {
        "index_low": np.exp(log_index - times * error),
        "index_high": np.exp(log_index + times * error),
        "log_standard_error": error,
        "shrunken_index": np.exp(mean),
        "shrunken_index_low": np.exp(mean - times * uncertain),
        "shrunken_index_high": np.exp(mean + times * uncertain),
        "rank": stats.rankdata(-mean, method="min"),
        "rank_low": low,
        "rank_high": high,
        "p": p,
        "p_adjusted": stats.false_discovery_control(p),
    }
    for kind, spread in (("", error), ("between_", usual)):
        for name, share in _FUNNEL.items():
            distance = stats.norm.isf((1 - share) / 2) * spread
            found[f"funnel_{kind}{name}_low"] = np.exp(-distance)
            found[f"funnel_{kind}{name}_high"] = np.exp(distance)
    return found


def _ranks(drawn: Shrunken, level: float, seed: int) -> tuple[Floats, Floats]:
    """The interval of each rank, from draws of all hospitals."""
    from scipy import stats

    random = np.random.default_rng(seed)
    point = random.choice(len(drawn.weights), _DRAWS, p=drawn.weights)
    noise = random.standard_normal((_DRAWS, drawn.means.shape[1]))
    values = drawn.means[point] + noise * np.sqrt(drawn.own_variances[point])
    ranks = np.sort(stats.rankdata(-values, method="ordinal", axis=1), axis=0)
    outside = int(_DRAWS * (1 - level) / 2)
    return ranks[outside].astype(np.float64), ranks[-1 - outside].astype(np.float64)
