from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import polars as pl

import drg
from drg.report.document_names import DocumentNames
from drg.report.settlement_book import write_settlement
from drg.settlement import Settlement, settle
from tests.report import settled
from tests.report.formulas import Workbook

NAMES = DocumentNames(bureau="甲 & 乙", hospitals={"H1": "第一医院"})
OFF_SITE = """
[settlement.off_site]
home_areas = ["1"]
counts = "simulated"
source = "illustrative"
"""


def book_of(settlement: Settlement, directory: Path, names: DocumentNames = NAMES) -> Path:
    file = directory / "settlement.xlsx"
    write_settlement(settlement, file, datetime(2025, 12, 31), names=names)
    return file


def rows_of(file: Path, sheet: str) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(file, data_only=True, read_only=True)
    head, *rows = book[sheet].values
    book.close()
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def totals_of(file: Path, sheet: str) -> list[dict[str, Any]]:
    return [row for row in rows_of(file, sheet) if row["医疗机构代码"] == "合计"]


@cache
def simulated_settlement(insurance: str | None = None) -> Settlement:
    """A year with patients from elsewhere, whose accounts pay nothing."""
    area = pl.when(pl.int_range(pl.len()) % 4 == 0).then(pl.lit("9")).otherwise(pl.lit("1"))
    cases = settled.grouped(60, months=2).with_columns(insured_area=area)
    if insurance:
        cases = cases.filter(insurance_type=insurance)
    with TemporaryDirectory() as place:
        directory = settled.scheme(Path(place), settled.RULES + OFF_SITE)
        return settle(drg.price(cases, scheme=directory), directory, close=True)


def test_the_summary_prints_on_pages(tmp_path: Path) -> None:
    settlement = settled.settlement(settled.RULES, months=3, cases=30, with_tables=False)
    sheet = openpyxl.load_workbook(book_of(settlement, tmp_path)).worksheets[0]
    assert sheet.title == "汇总"
    assert sheet.max_column <= 14
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    # As wide as one page, which is what a file means that does not say how many.
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.freeze_panes == "B2"
    assert sheet.oddHeader.center.text == "甲 && 乙 DRG 结算汇总表"
    names = {row[0].value: row[1].value for row in sheet.iter_rows(min_row=2)}
    assert (names["H1"], names["H2"]) == ("第一医院", None)
    without = openpyxl.load_workbook(book_of(settlement, tmp_path, DocumentNames())).worksheets[0]
    assert "医疗机构名称" not in [cell.value for cell in without[1]]


def test_totals_are_the_sums_of_the_settlement(tmp_path: Path) -> None:
    with_simulated = simulated_settlement()
    file = book_of(with_simulated, tmp_path)
    years = with_simulated.rows.filter(span="year")
    for label, name in (("基金应付", "entitlement_yuan"), ("应付余额", "balance_yuan"), ("病例数", "cases")):
        sums: dict[tuple[str, str], Any] = {}
        real = Decimal(0)
        for insurance, basis, value in years.select("insurance_type", "basis", name).iter_rows():
            key = insurance, {"local": "本地", "off_site_simulated": "异地模拟"}[basis]
            sums[key] = sums.get(key, Decimal(0)) + value
            real += value if basis == "local" else 0
        assert len(sums) == 4
        shown = {(r["险种"], r["人群"]): Decimal(str(r[label])) for r in totals_of(file, "汇总")}
        assert shown == {**sums, ("全部", "不含异地模拟"): real}
        shown = {(r["险种"], r["人群"]): Decimal(str(r[label])) for r in totals_of(file, "年度")}
        assert shown == sums


def test_totals_are_formulas_over_the_rows_above(tmp_path: Path) -> None:
    with_simulated = simulated_settlement()
    count = 0
    for _, cell, formula, shown, value in Workbook(book_of(with_simulated, tmp_path)).formulas():
        count += 1
        assert abs(Fraction(str(shown)) - value) < Fraction(1, 10**8), (cell, formula, shown, value)
    assert count > 300


def test_of_the_year_to_date_only_the_last_month_adds_up(tmp_path: Path) -> None:
    settlement = settled.settlement(settled.RULES, months=3, cases=30, with_tables=False)
    file = book_of(settlement, tmp_path)
    rows = settlement.rows.filter(span="year_to_date", period="2025-03", insurance_type="310")
    employees = totals_of(file, "累计")[0]
    assert employees["期间"] == "2025-03"
    assert Decimal(str(employees["住院总费用"])) == rows["cost_yuan"].sum()
    months = settlement.rows.filter(span="month", insurance_type="310")
    assert Decimal(str(totals_of(file, "月度")[0]["住院总费用"])) == months["cost_yuan"].sum()
    # What is no sum is left empty, and the summary has the state of the last month.
    assert employees["费用使用率"] is None
    assert {row["期间"] for row in rows_of(file, "汇总")} == {"2025-03"}
    assert [row["人群"] for row in totals_of(file, "汇总")] == ["本地", "本地", "全部"]


def test_nothing_settled_has_no_totals(tmp_path: Path) -> None:
    settlement = settled.settlement(settled.RULES, months=3, cases=30, with_tables=False)
    nothing = Settlement(**{**vars(settlement), "rows": settlement.rows.clear()})
    assert rows_of(book_of(nothing, tmp_path), "汇总") == []
