"""Findings of reading, in the one shape of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.records.findings import ERROR, NOTICE, SCHEMA, WARNING
from drg.records.row_kinds import ROW_BLANK, ROW_HEADER, ROW_REMARK, ROW_TOTAL

# Columns of ours in a frame whose other columns are those of a file: the row as a spreadsheet numbers it, and
# the file if there are several.
OURS: Final = "\ue000"
ROW: Final = f"{OURS}row"
FILE: Final = f"{OURS}file"

VISIT_UNKNOWN: Final = "visit-unknown"
COLUMN_MISSING: Final = "column-missing"

ROW_SHORT: Final = "row-short"
ROW_LONG: Final = "row-long"
ROW_BROKEN: Final = "row-broken"
FILE_CUT: Final = "file-cut"
STRAY_QUOTE: Final = "stray-quotation-mark"
OTHER_ENCODING: Final = "other-encoding"
NO_ENCODING: Final = "no-encoding"
COLUMN_NOT_READ: Final = "column-not-read"
UNMARKED: Final = "principal-unmarked"
COUNT_DIFFERS: Final = "count-differs"
SHEET_NOT_READ: Final = "sheet-not-read"

# Severity, message, remedy, and both in Chinese.
_OF_ROWS: Final = {
    ROW_BLANK: (NOTICE, "blank rows were left out", "空行，未计入病例", "", ""),
    ROW_TOTAL: (NOTICE, "a row of totals was left out", "合计行，未计入病例", "", ""),
    ROW_REMARK: (NOTICE, "a remark or signature was left out", "备注或签章行，未计入病例", "", ""),
    ROW_HEADER: (
        NOTICE,
        "the header comes once more; the row was left out",
        "重复的表头行，未计入病例",
        "",
        "",
    ),
    ROW_SHORT: (
        WARNING,
        "the row has fewer cells than the header; the last columns count as empty",
        "该行列数少于表头，缺少的列按空值处理",
        "Check the row; write empty cells too",
        "请核对该行，空值也应保留分隔符",
    ),
    ROW_LONG: (
        ERROR,
        "the row has more cells than the header; it was left out",
        "该行列数多于表头，未计入病例",
        "Give the row one cell per column; put a cell that holds a comma in quotation marks",
        "请使该行列数与表头一致；含分隔符的内容用双引号括起",
    ),
    ROW_BROKEN: (
        ERROR,
        "the row is part of a record that is broken over several lines; it was left out",
        "该行是被换行拆开的记录的一部分，未计入病例",
        "Join the lines of the record, or put the cell with the line feed in quotation marks",
        "请将被拆开的各行合并，或将含换行的内容用双引号括起",
    ),
    FILE_CUT: (
        ERROR,
        "the file ends in the middle of this row; it was left out",
        "文件在该行中途结束，该行未计入病例",
        "Export or copy the file once more",
        "请重新导出或复制文件",
    ),
    STRAY_QUOTE: (
        NOTICE,
        "a quotation mark in the row is not closed; it counts as part of the text",
        "该行有未配对的双引号，按普通字符处理",
        "",
        "",
    ),
    OTHER_ENCODING: (
        NOTICE,
        "the row is in another encoding than the file; it was read as GB 18030",
        "该行编码与文件其他部分不同，已按 GB 18030 读取",
        "",
        "",
    ),
    NO_ENCODING: (
        ERROR,
        "the row holds characters of no known encoding",
        "该行含有无法识别的字符",
        "Export the file once more, in one encoding",
        "请以统一的编码重新导出文件",
    ),
    COUNT_DIFFERS: (
        WARNING,
        "the file says how many rows it has, and other than there are",
        "文件注明的记录数与实际读取的行数不一致",
        "Check whether the file is whole",
        "请核对文件是否完整",
    ),
}

_SEEM_ZH: Final = {"diagnoses": "诊断编码", "procedures": "手术编码", "money": "金额", "dates": "日期"}
_EXPECTED: Final = {
    Kind.NUMBER: ("a number", "数字"),
    Kind.DATE: ("a date such as 2024-03-01 10:20:00", "日期，如 2024-03-01 10:20:00"),
    Kind.MONEY: ("an amount such as 1234.50", "金额，如 1234.50"),
}


def no_findings() -> pl.DataFrame:
    """The shape of findings, without any."""
    return pl.DataFrame(schema=SCHEMA)


def findings(places: pl.DataFrame, **cells: pl.Expr | str | None) -> pl.DataFrame:
    """One finding for each row of ``places``; what is not given is empty.

    Args:
        places: any frame.
        cells: the columns of ``findings.SCHEMA``: text for all rows, or an expression on ``places``.
    """
    columns = [
        (cell if isinstance(cell, pl.Expr) else pl.lit(cell)).cast(dtype).alias(name)
        for name, dtype in SCHEMA.items()
        for cell in (cells.get(name),)
    ]
    return places.select(columns) if places.height else no_findings()


def together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Findings of several kinds in one frame."""
    return pl.concat([no_findings(), *parts])


