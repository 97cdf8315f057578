"""The pricing loop: whole fen in, whole fen out.

``n`` cases, ``r`` combinations of group, hospital and insurance, ``o`` rules for stays outside DRG payment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from drg.grouping.jit import kernel
from drg.payment.formulas import HALF, HIGHEST_COST_FEN

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Case classes, in the order of categories.CaseClass.
INVALID, SPECIAL, JOINED, UNGROUPED, AMBIGUOUS, SHORT, LONG, BED_DAY, DAY_SURGERY = range(9)
UNSTABLE, UNWEIGHTED, UNPRICED, INCOMPLETE, EXTREME, HIGH, LOW, NORMAL = range(9, 17)

# How cases outside the formulas are paid.
BY_ITEM, SHARE, NOTHING, PER_DAY, PER_CASE, NOT_KNOWN, SHARE_OF_STANDARD = range(7)

# What a combination lacks.
PRICED, NO_WEIGHT, NO_PRICE = range(3)

# Columns of ``combinations``: what each is paid; see ``formulas.Prices``. All that a case needs of its row is
# in one place, for there may be hundreds of thousands of rows, and each place is another wait for memory.
LACKS, STANDARD, HIGH_ABOVE, HIGH_BASE, LOW_BELOW, INCOMPLETE_BELOW = range(6)
LINE_HIGH, LINE_LOW, LINE_INCOMPLETE = 6, 10, 14
COMBINATION_WIDTH = 18
# Then one column for each of ``Rules.outside``: what it pays of the standard, 0 if it pays otherwise, or:
ELSEWHERE, HELD = -1, -2  # it is for another group, level or insurance; what it pays is not known

# Grouping, as far as pricing cares: rows of ``Rules.by_status``, but for grouped cases, in whose place
# stand those of groups without a weight. A grouped case that is paid with a later stay is ``STATUS_JOINED``.
STATUS_UNGROUPED, STATUS_AMBIGUOUS, STATUS_GROUPED, STATUS_JOINED = range(4)
UNWEIGHTED_ROW = STATUS_GROUPED

SHARE_UNITS = 100_000_000

# Columns of ``Rules.outside``.
CLASS, AT_MOST, AT_LEAST, KIND, PAYS, COST_SHARE, LINE = range(7)
OUTSIDE_WIDTH = LINE + 4


class Rules(NamedTuple):
    """What a scheme says beyond its lines. Shares are in units of 1 / ``SHARE_UNITS``."""

    outside: Ints  # [o, 11] class, at most days, at least days, kind, pays, share, line; -1: does not matter
    by_status: Ints  # [4, 3] pays, share, class: of ungrouped, ambiguous, unweighted, joined cases
    has_high: bool


class CaseArrays(NamedTuple):
    """What pricing needs of each case. Amounts in fen, -1 if not given."""

    combination: Ints  # [n]
    status: npt.NDArray[np.uint8]  # [n] one of STATUS_…
    cost: Ints  # [n] negative if it cannot be used
    days: Ints  # [n] -1 if not known
    kind: Ints  # [n] number of the case kind, -1 if none
    special: Ints  # [n] what was decided for it; below -1 if that cannot be read
    excluded: Ints  # [n] what leaves the cost, 0 if nothing, negative if that is not known
    incomplete: Flags  # [n]
    extreme: Flags  # [n]


class Priced(NamedTuple):
    """What each case is paid, in fen."""

    case_class: npt.NDArray[np.uint8]
    standard: Ints
    drg: Ints
    high: Ints
    item: Ints
    outside: Ints
    special: Ints


def _at(line: Ints, x: int) -> int:
    """The value of a line that begins here; as ``formulas.Line.at``, and exact for the same reasons."""
    p, d = line[0], line[1]
    quotient, rest = (p * (x // HALF)) // d, (p * (x // HALF)) % d
    low = rest * HALF + p * (x % HALF)
    value = quotient * HALF + low // d + line[2]
    if low % d >= line[3]:
        value += 1
    return int(value)


def _share(cost: int, pays: int, share: int) -> int:
    """What is paid of a cost, half up."""
    if pays == BY_ITEM:
        return cost
    if pays == SHARE:
        # In two steps, so that the product stays within 64 bits.
        whole, rest = cost // SHARE_UNITS, cost % SHARE_UNITS
        return int(whole * share + (2 * rest * share + SHARE_UNITS) // (2 * SHARE_UNITS))
    return 0


def _outside_rule(rules: Ints, days: int, kind: int, combinations: Ints, row: int) -> int:
    """The first rule that takes a stay, or -1. Days that are not known fit no rule that asks for them."""
    for o in range(rules.shape[0]):
        at_most, at_least, asked = rules[o, AT_MOST], rules[o, AT_LEAST], rules[o, KIND]
        if at_most >= 0 and (days < 0 or days > at_most):
            continue
        if at_least >= 0 and days < at_least:
            continue
        if asked >= 0 and kind != asked:
            continue
        if combinations[row, COMBINATION_WIDTH + o] == ELSEWHERE:
            continue
        return o
    return -1


@kernel(load_from=50_000, compile_from=300_000)
def price_cases(combinations: Ints, rules: Rules, cases: CaseArrays, out: Priced) -> None:
    """Price the cases.

    Args:
        combinations: [r, COMBINATION_WIDTH + o] what each combination is paid.
        rules: of the scheme.
        cases: what to price.
        out: is written into.
    """
    # Taken out of their tuples once: inside the loop, each access would count references.
    outside_rules, by_status = rules.outside, rules.by_status
    has_high = rules.has_high
    combination, statuses, costs, all_days = cases.combination, cases.status, cases.cost, cases.days
    kinds, specials, excludeds = cases.kind, cases.special, cases.excluded
    incompletes, extremes = cases.incomplete, cases.extreme
    out_class, out_standard, out_drg, out_high = out.case_class, out.standard, out.drg, out.high
    out_item, out_outside, out_special = out.item, out.outside, out.special

    for i in range(len(costs)):
        row = combination[i]
        standard = combinations[row, STANDARD]
        drg = high = item = outside = special = 0
        total, excluded = costs[i], excludeds[i]
        valid = 0 <= total <= HIGHEST_COST_FEN and 0 <= excluded <= total and specials[i] >= -1
        case_class = INVALID
        if valid:
            cost = total - excluded
            status = statuses[i]
            rule = -1
            if specials[i] < 0 and status == STATUS_GROUPED:
                rule = _outside_rule(outside_rules, all_days[i], kinds[i], combinations, row)
            if specials[i] >= 0:
                case_class = SPECIAL
                special = specials[i]
            elif status != STATUS_GROUPED:
                case_class = by_status[status, 2]
                item = _share(cost, by_status[status, 0], by_status[status, 1])
            elif rule >= 0:
                case_class = outside_rules[rule, CLASS]
                pays = outside_rules[rule, PAYS]
                of_standard = combinations[row, COMBINATION_WIDTH + rule]
                if of_standard == HELD:
                    case_class = UNPRICED
                elif pays == SHARE_OF_STANDARD:
                    outside = of_standard
                elif pays == PER_CASE:
                    outside = _at(outside_rules[rule, LINE:], 1)
                elif pays == PER_DAY:
                    if all_days[i] < 0:
                        case_class = INVALID
                    else:
                        outside = _at(outside_rules[rule, LINE:], all_days[i])
                else:
                    item = _share(cost, pays, outside_rules[rule, COST_SHARE])
            elif combinations[row, LACKS] == NO_WEIGHT:
                case_class = by_status[UNWEIGHTED_ROW, 2]
                item = _share(cost, by_status[UNWEIGHTED_ROW, 0], by_status[UNWEIGHTED_ROW, 1])
            elif combinations[row, LACKS] == NO_PRICE:
                case_class = UNPRICED
            elif incompletes[i]:
                case_class = INCOMPLETE
                drg = standard
                if cost < combinations[row, INCOMPLETE_BELOW]:
                    drg = _at(combinations[row, LINE_INCOMPLETE:], cost)
            elif extremes[i]:
                case_class = EXTREME
                item = cost
            elif has_high and cost > combinations[row, HIGH_ABOVE]:
                case_class = HIGH
                drg = combinations[row, HIGH_BASE]
                high = _at(combinations[row, LINE_HIGH:], cost) - drg
            elif cost < combinations[row, LOW_BELOW]:
                case_class = LOW
                item = _at(combinations[row, LINE_LOW:], cost)
            else:
                case_class = NORMAL
                drg = standard
        out_class[i] = case_class
        out_standard[i] = standard
        out_drg[i] = drg
        out_high[i] = high
        out_item[i] = item
        out_outside[i] = outside
        out_special[i] = special
