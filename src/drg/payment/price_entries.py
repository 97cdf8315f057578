"""One combination of group, insurance and hospital as it was looked up; and many of them as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from drg.payment import price_kernels as kernels
from drg.payment.factors import Factors
from drg.payment.formulas import HIGHEST_COST_FEN, Line, Prices, half_up
from drg.payment.group_rules import Amount, TcmUplift
from drg.payment.incentive_rules import IncentiveRow
from drg.payment.reasons import NOTE
from drg.payment.scheme import Coefficient, Rate
from drg.payment.weights import Weight

# What a case must say beside its group, as far as the scheme asks, and the reason if it does not.
_NOT_KNOWN: Final = {
    "insurance_type": "insurance_type_not_known",
    "hospital_level": "hospital_level_not_known",
    "hospital_id": "hospital_id_not_known",
    "discharge_date": "discharge_date_not_known",
    "tcm_share": "tcm_share_not_known",
}
NUMBER: Final = pl.Decimal(18, 8)  # of weights, coefficients and points in frames
_NO_LINE: Final = Line(0, 1, 0, 1)


@dataclass(frozen=True)
class Entry:
    """One combination: what was looked up, and what follows.

    Attributes:
        undecided: the weight is none, because it is not known as which group the case is paid.
        not_known: the columns that say too little of a case to know which weight, rate or coefficient is its
            own; then it has no rate and no prices.
        weight: None where the scheme has none for the group.
        amount: what the group is paid instead; None where it is paid by its weight.
        rate: None where it has none for the insurance and the hospital level.
        coefficient: the row that gives the coefficient; None where the default or no coefficient counts.
        given: the coefficient that cases bring, where it counts instead of the default.
        base_group: the group is paid the same everywhere.
        incentive: the row that gives the incentive coefficient.
        uplift: the row that gives the coefficient for traditional medicine.
        factors: all that is multiplied.
        factor: their product; None if it is not known.
        prices: None without an amount, or a weight, a rate and a coefficient.
        outside: what each of ``outside_rows`` is to it; see ``price_kernels``.
        outside_not_known: the columns that say too little of a case to know whether one of these is for it.
        outside_no_rule: nobody knows what one of these pays.
        point_yuan: the value of a point, where cases that are not paid by their group have points; it depends
            on neither group nor coefficient.
        point_not_known: the columns that say too little of a case to know it.
    """

    undecided: bool
    not_known: tuple[str, ...]
    weight: Weight | None
    amount: Amount | None
    rate: Rate | None
    coefficient: Coefficient | None
    given: Decimal | None
    base_group: bool
    incentive: IncentiveRow | None
    uplift: TcmUplift | None
    factors: Factors
    factor: Fraction | None
    prices: Prices | None
    outside: tuple[int, ...]
    outside_not_known: tuple[str, ...]
    outside_no_rule: bool
    point_yuan: Decimal | None
    point_not_known: tuple[str, ...]


class Page(NamedTuple):
    """All combinations that were met so far, as columns; [r] each."""

    combinations: kernels.Ints
    weights: pl.Series
    coefficients: pl.Series
    points: pl.Series  # null under the rate method
    point_values: kernels.Ints  # in 1e-8 yuan; 0: no such value is asked, or it is not known
    notes: kernels.Ints  # bits of ``reasons.NOTE``
    outside_notes: kernels.Ints  # the same of a case that is held by a rule for stays outside DRG payment
    point_notes: kernels.Ints  # the same of a case that is held as its value of a point is not known


def page(
    entries: Sequence[Entry],
    scale: Decimal | None,
    outside: int,
    notes: Callable[[Entry], int],
    no_rate: int,
) -> Page:
    """Combinations as columns.

    Args:
        entries: the combinations.
        scale: of the points method; None under the rate method.
        outside: how many rows of rules there are for stays outside DRG payment.
        notes: what is said of a case of a combination if it is paid by its group, or would be.
        no_rate: the note of a case for which the scheme has no rate.
    """
    combinations = np.array([_combination(entry) for entry in entries], dtype=np.int64)
    weights = [entry.weight.relative_weight if entry.weight else None for entry in entries]
    # A coefficient that is cut may have more places than a column; the standard is exact all the same.
    factors = [_rounded(entry.factor) if entry.weight or entry.amount else None for entry in entries]
    points = [
        _rounded(Fraction(entry.weight.relative_weight * scale) * entry.factor)
        if entry.weight and not entry.amount and scale and entry.factor is not None
        else None
        for entry in entries
    ]
    return Page(
        combinations.reshape(-1, kernels.COMBINATION_WIDTH + outside),
        pl.Series(weights, dtype=NUMBER),
        pl.Series(factors, dtype=NUMBER),
        pl.Series(points, dtype=NUMBER),
        np.array([int((entry.point_yuan or Decimal(0)).scaleb(8)) for entry in entries], dtype=np.int64),
        np.array([notes(entry) for entry in entries], dtype=np.int64),
        np.array(
            [
                told(entry.outside_not_known) | (NOTE["no_rule"] if entry.outside_no_rule else 0)
                for entry in entries
            ],
            dtype=np.int64,
        ),
        np.array([told(entry.point_not_known) or no_rate for entry in entries], dtype=np.int64),
    )


def told(not_known: Iterable[str]) -> int:
    """The notes on columns that say too little of a case."""
    return sum(NOTE[_NOT_KNOWN[name]] for name in not_known)


def _rounded(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(half_up(number * 10**8)).scaleb(-8)


def _combination(entry: Entry) -> list[int]:
    """A row of the kernel's combinations."""
    found = entry.prices
    if found is None:
        no_weight = entry.weight is None and not entry.undecided and not entry.not_known
        lacks = kernels.NO_WEIGHT if no_weight else kernels.NO_PRICE
        return [lacks, -1, HIGHEST_COST_FEN, 0, 0, 0, *_NO_LINE, *_NO_LINE, *_NO_LINE, *entry.outside]
    limits = (found.high_above, found.high_base, found.low_below, found.incomplete_below)
    lines = (*found.high, *found.low, *found.incomplete)
    return [kernels.PRICED, found.standard_fen, *limits, *lines, *entry.outside]
