"""The weight table of a scheme: one row for each group, or for each group and hospital level."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from drg.errors import SchemeError

WEIGHTS_FILE: Final = "weights.csv"
_REQUIRED: Final = ("drg", "relative_weight")
_COLUMNS: Final = (*_REQUIRED, "level", "name")
_FIX_COLUMNS: Final = "They must be drg, relative_weight and, if needed, level and name"
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
    rows = csv.reader(_text(file).splitlines())
    header = [name.strip() for name in next(rows, [])]
    if set(header) - set(_COLUMNS) or not set(_REQUIRED) <= set(header) or len(set(header)) < len(header):
        shown = ", ".join(header) if any(header) else "missing"
        raise SchemeError(f"the columns are {shown}", file=file, row=1, fix=_FIX_COLUMNS)
    for row, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise SchemeError(
                f"the row has {len(cells)} cells, but the header has {len(header)}",
                file=file,
                row=row,
                fix="Give the row one cell per column; put a name that holds a comma in quotation marks",
            )
        cell = {name: text.strip() for name, text in zip(header, cells, strict=True)}
        if not cell["drg"]:
            raise SchemeError("the group is missing", file=file, row=row, field="drg", fix="Write its code")
        weight = Weight(
            cell["drg"], _decimal(cell["relative_weight"], file, row), cell.get("level") or None, row
        )
        key = (weight.drg, weight.level)
        if key in weights:
            level = f" for level {weight.level}" if weight.level else ""
            raise SchemeError(
                f"{weight.drg} has a weight{level} already, in row {weights[key].row}",
                file=file,
                row=row,
                field="drg",
                fix="Keep one of the two",
            )
        weights[key] = weight
    if not weights:
        raise SchemeError("there is no weight", file=file, row=2, fix="Add rows such as BR15,0.9258")
    return weights


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SchemeError(
            "the weight table is missing", file=file, fix="Write one; its columns are drg,relative_weight"
        ) from None
    except UnicodeDecodeError:
        raise SchemeError("not UTF-8 text", file=file, fix="Save the file as 'CSV UTF-8'") from None
    except OSError as error:
        raise SchemeError(f"cannot be read: {error.strerror}", file=file, fix="Check its rights") from None


def _decimal(text: str, file: Path, row: int) -> Decimal:
    problem = None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
        problem = "no number"
    if problem is None and not value.is_finite():
        problem = "no number"
    elif problem is None and not 0 < value < _BELOW:
        problem = f"not between 0 and {_BELOW:,}"
    elif problem is None and -int(value.as_tuple().exponent) > _MOST_DECIMALS:
        problem = f"given with more than {_MOST_DECIMALS} decimals"
    if problem:
        raise SchemeError(
            f"the relative weight {text!r} is {problem}",
            file=file,
            row=row,
            field="relative_weight",
            fix="Write a positive number such as 1.2345",
        )
    return value
