"""What a column of a frame is: its name, type, unit, meaning and the rule variable that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import polars as pl

from drg.words import Both


class Kind(Enum):
    """How a column is read."""

    IDENTIFIER = "identifier"
    CODE = "code"
    CODES = "codes"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    FLAG = "flag"
    CATEGORY = "category"


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    Attributes:
        name: the name in a frame; units are part of it.
        kind: how it is read.
        dtype: the polars type of the canonical column.
        label_zh: the name that Chinese users know.
        meaning: one sentence, with unit and coding.
        variable: the variable of the rule notation that reads it, if any.
        lowest, highest: the possible values of a number, both included.
        unknown: values that say "not known" by the coding in use; they count as absent.
        rounding: what becomes of a fraction where only whole numbers count: completed units (0.9 years is 0
            years), the nearest unit (half up), or no such value can be.
        words: other words for a value, such as 三级 for the hospital level 3.
    """

    name: str
    kind: Kind
    dtype: pl.DataType | type[pl.DataType]
    label_zh: str
    meaning: str
    variable: str | None = None
    lowest: float = float("-inf")
    highest: float = float("inf")
    unknown: tuple[float, ...] = ()
    rounding: Literal["completed", "nearest", "none"] = "none"
    words: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> Both:
        """What it is called."""
        return Both(self.name, self.label_zh)

    @property
    def unit(self) -> str:
        """In what it is measured: the last part of the name, such as ``days`` or ``yuan``."""
        return self.name.rpartition("_")[2]


def words(*lines: str) -> tuple[tuple[str, str], ...]:
    """Other words for a value: each line has the value and its words."""
    return tuple((word, line.split()[0]) for line in lines for word in line.split()[1:])


def money(name: str, label_zh: str, meaning: str) -> Column:
    """A column of amounts in yuan."""
    return Column(name, Kind.MONEY, pl.Decimal(18, 2), label_zh, meaning)


def count(name: str, label_zh: str, meaning: str) -> Column:
    """A column of whole numbers of what a case had of something."""
    return Column(name, Kind.NUMBER, pl.Int64, label_zh, meaning, lowest=0, highest=10_000)
