"""Cases outside payment by group: the rules of a scheme as rows of the kernel, and what each pays where."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from drg.payment import price_kernels as kernels
from drg.payment.case_keys import UNDECIDED
from drg.payment.formulas import FEN, Line, Prices, half_up, line
from drg.payment.outside_rules import Outside
from drg.payment.scheme import PaymentScheme
from drg.words import Sentence


class OutsideRow(NamedTuple):
    """A rule for stays outside DRG payment, or one stage of its prices.

    Attributes:
        rule: the rule.
        at_most: days of stay; those beyond are of the next stage.
        line: what is paid by day or case.
    """

    rule: Outside
    at_most: int | None
    line: Line


def outside_rows(scheme: PaymentScheme) -> list[OutsideRow]:
    """The rules for stays outside DRG payment, each stage by itself: the first that fits a stay counts.

    Raises:
        SchemeError: if a price cannot be computed with exactly.
    """
    return [row for rule in scheme.outside for row in _stages(rule)]


def _stages(rule: Outside) -> Iterator[OutsideRow]:
    what = Sentence("the price of {case_class}", case_class=rule.case_class)
    stages = [(stage.price_yuan, stage.up_to_day) for stage in rule.stages]
    earlier, before, last_day = Fraction(0), Fraction(0), 0
    for price_yuan, up_to_day in stages or [(rule.price_yuan or Decimal(0), None)]:
        price = Fraction(price_yuan) * FEN
        # The line counts this price from the first day on: corrected by what the earlier days differ.
        earlier += (before - price) * last_day
        ends = [days for days in (rule.los_days_at_most, up_to_day) if days is not None]
        yield OutsideRow(rule, min(ends, default=None), line(price, earlier, what))
        before, last_day = price, up_to_day or 0


def asked(rule: Outside) -> dict[str, str | None]:
    """The insurance and the hospital level that a rule is for; None for any."""
    return {"insurance_type": rule.insurance, "hospital_level": rule.level}


def of_group(rule: Outside, drg: str | None) -> bool:
    """Whether a rule is for a group, or may be as it is not known as which one a case is paid."""
    return not rule.drgs or drg in (UNDECIDED, *rule.drgs)


def of_combination(
    rule: Outside, drg: str | None, insurance: str | None, level: str | None, found: Prices | None
) -> int:
    """What a rule for cases outside DRG payment is to a combination."""
    places = zip(asked(rule).values(), (insurance, level), strict=True)
    named = [(wanted, given) for wanted, given in places if wanted]
    if any(given not in (None, wanted) for wanted, given in named):
        return kernels.ELSEWHERE
    if not of_group(rule, drg):
        return kernels.ELSEWHERE
    if any(given is None for _, given in named) or (rule.drgs and drg == UNDECIDED):
        return kernels.HELD
    if rule.pays == "not_known":
        return kernels.HELD
    if rule.pays != "share_of_standard" or rule.share is None:
        return 0
    return kernels.HELD if found is None else half_up(Fraction(rule.share) * found.standard)
