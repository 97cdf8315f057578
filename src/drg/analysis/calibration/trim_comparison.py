"""What each rule of trimming does to the weights: the same cases, the same steps, one row for each rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.calibration.calibration_cases import Period
from drg.analysis.calibration.estimate import OWN, Estimates, Sums, sums_of
from drg.analysis.calibration.groups_of_version import Version
from drg.analysis.trimming import RULES, Trimming

Floats = npt.NDArray[np.float64]

TRIMS: Final = pl.Schema(
    {
        "trimming": pl.String(),
        "chosen": pl.Boolean(),
        "trimmed_low": pl.Int64(),
        "trimmed_high": pl.Int64(),
        "cost_percent": pl.Float64(),
        "distance_percent": pl.Float64(),
        "even_percent": pl.Float64(),
        "middle_percent": pl.Float64(),
        "uneven_percent": pl.Float64(),
    }
)
_THIRDS: Final = 3


def compare_trims(
    periods: Sequence[Period],
    base: str,
    chosen: Trimming,
    version: Version,
    estimated: Callable[[Sequence[Sums], Sums], Estimates],
    reference: Mapping[str, Decimal],
) -> pl.DataFrame:
    """One row for each rule of ``trimming.RULES``, and for the chosen one.

    Args:
        periods: the cases.
        base: the label of the period whose cases count.
        chosen: the rule with which the weights are made.
        version: the groups.
        estimated: sums of all periods and of the base → weights.
        reference: weights to compare with; if empty, those without trimming.

    Returns:
        The columns of ``TRIMS``: cases beyond the limits, the share of the cost that does not count, the mean
        distance of the weights from the reference (of either sign, by cases), and how far the weights of the
        third of the cases in the groups that vary least, in the middle and most are too high or too low
        together. Only groups count that have enough cases without trimming, and a weight in the reference.
    """
    rules = dict.fromkeys([str(Trimming()), *RULES, str(chosen)])
    found = {}
    for rule in rules:
        sums = [sums_of(period, Trimming.parse(rule)) for period in periods]
        of_base = next(one for one in sums if one.period.label == base)
        found[rule] = (sums, of_base, estimated(sums, of_base))
    _, whole, plain = found[str(Trimming())]
    against = reference or _weights(plain, version)
    numbers = [
        group.number
        for group in plain.groups
        if group.source == OWN and version.drgs[group.number] in against and group.number in whole.cells
    ]
    cases = np.array([whole.cells[number].cases for number in numbers], dtype=float)
    thirds = _thirds(_variation(whole)[numbers], cases)
    theirs = np.array([float(against[version.drgs[number]]) for number in numbers])
    rows = []
    for rule, (sums, _, weights) in found.items():
        of_rule = _weights(weights, version)
        mine = np.array([float(of_rule.get(version.drgs[number], 0)) for number in numbers])
        ratio = _level(mine, cases) / _level(theirs, cases) if len(numbers) else mine
        rows.append(
            {
                "trimming": rule,
                "chosen": rule == str(chosen),
                "trimmed_low": sum(cell.trimmed_low for one in sums for cell in one.cells.values()),
                "trimmed_high": sum(cell.trimmed_high for one in sums for cell in one.cells.values()),
                "cost_percent": _cost_left_out(sums),
                "distance_percent": _percent(np.abs(ratio - 1), cases),
                **{
                    f"{name}_percent": _together(mine, theirs, cases, thirds == third)
                    for third, name in enumerate(("even", "middle", "uneven"))
                },
            }
        )
    return pl.DataFrame(rows, schema=TRIMS)


def _weights(found: Estimates, version: Version) -> dict[str, Decimal]:
    return {version.drgs[group.number]: group.weight for group in found.groups if group.weight is not None}


def _variation(sums: Sums) -> Floats:
    """The CV of the cost of each group, by number; 0 for those that have no case."""
    groups, costs = sums.period.groups, sums.period.costs.astype(float)
    count = np.maximum(np.bincount(groups), 1)
    mean = np.bincount(groups, costs) / count
    spread = np.sqrt(np.bincount(groups, (costs - mean[groups]) ** 2) / count)
    return np.divide(spread, mean, out=np.zeros_like(mean), where=mean > 0)


def _thirds(variation: Floats, cases: Floats) -> npt.NDArray[np.int64]:
    """0, 1 or 2 for each group: thirds of the cases, in the order of their variation."""
    order = np.argsort(variation, kind="stable")
    middle = np.cumsum(cases[order]) - cases[order] / 2
    found = np.empty(len(cases), dtype=np.int64)
    found[order] = np.minimum(middle * _THIRDS // max(cases.sum(), 1), _THIRDS - 1)
    return found


def _level(weights: Floats, cases: Floats) -> Floats:
    """Weights whose mean over the cases is 1."""
    return np.asarray(weights * cases.sum() / (weights * cases).sum())


def _cost_left_out(sums: Sequence[Sums]) -> float:
    whole = sum(int(one.period.costs.sum()) for one in sums)
    kept = sum(cell.cost_fen for one in sums for cell in one.cells.values())
    return 100 * (1 - kept / whole)


def _percent(shares: Floats, cases: Floats) -> float | None:
    return 100 * float((shares * cases).sum() / cases.sum()) if len(cases) else None


def _together(mine: Floats, theirs: Floats, cases: Floats, where: npt.NDArray[np.bool_]) -> float | None:
    if not where.any():
        return None
    ours, other = ((_level(weights, cases) * cases)[where].sum() for weights in (mine, theirs))
    return 100 * float(ours / other - 1)
