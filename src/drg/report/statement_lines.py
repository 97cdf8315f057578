"""An account → the lines of its statement, in the order in which they follow from each other.

The lines are the rows of ``settlement.account_formulas``: each section has its rows in their order, each
after the figures that it refers to. Terms that come to nothing by rule are left out of the arithmetic, and
have no line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from drg.analysis.statement_account import Account
from drg.payment.expression_text import in_cells, in_words, names_in, put_in, unit_words
from drg.payment.expressions import as_decimal, evaluate, exact, is_nothing, names, parse, resolve
from drg.payment.scheme import PaymentScheme
from drg.report.statement_cases import in_words as value_in_words
from drg.report.statement_rules import rule_beside
from drg.report.statement_text import Figure, Language, Line, bracketed
from drg.settlement.account_formulas import Formula
from drg.settlement.evaluation import formulas, rounding_of
from drg.settlement.settle import NO_RULES

# Titles, and the sections of ``account_formulas`` below them.
LAYOUT: Final = (
    (("病例差额", "Cases: surplus"), ("cases",)),
    (("结余留用与超支分担", "Surplus kept, overrun shared"), ("sharing",)),
    (("支付合计", "Payment"), ("payment",)),
    (("基金应付", "Entitlement"), ("due", "closing", "entitlement")),
    (("应拨付", "Payable"), ("payable",)),
    (("已拨付与余额", "Instalments and balance"), ("balance",)),
    (("医院盈亏", "The hospital's result"), ("outcome",)),
    (("点数法病例清算", "Cases by the value of a point"), ("cleared_cases",)),
)
# The year and its budget at the present pace: what stands above these is given.
_EXPECTED: Final = ("due", "closing", "entitlement")
_EXPECTED_TITLE: Final = (
    "全年预测与预算清算（仅供参考）",
    "The year and its budget at the present pace (for information)",
)
_FORECAST: Final = (
    "全年预测：已有月份的病例合计 × 12 ÷ 已有月数，再按方案计算",
    "forecast: the sums of the cases × 12 ÷ the months so far, then by the scheme",
)
_NO_SCORE_YET: Final = ("预测不含考核，系数按 1", "no score yet: the factor is 1")


@dataclass(frozen=True)
class Section:
    """Lines under a heading."""

    title: str
    lines: tuple[Line, ...]


def sections(account: Account, scheme: PaymentScheme, language: Language) -> list[Section]:
    """The lines of an account."""
    place = 0 if language == "zh" else 1
    lines = _Lines(account, scheme, language)
    found = [Section(title[place], tuple(lines.of(groups))) for title, groups in LAYOUT]
    if account.forecast is not None and account.budget is not None:
        expected = _Lines(account, scheme, language, forecast=True)
        found.append(Section(_EXPECTED_TITLE[place], tuple(expected.of(_EXPECTED))))
    return [section for section in found if section.lines]


class _Lines:
    """The figures of an account, and the lines made of them."""

    def __init__(
        self, account: Account, scheme: PaymentScheme, language: Language, *, forecast: bool = False
    ) -> None:
        rules = scheme.settlement or NO_RULES
        self._language = language
        self._place = 0 if language == "zh" else 1
        self._forecast = forecast
        self._by_class = account.by_class
        self._rounding = rounding_of(rules)
        self._functions = exact(self._rounding)
        self._rows, parameters = formulas(rules)
        self._values = account.figures(forecast=forecast)
        self._constants = parameters | account.conditions(rules, forecast=forecast)
        self._rules, self._budget = rules, account.budget_rule(rules)
        self._done: set[str] = set()
        self._trees: dict[str, ast.expr] = {}

    def of(self, groups: tuple[str, ...]) -> Iterator[Line]:
        """The lines of some sections, with those that they refer to and that are not there yet."""
        for group in groups:
            for row in self._rows.values():
                if row.section == group and self._is_shown(row):
                    yield from self._with_others(row)

    def _with_others(self, row: Formula) -> Iterator[Line]:
        if row.name in self._done:
            return
        self._done.add(row.name)
        given = self._given(row)
        # Also where there is no score, that is a line.
        named = row.given if given is row.otherwise and not row.expression else given
        for name in names_in(named[self._place]) if named else names(self._tree(row)):
            if name in self._rows:
                yield from self._with_others(self._rows[name])
        yield self._line(row)

    def _line(self, row: Formula) -> Line:
        value, place = self.value(row.name), self._place
        parts: str | None = None
        formula = f"{{sum_{row.total}}}" if row.total and not self._forecast else ""
        given = self._given(row)
        if given:
            words = body = given[place].replace("{unit}", unit_words(self._rounding)[place])
            if row.total and not self._forecast:
                parts = self._classes(row.total)
        else:
            body, remarks = in_words(self._tree(row), self._rounding, self._exact)
            comma, semicolon = ("，", "；") if place == 0 else (", ", "; ")
            words = comma.join(dict.fromkeys((body, *(remark[place] for remark in remarks))))
            if row.remark[place]:
                words += f"{semicolon}{row.remark[place]}"
            formula = in_cells(self._tree(row), self._rounding) if value is not None else ""
        if parts is None:
            parts = put_in(body, lambda name: bracketed(self._figure(name))) if "{" in body else ""
        rule = rule_beside(row.scheme, self._rules, self._budget, self._values.get("closed_by"))
        return Line(
            name=row.name,
            label=row.label(self._language),
            figure=Figure(value, row.look),
            words=put_in(words, lambda name: self._rows[name].label(self._language).strip()),
            numbers=parts,
            formula=formula,
            rule=rule[place],
            source=rule[2],
        )

    def _given(self, row: Formula) -> tuple[str, str] | None:
        """Where a figure comes from that is not worked out here; None if it is."""
        if self._forecast and row.section not in _EXPECTED and row.is_column and row.name != "quality_factor":
            return _FORECAST
        if self._forecast and row.total:
            return _FORECAST
        if self._forecast and "score" in names_in(row.given[0]):
            return _NO_SCORE_YET
        if not row.expression:
            unknown = [
                name for name in names_in(row.given[0]) if name in self._rows and self.value(name) is None
            ]
            return row.otherwise if unknown and row.otherwise else row.given
        tree = self._tree(row)
        if is_nothing(tree) and row.otherwise:
            return row.otherwise
        # What no other line shows is not worked out here.
        hidden = [name for name in names(tree) if name == row.name or name not in self._rows]
        return row.given if hidden else None

    def _classes(self, name: str) -> str:
        """What each class adds to a total."""
        amounts = zip(self._by_class["case_class"], self._by_class[name], strict=True)
        return " + ".join(
            f"{value_in_words('case_class', kind or '', self._language)} {bracketed(Figure(amount))}"
            for kind, amount in amounts
            if amount
        )

    # ------------------------------------------------------------------------------------------ what they are

    def value(self, name: str) -> Any:
        """A figure: of the settlement, or worked out; None where there is none."""
        if name not in self._values:
            self._values[name] = as_decimal(self._exact(self._whole_tree(self._rows[name])))
        return self._values[name]

    def _figure(self, name: str) -> Figure:
        return Figure(self.value(name), self._rows[name].look)

    def _exact(self, tree: ast.expr) -> Any:
        def value_of(name: str) -> Any:
            value = self._constants.get(name, None)
            value = self.value(name) if value is None else value
            return value if isinstance(value, bool) else Fraction(value)

        return evaluate(tree, value_of, self._functions)

    def _is_shown(self, row: Formula) -> bool:
        if row.shown and not self._exact(parse(row.shown)):
            return False
        return not row.expression or row.otherwise is not None or not is_nothing(self._tree(row))

    def _whole_tree(self, row: Formula) -> ast.expr:
        """The formula of a row by the rules and conditions of the account."""

        def decide(condition: ast.expr) -> bool:
            return bool(self._exact(condition))

        return resolve(parse(row.expression), self._constants, decide)

    def _tree(self, row: Formula) -> ast.expr:
        """The same without figures that have no line, for they are nothing, or a factor of one."""
        if row.name not in self._trees:
            tree = self._whole_tree(row)
            silent = {
                name: int(self.value(name))
                for name in names(tree)
                if name in self._rows
                and name != row.name
                and not self._is_shown(self._rows[name])
                and self.value(name) in (Decimal(0), Decimal(1))
            }
            self._trees[row.name] = resolve(tree, silent) if silent else tree
        return self._trees[row.name]
