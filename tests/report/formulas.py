"""Calculates the formulas of a workbook, exactly: what a spreadsheet does when it opens it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries

_TOKEN = re.compile(
    r"(?P<text>\"[^\"]*\")"
    r"|(?:'(?P<sheet>[^']+)'!)?(?P<first>\$?[A-Z]{1,3}\$?\d+)(?::(?P<last>\$?[A-Z]{1,3}\$?\d+))?"
    r"|(?P<name>[A-Z]+)(?=\()"
    r"|(?P<number>\d+(?:\.\d+)?)"
)


_SHOWN = re.compile(r'<c r="([A-Z]+\d+)"[^>]*><f>[^<]*</f><v>([^<]*)</v></c>')


class Workbook:
    """The formulas of a workbook and the values that it shows; read once, each cell calculated once."""

    def __init__(self, file: Path) -> None:
        book = openpyxl.load_workbook(file, read_only=True)
        self._given: dict[str, dict[tuple[int, int], Any]] = {
            sheet.title: {
                (cell.row, cell.column): cell.value
                for row in sheet.iter_rows()
                for cell in row
                if cell.value is not None
            }
            for sheet in book
        }
        book.close()
        self.sheets = list(self._given)
        # What a formula shows is beside it in the file; openpyxl would have to read it all again.
        with ZipFile(file) as parts:
            self._shown = {
                (sheet, cell): float(shown)
                for number, sheet in enumerate(self.sheets, 1)
                for cell, shown in _SHOWN.findall(parts.read(f"xl/worksheets/sheet{number}.xml").decode())
            }
        self._known: dict[tuple[str, int, int], Any] = {}
        self._ranges: dict[tuple[str, str, str], list[Any]] = {}

    def formulas(self) -> Iterable[tuple[str, str, str, Any, Any]]:
        """Sheet, cell, formula, the value shown and the value calculated."""
        for sheet, cells in self._given.items():
            for (row, column), given in cells.items():
                if isinstance(given, str) and given.startswith("="):
                    cell = f"{get_column_letter(column)}{row}"
                    yield sheet, cell, given, self._shown[sheet, cell], self._value(sheet, row, column)

    def _value(self, sheet: str, row: int, column: int) -> Any:
        key = sheet, row, column
        if key not in self._known:
            given = self._given[sheet].get((row, column))
            if isinstance(given, str) and given.startswith("="):
                given = self._calculated(given[1:], sheet)
            self._known[key] = Fraction(str(given)) if isinstance(given, int | float) else given
        return self._known[key]

    def _cell(self, sheet: str, cell: str) -> Any:
        column, row, _, _ = range_boundaries(cell)
        return self._value(sheet, row, column) or Fraction(0)

    def _range(self, sheet: str, first: str, last: str) -> list[Any]:
        key = sheet, first, last
        if key not in self._ranges:
            left, top, right, bottom = range_boundaries(f"{first}:{last}")
            self._ranges[key] = [
                self._value(sheet, row, column)
                for row in range(top, bottom + 1)
                for column in range(left, right + 1)
            ]
        return self._ranges[key]

    def _calculated(self, formula: str, here: str) -> Any:
        def translated(found: re.Match[str]) -> str:
            if found["text"]:
                return found["text"]
            if found["name"]:
                return f"_{found['name']}"
            if found["number"]:
                return f"_F('{found['number']}')"
            sheet = found["sheet"] or here
            first = found["first"].replace("$", "")
            if found["last"]:
                return f"_range({sheet!r}, {first!r}, {found['last'].replace('$', '')!r})"
            return f"_cell({sheet!r}, {first!r})"

        python = _TOKEN.sub(translated, formula)
        names: dict[str, Callable[..., Any]] = {
            "_F": Fraction,
            "_range": self._range,
            "_cell": self._cell,
            "_SUM": lambda values: sum((value for value in values if value is not None), Fraction(0)),
            "_MAX": max,
            "_MIN": min,
            "_ABS": lambda values: [abs(value) for value in values if value is not None],
            "_SUMPRODUCT": sum,
            "_ROUND": _half_up,
            "_INT": lambda x: Fraction(floor(x)),
            "_IF": lambda condition, yes, no: yes if condition else no,
            "_SUMIFS": _sum_ifs,
            "_COUNTIFS": lambda *conditions: Fraction(len(_fulfilled(conditions))),
        }
        return eval(python, {"__builtins__": {}}, names)


def _half_up(x: Fraction, places: Fraction) -> Fraction:
    scale = 10 ** int(places)
    size = Fraction(floor(abs(x) * scale + Fraction(1, 2)), scale)
    return size if x >= 0 else -size


def _sum_ifs(values: list[Any], *conditions: Any) -> Fraction:
    return sum((values[place] or Fraction(0) for place in _fulfilled(conditions)), Fraction(0))


def _fulfilled(conditions: tuple[Any, ...]) -> list[int]:
    pairs = list(zip(conditions[::2], conditions[1::2], strict=True))

    def fits(value: Any, wanted: str) -> bool:
        if wanted.endswith("*"):
            return isinstance(value, str) and value.startswith(wanted[:-1])
        return value == wanted

    return [
        place
        for place in range(len(pairs[0][0]))
        if all(fits(values[place], wanted) for values, wanted in pairs)
    ]
