"""Whether priced cases are still what they were priced as, as far as their own columns tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from drg.ledger import kept_cases as cases
from drg.ledger.verify import FILE
from drg.settlement.settlement_findings import Finding, finding


def of_cases(files: Sequence[Path], stored: Path) -> tuple[Finding, ...]:
    """What is odd about cases, though they can be kept: how many there are, and the first.

    Pricing them again would tell more, but takes what they were grouped from.

    Args:
        files: where the cases came from.
        stored: the cases.
    """
    frame = cases.scan_cases(stored)
    cost, paid, surplus = (
        cases.amount(frame, name) for name in ("total_cost_yuan", "payment_yuan", "surplus_yuan")
    )
    odd = {
        # A case that was not priced has no surplus.
        "surplus_differs": (surplus != paid - cost).fill_null(surplus.is_not_null()),
        "pricing_not_known": pl.col("scheme_digest").is_null(),
    }
    counts = frame.select(expr.sum().alias(rule) for rule, expr in odd.items())
    found = counts.collect(engine="streaming").row(0, named=True)
    return tuple(
        _finding(files, stored, rule, odd[rule], int(count)) for rule, count in found.items() if count
    )


def _finding(files: Sequence[Path], stored: Path, rule: str, condition: pl.Expr, count: int) -> Finding:
    file, row = cases.first_rows(files, stored, condition)[0]
    first = cases.scan_cases(stored).filter(condition).select("hospital_id", "case_id").head(1)
    place = first.collect(engine="streaming").row(0, named=True)
    return finding(rule, {**place, "row": row}, {**place, "count": count, "file": file.name}, file=FILE)
