"""The months of an account beside the month before and the same month of the year before (环比、同比)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name

from drg.analysis.statement_account import COMPARED, Account, Change
from drg.records.workbook import Book
from drg.records.workbook_looks import HEADER
from drg.report.html import table
from drg.report.statement_text import Language, label
from drg.report.statement_words import words_in

_UNKNOWN: Final = "–"
_SHOWN: Final = Decimal("0.01")

# A figure; what an earlier month of it is called, and the change; the changes by month.
_Compared = tuple[str, str, str, dict[str, Change]]


def _compared(account: Account, language: Language) -> list[_Compared]:
    """Every comparison for which there are data."""
    every = (
        (name, before, change, account.changes(name, months=months))
        for name in COMPARED
        for months, before, change in words_in(language).against
    )
    return [one for one in every if one[-1]]


def write_changes(
    book: Book,
    sheet: Any,
    row: int,
    account: Account,
    cells: Mapping[tuple[str, str], str],
    language: Language,
) -> int:
    """Write the table of changes, if there is anything to compare with.

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
    words, compared = words_in(language), _compared(account, language)
    if not compared:
        return row
    book.cell(sheet, row, 0, words.change_title, "section")
    heads = [f"{label(name, language)}\n{text}" for name, *texts, _ in compared for text in texts]
    book.row(sheet, row + 1, [words.month, *heads], [HEADER] * (len(heads) + 1))
    row += 2
    for period in account.months["period"]:
        book.cell(sheet, row, 0, period, "code")
        for place, (name, *_, changes) in enumerate(compared):
            _write_change(book, sheet, row, 1 + 2 * place, name, changes[period], cells.get((name, period)))
        row += 1
    return row


def _write_change(
    book: Book, sheet: Any, row: int, column: int, name: str, change: Change, now: str | None
) -> None:
    before = _UNKNOWN if change.before is None else change.before
    book.cell(sheet, row, column, before, "count" if name == "cases" else "money")
    if change.share is None:
        book.cell(sheet, row, column + 1, _UNKNOWN, "text")
        return
    earlier = f"{xl_col_to_name(column)}{row + 1}"
    # A figure that is nothing in all months of the year has no column above.
    formula = f"({now or 0}-{earlier})/{earlier}"
    book.formula(sheet, row, column + 1, formula, change.share, "percent")


def changes_page(account: Account, language: Language) -> str:
    """The changes as HTML."""
    words, compared = words_in(language), _compared(account, language)
    if not compared:
        return ""
    heads = [words.month, *(f"{label(name, language)} {change}" for name, _, change, _ in compared)]
    rows = ([period, *_shares(period, compared)] for period in account.months["period"])
    made = table(heads, 1, rows, style="compact")
    return f"<h3>{escape(words.change_title)}</h3>\n{made}"


def _shares(period: str, compared: Sequence[_Compared]) -> list[str]:
    shares = [changes[period].share for *_, changes in compared]
    return [
        _UNKNOWN if share is None else f"{(share * 100).quantize(_SHOWN, ROUND_HALF_UP)}%" for share in shares
    ]
