"""Rows of totals below the table of a sheet, as formulas."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from drg.records.workbook import Book
from drg.records.workbook_looks import TOTAL


class Totals:
    """The rows of totals below a table that begins in the first row.

    Args:
        book: to write to.
        sheet: with the table.
        looks: of its columns by their names, in their order.
        added: the columns that add up; others hold the texts of the total, or nothing.
        height: of the table, without its header.
    """

    def __init__(
        self, book: Book, sheet: Any, looks: Mapping[str, str], added: Collection[str], height: int
    ) -> None:
        """Begin below the table."""
        self._book, self._sheet, self._added = book, sheet, added
        self._letters = {name: xl_col_to_name(place) for place, name in enumerate(looks)}
        self._looks = looks
        self._height = height
        self._row = height + 1

    def write(self, texts: Mapping[str, Any], part: pl.DataFrame, where: Mapping[str, Any]) -> int:
        """The sums of the rows where columns hold these words; gives the row as a spreadsheet counts it."""
        quoted = ((key, str(value).replace('"', '""')) for key, value in where.items())
        conditions = "".join(f',{self._range(key)},"{value}"' for key, value in quoted)
        return self._write(texts, part, lambda name: f"SUMIFS({self._range(name)}{conditions})")

    def write_sum(self, texts: Mapping[str, Any], part: pl.DataFrame, rows: Sequence[int]) -> None:
        """The sum of rows of totals."""
        self._write(texts, part, lambda name: "+".join(f"{self._letters[name]}{row}" for row in rows) or "0")

    def _write(self, texts: Mapping[str, Any], part: pl.DataFrame, formula: Callable[[str], str]) -> int:
        for place, (name, look) in enumerate(self._looks.items()):
            if name in self._added:
                value = part[name].sum()
                self._book.formula(self._sheet, self._row, place, formula(name), value, f"{look}{TOTAL}")
            else:
                self._book.cell(self._sheet, self._row, place, texts.get(name), f"text{TOTAL}")
        self._row += 1
        return self._row

    def _range(self, name: str) -> str:
        letter = self._letters[name]
        return f"{letter}$2:{letter}${self._height + 1}"
