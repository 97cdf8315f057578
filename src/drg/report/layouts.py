"""Layouts, and what was found in reading, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Console

from drg.columns import ALL
from drg.records.codebook import (
    AMBIGUOUS,
    CLINICAL,
    CONVERTED,
    LOST_ZEROS,
    REWRITTEN,
    SEVERAL,
    UNKNOWN,
    UNMAPPED,
)
from drg.records.columns_read import ColumnRead, Reading
from drg.records.conversions import CONVERSIONS
from drg.records.findings import SEVERITIES, FirstFindings
from drg.records.layout import Layout, Source
from drg.records.notes import (
    CELL_ERROR,
    CODES_CLINICAL,
    CODES_INSURANCE,
    COLUMN_MISSING,
    COLUMN_NOT_READ,
    COLUMN_TWICE,
    COUNT_DIFFERS,
    FILE_CUT,
    NO_ENCODING,
    NOT_COMPUTED,
    OTHER_ENCODING,
    ROW_BROKEN,
    ROW_LONG,
    ROW_SHORT,
    SEEMS,
    SHEET_NOT_READ,
    STRAY_QUOTE,
    UNMARKED,
    VISIT_UNKNOWN,
)
from drg.records.row_kinds import ROW_BLANK, ROW_DELETED, ROW_HEADER, ROW_REMARK, ROW_TOTAL
from drg.report.checks import first_in, severity_in
from drg.report.console import say
from drg.report.console_table import show
from drg.words import Both, Joined, Sentence, said

_WHAT = {
    REWRITTEN: ("codes read in another spelling", "编码书写已规范"),
    CONVERTED: ("clinical codes converted", "国临版编码已转换"),
    AMBIGUOUS: ("clinical codes with several counterparts, not converted", "国临版编码对应多个医保版编码"),
    UNMAPPED: ("codes in neither version", "国临版与医保版均无此编码"),
    UNKNOWN: ("codes that are not in the code list", "编码不在医保版编码库中"),
    CLINICAL: ("clinical codes: use --codes clinical", "国临版编码，请用 --codes clinical"),
    CODES_CLINICAL: (
        "files of clinical codes: use --codes clinical",
        "国临版编码的文件，请用 --codes clinical",
    ),
    CODES_INSURANCE: ("files of insurance codes read as clinical ones", "按国临版读取的医保版编码文件"),
    SEVERAL: ("cells with several codes", "一格多码"),
    LOST_ZEROS: ("codes that were made numbers", "编码被转成数值"),
    VISIT_UNKNOWN: ("visits that the first table does not have", "基本信息表中没有的就诊"),
    COLUMN_MISSING: ("columns that the files do not have", "文件缺少的列"),
    COLUMN_NOT_READ: ("columns with codes, money or dates that are not read", "未读取的编码、金额或日期列"),
    COLUMN_TWICE: ("columns whose name is there twice", "重名的列"),
    CELL_ERROR: ("cells that hold an error such as #N/A", "含 #N/A 等错误值的单元格"),
    NOT_COMPUTED: ("cells with a formula that was never computed", "含未计算公式的单元格"),
    UNMARKED: ("visits without a row marked as principal", "未标记主要诊断或主要手术的就诊"),
    ROW_BLANK: ("blank rows, left out", "空行，未计入"),
    ROW_DELETED: ("records marked as deleted, left out", "已标记删除的记录，未计入"),
    ROW_TOTAL: ("rows of totals, left out", "合计行，未计入"),
    ROW_REMARK: ("remarks and signatures, left out", "备注或签章行，未计入"),
    ROW_HEADER: ("headers inside the table, left out", "重复的表头行，未计入"),
    ROW_SHORT: ("rows with fewer cells than the header", "列数少于表头的行"),
    ROW_LONG: ("rows with more cells than the header, left out", "列数多于表头的行，未计入"),
    ROW_BROKEN: ("rows of broken records, left out", "被换行拆开的记录，未计入"),
    FILE_CUT: ("files that end in the middle of a row", "文件在行中途结束"),
    STRAY_QUOTE: ("quotation marks that are not closed", "未配对的双引号"),
    NO_ENCODING: ("lines with characters of no known encoding", "含无法识别字符的行"),
    OTHER_ENCODING: ("lines in another encoding", "编码不同的行"),
    COUNT_DIFFERS: ("files with another number of rows than they say", "记录数与注明的不一致"),
    SHEET_NOT_READ: ("sheets that were not read", "未读取的工作表"),
}
# Of more names than this only the first are printed.
_MOST_NAMES: Final = 6
_MOST_CHARACTERS: Final = 24
_MALFORMED = ("cells that cannot be read", "无法识别的单元格")
# What became of cells, by the last word of the rule.
_OF_CELLS: Final = {
    "converted": ("cells read in the way that is likely", "按最可能的含义读取的单元格"),
    "dates": ("ages computed from the dates", "按出生日期和入院时间计算的年龄"),
    "days": ("years of newborns known by their days alone", "仅有日龄、按不足一周岁计的年龄"),
}


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


def print_reading(
    console: Console, counts: Mapping[tuple[str, str], int], firsts: FirstFindings, language: str
) -> None:
    """How many findings there were in reading, by rule; nothing if there were none."""
    if not counts:
        return
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    found = sorted(counts.items(), key=lambda item: (order[item[0][1]], -item[1], item[0][0]))
    rows = []
    for (rule, severity), count in found:
        ending = rule.rpartition("-")[2]
        what, what_zh = _WHAT.get(rule) or _OF_CELLS.get(ending, _MALFORMED)
        meaning, first = Both(what, what_zh).to(language), first_in(firsts, rule, language)
        rows.append((severity_in(severity, language), rule, meaning, first, f"{count:,}"))
    heads = said("severity,rule,what,first,findings", language).split(",")
    show(console, heads, "wwttn", rows, title=said("Reading", language))


def print_columns(console: Console, reading: Reading, language: str) -> None:
    """What was read: the layout, each column with what it is read as, and the columns that are not."""
    discharges, columns = reading.discharges, reading.columns
    layout = discharges.layout
    read = [one for one in columns if one.reads is not None]
    unread = [one for one in columns if one.reads is None]
    if not discharges.is_canonical:
        heads = said("your column,read as,example", language).split(",")
        rows = []
        for name, members in _by_canonical(read).items():
            label = ALL[name].label.to(language)
            names = _span([one.name for one in members]).to(language)
            rows.append((names, label, _shortened(members[0].example)))
        title = said(
            "Read as {layout} ({title}): {count} columns",
            language,
            layout=layout.id,
            title=Both(layout.title, layout.title_zh).to(language),
            count=len(read),
        )
        show(console, heads, "ttt", rows, title=title)
    for table in discharges.tables:
        if table.header_row > 1:
            place = said(
                "{file}: the header is in row {row}.", language, file=table.label, row=table.header_row
            )
            say(console, place)
    if unread:
        names = _span([one.name for one in unread])
        say(console, said("Not read: {names}.", language, names=names))
    for one in unread:
        if one.seems:
            what = SEEMS[one.seems].to(language)
            warning = said(
                "Warning: {name} seems to hold {what} and is not read.", language, name=one.name, what=what
            )
            say(console, warning)


def _by_canonical(columns: Iterable[ColumnRead]) -> dict[str, list[ColumnRead]]:
    found: dict[str, list[ColumnRead]] = {}
    for one in columns:
        found.setdefault(str(one.reads), []).append(one)
    return found


def _span(names: list[str]) -> Sentence:
    """Names on one line: of many the first ones, and how many there are."""
    if len(names) <= _MOST_NAMES:
        return Joined(", ", names)
    first = Joined(", ", names[: _MOST_NAMES - 1])
    return Sentence("{names} … ({count} in all)", names=first, count=len(names))


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"
