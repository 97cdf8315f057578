"""What a version's tables say that their author hardly meant: named findings, each with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from drg.analysis import tables_check_codes, tables_check_groups
from drg.analysis.tables_subject import Subject
from drg.records.findings import ERROR, SEVERITIES, WARNING
from drg.tables import GrouperTables
from drg.words import CHINESE, LANGUAGES, told

CHECKS: Final = (*tables_check_groups.CHECKS, *tables_check_codes.CHECKS)
FINDING_COLUMNS: Final = {
    "check": pl.String,
    "severity": pl.String,
    "table": pl.String,
    "item": pl.String,
    "detail": pl.String,
    "detail_zh": pl.String,
    "file": pl.String,
    "row": pl.Int64,
}


@dataclass(frozen=True)
class TablesCheck:
    """What was found in a version.

    Attributes:
        grouper: the id of the version.
        findings: check, severity, table, item (group, set or code), detail, detail_zh, file, row; errors
            first.
        skipped: checks that could not be made, and why.
    """

    grouper: str
    findings: pl.DataFrame
    skipped: dict[str, str]

    def count(self, severity: str) -> int:
        """How many findings there are of a severity."""
        return self.findings.filter(severity=severity).height

    def passed(self, *, strict: bool = False) -> bool:
        """Whether there is no error; if ``strict``, no warning either."""
        return not self.count(ERROR) and not (strict and self.count(WARNING))

    def summary(self) -> pl.DataFrame:
        """One row per finding that occurs: check, severity, count, message, message_zh, fix, fix_zh."""
        counts = self.findings.group_by("check", "severity", maintain_order=True).len("count")
        return counts.join(_texts(), on="check", how="left", maintain_order="left")

    def explained(self) -> pl.DataFrame:
        """The findings with their messages and remedies, for files."""
        return self.findings.join(_texts(), on="check", how="left", maintain_order="left")


def check_tables(
    tables: GrouperTables,
    *,
    directory: Path | None = None,
    diagnoses: pl.Series | None = None,
    procedures: pl.Series | None = None,
) -> TablesCheck:
    """Looks for what a version's tables say that their author hardly meant.

    Args:
        tables: the version; loading it has already refused what cannot be used at all.
        directory: where its files are, to look at what loading mends silently.
        diagnoses: the diagnosis codes that exist; None skips the checks that ask for them.
        procedures: the procedure codes that exist.

    Raises:
        RuleError: a rule is not in the notation or names a set that does not exist.
    """
    subject = Subject(tables, directory, diagnoses, procedures)
    rows: list[tuple[str, str, str, str, str, str, str | None, int | None]] = []
    skipped: dict[str, str] = {}
    for check in CHECKS:
        if reason := check.cannot(subject):
            skipped[check.id] = reason
            continue
        for table, item, detail in check.find(subject):
            details = str(detail), told(detail, CHINESE)
            rows.append((check.id, check.severity, table, item, *details, *subject.place(table, item)))
    findings = pl.DataFrame(rows, schema=FINDING_COLUMNS, orient="row")
    by_severity = pl.col("severity").cast(pl.Enum(SEVERITIES))
    return TablesCheck(tables.manifest.id, findings.sort(by_severity, maintain_order=True), skipped)


def _texts() -> pl.DataFrame:
    return pl.DataFrame(
        [
            (check.id, *(text.to(language) for text in (check.message, check.fix) for language in LANGUAGES))
            for check in CHECKS
        ],
        schema=["check", "message", "message_zh", "fix", "fix_zh"],
        orient="row",
    )
