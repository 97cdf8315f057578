"""What is wrong with the tables that a settlement takes: one row per finding, never an exception."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

import polars as pl

# One finding. `row` is that of the table in question as a spreadsheet numbers it: the header is row 1.
SCHEMA: Final = pl.Schema(
    {
        "table": pl.String(),
        "row": pl.UInt32(),
        "hospital_id": pl.String(),
        "insurance_type": pl.String(),
        "period": pl.String(),
        "case_id": pl.String(),
        "rule": pl.String(),
        "severity": pl.String(),
        "message": pl.String(),
        "message_zh": pl.String(),
        "fix": pl.String(),
        "fix_zh": pl.String(),
    }
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding; severities are those of ``records.findings``.

    Attributes:
        table: ``cases``, ``payments``, ``decisions``, ``scores``, ``scheme`` or ``ledger``.
        rule: its name, stable across versions of the program.
        message, message_zh: what is wrong, in one sentence, and what was done with it.
        fix, fix_zh: what mends it: a command or an edit.
    """

    table: str
    rule: str
    severity: str
    message: str
    message_zh: str
    fix: str
    fix_zh: str
    row: int | None = None
    hospital_id: str | None = None
    insurance_type: str | None = None
    period: str | None = None
    case_id: str | None = None


def findings_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """Findings as a frame of ``SCHEMA``."""
    return pl.DataFrame([asdict(finding) for finding in findings], schema=SCHEMA)
