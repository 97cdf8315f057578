"""The workbook of a comparison: every table in full, one sheet each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from drg.analysis.comparison import DEPARTMENT, HOSPITAL, Comparison
from drg.records.spreadsheet import MOST_ROWS
from drg.records.workbook import Book, Heading, new_book
from drg.report.comparison import summary_figures
from drg.report.comparison.page_layout import MOST_PLACES, Column, Kind, Table
from drg.report.comparison.page_tables import largest_drivers, tables, with_rest

_LOOKS: Final[dict[Kind, str]] = {
    "text": "code",
    "count": "count",
    "money": "money",
    "weight": "weight",
    "number": "weight",
    "share": "percent",
}
_WIDTHS: Final[dict[Kind, int]] = {
    "text": 22,
    "count": 11,
    "money": 18,
    "weight": 14,
    "number": 11,
    "share": 11,
}
# A sheet's name has 31 characters at most.
_LONGEST_NAME: Final = 31


def comparison_workbook(comparison: Comparison) -> bytes:
    """The workbook as the content of a file. Text stays text, whatever it begins with."""
    content = io.BytesIO()
    with new_book(content) as book:
        _findings(book, comparison)
        for number, table in enumerate(_sheets(comparison), start=1):
            _sheet(book, table, number)
    return content.getvalue()


def _findings(book: Book, comparison: Comparison) -> None:
    sheet = book.sheet("说明 notes", (70, 70))
    lines = [("分组方案比较", "Grouper versions compared"), ("金额单位：元", "Amounts are in yuan")]
    for at, side in enumerate(comparison.sides):
        scheme = f", {side.pricer.id}" if side.pricer else ""
        lines.append(
            (
                ("对比" if at else "基准") + f"：{side.id}",
                ("other" if at else "base") + f": {side.id}{scheme}",
            )
        )
    lines += zip(
        summary_figures.lines(comparison, "zh"), summary_figures.lines(comparison, "en"), strict=True
    )
    lines.append(("全部病例的结果在 cases.parquet 中", "The results of all cases are in cases.parquet"))
    lines.append(
        (
            f"差异来源只列差异最大的 {MOST_PLACES} 家医院和 {MOST_PLACES} 个科室",
            f"Drivers are given for the {MOST_PLACES} hospitals and departments with the largest differences",
        )
    )
    for row, line in enumerate([*lines, *comparison.findings]):
        book.row(sheet, row, line, ["wrap" if row else "heading"] * 2)


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
        ("standard_difference_yuan", "支付标准差", "standard", "money"),
        ("payment_difference_yuan", "支付差", "payment", "money"),
        ("surplus_difference_yuan", "结余差", "surplus", "money"),
    ]
    columns = (*(keys[name] for name in by), *(Column(*one) for one in named if one[0] in frame.columns))
    return Table(f"drivers-of-{'-'.join(by)}{at}", f"{what}差异来源", "drivers", frame, columns, section=at)


def _sheet(book: Book, table: Table, number: int) -> None:
    title = table.zh.split("（")[0].split("：")[-1]
    place = f" 1→{table.section + 1}" if table.section else ""
    name = f"{number} {title}{place}"[:_LONGEST_NAME]
    if not table.columns:
        book.sheet(name, ())
        return
    headings = [Heading(_head(column), _LOOKS[column.kind], _WIDTHS[column.kind]) for column in table.columns]
    frame = table.frame.select(column.name for column in table.columns).head(MOST_ROWS - 1)
    book.frame(name, headings, frame)


def _head(column: Column) -> str:
    return column.zh if column.zh == column.en else f"{column.zh} {column.en}"
