"""Grouped cases of a period → compact arrays: twelve bytes for each, and a count of what is left out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.errors import InputError
from drg.grouping.batched_frames import lacking
from drg.grouping.outcomes import GROUPED
from drg.payment.formulas import HIGHEST_COST_FEN
from drg.payment.money import NOT_GIVEN, fen
from drg.payment.reasons import missing_lines
from drg.records.binding import with_unread
from drg.records.cases import Cases
from drg.words import Sentence

REQUIRED: Final = ("drg", "grouping_status", "total_cost_yuan")
_GROUPER: Final = "grouper"
_COUNTS: Final = ("rows", "not_grouped", "no_cost", "unusable_cost", "zero_cost")


@dataclass(frozen=True)
class Period:
    """The grouped cases of a period, usually a year.

    Attributes:
        label: what it is called: the name of its file.
        weight: how much a case of it counts against one of another period.
        rows: all rows.
        not_grouped: rows without a group.
        no_cost: grouped, but without a cost.
        unusable_cost: grouped, but the cost is no number, negative or above 100 million yuan.
        zero_cost: grouped, but at no cost.
        unknown: grouped into groups that the version does not have, by code.
        groups: the group number of each case that counts [n], ascending.
        costs: its cost in fen [n], ascending within a group.
    """

    label: str
    weight: Fraction
    rows: int
    not_grouped: int
    no_cost: int
    unusable_cost: int
    zero_cost: int
    unknown: Counter[str]
    groups: npt.NDArray[np.int32]
    costs: npt.NDArray[np.int64]


def check_columns(frame: Any, label: str) -> None:
    """Whether a frame can be calibrated with.

    Raises:
        MissingColumnError: names every column that is missing.
        InputError: if it is no frame.
    """
    names = _lazy(frame, label).collect_schema().names()
    if missing := [name for name in REQUIRED if name not in names]:
        fix = Sentence("Give grouped cases with their costs")
        if "drg" in missing or "grouping_status" in missing:
            fix = Sentence("Group the discharges first: drg group … --grouper ID")
        raise lacking(Sentence("calibration with {label}", label=label), missing, missing_lines(missing), fix)


def grouper_ids(frame: Any, label: str) -> set[str]:
    """The versions by which the cases of a frame were grouped; empty if it does not say."""
    lazy = _lazy(frame, label)
    if _GROUPER not in lazy.collect_schema().names():
        return set()
    found = lazy.select(pl.col(_GROUPER).cast(pl.String).unique()).collect(engine="streaming")
    return {name for name in found.to_series() if name}


def read_period(frame: Any, label: str, weight: Fraction, drgs: Sequence[str]) -> Period:
    """The cases of a frame.

    Args:
        frame: grouped discharges of any kind; it is read once, batch by batch.
        label: what the period is called.
        weight: of its cases.
        drgs: the groups of the version; their places are their numbers.

    Raises:
        InputError: if a column holds what it cannot hold, or no case counts.
    """
    lazy = _lazy(frame, label)
    reader = _Reader(drgs)
    schema = {"group": pl.Int32, "cost": pl.Int64}
    found = (
        lazy.select(with_unread(REQUIRED, lazy.collect_schema().names()))
        .map_batches(
            reader.read, schema=schema, streamable=True, projection_pushdown=False, predicate_pushdown=False
        )
        .collect(engine="streaming")
        .sort("group", "cost")
    )
    if not found.height:
        problem = Sentence("no case is grouped and has a cost")
        raise InputError(problem, file=label, fix=Sentence("Check the columns drg and total_cost_yuan"))
    return Period(
        label=label,
        weight=weight,
        **{name: reader.counts[name] for name in _COUNTS},
        unknown=reader.unknown,
        groups=found["group"].to_numpy(),
        costs=found["cost"].to_numpy(),
    )


def _lazy(frame: Any, label: str) -> pl.LazyFrame:
    try:
        return Cases.of(frame).lazy(own=True, marked=True)
    except InputError as error:
        error.file = label
        raise


class _Reader:
    """Batches → group numbers and costs; counts what is left out. Batches may come from several threads."""

    def __init__(self, drgs: Sequence[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self._codes = pl.Enum(drgs)
        self._lock = threading.Lock()

    def read(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The group numbers and the costs in fen of the cases that count."""
        grouped = (batch["grouping_status"] == GROUPED).fill_null(False).to_numpy()
        codes = batch["drg"]
        numbers = codes.cast(self._codes, strict=False).to_physical().cast(pl.Int32).fill_null(-1).to_numpy()
        costs = fen(batch, "total_cost_yuan")
        usable = (costs >= 0) & (costs <= HIGHEST_COST_FEN)
        known = numbers >= 0
        given = costs != NOT_GIVEN
        left_out = {
            "not_grouped": ~grouped,
            "no_cost": grouped & ~given,
            "unusable_cost": grouped & ~usable & given,
            "zero_cost": grouped & (costs == 0),
        }
        counts = {name: int(np.count_nonzero(where)) for name, where in left_out.items()}
        counts["rows"] = batch.height
        strange = codes.filter(pl.Series(grouped & ~known & (costs > 0) & usable)).fill_null("–")
        unknown = dict(strange.value_counts().iter_rows())
        counted = grouped & known & usable & (costs > 0)
        with self._lock:
            self.counts.update(counts)
            self.unknown.update(unknown)
        return pl.DataFrame({"group": numbers[counted], "cost": costs[counted]})
