"""The reduction in variance of several versions on the same cases, and how sure its difference is.

Only cases that every version groups count. ``docs/compare.md`` gives the definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.quality.moments import shares_below
from drg.analysis.quality.variants import COST, LOG, LOS, RAW
from drg.analysis.trimming import IQR, NONE, Trimming, limits

# With fewer cases for each group on average, the intervals hold the truth too rarely or too often.
LEAST_CASES_A_GROUP: Final = 30
TRIMMING: Final = Trimming(IQR, times=1.5)
_REACH_95: Final = NormalDist().inv_cdf(0.975)  # of a 95 % interval, in standard errors
_LOOKS: Final = ((RAW, Trimming()), (LOG, Trimming()), (RAW, TRIMMING))
_SHARES: Final = (
    "share_cases_cv_below_0_8",
    "share_groups_cv_below_0_8",
    "share_cases_cv_below_1",
    "share_groups_cv_below_1",
)
VARIANCE: Final = pl.Schema(
    {
        **dict.fromkeys(("version", "value", "scale", "trimming"), pl.String()),
        **dict.fromkeys(("cases", "not_common", "no_value", "trimmed", "groups"), pl.Int64()),
        **dict.fromkeys(
            (
                "riv",
                "riv_adjusted",
                "riv_adjusted_difference",
                "riv_adjusted_difference_low",
                "riv_adjusted_difference_high",
                *_SHARES,
            ),
            pl.Float64(),
        ),
    }
)

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[Any]  # float64


class CommonCases:
    """Group numbers, cost and stay of the cases that every version groups, from batches in any order."""

    def __init__(self) -> None:
        self._groups: list[list[npt.NDArray[np.int32]]] = []
        self._values: dict[str, list[Ints]] = {COST: [], LOS: []}

    def add(self, read: Sequence[pl.DataFrame], labels: Sequence[npt.NDArray[np.int32]]) -> None:
        """Add a batch.

        Args:
            read: [version] the cases as ``CaseReader.read`` gives them.
            labels: [version][n] the number of each case's group.
        """
        everywhere = read[0]["drg"].is_not_null()
        for one in read[1:]:
            everywhere &= one["drg"].is_not_null()
        mask = everywhere.to_numpy()
        self._groups.append([found[mask] for found in labels])
        for name, dtype in ((COST, np.int64), (LOS, np.int32)):
            values = read[0][name].filter(everywhere).fill_null(-1)
            self._values[name].append(values.to_numpy().astype(dtype))

    def variance(self, ids: Sequence[str], cases: int) -> pl.DataFrame:
        """A row for each version and each look at cost and stay, of the shape ``VARIANCE``.

        Args:
            ids: of the versions, the base first.
            cases: how many there are in all, grouped or not.
        """
        cells, of_cells = _cells([np.concatenate(parts) for parts in zip(*self._groups, strict=True)])
        rows: list[dict[str, Any]] = []
        for name, parts in self._values.items():
            every = np.concatenate(parts)
            usable = every >= 0
            values, cell = _in_order(every[usable], cells[usable])
            for scale, rule in _LOOKS:
                kept = _kept(values, cell, of_cells, rule)
                trimmed = len(values) - int(kept.sum())
                if scale == LOG:
                    kept &= values > 0
                numbers = values[kept].astype(np.float64)
                seen = _moments(np.log(numbers) if scale == LOG else numbers, cell[kept], of_cells)
                look: dict[str, Any] = {"value": name, "scale": scale, "trimming": str(rule)}
                look |= {"cases": len(numbers), "not_common": cases - len(every)}
                look |= {"no_value": len(every) - trimmed - len(numbers), "trimmed": trimmed}
                # Limits of trimming are drawn from the same cases, which the interval would not know of.
                measures = _measures(seen, of_cells, has_interval=rule.method == NONE)
                for id_, (found, within) in zip(ids, measures, strict=True):
                    shares = within.shares() if scale == RAW else {}
                    rows.append({"version": id_, **look, **found, **shares})
        return pl.DataFrame(rows, schema=VARIANCE)


# [version][cell] the number of the group in a version, from 0; a cell is a combination of groups that occurs.
OfCells = Sequence[npt.NDArray[np.int64]]


def _cells(groups: Sequence[Ints]) -> tuple[Ints, OfCells]:
    """The cell of each case, and the groups of each cell."""
    cell = np.zeros(len(groups[0]), dtype=np.int64)
    of_cells: list[npt.NDArray[np.int64]] = []
    for found in groups:
        own, names = _numbered(found)
        cell, pairs = _numbered(cell * len(names) + own)
        of_cells = [of_cell[pairs // len(names)] for of_cell in of_cells] + [pairs % len(names)]
    return cell, of_cells


def _numbered(numbers: Ints) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers without gaps for those that occur, in their order, and what each stands for."""
    occurs = np.zeros(int(numbers.max(initial=-1)) + 1, dtype=np.bool_)
    occurs[numbers] = True
    places = np.cumsum(occurs) - 1
    return places[numbers], np.flatnonzero(occurs)


