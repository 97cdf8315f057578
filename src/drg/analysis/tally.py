"""What became of many discharges, counted batch by batch."""

from __future__ import annotations

import threading
from collections import Counter

import polars as pl


class VersionTally:
    """Counts of grouped discharges by the version that grouped them; for several threads.

    Attributes:
        cases: rows by the id of the version; None where no version was in force.
    """

    def __init__(self) -> None:
        self.cases: Counter[str | None] = Counter()
        self._lock = threading.Lock()

    def add(self, batch: pl.DataFrame) -> None:
        """Count a batch with the output columns of grouping."""
        versions = batch.group_by("grouper").len().rows()
        with self._lock:
            self.cases.update(dict(versions))


class Tally:
    """Counts of grouped discharges; batches may arrive from several threads.

    Attributes:
        cases: all rows.
        statuses: rows by grouping status.
        reasons: rows by status and reasons as codes, as far as there is something to say of them.
        groups: rows by DRG code and name.
    """

    def __init__(self) -> None:
        self.cases = 0
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.groups: Counter[tuple[str, str]] = Counter()
        self._versions = VersionTally()
        self._lock = threading.Lock()

    @property
    def versions(self) -> Counter[str | None]:
        """Rows by version, as ``VersionTally`` counts them."""
        return self._versions.cases

    def add(self, batch: pl.DataFrame) -> None:
        """Count a batch with the output columns of grouping."""
        self._versions.add(batch)
        statuses = batch.group_by("grouping_status").len().rows()
        told = batch.select("grouping_status", "grouping_reason").filter(
            pl.col("grouping_reason").is_not_null()
        )
        reasons = told.group_by("grouping_status", "grouping_reason").len().rows()
        groups = batch.group_by("drg").agg(pl.col("drg_name").first(), pl.len()).drop_nulls("drg").rows()
        with self._lock:
            self.cases += batch.height
            self.statuses.update(dict(statuses))
            self.reasons.update({(status, reason): count for status, reason, count in reasons})
            self.groups.update({(code, name or ""): count for code, name, count in groups})
