"""Do the groups of an ADRG differ in cost: F-test, Kruskal–Wallis, and the order MCC ≥ CC ≥ none.

scipy.stats takes most of a second to import, so only what tests imports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Final

import numpy as np
import polars as pl

from drg.analysis.quality.gather import Ints
from drg.analysis.quality.sums import Sums
from drg.analysis.severity import Ladder

SPLITS: Final = pl.Schema(
    {
        "adrg": pl.String(),
        "groups": pl.Int64(),
        "cases": pl.Int64(),
        "left_out_cases": pl.Int64(),
        "df_between": pl.Int64(),
        "df_within": pl.Int64(),
        "f": pl.Float64(),
        "p_f": pl.Float64(),
        "log_cases": pl.Int64(),
        "f_log": pl.Float64(),
        "p_f_log": pl.Float64(),
        "h": pl.Float64(),
        "p_h": pl.Float64(),
    }
)
ORDER: Final = pl.Schema(
    {
        "adrg": pl.String(),
        "higher_drg": pl.String(),
        "higher_level": pl.String(),
        "higher_cases": pl.Int64(),
        "higher_mean_cost_yuan": pl.Float64(),
        "lower_drg": pl.String(),
        "lower_level": pl.String(),
        "lower_cases": pl.Int64(),
        "lower_mean_cost_yuan": pl.Float64(),
        "ratio": pl.Float64(),
        "violated": pl.Boolean(),
        "p_welch": pl.Float64(),
    }
)
_LEAST: Final = 2  # cases of a group that has a part in a test
_FEN: Final = 100


def split_tests(members: Mapping[str, Sequence[int]], group: Ints, cost: Ints) -> pl.DataFrame:
    """Test each ADRG of which several groups have two cases or more.

    Args:
        members: the places of the groups of each ADRG.
        group: [n] the place of each case's group, ascending.
        cost: [n] fen, negative where there is none.

    Returns:
        One row for each ADRG that can be tested, of the shape ``SPLITS``: one-way analysis of variance of
        cost and of log cost (``scipy.stats.f_oneway``) and Kruskal–Wallis (``scipy.stats.kruskal``). A
        statistic is null where costs do not vary within the groups as far as floats can tell, or not at all.
    """
    usable = cost >= 0
    group, cost = group[usable], cost[usable]
    rows = []
    for adrg, places in members.items():
        samples = [cost[slice(*np.searchsorted(group, [place, place + 1]))] / _FEN for place in places]
        chosen = [sample for sample in samples if len(sample) >= _LEAST]
        if len(chosen) < 2:
            continue
        cases = sum(map(len, chosen))
        logs = [np.log(sample[sample > 0]) for sample in chosen]
        logs = [sample for sample in logs if len(sample) >= _LEAST]
        rows.append(
            (
                adrg,
                len(chosen),
                cases,
                sum(map(len, samples)) - cases,
                len(chosen) - 1,
                cases - len(chosen),
                *_f_test(chosen),
                sum(map(len, logs)),
                *_f_test(logs),
                *_kruskal(chosen),
            )
        )
    return pl.DataFrame(rows, schema=SPLITS, orient="row")


def cost_order(ladders: Iterable[Ladder], costs: Mapping[str, Sums]) -> pl.DataFrame:
    """Compare the mean cost of each group with that of the next lower level of its ladder.

    Args:
        ladders: groups in the order of their levels.
        costs: the sums of each group that has cases, in fen.

    Returns:
        One row for each pair, of the shape ``ORDER``. It is violated if the mean of the higher level is below
        that of the lower one, which is decided exactly. ``p_welch`` is the two-sided p-value of Welch's test
        that the means are equal, null where it is not defined.
    """
    with_cost = {drg: sums for drg, sums in costs.items() if sums.cases}
    rows = []
    for ladder in ladders:
        for high, low in ladder.pairs(with_cost):
            above, below = with_cost[high], with_cost[low]
            rows.append(
                (
                    ladder.adrg,
                    *(high, ladder.levels[high], above.cases, above.mean(_FEN)),
                    *(low, ladder.levels[low], below.cases, below.mean(_FEN)),
                    above.total * below.cases / (below.total * above.cases) if below.total else None,
                    above.total * below.cases < below.total * above.cases,
                    _welch(above, below),
                )
            )
    return pl.DataFrame(rows, schema=ORDER, orient="row")


Samples = list[np.ndarray[tuple[int], np.dtype[np.float64]]]
_UNDEFINED: Final = (None, None)


def _f_test(samples: Samples) -> tuple[float | None, float | None]:
    # Without variance inside the groups there is nothing to compare that between them with.
    if len(samples) < 2 or all(sample.min() == sample.max() for sample in samples):
        return _UNDEFINED
    from scipy import stats

    found = stats.f_oneway(*samples)
    # A variance of some fen beside means of millions is lost in floats.
    if not isfinite(found.statistic):
        return _UNDEFINED
    return float(found.statistic), float(found.pvalue)


def _kruskal(samples: Samples) -> tuple[float | None, float | None]:
    if min(sample.min() for sample in samples) == max(sample.max() for sample in samples):
        return _UNDEFINED
    from scipy import stats

    found = stats.kruskal(*samples)
    return float(found.statistic), float(found.pvalue)


def _welch(one: Sums, other: Sums) -> float | None:
    if min(one.cases, other.cases) < _LEAST or not (one.squares_within or other.squares_within):
        return None
    from scipy import stats

    sides = [(side.mean(_FEN) or 0.0, side.sd(1, _FEN) or 0.0, side.cases) for side in (one, other)]
    return float(stats.ttest_ind_from_stats(*sides[0], *sides[1], equal_var=False).pvalue)
