"""The coefficients that are multiplied with one another: of the hospital, its cases and the stay."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_rows import Found

_ONE: Final = Decimal(1)


class Factors(NamedTuple):
    """What a standard is multiplied with; 1 where the scheme has nothing to say, None what is not known.

    Attributes:
        coefficient: of hospital, level and group.
        incentive: of the hospital for the difficulty of its cases.
        uplift: for traditional medicine.
        readmission: of a stay that is followed by another.
    """

    coefficient: Decimal | None
    incentive: Decimal | None
    uplift: Decimal
    readmission: Decimal

    @property
    def product(self) -> Fraction | None:
        """All of them together."""
        product = Fraction(self.uplift) * Fraction(self.readmission)
        for factor in (self.coefficient, self.incentive):
            if factor is None:
                return None
            product *= Fraction(factor)
        return product


def factors_of(
    scheme: PaymentScheme, rows: Found, given: Decimal | None, *, base_group: bool, cut: bool
) -> Factors:
    """The coefficients of a combination.

    Args:
        scheme: the scheme.
        rows: of the scheme for the combination.
        given: the coefficient that its cases bring.
        base_group: whether the group is paid the same everywhere.
        cut: whether its stays are followed by a readmission.
    """
    coefficient: Decimal | None = _ONE
    incentive: Decimal | None = _ONE
    if rows.amount is None and not base_group:
        if rows.coefficient:
            coefficient = rows.coefficient.value
        elif scheme.coefficients:
            default = scheme.coefficients.default
            coefficient = given if isinstance(default, str) else default
        if rows.incentive:
            incentive = rows.incentive.coefficient
        elif scheme.incentive:
            incentive = None if isinstance(scheme.incentive.default, str) else scheme.incentive.default
    return Factors(
        coefficient,
        incentive,
        rows.uplift.coefficient if rows.uplift else _ONE,
        scheme.readmission.cut if cut and scheme.readmission else _ONE,
    )
