from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

import drg
from drg.analysis.benefit_tally import PAYERS
from drg.columns import ALL
from drg.report.amount_in_capitals import in_capitals
from drg.report.benefit_sums_book import write_benefit_sums
from drg.report.document_names import DocumentNames
from tests.benefit.priced_stays import priced, shared
from tests.report.formulas import Workbook
from tests.report.looks import faults

NAMES = DocumentNames(bureau="甲 & 乙局", number_prefix="甲医保", hospitals={"H2": "乙医院"})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_totals_are_formulas_that_give_the_sums(tmp_path: Path, language: str) -> None:
    sums, file = drg.benefit_sums(priced()), tmp_path / "s.xlsx"
    write_benefit_sums(sums, file, language=language, names=NAMES)  # type: ignore[arg-type]
    assert not list(faults(file))
    count = 0
    for sheet, cell, formula, shown, value in Workbook(file).formulas():
        count += 1
        assert Decimal(str(shown)) == Decimal(str(float(value))), (sheet, cell, formula)
    # Eleven figures: three months and all; a total of two hospitals, and a check of each.
    assert count == 4 * 11 + 2 * (11 + 1)
    book = openpyxl.load_workbook(file, data_only=True)
    names = ["汇总", "H1", "H2", "待核"] if language == "zh" else ["summary", "H1", "H2", "held"]
    assert book.sheetnames == names
    last = [cell.value for cell in book.worksheets[0][book.worksheets[0].max_row]]
    costs = sums.rows.select("total_cost_yuan", *PAYERS).sum().row(0)
    assert [Decimal(str(value)) for value in last[5:11]] == list(costs)
    assert book.worksheets[-1]["A2"].value == "4"


def test_a_hospital_has_a_page_with_amounts_in_capitals_and_seals(tmp_path: Path) -> None:
    sums, file = drg.benefit_sums(shared()), tmp_path / "s.xlsx"
    write_benefit_sums(sums, file, names=NAMES)
    sheet = openpyxl.load_workbook(file, data_only=True)["H2"]
    cells = [cell for row in sheet.values for cell in row if cell is not None]
    row = sums.rows.row(by_predicate=pl.col("hospital_id") == "H2", named=True)
    for said in ("医保费用同步结算表  乙医院（H2）", "编号：甲医保-H2-2025-03", "医疗机构（盖章）：乙医院"):
        assert said in cells
    for name in ("total_cost_yuan", *PAYERS):
        assert (in_capitals(row[name]) in cells) is bool(row[name])
        assert ALL[name].label_zh in cells
    assert ALL["payment_yuan"].label_zh not in cells
    assert sheet.page_setup.paperSize == 9


def test_what_has_no_hospital_and_no_month_is_not_left_out(tmp_path: Path) -> None:
    frame = shared().with_columns(hospital_id=pl.lit(None, dtype=pl.String))
    frame = frame.with_columns(settlement_date=pl.lit(None, dtype=pl.Datetime("us")))
    sums = drg.benefit_sums(frame, months_by="settlement_date")
    write_benefit_sums(sums, tmp_path / "s.xlsx")
    book = openpyxl.load_workbook(tmp_path / "s.xlsx", data_only=True)
    assert book.sheetnames == ["汇总", "未填写", "待核"]
    assert [cell.value for cell in book.worksheets[0][2]][:4] == ["未填写", "未填写", 4, 1]
