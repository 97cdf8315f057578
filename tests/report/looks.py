"""What a reader of any workbook may expect of its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import openpyxl
from openpyxl.cell.cell import Cell

# What a program writes that had nothing to say.
_NO_WORDS = re.compile(r"None|null|nan|NaN|-?inf|NaT|#N/A|True|False")
_PLAIN_WIDTH = 8.43


def shown(cell: Cell) -> str:
    """A number as a spreadsheet shows it."""
    form = cell.number_format.partition(";")[0]
    value = float(cell.value)
    if form in ("General", "@"):
        return ""
    percent = form.endswith("%")
    least, most = (form.partition(".")[2].count(letter) for letter in "0#")
    text = f"{value * (100 if percent else 1):{',' if ',' in form else ''}.{least + most}f}"
    text = text[: len(text) - most] + text[len(text) - most :].rstrip("0") if most else text
    return text + "%" * percent


def faults(file: Path | BinaryIO) -> Iterator[str]:
    """Cells that say nothing in words, numbers without room, tables whose header scrolls away."""
    for sheet in openpyxl.load_workbook(file, data_only=True):
        if sheet.auto_filter.ref and not sheet.freeze_panes:
            yield f"{sheet.title}: the header is not frozen"
        widths = {
            number: column.width
            for column in sheet.column_dimensions.values()
            for number in range(column.min, column.max + 1)
        }
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "e" or (cell.data_type == "s" and _NO_WORDS.fullmatch(str(cell.value))):
                    yield f"{sheet.title}!{cell.coordinate}: {cell.value!r}"
                elif cell.data_type == "n" and cell.value is not None:
                    width = widths.get(cell.column, _PLAIN_WIDTH)
                    if len(shown(cell)) >= width:
                        yield f"{sheet.title}!{cell.coordinate}: {shown(cell)} in a width of {width}"
