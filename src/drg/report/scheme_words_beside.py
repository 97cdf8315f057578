"""What a scheme pays beside groups, in words: points of such cases, and items."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from drg.columns import PRICING
from drg.payment.addition_rules import Addition
from drg.payment.scheme import PaymentScheme
from drg.payment.step_words import number
from drg.words import Both, Joined, Sentence, categories


def points_for_words(scheme: PaymentScheme) -> Iterator[str]:
    """Which cases have points, though they are not paid by their group."""
    if found := scheme.method.points_for:
        names = categories("case_class", "zh")
        classes = Joined(", ", (Both(name, names[name]) for name in found))
        yield Sentence(
            "Not paid by their group, but with points (payment ÷ value of a point), so that they move with "
            "the value that closes the year: {classes}",
            classes=classes,
        )


def addition_words(rule: Addition) -> str:
    """How an item is paid beside the group."""
    item = Both(rule.column, PRICING[rule.column].label_zh)
    if rule.price_yuan is not None:
        paid = Sentence("{item} × {price} yuan", item=item, price=number(rule.price_yuan))
    else:
        paid = Sentence("{item} × {share}", item=item, share=number(rule.share or Decimal(0)))
    parts = [paid]
    if rule.at_most_yuan is not None:
        parts.append(Sentence("at most {amount} yuan a case", amount=number(rule.at_most_yuan)))
    if rule.out_of_cost:
        parts.append(Sentence("taken out of the cost"))
    return Sentence("Paid beside the group: {name} ({how})", name=rule.name, how=Joined(", ", parts))
