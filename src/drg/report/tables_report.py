"""What the commands on tables print."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from drg.analysis.tables_check import TablesCheck
from drg.analysis.tables_diff import WHAT, TablesDiff
from drg.analysis.tables_show import Code, CodeSet, Group, Line
from drg.grouping.corrected import CorrectedRow
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.report.checks import SEVERITIES_ZH, severity_in
from drg.report.console import say
from drg.report.console_table import show
from drg.report.corrected_rows import corrected_how, corrected_place
from drg.report.labels import labels
from drg.tables.importing import Imported
from drg.tables.locate import called
from drg.words import Both, Joined, Sentence, column_in, said

_COUNTED: Final = {
    "mdc": Both("MDC", "MDC"),
    "adrg": Both("ADRG", "ADRG"),
    "drg": Both("DRG", "DRG"),
    "sets": Sentence("sets"),
    "set_rows": Sentence("rows of sets"),
    "complications": Sentence("complications"),
    "mcc": Sentence("… of them MCC"),
    "cc": Sentence("… of them CC"),
    "exclusion_sets": Sentence("exclusion tables"),
    "exclusions": Sentence("rows of exclusion tables"),
}
_WHAT_ZH: Final = labels("changed")
_COMPARED_ZH: Final = labels("compared")
_CHANGES_ZH: Final = labels("change")
_CELL: Final = 60


def _change_in_chinese(change: str) -> str:
    # Levels of complications are written as they are: CC → MCC; only their absence is a word.
    return _CHANGES_ZH.get(change) or change.replace("none", "无")


def print_import(console: Console, imported: Imported, language: str) -> None:
    """What was read against what is published, what was mended, amended and left out."""
    of = partial(said, language=language)
    file = imported.workbook.file.name
    rows = []
    for name, expected in imported.expected.items():
        found = imported.workbook.counts[name]
        difference = Text("" if found == expected else f"{found - expected:+,}", "yellow")
        rows.append((_COUNTED[name].to(language), f"{expected:,}", f"{found:,}", difference))
    heads = (*of("read,expected,found").split(","), "")
    show(console, heads, "wnnn", rows, title=of("Read from {file}", file=file))
    if not imported.complete:
        say(
            console,
            of("The workbook does not hold what the published one holds; see the differences above."),
        )
    for note in imported.workbook.notes:
        say(console, f"- {note}")
    for amendment in imported.amended:
        there, added = amendment.rows - len(amendment.added), len(amendment.added)
        lines = ", ".join(" ".join(row) for row in amendment.added)
        what = f" ({lines})" if lines else ""
        say(
            console,
            of(
                "- amendment: {added} rows added to {table}{what}; {there} were there already."
                " Source: {citation}",
                added=added,
                table=amendment.table,
                what=what,
                there=there,
                citation=amendment.citation,
            ),
        )
    for group in imported.left_out:
        if group.sets:
            table, sets = group.table.upper(), ", ".join(group.sets)
            say(
                console,
                of("- left out: {table} {code}: no set {sets}", table=table, code=group.code, sets=sets),
            )
    below = ", ".join(group.code for group in imported.left_out if not group.sets)
    if below:
        say(console, of("- left out with the groups above them: {below}", below=below))
    place, id_ = imported.directory, called(imported.directory)
    say(
        console,
        of("Written to {place}; group with --grouper {id}", place=place, id=id_),
    )


def print_check(console: Console, check: TablesCheck, language: str, *, limit: int | None = 5) -> None:
    """Counts by finding, then the findings.

    Args:
        console: where to.
        check: what was found.
        language: of the words.
        limit: how many of each kind; None for all.
    """
    of = partial(said, language=language)
    summary = check.summary()
    message = column_in(language, "message")
    if summary.is_empty():
        say(console, of("{grouper}: nothing was found.", grouper=check.grouper))
    else:
        rows = [
            (severity_in(row["severity"], language), row["check"], f"{row['count']:,}", row[message])
            for row in summary.rows(named=True)
        ]
        heads = of("severity,finding,count,meaning").split(",")
        title = of("Findings in {grouper}", grouper=check.grouper)
        show(console, heads, "wwnt", rows, title=title)
    for row in summary.rows(named=True):
        meaning = of(
            ": {message}. {fix}.",
            message=Both(row["message"], row["message_zh"]),
            fix=Both(row["fix"], row["fix_zh"]),
        )
        console.print(Text.assemble("\n", (row["check"], "bold"), meaning), soft_wrap=True)
        findings = check.findings.filter(check=row["check"])
        for finding in findings.head(findings.height if limit is None else limit).rows(named=True):
            at = of("row {row}", row=finding["row"])
            place = f"  [{finding['file']}, {at}]" if finding["file"] else ""
            detail = of(": {detail}", detail=Both(finding["detail"], finding["detail_zh"]))
            say(console, f"  {finding['item']}{detail}{place}")
        _more(console, findings.height, limit, "--all", language)
    for name, why in check.skipped.items():
        say(console, of("Skipped {name}: {why}", name=name, why=why))
    counts = [
        Both(_many(count, severity), f"{SEVERITIES_ZH[severity]} {count:,}")
        for severity in (ERROR, WARNING, NOTICE)
        for count in (check.count(severity),)
    ]
    say(
        console,
        "\n" + of("{grouper}: {counts}.", grouper=check.grouper, counts=Joined(", ", counts)),
    )


def print_diff(
    console: Console,
    diff: TablesDiff,
    language: str,
    *,
    details: Collection[str] = (),
    limit: int | None = 20,
) -> None:
    """Counts, then how many changes of each kind, then those that were asked for.

    Args:
        console: where to.
        diff: the comparison.
        language: of the words.
        details: what to show in full; see ``analysis.tables_diff.WHAT``.
        limit: how many of each kind; None for all.
    """
    of = partial(said, language=language)
    before, after = diff.before.id, diff.after.id
    counts = [
        (
            Both(row[0], _COMPARED_ZH.get(row[0], row[0])).to(language),
            *("–" if n is None else f"{n:,}" for n in row[1:]),
        )
        for row in diff.counts.rows()
    ]
    heads: tuple[str, ...] = ("", before, after, of("in both"))
    show(console, heads, "wnnn", counts, title=f"{before} → {after}")
    summary = diff.summary()
    if summary.is_empty():
        say(console, of("The two say the same."))
        return
    rows = []
    for what, change, count in summary.rows():
        items = diff.details(what).filter(change=change)["item"].head(4).to_list()
        shown = ", ".join(items) + (" …" if count > 4 else "")
        rows.append(
            (
                Both(what, _WHAT_ZH[what]).to(language),
                Both(change, _change_in_chinese(change)).to(language),
                f"{count:,}",
                shown,
            )
        )
    heads = tuple(of("what,change,count,for example").split(","))
    show(console, heads, "wwnt", rows, title=of("Changes"))
    for what in (what for what in WHAT if what in details):
        _print_details(console, diff, what, limit, language)
    if not details:
        say(
            console,
            of("Show one kind with --details WHAT, all of them in a file with -o changes.csv"),
        )


def _print_details(console: Console, diff: TablesDiff, what: str, limit: int | None, language: str) -> None:
    changes = diff.details(what)
    heads = (
        said("change", language),
        Both(what, _WHAT_ZH[what]).to(language),
        said("about", language),
        diff.before.id,
        diff.after.id,
    )
    rows = []
    for row in changes.head(changes.height if limit is None else limit).rows(named=True):
        change = Both(row["change"], _change_in_chinese(row["change"])).to(language)
        rest = (_short(row[column] or "", limit) for column in ("item", "about", "before", "after"))
        rows.append((change, *rest))
    show(console, heads, "wtttt", rows, title=f"{heads[1]}: {changes.height:,}")
    _more(console, changes.height, limit, "--all", language)


def print_show(
    console: Console,
    found: Sequence[Group | CodeSet | Code],
    grouper: str,
    language: str,
    *,
    limit: int | None = 5,
) -> None:
    """A group, a set or a code, with everything that belongs to it.

    Args:
        console: where to.
        found: what ``analysis.tables_show.show`` found.
        grouper: the id of the version.
        language: of the words.
        limit: how many codes of each set; None for all.
    """
    shown = _Shown(console, grouper, language, limit)
    for thing in found:
        if isinstance(thing, Group):
            shown.group(thing)
        elif isinstance(thing, CodeSet):
            shown.set_alone(thing)
        else:
            shown.code(thing)
        shown.corrections(thing.corrections)


class _Shown:
    """Groups, sets and codes of a version on a console."""

    def __init__(self, console: Console, grouper: str, language: str, limit: int | None) -> None:
        self._console = console
        self._grouper = grouper
        self._language = language
        self._limit = limit

    def group(self, group: Group) -> None:
        line = group.line
        heading = f"{line.table.upper()} {line.code} {line.name}".strip()
        text = Text.assemble((heading, "bold"), f"  [{self._grouper}]")
        self._console.print(text, soft_wrap=True)
        for parent in group.parents:
            named = f"{parent.table.upper()} {parent.code} {parent.name}"
            self._say("  in {named}", named=named)
        above = group.parents[-1].code if group.parents else ""
        self._say(
            "  order {order}: tried as number {place} of {of} in {within}",
            order=group.order,
            place=group.place,
            of=group.of,
            within=above or Sentence("the version"),
        )
        self._say("  rule: {rule}", rule=line.rule or Sentence("(none: it always holds)"))
        for one in group.sets:
            self._set(one, indent="  ")
        if group.inside:
            of = partial(said, language=self._language)
            rows = [(inner.code, inner.name, inner.rule or of("(always)")) for inner in group.inside]
            heads = (group.inside[0].table.upper(), *of("name,rule").split(","))
            show(self._console, heads, "wtt", rows, title=of("Inside, as they are tried"))

    def set_alone(self, one: CodeSet) -> None:
        self._set(one)
        for line in one.used_by:
            self._say("  named by {line}", line=_line(line))
        if not one.used_by and one.complications is None:
            self._say("  no rule names it")

    def _set(self, one: CodeSet, indent: str = "") -> None:
        codes, excluding = len(one.codes), one.complications
        count: Sentence = Both(_many(codes, "code"), f"{codes:,} 个编码")
        if excluding is not None:
            cases = Both(_many(excluding, "complication"), f"{excluding:,} 个合并症或并发症")
            count = Sentence("{count}, excluding for {cases}", count=count, cases=cases)
        self._say("{set}: {count}", set=f"{indent}{one.name}", count=count)
        for code, name in one.codes[: self._limit]:
            say(self._console, f"{indent}  {code} {name}".rstrip())
        _more(self._console, codes, self._limit, "--codes", self._language, indent=f"{indent}  ")

    def code(self, code: Code) -> None:
        self._console.print(Text(f"{code.code} {code.name}".strip(), "bold"))
        if code.level:
            by = code.exclusion_set
            excluded = Sentence("principal diagnoses in {set} exclude it", set=by)
            self._say(
                "  as other diagnosis: {level}; {excluded}",
                level=code.level,
                excluded=excluded if by else Sentence("nothing excludes it"),
            )
        if code.excludes:
            sets = ", ".join(code.excludes)
            self._say("  as principal diagnosis it excludes the complications of {sets}", sets=sets)
        for name, lines in code.sets:
            used = "; ".join(f"{line.table.upper()} {line.code} {line.name}".strip() for line in lines)
            self._say("  in {name}: {used}", name=name, used=used or Sentence("no rule names it"))

    def corrections(self, rows: Sequence[CorrectedRow]) -> None:
        """Each reason once, with the rows that it is given for."""
        for (version, why, why_zh), same in groupby(
            rows, lambda row: (row.version, row.reason, row.reason_zh)
        ):
            corrected = list(same)
            self._say("  corrected in {version}: {why}", version=version, why=Both(why, why_zh or why))
            for row in corrected[: self._limit]:
                place, how = corrected_place(row, self._language), corrected_how(row, self._language)
                self._say("    {place}: {how}", place=place, how=how)
            _more(self._console, len(corrected), self._limit, "--codes", self._language, indent="    ")

    def _say(self, template: str, /, **facts: Any) -> None:
        say(self._console, said(template, self._language, **facts))


def _line(line: Line) -> str:
    return f"{line.table.upper()} {line.code} {line.name}: {line.rule}"


def _more(
    console: Console, count: int, limit: int | None, option: str, language: str, indent: str = "  "
) -> None:
    if limit is not None and count > limit:
        more = f"{count - limit:,}"
        say(console, indent + said("… and {more} more: {option}", language, more=more, option=option))


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _short(text: str, limit: int | None) -> str:
    text = " ".join(text.split())
    return text if limit is None or len(text) <= _CELL else text[: _CELL - 1] + "…"
