"""Exact sums of groups, and the measures that follow from them: mean, CV, reduction in variance.

Sums are whole numbers of any size, so that a measure depends neither on the order of the cases nor on the
number of threads. Each measure is rounded once, when it becomes a float.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum, sqrt
from typing import NamedTuple

import polars as pl


class Sums(NamedTuple):
    """Number of values, their sum, and the sum of their squares."""

    cases: int
    total: int
    squares: int

    def mean(self, unit: int = 1) -> float | None:
        """The mean, in so many of the values' units; None without values."""
        return self.total / (self.cases * unit) if self.cases else None

    def sd(self, ddof: int = 1, unit: int = 1) -> float | None:
        """The standard deviation with the divisor cases − ddof; None with fewer than two values."""
        if self.cases < 2:
            return None
        return sqrt(self._numerator / (self.cases * (self.cases - ddof) * unit**2))

    def cv(self, ddof: int = 1) -> float | None:
        """Standard deviation ÷ mean; None with fewer than two values, or if their mean is zero."""
        if self.cases < 2 or not self.total:
            return None
        # Equal to sd ÷ mean, rounded less often.
        return sqrt(self.cases * self._numerator / ((self.cases - ddof) * self.total**2))

    @property
    def squares_within(self) -> float:
        """The sum of squared distances from the mean."""
        return self._numerator / self.cases if self.cases else 0.0

    @property
    def _numerator(self) -> int:
        return self.cases * self.squares - self.total**2


def added(sums: Iterable[Sums]) -> Sums:
    """All of them together."""
    counts, totals, squares = 0, 0, 0
    for one in sums:
        counts, totals, squares = counts + one.cases, totals + one.total, squares + one.squares
    return Sums(counts, totals, squares)


def riv(groups: Iterable[Sums]) -> float | None:
    """Reduction in variance: 1 − squares within the groups ÷ squares in all; None if all values are equal."""
    groups = list(groups)
    total = added(groups).squares_within
    return 1 - fsum(group.squares_within for group in groups) / total if total else None


def sums_by(frame: pl.DataFrame, key: str, value: str) -> pl.DataFrame:
    """Sums of a column of whole numbers by a key; nulls and negative numbers do not count.

    Returns:
        ``key``, ``cases``, ``total`` and ``squares``, both Int128.
    """
    number = pl.when(pl.col(value) >= 0).then(pl.col(value)).cast(pl.Int128)
    return (
        frame.select(key, total=number, squares=number * number)
        .group_by(key)
        .agg(pl.col("total").count().cast(pl.Int64).alias("cases"), pl.col("total", "squares").sum())
        .select(key, "cases", "total", "squares")
    )
