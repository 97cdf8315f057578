from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import polars as pl
import pytest

import drg
from drg.report.statement import write_statements
from drg.settlement import Settlement, settle
from tests.report import settled
from tests.report.test_statement import check_formulas


@cache
def with_departments() -> Settlement:
    """Two departments, and cases that name none; H3 names none at all."""
    names = pl.Series("department", ["0301", "内科", None]).gather([n % 3 for n in range(settled.CASES)])
    cases = settled.grouped().with_columns(names)
    cases = cases.with_columns(department=pl.when(pl.col("hospital_id") != "H3").then("department"))
    with TemporaryDirectory() as place:
        made = settled.scheme(Path(place), settled.RULES)
        return settle(drg.price(cases, scheme=made), made, payments=settled.payments())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_statements(with_departments(), tmp_path_factory.mktemp("sums"), hospitals=["H1", "H3"])


def test_departments_add_up_to_the_settlement(files: list[Path]) -> None:
    settlement = with_departments()
    (book, page, *_) = files
    check_formulas(book)
    head, *rows, total = openpyxl.load_workbook(book, data_only=True)["科室"].values
    found = [dict(zip(map(str, head), row, strict=True)) for row in rows]
    assert {row["出院科别"] for row in found} == {"0301", "内科", "未填写"}
    priced = settlement.cases.filter(hospital_id="H1").collect()
    for row in found:
        name = None if row["出院科别"] == "未填写" else row["出院科别"]
        own = priced.filter(pl.col("department").eq_missing(name), insurance_type=row["险种"])
        assert row["病例数"] == own.height
        # Cases without a usable cost are held, and in no amount.
        cost = own.filter(pl.col("payment_yuan").is_not_null())["total_cost_yuan"].sum()
        assert Decimal(str(row["住院总费用"])) == cost
    years = settlement.rows.filter(span="year", hospital_id="H1")
    for label, column in (("住院总费用", "cost_yuan"), ("病例结余", "surplus_yuan"), ("病例数", "cases")):
        assert Decimal(str(total[head.index(label)])) == years[column].sum()
    text = page.read_text(encoding="utf-8")
    assert text.count("<h3>科室</h3>") == years.height
    assert "<td>未填写</td>" in text


def test_the_case_table_names_the_department(files: list[Path]) -> None:
    head, *_ = openpyxl.load_workbook(files[0])["病例"].values
    assert "出院科别" in head


def test_without_departments_there_is_no_table(files: list[Path]) -> None:
    book, page = files[2:]
    assert "科室" not in openpyxl.load_workbook(book, read_only=True).sheetnames
    assert "科室" not in page.read_text(encoding="utf-8")


def test_departments_in_english(tmp_path: Path) -> None:
    (book, page) = write_statements(with_departments(), tmp_path / "out", hospitals=["H2"], language="en")
    assert "departments" in openpyxl.load_workbook(book, read_only=True).sheetnames
    assert "<td>not given</td>" in page.read_text(encoding="utf-8")
