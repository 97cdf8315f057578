"""The weight table of a scheme: one row for each group, or for each group and hospital level."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from drg.errors import SchemeError, system_reason
from drg.payment.names import name_form
from drg.records.plain_files import read_bytes
from drg.words import Joined, Sentence

WEIGHTS_FILE: Final = "weights.csv"
_REQUIRED: Final = ("drg", "relative_weight")
_COLUMNS: Final = (*_REQUIRED, "level", "name")
_FIX_COLUMNS: Final = Sentence("They must be drg, relative_weight and, if needed, level and name")
_BELOW: Final = 10_000
_MOST_DECIMALS: Final = 8


@dataclass(frozen=True)
class Weight:
    """One row of the weight table: a group's relative weight.

    Attributes:
        drg: the group.
        relative_weight: as it is written.
        level: the hospital level for which it is, or None for all.
        row: as a spreadsheet numbers it.
    """

    drg: str
    relative_weight: Decimal
    level: str | None
    row: int


Weights = dict[tuple[str, str | None], Weight]


def read_weights(file: Path) -> Weights:
    """The weights by group and level (None: any level).

    Raises:
        SchemeError: names the file, the row and the column.
    """
    weights: Weights = {}
    rows = table_rows(file)
    header = [name.strip() for name in next(rows, [])]
    if set(header) - set(_COLUMNS) or not set(_REQUIRED) <= set(header) or len(set(header)) < len(header):
        shown = Joined(", ", header) if any(header) else Sentence("missing")
        raise SchemeError(
            Sentence("the columns are {names}", names=shown), file=file, row=1, fix=_FIX_COLUMNS
        )
    for row, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise SchemeError(
                Sentence(
                    "the row has {cells} cells, but the header has {columns}",
                    cells=len(cells),
                    columns=len(header),
                ),
                file=file,
                row=row,
                fix=Sentence(
                    "Give the row one cell per column; put a name that holds a comma in quotation marks"
                ),
            )
        cell = {name: text.strip() for name, text in zip(header, cells, strict=True)}
        if not cell["drg"]:
            fix = Sentence("Write its code")
            raise SchemeError(Sentence("the group is missing"), file=file, row=row, field="drg", fix=fix)
        level = _level(cell.get("level", ""), file, row)
        weight = Weight(cell["drg"], _decimal(cell["relative_weight"], file, row), level, row)
        key = (weight.drg, weight.level)
        if key in weights:
            problem = Sentence(
                "{drg} has a weight already, in row {row}", drg=weight.drg, row=weights[key].row
            )
            if weight.level:
                problem = Sentence(
                    "{drg} has a weight for level {level} already, in row {row}",
                    drg=weight.drg,
                    level=weight.level,
                    row=weights[key].row,
                )
            fix = Sentence("Keep one of the two")
            raise SchemeError(problem, file=file, row=row, field="drg", fix=fix)
        weights[key] = weight
    if not weights:
        fix = Sentence("Add rows such as BR15,0.9258")
        raise SchemeError(Sentence("there is no weight"), file=file, row=2, fix=fix)
    return weights


def table_rows(file: Path) -> Iterator[list[str]]:
    """The rows of a table beside a scheme, the header first.

    Raises:
        SchemeError: it cannot be read.
    """
    rows = csv.reader(_text(file).splitlines(), strict=True)
    try:
        yield from rows
    except csv.Error:
        problem = Sentence("a quotation mark opens or ends no cell")
        fix = Sentence("Write a cell in quotation marks with one at its beginning and one at its end")
        raise SchemeError(problem, file=file, row=rows.line_num, fix=fix) from None


def _text(file: Path) -> str:
    try:
        return read_bytes(file).decode("utf-8-sig")
    except FileNotFoundError:
        fix = Sentence("Write one; its columns are drg,relative_weight")
        raise SchemeError(Sentence("the weight table is missing"), file=file, fix=fix) from None
    except UnicodeDecodeError:
        problem = Sentence("not UTF-8 text")
        raise SchemeError(problem, file=file, fix=Sentence("Save the file as 'CSV UTF-8'")) from None
    except OSError as error:
        problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
        raise SchemeError(problem, file=file, fix=Sentence("Check its rights")) from None


def _level(text: str, file: Path, row: int) -> str | None:
    """A level as cases have it: 三级 is 3; None if the weight is for any."""
    if not text:
        return None
    level = name_form("hospital_level", text)
    if level is None:
        problem = Sentence("the level {text!r} is read as an empty cell", text=text)
        fix = Sentence("Write 1, 2 or 3, or leave it empty if the weight is for any level")
        raise SchemeError(problem, file=file, row=row, field="level", fix=fix)
    return level


def _decimal(text: str, file: Path, row: int) -> Decimal:
    problem = None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
        problem = Sentence("no number")
    if problem is None and not value.is_finite():
        problem = Sentence("no number")
    elif problem is None and not 0 < value < _BELOW:
        problem = Sentence("not between 0 and {most:,}", most=_BELOW)
    elif problem is None and -int(value.as_tuple().exponent) > _MOST_DECIMALS:
        problem = Sentence("given with more than {count} decimals", count=_MOST_DECIMALS)
    if problem:
        raise SchemeError(
            Sentence("the relative weight {text!r} is {problem}", text=text, problem=problem),
            file=file,
            row=row,
            field="relative_weight",
            fix=Sentence("Write a positive number such as 1.2345"),
        )
    return value
