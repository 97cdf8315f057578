"""``drg explain``: one case as a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from drg.columns import ALL
from drg.grouping import Choice, Explanation, Tried
from drg.grouping.corrected import CorrectedRow
from drg.records.codes import DIAGNOSIS, PROCEDURE, names_of
from drg.report.console import shown_as, status_in
from drg.report.corrected_rows import corrected_how, corrected_place
from drg.words import Both, categories, said

# What says that a rule holds, or does not: the first that the console can show.
_HOLDS: Final = ("✓", "√", "+")
_FAILS: Final = ("✗", "×", "-")


def print_explanation(
    console: Console, explanation: Explanation, language: str, *, everything: bool = False
) -> None:
    """One case as a tree; ``everything``: also the rules that principal diagnosis and procedure rule out."""
    console.print(explanation_tree(console, explanation, language, everything=everything))


def explanation_tree(console: Console, explanation: Explanation, language: str, *, everything: bool) -> Tree:
    """One case as a tree; see ``print_explanation``."""
    return _Branches(console, explanation, language).tree(everything=everything)


class _Branches:
    """The branches of the tree of a case."""

    def __init__(self, console: Console, explanation: Explanation, language: str) -> None:
        self._of = explanation
        self._language = language
        self._names = code_names(explanation)
        self._signs = {True: shown_as(console, _HOLDS), False: shown_as(console, _FAILS)}

    def tree(self, *, everything: bool) -> Tree:
        """All of them."""
        e = self._of
        outcome = " → ".join(part for part in (e.mdc, e.adrg, e.drg) if part)
        status = status_in(e.grouping_status, self._language)
        tree = Tree(Text.assemble((outcome, "bold"), f" {e.drg_name or ''}  [{status}] {e.grouper or ''}"))
        if e.choice:
            tree.add(Text(self._chosen(e.choice)))
        if e.grouping_reason:
            tree.add(Text(f"{self._said('reason')}: {e.grouping_reason}", "yellow"))
        given = tree.add(self._said("discharge"))
        for name, value in e.discharge.model_dump(exclude_none=True).items():
            if value in ("", []):
                continue
            label = Both(name, ALL[name].label_zh).to(self._language) if name in ALL else name
            if isinstance(value, datetime) and value.time() == time.min:
                value = value.date()  # a day as it was given, not its first second
            given.add(Text(f"{label} = {self._named(value if isinstance(value, list) else [value])}"))
        severity = self._said(
            "severity {severity}", severity=Both(e.severity, categories("severity", "zh")[e.severity])
        )
        complications = tree.add(severity)
        for one in e.complications:
            code, excluded = self._named([one.code]), one.exclusion_set
            how = Both(
                "counts"
                if one.counts
                else f"does not count: {excluded} excludes it for this principal diagnosis",
                "计入" if one.counts else f"不计入：主要诊断在排除表 {excluded} 中",
            ).to(self._language)
            line = self._said("{code} is {level}: {how}", code=code, level=one.level, how=how)
            complications.add(self._marked(one.counts, line))
        self._add_rules(tree, e.mdcs, everything=everything)
        for row in e.corrections:
            tree.add(Text(self._corrected(row), "yellow"))
        return tree

    def _said(self, template: str, /, **facts: Any) -> str:
        return said(template, self._language, **facts)

    def _chosen(self, choice: Choice) -> str:
        """Which version of a series was chosen, and why."""
        series, version, day = choice.series, self._of.grouper, choice.discharged or "?"
        if version is None:
            return self._said("no version of {series}: discharged {day}", series=series, day=day)
        period = f"{choice.valid_from} – {choice.valid_to or '…'}"
        return self._said(
            "version of {series}: {version}, in force {period}; discharged {day}",
            series=series,
            version=version,
            period=period,
            day=day,
        )

    def _corrected(self, row: CorrectedRow) -> str:
        """What was corrected, why, and what the source has."""
        place, how = corrected_place(row, self._language), corrected_how(row, self._language)
        return self._said(
            "corrected row of {version}: {place} {how}: {reason}",
            version=row.version,
            place=place,
            how=how,
            reason=Both(row.reason, row.reason_zh or row.reason),
        )

    def _named(self, codes: Sequence[object]) -> str:
        """Codes, each with its name if it has one."""
        names = self._names
        return ", ".join(f"{code} {names[str(code)]}" if code in names else str(code) for code in codes)

    def _add_rules(self, branch: Tree, rules: Sequence[Tried], *, everything: bool) -> None:
        passed: list[Tried] = []
        for rule in rules:
            # An MDC that fails, or an ADRG that the principal codes rule out, is shown in full by request.
            if not everything and not rule.held and (rule.ruled_out or rule.code.startswith("MDC")):
                passed.append(rule)
                continue
            self._add_passed(branch, passed)
            passed = []
            text = rule.rule or self._said("(no condition)")
            node = branch.add(self._marked(rule.held, f"{rule.code} {rule.name}: {text}"))
            for condition in rule.conditions:
                codes = f" ({self._named(condition.codes)})" if condition.codes else ""
                missing = ""
                if condition.missing:
                    lacking = self._said(
                        "{missing} is missing",
                        missing=Both(condition.missing, ALL[condition.missing].label_zh),
                    )
                    missing = f" ({lacking})"
                node.add(self._marked(condition.held, f"{condition.text}{codes}{missing}"))
            self._add_rules(node, rule.inside, everything=everything)
        self._add_passed(branch, passed)

    def _add_passed(self, branch: Tree, passed: Sequence[Tried]) -> None:
        if passed:
            branch.add(Text(f"{self._signs[False]} {' '.join(rule.code for rule in passed)}", "dim"))

    def _marked(self, held: bool, text: str) -> Text:
        return Text.assemble((f"{self._signs[held]} ", "green" if held else "red"), text)


def code_names(explanation: Explanation) -> Mapping[str, str]:
    """The names of all codes that an explanation shows."""
    discharge = explanation.discharge
    codes = [discharge.principal_diagnosis, discharge.principal_procedure]
    for others in (discharge.other_diagnoses, discharge.other_procedures):
        codes += others if isinstance(others, list) else [others]
    codes += [complication.code for complication in explanation.complications]
    rules = list(explanation.mdcs)
    while rules:
        rule = rules.pop()
        codes += [code for condition in rule.conditions for code in condition.codes]
        rules += rule.inside
    return names_of(codes, DIAGNOSIS) | names_of(codes, PROCEDURE)
