"""Which cells a message or a log may repeat: none that may say who a patient is."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import polars as pl

from drg.columns import ALL, Kind

# Where a row has shifted, any cell may hold a name or the number of a card or telephone. Short numbers with
# their units, days, times and codes are none of these.
_UNITS: Final = "周岁|岁|个月|月|年|天|日|小时|时|分钟|分|万元|元|克|kg|g|min|h"
_PLAIN: Final = rf"^(?:[\d\s.,:;/|&+*†()%¥￥、，；｜-]|[A-Za-z]{{1,2}}\d|\d\s?(?:x\d|{_UNITS}))+$"
_ERROR_OF_SHEET: Final = r"^#[A-Z0-9/]+[!?]?$"
_LONG_NUMBER: Final = r"\d{8}|\d[\d -]{7,}\d"
_TIME: Final = r"[T\s]?\d{1,2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?"
_DAY: Final = rf"^(?:19|20)\d{{2}}[-/.年]?\d{{1,2}}[-/.月]?\d{{1,2}}日?(?:{_TIME})?$"
_OF_A_PERSON: Final = [
    name for name, column in ALL.items() if column.kind is Kind.IDENTIFIER or name == "birth_date"
]


def may_be_repeated(field: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Whether a message may repeat what a cell holds.

    Args:
        field: the canonical column; null where the value is a whole row or the like.
        value: the text of the cell.
    """
    plain = value.str.contains(_PLAIN) & ~value.str.contains(_LONG_NUMBER)
    known = value.is_in(_words()) | value.str.contains(_ERROR_OF_SHEET) | value.str.contains(_DAY)
    return field.is_not_null() & ~field.is_in(_OF_A_PERSON) & (plain | known)


@lru_cache(maxsize=1)
def _words() -> list[str]:
    """The words of closed lists."""
    return [word for column in ALL.values() for word, _ in column.words]
