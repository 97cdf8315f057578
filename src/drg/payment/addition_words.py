"""What is paid beside the group, as an explanation writes it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from drg.columns import PRICING
from drg.payment.added_amounts import Added
from drg.payment.addition_rules import EXCLUDED_ITEMS, Addition
from drg.payment.scheme import PaymentScheme
from drg.payment.step_words import in_scheme, in_scheme_row, money, number
from drg.words import Joined, Sentence


def of_addition(rule: Addition) -> tuple[str, str]:
    """What an item is called, in English and Chinese."""
    if rule.column == EXCLUDED_ITEMS and rule.name == EXCLUDED_ITEMS:
        return "excluded items", PRICING[EXCLUDED_ITEMS].label_zh
    return rule.name, rule.name


def paid_beside(scheme: PaymentScheme, added: Sequence[Added]) -> tuple[str, str, str]:
    """Arithmetic, place and source of what a case is paid beside its group."""
    paid = [one for one in added if one.paid[0]]
    parts = [_arithmetic(one) for one in paid]
    if len(paid) > 1:
        parts = [
            Sentence(
                "{name} {arithmetic} = {paid}",
                name=one.rule.name,
                arithmetic=part,
                paid=money(int(one.paid[0])),
            )
            for one, part in zip(paid, parts, strict=True)
        ]
    places = dict.fromkeys(_place(scheme, one.rule) for one in paid)
    sources = dict.fromkeys(one.rule.source for one in paid)
    return Joined("; ", parts), Joined("; ", places), "; ".join(sources)


def _arithmetic(one: Added) -> str:
    rule, given = one.rule, int(one.given[0])
    if rule.price_yuan is not None:
        text = f"{given} × {number(rule.price_yuan)}"
    else:
        text = f"{money(given)} × {number(rule.share or Decimal(0))}"
    if rule.at_most_yuan is None:
        return text
    return Sentence("{arithmetic}, at most {amount}", arithmetic=text, amount=number(rule.at_most_yuan))


def _place(scheme: PaymentScheme, rule: Addition) -> str:
    if rule in scheme.additions:
        return in_scheme_row("additions", scheme.additions.index(rule), rule.name)
    return in_scheme("excluded_items")
