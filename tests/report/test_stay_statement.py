from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from drg.analysis.benefit_tally import PAYERS
from drg.analysis.stay_statements import StayStatement, stay_statements
from drg.benefit import BenefitCalculator
from drg.columns import ALL
from drg.reasons import in_words
from drg.records.cases import Cases
from drg.report.amount_in_capitals import in_capitals
from drg.report.document_names import DocumentNames
from drg.report.stay_statement import write_stay_statements
from tests.benefit.priced_stays import priced, stays
from tests.report.formulas import Workbook
from tests.report.looks import faults

NAMES = DocumentNames(bureau="甲局", number_prefix="甲医保", hospitals={"H2": "乙医院"})


@pytest.fixture(scope="module")
def statement() -> StayStatement:
    ((one,), _) = stay_statements(Cases.of(priced()), BenefitCalculator("demo"), case_ids=["2"])
    return one


def lines(book: Path) -> dict[str, object]:
    rows = openpyxl.load_workbook(book, data_only=True).worksheets[0].values
    return {str(row[1]): row[2] for row in rows if row[1] is not None and row[2] is not None}


def test_page_and_workbook_say_the_same(tmp_path: Path, statement: StayStatement) -> None:
    book, page = write_stay_statements([statement], tmp_path / "out", names=NAMES)
    assert [book.name, page.name] == ["医疗费用结算单-2.xlsx", "医疗费用结算单-2.html"]
    text, found = page.read_text(encoding="utf-8"), lines(book)
    assert not list(faults(book))
    for name in ("total_cost_yuan", *PAYERS):
        amount, label = statement.yuan(name), ALL[name].label_zh
        assert Decimal(str(found[label])) == amount
        if amount:
            assert found[f"{label}（大写）"] == in_capitals(amount)
            assert f"{label}（大写）：<b>{in_capitals(amount)}</b>" in text
        else:
            assert f"{label}（大写）" not in found
    for step in statement.stay.steps:
        assert f"<td>{step.name_zh}</td>" in text or f"<b>{step.name_zh}</b>" in text
        assert step.value in text
    for said in ("乙医院（H2）", "编号：甲医保-H2-2", "经办机构（盖章）：甲局", "患者或家属（签字）", "A4"):
        assert said in text
    assert text.count("示例方案") >= 1
    assert "2025-01-09" in text  # the stay before


@pytest.mark.parametrize("language", ["zh", "en"])
def test_formulas_give_what_they_show(tmp_path: Path, statement: StayStatement, language: str) -> None:
    book, page = write_stay_statements([statement], tmp_path / "out", language=language)  # type: ignore[arg-type]
    formulas = list(Workbook(book).formulas())
    assert len(formulas) == 4  # total, other payers, fund, difference
    for _, _, _, shown, value in formulas:
        assert Decimal(str(shown)) == Decimal(str(float(value)))
    by_text = {formula: value for _, _, formula, _, value in formulas}
    fund = next(value for formula, value in by_text.items() if "MAX" in formula)
    assert fund == statement.facts["fund_payment_yuan"]
    text = page.read_text(encoding="utf-8")
    assert ("人民币" in text) is (language == "zh")
    assert ("basic fund" in text) is (language == "en")


def test_a_case_of_no_payment_says_why(tmp_path: Path) -> None:
    nothing = {"payment_yuan": None, "fund_payment_yuan": None, "pricing_reason": pl.lit("P11")}
    frame = priced().with_columns(**nothing)
    ((one,), _) = stay_statements(Cases.of(frame), BenefitCalculator("demo"), case_ids=["3"])
    book, page = write_stay_statements([one], tmp_path / "out", language="en")
    assert not list(faults(book))
    assert in_words("P11", "en") in page.read_text(encoding="utf-8")
    assert len(list(Workbook(book).formulas())) == 1


def test_what_was_not_priced_has_no_section_of_it(tmp_path: Path) -> None:
    made, _ = stay_statements(Cases.of(stays()), BenefitCalculator("demo"))
    files = write_stay_statements(made, tmp_path / "out")
    assert len(files) == 2 * len(made) == 6
    assert "按病组付费" not in files[1].read_text(encoding="utf-8")
    again = write_stay_statements(made, tmp_path / "again")
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in files]
