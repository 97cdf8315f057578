"""Layouts, and what was found in reading, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console

from drg.records.codebook import AMBIGUOUS, CONVERTED, LOST_ZEROS, REWRITTEN, UNKNOWN, UNMAPPED
from drg.records.conversions import CONVERSIONS
from drg.records.findings import SEVERITIES
from drg.records.layout import Layout, Source
from drg.records.notes import COLUMN_MISSING, VISIT_UNKNOWN
from drg.report.checks import severity_in
from drg.report.console import say
from drg.report.console_table import show
from drg.words import Both, said

_WHAT = {
    REWRITTEN: ("codes read in another spelling", "编码书写已规范"),
    CONVERTED: ("clinical codes converted", "国临版编码已转换"),
    AMBIGUOUS: ("clinical codes with several counterparts, not converted", "国临版编码对应多个医保版编码"),
    UNMAPPED: ("codes in neither version", "国临版与医保版均无此编码"),
    UNKNOWN: ("codes that are not in the code list", "编码不在医保版编码库中"),
    LOST_ZEROS: ("codes that were made numbers", "编码被转成数值"),
    VISIT_UNKNOWN: ("visits that the first table does not have", "基本信息表中没有的就诊"),
    COLUMN_MISSING: ("columns that the files do not have", "文件缺少的列"),
}
_MALFORMED = ("cells that cannot be read", "无法识别的单元格")


def print_layouts(console: Console, layouts: Iterable[Layout], language: str) -> None:
    """The layouts, one row each."""
    heads = said("id,layout,files,columns", language).split(",")
    rows = []
    for layout in layouts:
        files = ", ".join(entry.name for entry in layout.table) or said("one", language)
        columns = len({source.column for source in layout.field})
        rows.append((layout.id, Both(layout.title, layout.title_zh).to(language), files, str(columns)))
    show(console, heads, "wttn", rows)


def print_layout(console: Console, layout: Layout, language: str) -> None:
    """One layout: where each column comes from and how it is read."""
    say(console, f"{layout.id}: {Both(layout.title, layout.title_zh).to(language)}")
    if layout.source:
        say(console, said("Source: {source}", language, source=layout.source))
    if layout.blank:
        blank = " ".join(layout.blank)
        say(console, said("Nothing is written as {blank}", language, blank=blank))
    heads = said("column,label,from,conversion,which reads", language).split(",")
    rows = []
    for source in layout.field:
        conversion = source.conversion if source.unit is None else f"{source.conversion}, {source.unit}"
        if source.gather:
            conversion += f", {source.gather}"
        meaning = CONVERSIONS[source.conversion].meaning
        rows.append((source.column, source.canonical.label_zh, _names(source), conversion, meaning))
    show(console, heads, "wtttt", rows)


def _names(source: Source) -> str:
    fields = [" or ".join(names) for names in source.fields]
    shown = fields if len(fields) < 4 else [fields[0], "…", fields[-1]]
    where = f"{source.table}: " if source.table else ""
    return where + " + ".join(shown)


def print_reading(console: Console, counts: Mapping[tuple[str, str], int], language: str) -> None:
    """How many findings there were in reading, by rule; nothing if there were none."""
    if not counts:
        return
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    found = sorted(counts.items(), key=lambda item: (order[item[0][1]], -item[1], item[0][0]))
    rows = []
    for (rule, severity), count in found:
        what, what_zh = _WHAT.get(rule, _MALFORMED)
        rows.append((severity_in(severity, language), rule, Both(what, what_zh).to(language), f"{count:,}"))
    heads = said("severity,rule,what,findings", language).split(",")
    show(console, heads, "wwtn", rows, title=said("Reading", language))
