"""What the commands on tables print."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from drg.analysis.tables_check import TablesCheck
from drg.analysis.tables_diff import WHAT, TablesDiff
from drg.analysis.tables_show import Code, CodeSet, Group, Line
from drg.grouping.corrected import CorrectedRow
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.tables.importing import Imported
from drg.tables.locate import called

_COLOURS: Final = {ERROR: "red", WARNING: "yellow", NOTICE: "dim"}
_COUNTED: Final = {
    "mdc": "MDC",
    "adrg": "ADRG",
    "drg": "DRG",
    "sets": "sets (集合)",
    "set_rows": "rows of sets",
    "complications": "complications (CC)",
    "mcc": "… of them MCC",
    "cc": "… of them CC",
    "exclusion_sets": "exclusion tables (排除表)",
    "exclusions": "rows of exclusion tables",
}
_CELL: Final = 60


def print_import(console: Console, imported: Imported) -> None:
    """What was read against what is published, what was mended, amended and left out."""
    table = _table("read", "expected", "found", "", title=f"Read from {imported.workbook.file.name}")
    table.columns[1].justify = table.columns[2].justify = "right"
    for name, expected in imported.expected.items():
        found = imported.workbook.counts[name]
        difference = Text("" if found == expected else f"{found - expected:+,}", "yellow")
        table.add_row(_COUNTED[name], f"{expected:,}", f"{found:,}", difference)
    console.print(table)
    if not imported.complete:
        _say(console, "The workbook does not hold what the published one holds; see the differences above.")
    for note in imported.workbook.notes:
        _say(console, f"• {note}")
    for amendment in imported.amended:
        there = amendment.rows - len(amendment.added)
        rows = ", ".join(" ".join(row) for row in amendment.added)
        what = f"{len(amendment.added)} rows added to {amendment.table}" + (f" ({rows})" if rows else "")
        _say(console, f"• amendment: {what}; {there} were there already. Source: {amendment.citation}")
    for group in imported.left_out:
        if group.sets:
            _say(console, f"• left out: {group.table.upper()} {group.code}: no set {', '.join(group.sets)}")
    below = [group.code for group in imported.left_out if not group.sets]
    if below:
        _say(console, f"• left out with the groups above them: {', '.join(below)}")
    _say(console, f"Written to {imported.directory}; group with --grouper {called(imported.directory)}")


def print_check(console: Console, check: TablesCheck, *, limit: int | None = 5) -> None:
    """Counts by finding, then the findings.

    Args:
        console: where to.
        check: what was found.
        limit: how many of each kind; None for all.
    """
    summary = check.summary()
    if summary.is_empty():
        _say(console, f"{check.grouper}: nothing was found.")
    else:
        table = _table("severity", "finding", "count", "meaning", title=f"Findings in {check.grouper}")
        table.columns[2].justify = "right"
        for row in summary.rows(named=True):
            meaning = f"{escape(row['message'])}\n{escape(row['message_zh'])}"
            severity = Text(row["severity"], _COLOURS[row["severity"]])
            table.add_row(severity, row["check"], f"{row['count']:,}", meaning)
        console.print(table)
    for row in summary.rows(named=True):
        console.print(
            Text.assemble("\n", (row["check"], "bold"), f": {row['message']}. {row['fix']}."), soft_wrap=True
        )
        findings = check.findings.filter(check=row["check"])
        for finding in findings.head(findings.height if limit is None else limit).rows(named=True):
            place = f"  [{finding['file']}, row {finding['row']}]" if finding["file"] else ""
            _say(console, f"  {finding['item']}: {finding['detail']}{place}")
        _more(console, findings.height, limit, "--all")
    for name, why in check.skipped.items():
        _say(console, f"Skipped {name}: {why}")
    counts = ", ".join(_many(check.count(severity), severity) for severity in (ERROR, WARNING, NOTICE))
    _say(console, f"\n{check.grouper}: {counts}.")


def print_diff(
    console: Console, diff: TablesDiff, *, details: Collection[str] = (), limit: int | None = 20
) -> None:
    """Counts, then how many changes of each kind, then those that were asked for.

    Args:
        console: where to.
        diff: the comparison.
        details: what to show in full; see ``analysis.tables_diff.WHAT``.
        limit: how many of each kind; None for all.
    """
    before, after = diff.before.id, diff.after.id
    table = _table("", before, after, "in both", title=f"{before} → {after}")
    for row in diff.counts.rows():
        table.add_row(row[0], *("–" if number is None else f"{number:,}" for number in row[1:]))
    _right(table, 1)
    console.print(table)
    summary = diff.summary()
    if summary.is_empty():
        _say(console, "The two say the same.")
        return
    table = _table("what", "change", "count", "for example", title="Changes")
    table.columns[2].justify = "right"
    for what, change, count in summary.rows():
        items = diff.details(what).filter(change=change)["item"].head(4).to_list()
        table.add_row(what, change, f"{count:,}", ", ".join(items) + (" …" if count > 4 else ""))
    console.print(table)
    for what in (what for what in WHAT if what in details):
        _print_details(console, diff, what, limit)
    if not details:
        _say(console, "Show one kind with --details WHAT, all of them in a file with -o changes.csv")


def _print_details(console: Console, diff: TablesDiff, what: str, limit: int | None) -> None:
    changes = diff.details(what)
    table = _table(
        "change", what, "about", diff.before.id, diff.after.id, title=f"{what}: {changes.height:,}"
    )
    for row in changes.head(changes.height if limit is None else limit).rows(named=True):
        cells = (row[column] or "" for column in ("change", "item", "about", "before", "after"))
        table.add_row(*(escape(_short(cell, limit)) for cell in cells))
    console.print(table)
    _more(console, changes.height, limit, "--all")


def print_show(
    console: Console, found: Sequence[Group | CodeSet | Code], grouper: str, *, limit: int | None = 5
) -> None:
    """A group, a set or a code, with everything that belongs to it.

    Args:
        console: where to.
        found: what ``analysis.tables_show.show`` found.
        grouper: the id of the version.
        limit: how many codes of each set; None for all.
    """
    for thing in found:
        if isinstance(thing, Group):
            _print_group(console, thing, grouper, limit)
        elif isinstance(thing, CodeSet):
            _print_set(console, thing, limit)
            for line in thing.used_by:
                _say(console, f"  named by {_line(line)}")
            if not thing.used_by and thing.complications is None:
                _say(console, "  no rule names it")
        else:
            _print_code(console, thing)
        _print_corrections(console, thing.corrections, limit)


def _print_group(console: Console, group: Group, grouper: str, limit: int | None) -> None:
    line = group.line
    heading = f"{line.table.upper()} {line.code} {line.name}".strip()
    console.print(Text.assemble((heading, "bold"), f"  [{grouper}]"), soft_wrap=True)
    for parent in group.parents:
        _say(console, f"  in {parent.table.upper()} {parent.code} {parent.name}")
    above = group.parents[-1].code if group.parents else "the version"
    _say(console, f"  order {group.order}: tried as number {group.place} of {group.of} in {above}")
    _say(console, f"  rule: {line.rule or '(none: it always holds)'}")
    for one in group.sets:
        _print_set(console, one, limit, indent="  ")
    if group.inside:
        table = _table(group.inside[0].table.upper(), "name", "rule", title="Inside, as they are tried")
        for inner in group.inside:
            table.add_row(inner.code, escape(inner.name), escape(inner.rule or "(always)"))
        console.print(table)


def _print_set(console: Console, one: CodeSet, limit: int | None, indent: str = "") -> None:
    asked = "" if one.complications is None else f", excluding for {_many(one.complications, 'complication')}"
    _say(console, f"{indent}{one.name}: {_many(len(one.codes), 'code')}{asked}")
    for code, name in one.codes[:limit]:
        _say(console, f"{indent}  {code} {name}".rstrip())
    _more(console, len(one.codes), limit, "--codes", indent=f"{indent}  ")


def _print_code(console: Console, code: Code) -> None:
    console.print(Text(f"{code.code} {code.name}".strip(), "bold"))
    if code.level:
        excluded = f"; principal diagnoses in {code.exclusion_set} exclude it" if code.exclusion_set else ""
        _say(console, f"  as other diagnosis: {code.level}{excluded or '; nothing excludes it'}")
    if code.excludes:
        _say(console, f"  as principal diagnosis it excludes the complications of {', '.join(code.excludes)}")
    for name, lines in code.sets:
        used = "; ".join(f"{line.table.upper()} {line.code} {line.name}".strip() for line in lines)
        _say(console, f"  in {name}: {used or 'no rule names it'}")


def _print_corrections(console: Console, rows: Sequence[CorrectedRow], limit: int | None) -> None:
    """Each reason once, with the rows that it is given for."""
    for reason, same in groupby(rows, lambda row: (row.version, row.reason, row.reason_zh)):
        corrected = list(same)
        version, why, why_zh = reason
        _say(console, f"  corrected (更正) in {version}: {why} {why_zh or ''}".rstrip())
        for row in corrected[:limit]:
            what = row.change if row.column is None else f"{row.column} was {row.before!r}"
            _say(console, f"    {row.table} {row.key}: {what}")
        _more(console, len(corrected), limit, "--codes", indent="    ")


def _line(line: Line) -> str:
    return f"{line.table.upper()} {line.code} {line.name}: {line.rule}"


def _table(*headers: str, title: str) -> Table:
    return Table(*headers, title=title, title_justify="left")


def _right(table: Table, start: int) -> None:
    for column in table.columns[start:]:
        column.justify = "right"


def _say(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)


def _more(console: Console, count: int, limit: int | None, option: str, indent: str = "  ") -> None:
    if limit is not None and count > limit:
        _say(console, f"{indent}… and {count - limit:,} more: {option}")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _short(text: str, limit: int | None) -> str:
    text = " ".join(text.split())
    return text if limit is None or len(text) <= _CELL else text[: _CELL - 1] + "…"
