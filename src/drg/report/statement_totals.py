"""What the accounts of a hospital come to together (险种合计), in lines that follow those of the accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any, Final

from drg.analysis.statement_account import Account, by_year
from drg.records.workbook import Book
from drg.records.workbook_looks import HEADER, TOTAL
from drg.report.amount_in_capitals import in_capitals
from drg.report.html import table
from drg.report.statement_cases import in_words
from drg.report.statement_text import Figure, Language, bracketed, label, shown
from drg.report.statement_words import words_in
from drg.settlement.account_formulas import Look
from drg.settlement.settlement_columns import LOCAL, SIMULATED

_FIGURES: Final = (
    *("cases", "cost", "standard", "payment", "entitlement", "deductions", "payable", "instalments"),
    *("balance", "outcome"),
)
# What is repeated in Chinese capitals, as on every payment document.
_IN_CAPITALS: Final = ("payable", "balance")


@dataclass(frozen=True)
class TotalLine:
    """A figure of all accounts of a year.

    Attributes:
        name, label: of the figure.
        figure: the sum.
        numbers: what each account adds.
        parts: the same as amounts, with the accounts.
    """

    name: str
    label: str
    figure: Figure
    numbers: str
    parts: tuple[tuple[Account, Any], ...]


def total_lines(accounts: Sequence[Account], language: Language) -> Iterator[TotalLine]:
    """The sums of the accounts; what is nothing in all of them has no line."""
    for name in _FIGURES:
        look: Look = "count" if name == "cases" else "money"
        parts = tuple((account, account.row[name]) for account in accounts)
        if any(value for _, value in parts):
            numbers = (f"{_called(one, language)} {bracketed(Figure(value, look))}" for one, value in parts)
            total = Figure(sum(value for _, value in parts), look)
            yield TotalLine(name, label(name, language), total, " + ".join(numbers), parts)


def _called(account: Account, language: Language) -> str:
    insurance, basis = account.row["insurance_type"], account.row["basis"]
    called = words_in(language).insurances.get(insurance, insurance)
    return called if basis == LOCAL else f"{called} {in_words('basis', basis, language)}"


def title_of(accounts: Sequence[Account], language: Language) -> str:
    """Of the lines of a year."""
    words, row = words_in(language), accounts[0].row
    return f"{words.all_insurances} · {words.spans[row['span']].format(row['period'])}"


def capital_lines(accounts: Sequence[Account], language: Language) -> list[tuple[str, str]]:
    """Their amounts in Chinese capitals: in Chinese, and where money moves."""
    real = [account for account in accounts if account.row["basis"] not in SIMULATED]
    if language != "zh" or not real:
        return []
    sums = {name: sum((one.row[name] for one in real), Decimal(0)) for name in _IN_CAPITALS}
    return [(f"{label(name, language)}（大写）", in_capitals(amount)) for name, amount in sums.items()]


def write_capitals(book: Book, sheet: Any, row: int, lines: list[tuple[str, str]]) -> int:
    """Amounts in capitals, each on a row of the statement; gives the row after them."""
    for place, (text, capitals) in enumerate(lines, start=row):
        book.cell(sheet, place, 1, text, "wrap")
        book.cell(sheet, place, 2, capitals, f"text{TOTAL}")
    return row + len(lines)


def write_totals(
    book: Book, sheet: Any, row: int, cells: list[tuple[Account, dict[str, str]]], language: Language
) -> int:
    """The lines of all years on the statement.

    Args:
        book: to write to.
        sheet: the statement.
        row: to begin with.
        cells: the cell of each figure of each account.
        language: of the words.
    """
    words = words_in(language)
    for accounts in by_year(account for account, _ in cells).values():
        places = {id(account): figures for account, figures in cells}
        book.row(sheet, row, [title_of(accounts, language), *[None] * 6], ["heading"] * 7)
        book.row(sheet, row + 1, [None, *words.heads[1:3], words.heads[4]], [HEADER] * 4)
        row += 2
        for line in total_lines(accounts, language):
            book.cell(sheet, row, 1, line.label, "wrap")
            # A figure without a line of its own is nothing by rule, or is counted on another sheet.
            formula = "+".join(places[id(one)].get(line.name, f"({value})") for one, value in line.parts)
            book.formula(sheet, row, 2, formula, line.figure.value, f"{line.figure.look}{TOTAL}")
            book.cell(sheet, row, 3, line.numbers, "small")
            row += 1
        row = write_capitals(book, sheet, row, capital_lines(accounts, language)) + 1
    return row


def totals_page(accounts: Iterable[Account], language: Language) -> str:
    """The lines of all years as HTML."""
    words, parts = words_in(language), []
    for several in by_year(accounts).values():
        rows = [(line.label, line.numbers, shown(line.figure)) for line in total_lines(several, language)]
        parts.append(f"<h2>{escape(title_of(several, language))}</h2>\n")
        parts.append(table((words.heads[1], words.heads[4], words.heads[2]), 2, rows))
        parts += capitals_page(capital_lines(several, language))
    return "".join(parts)


def capitals_page(lines: list[tuple[str, str]]) -> list[str]:
    """Amounts in capitals as HTML."""
    return [f"<p>{escape(text)}：<b>{escape(capitals)}</b></p>\n" for text, capitals in lines]
