"""What is wrong with the tables that a settlement takes: one row per finding, never an exception.

What each rule says stands in ``settlement_notes.csv``: a row for each, and for each case of it that is said
otherwise.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

FILE: Final = Path(__file__).with_name("settlement_notes.csv")
_TEXTS: Final = ("message", "message_zh", "fix", "fix_zh")
# One finding. `row` is that of the table in question as a spreadsheet numbers it: the header is row 1.
SCHEMA: Final = pl.Schema(
    {
        "table": pl.String(),
        "row": pl.UInt32(),
        **dict.fromkeys(("hospital_id", "insurance_type", "period", "case_id", "rule"), pl.String()),
        **dict.fromkeys(("severity", *_TEXTS), pl.String()),
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


@cache
def sentences(case: str = "", file: Path = FILE) -> Mapping[str, Mapping[str, str]]:
    """By rule: table, severity, and message and fix in both languages, with what they are about in braces.

    Args:
        case: which case of the rules that say several things; empty: the usual one, which all have.
        file: of the sentences.
    """
    with file.open(encoding="utf-8", newline="") as texts:
        return {row["rule"]: row for row in csv.DictReader(texts) if row["case"] == case}


def finding(
    rule: str,
    place: Mapping[str, Any],
    facts: Mapping[str, Any] | None = None,
    *,
    case: str = "",
    file: Path = FILE,
) -> Finding:
    """A finding.

    Args:
        rule: of the file.
        place: hospital, insurance, period, case and row, as far as it has any.
        facts: what its sentences name; ``count`` also in words, as ``cases``.
        case: as for ``sentences``.
        file: of the sentences.
    """
    said, known = sentences(case, file)[rule], dict(facts or {})
    if "count" in known:
        known["cases"] = "1 case" if known["count"] == 1 else f"{known['count']:,} cases"
    texts: dict[str, Any] = {name: said[name].format(**known) for name in _TEXTS}
    return Finding(table=said["table"], rule=rule, severity=said["severity"], **place, **texts)


def findings_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """Findings as a frame of ``SCHEMA``."""
    return pl.DataFrame([asdict(finding) for finding in findings], schema=SCHEMA)
