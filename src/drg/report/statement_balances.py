"""The balances of an account, month by month, on the sheet of months and on the page (往来余额)."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from drg.analysis.account_balances import Balance, balances
from drg.analysis.statement_account import Account
from drg.records.workbook import Book
from drg.records.workbook_looks import HEADER
from drg.report.html import table
from drg.report.statement_text import Figure, Language, label, shown
from drg.report.statement_words import words_in


def _heads(language: Language) -> list[str]:
    words = words_in(language)
    given = (label(name, language) for name in ("payable", "instalments"))
    return [words.month, words.carried_in, *given, words.carried_out]


def _shown(account: Account) -> list[Balance]:
    """All of them, unless nothing was ever payable or paid."""
    found = balances(account)
    return found if any(any(one[1:]) for one in found) else []


def _period(one: Balance, account: Account, language: Language) -> str:
    is_clearing = account.cleared and one.period == account.row["period"]
    return f"{one.period} {words_in(language).clearing}" if is_clearing else one.period


def write_balances(
    book: Book,
    sheet: Any,
    row: int,
    account: Account,
    cells: Mapping[tuple[str, str], str],
    language: Language,
) -> int:
    """Write the table of balances, if there is anything to pay.

    Args:
        book: to write to.
        sheet: of the months.
        row: to begin with.
        account: whose months.
        cells: where each figure of each month is.
        language: of the heads.

    Returns:
        The row after the table.
    """
    words, found = words_in(language), _shown(account)
    if not found:
        return row
    book.cell(sheet, row, 0, words.balance_title, "section")
    book.cell(sheet, row + 1, 0, words.balance_note, "note")
    heads = _heads(language)
    book.row(sheet, row + 2, heads, [HEADER] * len(heads))
    first = row = row + 3
    for one in found:
        book.cell(sheet, row, 0, _period(one, account, language), "code")
        if row == first:
            book.cell(sheet, row, 1, one.carried_in, "money")
        else:
            book.formula(sheet, row, 1, f"E{row}", one.carried_in, "money")
        for place, (name, value) in enumerate((("payable", one.payable), ("instalments", one.paid)), start=2):
            if cell := cells.get((name, one.period)):
                book.formula(sheet, row, place, cell, value, "money")
            else:
                book.cell(sheet, row, place, value, "money")
        book.formula(sheet, row, 4, f"B{row + 1}+C{row + 1}-D{row + 1}", one.carried_out, "money")
        row += 1
    return row + 1


def balances_page(account: Account, language: Language) -> str:
    """The balances as HTML."""
    words, found = words_in(language), _shown(account)
    if not found:
        return ""
    rows = (
        [_period(one, account, language), *(shown(Figure(value)) for value in (*one[1:], one.carried_out))]
        for one in found
    )
    made = table(_heads(language), 1, rows, style="compact")
    return f"<h3>{escape(words.balance_title)}</h3>\n<p>{escape(words.balance_note)}</p>\n{made}"
