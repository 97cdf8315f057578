"""Findings of reading, in the one shape of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.records.findings import ERROR, SCHEMA, WARNING

# Columns of ours in a frame whose other columns are those of a file: the row as a spreadsheet numbers it, and
# the file if there are several.
OURS: Final = "\ue000"
ROW: Final = f"{OURS}row"
FILE: Final = f"{OURS}file"

VISIT_UNKNOWN: Final = "visit-unknown"
COLUMN_MISSING: Final = "column-missing"

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


def column_missing(column: Column, names: str, layout: str) -> pl.DataFrame:
    """The finding on a column that the files do not have, though it may be needed."""
    return findings(
        pl.DataFrame({"row": [1]}),
        row=pl.col("row"),
        rule=COLUMN_MISSING,
        severity=WARNING,
        field=column.name,
        message=f"no column for {column.name}; it counts as not known"
        + (f" ({layout} calls it {names})" if names else f" ({layout} has none)"),
        message_zh=f"没有{column.label_zh}，按缺失处理" + (f"（{layout}：{names}）" if names else ""),
        fix="Export the file with this column, or give a layout that says where it is",
        fix_zh="请导出该列，或在版式文件中说明其位置",
    )
