"""The workbook of a hospital's statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from drg.analysis.statement import SHOWN, has_departments
from drg.analysis.statement_account import Account
from drg.payment.expression_text import put_in
from drg.payment.scheme import PaymentScheme
from drg.records.workbook import Book, Heading, new_book
from drg.records.workbook_looks import HEADER, TOTAL
from drg.report.checks import SEVERITIES_ZH
from drg.report.document_names import DocumentNames
from drg.report.statement_cases import case_cells, write_cases
from drg.report.statement_classes import ClassSheet
from drg.report.statement_lines import Section
from drg.report.statement_months import MonthSheet
from drg.report.statement_sums import write_departments, write_groups
from drg.report.statement_text import Language, Line, label
from drg.report.statement_totals import capital_lines, write_capitals, write_totals
from drg.report.statement_words import Words, words_in
from drg.settlement.settlement_columns import BASES_ZH
from drg.words import column_in

_WIDTHS: Final = (6, 28, 20, 44, 62, 44, 24)
_LOOKS: Final = {
    "money": "money",
    "exact": "exact",
    "share": "share",
    "fine_share": "fine_share",
    "number": "number",
    "count": "count",
    "text": "text",
}
# What readers look for first.
KEY_FIGURES: Final = ("shared_payment", "payment", "entitlement", "payable", "balance", "outcome")
BLANK: Final = "____________________"
FORECAST_FIGURES: Final = (
    "cases",
    "cost",
    "standard",
    "payment",
    "entitlement",
    "payable",
    "balance",
    "outcome",
)


@dataclass(frozen=True)
class Statement:
    """What a statement is made of.

    Attributes:
        hospital: its id.
        scheme: of the settlement.
        accounts: of the hospital, each with its lines.
        table: its cases.
        findings: that concern it.
        language: of all text.
        made: the time that the statement gives as its own.
        made_is_given: that is when it was made, and not the last day of its cases.
        with_cases: whether the case table is part of it.
        names: of the hospital, the bureau and the document.
    """

    hospital: str
    scheme: PaymentScheme
    accounts: tuple[tuple[Account, tuple[Section, ...]], ...]
    table: pl.DataFrame
    findings: pl.DataFrame
    language: Language
    made: datetime
    made_is_given: bool
    with_cases: bool
    names: DocumentNames

    @property
    def title(self) -> str:
        """With the name of the hospital as far as it is known, and its id."""
        return f"{self.words.title}  {self.names.with_id(self.hospital, self.language)}"

    @property
    def words(self) -> Words:
        """The words around the figures."""
        return words_in(self.language)


def account_title(account: Account, language: Language) -> str:
    """What an account is called: insurance, basis, period."""
    row, words = account.row, words_in(language)
    insurance = words.insurances.get(row["insurance_type"], row["insurance_type"])
    basis = BASES_ZH[row["basis"]] if language == "zh" else row["basis"].replace("_", " ")
    span = words.spans[row["span"]].format(row["period"])
    return f"{insurance} · {basis} · {span}"


def write_book(statement: Statement, file: Path) -> None:
    """Write the workbook.

    Raises:
        OutputError: if it cannot be written.
    """
    words, language = statement.words, statement.language
    names = [name for name in SHOWN if name in statement.table.columns]
    with new_book(file, statement.made, title=statement.title) as book:
        # Sheets stand in the order in which they are made.
        sheet = book.sheet(words.sheet, _WIDTHS)
        cells = case_cells(statement.table, names, language) if statement.with_cases else None
        classes = ClassSheet(book, statement.scheme, cells, language)
        months = MonthSheet(book, language)
        if has_departments(statement.table):
            write_departments(book, statement.table, statement.scheme, language)
        write_groups(book, statement.table, statement.scheme, language)
        if statement.with_cases:
            write_cases(book, statement.table, names, language)
        _write_findings(book, statement)
        row = _write_head(book, sheet, statement)
        figures: list[tuple[Account, dict[str, str]]] = []
        for account, sections in statement.accounts:
            title = account_title(account, language)
            sums, case_checks = classes.write(account, title)
            month_checks = months.write(account, title)
            row, cells_of = _write_account(book, sheet, row, statement, account, sections, sums)
            figures.append((account, cells_of))
            row = _write_checks(book, sheet, row, statement, account, case_checks, month_checks)
            row = _write_forecast(book, sheet, row, statement, account) + 1
        row = write_totals(book, sheet, row, figures, language)
        write_ends(book, sheet, row, end_lines(words, statement.names, statement.hospital))


def _write_head(book: Book, sheet: Any, statement: Statement) -> int:
    words = statement.words
    book.cell(sheet, 0, 0, statement.title, "title")
    row = 1
    for text in head_lines(statement):
        book.cell(sheet, row, 0, text, "note")
        row += 1
    if statement.scheme.status == "illustrative":
        book.row(sheet, row, [words.illustrative, *[None] * 6], ["warning"] * 7)
        row += 1
    return row + 1


def head_lines(statement: Statement) -> list[str]:
    """What a statement says of itself."""
    words, scheme = statement.words, statement.scheme
    when = f"{words.until}: {statement.made:%Y-%m-%d}"
    if statement.made_is_given:
        when = f"{words.made}: {statement.made:%Y-%m-%d %H:%M}"
    periods = (account.row["period"] for account, _ in statement.accounts)
    names = statement.names
    of_document = (
        (words.number, names.number(statement.hospital, max(periods, default=""))),
        (words.bureau, names.bureau),
    )
    return [
        *(f"{what}{words.colon}{text}" for what, text in of_document if text),
        f"{words.scheme}: {scheme.id}  {scheme.title}",
        f"{when}  ·  {words.unit}",
    ]


def _write_account(
    book: Book,
    sheet: Any,
    row: int,
    statement: Statement,
    account: Account,
    sections: Sequence[Section],
    sums: dict[str, str],
) -> tuple[int, dict[str, str]]:
    """The lines of an account, numbered through; gives the row after them and the cell of each figure."""
    words, title = statement.words, account_title(account, statement.language)
    book.row(sheet, row, [title, *[None] * 6], ["heading"] * 7)
    row = write_capitals(book, sheet, row + 1, capital_lines([account], statement.language))
    book.row(sheet, row, words.heads, [HEADER] * 7)
    row += 1
    cells, number = dict(sums), 1
    # The forecast below the account has lines of the same figures.
    of_account: dict[str, str] = {}
    for section in sections:
        book.row(sheet, row, [section.title, *[None] * 6], ["section"] * 7)
        row += 1
        for line in section.lines:
            texts = (line.words, line.numbers, line.rule, line.source)
            write_line(book, sheet, row, number, line, cells, texts, is_key=line.name in KEY_FIGURES)
            cells[line.name] = f"$C${row + 1}"
            of_account.setdefault(line.name, cells[line.name])
            row, number = row + 1, number + 1
    return row, of_account


def write_line(
    book: Book,
    sheet: Any,
    row: int,
    number: int,
    line: Line,
    cells: Mapping[str, str],
    texts: Iterable[str],
    *,
    is_key: bool,
) -> None:
    """A line: its number, label and amount, and texts beside it; ``cells`` has those that a formula names."""
    look = _LOOKS[line.figure.look]
    look = f"{look}{TOTAL}" if is_key else look
    book.cell(sheet, row, 0, number, "count")
    book.cell(sheet, row, 1, line.label, "wrap")
    value = line.figure.value
    if line.formula:
        formula = put_in(line.formula, lambda name: cells[name])
        book.formula(sheet, row, 2, formula, value, look)
    else:
        book.cell(sheet, row, 2, value, look)
    for place, text in enumerate(texts, start=3):
        book.cell(sheet, row, place, text or None, "small")


def _write_checks(
    book: Book,
    sheet: Any,
    row: int,
    statement: Statement,
    account: Account,
    of_cases: str,
    of_months: tuple[str, str],
) -> int:
    """What the statement was held against; every difference has to be zero."""
    words = statement.words
    book.row(sheet, row, [words.checks, *[None] * 6], ["section"] * 7)
    for place, (text, value, ranges) in enumerate(
        zip(words.check_lines, differences(account), (of_cases, *of_months), strict=True), start=row + 1
    ):
        book.cell(sheet, place, 1, words.check, "wrap")
        book.formula(sheet, place, 2, f"SUMPRODUCT(ABS({ranges}))", value, "exact")
        book.cell(sheet, place, 3, text, "small")
    return row + 4


def differences(account: Account) -> tuple[Decimal, Decimal, Decimal]:
    """How far cases and settlement, months and year to date, and costs by month are apart; all zero."""
    costs, months = (
        zip(table["period"], table["cost"], strict=True) for table in (account.by_month, account.months)
    )
    of_month = dict(costs)
    by_month = sum((abs(of_month.get(period, Decimal(0)) - cost) for period, cost in months), Decimal(0))
    of_cases = sum((abs(tie.difference) for tie in account.ties()), Decimal(0))
    of_months = sum((abs(tie.difference) for tie in account.month_ties()), Decimal(0))
    return of_cases, of_months, by_month


def _write_forecast(book: Book, sheet: Any, row: int, statement: Statement, account: Account) -> int:
    words = statement.words
    if account.forecast is None:
        return row
    book.row(sheet, row, [words.forecast, *[None] * 6], ["section"] * 7)
    for place, (name, value) in enumerate(forecast_figures(account), start=row + 1):
        book.cell(sheet, place, 1, label(name, statement.language), "wrap")
        book.cell(sheet, place, 2, value, "count" if name == "cases" else "money")
    return row + 1 + len(forecast_figures(account))


def forecast_figures(account: Account) -> list[tuple[str, Any]]:
    """The figures of the year at the present pace."""
    assert account.forecast is not None
    return [(name, account.forecast[name]) for name in FORECAST_FIGURES]


def _write_findings(book: Book, statement: Statement) -> None:
    words = statement.words
    headings = [Heading(text, "wrap", width) for text, width in words.finding_heads]
    sheet = book.table(words.findings, headings)
    rows = finding_rows(statement)
    for place, row in enumerate(rows or [(words.no_findings, *[""] * 6)], start=1):
        book.row(sheet, place, row, ["wrap"] * len(headings))
    sheet.autofilter(0, 0, max(len(rows), 1), len(headings) - 1)


def finding_rows(statement: Statement) -> list[tuple[str, ...]]:
    """The findings that concern the hospital: severity, rule, insurance, period, case, message, fix."""
    zh = statement.language == "zh"
    message, fix = column_in(statement.language, "message"), column_in(statement.language, "fix")
    names = ("severity", "rule", "insurance_type", "period", "case_id", message, fix)
    rows = []
    for row in statement.findings.select(names).iter_rows(named=True):
        severity = SEVERITIES_ZH[row["severity"]] if zh else row["severity"]
        rows.append((severity, *(row[name] or "" for name in names[1:])))
    return rows


def write_ends(book: Book, sheet: Any, row: int, lines: tuple[list[str], list[str]]) -> None:
    """Where people seal and sign."""
    seals, signatures = lines
    for place, line in ((row + 1, seals), (row + 4, signatures)):
        for text, column in zip(line, (1, 3, 4), strict=False):
            book.cell(sheet, place, column, text, "text")


def end_lines(words: Words, names: DocumentNames, hospital: str) -> tuple[list[str], list[str]]:
    """Where the bureau and the hospital put their seals, and where people sign."""
    sealing = zip(words.seals, (names.bureau, names.name(hospital)), strict=True)
    return (
        [f"{text}{words.colon}{name or BLANK}" for text, name in sealing],
        [f"{text}{words.colon}{BLANK}" for text in words.signatures],
    )
