"""The pieces of a statement's text: lines, their names, and how numbers are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from drg.settlement.columns import SETTLEMENT_COLUMNS

Language = Literal["zh", "en"]
Look = Literal["money", "exact", "share", "fine_share", "number", "count", "text"]
# After the arithmetic: how it is rounded, when it is zero, what its sign means.
_REMARK: Final = re.compile("[，；]|[,;] ")
_NAME: Final = re.compile(r"\{(\w+)\}")

# Names of figures that are no column of the settlement: Chinese and English.
_OWN: Final[dict[str, tuple[str, str]]] = {
    "due": ("支付合计减个人及其他支付", "payment less patient share"),
    "before_limits": ("封顶保底前支付", "payment before limits"),
    "cap_limit": ("封顶额", "cap"),
    "floor_limit": ("保底额", "floor"),
    "score": ("考核得分", "score"),
    "deposit_share_returned": ("保证金返还比例", "share of the deposit returned"),
    "monthly_due": ("月结算应付累计", "due until the monthly settlement"),
    "months_recovered": ("已收回月数", "months of recovery"),
    "recover_months": ("收回总月数", "months of recovery in all"),
    "budget": ("年度预算", "budget"),
    "reserve": ("预留", "reserve"),
    "carried_in": ("上年结转", "carried in"),
    "pool": ("可分配预算", "budget to distribute"),
    "claimed": ("各医院清算前应付合计", "claims of all accounts"),
    "budget_difference": ("清算前应付减可分配预算", "claims less budget"),
    "own_claim": ("本院清算前应付", "claim of this account"),
    "excess": ("超出预算额", "excess over the budget"),
    "relief": ("封顶后的基金分担", "overrun borne by the fund, after the cap"),
    "all_overruns": ("各医院基金分担合计", "overruns borne by the fund, all accounts"),
    "taken": ("收回的超支分担", "overrun borne, taken back"),
    "after": ("收回后应付", "claim after that"),
    "all_after": ("参与分配的应付合计", "claims that share in it, all accounts"),
    "distributed": ("参与分配的预算", "amount distributed"),
    "by_group": ("清算前按病组支付", "paid by group before closing"),
    "all_by_group": ("各医院清算前按病组支付合计", "paid by group before closing, all accounts"),
    "own_points": ("本院清算点数", "points of this account"),
    "all_points": ("各医院清算点数合计", "points of all accounts"),
    "point_value": ("点值", "point value"),
    "factor": ("清算系数", "closing factor"),
    "quota": ("按比例分得（舍去尾数）", "share in proportion, cut"),
    "placed": ("分配的尾差", "rounding units placed here"),
    "cleared_cases": ("病例清算支付合计", "cleared payment of the cases"),
    "cleared_account": ("本院清算支付", "cleared payment of the account"),
    "rounding_difference": ("四舍五入差额", "rounding difference"),
}
_LABELS: Final = {
    **{column.name: (column.label_zh, column.name.replace("_", " ")) for column in SETTLEMENT_COLUMNS},
    **_OWN,
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


def put_in(text: str, names: Callable[[str], str]) -> str:
    """A text with every ``{name}`` replaced."""
    return _NAME.sub(lambda found: names(found[1]), text)


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


class Sheet:
    """The figures of an account by name, and lines made of them.

    Args:
        figures: what is known at the beginning.
        language: of the text.
        classes: of a figure that is a sum over the cases, what each class of them adds.
    """

    def __init__(
        self,
        figures: Mapping[str, Figure],
        language: Language,
        classes: Mapping[str, Sequence[tuple[str, Decimal]]] | None = None,
    ) -> None:
        self.figures = dict(figures)
        self._classes = classes or {}
        self.language: Language = language
        self.labels: dict[str, str] = {}

    def name_of(self, name: str) -> str:
        """What a figure is called here."""
        return self.labels.get(name, "").strip() or label(name, self.language)

    def total(self, name: str) -> Line:
        """A figure that the table of case classes adds up, with what each class adds."""
        words = "病例汇总表合计" if self.language == "zh" else "total of the table of case classes"
        parts = [
            f"{kind} {_bracketed(Figure(amount))}" for kind, amount in self._classes.get(name, ()) if amount
        ]
        return Line(
            name=name,
            label=self.name_of(name),
            figure=self.figures[name],
            words=words,
            numbers=" + ".join(parts),
            formula=f"{{sum_{name}}}",
        )

    def line(
        self,
        name: str,
        value: Any = None,
        zh: str = "",
        en: str = "",
        *,
        formula: str = "",
        look: Look | None = None,
        called: tuple[str, str] | None = None,
        rule: tuple[str, str, str] = ("", "", ""),
    ) -> Line:
        """A line, whose figure later lines may name.

        Args:
            name: of the figure.
            value: its value; None: what is known by this name.
            zh: the words in Chinese, with other figures in braces.
            en: the words in English.
            formula: for a spreadsheet.
            look: how the figure is written.
            called: its label in Chinese and English, if it has none by its name.
            rule: the rule of the scheme in Chinese and English, and its source.
        """
        old = self.figures.get(name)
        look = look or (old.look if old else "money")
        figure = Figure(old.value if value is None and old else value, look)
        self.figures[name] = figure
        chinese = self.language == "zh"
        if called:
            self.labels[name] = called[0] if chinese else called[1]
        words = zh if chinese else en
        return Line(
            name=name,
            label=self.labels.get(name) or self.name_of(name),
            figure=figure,
            words=put_in(words, self.name_of),
            numbers=put_in(_REMARK.split(words)[0], self._number) if "{" in words else "",
            formula=formula,
            rule=rule[0] if chinese else rule[1],
            source=rule[2],
        )

    def _number(self, name: str) -> str:
        return _bracketed(self.figures[name])


def _bracketed(figure: Figure) -> str:
    """A figure within a sum: a negative one in brackets."""
    text = shown(figure)
    return f"({text})" if text.startswith("-") else text
