"""The case table of a statement, and formulas that add it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from drg.analysis.statement import MONEY
from drg.columns import ALL
from drg.records.reason_text import reason_text
from drg.records.spreadsheet import MOST_ROWS
from drg.records.workbook import Book, Heading
from drg.records.workbook_looks import TOTAL
from drg.report.statement_text import Language
from drg.settlement.point_value_payment import CLEARED_COLUMNS
from drg.settlement.settlement_columns import BASES_ZH, SETTLEMENT_COLUMNS
from drg.words import categories

# Rows of a sheet, less its header and its totals.
MOST_CASES: Final = MOST_ROWS - 2
SHEET: Final = {"zh": "病例", "en": "cases"}
_TOTAL: Final = {"zh": "合计", "en": "total"}
_COUNTED: Final = {"zh": ("计入", "待核"), "en": ("yes", "held")}
_SETTLED: Final = {column.name: column for column in SETTLEMENT_COLUMNS}
_CLEARED: Final = {column.name: column for column in CLEARED_COLUMNS}
_WIDTHS: Final = {"case_id": 18.0, "drg_name": 26.0, "pricing_reason": 50.0, "insurance_type": 8.0}
_SUMMED: Final = frozenset((*MONEY, "relative_weight", "points", "paid_points", "cleared_payment_yuan"))


@dataclass(frozen=True)
class CaseCells:
    """Where the columns of the case table are, for formulas.

    Attributes:
        sheet: its name.
        columns: the letter of each column.
        rows: how many cases there are.
    """

    sheet: str
    columns: dict[str, str]
    rows: int

    def sum_if(self, name: str, conditions: dict[str, str]) -> str:
        """The sum of a column over the cases that fulfil the conditions: ``0`` if there is no such column."""
        if name not in self.columns:
            return "0"
        return f"SUMIFS({self._range(name)},{self._conditions(conditions)})"

    def count_if(self, conditions: dict[str, str]) -> str:
        """How many cases fulfil the conditions."""
        return f"COUNTIFS({self._conditions(conditions)})"

    def _conditions(self, conditions: dict[str, str]) -> str:
        return ",".join(f'{self._range(name)},"{_quoted(value)}"' for name, value in conditions.items())

    def _range(self, name: str) -> str:
        letter = self.columns[name]
        return f"'{self.sheet}'!${letter}$2:${letter}${self.rows + 1}"


def _quoted(value: str) -> str:
    return value.replace('"', '""')


def in_words(name: str, value: str, language: Language) -> str:
    """A value of a column as the table shows it."""
    if language == "zh" and name == "case_class":
        return categories("case_class", language).get(value, value)
    if language == "zh" and name == "basis":
        return BASES_ZH[value]
    return value


def heading(name: str, language: Language) -> str:
    """The head of a column."""
    if name == "period":
        return "出院月份" if language == "zh" else "month"
    if name == "counted":
        return "计入结算" if language == "zh" else "counted"
    if language == "en":
        return name
    column = _CLEARED.get(name) or ALL.get(name) or _SETTLED[name]
    return column.label_zh


def case_cells(table: pl.DataFrame, names: Sequence[str], language: Language) -> CaseCells | None:
    """Where the columns of the case table will be; None if it needs more than one sheet."""
    if table.height > MOST_CASES or table.is_empty():
        return None
    letters = {name: xl_col_to_name(place) for place, name in enumerate(names)}
    return CaseCells(SHEET[language], letters, table.height)


def write_cases(book: Book, table: pl.DataFrame, names: Sequence[str], language: Language) -> None:
    """The case table, on as many sheets as it needs, each with a row of totals."""
    frame = reason_text(_worded(table.select(names), language), language=language)
    headings = [Heading(heading(name, language), _look(name), _WIDTHS.get(name, 13.0)) for name in names]
    starts = range(0, max(frame.height, 1), MOST_CASES)
    parts = [frame.slice(start, MOST_CASES) for start in starts]
    for number, part in enumerate(parts, start=1):
        name = SHEET[language] if len(parts) == 1 else f"{SHEET[language]} {number}"
        sheet = book.frame(name, headings, part, freeze_columns=1)
        _write_totals(book, sheet, part, headings, language)


def _look(name: str) -> str:
    if name in MONEY or name == "cleared_payment_yuan":
        return "money"
    if name.endswith("_date"):
        return "day"
    if name in ("relative_weight", "coefficient", "points", "paid_points", "quality_factor", "point_value"):
        return "number"
    return "code"


def _worded(frame: pl.DataFrame, language: Language) -> pl.DataFrame:
    counted, held = _COUNTED[language]
    changes = [pl.when("counted").then(pl.lit(counted)).otherwise(pl.lit(held)).alias("counted")]
    if language == "zh":
        changes += [
            pl.col("case_class").cast(pl.String).replace(categories("case_class", language)),
            pl.col("basis").replace(BASES_ZH),
        ]
    return frame.with_columns(changes)


def counted_word(language: Language) -> str:
    """What stands in the column ``counted`` of cases that are in the amounts."""
    return _COUNTED[language][0]


def _write_totals(
    book: Book, sheet: Any, frame: pl.DataFrame, headings: Sequence[Heading], language: Language
) -> None:
    last = frame.height + 1
    book.cell(sheet, last, 0, _TOTAL[language], f"text{TOTAL}")
    for place, (name, head) in enumerate(zip(frame.columns, headings, strict=True)):
        if place == 0:
            continue
        if name not in _SUMMED:
            book.cell(sheet, last, place, None, f"text{TOTAL}")
            continue
        letter = xl_col_to_name(place)
        total = frame[name].sum() if frame.height else 0
        book.formula(sheet, last, place, f"SUM({letter}2:{letter}{last})", total, f"{head.look}{TOTAL}")
