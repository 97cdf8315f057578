"""What one combination of group, hospital and insurance is paid: exact rational arithmetic, done once.

Every formula of a scheme is a straight line in one number of the case: its cost or its days. So a combination
becomes a handful of lines, and pricing a case is one of them, rounded once.

Why 64 bits are enough, and exact. The value of a line at x is ``slope·x + start``, in fen; rounded half up
that is ``floor(slope·x + start + 1/2)``. With slope = p / d and start + 1/2 = whole + part, 0 ≤ part < 1::

    floor = (p·x) // d + whole + (1 if ((p·x) % d) / d + part ≥ 1 else 0)

and the last condition is ``(p·x) % d ≥ carry`` with carry = ceil(d · (1 − part)), worked out here in
fractions of any length. So the number of decimals of the start (weight × rate × coefficient …) does not
matter at all: only ``p·x`` must be computed, which is done in two halves of x (``Line.at``, and the kernel
alike). With x at most 10^10 fen (100 million yuan), p and d below ``LARGEST_TERM`` and |whole| below
``LARGEST_AMOUNT`` nothing leaves 64 bits. ``line`` refuses anything else, and ``limits`` does so when the
scheme is loaded.

A line without a start needs no long slope either. Whether ``slope·x + 1/2`` reaches a whole number k is
whether the slope reaches (2k − 1) / 2x, a fraction whose denominator is at most 2·10^10. The largest fraction
with such a denominator that is not above the slope answers all these questions as the slope itself does.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final, NamedTuple

from drg.errors import SchemeError
from drg.payment.expressions import compiled
from drg.payment.high_rules import Tier
from drg.payment.scheme import PaymentScheme
from drg.words import Sentence

FEN: Final = 100  # per yuan
HIGHEST_COST_FEN: Final = 10**10
HALF: Final = 100_000  # x = high · HALF + low; both are at most HALF
LARGEST_TERM: Final = 2**62 // (2 * HALF)
LARGEST_AMOUNT: Final = 2**61

# What is paid, each formula once: here for numbers, in ``steps`` for words.
STANDARD: Final = "weight * rate * scale * coefficient"
AMOUNT: Final = "amount * coefficient"
MEAN: Final = "weight * regional_mean"
UNIT: Final = "rate * scale"
PRICE_RATIO: Final = "unit / regional_mean"
INCOMPLETE: Final = "standard * cost / mean"
LOW: Final = "cost * factor"
HIGH: Final = {
    "linear_add": "(cost - threshold * mean) * price_ratio * fund_share",  # beside the standard
    "deduct": "(cost - (threshold - 1) * mean * coefficient) * price_ratio",
    "cap": "threshold * standard",
    "by_item": "cost",
}


class Line(NamedTuple):
    """A straight line in fen, rounded half up to whole fen; see the head of the module."""

    p: int
    d: int
    whole: int
    carry: int

    def at(self, x: int) -> int:
        """The value at ``x``, from 0 to ``HIGHEST_COST_FEN``; the kernel does the same."""
        high, low = divmod(x, HALF)
        quotient, rest = divmod(self.p * high, self.d)
        more, rest = divmod(rest * HALF + self.p * low, self.d)
        return quotient * HALF + more + self.whole + (rest >= self.carry)


def line(slope: Fraction, start: Fraction, what: str) -> Line:
    """The line with a slope per fen (or day), and a value at zero in fen.

    Args:
        slope: not negative.
        start: the value at zero.
        what: the numbers behind it, for messages.

    Raises:
        SchemeError: if it cannot be computed in 64 bits for every possible cost.
    """
    if start == 0:
        slope = not_above(slope, 2 * HIGHEST_COST_FEN)
    p, d = slope.numerator, slope.denominator
    whole, part = divmod(start + Fraction(1, 2), 1)
    if max(p, d) > LARGEST_TERM:
        problem = Sentence(
            "{what} make a factor of {p}/{d}, which has too many digits to be computed exactly",
            what=what,
            p=p,
            d=d,
        )
        fix = Sentence(
            "Give fewer decimals; at most {digits} digits in all are possible",
            digits=len(str(LARGEST_TERM)) - 1,
        )
        raise SchemeError(problem, fix=fix)
    if abs(whole) + slope * HIGHEST_COST_FEN > LARGEST_AMOUNT:
        problem = Sentence(
            "{what} lead to amounts beyond {amount:,} yuan", what=what, amount=LARGEST_AMOUNT // FEN
        )
        raise SchemeError(problem, fix=Sentence("Check them for a slipped point"))
    return Line(p, d, int(whole), ceil(d * (1 - part)))


def not_above(value: Fraction, denominator: int) -> Fraction:
    """The largest fraction with at most this denominator that is not above a value."""
    near = value.limit_denominator(denominator)
    if near <= value:
        return near
    # The neighbour below, p/q → r/t with p·t − q·r = 1 and the largest t that is allowed.
    p, q = near.numerator, near.denominator
    t = pow(p, -1, q) if q > 1 else 0
    t += (denominator - t) // q * q
    return Fraction(p * t - 1, q * t)


@dataclass(frozen=True)
class Prices:
    """What a combination is paid.

    Attributes:
        weight: relative weight; None without one.
        unit_yuan: yuan per unit of weight; None where the group is paid an amount.
        coefficient: all that is multiplied; of an amount, what makes the standard of the group's mean.
        exact: the payment standard in fen, exact.
        standard: the same; rounded if the scheme rounds it first.
        mean: the group's mean cost in fen, exact: weight × regional mean.
        price_ratio: value of money in this scheme against the regional mean; 1 without one.
        tier: of high-cost cases, with its formula and share of the excess; None if there are none.
        high_above: a case is high if its cost in fen exceeds this.
        low_below: a case is low if its cost in fen is below this.
        low_factor: what the cost of low ones is multiplied by; 1 if there are none.
        incomplete_below: a broken-off case is paid less than the standard below this cost in fen.
        normal: the line of normal cases.
        high: of high ones.
        low: of low ones.
        incomplete: of broken-off ones.
    """

    weight: Fraction | None
    unit_yuan: Fraction | None
    coefficient: Fraction
    exact: Fraction
    standard: Fraction
    mean: Fraction
    price_ratio: Fraction
    tier: Tier | None
    high_above: int
    low_below: int
    low_factor: Fraction
    incomplete_below: int
    normal: Line
    high: Line
    low: Line
    incomplete: Line

    @property
    def high_base(self) -> int:
        """What high-cost cases are paid before the excess is added, in fen; 0 if their formula pays all."""
        return self.standard_fen if self.tier and self.tier.formula == "linear_add" else 0

    @property
    def standard_fen(self) -> int:
        """The payment standard, rounded to the fen."""
        return half_up(self.standard)


def unit(scheme: PaymentScheme, value_yuan: Decimal) -> Fraction:
    """Yuan per unit of weight: the rate, or the value of a point × the scale."""
    scale = scheme.method.scale
    return Fraction(compiled(UNIT)(rate=Fraction(value_yuan), scale=Fraction(scale) if scale else 1))


def price_ratio(scheme: PaymentScheme, per_weight: Fraction) -> Fraction:
    """c: yuan per unit of weight against the regional mean; 1 without one."""
    mean = scheme.method.regional_mean_yuan
    if not mean:
        return Fraction(1)
    return Fraction(compiled(PRICE_RATIO)(unit=per_weight, regional_mean=Fraction(mean)))


def reference_fen(which: str, standard: Fraction, mean: Fraction) -> Fraction:
    """What costs are compared with: the standard, the mean of the group, or the lower of the two."""
    return {"standard": standard, "mean": mean, "lower_of_two": min(standard, mean)}[which]


class _Base(NamedTuple):
    """The numbers of ``Prices`` from which the lines follow."""

    weight: Fraction | None
    unit_yuan: Fraction | None
    coefficient: Fraction
    price_ratio: Fraction
    mean: Fraction
    exact: Fraction


def _base(
    scheme: PaymentScheme,
    drg: str,
    weight: Decimal | None,
    value_yuan: Decimal | None,
    coefficient: Decimal | Fraction,
    amount_yuan: Decimal | None,
) -> tuple[Sentence, _Base]:
    """What they are called in messages, and the numbers; see ``prices``."""
    rw, f = None if weight is None else Fraction(weight), Fraction(coefficient)
    if amount_yuan is not None:
        regional = scheme.method.regional_mean_yuan
        standard = compiled(AMOUNT)(amount=Fraction(amount_yuan), coefficient=f) * FEN
        mean = Fraction(amount_yuan) * FEN
        if rw is not None and regional is not None:
            mean = compiled(MEAN)(weight=rw, regional_mean=Fraction(regional)) * FEN
        what = Sentence("the amount {amount} of {drg}", amount=amount_yuan, drg=drg)
        return what, _Base(rw, None, standard / mean, Fraction(1), mean, standard)
    assert rw is not None
    assert value_yuan is not None
    per_weight = unit(scheme, value_yuan)
    c = price_ratio(scheme, per_weight)
    mean = compiled(MEAN)(weight=rw, regional_mean=per_weight / c) * FEN
    standard = compiled(STANDARD)(weight=rw, rate=per_weight, scale=1, coefficient=f) * FEN
    what = Sentence(
        "the weight {weight} of {drg}, the rate {rate} and the coefficient {coefficient}",
        weight=weight,
        drg=drg,
        rate=value_yuan,
        coefficient=Decimal(f.numerator) / f.denominator,
    )
    return what, _Base(rw, per_weight, f, c, mean, standard)


def prices(
    scheme: PaymentScheme,
    drg: str,
    weight: Decimal | None,
    value_yuan: Decimal | None,
    coefficient: Decimal | Fraction,
    insurance: str | None = None,
    amount_yuan: Decimal | None = None,
) -> Prices:
    """The lines of one combination.

    Args:
        scheme: the scheme.
        drg: the group, for messages.
        weight: its relative weight; None is possible beside an amount.
        value_yuan: the rate, or the value of a point; None beside an amount.
        coefficient: all that is multiplied.
        insurance: for which the scheme may have a factor of low cases.
        amount_yuan: of the group, instead of weight and rate.

    Raises:
        SchemeError: if the numbers cannot be computed with exactly; ``limits`` finds that out beforehand.
    """
    what, base = _base(scheme, drg, weight, value_yuan, coefficient, amount_yuan)
    rw, per_weight, f, c, mean, exact = base
    standard = exact
    if scheme.rounding and scheme.rounding.standard_first:
        standard = Fraction(half_up(standard))
    normal = line(Fraction(0), standard, what)

    tier, high_above, high = None, HIGHEST_COST_FEN, normal
    if scheme.high:
        tier = scheme.high.tier_of(weight)
        k, reference = Fraction(tier.threshold), reference_fen(scheme.high.reference, standard, mean)
        # No cost is higher than the highest, so neither need the threshold be.
        high_above = min(floor(k * reference), HIGHEST_COST_FEN)
        formula = str(tier.formula)
        text = f"standard + {HIGH[formula]}" if formula == "linear_add" else HIGH[formula]
        numbers = {"standard": standard, "threshold": k, "mean": mean, "price_ratio": c, "coefficient": f}
        numbers["fund_share"] = Fraction(tier.fund_share or 1)
        start, next_to_it = (compiled(text)(cost=cost, **numbers) for cost in (0, 1))
        high = line(Fraction(next_to_it - start), Fraction(start), what)
    low_below, low_factor, low = 0, Fraction(1), normal
    if scheme.low:
        reference = reference_fen(scheme.low.reference, standard, mean)
        low_below = min(ceil(Fraction(scheme.low.threshold) * reference), HIGHEST_COST_FEN + 1)
        factor = scheme.low.factor_of(insurance)
        low_factor = c if isinstance(factor, str) else Fraction(factor)
        low = line(compiled(LOW)(cost=1, factor=low_factor), Fraction(0), what)
    incomplete_below, incomplete = 0, normal
    if scheme.incomplete:
        incomplete_below = min(ceil(mean), HIGHEST_COST_FEN + 1)
        incomplete = line(compiled(INCOMPLETE)(cost=1, standard=standard, mean=mean), Fraction(0), what)
    return Prices(
        weight=rw,
        unit_yuan=per_weight,
        coefficient=f,
        exact=exact,
        standard=standard,
        mean=mean,
        price_ratio=c,
        tier=tier,
        high_above=high_above,
        low_below=low_below,
        low_factor=low_factor,
        incomplete_below=incomplete_below,
        normal=normal,
        high=high,
        low=low,
        incomplete=incomplete,
    )


def half_up(amount: Fraction) -> int:
    """A fraction of fen, rounded half up."""
    return floor(amount + Fraction(1, 2))


def fen(yuan: Decimal) -> int:
    """An amount in yuan as whole fen, rounded half up."""
    return int((yuan * FEN).quantize(Decimal(1), rounding=ROUND_HALF_UP))
