"""The corrected rows of a version that an explanation met."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl
from pydantic import BaseModel, ConfigDict

from drg.records.codes import normalised

if TYPE_CHECKING:
    from drg.grouping.explain import Explanation, Tried

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class CorrectedRow(BaseModel):
    """A row of the tables that differs from the source of the version.

    Attributes:
        table, key: the row: a code, or set and code.
        change: added, removed or changed.
        column, before: what the source has, if it is changed.
        reason, reason_zh: why it is corrected.
        version: the version whose manifest says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    key: str
    change: str
    column: str | None
    before: str | None
    reason: str
    reason_zh: str | None
    version: str


def corrected_rows(corrections: pl.DataFrame) -> tuple[CorrectedRow, ...]:
    """Rows of ``GrouperTables.corrections`` as values."""
    return tuple(CorrectedRow(**row) for row in corrections.rows(named=True))


def met(explanation: Explanation, corrections: pl.DataFrame) -> tuple[CorrectedRow, ...]:
    """The corrected rows that had a part in an explanation: its rules, and the lists that they looked up."""
    if corrections.is_empty():
        return ()
    wanted = pl.Schema({"table": pl.String, "wanted": pl.String})
    rows = pl.DataFrame(sorted(set(_looked_up(explanation))), schema=wanted, orient="row")
    spelled = corrections.with_columns(wanted=pl.col("key").str.to_uppercase())
    found = spelled.join(rows, on=["table", "wanted"], how="semi", maintain_order="left")
    return corrected_rows(found.drop("wanted"))


def _looked_up(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Table and key, in capitals, of the rows that an explanation looked at."""
    discharge = explanation.discharge
    principal, *others = _codes(discharge.principal_diagnosis, discharge.other_diagnoses)
    codes = [principal, *others, *_codes(discharge.principal_procedure, discharge.other_procedures)]
    for complication in explanation.complications:
        if complication.exclusion_set:
            yield "exclusions", f"{complication.exclusion_set} {principal}".upper()
    yield from (("complications", code) for code in others)
    for level, rule in _rules(explanation.mdcs, ("mdc", "adrg", "drg")):
        yield level, rule.code.upper()
        names = {name for condition in rule.conditions for name in _NAME.findall(condition.text)}
        yield from (("sets", f"{name.upper()} {code}") for name in names for code in codes)


def _rules(rules: Iterable[Tried], levels: tuple[str, ...]) -> Iterator[tuple[str, Tried]]:
    for rule in rules:
        # What the principal codes rule out is not looked at by the kernel.
        if not rule.ruled_out:
            yield levels[0], rule
            yield from _rules(rule.inside, levels[1:])


def _codes(principal: str | None, others: Sequence[str | None] | str | None) -> list[str]:
    listed = re.split(r"[|,]", others) if isinstance(others, str) else others or []
    return [code or "" for code in normalised(pl.Series([principal or "", *listed], dtype=pl.String))]
