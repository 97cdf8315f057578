"""What a table of a comparison is: its rows, its columns, and the cases behind its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import polars as pl

Kind = Literal["text", "count", "weight", "money", "share", "number"]
# How many hospitals or departments a table of the page holds; the workbook holds all.
MOST_PLACES: Final = 500
# What stands before a surplus: payment less this is the surplus, as cases that are not priced have none.
PRICED_COST: Final = ("其中：已计价病例费用", "cost of cases that are priced")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: in the frame.
        zh, en: what it is called.
        kind: how its values are written.
        cases: which cases stand behind it, beside what the row says; None: none do.
        counts: whether it is the number of these cases.
        drivers: a click shows the flows behind the number first.
    """

    name: str
    zh: str
    en: str
    kind: Kind = "text"
    cases: Mapping[str, Any] | None = None
    counts: bool = False
    drivers: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        id: unique within the page.
        zh, en: its title.
        frame: all of its rows.
        columns: in order.
        cases: which cases stand behind a row: for each property of a case a constant, or ``{"col": name}``.
        most: how many rows the page shows at most.
        section: the version that it compares with the base, by number; None for all of them.
    """

    id: str
    zh: str
    en: str
    frame: pl.DataFrame
    columns: tuple[Column, ...]
    cases: Mapping[str, Any] = field(default_factory=dict)
    most: int = 10_000
    section: int | None = None
