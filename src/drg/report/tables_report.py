"""What the commands on tables print."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Final

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
from drg.report.language import either
from drg.tables.importing import Imported
from drg.tables.locate import called
from drg.words import told

_COUNTED: Final = {
    "mdc": ("MDC", "MDC"),
    "adrg": ("ADRG", "ADRG"),
    "drg": ("DRG", "DRG"),
    "sets": ("集合", "sets"),
    "set_rows": ("集合行数", "rows of sets"),
    "complications": ("合并症或并发症", "complications"),
    "mcc": ("… 其中 MCC", "… of them MCC"),
    "cc": ("… 其中 CC", "… of them CC"),
    "exclusion_sets": ("排除表", "exclusion tables"),
    "exclusions": ("排除表行数", "rows of exclusion tables"),
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

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    file = imported.workbook.file.name
    rows = []
    for name, expected in imported.expected.items():
        found = imported.workbook.counts[name]
        difference = Text("" if found == expected else f"{found - expected:+,}", "yellow")
        rows.append((of(*_COUNTED[name]), f"{expected:,}", f"{found:,}", difference))
    heads = (*of("内容,公布数,读入数", "read,expected,found").split(","), "")
    show(console, heads, "wnnn", rows, title=of(f"读自 {file}", f"Read from {file}"))
    if not imported.complete:
        say(
            console,
            of(
                "工作簿的内容与公布的不一致，差异见上表。",
                "The workbook does not hold what the published one holds; see the differences above.",
            ),
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
                f"- 补充：{amendment.table} 增加 {added} 行{what}，原已有 {there} 行。"
                f"来源：{amendment.citation}",
                f"- amendment: {added} rows added to {amendment.table}{what}; {there} were there already."
                f" Source: {amendment.citation}",
            ),
        )
    for group in imported.left_out:
        if group.sets:
            table, sets = group.table.upper(), ", ".join(group.sets)
            say(
                console,
                of(
                    f"- 略去：{table} {group.code}，缺少集合 {sets}",
                    f"- left out: {table} {group.code}: no set {sets}",
                ),
            )
    below = ", ".join(group.code for group in imported.left_out if not group.sets)
    if below:
        say(console, of(f"- 随上级略去：{below}", f"- left out with the groups above them: {below}"))
    place, id_ = imported.directory, called(imported.directory)
    say(
        console,
        of(
            f"已写入 {place}；分组时使用 --grouper {id_}",
            f"Written to {place}; group with --grouper {id_}",
        ),
    )


def print_check(console: Console, check: TablesCheck, language: str, *, limit: int | None = 5) -> None:
    """Counts by finding, then the findings.

    Args:
        console: where to.
        check: what was found.
        language: of the words.
        limit: how many of each kind; None for all.
    """

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    summary = check.summary()
    message = of("message_zh", "message")
    if summary.is_empty():
        say(console, of(f"{check.grouper}：未发现问题。", f"{check.grouper}: nothing was found."))
    else:
        rows = [
            (severity_in(row["severity"], language), row["check"], f"{row['count']:,}", row[message])
            for row in summary.rows(named=True)
        ]
        heads = of("级别,问题,数量,说明", "severity,finding,count,meaning").split(",")
        title = of(f"{check.grouper} 的检查结果", f"Findings in {check.grouper}")
        show(console, heads, "wwnt", rows, title=title)
    for row in summary.rows(named=True):
        meaning = of(f"：{row['message_zh']}。{row['fix_zh']}。", f": {row['message']}. {row['fix']}.")
        console.print(Text.assemble("\n", (row["check"], "bold"), meaning), soft_wrap=True)
        findings = check.findings.filter(check=row["check"])
        for finding in findings.head(findings.height if limit is None else limit).rows(named=True):
            at = of(f"第 {finding['row']} 行", f"row {finding['row']}")
            place = f"  [{finding['file']}, {at}]" if finding["file"] else ""
            detail = of(f"：{finding['detail_zh']}", f": {finding['detail']}")
            say(console, f"  {finding['item']}{detail}{place}")
        _more(console, findings.height, limit, "--all", language)
    for name, why in check.skipped.items():
        say(console, of(f"未检查 {name}：{told(why, language)}", f"Skipped {name}: {why}"))
    counts = [
        of(f"{SEVERITIES_ZH[severity]} {check.count(severity):,}", _many(check.count(severity), severity))
        for severity in (ERROR, WARNING, NOTICE)
    ]
    say(
        console,
        "\n" + of(f"{check.grouper}：{'，'.join(counts)}。", f"{check.grouper}: {', '.join(counts)}."),
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

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    before, after = diff.before.id, diff.after.id
    counts = [
        (of(_COMPARED_ZH.get(row[0], row[0]), row[0]), *("–" if n is None else f"{n:,}" for n in row[1:]))
        for row in diff.counts.rows()
    ]
    heads: tuple[str, ...] = ("", before, after, of("两者都有", "in both"))
    show(console, heads, "wnnn", counts, title=f"{before} → {after}")
    summary = diff.summary()
    if summary.is_empty():
        say(console, of("两个版本内容相同。", "The two say the same."))
        return
    rows = []
    for what, change, count in summary.rows():
        items = diff.details(what).filter(change=change)["item"].head(4).to_list()
        shown = ", ".join(items) + (" …" if count > 4 else "")
        rows.append((of(_WHAT_ZH[what], what), of(_change_in_chinese(change), change), f"{count:,}", shown))
    heads = tuple(of("对象,变化,数量,例如", "what,change,count,for example").split(","))
    show(console, heads, "wwnt", rows, title=of("变化", "Changes"))
    for what in (what for what in WHAT if what in details):
        _print_details(console, diff, what, limit, language)
    if not details:
        say(
            console,
            of(
                "查看其中一类：--details 类别；全部写入文件：-o changes.csv",
                "Show one kind with --details WHAT, all of them in a file with -o changes.csv",
            ),
        )


def _print_details(console: Console, diff: TablesDiff, what: str, limit: int | None, language: str) -> None:
    changes = diff.details(what)
    heads = (
        either(language, "变化", "change"),
        either(language, _WHAT_ZH[what], what),
        either(language, "内容", "about"),
        diff.before.id,
        diff.after.id,
    )
    rows = []
    for row in changes.head(changes.height if limit is None else limit).rows(named=True):
        change = either(language, _change_in_chinese(row["change"]), row["change"])
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
            self._say(f"  属于 {named}", f"  in {named}")
        above = group.parents[-1].code if group.parents else ""
        self._say(
            f"  顺序 {group.order}：在 {above or '本版本'} 的 {group.of} 个中第 {group.place} 个判断",
            f"  order {group.order}: tried as number {group.place} of {group.of} in {above or 'the version'}",
        )
        self._say(
            f"  规则：{line.rule or '（无，总是成立）'}", f"  rule: {line.rule or '(none: it always holds)'}"
        )
        for one in group.sets:
            self._set(one, indent="  ")
        if group.inside:
            of = either(self._language, "名称,规则", "name,rule").split(",")
            always = either(self._language, "（总是成立）", "(always)")
            rows = [(inner.code, inner.name, inner.rule or always) for inner in group.inside]
            title = either(self._language, "下级，按判断顺序", "Inside, as they are tried")
            show(self._console, (group.inside[0].table.upper(), *of), "wtt", rows, title=title)

    def set_alone(self, one: CodeSet) -> None:
        self._set(one)
        for line in one.used_by:
            self._say(f"  用于 {_line(line)}", f"  named by {_line(line)}")
        if not one.used_by and one.complications is None:
            self._say("  没有规则使用它", "  no rule names it")

    def _set(self, one: CodeSet, indent: str = "") -> None:
        codes, excluding = len(one.codes), one.complications
        zh = "" if excluding is None else f"，对 {excluding:,} 个合并症或并发症排除"
        en = "" if excluding is None else f", excluding for {_many(excluding, 'complication')}"
        self._say(
            f"{indent}{one.name}：{codes:,} 个编码{zh}", f"{indent}{one.name}: {_many(codes, 'code')}{en}"
        )
        for code, name in one.codes[: self._limit]:
            say(self._console, f"{indent}  {code} {name}".rstrip())
        _more(self._console, codes, self._limit, "--codes", self._language, indent=f"{indent}  ")

    def code(self, code: Code) -> None:
        self._console.print(Text(f"{code.code} {code.name}".strip(), "bold"))
        if code.level:
            by = code.exclusion_set
            zh = f"；主要诊断在 {by} 中时排除" if by else "；无排除"
            en = f"; principal diagnoses in {by} exclude it" if by else "; nothing excludes it"
            self._say(f"  作为其他诊断：{code.level}{zh}", f"  as other diagnosis: {code.level}{en}")
        if code.excludes:
            sets = ", ".join(code.excludes)
            self._say(
                f"  作为主要诊断，排除 {sets} 的合并症或并发症",
                f"  as principal diagnosis it excludes the complications of {sets}",
            )
        for name, lines in code.sets:
            used = "; ".join(f"{line.table.upper()} {line.code} {line.name}".strip() for line in lines)
            self._say(
                f"  在 {name} 中：{used or '没有规则使用'}", f"  in {name}: {used or 'no rule names it'}"
            )

    def corrections(self, rows: Sequence[CorrectedRow]) -> None:
        """Each reason once, with the rows that it is given for."""
        for (version, why, why_zh), same in groupby(
            rows, lambda row: (row.version, row.reason, row.reason_zh)
        ):
            corrected = list(same)
            self._say(f"  {version} 的更正：{why_zh or why}", f"  corrected in {version}: {why}")
            for row in corrected[: self._limit]:
                place, how = corrected_place(row, self._language), corrected_how(row, self._language)
                self._say(f"    {place}：{how}", f"    {place}: {how}")
            _more(self._console, len(corrected), self._limit, "--codes", self._language, indent="    ")

    def _say(self, zh: str, en: str) -> None:
        say(self._console, either(self._language, zh, en))


def _line(line: Line) -> str:
    return f"{line.table.upper()} {line.code} {line.name}: {line.rule}"


def _more(
    console: Console, count: int, limit: int | None, option: str, language: str, indent: str = "  "
) -> None:
    if limit is not None and count > limit:
        more = f"{count - limit:,}"
        say(console, indent + either(language, f"……另有 {more} 个：{option}", f"… and {more} more: {option}"))


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _short(text: str, limit: int | None) -> str:
    text = " ".join(text.split())
    return text if limit is None or len(text) <= _CELL else text[: _CELL - 1] + "…"
