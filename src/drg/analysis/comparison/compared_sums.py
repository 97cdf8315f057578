"""Sums of compared cases, added up batch by batch: from these few numbers the whole report follows.

Kept are sums for each hospital, department and combination of groups that occurs, and counts of reasons.
Their memory grows with the number of such combinations, not with the number of cases; but for the cases that
every version groups a few numbers of each are kept, for measures that sums cannot give.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from drg.analysis.comparison.common_cases import CommonCases
from drg.analysis.comparison.compared_versions import ComparedVersion
from drg.analysis.comparison.step import EXAMPLES, MOST_EXAMPLES, ROW, Compared
from drg.analysis.quality.moments import GroupMoments
from drg.grouping.outcomes import GROUPED
from drg.payment.scheme_numbers import INSIDE
from drg.reasons import code_of

PLACE: Final = ("hospital_id", "department")
# The priced cost is that of the cases that have a surplus: their payment less it.
MEASURES: Final = ("weighted", "weight", "standard", "payment", "priced_cost", "surplus")
MONEY: Final = ("standard", "payment", "surplus")
_AMOUNTS: Final = (*MONEY, "priced_cost")
PAID: Final = pl.Schema(
    {
        "version": pl.String(),
        "class": pl.String(),
        "cases": pl.Int64(),
        "cost_yuan": pl.Decimal(38, 2),
        "payment_yuan": pl.Decimal(38, 2),
    }
)
_PAID_KEYS: Final = ("version", "class")
# Partial sums of so many rows are kept, or of as many as the whole has, before they are added up.
_MOST_ROWS: Final = 200_000


class CellTally:
    """Sums of compared cases; batches may arrive from several threads.

    Attributes:
        cases: all rows.
        zero_cost, no_cost: rows whose cost is zero, and rows without a usable cost.
        told: rows by version and the code of a reason of pricing.
        moments: the statistics of each version's groups.
        paid: sums by version and class of the cases that a scheme prices.
        common: the cases that every version groups.
        examples: the first cases of each version and cause; see ``step.Compared``.
        inputs: what grouping reads of them, by row.
    """

    def __init__(self, compared: Sequence[ComparedVersion]) -> None:
        self.cases = 0
        self.zero_cost = 0
        self.no_cost = 0
        self._costs: set[Decimal] = set()
        self._sides = tuple(compared)
        self.told: Counter[tuple[int, str]] = Counter()
        self.moments = [GroupMoments(f"drg_{side.id}", f"status_{side.id}") for side in self._sides]
        self.common = CommonCases()
        others = range(1, len(self._sides))
        self._keys = [*PLACE, *(group(at) for at in range(len(self._sides))), *(cause(at) for at in others)]
        self.examples = pl.DataFrame(schema=EXAMPLES)
        self.inputs = pl.DataFrame()
        self._cells: list[pl.DataFrame] = []
        self._reasons: list[pl.DataFrame] = []
        self._paid: list[pl.DataFrame] = [pl.DataFrame(schema=PAID)]
        self._lock = threading.Lock()

    def add(self, batch: Compared) -> None:
        """Add a batch."""
        cases = batch.cases
        keys = [pl.Series(group(at), found) for at, found in enumerate(batch.labels)]
        keys += [pl.Series(cause(at), found) for at, found in enumerate(batch.causes) if at]
        costed = pl.col("total_cost_yuan").count().cast(pl.Int64).alias("costed")
        sums = [pl.len().cast(pl.Int64).alias("cases"), costed, _summed("total_cost_yuan", "cost", 2)]
        for at, side in enumerate(self._sides):
            if side.pricer:
                sums += _measures(side, at)
        cells = cases.with_columns(keys).group_by(self._keys).agg(sums)
        reasons = [_reasons(cases, self._sides, at) for at in range(len(self._sides))]
        paid = [_paid(cases, side) for side in self._sides if side.pricer]
        costs = cases["total_cost_yuan"]
        extremes = {cost for cost in (costs.min(), costs.max()) if isinstance(cost, Decimal)}
        no_cost, zero_cost = costs.null_count(), int((costs == 0).sum())
        read = [moments.read(cases) for moments in self.moments]
        for moments, own in zip(self.moments, read, strict=True):
            moments.add_read(own)
        told = {
            (at, code_of(part)): count for at, parts in enumerate(batch.told) for part, count in parts.items()
        }
        with self._lock:
            self.cases += cases.height
            self.no_cost += no_cost
            self.told.update(told)
            self._costs |= extremes
            self._costs = {min(self._costs), max(self._costs)} if self._costs else set()
            self.zero_cost += zero_cost
            self._keep_examples(batch)
            self.common.add(read, batch.labels)
            self._cells.append(cells)
            self._reasons += reasons
            self._paid = [added([*self._paid, *paid], _PAID_KEYS)]
            if sum(part.height for part in self._cells[1:]) > max(_MOST_ROWS, self._cells[0].height):
                self._cells = [added(self._cells, self._keys)]
                self._reasons = [added(self._reasons, _REASON_KEYS)]

    def _keep_examples(self, batch: Compared) -> None:
        """Of all batches together the cases that come first in the file."""
        every = pl.concat([self.examples, batch.examples]).sort("version", "cause", ROW)
        self.examples = every.group_by("version", "cause", maintain_order=True).head(MOST_EXAMPLES)
        known = pl.concat([self.inputs, batch.inputs], how="diagonal") if self.inputs.width else batch.inputs
        self.inputs = known.filter(pl.col(ROW).is_in(self.examples[ROW].implode())).unique(ROW)

    @property
    def is_new(self) -> bool:
        """Whether no batch was added yet."""
        return not self._cells

    @property
    def equal_costs(self) -> bool:
        """Whether all usable costs are the same."""
        return len(self._costs) < 2

    def cells(self) -> pl.DataFrame:
        """The sums, sorted by hospital, department and the numbers of the groups."""
        with self._lock:
            return added(self._cells, self._keys).sort(self._keys)

    def reasons(self) -> pl.DataFrame:
        """Cases by version, status in the first version, status in this one, and reasons of both.

        The reason of the first is told of cases that only this version groups.
        """
        with self._lock:
            return added(self._reasons, _REASON_KEYS).sort(_REASON_KEYS)

    @property
    def paid(self) -> pl.DataFrame:
        """The sums of cases by version and class, of the shape ``PAID``."""
        return self._paid[0]


_REASON_KEYS: Final = ("version", "first_status", "status", "reason", "first_reason")


def group(at: int) -> str:
    """The column of the group numbers of a version."""
    return f"group_{at}"


def cause(at: int) -> str:
    """The column of the numbers of the first causes between the base and a version."""
    return f"cause_{at}"


def of(measure: str, at: int) -> str:
    """The column of a measure of a version."""
    return f"{measure}_{at}"


def column_of(measure: str, whose: str = "") -> str:
    """The column of a measure in a result: ``payment_yuan``, ``payment_difference_yuan``, ``weight_base``."""
    name = f"{measure}_{whose}" if whose else measure
    return f"{name}_yuan" if measure in _AMOUNTS else name


def added(parts: Sequence[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    """Partial sums by some keys, added up."""
    return pl.concat(parts).group_by(keys).agg(pl.all().sum())


def _measures(side: ComparedVersion, at: int) -> list[pl.Expr]:
    weight = f"weight_{side.id}"
    surplus = f"{column_of('surplus')}_{side.id}"
    paid_by_group = pl.col(f"class_{side.id}").is_in(INSIDE)
    return [
        pl.col(weight).count().cast(pl.Int64).alias(of("weighted", at)),
        _summed(weight, of("weight", at), 8),
        pl.when(paid_by_group)
        .then(f"{column_of('standard')}_{side.id}")
        .sum()
        .cast(pl.Decimal(38, 2))
        .alias(of("standard", at)),
        _summed(f"{column_of('payment')}_{side.id}", of("payment", at), 2),
        pl.when(pl.col(surplus).is_not_null())
        .then("total_cost_yuan")
        .sum()
        .cast(pl.Decimal(38, 2))
        .alias(of("priced_cost", at)),
        _summed(surplus, of("surplus", at), 2),
    ]


def _paid(cases: pl.DataFrame, side: ComparedVersion) -> pl.DataFrame:
    sums = [_summed("total_cost_yuan", "cost_yuan", 2), _summed(f"payment_yuan_{side.id}", "payment_yuan", 2)]
    found = cases.group_by(pl.col(f"class_{side.id}").alias("class")).agg(
        pl.len().cast(pl.Int64).alias("cases"), *sums
    )
    return found.select(pl.lit(side.id).alias("version"), pl.col("class").cast(pl.String), *PAID.names()[2:])


def _summed(column: str, name: str, places: int) -> pl.Expr:
    return pl.col(column).sum().cast(pl.Decimal(38, places)).alias(name)


def _reasons(cases: pl.DataFrame, compared: Sequence[ComparedVersion], at: int) -> pl.DataFrame:
    first, own = f"status_{compared[0].id}", f"status_{compared[at].id}"
    gained = (pl.col(first) != GROUPED) & (pl.col(own) == GROUPED)
    return (
        cases.group_by(
            first_status=first,
            status=own,
            reason=f"reason_{compared[at].id}",
            first_reason=pl.when(gained).then(f"reason_{compared[0].id}"),
        )
        .agg(cases=pl.len().cast(pl.Int64))
        .select(pl.lit(at, dtype=pl.Int64).alias("version"), pl.all())
    )
