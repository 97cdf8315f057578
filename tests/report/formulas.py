"""Calculates the formulas of a workbook, exactly: what a spreadsheet does when it opens it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

_TOKEN = re.compile(
    r"(?P<text>\"[^\"]*\")"
    r"|(?:'(?P<sheet>[^']+)'!)?(?P<first>\$?[A-Z]{1,3}\$?\d+)(?::(?P<last>\$?[A-Z]{1,3}\$?\d+))?"
    r"|(?P<name>[A-Z]+)(?=\()"
    r"|(?P<number>\d+(?:\.\d+)?)"
)


class Workbook:
    """The formulas of a workbook and the values that it shows."""

    def __init__(self, file: Path) -> None:
        self._formulas = openpyxl.load_workbook(file)
        self._shown = openpyxl.load_workbook(file, data_only=True)
        self._known: dict[tuple[str, str], Any] = {}
        self.sheets = self._formulas.sheetnames

    def formulas(self) -> Iterable[tuple[str, str, str, Any, Any]]:
        """Sheet, cell, formula, the value shown and the value calculated."""
        for sheet in self._formulas:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and cell.value.startswith("="):
                        shown = self._shown[sheet.title][cell.coordinate].value
                        yield (
                            sheet.title,
                            cell.coordinate,
                            cell.value,
                            shown,
                            self.value(sheet.title, cell.coordinate),
                        )

    def value(self, sheet: str, cell: str) -> Any:
        """The value of a cell, calculated if it is a formula."""
        key = sheet, cell
        if key not in self._known:
            given = self._formulas[sheet][cell].value
            if isinstance(given, str) and given.startswith("="):
                given = self._calculated(given[1:], sheet)
            self._known[key] = Fraction(str(given)) if isinstance(given, int | float) else given
        return self._known[key]

    def _range(self, sheet: str, first: str, last: str) -> list[Any]:
        left, top, right, bottom = range_boundaries(f"{first}:{last}")
        sheet_ = self._formulas[sheet]
        return [
            self.value(sheet, sheet_.cell(row, column).coordinate)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]

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
            "_cell": lambda sheet, cell: self.value(sheet, cell) or Fraction(0),
            "_SUM": lambda values: sum((value for value in values if value is not None), Fraction(0)),
            "_MAX": max,
            "_MIN": min,
            "_ABS": lambda values: [abs(value) for value in values if value is not None],
            "_SUMPRODUCT": sum,
            "_ROUND": _half_up,
            "_ROUNDDOWN": lambda x, places: Fraction(floor(x * 10**places), 10**places),
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
