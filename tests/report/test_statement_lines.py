"""A figure is one row of a table: it has its line, words and formula wherever a statement is shown."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from drg.payment import expression_text
from drg.payment.expressions import Rounding, names, parse
from drg.report.statement import write_statements
from drg.report.statement_lines import LAYOUT
from drg.report.statement_rules import RULES
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
    settlement = settled.settlement(tmp_path)
    (book, page) = write_statements(settlement, tmp_path / "out", hospitals=["H1"], language=language)  # type: ignore[arg-type]
    check_formulas(book)
    row = settlement.rows.filter(span="year", hospital_id="H1", insurance_type="310").row(0, named=True)
    sheet = openpyxl.load_workbook(book, data_only=True).worksheets[0]
    line = next(cells for cells in sheet.iter_rows(values_only=True) if cells[1] == label)
    expected = (row["outcome"] * 100 / row["cost"]).quantize(Decimal("0.01"))
    assert Decimal(str(line[2])) == expected
    assert line[3] == words
    assert line[4] == f"{row['outcome']:,.2f} × 100 ÷ {row['cost']:,.2f}"
    formulas = openpyxl.load_workbook(book).worksheets[0]
    (formula,) = [c[2].value for c in formulas.iter_rows() if c[1].value == label and c[0].value][:1]
    assert formula.startswith("=ROUND($C$")
    text = page.read_text(encoding="utf-8")
    assert label in text
    assert words in text


def test_every_row_of_the_table_is_whole() -> None:
    known = {row.name for row in TABLE}
    explained = set(re.findall(r"``(\w+)``", account_formulas.__doc__ or ""))
    sections = {section for _, groups in LAYOUT for section in groups}
    assert len(known) == len(TABLE)
    for row in TABLE:
        assert row.zh
        assert row.label("en")
        assert row.section in sections | {""}
        assert not row.scheme or row.scheme in RULES or row.scheme == "budget"
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
            "ROUNDDOWN(ROUND({a},6),2)",
        ),
        ("max(a, b) - c", Rounding(), "{b} − {c}", "MAX({a},{b})-{c}"),
        ("ratio(a, b + c)", Rounding(), "{a} ÷ ({b} + {c})", "IF(({b}+{c})>0,{a}/({b}+{c}),0)"),
        ("apportioned(a * b / c)", Rounding(), "{a} × {b} ÷ {c}，尾差按最大余数法分配", ""),
    ],
)
def test_formulas_in_words_and_cells(text: str, rounding: Rounding, words: str, cells: str) -> None:
    values = {"a": 1, "b": 2, "c": 3}

    def value(tree: object) -> int:
        return eval(compile(__import__("ast").Expression(tree), "", "eval"), {}, values)  # type: ignore[no-any-return, call-overload]

    body, remarks = expression_text.in_words(parse(text), rounding, value)  # type: ignore[arg-type]
    assert "，".join((body, *(zh for zh, _ in remarks))) == words
    assert expression_text.in_cells(parse(text), rounding) == cells
