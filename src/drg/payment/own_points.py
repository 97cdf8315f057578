"""Points of cases that are not paid by their group: their payment ÷ the value of a point.

Under the points method, what such cases are paid moves with the value that closes the year if the scheme
names their class in ``points_for``. The value of a point is that of their insurance, level and day of
discharge.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

import numpy as np
import polars as pl

from drg.columns import INPUT
from drg.errors import SchemeError
from drg.payment.expressions import WIDE, wide
from drg.payment.formulas import FEN, HIGHEST_COST_FEN
from drg.payment.outside_rows import outside_rows
from drg.payment.price_kernels import Flags, Ints
from drg.payment.scheme import PaymentScheme
from drg.records.amounts import decimals
from drg.words import Sentence

# Documents give the points of a case with four decimals.
PLACES: Final = 4
_MOST_POINTS: Final = 10 ** (18 - 8)


def own_points(paid_fen: int, point_yuan: Decimal) -> Decimal:
    """What a payment is worth in points, half up to four decimals."""
    points = Fraction(paid_fen, FEN) / Fraction(point_yuan)
    return Decimal(floor(points * 10**PLACES + Fraction(1, 2))).scaleb(-PLACES)


def with_own_points(of_groups: pl.Series, where: Flags, paid_fen: Ints, values: Ints) -> pl.Series:
    """The points of cases: of their groups, or their own.

    Args:
        of_groups: [n] points of the groups.
        where: [n] which cases have their own.
        paid_fen: [n] what they are paid for, not negative.
        values: [n] of a point, in 1e-8 yuan; positive where they have their own.
    """
    paid, value = pl.col("paid").cast(WIDE), pl.col("value").cast(WIDE)
    # As ``own_points``: fen ÷ 100 × 10^4 ÷ (value × 10^-8), half up.
    points = (wide(2 * 10 ** (8 + PLACES - 2)) * paid + value) // (wide(2) * value)
    numbers = pl.DataFrame({"paid": np.where(where, paid_fen, 0), "value": np.where(where, values, 1)})
    units = numbers.select((points * wide(10 ** (8 - PLACES))).cast(pl.Int64).alias("units"))["units"]
    return of_groups.zip_with(~pl.Series(where), decimals(units.to_numpy(), 8))


def check_points(scheme: PaymentScheme) -> None:
    """Whether the points of all such cases fit in their column.

    Raises:
        SchemeError: if the value of a point is too small.
    """
    if not scheme.method.points_for:
        return
    days = int(INPUT["los_days"].highest)
    most = max([HIGHEST_COST_FEN * 10, *(row.line.at(days) for row in outside_rows(scheme))])
    least = min(rate.value_yuan for rate in scheme.rates)
    if Fraction(most, FEN) / Fraction(least) >= _MOST_POINTS:
        raise SchemeError(
            Sentence("a point of {value} yuan is too small to count what cases are paid", value=least),
            fix=Sentence("Check it for a slipped point"),
        )
