"""What a unit of weight is paid: a budget, less a reserve, divided by the weight that it has to pay for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

import polars as pl

from drg.errors import InputError
from drg.payment.load_scheme import LoadedScheme
from drg.payment.price_book import PriceBook
from drg.words import Joined, Sentence

# A rate is paid to the fen; a point is worth much less, and its value is published with four decimals.
RATE_DECIMALS: Final = 2
POINT_DECIMALS: Final = 4
_KEYS: Final = ("insurance_type", "hospital_level", "hospital_id")


@dataclass(frozen=True)
class BudgetRate:
    """A rate, or the value of a point, and how it came about.

    Attributes:
        insurance: for which insurance; None for all.
        cases: of the base period that have a weight.
        weight: Σ weight × scale × coefficient of these cases; the scale is 1 but for points.
        budget_yuan: what was given.
        reserve_yuan: what is kept back.
        value_yuan: (budget − reserve) ÷ weight, rounded down so that the budget is never exceeded.
        rest_yuan: what is left of the budget after the reserve and value × weight.
    """

    insurance: str | None
    cases: int
    weight: Fraction
    budget_yuan: Decimal
    reserve_yuan: Decimal
    value_yuan: Decimal
    rest_yuan: Decimal


def keys_for(budget: Mapping[str | None, Decimal], rules: LoadedScheme | None) -> tuple[str, ...]:
    """The columns by which cases must be counted for a budget."""
    coefficients = rules.scheme.coefficients.rows if rules and rules.scheme.coefficients else ()
    asked = (
        any(insurance is not None for insurance in budget),
        any(row.level for row in coefficients),
        any(row.hospital for row in coefficients),
    )
    # Without any, the groups are enough.
    return tuple(name for name, is_asked in zip(_KEYS, asked, strict=True) if is_asked)


def budget_rates(
    budget: Mapping[str | None, Decimal],
    reserve: Decimal,
    weights: Mapping[str, Decimal],
    keys: pl.DataFrame,
    rules: LoadedScheme | None,
) -> list[BudgetRate]:
    """The rates, or the values of a point, that a budget pays for.

    Args:
        budget: in yuan, by insurance or for None.
        reserve: the share that is kept back.
        weights: of the groups.
        keys: the cases of the base period by ``drg`` and the columns of ``keys_for``, and ``cases``.
        rules: the scheme that has the coefficients and the scale; without one they are 1.

    Raises:
        InputError: for a budget without cases.
    """
    book = PriceBook(rules) if rules else None
    scale = Fraction(rules.scheme.method.scale or 1) if rules else Fraction(1)
    decimals = POINT_DECIMALS if rules and rules.scheme.method.kind == "points" else RATE_DECIMALS
    found = []
    for insurance, amount in budget.items():
        part = keys if insurance is None else keys.filter(pl.col("insurance_type") == insurance)
        cases, weight = 0, Fraction(0)
        for row in part.iter_rows(named=True):
            if row["drg"] in weights:
                cases += row["cases"]
                factor = _factor(book, row)
                weight += Fraction(weights[row["drg"]]) * factor * row["cases"]
        weight *= scale
        if not cases:
            problem = Sentence("there is a budget, but no case that has a weight")
            if insurance is not None:
                problem = Sentence(
                    "there is a budget, but no case of insurance {insurance} that has a weight",
                    insurance=insurance,
                )
            raise InputError(
                problem,
                field=None if insurance is None else "insurance_type",
                fix=_known(keys, insurance),
            )
        kept_back = amount * reserve
        value = Fraction(amount - kept_back) / weight
        if (rounded := Decimal(floor(value * 10**decimals)).scaleb(-decimals)) <= 0:
            raise InputError(
                Sentence(
                    "the budget of {amount:,} yuan is too small for {weight:,.4f} units of weight",
                    amount=amount,
                    weight=float(weight),
                ),
                fix=Sentence("Give it in yuan"),
            )
        rest = Fraction(amount - kept_back) - Fraction(rounded) * weight
        found.append(
            BudgetRate(
                insurance, cases, weight, amount, kept_back, rounded, Decimal(floor(rest * 100)).scaleb(-2)
            )
        )
    return found


def _factor(book: PriceBook | None, row: Mapping[str, str | None]) -> Fraction:
    if book is None:
        return Fraction(1)
    level, hospital = row.get("hospital_level"), row.get("hospital_id")
    factor = book.look_up(row["drg"], None, level, hospital, cut=False).factor
    if factor is None:
        whose = Sentence("hospital {id}", id=hospital) if hospital else Sentence("the hospitals")
        problem = Sentence("the rules of the scheme know no coefficient for {hospital}", hospital=whose)
        fix = Sentence("Add [[coefficients.rows]] for it, or a default, to a copy of the scheme")
        raise InputError(problem, field="hospital_id", fix=fix)
    return Fraction(factor)


def _known(keys: pl.DataFrame, insurance: str | None) -> str:
    if insurance is None:
        return Sentence("Give cases with groups that have a weight")
    names: Sequence[str] = keys["insurance_type"].drop_nulls().unique().sort().to_list()
    if not names:
        return Sentence("The cases have no insurance at all")
    return Sentence("The cases have {insurances}", insurances=Joined(", ", names))
