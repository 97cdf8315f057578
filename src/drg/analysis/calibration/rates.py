"""What a unit of weight is paid: a budget, less a reserve and what is paid by item, divided by the weight.

Nothing is estimated: the cases of the base period are priced by the scheme that is made, as ``drg price``
does it, and a rate stands if what they are all paid stays within the budget to the fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from math import floor
from typing import Final, NamedTuple

import polars as pl
from scipy.optimize import brentq

from drg.analysis.calibration.repricing import BY_WEIGHT, HELD, Repricing
from drg.errors import InputError
from drg.words import Joined, Sentence

# A rate is paid to the fen; a point is worth much less, and its value is published with four decimals.
RATE_DECIMALS: Final = 2
POINT_DECIMALS: Final = 4
_FEN: Final = Decimal("0.01")

Insurance = str | None


@dataclass(frozen=True)
class BudgetRate:
    """A rate, or the value of a point, and how the budget is divided.

    budget = reserve + by item + paid by weight + rest, all of the base period.

    Attributes:
        insurance: for which insurance; None for all.
        cases: that are paid by their weight.
        weight: Σ weight × scale × coefficient of these cases; the scale is 1 but for points.
        budget_yuan: what was given.
        reserve_yuan: what is kept back.
        by_item_cases: that are not paid by weight: without a group or a weight, ambiguous, outside DRG.
        by_item_yuan: what these are paid: their cost, unless the rules say otherwise.
        value_yuan: the largest that the budget pays for, and at most
            (budget − reserve − by item) ÷ weight, rounded down.
        drg_yuan: what the cases that are paid by their weight are paid at this value.
        rest_yuan: what is left of the budget.
        held_cases: that are paid nothing, because their cost, or what the rules pay them, is not known.
    """

    insurance: str | None
    cases: int
    weight: Fraction
    budget_yuan: Decimal
    reserve_yuan: Decimal
    by_item_cases: int
    by_item_yuan: Decimal
    value_yuan: Decimal
    drg_yuan: Decimal
    rest_yuan: Decimal
    held_cases: int


class _Part(NamedTuple):
    """What a budget has to pay for, and what does not depend on the rate."""

    cases: int
    weight: Fraction
    by_item_cases: int
    by_item_yuan: Decimal
    held_cases: int


def budget_rates(
    budget: Mapping[Insurance, Decimal], reserve: Decimal, pricing: Repricing
) -> tuple[BudgetRate, ...]:
    """The rates, or the values of a point, that a budget pays for.

    Args:
        budget: in yuan, by insurance or for None.
        reserve: the share that is kept back.
        pricing: the cases of the base period, and the scheme without its rates.

    Raises:
        InputError: for a budget without cases, or one that is too small.
    """
    decimals = POINT_DECIMALS if pricing.pays_points else RATE_DECIMALS
    parts = _parts(budget, pricing)
    open_ = {insurance: amount - amount * reserve for insurance, amount in budget.items()}
    units = {
        insurance: _most_units(budget[insurance], open_[insurance], part, decimals)
        for insurance, part in parts.items()
    }
    found = _Search(pricing, open_, parts, decimals).within_budget(units)
    rates = []
    for insurance, part in parts.items():
        value, drg = found[insurance]
        left = open_[insurance] - part.by_item_yuan - drg
        rates.append(
            BudgetRate(
                insurance=insurance,
                cases=part.cases,
                weight=part.weight,
                budget_yuan=budget[insurance],
                reserve_yuan=budget[insurance] * reserve,
                by_item_cases=part.by_item_cases,
                by_item_yuan=part.by_item_yuan,
                value_yuan=value,
                drg_yuan=drg,
                rest_yuan=left.quantize(_FEN, ROUND_DOWN),
                held_cases=part.held_cases,
            )
        )
    return tuple(rates)


def _parts(budget: Mapping[Insurance, Decimal], pricing: Repricing) -> dict[Insurance, _Part]:
    rows = pricing.paid(dict.fromkeys(budget, Decimal(1)))
    found = {}
    for insurance in budget:
        of_budget = _of(rows, insurance)
        weighted = of_budget.filter(pl.col("case_class").is_in(BY_WEIGHT))
        held = of_budget.filter(pl.col("case_class").is_in(HELD))
        no_coefficient = pl.col("relative_weight").is_not_null() & pl.col("coefficient").is_null()
        if lacking := _count(held.filter(no_coefficient)):
            problem = Sentence(
                "the rules of the scheme know no coefficient for {count:,} cases", count=lacking
            )
            fix = Sentence(
                "Add [[coefficients.rows]] for their hospitals, or a default, to a copy of the scheme"
            )
            raise InputError(problem, field="hospital_id", fix=fix)
        if not weighted.height:
            raise _no_cases(rows, insurance)
        others = of_budget.filter(~pl.col("case_class").is_in([*BY_WEIGHT, *HELD]))
        weight = sum(
            (Fraction(one) * Fraction(factor) * cases for one, factor, cases in _weights(weighted)),
            Fraction(0),
        )
        found[insurance] = _Part(
            cases=_count(weighted),
            weight=weight * pricing.scale,
            by_item_cases=_count(others),
            by_item_yuan=_yuan(others),
            held_cases=_count(held),
        )
    return found


def _most_units(budget: Decimal, open_: Decimal, part: _Part, decimals: int) -> int:
    """The largest rate of the division, in units of its last decimal.

    Raises:
        InputError: if it is 0.
    """
    units: int = floor(Fraction(open_ - part.by_item_yuan) / part.weight * 10**decimals)
    if units > 0:
        return units
    if part.by_item_yuan:
        problem = Sentence(
            "of the budget of {amount:,} yuan, {by_item:,} yuan are for {count:,} cases that are paid by "
            "item; what is left is too small for {weight:,.4f} units of weight",
            amount=budget,
            by_item=part.by_item_yuan,
            count=part.by_item_cases,
            weight=float(part.weight),
        )
        fix = Sentence("Give it in yuan; give more cases or a prior, so that more groups have a weight")
        raise InputError(problem, fix=fix)
    problem = Sentence(
        "the budget of {amount:,} yuan is too small for {weight:,.4f} units of weight",
        amount=budget,
        weight=float(part.weight),
    )
    raise InputError(problem, fix=Sentence("Give it in yuan"))


class _Search:
    """Looks for the largest rates at which all that is paid stays within the budgets."""

    def __init__(
        self,
        pricing: Repricing,
        open_: Mapping[Insurance, Decimal],
        parts: Mapping[Insurance, _Part],
        decimals: int,
    ) -> None:
        self._pricing, self._parts, self._open = pricing, parts, open_
        self._decimals = decimals

    def within_budget(self, units: Mapping[Insurance, int]) -> dict[Insurance, tuple[Decimal, Decimal]]:
        """The rate of each insurance, and what is paid by weight at this rate.

        Args:
            units: where to begin; no rate will be higher.
        """
        paid = self._paid(units)
        return {
            insurance: (self._value(most), paid[insurance])
            if self._excess(insurance, paid[insurance]) <= 0
            else self._lower(insurance, most)
            for insurance, most in units.items()
        }

    def _lower(self, insurance: Insurance, most: int) -> tuple[Decimal, Decimal]:
        """Rounding to the fen or the rules, such as high cost, pay more than the division: take less."""
        tried: dict[int, Decimal] = {}

        def excess(unit: float) -> float:
            whole = floor(unit)
            if whole not in tried:
                tried[whole] = self._paid({insurance: whole})[insurance]
            return float(self._excess(insurance, tried[whole])) or -0.5  # to the fen is within the budget

        if excess(1) > 0:
            problem = Sentence(
                "even at the lowest rate the cases are paid more than the {amount:,} yuan that there are",
                amount=self._open[insurance],
            )
            raise InputError(problem, fix=Sentence("Give a larger budget, or other rules"))
        brentq(excess, 1, most, xtol=0.5)
        best = max(unit for unit, paid in tried.items() if self._excess(insurance, paid) <= 0)
        return self._value(best), tried[best]

    def _paid(self, units: Mapping[Insurance, int]) -> dict[Insurance, Decimal]:
        rows = self._pricing.paid({insurance: self._value(unit) for insurance, unit in units.items()})
        weighted = rows.filter(pl.col("case_class").is_in(BY_WEIGHT))
        return {insurance: _yuan(_of(weighted, insurance)) for insurance in units}

    def _excess(self, insurance: Insurance, paid: Decimal) -> Decimal:
        return paid + self._parts[insurance].by_item_yuan - self._open[insurance]

    def _value(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-self._decimals)


def _of(rows: pl.DataFrame, insurance: Insurance) -> pl.DataFrame:
    return rows if insurance is None else rows.filter(insurance_type=insurance)


def _weights(rows: pl.DataFrame) -> list[tuple[Decimal, Decimal, int]]:
    return rows.select("relative_weight", "coefficient", "cases").rows()


def _count(rows: pl.DataFrame) -> int:
    return int(rows["cases"].sum())


def _yuan(rows: pl.DataFrame) -> Decimal:
    return Decimal(rows["payment"].sum() or 0)


def _no_cases(rows: pl.DataFrame, insurance: Insurance) -> InputError:
    if insurance is None:
        problem = Sentence("there is a budget, but no case that has a weight")
        return InputError(problem, fix=Sentence("Give cases with groups that have a weight"))
    problem = Sentence(
        "there is a budget, but no case of insurance {insurance} that has a weight", insurance=insurance
    )
    names = rows["insurance_type"].drop_nulls().unique().sort().to_list()
    fix = Sentence("The cases have no insurance at all")
    if names:
        fix = Sentence("The cases have {insurances}", insurances=Joined(", ", names))
    return InputError(problem, field="insurance_type", fix=fix)