def of_rows(rule: str, rows: Sequence[int], values: Sequence[str]) -> pl.DataFrame:
    """Findings on whole rows of a table.

    Args:
        rule: one of those of this module or of ``row_kinds``.
        rows: as a spreadsheet numbers them.
        values: what is in each.
    """
    severity, message, message_zh, fix, fix_zh = _OF_ROWS[rule]
    return findings(
        pl.DataFrame({"row": rows, "value": values}, schema_overrides={"value": pl.String}),
        row=pl.col("row"),
        rule=rule,
        severity=severity,
        value=pl.col("value"),
        message=message,
        message_zh=message_zh,
        fix=fix,
        fix_zh=fix_zh,
    )


def sheets_not_read(names: Sequence[str]) -> pl.DataFrame:
    """Findings on sheets of a workbook that were left alone."""
    return findings(
        pl.DataFrame({"name": names}, schema={"name": pl.String()}),
        rule=SHEET_NOT_READ,
        severity=NOTICE,
        value=pl.col("name"),
        message="the sheet was not read: it is hidden, or holds no table like the others",
        message_zh="该工作表未读取：已隐藏，或不是同类表格",
        fix="Give --sheet to read it",
        fix_zh="如需读取，请用 --sheet 指定",
    )


def malformed(
    places: pl.DataFrame, column: Column, field: str, *, row: str, case_id: str, value: str
) -> pl.DataFrame:
    """Findings on texts that could not be read; ``row``, ``case_id`` and ``value`` name columns."""
    form, form_zh = _EXPECTED[column.kind]
    return findings(
        places,
        row=pl.col(row),
        case_id=pl.col(case_id),
        rule=f"{column.name.replace('_', '-')}-malformed",
        severity=ERROR,
        field=field,
        value=pl.col(value),
        message=f"{column.name} cannot be read; it counts as not known",
        message_zh=f"{column.label_zh}格式有误，无法识别，按缺失处理",
        fix=f"Write {form}; leave the cell empty if it is not known",
        fix_zh=f"请填写{form_zh}；不详时留空",
    )


def orphans(places: pl.DataFrame, field: str, *, row: str, key: str, rows: str) -> pl.DataFrame:
    """Findings on rows of a table that belong to no discharge."""
    return findings(
        places,
        row=pl.col(row),
        case_id=pl.col(key),
        rule=VISIT_UNKNOWN,
        severity=WARNING,
        field=field,
        value=pl.col(key),
        message=pl.format("{} rows of a visit that the first table does not have; they were left out", rows),
        message_zh=pl.format("该就诊有 {} 行，但基本信息表中没有该就诊，未使用", rows),
        fix="Export all tables for the same visits",
        fix_zh="请按相同的就诊范围导出各表",
    )


def unmarked(
    places: pl.DataFrame, column: Column, field: str, *, row: str, case_id: str, value: str
) -> pl.DataFrame:
    """Findings on visits none of whose rows is marked as the principal one."""
    return findings(
        places,
        row=pl.col(row),
        case_id=pl.col(case_id),
        rule=UNMARKED,
        severity=WARNING,
        field=field,
        value=pl.col(value),
        message=f"no row of the visit is marked as its {column.name}; the first one counts",
        message_zh=f"该就诊没有标记{column.label_zh}，按第一条处理",
        fix="Mark the principal one",
        fix_zh="请标记主要的一条",
    )


def unread_columns(names: Sequence[str], seem: Sequence[str]) -> pl.DataFrame:
    """Findings on columns that are not read, though they seem to hold what counts."""
    return findings(
        pl.DataFrame({"name": names, "seem": seem}, schema=dict.fromkeys(("name", "seem"), pl.String())),
        row=pl.lit(1),
        rule=COLUMN_NOT_READ,
        severity=WARNING,
        field=pl.col("name"),
        message=pl.format("the column seems to hold {} and is not read", "seem"),
        message_zh=pl.format("该列似为{}，未读取", pl.col("seem").replace(_SEEM_ZH)),
        fix="Give a layout that reads it (drg layouts guess makes one), or --ignore it",
        fix_zh="请用能读取该列的版式（drg layouts guess 可生成），或用 --ignore 忽略",
    )


def column_missing(column: Column, names: str, layout: str) -> pl.DataFrame:
    """The finding on a column that the files do not have, though it may be needed."""
    called, called_zh = f" ({layout} calls it {names})", f"（{layout}：{names}）"
    if not names:
        called, called_zh = f" ({layout} has none)", ""
    elif names == column.name:
        called, called_zh = "", f"（{names}）"
    return findings(
        pl.DataFrame({"row": [1]}),
        row=pl.col("row"),
        rule=COLUMN_MISSING,
        severity=WARNING,
        field=column.name,
        message=f"no column for {column.name}; it counts as not known{called}",
        message_zh=f"没有{column.label_zh}，按缺失处理{called_zh}",
        fix="Export the file with this column, or give a layout that says where it is",
        fix_zh="请导出该列，或在版式文件中说明其位置",
    )
