"""Rules of a scheme → expressions over whole fen: shares, bands, limits.

Amounts are 128-bit integers in fen, shares whole numbers of 1e-8, so every product is exact; each result is
rounded once, to the unit of the scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import zip_longest
from typing import Final, Literal

import polars as pl

from drg.payment.settlement_rules import Overrun, SettlementRounding, SettlementRules, Surplus

WIDE: Final = pl.Int128
ONE: Final = 10**8  # a share of 1
_NO_ROUNDING: Final = SettlementRounding(source="the fen, half up")


def units(share: Decimal) -> int:
    """A share as a whole number of 1e-8; exact, for a scheme has at most eight decimals."""
    return int(Fraction(share) * ONE)


def wide(number: int) -> pl.Expr:
    """A constant that does not overflow."""
    return pl.lit(number, dtype=WIDE)


def unit_fen(rules: SettlementRules) -> int:
    """What shares are rounded to, in fen."""
    return 100 if (rules.rounding or _NO_ROUNDING).unit == "yuan" else 1


def rounded(numerator: pl.Expr, denominator: int, rules: SettlementRules) -> pl.Expr:
    """A quotient, rounded as the scheme says."""
    unit = unit_fen(rules)
    whole = denominator * unit
    if (rules.rounding or _NO_ROUNDING).mode == "down":
        return numerator // wide(whole) * wide(unit)
    return (wide(2) * numerator + wide(whole)) // wide(2 * whole) * wide(unit)


def share_of(amount: pl.Expr, share: Decimal, rules: SettlementRules) -> pl.Expr:
    """A share of an amount."""
    return rounded(amount * wide(units(share)), ONE, rules)


def retained(standard: pl.Expr, cost: pl.Expr, rules: SettlementRules) -> pl.Expr:
    """What the hospital keeps of a surplus; all of it if the scheme has no rule."""
    surplus = (standard - cost).clip(0, None)
    if rules.surplus is None:
        return surplus
    bands = rules.surplus.bands
    return _shared(
        surplus,
        standard,
        cost,
        rules.surplus.mode,
        [(band.utilisation_at_least, band.hospital_keeps) for band in bands],
        Decimal(1),
        rules,
    )


def borne_by_fund(standard: pl.Expr, cost: pl.Expr, rules: SettlementRules) -> pl.Expr:
    """What the fund bears of an overrun; nothing if the scheme has no rule."""
    overrun = (cost - standard).clip(0, None)
    if rules.overrun is None:
        return wide(0) * overrun
    bands = rules.overrun.bands
    return _shared(
        overrun,
        standard,
        cost,
        rules.overrun.mode,
        [(band.utilisation_at_least, band.fund_bears) for band in bands],
        None,
        rules,
    )


def _shared(
    amount: pl.Expr,
    standard: pl.Expr,
    cost: pl.Expr,
    mode: Literal["marginal", "whole"],
    bands: Sequence[tuple[Decimal, Decimal]],
    end: Decimal | None,
    rules: SettlementRules,
) -> pl.Expr:
    """The part of a surplus or an overrun that its bands give away.

    Args:
        amount: the surplus or the overrun.
        standard: what the cases are paid by group.
        cost: what they cost.
        mode: of the bands.
        bands: where each begins, and its share.
        end: where the last ends; None: nowhere.
        rules: for the rounding.
    """
    if mode == "whole":
        share = wide(units(bands[0][1]))
        for start, given in bands[1:]:
            falls = cost * wide(ONE) >= standard * wide(units(start))
            share = pl.when(falls).then(wide(units(given))).otherwise(share)
        return pl.min_horizontal(rounded(amount * share, ONE, rules), amount)
    total = wide(0)
    below = end == 1  # a slice of surplus reaches from the cost up, one of overrun from the standard up
    for (start, share_given), stop in zip(bands, [*(start for start, _ in bands[1:]), end], strict=True):
        lowest = standard * wide(units(start))
        highest = cost * wide(ONE) if stop is None else standard * wide(units(stop))
        if below:
            lowest = pl.max_horizontal(lowest, cost * wide(ONE))
        elif stop is not None:
            highest = pl.min_horizontal(highest, cost * wide(ONE))
        total = total + (highest - lowest).clip(0, None) * wide(units(share_given))
    # Half up to whole yuan could give away more than there is.
    return pl.min_horizontal(rounded(total, ONE * ONE, rules), amount)


def band(standard: pl.Expr, cost: pl.Expr, rules: SettlementRules) -> pl.Expr:
    """The band into which cost ÷ standard falls, as text; null without a standard."""
    starts = [*_starts(rules.surplus, Decimal(0)), *_starts(rules.overrun, Decimal(1))]
    text = pl.lit(None, dtype=pl.String)
    for start, stop in zip_longest(starts, starts[1:]):
        name = f"≥ {_percent(start)}" if stop is None else f"{_percent(start)} – {_percent(stop)}"
        falls = cost * wide(ONE) >= standard * wide(units(start))
        text = pl.when(falls).then(pl.lit(name)).otherwise(text)
    return pl.when(standard > 0).then(text)


def _starts(rule: Surplus | Overrun | None, first: Decimal) -> list[Decimal]:
    return [first] if rule is None else [band.utilisation_at_least for band in rule.bands]


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"
