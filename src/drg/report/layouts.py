"""Layouts, and what was found in reading, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drg.records.codebook import AMBIGUOUS, CONVERTED, LOST_ZEROS, REWRITTEN, UNKNOWN, UNMAPPED
from drg.records.conversions import CONVERSIONS
from drg.records.findings import SEVERITIES
from drg.records.layout import Layout, Source
from drg.records.notes import COLUMN_MISSING, VISIT_UNKNOWN

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


def print_layouts(console: Console, layouts: Iterable[Layout]) -> None:
    """The layouts, one row each."""
    table = Table("id", "layout", "版式", "files", "columns")
    for layout in layouts:
        files = ", ".join(entry.name for entry in layout.table) or "one"
        columns = len({source.column for source in layout.field})
        table.add_row(layout.id, escape(layout.title), layout.title_zh, files, str(columns))
    console.print(table)


def print_layout(console: Console, layout: Layout) -> None:
    """One layout: where each column comes from and how it is read."""
    console.print(f"{layout.id}: {escape(layout.title)} {layout.title_zh}", soft_wrap=True)
    if layout.source:
        console.print(f"Source: {escape(layout.source)}", soft_wrap=True)
    if layout.blank:
        console.print(f"Nothing is written as {escape(' '.join(layout.blank))}", soft_wrap=True)
    table = Table("column", "标准列", "from", "conversion", "which reads")
    for source in layout.field:
        conversion = source.conversion if source.unit is None else f"{source.conversion}, {source.unit}"
        if source.gather:
            conversion += f", {source.gather}"
        table.add_row(
            source.column,
            source.canonical.label_zh,
            escape(_names(source)),
            conversion,
            escape(CONVERSIONS[source.conversion].meaning),
        )
    console.print(table)


def _names(source: Source) -> str:
    fields = [" or ".join(names) for names in source.fields]
    shown = fields if len(fields) < 4 else [fields[0], "…", fields[-1]]
    where = f"{source.table}: " if source.table else ""
    return where + " + ".join(shown)


def print_reading(console: Console, counts: Mapping[tuple[str, str], int]) -> None:
    """How many findings there were in reading, by rule; nothing if there were none."""
    if not counts:
        return
    table = Table("severity", "rule", "what", "说明", "findings", title="Reading", title_justify="left")
    table.columns[4].justify = "right"
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    for (rule, severity), count in sorted(
        counts.items(), key=lambda item: (order[item[0][1]], -item[1], item[0][0])
    ):
        what, what_zh = _WHAT.get(rule, _MALFORMED)
        table.add_row(severity, rule, what, what_zh, f"{count:,}")
    console.print(table)
