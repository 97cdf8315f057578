"""Year on year: what changed beyond the regression to the mean that an outlying first year lets expect.

A hospital or group that was far out in the earlier year was so partly by chance, and comes nearer by itself.
The shrunken estimate of the earlier year says how far; only what goes beyond it is a change.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.intervals import ratio
from drg.analysis.quality.gather import Gathered
from drg.analysis.quality.profiles import LEAST_HOSPITALS, SIGNIFICANT, WINSORISED, adjusted, shrunken
from drg.analysis.trimming import trim

Floats = npt.NDArray[np.float64]

YEARS: Final = pl.Schema(
    {
        "measure": pl.String(),
        "hospital_id": pl.String(),
        "drg": pl.String(),
        "cases_then": pl.Int64(),
        "cases_now": pl.Int64(),
        "then": pl.Float64(),
        "now": pl.Float64(),
        "ratio_now_to_then": pl.Float64(),
        "expected_now": pl.Float64(),
        "beyond_expected": pl.Float64(),
        "beyond_expected_low": pl.Float64(),
        "beyond_expected_high": pl.Float64(),
        "p": pl.Float64(),
        "p_adjusted": pl.Float64(),
        "changed": pl.Boolean(),
    }
)
COST_INDEX, TIME_INDEX, GROUP_COST, GROUP_SHARE = MEASURES = (
    *("hospital_cost_index", "hospital_time_index"),
    *("group_mean_cost_yuan", "group_share_of_cases"),
)
_FEN: Final = 100


class _Year(NamedTuple):
    """One measure of one year, by hospital or group."""

    names: list[str]
    cases: Floats
    log: Floats  # NaN where it is not defined
    variance: Floats  # of the log

    def of(self, names: list[str]) -> _Year:
        """The same in the order of other names; no cases of a name that is not there."""
        place = {name: number for number, name in enumerate(self.names)}
        at = np.array([place.get(name, -1) for name in names], dtype=np.int64)
        cases, log, variance = (np.append(part, np.nan)[at] for part in self[1:])
        return _Year(names, np.nan_to_num(cases), log, variance)


def years(then: Gathered, now: Gathered, *, min_cases: int, level: float) -> pl.DataFrame:
    """Compare two years.

    Args:
        then: the cases of the earlier year.
        now: those of the later one.
        min_cases: a hospital or group with fewer in either year is shown, but not tested.
        level: of the intervals.

    Returns:
        A row for each hospital and group that is in either year and each measure, of the shape ``YEARS``;
        those that changed first.
    """
    tables = []
    for measure in MEASURES:
        one, other = _year(then, measure), _year(now, measure)
        names = sorted({*one.names, *other.names})
        tables.append(_compared(measure, one.of(names), other.of(names), min_cases, level))
    order = pl.col("measure").cast(pl.Enum(MEASURES))
    ids = ("hospital_id", "drg")
    return pl.concat(tables).sort(order, "p_adjusted", "p", *ids, nulls_last=True)


def years_findings(then: Gathered, now: Gathered, found: pl.DataFrame) -> dict[str, tuple[int, str]]:
    """What the reader of the comparison has to know, by rule."""
    alone = found.filter((pl.col("cases_then") == 0) | (pl.col("cases_now") == 0))
    counts = {measure: int(found.filter(measure=measure)["changed"].sum()) for measure in MEASURES}
    return {
        "years-other-version": (
            int(then.versions != now.versions),
            f"{', '.join(then.versions) or '–'} → {', '.join(now.versions) or '–'}",
        ),
        "one-year-hospitals": (alone["hospital_id"].n_unique() - int(alone["hospital_id"].has_nulls()), ""),
        "one-year-groups": (alone["drg"].n_unique() - int(alone["drg"].has_nulls()), ""),
        "hospitals-changed": (counts[COST_INDEX] + counts[TIME_INDEX], f"{counts[COST_INDEX]:,}"),
        "groups-changed": (counts[GROUP_COST] + counts[GROUP_SHARE], f"{counts[GROUP_COST]:,}"),
    }


def _year(cases: Gathered, measure: str) -> _Year:
    if measure in (COST_INDEX, TIME_INDEX):
        found = adjusted(cases, {COST_INDEX: cases.cost, TIME_INDEX: cases.los}[measure])
        return _Year(cases.hospitals, found.cases.astype(np.float64), found.log_index, found.variance)
    groups = len(cases.drgs)
    if measure == GROUP_SHARE:
        count = np.bincount(cases.group, minlength=groups).astype(np.float64)
        share = count / max(len(cases.group), 1)
        return _Year(cases.drgs, count, np.log(share), (1 - share) / count)
    usable = cases.cost >= 0
    group = cases.group[usable]
    value = trim(group, cases.cost[usable], WINSORISED).values / _FEN
    count = np.bincount(group, minlength=groups).astype(np.float64)
    mean = ratio(np.bincount(group, value, groups), count)
    spread = ratio(np.bincount(group, (value - mean[group]) ** 2, groups), count - 1)
    positive = np.where(mean > 0, mean, np.nan)
    return _Year(cases.drgs, count, np.log(positive), ratio(spread, count * positive**2))


def _compared(measure: str, then: _Year, now: _Year, min_cases: int, level: float) -> pl.DataFrame:
    from scipy import stats

    least = max(min_cases, 2)
    usable = [(year.cases >= least) & np.isfinite(year.log) & (year.variance > 0) for year in (then, now)]
    expected, low, high, p, beyond = (np.full(len(then.names), np.nan) for _ in range(5))
    if usable[0].sum() >= LEAST_HOSPITALS:
        mean, uncertain = shrunken(then.log[usable[0]], then.variance[usable[0]]).moments()
        expected[usable[0]] = mean
        total = np.full(len(then.names), np.nan)
        total[usable[0]] = uncertain
        spread = np.sqrt(np.where(usable[1], total + now.variance, np.nan))
        beyond = now.log - expected
        times = stats.norm.isf((1 - level) / 2)
        low, high = beyond - times * spread, beyond + times * spread
        p = 2 * stats.norm.sf(np.abs(beyond) / spread)
    tested = np.isfinite(p)
    p_adjusted = np.full(len(p), np.nan)
    if tested.any():
        p_adjusted[tested] = stats.false_discovery_control(p[tested])
    is_group = measure in (GROUP_COST, GROUP_SHARE)
    nobody = [None] * len(then.names)
    found = pl.DataFrame(
        {
            "measure": [measure] * len(then.names),
            "hospital_id": nobody if is_group else then.names,
            "drg": then.names if is_group else nobody,
            "cases_then": then.cases,
            "cases_now": now.cases,
            "then": np.exp(then.log),
            "now": np.exp(now.log),
            "ratio_now_to_then": np.exp(now.log - then.log),
            "expected_now": np.exp(expected),
            "beyond_expected": np.where(tested, np.exp(beyond), np.nan),
            "beyond_expected_low": np.exp(low),
            "beyond_expected_high": np.exp(high),
            "p": p,
            "p_adjusted": p_adjusted,
            "changed": pl.Series([None] * len(p), dtype=pl.Boolean),
        }
    )
    found = found.cast(YEARS).fill_nan(None)
    return found.with_columns(changed=pl.col("p_adjusted") < SIGNIFICANT)
