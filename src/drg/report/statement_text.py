"""The pieces of a statement's text: lines, their names, and how numbers are written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from drg.settlement.account_formulas import TABLE, Look
from drg.settlement.settlement_columns import SETTLEMENT_COLUMNS

Language = Literal["zh", "en"]

_LABELS: Final = {
    **{column.name: (column.label_zh, column.name.replace("_", " ")) for column in SETTLEMENT_COLUMNS},
    **{row.name: (row.zh, row.label("en")) for row in TABLE if row.is_column},
    "excluded_items": ("除外项目费用", "excluded items"),
    "cleared_payment": ("清算支付", "cleared payment"),
}


@dataclass(frozen=True)
class Figure:
    """A figure: its value and how it is written."""

    value: Any
    look: Look = "money"


@dataclass(frozen=True)
class Line:
    """A line of a statement.

    Attributes:
        name: of its figure.
        label: what it is called.
        figure: its value.
        words: how it comes about, in words.
        numbers: the same with the figures put in.
        formula: the same for a spreadsheet, with names in braces; empty if it is given, not worked out.
        rule: the rule of the scheme.
        source: where that is from.
    """

    name: str
    label: str
    figure: Figure
    words: str = ""
    numbers: str = ""
    formula: str = ""
    rule: str = ""
    source: str = ""


def label(name: str, language: Language) -> str:
    """What a figure is called."""
    chinese, english = _LABELS[name]
    return chinese if language == "zh" else english


def shown(figure: Figure) -> str:
    """A figure as people read it: thousands separated, the sign in front."""
    value, look = figure.value, figure.look
    if value is None:
        return "–"
    if look == "money":
        return f"{value:,.2f}"
    if look == "exact":
        return _trimmed(Decimal(value), 2)
    if look == "share":
        return f"{plain(Decimal(value) * 100)}%"
    if look == "fine_share":
        return f"{Decimal(value) * 100:.6f}%"
    if look == "number":
        return _trimmed(Decimal(value), 0)
    if look == "count":
        return f"{value:,}"
    return str(value)


def plain(number: Decimal) -> str:
    """A number without zeros at its end."""
    return f"{number.normalize():f}"


def _trimmed(value: Decimal, least: int) -> str:
    """All decimals that are not zero, but at least so many."""
    text = f"{value:,f}"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{whole}.{decimals}" if decimals else whole


def bracketed(figure: Figure) -> str:
    """A figure within a sum: a negative one in brackets."""
    text = shown(figure)
    return f"({text})" if text.startswith("-") else text
