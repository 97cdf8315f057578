"""A figure is one row of a table: it has its line, words and formula wherever a statement is shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from drg.payment import expression_text
from drg.payment.expressions import Rounding, names, parse
from drg.report.statement import write_statements
from drg.report.statement_lines import LAYOUT
from drg.report.statement_rules import RULES, RULES_OF_BUDGET
from drg.settlement import account_formulas, evaluation
from drg.settlement.account_formulas import TABLE, Formula
from tests.report import settled
from tests.report.test_statement import check_formulas

ADDED = Formula(
    "gain_per_hundred",
    "line",
    "每百元费用结余",
    en="gain per 100 yuan of cost",
    expression="half_up(outcome * 100 / cost)",
    section="outcome",
)


@pytest.mark.parametrize(
    ("language", "label", "words"),
    [
        ("zh", "每百元费用结余", "医院盈亏 × 100 ÷ 住院总费用，四舍五入到分"),
        ("en", "gain per 100 yuan of cost", "outcome × 100 ÷ cost, half up to the fen"),
    ],
)
def test_a_row_of_the_table_is_a_line_of_the_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, label: str, words: str
) -> None:
    monkeypatch.setattr(evaluation, "TABLE", (*TABLE, ADDED))
    settlement = settled.settlement()
    (book, page) = write_statements(
        settlement,
        tmp_path / "out",
        hospitals=["H1"],
        language=language,  # type: ignore[arg-type]
    )
    check_formulas(book)
    row = settlement.rows.filter(span="year", hospital_id="H1", insurance_type="310").row(0, named=True)
    sheet = openpyxl.load_workbook(book, data_only=True).worksheets[0]
    line = next(cells for cells in sheet.iter_rows(values_only=True) if cells[1] == label)
    expected = (row["outcome_yuan"] * 100 / row["cost_yuan"]).quantize(Decimal("0.01"))
    assert Decimal(str(line[2])) == expected
    assert line[3] == words
    assert line[4] == f"{row['outcome_yuan']:,.2f} × 100 ÷ {row['cost_yuan']:,.2f}"
    formulas = openpyxl.load_workbook(book).worksheets[0]
    (formula,) = [c[2].value for c in formulas.iter_rows() if c[1].value == label and c[0].value][:1]
    assert formula.startswith("=ROUND($C$")
    text = page.read_text(encoding="utf-8")
    assert label in text
    assert words in text


COLUMN = """
from datetime import datetime
from pathlib import Path
import openpyxl, polars as pl
from drg.report.settlement_book import write_settlement
from drg.report.statement import write_statements
from tests.report import settled
from tests.report.test_statement import check_formulas

directory = Path("made")
directory.mkdir()
found = settled.settlement()
net_gain = pl.col("outcome_yuan") - pl.col("deposit_yuan")
assert found.rows.filter(pl.col("net_gain_yuan") != net_gain).is_empty()
assert found.rows["net_gain_yuan"].dtype == pl.Decimal(38, 2)
own = found.rows.filter(insurance_type="310", hospital_id="H1").sort("period")
months, to_date = (own.filter(span=span)["net_gain_yuan"] for span in ("month", "year_to_date"))
assert months.sum() == to_date[-1] != 0
book, page = write_statements(found, directory / "out", hospitals=["H1"])
check_formulas(book)
assert "净结余" in page.read_text(encoding="utf-8")
write_settlement(found, directory / "all.xlsx", datetime(2026, 1, 1))
sheet = openpyxl.load_workbook(directory / "all.xlsx")["年度"]
assert "净结余" in [cell.value for cell in next(sheet.iter_rows())]
"""


def test_a_row_of_the_table_is_a_column_of_the_settlement(tmp_path: Path) -> None:
    """A copy of the program with one more row in its file."""
    root = Path(__file__).parents[2]
    for part in ("src/drg", "payment_schemes/demo", "grouper_tables/demo"):
        shutil.copytree(root / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "src/drg/settlement/account_formulas.csv").open("a", encoding="utf-8") as file:
        file.write("net_gain,amount,outcome,净结余,net gain,outcome - deposit,,,,,made up,,,,,,\n")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path / "src"), str(root)])}
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", COLUMN],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_row_of_the_table_is_whole() -> None:
    known = {row.name for row in TABLE}
    explained = set(re.findall(r"``(\w+)``", account_formulas.__doc__ or ""))
    sections = {section for _, groups in LAYOUT for section in groups}
    assert len(known) == len(TABLE)
    for row in TABLE:
        assert row.zh
        assert row.label("en")
        assert row.section in sections | {""}
        assert not row.scheme or row.scheme in {*RULES, *RULES_OF_BUDGET}
        assert row.expression or row.given[0] or row.look == "text" or not row.section, row.name
        for name in (*names(parse(row.expression or "0")), *names(parse(row.shown or "0"))):
            assert name in known | explained, (row.name, name)


@pytest.mark.parametrize(
    ("text", "rounding", "words", "cells"),
    [
        ("a - (b - c)", Rounding(), "{a} − ({b} − {c})", "{a}-({b}-{c})"),
        ("a / (b * c)", Rounding(), "{a} ÷ ({b} × {c})", "{a}/({b}*{c})"),
        ("-(a + b) * c", Rounding(), "−({a} + {b}) × {c}", "-({a}+{b})*{c}"),
        ("max(0, a - b)", Rounding(), "{a} − {b}，为负时取 0", "MAX(0,{a}-{b})"),
        ("min(a, round(b * c))", Rounding(), "{b} × {c}，四舍五入到分", "ROUND({b}*{c},2)"),
        (
            "min(a, round(b * c))",
            Rounding(100),
            "{b} × {c}，四舍五入到元，但不超过全额",
            "MIN({a},ROUND({b}*{c},0))",
        ),
        (
            "round(a)",
            Rounding(down=True),
            "{a}，舍去尾数取整到分",
            "INT(ROUND({a}*100,4))/100",
        ),
        ("cut(a - b)", Rounding(100), "{a} − {b}，舍去不足 1 元的部分", "INT(ROUND({a}-{b},6))"),
        (
            "round(a * (b - c))",
            Rounding(),
            "{a} × ({b} − {c})，四舍五入到分",
            "INT(ROUND({a}*({b}-{c})*100+0.5,4))/100",
        ),
        (
            "half_up(max(0, a - b) * c)",
            Rounding(),
            "({a} − {b}) × {c}，为负时取 0，四舍五入到分",
            "ROUND(MAX(0,{a}-{b})*{c},2)",
        ),
        ("max(a, b) - c", Rounding(), "{b} − {c}", "MAX({a},{b})-{c}"),
        ("ratio(a, b + c)", Rounding(), "{a} ÷ ({b} + {c})", "IF(({b}+{c})>0,{a}/({b}+{c}),0)"),
        ("apportioned(a * b / c)", Rounding(), "{a} × {b} ÷ {c}，尾差按最大余数法分配", ""),
    ],
)
def test_formulas_in_words_and_cells(text: str, rounding: Rounding, words: str, cells: str) -> None:
    values = {"a": 1, "b": 2, "c": 3}

    def value(tree: object) -> int:
        return eval(compile(__import__("ast").Expression(tree), "", "eval"), {}, values)

    body, remarks = expression_text.in_words(parse(text), rounding, value)  # type: ignore[arg-type]
    assert "，".join((body, *(zh for zh, _ in remarks))) == words
    assert expression_text.in_cells(parse(text), rounding) == cells
