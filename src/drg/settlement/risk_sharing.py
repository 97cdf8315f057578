"""The bands of a scheme as formulas: who keeps a surplus, who bears an overrun (结余留用、超支分担).

``marginal`` bands give a figure for each slice; ``whole`` ones a share that depends on the utilisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import zip_longest
from typing import Final

import polars as pl

from drg.payment.expression_text import percent
from drg.payment.expressions import wide
from drg.payment.settlement_rules import Overrun, SettlementRules, Surplus
from drg.settlement.account_formulas import Formula

_STANDARD: Final = "max(0, shared_standard)"
_UNITS: Final = 10**8
Bands = Sequence[tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class _Side:
    """A surplus or an overrun: the figure that is given away, of which whole, by which bands."""

    given: str
    whole: str
    mode: str
    bands: Bands
    end: Decimal | None  # where the last band ends


def shared(table: Sequence[Formula], rules: SettlementRules) -> tuple[list[Formula], dict[str, Decimal]]:
    """A table of formulas with those of the scheme's bands, and the numbers that these name."""
    found: list[Formula] = []
    numbers: dict[str, Decimal] = {}
    sides = {side.given: side for side in _sides(rules)}
    for row in table:
        side = sides.get(row.name)
        if side is None:
            found.append(row)
        elif side.mode == "whole":
            found.append(replace(row, expression=_whole(side, numbers)))
        else:
            slices = list(_slices(side, numbers))
            found += slices
            parts = " + ".join(f"{part.name} * {part.name}_share" for part in slices)
            # Half up to whole yuan could give away more than there is.
            found.append(replace(row, expression=f"min({side.whole}, round({parts}))"))
    return found, numbers


def _sides(rules: SettlementRules) -> list[_Side]:
    sides = []
    if rules.surplus:
        kept = [(band.utilisation_at_least, band.hospital_keeps) for band in rules.surplus.bands]
        sides.append(_Side("surplus_retained", "surplus_available", rules.surplus.mode, kept, Decimal(1)))
    if rules.overrun:
        borne = [(band.utilisation_at_least, band.fund_bears) for band in rules.overrun.bands]
        sides.append(_Side("overrun_fund", "overrun", rules.overrun.mode, borne, None))
    return sides


def _whole(side: _Side, numbers: dict[str, Decimal]) -> str:
    share = ""
    for number, (start, given) in enumerate(side.bands, start=1):
        name = f"{side.given}_band_{number}"
        numbers |= {f"{name}_share": given, f"{name}_from": start}
        falls = f"{name}_share if shared_cost >= {_STANDARD} * {name}_from else "
        share = f"{falls}({share})" if share else f"{name}_share"
    return f"min({side.whole}, round({side.whole} * ({share})))"


def _slices(side: _Side, numbers: dict[str, Decimal]) -> list[Formula]:
    """A slice of surplus reaches from the cost up, one of overrun from the standard up."""
    slices = []
    starts = [start for start, _ in side.bands]
    for number, ((start, share), stop) in enumerate(
        zip(side.bands, [*starts[1:], side.end], strict=True), start=1
    ):
        name = f"{side.given}_slice_{number}"
        numbers |= {f"{name}_from": start, f"{name}_share": share}
        low = f"{_STANDARD} * {name}_from"
        high = "shared_cost"
        if stop is not None:
            numbers[f"{name}_to"] = stop
            high = f"{_STANDARD} * {name}_to"
        if side.end is not None:
            low = f"max({low}, shared_cost)"
        elif stop is not None:
            high = f"min({high}, shared_cost)"
        span = span_of(start, stop)
        slices.append(
            Formula(
                name,
                "line",
                f"　第 {number} 段（{span}）",
                en=f"  slice {number} ({span})",
                expression=f"{high} - {low} if {high} > {low} else 0",
                look="exact",
            )
        )
    return slices


def band(standard: pl.Expr, cost: pl.Expr, rules: SettlementRules) -> pl.Expr:
    """The band into which cost ÷ standard falls, as text; null without a standard."""
    starts = [*_starts(rules.surplus, Decimal(0)), *_starts(rules.overrun, Decimal(1))]
    text = pl.lit(None, dtype=pl.String)
    for start, stop in zip_longest(starts, starts[1:]):
        name = f"≥ {percent(start)}" if stop is None else f"{percent(start)} – {percent(stop)}"
        falls = cost * wide(_UNITS) >= standard * wide(int(start * _UNITS))
        text = pl.when(falls).then(pl.lit(name)).otherwise(text)
    return pl.when(standard > 0).then(text)


def _starts(rule: Surplus | Overrun | None, first: Decimal) -> list[Decimal]:
    return [first] if rule is None else [band.utilisation_at_least for band in rule.bands]


def span_of(start: Decimal, stop: Decimal | None) -> str:
    """From where to where a band reaches: 80%–100%, ≥110%."""
    return f"≥{percent(start)}" if stop is None else f"{percent(start)}–{percent(stop)}"
