"""The loop that adds up priced cases: whole fen in, sums of accounts and months out.

``n`` cases, ``a`` accounts' months, ``h`` hospitals, ``t`` months, ``i`` insurances, ``b`` bases.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from drg.grouping.jit import kernel
from drg.payment.kernels import Flags, Ints

Numbers = npt.NDArray[np.int32]

# Columns of the sums; after them, one for the count of each case class.
CASES, HELD, WEIGHTED, WEIGHT, POINTS, COST, STANDARD, FORMULA, SHARED_COST, SHARED_STANDARD = range(10)
ITEM, OUTSIDE, SPECIAL, EXCLUDED, OTHERS = range(10, 15)
FIRST_CLASS = 15

# Where a case belongs: NOWHERE if its hospital, insurance or month is not known.
NOWHERE = -1


class Cases(NamedTuple):
    """What settlement needs of each case. Amounts in fen, weights and points in units of 1e-8."""

    hospital: Numbers  # [n] NOWHERE if not known
    insurance: Numbers  # [n]
    month: Numbers  # [n]
    basis: Numbers  # [n]
    case_class: Numbers  # [n]
    held: Flags  # [n] in no amount
    weight: Ints  # [n] negative if there is none
    points: Ints  # [n] that are paid
    cost: Ints
    beside: Ints  # [n] excluded items within the cost
    standard: Ints
    drg: Ints
    high: Ints
    item: Ints
    outside: Ints
    special: Ints
    excluded: Ints
    others: Ints  # [n] borne by patients and other payers


@kernel(load_from=50_000, compile_from=150_000)
def add_up(
    cases: Cases,
    start: int,
    inside: Flags,
    shared: Flags,
    place: Numbers,
    filled: int,
    keys: Numbers,
    sums: Ints,
) -> tuple[int, int]:
    """Add cases to the sums of their accounts' months.

    Args:
        cases: the cases.
        start: the first that is not added yet.
        inside: by class, whether it is paid by its group.
        shared: by class, whether its standard and cost are compared.
        place: [h, i, b, t] the row of ``sums``; NOWHERE while there is none.
        filled: rows in use.
        keys: [a, 4] of each row, its place.
        sums: [a, FIRST_CLASS + classes] is added to.

    Returns:
        The case at which the rows ran out (n: none) and the rows in use.
    """
    hospitals, insurances, months, bases = cases.hospital, cases.insurance, cases.month, cases.basis
    classes, held, weights, points = cases.case_class, cases.held, cases.weight, cases.points
    costs, beside, standards, drg, high = cases.cost, cases.beside, cases.standard, cases.drg, cases.high
    item, outside, special, excluded = cases.item, cases.outside, cases.special, cases.excluded
    others = cases.others
    for i in range(start, len(costs)):
        h, k, b, t = hospitals[i], insurances[i], bases[i], months[i]
        if h < 0 or k < 0 or t < 0:
            continue
        row = place[h, k, b, t]
        if row < 0:
            if filled == len(keys):
                return i, filled
            row = filled
            filled += 1
            place[h, k, b, t] = row
            keys[row, 0], keys[row, 1], keys[row, 2], keys[row, 3] = h, k, b, t
        c = classes[i]
        sums[row, CASES] += 1
        sums[row, FIRST_CLASS + c] += 1
        if held[i]:
            sums[row, HELD] += 1
            continue
        if weights[i] >= 0:
            sums[row, WEIGHTED] += 1
            sums[row, WEIGHT] += weights[i]
        by_group = drg[i] + high[i]
        net = costs[i] - beside[i]
        sums[row, COST] += costs[i]
        if inside[c]:
            sums[row, STANDARD] += standards[i]
            sums[row, FORMULA] += standards[i] - net
        if shared[c]:
            sums[row, SHARED_COST] += net
            sums[row, SHARED_STANDARD] += by_group
            sums[row, POINTS] += points[i]
            sums[row, ITEM] += item[i]
        else:
            sums[row, ITEM] += item[i] + by_group
        sums[row, OUTSIDE] += outside[i]
        sums[row, SPECIAL] += special[i]
        sums[row, EXCLUDED] += excluded[i]
        sums[row, OTHERS] += others[i]
    return len(costs), filled
