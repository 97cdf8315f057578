from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from drg.report.amount_in_capitals import in_capitals
from drg.report.statement import write_statements
from tests.report import settled
from tests.report.formulas import Workbook
from tests.report.test_settlement_sheets import simulated_settlement

TITLE = "险种合计 · 2025 年度清算"


def lines_of(book: Path) -> dict[str, Decimal | str]:
    """The lines of all insurances by their labels."""
    rows = list(openpyxl.load_workbook(book, data_only=True).worksheets[0].values)
    start = next(place for place, row in enumerate(rows) if row[0] == TITLE)
    lines: dict[str, Decimal | str] = {}
    for row in rows[start + 2 :]:
        if row[1] is None:
            break
        lines[str(row[1])] = row[2] if isinstance(row[2], str) else Decimal(str(row[2]))
    return lines


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The workbooks and pages of two hospitals; H3 was paid nothing."""
    directory = tmp_path_factory.mktemp("totals")
    written = write_statements(
        settled.settlement(settled.RULES), directory, hospitals=["H1", "H3"], with_cases=False
    )
    return {file.name.removeprefix("结算单-"): file for file in written}


@pytest.mark.parametrize("hospital", ["H1", "H3"])
def test_insurances_add_up_to_the_fen(files: dict[str, Path], hospital: str) -> None:
    settlement = settled.settlement(settled.RULES)
    book, page = files[f"{hospital}.xlsx"], files[f"{hospital}.html"]
    years = settlement.rows.filter(span="year", hospital_id=hospital)
    assert years.height == 2
    lines = lines_of(book)
    for label, name in (
        ("病例数", "cases"),
        ("住院总费用", "cost_yuan"),
        ("支付合计", "payment_yuan"),
        ("基金应付", "entitlement_yuan"),
        ("应拨付", "payable_yuan"),
        ("已拨付", "instalments_yuan"),
        ("应付余额", "balance_yuan"),
        ("医院盈亏", "outcome_yuan"),
    ):
        # What is nothing in all accounts has no line.
        assert lines.get(label, 0) == sum(years[name].to_list()), label
    balance = in_capitals(sum(years["balance_yuan"].to_list(), Decimal(0)))
    assert lines["应付余额（大写）"] == balance
    assert balance in page.read_text(encoding="utf-8").partition(TITLE)[2]


def test_their_formulas_add_the_lines_of_the_accounts(files: dict[str, Path]) -> None:
    book = files["H1.xlsx"]
    (sheet, *_) = openpyxl.load_workbook(book).worksheets
    formulas = [str(row[2].value) for row in sheet.iter_rows() if row[1].value == "基金应付" and row[2].value]
    assert formulas[-1].count("$C$") == 2
    for *_, shown, value in Workbook(book).formulas():
        assert float(value) == pytest.approx(shown, abs=1e-8)


def test_what_is_settled_for_information_is_in_no_total(tmp_path: Path) -> None:
    settlement = simulated_settlement()
    (book, _) = write_statements(settlement, tmp_path / "out", hospitals=["H2"])
    local = settlement.rows.filter(span="year", hospital_id="H2", basis="local")
    assert settlement.rows.filter(span="year", hospital_id="H2").height > local.height
    assert lines_of(book)["住院总费用"] == local["cost_yuan"].sum()


def test_one_account_has_no_total(tmp_path: Path) -> None:
    settlement = simulated_settlement("390")
    (book, page) = write_statements(settlement, tmp_path / "out", hospitals=["H2"])
    assert "险种合计" not in page.read_text(encoding="utf-8")
    assert all("险种合计" not in str(row[0]) for row in openpyxl.load_workbook(book).worksheets[0].values)
