"""A figure of an account or a line of its statement: one row of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Look = Literal["money", "exact", "share", "fine_share", "number", "count", "text"]
Words = tuple[str, str]  # Chinese, English


@dataclass(frozen=True)
class Formula:
    """One figure.

    Attributes:
        name: of the figure; of its column in a settlement.
        zh: what it is called in Chinese.
        meaning: as a column, in English.
        en: what it is called in English; by default its name.
        expression: how it comes about (see ``payment.expressions``); empty if it is given.
        section: of the statement; empty: only where another line refers to it.
        shown: a condition on being a line of the statement.
        given: where it comes from, if it is given; figures in braces.
        otherwise: what the statement says where the expression comes to nothing; without it, no line.
        remark: what the statement adds to the arithmetic.
        scheme: the rule of the scheme that stands beside it; see ``report.statement_rules``.
        total: it is the total of this column of the table of case classes.
        look: how it is written.
        column: it is a column of the settlement.
    """

    name: str
    zh: str
    meaning: str = ""
    expression: str = ""
    en: str = ""
    section: str = ""
    shown: str = ""
    given: Words = ("", "")
    otherwise: Words | None = None
    remark: Words = ("", "")
    scheme: str = ""
    total: str = ""
    look: Look = "money"
    column: bool = True

    def label(self, language: str) -> str:
        """What it is called."""
        return self.zh if language == "zh" else self.en or self.name.replace("_", " ")


def line_only(name: str, zh: str, en: str, expression: str = "", section: str = "", **more: Any) -> Formula:
    """A line of the statement that is no column of the settlement."""
    return Formula(name, zh, en=en, expression=expression, section=section, column=False, **more)
