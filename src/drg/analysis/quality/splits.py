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
        "descends": pl.Boolean(),
        "p_welch": pl.Float64(),
        "p_ranks": pl.Float64(),
        "p_adjusted": pl.Float64(),
        "violated": pl.Boolean(),
    }
)
_LEAST: Final = 2  # cases of a group that has a part in a test
_FEN: Final = 100
# A pair is violated if its p-value, adjusted for all pairs that are tested, is below this.
SIGNIFICANT: Final = 0.05


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


def cost_order(
    ladders: Iterable[Ladder], costs: Mapping[str, Sums], group: Ints, cost: Ints, min_cases: int
) -> pl.DataFrame:
    """Compare the cost of each group with that of the next lower level of its ladder.

    Args:
        ladders: groups in the order of their levels.
        costs: the sums of each group, in fen; the place of a group here is its number in ``group``.
        group: [n] the place of each case's group, ascending.
        cost: [n] fen, negative where there is none.
        min_cases: pairs in which a group has fewer are not tested.

    Returns:
        One row for each pair, of the shape ``ORDER``. It ``descends`` if the mean of the higher level is
        below that of the lower one, which is decided exactly. Of pairs that are tested there are one-sided
        p-values against the order: of the means (``p_welch``) and of the ranks (``p_ranks``, Mann–Whitney).
        ``p_adjusted`` is the larger of both, adjusted for all pairs that are tested (Benjamini–Yekutieli); a
        pair that descends is ``violated`` if it is below 0.05. A few very dear cases move means, and groups
        of unequal spread the ranks: each test alone finds too much.
    """
    place = {drg: number for number, drg in enumerate(costs)}
    with_cost = {drg: sums for drg, sums in costs.items() if sums.cases}
    usable = cost >= 0
    group, cost = group[usable], cost[usable]

    def sample(drg: str) -> Ints:
        return cost[slice(*np.searchsorted(group, [place[drg], place[drg] + 1]))]

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
                    *(_less(sample(high), sample(low), min_cases)),
                )
            )
    schema = [(name, dtype) for name, dtype in ORDER.items() if name not in ("p_adjusted", "violated")]
    pairs = pl.DataFrame(rows, schema=schema, orient="row")
    violated = pl.col("descends") & (pl.col("p_adjusted") < SIGNIFICANT).fill_null(False)
    return pairs.with_columns(_adjusted(pairs)).with_columns(violated=violated)


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


def _less(one: Ints, other: Ints, min_cases: int) -> tuple[float | None, float | None]:
    """One-sided p-values that the first costs less: Welch's of the means, Mann–Whitney's of the ranks."""
    if min(len(one), len(other)) < max(min_cases, _LEAST):
        return _UNDEFINED
    if one.min() == one.max() and other.min() == other.max():
        return _UNDEFINED
    from scipy import stats

    welch = stats.ttest_ind(one / _FEN, other / _FEN, equal_var=False, alternative="less")
    return float(welch.pvalue), float(stats.mannwhitneyu(one, other, alternative="less").pvalue)


def _adjusted(pairs: pl.DataFrame) -> pl.Series:
    larger = pairs.select(pl.max_horizontal("p_welch", "p_ranks"))["p_welch"]
    tested = larger.is_not_null()
    found = np.full(len(larger), np.nan)
    if tested.any():
        from scipy import stats

        # A group is the higher one of a pair and the lower one of the next, so the tests depend on each other
        # in a way that Benjamini and Hochberg's adjustment does not allow for.
        found[tested.to_numpy()] = stats.false_discovery_control(larger.drop_nulls().to_numpy(), method="by")
    return pl.Series("p_adjusted", found).fill_nan(None)
