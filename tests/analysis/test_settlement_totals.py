"""What the summary of a settlement adds up."""

from __future__ import annotations

import polars as pl
import pytest

from drg.analysis.settlement_totals import by_insurance
from tests.report import settled


@pytest.mark.parametrize("months", [7, 12])
def test_from_the_entitlement_to_the_balance(months: int) -> None:
    rules = settled.RULES + settled.budget(100_000, "common_factor")
    totals = by_insurance(settled.settlement(rules, months=months).rows)
    spans = ["year"] if months == 12 else ["year_to_date", "forecast"]
    assert totals.filter(insurance_type="310")["span"].to_list() == spans
    less = pl.sum_horizontal("held_back_yuan", "deductions_yuan", "prepayment_taken_yuan") - pl.col(
        "deposit_returned_yuan"
    )
    payable = pl.col("entitlement_yuan") - pl.col("deposit_yuan") - less
    assert totals.filter(pl.col("payable_yuan") != payable).is_empty()
    assert totals.filter(
        pl.col("balance_yuan") != pl.col("payable_yuan") - pl.col("instalments_yuan")
    ).is_empty()
    # There is something to add up.
    assert totals["prepayment_taken_yuan"].min() > 0
    assert totals["deductions_yuan"].sum() > 0
