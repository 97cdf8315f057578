"""What the other cases show of a case, as expressions on all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from drg.payment.cross_case_flags import EXTREME, READMITTED, extreme, readmitted
from drg.payment.cross_case_flags import reads as reads_of_readmission
from drg.payment.joined_stays import DTYPE, JOINED, as_one, joined
from drg.payment.joined_stays import reads as reads_of_joined
from drg.payment.scheme import PaymentScheme

MARKS: Final = (READMITTED, EXTREME, JOINED)
_RANKED: Final = ("grouping_status", "total_cost_yuan", "drg")


def mark_columns(scheme: PaymentScheme, cells: Callable[[str], Sequence[pl.Expr]]) -> list[pl.Expr]:
    """A column for each rule of the scheme that compares cases: truth values, or what is joined.

    Args:
        scheme: with its rules.
        cells: a canonical column of the cases, and what could not be read of it, as expressions.
    """

    def whole(
        names: Sequence[str], mark: str, function: Callable[[pl.DataFrame], pl.Series], dtype: pl.DataType
    ) -> pl.Expr:
        cases = pl.struct(one for name in names for one in cells(name))
        return cases.map_batches(
            lambda rows: function(rows.struct.unnest()), return_dtype=dtype, is_elementwise=False
        ).alias(mark)

    marks = []
    if scheme.joins_stays:
        marks.append(whole(reads_of_joined(scheme), JOINED, lambda cases: joined(cases, scheme), DTYPE))
    elif rule := scheme.readmission:
        names = reads_of_readmission(rule)
        marks.append(whole(names, READMITTED, lambda cases: readmitted(cases, rule), pl.Boolean()))
    if share := scheme.extreme:
        if scheme.joins_stays:
            names = reads_of_joined(scheme)
            marks.append(
                whole(names, EXTREME, lambda cases: extreme(as_one(cases, scheme), share), pl.Boolean())
            )
        else:
            marks.append(whole(_RANKED, EXTREME, lambda cases: extreme(cases, share), pl.Boolean()))
    return marks