def _in_order(values: Ints, cell: Ints) -> tuple[Ints, Ints]:
    """Values and cells in an order that depends on nothing but themselves."""
    # A cost has 34 bits at most, so both fit into one number.
    bits = int(values.max(initial=0)).bit_length()
    both = np.sort(cell << bits | values)
    return both & ((1 << bits) - 1), both >> bits


def _kept(values: Ints, cell: Ints, of_cells: OfCells, rule: Trimming) -> npt.NDArray[np.bool_]:
    """Which values are within the limits of their group in every version."""
    kept = np.ones(len(values), dtype=np.bool_)
    if rule.method != NONE:
        for of_cell in of_cells:
            group = of_cell[cell]
            low, high = limits(group, values, rule)
            kept &= (values >= low[group]) & (values <= high[group])
    return kept


class _Moments(NamedTuple):
    """Cases, mean and sums of powers of the distances from it [cell]; and the same of all cases."""

    counts: npt.NDArray[np.int64]
    means: Floats
    second: Floats
    third: Floats
    fourth: Floats
    mean: float
    total: float  # the sum of squared distances from the mean of all
    varies: bool


def _moments(values: Floats, cell: Ints, of_cells: OfCells) -> _Moments:
    cells = len(of_cells[0])
    counts = np.bincount(cell, minlength=cells)
    means = np.bincount(cell, values, cells) / np.maximum(counts, 1)
    away = values - means[cell]
    squares = away**2
    powers = (squares, squares * away, squares**2)
    second, third, fourth = (np.bincount(cell, power, cells) for power in powers)
    mean = float((counts * means).sum() / max(len(values), 1))
    total = float((second + counts * (means - mean) ** 2).sum())
    varies = len(values) > 0 and bool(values.min() != values.max())
    return _Moments(counts, means, second, third, fourth, mean, total, varies)


class _Within(NamedTuple):
    """The groups of a version.

    Attributes:
        counts, means, squares: [group] cases, mean, and the sum of squared distances from it.
        away: [cell] how far its mean is from that of its group.
    """

    counts: Floats
    means: Floats
    squares: Floats
    away: Floats

    @property
    def used(self) -> int:
        """How many groups hold a case."""
        return int((self.counts > 0).sum())

    def shares(self) -> dict[str, float | int | None]:
        """Those of cases and groups with a low CV, among groups with a CV."""
        defined = (self.counts > 1) & (self.means > 0)
        counts = self.counts[defined]
        cvs = np.sqrt(self.squares[defined] / (counts - 1)) / self.means[defined]
        return shares_below(list(zip(cvs.tolist(), counts.astype(np.int64).tolist(), strict=True)))


def _within(seen: _Moments, of_cell: Ints) -> _Within:
    counts = np.bincount(of_cell, seen.counts)
    means = np.bincount(of_cell, seen.counts * seen.means) / np.maximum(counts, 1)
    away = seen.means - means[of_cell]
    squares = np.bincount(of_cell, seen.second + seen.counts * away**2)
    return _Within(counts, means, squares, away)


def _measures(
    seen: _Moments, of_cells: OfCells, *, has_interval: bool
) -> Iterator[tuple[dict[str, float | int | None], _Within]]:
    """What each version explains, and how much more than the first does."""
    n = int(seen.counts.sum())
    first: _Within | None = None
    for of_cell in of_cells:
        within = _within(seen, of_cell)
        first = first or within
        found: dict[str, float | int | None] = {"groups": within.used}
        if seen.varies:
            found["riv"] = 1 - float(within.squares.sum()) / seen.total
        if seen.varies and n > max(within.used, first.used):
            # The unexplained variance is the squared distances times this, as a share of the whole.
            before, now = ((n - 1) / (n - one.used) / seen.total for one in (first, within))
            difference = before * float(first.squares.sum()) - now * float(within.squares.sum())
            found["riv_adjusted"] = 1 - now * float(within.squares.sum())
            if within is not first:
                found["riv_adjusted_difference"] = difference
                if has_interval and n >= LEAST_CASES_A_GROUP * max(within.used, first.used):
                    terms = [(before, first.away), (-now, within.away)]
                    terms.append((-difference / seen.total, seen.means - seen.mean))
                    reach = _REACH_95 * _standard_error(seen, terms)
                    found["riv_adjusted_difference_low"] = difference - reach
                    found["riv_adjusted_difference_high"] = difference + reach
        yield found, within


def _standard_error(seen: _Moments, terms: Sequence[tuple[float, Floats]]) -> float:
    """The delta method: how much each case moves the difference, squared and added up.

    A case moves it by factor × (its distance from a mean)², for each term: the factor, and how far the mean
    of its cell is from that mean. Within a cell this is a polynomial of the distance from the mean of the
    cell, so the moments of the cells are enough.
    """
    square = sum(factor for factor, _ in terms)
    linear = sum(2 * factor * away for factor, away in terms)
    constant = sum(factor * away**2 for factor, away in terms)
    added = (
        square**2 * seen.fourth
        + 2 * square * linear * seen.third
        + (linear**2 + 2 * square * constant) * seen.second
        + constant**2 * seen.counts
    )
    return float(np.sqrt(max(added.sum(), 0.0)))
