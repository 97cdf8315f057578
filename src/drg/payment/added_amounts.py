"""What cases are paid beside their group: excluded items and additions of a scheme, in fen."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from drg.columns import PRICING
from drg.payment.addition_rules import COUNTS, EXCLUDED_ITEMS, Addition
from drg.payment.formulas import FEN, HIGHEST_COST_FEN, half_up
from drg.payment.money import NOT_GIVEN, UNUSABLE, fen, fine
from drg.payment.price_kernels import SHARE_UNITS, Ints
from drg.payment.reasons import NOTE, note
from drg.payment.scheme import PaymentScheme

_HIGHEST_COUNT: Final = {name: int(PRICING[name].highest) for name in COUNTS}


class Added(NamedTuple):
    """One item that is paid beside the group.

    Attributes:
        rule: of the scheme.
        given: [n] its amount in fen, or its count; 0 if none, ``UNUSABLE`` if it is impossible.
        paid: [n] what is paid for it; 0 where it is impossible.
    """

    rule: Addition
    given: Ints
    paid: Ints


def added(scheme: PaymentScheme, frame: pl.DataFrame, cost: Ints) -> list[Added]:
    """Every item that the scheme pays beside the group; a column that is absent counts as empty."""
    return [_added(rule, frame, cost) for rule in scheme.beside]


def _added(rule: Addition, frame: pl.DataFrame, cost: Ints) -> Added:
    if rule.column in COUNTS:
        given = fine(frame, rule.column)
        given[given > _HIGHEST_COUNT[rule.column]] = UNUSABLE
    else:
        given = fen(frame, rule.column)
        # It is within the cost; where that is not known, nothing is paid anyway.
        given[(given > cost) & (cost >= 0)] = UNUSABLE
    given[given == NOT_GIVEN] = 0
    paid = np.zeros_like(given)
    # Most cases have no such item.
    some = np.flatnonzero(given > 0)
    number = np.minimum(given[some], HIGHEST_COST_FEN)
    if rule.price_yuan is None:
        paid[some] = _half_up(number * int((rule.share or 0) * SHARE_UNITS), SHARE_UNITS)
    else:
        paid[some] = _half_up(number * int(rule.price_yuan.scaleb(8)), 10**8 // FEN)
    if rule.at_most_yuan is not None:
        paid = np.minimum(paid, half_up(Fraction(rule.at_most_yuan) * FEN))
    return Added(rule, given, paid)


def out_of_cost(items: Sequence[Added], cost: Ints, notes: Ints) -> Ints:
    """What leaves the cost of each case, ``UNUSABLE`` if an item is impossible; that is noted."""
    total = np.zeros_like(cost)
    bad = np.zeros(len(cost), dtype=np.bool_)
    for rule, given, _ in items:
        impossible = given < 0
        excluded = rule.column == EXCLUDED_ITEMS
        note(notes, impossible, NOTE["excluded_items_impossible" if excluded else "additions_impossible"])
        bad |= impossible
        if rule.out_of_cost:
            total += np.maximum(given, 0)
    more = (total > cost) & (cost >= 0)
    note(notes, more & ~bad, NOTE["additions_impossible"])
    total[bad | more] = UNUSABLE
    return total


def _half_up(numbers: Ints, per: int) -> Ints:
    found: Ints = (2 * numbers + per) // (2 * per)
    return found
