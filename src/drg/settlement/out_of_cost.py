"""What of the cost of priced cases is judged outside their group: excluded items and additions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import polars as pl

from drg.columns import ALL
from drg.payment.addition_rules import EXCLUDED_ITEMS
from drg.payment.money import fen
from drg.payment.price_kernels import Ints
from drg.payment.scheme import PaymentScheme

_NOTHING: Final = pl.lit("0.00").cast(ALL[EXCLUDED_ITEMS].dtype)


def excluded_fen(frame: pl.DataFrame, columns: Collection[str]) -> Ints:
    """The sum of the amounts that leave the cost, in fen; negative if one of them cannot be used."""
    total = np.zeros(frame.height, dtype=np.int64)
    unusable = np.zeros(frame.height, dtype=np.bool_)
    for name in columns:
        amounts = fen(frame, name)
        unusable |= amounts < -1
        total += np.maximum(amounts, 0)
    total[unusable] = -1
    return total


def with_excluded(priced: pl.LazyFrame, scheme: PaymentScheme) -> pl.LazyFrame:
    """Priced cases whose ``excluded_items_yuan`` is all that leaves their cost, where the scheme has any."""
    if scheme.out_of_cost in ((), (EXCLUDED_ITEMS,)):
        return priced
    amounts = (pl.max_horizontal(pl.col(name), _NOTHING) for name in scheme.out_of_cost)
    total = pl.sum_horizontal(amounts).cast(ALL[EXCLUDED_ITEMS].dtype)
    return priced.with_columns(total.alias(EXCLUDED_ITEMS))
