"""What each scheme pays for all cases, by group or otherwise, and what is left open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from drg.categories import CaseClass
from drg.payment.scheme_numbers import CLASSES, INSIDE

BY_GROUP: Final = "by_group"
BY_ITEM: Final = "by_item"
NOT_PRICED: Final = "not_priced"
TOTAL: Final = "total"
_KINDS: Final = (BY_GROUP, BY_ITEM, NOT_PRICED, TOTAL)
_OPEN: Final = (CaseClass.INVALID.value, CaseClass.UNPRICED.value)
_OF_CLASS: Final = {
    name: BY_GROUP if name in INSIDE else NOT_PRICED if name in _OPEN else BY_ITEM for name in CLASSES
}
_SUMS: Final = ("cases", "cost_yuan", "payment_yuan")


def budget(paid: pl.DataFrame, versions: Sequence[str], base: str) -> pl.DataFrame:
    """Sums by version and kind; see ``Comparison.budget``.

    Args:
        paid: sums by version and class (``compared_sums.PAID``).
        versions: those that have a scheme.
        base: the version from which the others differ.
    """
    kinds = paid.with_columns(kind=pl.col("class").replace_strict(_OF_CLASS, return_dtype=pl.String))
    every = pl.concat([kinds, kinds.with_columns(kind=pl.lit(TOTAL))])
    sums = every.group_by("version", "kind").agg(pl.col(*_SUMS).sum())
    rows = pl.DataFrame(
        [(version, kind) for version in versions for kind in _KINDS],
        schema={"version": pl.String, "kind": pl.String},
        orient="row",
    )
    found = rows.join(sums, on=["version", "kind"], how="left", maintain_order="left").with_columns(
        pl.col(*_SUMS).fill_null(0)
    )
    of_base = found.filter(pl.col("version") == base).select(
        "kind", base_cases="cases", base_payment_yuan="payment_yuan"
    )
    differs = pl.col("version") != base
    return (
        found.join(of_base, on="kind", how="left", maintain_order="left")
        .with_columns(
            cases_difference=pl.when(differs).then(pl.col("cases") - pl.col("base_cases")),
            payment_difference_yuan=pl.when(differs).then(
                pl.col("payment_yuan") - pl.col("base_payment_yuan")
            ),
        )
        .drop("base_cases", "base_payment_yuan")
    )
