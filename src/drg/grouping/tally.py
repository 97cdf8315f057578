"""What became of many discharges, counted batch by batch as they are grouped."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class Tally:
    """Counts of grouped discharges; batches may arrive from several threads.

    Attributes:
        cases: all rows.
        statuses: rows by grouping status.
        reasons: rows by status and reasons as codes, as far as there is something to say of them.
        groups: rows by DRG code and name, of those that have a code.
        versions: rows by the id of the version that grouped them; None where no version was in force.
    """

    def __init__(self) -> None:
        self.cases = 0
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.groups: Counter[tuple[str, str]] = Counter()
        self.versions: Counter[str | None] = Counter()
        self._lock = threading.Lock()

    def add(
        self,
        version: str | None,
        outcomes: Mapping[tuple[str, str | None], int],
        groups: Mapping[tuple[str, str], int],
    ) -> None:
        """Count a batch.

        Args:
            version: that grouped it.
            outcomes: rows by status and reasons as codes, all of them.
            groups: rows by DRG code and name, as far as they have a code.
        """
        cases = sum(outcomes.values())
        with self._lock:
            self.cases += cases
            self.versions[version] += cases
            self.groups.update(groups)
            for (status, reason), count in outcomes.items():
                self.statuses[status] += count
                if reason is not None:
                    self.reasons[status, reason] += count
