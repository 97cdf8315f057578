"""What is wrong with discharges: one row per finding, never an exception.

Every check, normalisation and conversion reports in this one shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from drg.records.personal import may_be_repeated

ERROR: Final = "error"  # the case cannot be grouped or paid as it stands
WARNING: Final = "warning"  # the case can be used, but something in it is probably wrong
NOTICE: Final = "notice"  # something was read otherwise than it was written
SEVERITIES: Final = (ERROR, WARNING, NOTICE)

# One finding. `file` and `sheet` are empty where there is none; `row` is that of the source as a spreadsheet
# numbers it: the header is row 1. `column` is what the source calls the canonical column `field`.
SCHEMA: Final = pl.Schema(
    {
        "file": pl.String(),
        "sheet": pl.String(),
        "row": pl.UInt32(),
        "case_id": pl.String(),
        "rule": pl.String(),
        "severity": pl.String(),
        "column": pl.String(),
        "field": pl.String(),
        "value": pl.String(),
        "message": pl.String(),
        "message_zh": pl.String(),
        "fix": pl.String(),
        "fix_zh": pl.String(),
    }
)
# The columns that do not depend on the case.
SAID: Final = ("rule", "severity", "message", "message_zh", "fix", "fix_zh")
# The columns that say which cell is meant.
CELL: Final = ("file", "sheet", "row", "column", "field", "value")


class FirstFindings:
    """Of each rule the finding that comes first, in whatever order batches arrive.

    They go to the screen and into summaries, so what may say who a patient is is left out, and whole rows.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {}

    def add(self, findings: pl.DataFrame, place: tuple[int, ...] = (-1,)) -> None:
        """Look through findings in their order; ``place`` is that of their batch, by default before all."""
        shown = may_be_repeated(pl.col("field"), pl.col("value"))
        firsts = findings.unique("rule", keep="first", maintain_order=True).select("rule", *CELL)
        firsts = firsts.with_columns(pl.when(shown).then("value"))
        for rule, *cell in firsts.iter_rows():
            self._keep(rule, place, dict(zip(CELL, cell, strict=True)))

    def update(self, others: FirstFindings) -> None:
        """Take in what others have found."""
        for rule, (place, cell) in others._found.items():
            self._keep(rule, place, cell)

    def get(self, rule: str) -> dict[str, Any] | None:
        """The cell of the first finding of a rule."""
        found = self._found.get(rule)
        return None if found is None else found[1]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (cell for _, cell in self._found.values())

    def _keep(self, rule: str, place: tuple[int, ...], cell: dict[str, Any]) -> None:
        if rule not in self._found or place < self._found[rule][0]:
            self._found[rule] = (place, cell)
