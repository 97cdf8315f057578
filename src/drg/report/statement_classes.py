"""The sheet that adds the cases of each account up by class, and holds the sums against the settlement."""

from __future__ import annotations

from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name

from drg.analysis.statement_account import Account
from drg.payment.expression_text import in_cells, put_in
from drg.payment.expressions import Rounding, parse, resolve
from drg.payment.scheme import PaymentScheme
from drg.records.workbook import Book
from drg.records.workbook_looks import HEADER, TOTAL
from drg.report.statement_cases import CaseCells, counted_word, in_words
from drg.report.statement_text import Language, label
from drg.settlement.case_formulas import AMOUNTS, FORMULAS, facts_of_class

SHEET: Final = {"zh": "病例汇总", "en": "classes"}
# The columns of the table: where each is from, and how it looks.
COLUMNS: Final[dict[str, str]] = {
    "cases": "count",
    "cases_held": "count",
    "relative_weight": "weight",
    **dict.fromkeys(AMOUNTS, "money"),
}
_ROW_NAME: Final = {"zh": "病例类型", "en": "case class"}
_TOTAL: Final = {"zh": "合计", "en": "total"}
_CHECKS: Final = {
    "zh": ("核对", "病例表合计", "结算", "差额"),
    "en": ("check", "from the cases", "settled", "difference"),
}


def columns_of(account: Account) -> dict[str, str]:
    """The columns of an account's table."""
    extra = ("converted_payment", "cleared_payment")
    return COLUMNS | {name: "money" for name in extra if name in account.by_class.columns}


class ClassSheet:
    """The sheet under way.

    Args:
        book: to write to.
        scheme: says which classes share.
        cells: where the cases are, if formulas can refer to them.
        language: of heads and words.
    """

    def __init__(
        self, book: Book, scheme: PaymentScheme, cells: CaseCells | None, language: Language
    ) -> None:
        self._book = book
        self._cells = cells
        self._language = language
        self._scheme = scheme
        self._sheet = book.sheet(SHEET[language], [16, *(14 for _ in COLUMNS), 14])
        self._row = 0

    def write(self, account: Account, title: str) -> tuple[dict[str, str], str]:
        """Write the table of an account and its checks.

        Returns:
            The cell of each total as ``sum_…``, and the range of the differences.
        """
        book, sheet, language = self._book, self._sheet, self._language
        book.cell(sheet, self._row, 0, title, "heading")
        names = columns_of(account)
        head = self._row + 1
        heads = [_ROW_NAME[language], *(label(name, language) for name in names)]
        book.row(sheet, head, heads, [HEADER] * len(heads))
        first = head + 1
        letters = {name: xl_col_to_name(place) for place, name in enumerate(names, start=1)}
        row = first
        for sums in account.by_class.iter_rows(named=True):
            self._write_class(row, sums, account, names, letters)
            row += 1
        total = row
        book.cell(sheet, total, 0, _TOTAL[language], f"text{TOTAL}")
        for place, (name, look) in enumerate(names.items(), start=1):
            letter = letters[name]
            formula = f"SUM({letter}{first + 1}:{letter}{total})" if total > first else "0"
            book.formula(sheet, total, place, formula, account.total[name], f"{look}{TOTAL}")
        cells = {f"sum_{name}": f"'{SHEET[language]}'!${letters[name]}${total + 1}" for name in names}
        differences = self._write_checks(total + 2, account, letters, total)
        return cells, differences

    def _write_class(
        self, row: int, sums: dict[str, Any], account: Account, names: dict[str, str], letters: dict[str, str]
    ) -> None:
        case_class = sums["case_class"]
        shown = in_words("case_class", case_class or "", self._language)
        self._book.cell(self._sheet, row, 0, shown, "text")
        for place, (name, look) in enumerate(names.items(), start=1):
            formula = self._formula(name, case_class, shown, account, letters, row + 1)
            if formula is None:
                self._book.cell(self._sheet, row, place, sums[name], look)
            else:
                self._book.formula(self._sheet, row, place, formula, sums[name], look)

    def _formula(
        self,
        name: str,
        case_class: str,
        shown: str,
        account: Account,
        letters: dict[str, str],
        row: int,
    ) -> str | None:
        """How a cell follows from the case table or from its neighbours; None if it is given."""
        cells = self._cells
        if cells is None or not shown:
            return None
        counted = {"counted": counted_word(self._language)}
        where = {
            "insurance_type": account.row["insurance_type"],
            "basis": in_words("basis", account.row["basis"], self._language),
            "period": f"{account.row['year']}-*",
            "case_class": shown,
        }

        def summed(column: str) -> str:
            return cells.sum_if(column, where | counted)

        def here(column: str) -> str:
            return f"{letters[column]}{row}"

        facts = facts_of_class(self._scheme, case_class)
        if name == "cases":
            return cells.count_if(where)
        if name == "cases_held":
            return f"{here('cases')}-{cells.count_if(where | counted)}"
        if name not in FORMULAS:
            return summed(name)
        # Another row of the table is a cell beside; what is none is a column of the cases.
        return put_in(
            in_cells(resolve(parse(FORMULAS[name]), facts), Rounding()),
            lambda other: here(other) if other in letters and other != name else summed(other),
        )

    def _write_checks(self, row: int, account: Account, letters: dict[str, str], total: int) -> str:
        book, sheet, language = self._book, self._sheet, self._language
        book.row(sheet, row, _CHECKS[language], [HEADER] * 4)
        first = row + 1
        for line, tie in enumerate(account.ties(), start=first):
            look = COLUMNS.get(tie.name, "count")
            book.cell(sheet, line, 0, label(tie.name, language), "text")
            if tie.name in letters:
                book.formula(sheet, line, 1, f"{letters[tie.name]}{total + 1}", tie.of_cases, look)
            else:
                book.cell(sheet, line, 1, tie.of_cases, look)
            book.cell(sheet, line, 2, tie.settled, look)
            book.formula(sheet, line, 3, f"B{line + 1}-C{line + 1}", tie.difference, "exact")
        last = first + len(account.ties())
        self._row = last + 2
        return f"'{SHEET[language]}'!$D${first + 1}:$D${last}"
