"""What the commands print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from drg.analysis.tally import Tally
from drg.grouping import AnyGrouper, Choice, Explanation, GrouperSeries, Tried
from drg.grouping.corrected import CorrectedRow
from drg.grouping.outcomes import STATUSES, UNGROUPED_DRG
from drg.records.codes import DIAGNOSIS, PROCEDURE, names_of
from drg.tables import Manifest

TOP_GROUPS = 10
_WIDTH_OF_A_FILE = 160

STATUSES_ZH = {
    "grouped": "入组",
    "ambiguous": "歧义组 QY",
    "no_drg": "仅入核心病组",
    "ungrouped": "未入组",
    "invalid": "数据无效",
}


def stdout() -> Console:
    """The console to print on; in a file or a pipe, lines are not broken for a narrow screen."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_OF_A_FILE)


def print_summary(console: Console, tally: Tally, seconds: float) -> None:
    """The outcome of a run: statuses, reasons, the largest groups, the speed."""
    outcome = Table("status", "状态", "cases", "share", title="Cases", title_justify="left")
    for column in outcome.columns[2:]:
        column.justify = "right"
    for status in STATUSES:
        count = tally.statuses[status]
        if count or status == "grouped":
            outcome.add_row(status, STATUSES_ZH[status], f"{count:,}", _share(count, tally.cases))
    outcome.add_section()
    outcome.add_row("all", "合计", f"{tally.cases:,}", _share(tally.cases, tally.cases))
    console.print(outcome)
    if tally.reasons:
        reasons = Table("status", "reason", "cases", title="Reasons", title_justify="left")
        reasons.columns[2].justify = "right"
        order = {status: place for place, status in enumerate(STATUSES)}
        for (status, reason), count in sorted(
            tally.reasons.items(), key=lambda item: (-order[item[0][0]], -item[1], item[0][1])
        ):
            reasons.add_row(status, escape(reason), f"{count:,}")
        console.print(reasons)
    groups = [item for item in tally.groups.items() if item[0][0] != UNGROUPED_DRG]
    if groups:
        top = Table("DRG", "name", "cases", "share", title="Largest groups", title_justify="left")
        for column in top.columns[2:]:
            column.justify = "right"
        for (code, name), count in sorted(groups, key=lambda item: (-item[1], item[0]))[:TOP_GROUPS]:
            top.add_row(code, escape(name), f"{count:,}", _share(count, tally.cases))
        console.print(top)
        console.print(f"{len(groups):,} groups in use.")
    console.print(
        f"{tally.cases:,} cases in {seconds:.2f} s ({tally.cases / max(seconds, 1e-9):,.0f} cases/s)."
    )


def print_versions(console: Console, grouper: AnyGrouper, versions: Mapping[str | None, int]) -> None:
    """How many cases went to which version of a series; nothing if there was one version only."""
    if not isinstance(grouper, GrouperSeries):
        return
    cases = sum(versions.values())
    table = Table(
        "version", "in force 有效期", "cases", "share", title=f"Versions of {grouper.id} 各版本病例数"
    )
    table.title_justify = "left"
    for column in table.columns[2:]:
        column.justify = "right"
    for member in grouper.series.members:
        count = versions.get(member.id, 0)
        table.add_row(member.id, member.period, f"{count:,}", _share(count, cases))
    if without := versions.get(None, 0):
        table.add_row(
            "none 无",
            "no usable date, or none in force 无有效日期或版本",
            f"{without:,}",
            _share(without, cases),
        )
    console.print(table)


def _share(count: int, cases: int) -> str:
    return f"{count / cases:.1%}" if cases else "–"


def print_groupers(console: Console, manifests: Sequence[Manifest]) -> None:
    """The installed versions."""
    table = Table("id", "title", "series", "based on", "verified", "valid")
    for manifest in manifests:
        table.add_row(
            manifest.id,
            manifest.title,
            manifest.series or "–",
            manifest.based_on or "–",
            manifest.verification.status if manifest.verification else "–",
            manifest.period if manifest.valid_from or manifest.valid_to else "–",
        )
    console.print(table)


