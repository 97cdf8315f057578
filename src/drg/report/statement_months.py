"""The sheet of months: each month of an account, their sum, what the clearing changes, and the year."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name

from drg.analysis.statement_account import Account
from drg.records.workbook import Book
from drg.records.workbook_looks import HEADER, TOTAL
from drg.report.statement_balances import write_balances
from drg.report.statement_changes import write_changes
from drg.report.statement_text import Language, label
from drg.report.statement_words import words_in
from drg.settlement.settlement_columns import FLOWS

SHEET: Final = {"zh": "分月", "en": "months"}
_ZERO: Final = Decimal(0)
_WORDS: Final = {
    "zh": ("月份", "各月合计", "结算累计", "核对差额", "年度清算变动", "年度", "病例表费用", "核对差额"),
    "en": (
        "month",
        "sum of months",
        "settled to date",
        "difference",
        "changed by clearing",
        "year",
        "cost in cases",
        "difference",
    ),
}


def flows_of(account: Account) -> list[str]:
    """The amounts that are not zero all the year."""
    rows = [account.row, account.to_date, *account.months.iter_rows(named=True)]
    return [name for name in FLOWS if any(row[name] for row in rows)]


class MonthSheet:
    """The sheet under way."""

    def __init__(self, book: Book, language: Language) -> None:
        self._book = book
        self._language = language
        self._sheet = book.sheet(SHEET[language], [14, 10, *(15 for _ in FLOWS), 15, 12])
        self._row = 0

    def write(self, account: Account, title: str) -> tuple[str, str]:
        """Write the months of an account; gives the two ranges of differences."""
        book, sheet, words = self._book, self._sheet, _WORDS[self._language]
        flows = flows_of(account)
        book.cell(sheet, self._row, 0, title, "heading")
        book.cell(sheet, self._row + 1, 0, words_in(self._language).month_note, "note")
        head = self._row + 2
        heads = [
            words[0],
            label("cases", self._language),
            *(label(name, self._language) for name in flows),
            words[6],
            words[7],
        ]
        book.row(sheet, head, heads, [HEADER] * len(heads))
        first = head + 1
        row = self._write_months(first, account, flows)
        sums = row
        self._write_sum(sums, first, account, flows)
        checks = self._write_to_date(sums, account, flows)
        row = checks + 1
        if account.cleared:
            row = self._write_year(row, sums, account, flows)
        figures = ["cases", *flows]
        cells = {
            (name, period): f"{xl_col_to_name(place)}{first + 1 + number}"
            for place, name in enumerate(figures, start=1)
            for number, period in enumerate(account.months["period"])
        }
        row = write_balances(book, self._sheet, row + 1, account, cells, self._language)
        self._row = write_changes(book, self._sheet, row, account, cells, self._language) + 1
        letter = xl_col_to_name(len(flows) + 3)
        cases = f"'{SHEET[self._language]}'!${letter}${first + 1}:${letter}${sums}"
        last = xl_col_to_name(len(flows) + 1)
        return f"'{SHEET[self._language]}'!$C${checks + 1}:${last}${checks + 1}", cases

    def _write_months(self, row: int, account: Account, flows: list[str]) -> int:
        costs = dict(account.by_month.select("period", "cost").iter_rows())
        for month in account.months.iter_rows(named=True):
            values: list[Any] = [month["period"], month["cases"], *(month[name] for name in flows)]
            self._book.row(self._sheet, row, values, ["code", "count", *("money" for _ in flows)])
            cost = costs.get(month["period"], _ZERO)
            place = len(flows) + 2
            self._book.cell(self._sheet, row, place, cost, "money")
            settled = xl_col_to_name(2 + flows.index("cost")) if "cost" in flows else ""
            own = xl_col_to_name(place)
            formula = f"{own}{row + 1}-{settled}{row + 1}" if settled else f"{own}{row + 1}"
            self._book.formula(self._sheet, row, place + 1, formula, cost - month["cost"], "exact")
            row += 1
        return row

    def _write_sum(self, row: int, first: int, account: Account, flows: list[str]) -> None:
        self._book.cell(self._sheet, row, 0, _WORDS[self._language][1], f"text{TOTAL}")
        months = account.months
        values = [months["cases"].sum(), *(months[name].sum() for name in flows)]
        values.append(account.by_month["cost"].sum() or _ZERO)
        for place, value in enumerate(values, start=1):
            letter = xl_col_to_name(place)
            look = f"{'count' if place == 1 else 'money'}{TOTAL}"
            formula = f"SUM({letter}{first + 1}:{letter}{row})"
            self._book.formula(self._sheet, row, place, formula, value, look)

    def _write_to_date(self, sums: int, account: Account, flows: list[str]) -> int:
        """What the settlement says of the year to date, and what lies between."""
        words = _WORDS[self._language]
        to_date = account.to_date
        values: list[Any] = [words[2], to_date["cases"], *(to_date[name] for name in flows)]
        self._book.row(self._sheet, sums + 1, values, ["text", "count", *("money" for _ in flows)])
        self._book.cell(self._sheet, sums + 2, 0, words[3], "text")
        ties = {tie.name: tie.difference for tie in account.month_ties()}
        for place, name in enumerate(flows, start=2):
            letter = xl_col_to_name(place)
            formula = f"{letter}{sums + 1}-{letter}{sums + 2}"
            self._book.formula(self._sheet, sums + 2, place, formula, ties[name], "exact")
        return sums + 2

    def _write_year(self, row: int, sums: int, account: Account, flows: list[str]) -> int:
        """What the clearing changes, and what the year is by that."""
        words = _WORDS[self._language]
        changes = [account.row[name] - account.to_date[name] for name in flows]
        self._book.row(
            self._sheet, row, [words[4], None, *changes], ["text", "text", *("money" for _ in flows)]
        )
        self._book.cell(self._sheet, row + 1, 0, words[5], f"text{TOTAL}")
        self._book.cell(self._sheet, row + 1, 1, account.row["cases"], f"count{TOTAL}")
        for place, name in enumerate(flows, start=2):
            letter = xl_col_to_name(place)
            formula = f"{letter}{sums + 1}+{letter}{row + 1}"
            self._book.formula(self._sheet, row + 1, place, formula, account.row[name], f"money{TOTAL}")
        return row + 2
