"""The quality check: what is wrong with discharges, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from drg.analysis.checks import rules_version
from drg.analysis.checks.facts import GrouperFacts, SeriesFacts, facts_of
from drg.errors import InputError, did_you_mean
from drg.grouping import AnyGrouper, grouper_of
from drg.records import (
    rules_cases,
    rules_cost,
    rules_dates,
    rules_diagnoses,
    rules_fields,
    rules_newborn,
    rules_procedures,
)
from drg.records.cases import Cases, without
from drg.records.checking import Checker, RuleTally, Skipped
from drg.records.findings import ERROR, SCHEMA, SEVERITIES
from drg.records.notes import PLACE
from drg.records.rules import BY_GROUPER, Rule
from drg.records.short_table import ShortTable
from drg.words import Sentence, in_both

if TYPE_CHECKING:
    from drg.records.frames import Frame

# What became of cells that no rule is about, by the last word of the finding.
_OF_CELLS: Final = {
    "converted": Sentence("read in the way that is likely and not certain"),
    "dates": Sentence("counts as birth_date and admission_date say"),
    "days": Sentence("counts as 0 by age_days"),
}

__all__ = [
    "RULES",
    "CheckResult",
    "Rule",
    "check",
    "checker",
    "choose",
    "skipped_frame",
    "summary_frame",
    "validate",
]

RULES: Final[tuple[Rule, ...]] = (
    *rules_fields.RULES,
    *rules_dates.RULES,
    *rules_newborn.RULES,
    *rules_diagnoses.RULES,
    *rules_procedures.RULES,
    *rules_cost.RULES,
    *rules_cases.RULES,
    *rules_version.RULES,
)


@dataclass(frozen=True, repr=False)
class CheckResult(ShortTable):
    """What a check found.

    Attributes:
        cases: how many rows were checked.
        findings: one row per finding, of the shape ``records.findings.SCHEMA``, in the order of the rows.
        summary: one row per rule that was applied: rule, severity, message, message_zh, cases; the gravest
            and most frequent first; then one for each column with cells that were read as is likely.
        skipped: one row per rule that was not: rule, missing (a list of the columns that it lacks).
    """

    cases: int
    findings: pl.DataFrame
    summary: pl.DataFrame
    skipped: pl.DataFrame

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return int((self.findings["severity"] == ERROR).sum())

    def _short(self) -> tuple[str, pl.DataFrame]:
        found = self.summary.filter(pl.col("cases") > 0).select("rule", "severity", "cases", "message")
        return f"CheckResult: {self.cases:,} cases, {self.findings.height:,} findings", found


def check(
    frame: Frame,
    grouper: str | Path | AnyGrouper | None = None,
    *,
    rules: Iterable[Rule | str] | None = None,
    until: date | None = None,
) -> CheckResult:
    """Find what is wrong with discharges; nothing is changed and no case is dropped.

    Args:
        frame: one row per discharge: all that ``drg.group`` takes.
        grouper: also apply the rules that ask a version, such as sex against diagnosis; of a series of
            versions, the version in force on the day of discharge.
        rules: only these, by id or as ``Rule`` objects of your own; all if not given.
        until: the last day of the period; later discharges are findings.

    Returns:
        The findings, a summary by rule, and the rules that were skipped for lack of columns.

    Raises:
        InputError: if a column holds what it cannot hold, or for a rule that does not exist.
        MissingColumnError: a series of versions is asked, and there is no ``discharge_date``.
        UnknownGrouperError, TablesError: if the version cannot be used.
    """
    result, _ = _checked(Cases.of(frame), grouper, choose(rules, until=until))
    return result


def validate(frame: Frame, grouper: str | Path | AnyGrouper | None = None) -> tuple[Frame, pl.DataFrame]:
    """Part the discharges that have no error from those that have.

    Args:
        frame: as for ``check``.
        grouper: as for ``check``.

    Returns:
        The same kind of frame with only the rows that have no finding of severity error, unchanged and in
        order; and the findings of all rows. Every row that is missing from the first has an error in the
        second, under its ``row`` (the header is row 1).

    Raises:
        InputError, UnknownGrouperError, TablesError: as ``check``.
    """
    result, places = _checked(Cases.of(frame), grouper, RULES)
    return without(frame, places), result.findings


def checker(
    columns: Sequence[str], grouper: str | Path | AnyGrouper | None, rules: Sequence[Rule]
) -> Checker:
    """Rules that are ready for frames with certain columns; for use batch by batch."""
    if grouper is None:
        return Checker(rules, columns)
    # What a directory holds may change; an installed version and a Grouper do not.
    facts = facts_of(grouper_of(grouper)) if isinstance(grouper, Path) else _facts_of(grouper)
    facts.grouper.check_choice(columns)
    return Checker(rules, columns, facts)


@lru_cache(maxsize=4)
def _facts_of(grouper: str | AnyGrouper) -> GrouperFacts | SeriesFacts:
    return facts_of(grouper_of(grouper))


def choose(rules: Iterable[Rule | str] | None = None, *, until: date | None = None) -> tuple[Rule, ...]:
    """The rules of these ids, or all.

    Raises:
        InputError: for an id that does not exist, with the nearest one.
    """
    known = {rule.id: rule for rule in RULES}
    chosen: dict[str, Rule] = {}
    for rule in known.values() if rules is None else rules:
        if isinstance(rule, str):
            if rule not in known:
                hint = did_you_mean(rule, known)
                problem = Sentence("there is no rule {name!r}", name=rule)
                raise InputError(problem, fix=hint or Sentence("See them with: drg check --list"))
            rule = known[rule]
        chosen[rule.id] = rule
    if until is not None:
        period = rules_dates.discharged_after(until)
        chosen[period.id] = period
    return tuple(chosen.values())


def summary_frame(rules: Iterable[Rule], tally: RuleTally) -> pl.DataFrame:
    """The counts of a check by rule, the gravest and most frequent first; then how cells were read."""
    rules = tuple(rules)
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    graver = sorted(rules, key=lambda rule: (order[rule.severity], -tally.found[rule.id]))
    lines = [
        {"rule": rule.id, "severity": rule.severity, "cases": tally.found[rule.id]}
        | in_both(message=rule.message)
        for rule in graver
    ]
    lines += [
        {"rule": rule, "severity": severity, "cases": count}
        | in_both(message=_OF_CELLS[rule.rpartition("-")[2]])
        for (rule, severity), count in sorted(tally.beside(rules).items())
    ]
    columns = {name: SCHEMA[name] for name in ("rule", "severity", "message", "message_zh")}
    return pl.DataFrame(lines, schema={**columns, "cases": pl.UInt32()})


def skipped_frame(skipped: Iterable[Skipped]) -> pl.DataFrame:
    """The rules that were not applied; those that ask a version lack ``grouper``."""
    lines = [
        (one.rule.id, list(dict.fromkeys("grouper" if n.startswith(BY_GROUPER) else n for n in one.missing)))
        for one in skipped
    ]
    return pl.DataFrame(lines, schema={"rule": pl.String(), "missing": pl.List(pl.String)}, orient="row")


def _checked(
    cases: Cases, grouper: str | Path | AnyGrouper | None, rules: Sequence[Rule]
) -> tuple[CheckResult, pl.Series]:
    """The result, and the places of the rows that have an error."""
    ready = checker(cases.binding.columns, grouper, rules)
    tally = RuleTally()
    found = ready.placed_findings(cases, tally=tally).collect(engine="streaming")
    errors = found.filter(pl.col("severity") == ERROR)[PLACE].unique()
    result = CheckResult(
        cases=tally.cases,
        findings=found.drop(PLACE),
        summary=summary_frame(ready.rules, tally),
        skipped=skipped_frame(ready.skipped),
    )
    return result, errors
