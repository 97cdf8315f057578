"""Whether the row that would be the header holds the values of a patient: then no message repeats it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drg.errors import InputError
from drg.words import Sentence

_NUMBER: Final = re.compile(r"[+-]?[\d.,]+")
# Numbers of identity cards and telephones, dates, codes of diagnoses and procedures: no name of a column.
_VALUE: Final = re.compile(
    r"\d{17}[\dXx]|\d{15}|1[3-9]\d{9}"
    r"|(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}.*"
    r"|[A-Za-z]\d{2}\.[\dxX]\S*|\d{2}\.\d{2,4}(?:[xX]\d+)?"
)


def check_names(names: Sequence[str], row: int, place: str | Path) -> None:
    """Refuse a header none of whose names is known, if it holds values.

    Args:
        names: what stands in it.
        row: where it is, counted from 1.
        place: the file, for the message.

    Raises:
        InputError: it does; the message tells no value.
    """
    if holds_values(names):
        raise InputError(
            Sentence("the row holds values, not the names of columns"),
            file=place,
            row=row,
            fix=Sentence("Export the file with a header row; --header-row says where it is"),
        )


def holds_values(names: Sequence[str]) -> bool:
    """Whether these are the values of a case and not the names of columns."""
    filled = [name.strip() for name in names if name.strip()]
    numbers = sum(_NUMBER.fullmatch(name) is not None for name in filled)
    return any(_VALUE.fullmatch(name) for name in filled) or (numbers > 1 and numbers * 2 >= len(filled))