def print_in_force(console: Console, manifests: Sequence[Manifest], day: date) -> None:
    """The versions in force on a day, and apart from them those of which that is not known."""
    titles = {
        True: f"In force on {day} 当日有效",
        None: "Validity not known: the manifest has no valid_from 有效期不详",
    }
    for known, title in titles.items():
        found = [manifest for manifest in manifests if manifest.is_in_force(day) is known]
        console.print(title + (":" if found else ": none 无"), highlight=False, soft_wrap=True)
        if found:
            print_groupers(console, found)


def print_explanation(console: Console, explanation: Explanation, *, everything: bool = False) -> None:
    """One case as a tree.

    Args:
        console: where to.
        explanation: of the case.
        everything: also the rules that the principal diagnosis and procedure alone rule out.
    """
    e = explanation
    outcome = " → ".join(part for part in (e.mdc, e.adrg, e.drg) if part)
    tree = Tree(
        Text.assemble((outcome, "bold"), f" {e.drg_name or ''}  [{e.grouping_status}] {e.grouper or ''}")
    )
    if e.choice:
        tree.add(Text(_chosen(e.choice, e.grouper)))
    if e.grouping_reason:
        tree.add(Text(f"reason: {e.grouping_reason}", "yellow"))
    names = _code_names(e)
    given = tree.add("discharge")
    for name, value in e.discharge.model_dump(exclude_none=True).items():
        if value in ("", []):
            continue
        given.add(Text(f"{name} = {_named(value if isinstance(value, list) else [value], names)}"))
    complications = tree.add(f"severity {e.severity}")
    for complication in e.complications:
        if complication.counts:
            how = "counts"
        else:
            how = f"does not count: {complication.exclusion_set} excludes it for this principal diagnosis"
        code = _named([complication.code], names)
        complications.add(_marked(complication.counts, f"{code} is {complication.level}: {how}"))
    _add_rules(tree, e.mdcs, names, everything=everything)
    for row in e.corrections:
        tree.add(Text(correction_text(row), "yellow"))
    console.print(tree)


def _chosen(choice: Choice, version: str | None) -> str:
    """Which version of a series was chosen, and why."""
    day = f"discharged 出院 {choice.discharged or '?'}"
    if version is None:
        return f"no version of {choice.series} 无适用版本: {day}"
    period = f"{choice.valid_from} – {choice.valid_to or '…'}"
    return f"version of {choice.series} 适用版本: {version}, in force 有效期 {period}; {day}"


def correction_text(row: CorrectedRow) -> str:
    """What was corrected, why, and what the source has; in English and Chinese."""
    what = row.change if row.column is None else f"{row.column} was {row.before!r}"
    why = f"{row.reason} {row.reason_zh or ''}".rstrip()
    return f"corrected row (更正) of {row.version}: {row.table} {row.key} {what}: {why}"


def _code_names(explanation: Explanation) -> dict[str, str]:
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


def _named(codes: Sequence[object], names: Mapping[str, str]) -> str:
    """Codes, each with its name if it has one."""
    return ", ".join(f"{code} {names[str(code)]}" if code in names else str(code) for code in codes)


def _add_rules(branch: Tree, rules: Sequence[Tried], names: Mapping[str, str], *, everything: bool) -> None:
    passed: list[Tried] = []
    for rule in rules:
        # An MDC that fails, or an ADRG that the principal codes rule out, is shown in full by request only.
        if not everything and not rule.held and (rule.ruled_out or rule.code.startswith("MDC")):
            passed.append(rule)
            continue
        _add_passed(branch, passed)
        passed = []
        node = branch.add(_marked(rule.held, f"{rule.code} {rule.name}: {rule.rule or '(no condition)'}"))
        for condition in rule.conditions:
            codes = f" ({_named(condition.codes, names)})" if condition.codes else ""
            missing = f" ({condition.missing} is missing)" if condition.missing else ""
            node.add(_marked(condition.held, f"{condition.text}{codes}{missing}"))
        _add_rules(node, rule.inside, names, everything=everything)
    _add_passed(branch, passed)


def _add_passed(branch: Tree, passed: Sequence[Tried]) -> None:
    if passed:
        codes = " ".join(rule.code for rule in passed)
        branch.add(Text(f"✗ {codes}", "dim"))


def _marked(held: bool, text: str) -> Text:
    return Text.assemble(("✓ ", "green") if held else ("✗ ", "red"), text)
