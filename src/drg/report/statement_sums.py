"""The cases of a hospital added up by DRG and by department, on sheets that end in totals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from drg.analysis.statement import sums_by
from drg.analysis.statement_account import Account
from drg.payment.scheme import PaymentScheme
from drg.records.workbook import Book, Heading
from drg.records.workbook_looks import TOTAL
from drg.report.html import table
from drg.report.statement_cases import heading
from drg.report.statement_text import Figure, Language, label, shown
from drg.report.statement_words import words_in
from drg.settlement.settlement_columns import BASES_ZH

_FIGURES: Final = {
    **{"cases": "count", "relative_weight": "weight"},
    **dict.fromkeys(
        ("cost", "standard", "shared_cost", "shared_standard", "payment", "patient_and_others"), "money"
    ),
    **dict.fromkeys(("surplus_formula", "surplus"), "money"),
}
_OF_PAGE: Final = ("cost", "standard", "payment", "patient_and_others", "surplus")
_ACCOUNT: Final = ("insurance_type", "basis")
_WIDE: Final = {"drg_name": 26.0, "department": 16.0}


def write_groups(book: Book, cases: pl.DataFrame, scheme: PaymentScheme, language: Language) -> None:
    """The sheet of groups."""
    _write(book, words_in(language).groups, cases, ("drg", "drg_name"), scheme, language)


def write_departments(book: Book, cases: pl.DataFrame, scheme: PaymentScheme, language: Language) -> None:
    """The sheet of departments."""
    words = words_in(language)
    named = cases.with_columns(pl.col("department").fill_null(words.not_given))
    _write(book, words.departments, named, ("department",), scheme, language)


def _write(
    book: Book,
    sheet_name: str,
    cases: pl.DataFrame,
    by: Sequence[str],
    scheme: PaymentScheme,
    language: Language,
) -> None:
    keys = [name for name in (*_ACCOUNT, *by) if name in cases.columns]
    sums = sums_by(cases, keys, scheme).select(*keys, *_FIGURES)
    headings = [Heading(heading(name, language), "code", _WIDE.get(name, 9)) for name in keys]
    headings += [Heading(label(name, language), look) for name, look in _FIGURES.items()]
    frame = sums.with_columns(pl.col("basis").replace(BASES_ZH)) if language == "zh" else sums
    sheet = book.frame(sheet_name, headings, frame)
    last = frame.height + 1
    book.cell(sheet, last, 0, words_in(language).total, f"text{TOTAL}")
    for place, (name, look) in enumerate(_FIGURES.items(), start=len(keys)):
        letter = xl_col_to_name(place)
        formula = f"SUM({letter}2:{letter}{last})" if last > 1 else "0"
        book.formula(sheet, last, place, formula, sums[name].sum(), f"{look}{TOTAL}")


def departments_page(account: Account, language: Language) -> str:
    """The departments of an account as HTML; nothing if no case says its own."""
    if account.by_department is None:
        return ""
    words = words_in(language)

    def cells(row: dict[str, object]) -> list[str]:
        amounts = (shown(Figure(row[name])) for name in _OF_PAGE)
        return [shown(Figure(row["cases"], "count")), *amounts]

    rows = [
        [row["department"] or words.not_given, *cells(row)]
        for row in account.by_department.iter_rows(named=True)
    ]
    rows.append([words.total, *cells(account.total)])
    heads = ["", *(label(name, language) for name in ("cases", *_OF_PAGE))]
    return f"<h3>{words.departments}</h3>\n{table(heads, 1, rows, style='compact', totals=1)}"
