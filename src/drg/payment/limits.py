"""Whether every number of a scheme can be computed with exactly: found out when it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Final

from drg.columns import PRICING
from drg.payment.formulas import prices
from drg.payment.outside_rows import outside_rows
from drg.payment.own_points import check_points
from drg.payment.scheme import PaymentScheme

_HIGHEST: Final = Decimal(PRICING["hospital_coefficient"].highest)


def factors(scheme: PaymentScheme) -> list[Decimal]:
    """Every coefficient that a case can have, readmission included."""
    coefficients = scheme.coefficients
    found = {Decimal(1)}
    if coefficients:
        default = coefficients.default
        # Where cases bring their own, the highest possible one stands for all.
        found |= {_HIGHEST if isinstance(default, str) else default}
        found |= {row.value for row in coefficients.rows}
    cut = {scheme.readmission.cut * factor for factor in found} if scheme.readmission else set()
    # The others are multiplied on these: the highest stand for all.
    return sorted(found | cut | {max(found) * _most(scheme, incentive=True)})


def _most(scheme: PaymentScheme, *, incentive: bool) -> Decimal:
    """The most that a coefficient is multiplied with, for difficult cases and traditional medicine."""
    rows = scheme.incentive.rows if scheme.incentive and incentive else ()
    most = max((row.coefficient for row in rows), default=Decimal(1))
    if scheme.incentive and incentive and not isinstance(scheme.incentive.default, str):
        most = max(most, scheme.incentive.default)
    uplifts = scheme.tcm.uplifts if scheme.tcm else ()
    return max(most, Decimal(1)) * max((row.coefficient for row in uplifts), default=Decimal(1))


def check_range(scheme: PaymentScheme, weights: Sequence[tuple[str, Decimal]]) -> None:
    """Work out what could leave 64 bits: each rate with each coefficient, for the extremes among the weights.

    How many digits a line has follows from the rate, the coefficient and the tier of high cost; how large its
    amounts are, from the heaviest group (see ``formulas``). A standard that is rounded first also brings in
    the weight's decimals. Each amount is tried with each weight of its group.

    Raises:
        SchemeError: names the numbers.
    """
    outside_rows(scheme)
    check_points(scheme)
    extremes = _extremes(scheme, weights)
    insurances = (None, *(row.insurance for row in scheme.low.factors)) if scheme.low else (None,)
    for rate, factor, insurance in product(scheme.rates, factors(scheme), insurances):
        for drg, weight in extremes:
            prices(scheme, drg, weight, rate.value_yuan, factor, insurance)
    of_group: dict[str, list[Decimal | None]] = {}
    for drg, weight in weights:
        of_group.setdefault(drg, [None]).append(weight)
    cuts = {Decimal(1), scheme.readmission.cut if scheme.readmission else Decimal(1)}
    cuts |= {_most(scheme, incentive=False)}
    for row, cut in product(scheme.amounts.rows if scheme.amounts else (), cuts):
        for possible in of_group.get(row.drg, [None]):
            prices(scheme, row.drg, possible, None, cut, amount_yuan=row.amount_yuan)


def _extremes(scheme: PaymentScheme, weights: Sequence[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    """Of each tier of high cost the heaviest group and the one whose weight has most decimals."""
    tiers: dict[object, list[tuple[str, Decimal]]] = {}
    for group in weights:
        tiers.setdefault(scheme.high and scheme.high.tier_of(group[1]).weight_below, []).append(group)
    found = []
    for groups in tiers.values():
        found.append(max(groups, key=lambda item: item[1]))
        found.append(max(groups, key=lambda item: Fraction(item[1]).denominator))
    return list(dict.fromkeys(found))
