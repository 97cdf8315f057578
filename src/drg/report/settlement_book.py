"""The workbook of a settlement: a summary to print, years, months, the year to date, budgets, findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import OutputError
from drg.records.spreadsheet import MOST_ROWS
from drg.records.workbook import Book, Heading, new_book
from drg.report.checks import SEVERITIES_ZH
from drg.report.document_names import NO_NAMES, DocumentNames
from drg.report.settlement import CLOSED_ZH
from drg.report.settlement_sheets import write_accounts, write_summary
from drg.settlement.settle import Settlement
from drg.settlement.settlement_columns import (
    BASES_ZH,
    FORECAST,
    MONTH,
    SETTLEMENT_COLUMNS,
    YEAR,
    YEAR_TO_DATE,
)
from drg.words import Sentence

_SHEETS: Final = ((YEAR, "年度"), (FORECAST, "预测"), (MONTH, "月度"), (YEAR_TO_DATE, "累计"))
# Room for rows of totals: by year, insurance and basis.
_MOST_TOTALS: Final = 1_000
# Column, Chinese head, look, width, meaning.
_BUDGETS: Final = (
    ("year", "年度", "code", 8, "year"),
    ("insurance_type", "险种", "code", 8, "empty: all insurances together 空为全部险种"),
    ("hospital_group", "医院分组", "code", 14, "empty: all hospitals 空为全部医院"),
    ("span", "口径", "code", 10, "年度: the year cleared; 预测: the year at the present pace"),
    ("accounts", "账户数", "count", 9, "accounts that share in it"),
    ("budget_yuan", "年度预算", "money", 20, "budget"),
    ("reserve_yuan", "预留", "money", 18, "not distributed"),
    (
        "reserve_used_yuan",
        "风险金支付超支",
        "money",
        18,
        "the fund's share of overruns that the reserve pays",
    ),
    ("carried_in_yuan", "上年结转", "money", 18, "from the year before; negative: taken off"),
    ("pool_yuan", "可分配预算", "money", 20, "budget − reserve + reserve used + carried in"),
    ("claimed_yuan", "清算前合计", "money", 20, "of all accounts, before closing"),
    ("closed_by", "清算方式", "code", 16, "the rule that applied"),
    ("factor", "清算系数", "number", 16, "of common_factor"),
    ("points", "总点数", "number", 20, "paid points × quality factor"),
    ("point_value", "点值", "number", 16, "yuan per point"),
    ("paid_yuan", "清算后合计", "money", 20, "of all accounts, after closing"),
    ("carried_out_yuan", "结转下年", "money", 18, "negative: an excess"),
    ("borne_by_fund_yuan", "基金承担", "money", 18, "an excess; negative: a remainder that stays"),
    ("reserve_left_yuan", "风险金余额", "money", 18, "of the reserve, what overruns did not use"),
    ("reserve_carried_out_yuan", "风险金结转下年", "money", 18, "the part of it that goes to the next year"),
)
_FINDINGS: Final = (
    ("severity", "程度", 10, "severity"),
    ("rule", "规则", 26, "rule"),
    ("table", "数据表", 11, "table"),
    ("row", "行", 8, "row"),
    ("hospital_id", "医疗机构代码", 16, "hospital"),
    ("insurance_type", "险种", 8, "insurance"),
    ("period", "期间", 10, "period"),
    ("case_id", "病案标识", 18, "case"),
    ("message_zh", "说明", 60, ""),
    ("fix_zh", "处理办法", 60, ""),
    ("message", "message", 60, ""),
    ("fix", "fix", 60, ""),
)


def write_settlement(
    settlement: Settlement,
    file: Path,
    made: datetime,
    *,
    names: DocumentNames = NO_NAMES,
    sources: Sequence[Path] = (),
) -> None:
    """Write the workbook.

    The first sheet has what is paid and what is left, on pages of A4. Every sheet has one header row of
    Chinese names, so it can be filtered and sorted; the English name and the meaning of each column are in
    its comment. Rows of totals stand below the accounts, outside the filter.

    Args:
        settlement: what to write.
        file: where to.
        made: the time that the workbook gives as its own.
        names: of hospitals and the bureau, for the first sheet.
        sources: none of these files is overwritten.

    Raises:
        OutputError: if the file cannot be written, or a sheet cannot hold the rows.
    """
    with new_book(file, made, sources=sources) as book:
        write_summary(book, settlement.rows, names)
        there = set(settlement.rows["span"])
        for span, name in _SHEETS:
            # The first sheet is of years, or of their forecast: one of both may be missing.
            if span in there or (span == YEAR and FORECAST not in there):
                _write_rows(book, name, settlement.rows.filter(span=span), file)
        _write_budgets(book, settlement.budgets)
        _write_findings(book, settlement.findings)


def _write_rows(book: Book, name: str, rows: pl.DataFrame, file: Path) -> None:
    if rows.height + _MOST_TOTALS >= MOST_ROWS:
        raise OutputError(
            Sentence("the sheet {name} would have more rows than a sheet of Excel holds", name=name),
            file=file,
            fix=Sentence("Write .parquet or .csv instead"),
        )
    shown = _worded(rows.select(column.name for column in SETTLEMENT_COLUMNS)).with_columns(
        pl.col("basis").replace(BASES_ZH)
    )
    write_accounts(book, name, rows, shown)


def _worded(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("year").cast(pl.String), pl.col("span").replace(dict(_SHEETS)))


def _write_budgets(book: Book, budgets: pl.DataFrame) -> None:
    headings = [Heading(zh, look, width, f"{name}\n{meaning}") for name, zh, look, width, meaning in _BUDGETS]
    frame = _worded(budgets.select(name for name, *_ in _BUDGETS))
    frame = frame.with_columns(pl.col("closed_by").replace(CLOSED_ZH))
    book.frame("预算", headings, frame)


def _write_findings(book: Book, findings: pl.DataFrame) -> None:
    headings = [Heading(zh, "wrap", width, meaning) for _, zh, width, meaning in _FINDINGS]
    frame = findings.select(name for name, *_ in _FINDINGS).head(MOST_ROWS - 1)
    frame = frame.with_columns(
        pl.col("severity").replace({name: f"{zh} {name}" for name, zh in SEVERITIES_ZH.items()}),
        pl.col("row").cast(pl.String),
    )
    book.frame("待处理", headings, frame)
