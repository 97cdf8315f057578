"""Findings as they come, batch by batch: counted, and kept on disk until they are written in order."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from drg.records.exact_paths import scan_ipc, told_by_the_system
from drg.records.files import write
from drg.records.findings import SCHEMA, FirstFindings
from drg.temporary import putting_aside, take_away, temporary_directory


class FindingsLog:
    """Findings of a run; batches may arrive from several threads and in any order.

    Memory does not grow with the findings: each batch of them is a temporary file until the log is closed.

    Args:
        keep: whether they will be written; if not, they are only counted.

    Attributes:
        counts: findings by rule and severity.
        firsts: the first finding of each rule.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self.keep = keep
        self.counts: Counter[tuple[str, str]] = Counter()
        self.firsts = FirstFindings()
        self._parts: dict[tuple[int, int, int], Path] = {}
        self._lock = threading.Lock()
        self._directory = temporary_directory() if keep else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._directory is not None:
            take_away(self._directory)

    def add(self, findings: pl.DataFrame, place: tuple[int, int] = (-1, 0)) -> None:
        """Add findings.

        Args:
            findings: those of one batch, in the order of its rows.
            place: of the batch among all: its file and its first row. Findings are written in this order.
        """
        if findings.is_empty():
            return
        counts = findings.group_by("rule", "severity").len().rows()
        with self._lock:
            self.counts.update({(rule, severity): count for rule, severity, count in counts})
            self.firsts.add(findings, place)
            number = len(self._parts)
            if self._directory is not None:
                self._parts[*place, number] = self._directory / f"{number}.arrow"
        if self._directory is not None:
            with putting_aside(), told_by_the_system():
                findings.write_ipc(self._directory / f"{number}.arrow")

    def write(self, file: Path, *, sources: Sequence[Path], bom: bool = True) -> None:
        """Write all findings in order; see ``files.write``."""
        parts = [self._parts[place] for place in sorted(self._parts)]
        frame = scan_ipc(parts) if parts else pl.LazyFrame(schema=SCHEMA)
        write(frame, file, sources=sources, bom=bom)
