"""Whether the numbers of a scheme are of the size that such numbers have, 0.92 and not 92, and names usual.

The ranges are wide: no published rule that is known lies outside. A scheme whose number or name really does
says so in ``unusual``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import polars as pl
from pydantic import BaseModel

from drg.payment.case_keys import is_known
from drg.payment.scheme import PaymentScheme
from drg.words import Joined, Sentence

Loc = tuple[str | int, ...]


class Unusual(NamedTuple):
    """An entry of a scheme that is out of proportion.

    Attributes:
        loc: where it stands.
        name: the same as it is written in ``unusual``: ``coefficients.rows.2.value``; rows count from 1.
        problem, fix: what is wrong, and what is likely meant.
    """

    loc: Loc
    name: str
    problem: Sentence
    fix: Sentence


class Range(NamedTuple):
    """Between which limits a number usually lies."""

    low: Decimal
    high: Decimal
    unit: str  # factor, threshold, score, yuan or days
    # A number below the range that is usual all the same: no reserve, no score.
    or_zero: bool = False


def usual_range(low: str, high: str, unit: str = "factor", *, or_zero: bool = False) -> Range:
    """A range; the numbers as they are written."""
    return Range(Decimal(low), Decimal(high), unit, or_zero)


_RANGES: Final = {
    "method.regional_mean_yuan": usual_range("100", "10000000", "yuan"),
    "coefficients.default": usual_range("0.1", "5"),
    "coefficients.rows.value": usual_range("0.1", "5"),
    "amounts.rows.amount_yuan": usual_range("50", "5000000", "yuan"),
    "incentive.bands.cmi_ratio_at_least": usual_range("0.1", "5", or_zero=True),
    "incentive.bands.coefficient": usual_range("0.5", "2"),
    "incentive.default": usual_range("0.5", "2"),
    "incentive.rows.coefficient": usual_range("0.5", "2"),
    "high.fund_share": usual_range("0.1", "1"),
    "high.tiers.threshold": usual_range("1", "20", "threshold"),
    "high.tiers.fund_share": usual_range("0.1", "1"),
    "low.factor": usual_range("0.1", "5"),
    "low.factors.factor": usual_range("0.1", "5"),
    "outside.los_days_at_most": usual_range("0", "30", "days"),
    "outside.los_days_at_least": usual_range("10", "400", "days"),
    "outside.price_yuan": usual_range("5", "1000000", "yuan"),
    "outside.stages.price_yuan": usual_range("5", "1000000", "yuan"),
    "outside.stages.up_to_day": usual_range("1", "400", "days"),
    "outside.share": usual_range("0.1", "1"),
    "additions.share": usual_range("0.1", "1", or_zero=True),
    "additions.price_yuan": usual_range("5", "1000000", "yuan"),
    "additions.at_most_yuan": usual_range("50", "10000000", "yuan"),
    "readmission.days": usual_range("1", "92", "days"),
    "tcm.uplifts.share_at_least": usual_range("0.05", "1"),
    "tcm.uplifts.coefficient": usual_range("0.8", "2"),
    "settlement.overrun.bands.utilisation_at_least": usual_range("1", "5"),
    "settlement.limits.cap_of_cost": usual_range("0.3", "5"),
    "settlement.deposit.share": usual_range("0", "0.5"),
    "settlement.deposit.scores.score_at_least": usual_range("1", "100", "score", or_zero=True),
    "settlement.quality.scores.score_at_least": usual_range("1", "100", "score", or_zero=True),
    "settlement.quality.scores.factor": usual_range("0.3", "2", or_zero=True),
    "settlement.special.quota_share": usual_range("0", "0.25"),
    "settlement.special.quotas.share": usual_range("0", "0.25"),
    "settlement.special.overrun_yuan_at_least": usual_range("100", "10000000", "yuan"),
    "settlement.special.cost_ratio_at_least": usual_range("1", "50"),
    "settlement.special.los_ratio_at_least": usual_range("1", "50"),
    "settlement.budgets.amount_yuan": usual_range("10000", "1000000000000", "yuan"),
    "settlement.budgets.reserve_share": usual_range("0", "0.5"),
    "settlement.due.pay_within_working_days": usual_range("1", "60", "days"),
}
# Names that are usual in every scheme; another one may be a slip, and no case would ever have it.
_NAMES: Final = {
    "level": ("hospital_level", Sentence("The levels of hospitals are 1, 2 and 3")),
    "insurance": (
        "insurance_type",
        Sentence("Insurances have codes of digits: 310 employees, 390 residents"),
    ),
}
# What a yuan of a point is worth depends on the scale; together they are the yuan of a unit of weight.
_UNIT_YUAN: Final = usual_range("100", "10000000", "yuan")


def is_usual_cost(mean_yuan: Decimal) -> bool:
    """Whether cases can cost that much on average, in yuan."""
    return _UNIT_YUAN.low <= mean_yuan <= _UNIT_YUAN.high


def unusual(scheme: PaymentScheme) -> Iterator[Unusual]:
    """The entries of a scheme that are out of proportion, in their order, whether it names them or not."""
    return out_of_proportion(
        scheme, {**_RANGES, "rates.value_yuan": _UNIT_YUAN}, {"rates.value_yuan": scheme.method.scale}
    )


def out_of_proportion(
    scheme: BaseModel,
    ranges: Mapping[str, Range],
    scales: Mapping[str, Decimal | None] = MappingProxyType({}),
) -> Iterator[Unusual]:
    """The entries of a scheme that lie outside their ranges, in their order.

    Args:
        scheme: of any kind.
        ranges: by entry, as ``rates.value_yuan``.
        scales: by what an entry is multiplied before it is compared.
    """
    for loc, value in _numbers(scheme, ()):
        key = ".".join(part for part in loc if isinstance(part, str))
        if key in ranges:
            scale = scales.get(key) or Decimal(1)
            found, scaled = ranges[key], value * scale
            if not found.low <= scaled <= found.high and not (found.or_zero and value == 0):
                yield _unusual(loc, scaled, found, scale)
    for loc, text in _entries(scheme, (), str):
        if loc[-1] in _NAMES and not is_usual_name(loc[-1], text):
            yield _unusual_name(loc, text)


@cache
def is_usual_name(key: str, text: str) -> bool:
    """Whether a ``level`` or ``insurance`` is one that cases have without a scheme that names it."""
    column, _ = _NAMES[key]
    return bool(is_known(column, pl.Series([text]))[0])


def _numbers(part: Any, loc: Loc) -> Iterator[tuple[Loc, Decimal]]:
    for where, number in _entries(part, loc, Decimal | int):
        if not isinstance(number, bool):
            yield where, Decimal(number)


def _entries(part: Any, loc: Loc, kind: Any) -> Iterator[tuple[Loc, Any]]:
    """The entries of a part that are of a type, and where they stand."""
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _entries(getattr(part, name), (*loc, name), kind)
    elif isinstance(part, tuple):
        for place, one in enumerate(part):
            yield from _entries(one, (*loc, place), kind)
    elif isinstance(part, kind):
        yield loc, part


def _name(loc: Loc) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)


def _override(value: str, name: str) -> Sentence:
    return Sentence(
        'If it really is {value}, add to the top of the file: unusual = ["{name}"]', value=value, name=name
    )


def _unusual_name(loc: Loc, text: str) -> Unusual:
    key = str(loc[-1])
    problem = Sentence("{name} is {text!r}, which cases hardly ever have", name=key, text=text)
    return Unusual(loc, _name(loc), problem, Joined(". ", (_NAMES[key][1], _override(text, _name(loc)))))


def _unusual(loc: Loc, value: Decimal, found: Range, scale: Decimal) -> Unusual:
    low, high = (_plain(limit / scale) for limit in (found.low, found.high))
    written = _plain(value / scale)
    problem = Sentence(
        "{name} is {value}; such a number is usually between {low} and {high}",
        name=str(loc[-1] if isinstance(loc[-1], str) else loc[-2]),
        value=written,
        low=low,
        high=high,
    )
    name = _name(loc)
    override = _override(written, name)
    return Unusual(loc, name, problem, Joined(". ", [*_meant(value, found, scale), override]))


def _meant(value: Decimal, found: Range, scale: Decimal) -> Sequence[Sentence]:
    """What was probably meant, if a common slip leads into the range."""

    def fits(other: Decimal) -> bool:
        return found.low <= other <= found.high

    if found.unit == "yuan":
        if fits(value * 10_000):
            yuan = _plain(value * 10_000 / scale)
            return [Sentence("Amounts are in yuan: if 万元 are meant, write {value}", value=yuan)]
        return []
    if found.unit == "score":
        if fits(value * 100):
            return [Sentence("Scores go from 0 to 100: write {value}", value=_plain(value * 100))]
        return []
    if found.unit == "threshold" and value < 1:
        return [Sentence("Below 1 nearly every case would be high: low-cost cases are the section [low]")]
    if found.unit != "days" and fits(value / 100):
        return [
            Sentence("If {value} % is meant, write {share}", value=_plain(value), share=_plain(value / 100))
        ]
    return []


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
