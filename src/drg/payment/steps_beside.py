"""The lines of an explanation on what stands beside the group: points of a case's own."""

from __future__ import annotations

from collections.abc import Iterator

from drg.payment.own_points import PLACES, own_points
from drg.payment.step_facts import Facts, Step
from drg.payment.step_words import in_scheme, money, number
from drg.words import Sentence


def point_steps(facts: Facts) -> Iterator[Step]:
    """Payment ÷ value of a point, where the case has points of its own."""
    method, value = facts.scheme.method, facts.entry.point_yuan
    if facts.outcome["case_class"] not in method.points_for or value is None:
        return
    paid = int(facts.payment("item_payment_yuan", "outside_payment_yuan", "high_cost_payment_yuan") * 100)
    arithmetic = Sentence(
        "{paid} ÷ {value}, to {places} decimals", paid=money(paid), value=number(value), places=PLACES
    )
    place = in_scheme("method.points_for")
    yield Step("points", "点数", number(own_points(paid, value)), arithmetic, place, method.source)
