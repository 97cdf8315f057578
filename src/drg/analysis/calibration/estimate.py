"""Cases of one or several periods → a weight for each group, step by step, in exact fractions.

Floats come in at two places: the limits of trimming say which cases are kept, and the isotonic regression
says which groups are pooled. Sums are whole fen; means, factors and weights are fractions until the last step
rounds them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from drg.analysis.calibration.calibration_cases import Period
from drg.analysis.calibration.groups_of_version import Version
from drg.analysis.calibration.pooling import pooled
from drg.analysis.trimming import Trimming, trim
from drg.errors import InputError
from drg.words import Sentence

OWN: Final = "own"
ADRG: Final = "adrg"
PRIOR: Final = "prior"
NONE: Final = "none"
# What 1 is: the mean cost of the cases whose group has a weight, or of all.
Scale = Literal["weighted", "all"]
WEIGHTED: Final = "weighted"
SCALES: Final = (WEIGHTED, "all")
# A weight table takes weights above 0 and below this.
_BELOW: Final = 10_000

Exact = Fraction | None


@dataclass(frozen=True)
class Cell:
    """The cases of a group in a period: those beyond the limits, and those that make the mean.

    Cases beyond the limits are left out, or, if the rule winsorises, count at the limit.
    """

    cases: int
    trimmed_low: int
    trimmed_high: int
    kept: int
    cost_fen: int


@dataclass(frozen=True)
class Sums:
    """What the cases of a period come to.

    Attributes:
        period: whose.
        cells: by group number; groups without cases have none.
        mean_fen: the mean cost of the cases that are kept.
        kept: which cases of the period those are [n].
        costs: what each case counts in fen [n]: its cost, or a limit.
    """

    period: Period
    cells: dict[int, Cell]
    mean_fen: Fraction
    kept: npt.NDArray[np.bool_]
    costs: npt.NDArray[np.int64]


@dataclass
class Estimate:
    """How the weight of a group comes about; a step that does not apply is None.

    Attributes:
        number: of the group.
        kept: the cases that make its mean, of all periods.
        count: the same, each case counted by the weight of its period.
        own: its mean cost by the mean cost of the period.
        source: what its raw weight was taken from: ``own``, ``adrg``, ``prior`` or ``none``.
        blended: the share of ``own`` in the raw weight, if it was blended.
        raw: before pooling and normalisation.
        pooled_with: the other groups of its pool, as numbers.
        in_order: after pooling.
        exact: after normalisation.
        weight: rounded.
    """

    number: int
    kept: int
    count: Fraction
    own: Exact
    source: str = NONE
    blended: Exact = None
    raw: Exact = None
    pooled_with: tuple[int, ...] = ()
    in_order: Exact = None
    exact: Exact = None
    weight: Decimal | None = None


@dataclass
class Estimates:
    """The weights of all groups.

    Attributes:
        groups: by number.
        severity_ratios: the mean of a severity by that of its ADRG, with which an ADRG's mean is multiplied.
        prior_factor: with which the prior is brought to the level of these cases; None without one.
        level: the mean weight of the cases of the base period whose group has one, where 1 is the mean cost
            of all cases.
        factor: by which the weights were divided: the level, so that their mean is 1, or 1.
        mean: the mean of the rounded weights over the cases of the base period; None if nothing has one.
        too_small: groups whose weight cannot be written.
    """

    groups: list[Estimate]
    severity_ratios: dict[str, Fraction] = field(default_factory=dict)
    prior_factor: Exact = None
    level: Fraction = Fraction(1)
    factor: Fraction = Fraction(1)
    mean: Exact = None
    too_small: list[int] = field(default_factory=list)


def sums_of(period: Period, rule: Trimming) -> Sums:
    """Trim each group of a period by itself and add up what is kept.

    Raises:
        InputError: if no case is kept.
    """
    groups = period.groups
    costs, low, high, kept = trim(groups, period.costs, rule)
    count = int(groups[-1]) + 1
    cases, lows, highs, keeps = (
        np.bincount(groups[rows], minlength=count) for rows in (slice(None), low, high, kept)
    )
    if not kept.any():
        problem = Sentence("trimming by {rule} keeps no case", rule=rule)
        raise InputError(problem, file=period.label, fix=Sentence("Trim less"))
    present, starts = np.unique(groups[kept], return_index=True)
    # A sum stays below 2^63 up to 900 million cases at the highest possible cost.
    totals = dict(zip(present.tolist(), np.add.reduceat(costs[kept], starts).tolist(), strict=True))
    cells = {
        number: Cell(
            int(cases[number]),
            int(lows[number]),
            int(highs[number]),
            int(keeps[number]),
            totals.get(number, 0),
        )
        for number in np.flatnonzero(cases).tolist()
    }
    mean = Fraction(sum(cell.cost_fen for cell in cells.values()), sum(cell.kept for cell in cells.values()))
    return Sums(period, cells, mean, kept, costs)


def estimate(
    periods: Sequence[Sums],
    base: Sums,
    version: Version,
    *,
    min_cases: int,
    prior: Mapping[str, Decimal],
    blend: bool,
    monotone: bool,
    decimals: int,
    scale: Scale = WEIGHTED,
) -> Estimates:
    """The weights of all groups of a version.

    Args:
        periods: their cases.
        base: the period in which the mean weight is 1; one of them.
        version: the groups.
        min_cases: with fewer that are kept, a group takes its ADRG's mean or the prior.
        prior: weights by group; empty if there are none.
        blend: mix what a group takes with its own mean, by the share of ``min_cases`` that it has.
        monotone: pool the splits of an ADRG whose weights descend with severity.
        decimals: of the weights.
        scale: of which cases the mean cost is 1.
    """
    found = Estimates([_own(number, periods) for number in range(len(version.drgs))])
    _fall_back(found, version, min_cases, prior, blend=blend)
    for group in found.groups:
        group.in_order = group.raw
    if monotone:
        _pool(found.groups, version, base.period.weight)
    _normalise(found, base, decimals, scale)
    return found


def _own(number: int, periods: Sequence[Sums]) -> Estimate:
    cells = [(sums, sums.cells[number]) for sums in periods if number in sums.cells]
    kept = sum(cell.kept for _, cell in cells)
    count = sum((sums.period.weight * cell.kept for sums, cell in cells), Fraction(0))
    if not kept:
        return Estimate(number, 0, count, None)
    cost = sum((sums.period.weight * cell.cost_fen / sums.mean_fen for sums, cell in cells), Fraction(0))
    return Estimate(number, kept, count, cost / count)


def _mean(groups: Sequence[Estimate]) -> Exact:
    """The mean of the own weights, by cases."""
    count = sum((group.count for group in groups), Fraction(0))
    own = sum((group.own * group.count for group in groups if group.own), Fraction(0))
    return own / count if count else None


def _fall_back(
    found: Estimates, version: Version, min_cases: int, prior: Mapping[str, Decimal], *, blend: bool
) -> None:
    groups = found.groups
    of_adrg = {adrg: [groups[number] for number in members] for adrg, members in version.members.items()}
    enough = {adrg: sum(group.kept for group in part) >= min_cases for adrg, part in of_adrg.items()}
    means = {adrg: _mean(part) for adrg, part in of_adrg.items()}
    for group in groups:
        if group.own is not None and group.kept >= min_cases:
            group.source, group.raw = OWN, group.own
    found.severity_ratios = _severity_ratios(groups, version, means)
    found.prior_factor = _prior_factor(groups, version, prior)
    for group in groups:
        adrg, drg = version.adrgs[group.number], version.drgs[group.number]
        mean = means[adrg]
        if group.source == OWN:
            continue
        if enough[adrg] and mean is not None:
            severity = version.severities[group.number]
            ratio = found.severity_ratios.get(severity, Fraction(1)) if severity else Fraction(1)
            group.source, group.raw = ADRG, mean * ratio
        elif drg in prior and found.prior_factor is not None:
            group.source, group.raw = PRIOR, Fraction(prior[drg]) * found.prior_factor
        if blend and group.own is not None and group.raw is not None:
            group.blended = Fraction(group.kept, min_cases)
            group.raw = group.blended * group.own + (1 - group.blended) * group.raw


def _severity_ratios(
    groups: Sequence[Estimate], version: Version, means: Mapping[str, Exact]
) -> dict[str, Fraction]:
    """Σ own mean ÷ Σ mean of the ADRG, over the cases of the well-filled groups of each severity."""
    own: dict[str, Fraction] = defaultdict(Fraction)
    all_: dict[str, Fraction] = defaultdict(Fraction)
    for group in groups:
        mean, severity = means[version.adrgs[group.number]], version.severities[group.number]
        if group.source == OWN and severity and group.own and mean:
            own[severity] += group.own * group.count
            all_[severity] += mean * group.count
    return {severity: own[severity] / all_[severity] for severity in sorted(own)}


def _prior_factor(groups: Sequence[Estimate], version: Version, prior: Mapping[str, Decimal]) -> Exact:
    """So that the prior gives the well-filled groups the same total weight as their own means."""
    if not prior:
        return None
    both = [group for group in groups if group.source == OWN and version.drgs[group.number] in prior]
    theirs = sum((Fraction(prior[version.drgs[group.number]]) * group.count for group in both), Fraction(0))
    mine = sum((group.own * group.count for group in both if group.own), Fraction(0))
    return mine / theirs if theirs else Fraction(1)


def _pool(groups: Sequence[Estimate], version: Version, one: Fraction) -> None:
    for chain in version.chains:
        part = [groups[number] for number in chain if groups[number].raw is not None]
        values = [group.raw for group in part if group.raw is not None]
        # A group that has a weight without cases of its own counts as one case of the base period.
        in_order = pooled(values, [max(group.count, one) for group in part])
        for group, value in zip(part, in_order, strict=True):
            group.in_order = value
        for group, value in zip(part, in_order, strict=True):
            if any(other.in_order == value and other.raw != value for other in part):
                alike = (other.number for other in part if other.in_order == value)
                group.pooled_with = tuple(number for number in alike if number != group.number)


def _normalise(found: Estimates, base: Sums, decimals: int, scale: Scale) -> None:
    weighted = [
        (group.in_order, base.cells[group.number].cases)
        for group in found.groups
        if group.in_order is not None and group.number in base.cells
    ]
    cases = sum(count for _, count in weighted)
    if not cases:
        return
    found.level = sum((value * count for value, count in weighted), Fraction(0)) / cases
    if scale == WEIGHTED:
        found.factor = found.level
    total, counted = Fraction(0), 0
    for group in found.groups:
        if group.in_order is None:
            continue
        group.exact = group.in_order / found.factor
        rounded = half_up(group.exact, decimals)
        if not 0 < rounded < _BELOW:
            found.too_small.append(group.number)
            continue
        group.weight = rounded
        if group.number in base.cells:
            total += Fraction(rounded) * base.cells[group.number].cases
            counted += base.cells[group.number].cases
    found.mean = total / counted if counted else None


def half_up(value: Fraction, decimals: int) -> Decimal:
    """A fraction that is not negative, rounded half up to so many decimals."""
    whole, rest = divmod(value * 10**decimals, 1)
    return Decimal(int(whole) + (rest >= Fraction(1, 2))).scaleb(-decimals)
