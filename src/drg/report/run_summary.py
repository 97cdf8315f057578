"""What a run did, for machines: one shape for every command, written as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from drg.ledger.entry import sha256
from drg.records.findings import SEVERITIES, FirstFindings

if TYPE_CHECKING:
    from drg.benefit.load import LoadedBenefitScheme
    from drg.grouping import AnyGrouper
    from drg.payment import LoadedScheme

# Grows when a field changes its meaning or goes; new fields may come at any time.
FORMAT: Final = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class InputFile(_Part):
    """A file that was read."""

    path: str = Field(description="as it was given; - is standard input")
    size_bytes: int = Field(description="its size")
    sha256: str = Field(description="digest of its content")


class LeftOut(_Part):
    """Rows that are no cases."""

    rule: str = Field(description="by which rule, such as row-total; see checks")
    rows: int = Field(description="how many")


class Cell(_Part):
    """The cell that a finding is about; null where it has none."""

    file: str | None = Field(description="the file; - is standard input")
    sheet: str | None = Field(description="the sheet of a workbook")
    row: int | None = Field(description="the row, as a spreadsheet numbers it")
    column: str | None = Field(description="the column, as the file calls it")
    field: str | None = Field(description="the canonical column")
    value: str | None = Field(description="what the cell holds, unless it identifies a patient")


class FindingCount(_Part):
    """Findings of one rule."""

    rule: str = Field(description="id of the rule")
    severity: str = Field(description="error, warning or notice")
    count: int = Field(description="how many findings")
    first: Cell | None = Field(description="the first of them; null if they are about no cell")


class Tables(_Part):
    """A grouper version, a series or a payment scheme."""

    id: str = Field(description="its id")
    sha256: str = Field(description="digest of its content; of a series, of its versions")


class Money(_Part):
    """Totals in yuan, as exact decimal text; null where there is no such amount."""

    payment_yuan: str | None = Field(description="all that is paid; of settle, as the accounts stand")
    cost_yuan: str | None = Field(description="cost of all cases; of settle, of those that are settled")
    priced_cost_yuan: str | None = Field(description="cost of those that are priced")
    surplus_yuan: str | None = Field(description="payment less priced_cost_yuan; of settle, outcome_yuan")


class Result(_Part):
    """What one version, with its scheme, made of the cases."""

    grouper: Tables | None = Field(
        description="the version or series; null if the cases came grouped and no version was used"
    )
    scheme: Tables | None = Field(description="the payment or benefit scheme; null if there is none")
    statuses: dict[str, int] | None = Field(description="cases by grouping status; null if not counted")
    case_classes: dict[str, int] | None = Field(description="cases by case class; null if not priced")
    money: Money | None = Field(description="totals; null if there is no money")
    measures: dict[str, int | float | None] | None = Field(
        description="of compare and evaluate, the statistical quality by measure; else null"
    )


class GateHeld(_Part):
    """A gate: a limit that the result was held to."""

    gate: str = Field(
        description="expect-cases, min-grouped or max-errors; or cases: at least one, without a gate"
    )
    limit: str = Field(description="the limit")
    value: str = Field(description="what was found")
    passed: bool = Field(description="whether the gate let the result pass")


class RunSummary(_Part):
    """What a run did."""

    format: int = Field(description="version of this shape")
    drg: str = Field(description="version of drg")
    command: str = Field(description="such as group")
    exit_code: int = Field(description="0, or 3 if a gate failed")
    inputs: list[InputFile] = Field(description="the files that were read")
    layout: str | None = Field(description="id of their layout; null if none was read")
    rows_read: int | None = Field(description="cases and the rows left out; null if nothing was read")
    rows_left_out: list[LeftOut] = Field(description="rows that are no cases, by rule")
    cases: int | None = Field(description="cases; null if none were counted")
    results: list[Result] = Field(description="one; of compare, one for each version")
    findings: list[FindingCount] = Field(description="findings by rule, errors first")
    gates: list[GateHeld] = Field(description="the gates")
    outputs: list[str] = Field(description="files and directories that were written; - is standard output")
    marked_cells: int = Field(description="cells of CSV files marked with ' as no formulas")
    seconds: float = Field(description="from start to end")

    def text(self) -> str:
        """As JSON."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"


def drg_version() -> str:
    """The version of this package."""
    return version("drg")


def input_files(files: Iterable[tuple[str, Path]]) -> list[InputFile]:
    """Size and digest of files, with what the user calls each."""
    return [InputFile(path=name, size_bytes=file.stat().st_size, sha256=sha256(file)) for name, file in files]


def finding_counts(counts: Mapping[tuple[str, str], int], firsts: FirstFindings) -> list[FindingCount]:
    """Findings by rule and severity: the gravest first, then the most frequent."""
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    found = sorted(counts.items(), key=lambda item: (order[item[0][1]], -item[1], item[0][0]))
    return [
        FindingCount(rule=rule, severity=severity, count=count, first=Cell(**first) if first else None)
        for (rule, severity), count in found
        for first in (firsts.get(rule),)
    ]


def tables(of: AnyGrouper | LoadedScheme | LoadedBenefitScheme | None) -> Tables | None:
    """A version, a series or a scheme with its digest."""
    return None if of is None else Tables(id=of.id, sha256=of.digest)


def amount(value: Decimal | None) -> str | None:
    """An amount in yuan to the fen, as text."""
    return None if value is None else f"{value:.2f}"
