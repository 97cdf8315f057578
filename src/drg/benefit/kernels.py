"""The loop over the stays of persons: whole fen in, whole fen out.

``n`` stays; ``r`` kinds of stay; ``t`` tables of tiers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from drg.grouping.jit import kernel

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SHARE_UNITS = 100_000_000
UNLIMITED = 1 << 62

# Columns of ``kinds``: what the scheme says of stays of a kind. Amounts in fen, shares in 1 / SHARE_UNITS,
# tables of tiers and deductibles by their row; UNLIMITED if there is no cap.
CLASS_B_SHARE, OFF_SITE_SHARE = range(2)
DEDUCTIBLES, DEDUCTIBLE_BY_YEAR, PAYS_DIFFERENCE, DEDUCTIBLE_A_YEAR = range(2, 6)
BASIC_TIERS, TIERS_BY_YEAR, STAY_CAP, BASIC_CAP = range(6, 10)
CRITICAL_TIERS, CRITICAL_FROM, CRITICAL_CAP, CRITICAL_FIRST, CRITICAL_ABOVE = range(10, 15)
AID_TIERS, AID_FROM, AID_CAP, AID_FIRST, AID_ABOVE = range(15, 20)
WITHIN_TIERS, WITHIN_FROM, WITHIN_CAP, WITHIN_FIRST = range(20, 24)
OUTSIDE_TIERS, OUTSIDE_FROM, OUTSIDE_CAP, OUTSIDE_ABOVE_LIMIT = range(24, 28)
DRUGS_TIERS, DRUGS_FROM, DRUGS_CAP, PRODUCT_CAP, HAS_PRODUCT = range(28, 33)
KIND_WIDTH = 33

# Columns of ``out``: what came of each stay, in fen. Those with BEFORE are sums of the year up to the stay.
NUMBER, FIRST_OWN, IN_POLICY, OUTSIDE_POLICY = range(4)
STANDARD, DEDUCTIBLE, BASIC_BEFORE, BASIC_UNCAPPED, BASIC = range(4, 9)
CRITICAL_COUNTED, CRITICAL_BEFORE, CRITICAL = range(9, 12)
AID_COUNTED, AID_BEFORE, AID = range(12, 15)
WITHIN_COUNTED, WITHIN_BEFORE, WITHIN = range(15, 18)
OUTSIDE_COUNTED, OUTSIDE_BEFORE, OUTSIDE = range(18, 21)
DRUGS_COUNTED, DRUGS_BEFORE, DRUGS = range(21, 24)
COMMERCIAL, PATIENT = range(24, 26)
DEDUCTIBLE_TO_DATE, COUNTED_TO_DATE, BASIC_TO_DATE, CRITICAL_TO_DATE = range(26, 30)
AID_TO_DATE, COMMERCIAL_TO_DATE, AFTER_HELD = range(30, 33)
OUT_WIDTH = 33


class StayArrays(NamedTuple):
    """What the loop needs of each stay. Amounts in fen.

    ``order`` and ``begins`` may be those of some persons alone.
    """

    order: Ints  # [n] the places of the stays in order of person, year and discharge
    begins: Flags  # [n] in that order: the first stay of a person in a year
    kind: Ints  # [n] row of ``kinds``
    held: Flags  # [n] nothing can be said of it
    class_a: Ints
    class_b: Ints
    self_paid: Ints
    above_limit: Ints
    drugs: Ints


def part_of(amount: int, share: int) -> int:
    """A share of an amount, half up."""
    return (2 * amount * share + SHARE_UNITS) // (2 * SHARE_UNITS)


def by_tiers(tiers: Ints, row: int, start: int, end: int) -> int:
    """What the tiers pay of an amount between two sums of the year, half up once.

    Args:
        tiers: [t, m, 2] the end of each tier and its share.
        row: the table of tiers; -1 pays nothing.
        start: the sum before.
        end: the sum after.
    """
    total = 0
    if row >= 0:
        low = 0
        for k in range(tiers.shape[1]):
            high = tiers[row, k, 0]
            part = min(end, high) - max(start, low)
            if part > 0:
                total += part * tiers[row, k, 1]
            low = high
    return int((2 * total + SHARE_UNITS) // (2 * SHARE_UNITS))


def borne(tiers: Ints, kinds: Ints, row: int, at: int, before: int, counted: int, paid: int) -> int:
    """What a payer bears of an amount: by its tiers above its threshold, up to its cap of the year.

    Args:
        tiers: of all payers.
        kinds: what the scheme says.
        row: the kind of stay.
        at: the column of the payer's tiers; its threshold and its cap stand beside it.
        before: what has been counted in the year before.
        counted: the amount.
        paid: what the payer has paid in the year before.
    """
    begin, cap = kinds[row, at + 1], kinds[row, at + 2]
    found = by_tiers(tiers, kinds[row, at], max(before, begin), max(before + counted, begin))
    return int(min(found, max(cap - paid, 0)))


@kernel(load_from=9_000, compile_from=130_000)
def share_stays(kinds: Ints, deductibles: Ints, tiers: Ints, stays: StayArrays, out: Ints) -> None:
    """Work out who pays what of each stay.

    Args:
        kinds: [r, KIND_WIDTH] what the scheme says of stays of each kind.
        deductibles: [d, m] by the number of the stay; the last column is that of all others.
        tiers: [t, m, 2] the end of each tier and its share.
        stays: in the order of their rows.
        out: [n, OUT_WIDTH] in the order of ``stays.order``, is written into.
    """
    order, begins, kind_of, held = stays.order, stays.begins, stays.kind, stays.held
    class_a, class_b, self_paid = stays.class_a, stays.class_b, stays.self_paid
    above_limit, all_drugs = stays.above_limit, stays.drugs
    numbers = deductibles.shape[1]
    number = last_standard = deductible_sum = base_sum = counted_sum = aid_sum = 0
    within_sum = outside_sum = drugs_sum = within_paid = outside_paid = drugs_paid = 0
    basic_sum = critical_sum = aid_paid = commercial_sum = after_held = 0

    for place in range(len(order)):
        i = order[place]
        if begins[place]:
            number = last_standard = deductible_sum = base_sum = counted_sum = aid_sum = 0
            within_sum = outside_sum = drugs_sum = within_paid = outside_paid = drugs_paid = 0
            basic_sum = critical_sum = aid_paid = commercial_sum = after_held = 0
        if held[i]:
            after_held = 1
            continue
        row = kind_of[i]
        number += 1

        first_own = part_of(class_b[i], kinds[row, CLASS_B_SHARE])
        first_own += part_of(class_a[i] + class_b[i] - first_own, kinds[row, OFF_SITE_SHARE])
        in_policy = class_a[i] + class_b[i] - first_own

        standard = deductibles[kinds[row, DEDUCTIBLES], min(number, numbers) - 1]
        due = standard
        if kinds[row, PAYS_DIFFERENCE] == 1:
            due = max(standard - last_standard, 0)
        if kinds[row, DEDUCTIBLE_BY_YEAR] == 1:
            due = max(standard - deductible_sum, 0)
        due = min(due, max(kinds[row, DEDUCTIBLE_A_YEAR] - deductible_sum, 0))
        deductible = min(due, in_policy)
        last_standard = standard

        before = base_sum if kinds[row, TIERS_BY_YEAR] == 1 else 0
        base = in_policy - deductible
        uncapped = by_tiers(tiers, kinds[row, BASIC_TIERS], before, before + base)
        basic = min(uncapped, kinds[row, STAY_CAP], max(kinds[row, BASIC_CAP] - basic_sum, 0))

        counted = in_policy - uncapped
        counted += kinds[row, CRITICAL_ABOVE] * (uncapped - basic) + kinds[row, CRITICAL_FIRST] * first_own
        critical = borne(tiers, kinds, row, CRITICAL_TIERS, counted_sum, counted, critical_sum)

        left = in_policy - uncapped - critical
        left += kinds[row, AID_ABOVE] * (uncapped - basic) + kinds[row, AID_FIRST] * first_own
        left = max(left, 0)
        aid = borne(tiers, kinds, row, AID_TIERS, aid_sum, left, aid_paid)

        insured = kinds[row, HAS_PRODUCT]
        still = in_policy - basic - critical - aid + kinds[row, WITHIN_FIRST] * first_own
        still = insured * max(still, 0)
        within = borne(tiers, kinds, row, WITHIN_TIERS, within_sum, still, within_paid)
        beyond = self_paid[i] - all_drugs[i] + kinds[row, OUTSIDE_ABOVE_LIMIT] * above_limit[i]
        beyond = insured * beyond
        outside = borne(tiers, kinds, row, OUTSIDE_TIERS, outside_sum, beyond, outside_paid)
        special = insured * all_drugs[i]
        drugs = borne(tiers, kinds, row, DRUGS_TIERS, drugs_sum, special, drugs_paid)
        commercial = min(within + outside + drugs, max(kinds[row, PRODUCT_CAP] - commercial_sum, 0))

        cost = class_a[i] + class_b[i] + self_paid[i] + above_limit[i]
        out[place, NUMBER] = number
        out[place, FIRST_OWN] = first_own
        out[place, IN_POLICY] = in_policy
        out[place, OUTSIDE_POLICY] = self_paid[i] + above_limit[i]
        out[place, STANDARD] = standard
        out[place, DEDUCTIBLE] = deductible
        out[place, BASIC_BEFORE] = before
        out[place, BASIC_UNCAPPED] = uncapped
        out[place, BASIC] = basic
        out[place, CRITICAL_COUNTED] = counted
        out[place, CRITICAL_BEFORE] = counted_sum
        out[place, CRITICAL] = critical
        out[place, AID_COUNTED] = left
        out[place, AID_BEFORE] = aid_sum
        out[place, AID] = aid
        out[place, WITHIN_COUNTED] = still
        out[place, WITHIN_BEFORE] = within_sum
        out[place, WITHIN] = within
        out[place, OUTSIDE_COUNTED] = beyond
        out[place, OUTSIDE_BEFORE] = outside_sum
        out[place, OUTSIDE] = outside
        out[place, DRUGS_COUNTED] = special
        out[place, DRUGS_BEFORE] = drugs_sum
        out[place, DRUGS] = drugs
        out[place, COMMERCIAL] = commercial
        out[place, PATIENT] = cost - basic - critical - aid - commercial

        deductible_sum += deductible
        base_sum += base
        basic_sum += basic
        counted_sum += counted
        critical_sum += critical
        aid_sum += left
        aid_paid += aid
        within_sum += still
        within_paid += within
        outside_sum += beyond
        outside_paid += outside
        drugs_sum += special
        drugs_paid += drugs
        commercial_sum += commercial
        out[place, DEDUCTIBLE_TO_DATE] = deductible_sum
        out[place, COUNTED_TO_DATE] = counted_sum
        out[place, BASIC_TO_DATE] = basic_sum
        out[place, CRITICAL_TO_DATE] = critical_sum
        out[place, AID_TO_DATE] = aid_paid
        out[place, COMMERCIAL_TO_DATE] = commercial_sum
        out[place, AFTER_HELD] = after_held
