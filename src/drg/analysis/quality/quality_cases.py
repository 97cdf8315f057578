"""Grouped cases → what quality looks at: is the case grouped, its group, cost and days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from drg.columns import ALL, INPUT, ORDINARY
from drg.errors import InputError
from drg.grouping.batched_frames import lacking
from drg.grouping.outcomes import GROUPED, STATUSES, UNGROUPED_DRG
from drg.payment.formulas import HIGHEST_COST_FEN
from drg.payment.money import fen
from drg.records.binding import UNREAD
from drg.words import Both, Joined, Sentence

EXCLUDED: Final = "excluded"
NO_STATUS: Final = "none"
KIND: Final = "case_kind"
_STATUS: Final = pl.Enum([*STATUSES, EXCLUDED, NO_STATUS])
SCHEMA: Final = pl.Schema({"status": _STATUS, "drg": pl.String(), "cost": pl.Int64(), "los": pl.Int64()})


@dataclass(frozen=True)
class CaseReader:
    """Reads what quality looks at.

    Attributes:
        drg_column, status_column, cost_column, los_column: where it is.
        exclude: statuses that do not count at all, such as ``invalid``. A case that ``case_kind`` marks as
            outside DRG never counts.
        longest_stay: a case that stayed more days does not count at all, if this is given.

    Raises:
        InputError: for a status that does not exist, or ``grouped``; for a stay below 0.
    """

    drg_column: str = "drg"
    status_column: str = "grouping_status"
    cost_column: str = "total_cost_yuan"
    los_column: str = "los_days"
    exclude: Collection[str] = ()
    longest_stay: int | None = None

    def __post_init__(self) -> None:
        known = [status for status in STATUSES if status != GROUPED]
        for status in self.exclude:
            if status not in known:
                fix = Sentence("Give some of {names}", names=Joined(", ", known))
                problem = Sentence("cases of status {status!r} cannot be excluded", status=status)
                raise InputError(problem, fix=fix)
        if self.longest_stay is not None and self.longest_stay < 0:
            problem = Sentence("the longest stay is {days} days", days=self.longest_stay)
            raise InputError(problem, fix=Sentence("Give 0 or more"))

    def check_columns(self, names: Collection[str]) -> None:
        """Whether a frame with these columns can be evaluated.

        Raises:
            MissingColumnError: without group or status, or with neither cost nor days.
        """
        missing = [name for name in (self.drg_column, self.status_column) if name not in names]
        if missing:
            fix = Sentence("Group the discharges first: drg group FILE -o grouped.csv --grouper ID")
            raise lacking(Sentence("the evaluation"), missing, column_lines(missing), fix)
        values = (self.cost_column, self.los_column)
        if not any(name in names for name in values):
            fix = Sentence("One of the two is enough; give it in canonical columns (drg group … --canonical)")
            raise lacking(Sentence("the evaluation"), values, column_lines(values), fix)

    def read(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The rows of typed cases in the columns of ``SCHEMA``.

        Returns:
            ``status``: ``excluded``, or that of grouping, ``none`` if it is empty; ``drg``: null if the case
            is not grouped; ``cost`` in fen and ``los`` in whole days: null where missing, negative where it
            cannot be read or cannot be.
        """
        status = batch[self.status_column].cast(_STATUS, strict=False).fill_null(NO_STATUS)
        out = status.is_in(list(self.exclude))
        if KIND in batch.columns:
            out |= (batch[KIND] != ORDINARY).fill_null(False)
        los = self._days(batch)
        if self.longest_stay is not None:
            out |= (los > self.longest_stay).fill_null(False)
        drg = batch[self.drg_column]
        usable = (status == GROUPED) & ~out & drg.is_not_null() & (drg != UNGROUPED_DRG).fill_null(False)
        # Grouped, but into nothing: such a row was not written by grouping.
        status = status.set((status == GROUPED) & ~usable, NO_STATUS).set(out, EXCLUDED)
        drg = drg.set(~usable.fill_null(False), None)
        cells = {"status": status, "drg": drg, "cost": self._cost(batch), "los": los}
        return pl.DataFrame(cells, schema=SCHEMA)

    def _cost(self, batch: pl.DataFrame) -> pl.Series:
        if self.cost_column not in batch.columns:
            return pl.repeat(None, batch.height, dtype=pl.Int64, eager=True)
        return _null_if_absent(amounts(batch, self.cost_column))

    def _days(self, batch: pl.DataFrame) -> pl.Series:
        if self.los_column not in batch.columns:
            return pl.repeat(None, batch.height, dtype=pl.Int64, eager=True)
        days = batch[self.los_column].cast(pl.Float64).fill_null(np.nan).to_numpy()
        possible = (days == np.floor(days)) & (days >= 0) & (days <= INPUT["los_days"].highest)
        bad = ~(possible | np.isnan(days))
        if (unread := f"{self.los_column}{UNREAD}") in batch.columns:
            bad |= batch[unread].is_not_null().to_numpy()
        whole = np.where(possible, days, ABSENT).astype(np.int64)
        whole[bad] = IMPOSSIBLE
        return _null_if_absent(whole)


ABSENT: Final = -1
IMPOSSIBLE: Final = -2


def amounts(batch: pl.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Costs in fen: ``ABSENT`` or ``IMPOSSIBLE`` where there is none, as pricing sees it."""
    found = fen(batch, name)
    found[found > HIGHEST_COST_FEN] = IMPOSSIBLE
    return found.reshape(batch.height)


def _null_if_absent(values: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.Series:
    series = pl.Series(values)
    return series.set(series == ABSENT, None)


def column_lines(names: Sequence[str]) -> str:
    """Columns by name and label with their meaning, a line each, as errors list them."""
    known = (ALL.get(name) for name in names)
    meant = (
        Both(f" {column.label_zh}: {column.meaning}", f" {column.label_zh}") if column else ""
        for column in known
    )
    return Joined(
        "", (part for name, line in zip(names, meant, strict=True) for part in (f"\n    {name}", line))
    )
