"""The workbook of a comparison: every table in full, one sheet each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import polars as pl

from drg.analysis.comparison import DEPARTMENT, HOSPITAL, Comparison
from drg.records.spreadsheet import MOST_ROWS
from drg.report.comparison.tables import MOST_PLACES, Column, Kind, Table, largest_drivers, tables, with_rest

_FORMATS: Final[dict[Kind, str]] = {
    "count": "#,##0",
    "money": "#,##0.00",
    "weight": "#,##0.0000",
    "number": "0.0000",
    "share": "0.00%",
}
_WIDTHS: Final[dict[Kind, int]] = {
    "text": 22,
    "count": 11,
    "money": 18,
    "weight": 14,
    "number": 11,
    "share": 11,
}
# The same input gives the same bytes.
_CREATED: Final = datetime(1980, 1, 1)
# A sheet's name has 31 characters at most.
_LONGEST_NAME: Final = 31


def comparison_workbook(comparison: Comparison) -> bytes:
    """The workbook as the content of a file. Text stays text, whatever it begins with."""
    import xlsxwriter

    content = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, {**options, "in_memory": True}) as book:
        book.set_properties({"created": _CREATED})
        _findings(book, comparison)
        for number, table in enumerate(_sheets(comparison), start=1):
            _sheet(book, table, number)
    return content.getvalue()


def _findings(book: Any, comparison: Comparison) -> None:
    sheet = book.add_worksheet("说明 notes")
    sheet.set_column(0, 1, 70)
    lines = [("分组方案比较", "Grouper versions compared"), ("金额单位：元", "Amounts are in yuan")]
    for at, side in enumerate(comparison.sides):
        scheme = f", {side.pricer.id}" if side.pricer else ""
        lines.append(
            (
                ("对比" if at else "基准") + f"：{side.id}",
                ("other" if at else "base") + f": {side.id}{scheme}",
            )
        )
    lines.append(("全部病例的结果在 cases.parquet 中", "The results of all cases are in cases.parquet"))
    lines.append(
        (
            f"差异来源只列差异最大的 {MOST_PLACES} 家医院和 {MOST_PLACES} 个科室",
            f"Drivers are given for the {MOST_PLACES} hospitals and departments with the largest differences",
        )
    )
    for row, line in enumerate([*lines, *comparison.findings]):
        for column, text in enumerate(line):
            sheet.write_string(row, column, text)


def _sheets(comparison: Comparison) -> Iterator[Table]:
    """The tables of the page, and the drivers of every hospital and department."""
    for table in tables(comparison):
        yield table
        if table.id.startswith(("hospitals", "departments")) and table.section is not None:
            by = HOSPITAL if table.id.startswith("hospitals") else DEPARTMENT
            yield _drivers(comparison, table.section, by, table.zh)


def _drivers(comparison: Comparison, at: int, by: tuple[str, ...], what: str) -> Table:
    frame = with_rest(largest_drivers(comparison, comparison.ids[at], by, MOST_PLACES))
    keys = {
        "hospital_id": Column("hospital_id", "医疗机构", "hospital"),
        "department": Column("department", "科室", "department"),
    }
    named: list[tuple[str, str, str, Kind]] = [
        ("rank", "序", "rank", "count"),
        ("base", "原病组", "from", "text"),
        ("other", "新病组", "to", "text"),
        ("flows", "流向数", "flows", "count"),
        ("cases", "病例数", "cases", "count"),
        ("weight_difference", "权重差", "weight", "weight"),
        ("standard_difference", "支付标准差", "standard", "money"),
        ("payment_difference", "支付差", "payment", "money"),
        ("surplus_difference", "结余差", "surplus", "money"),
    ]
    columns = (*(keys[name] for name in by), *(Column(*one) for one in named if one[0] in frame.columns))
    return Table(f"drivers-of-{'-'.join(by)}{at}", f"{what}差异来源", "drivers", frame, columns, section=at)


def _sheet(book: Any, table: Table, number: int) -> None:
    title = table.zh.split("（")[0].split("：")[-1]
    place = f" 1→{table.section + 1}" if table.section else ""
    sheet = book.add_worksheet(f"{number} {title}{place}"[:_LONGEST_NAME])
    frame = table.frame.select(column.name for column in table.columns).head(MOST_ROWS - 1)
    if frame.width == 0:
        return
    heads = [f"{column.zh} {column.en}" for column in table.columns]
    # Two columns may be called the same, but not in a frame.
    names = [f"{at}" for at in range(len(heads))]
    plain = frame.rename(dict(zip(frame.columns, names, strict=True))).with_columns(
        pl.selectors.decimal().cast(pl.Float64)
    )
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for at, (column, head) in enumerate(zip(table.columns, heads, strict=True)):
        form = book.add_format({"num_format": _FORMATS[column.kind]}) if column.kind in _FORMATS else None
        sheet.set_column(at, at, _WIDTHS[column.kind], form)
        sheet.write_string(0, at, head, bold)
        write = sheet.write_string if column.kind == "text" else sheet.write_number
        for row, value in enumerate(plain[names[at]], start=1):
            if value is not None:
                write(row, at, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, frame.height, len(heads) - 1)
