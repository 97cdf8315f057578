"""Cases whose amounts do not fit together are named when they come into a ledger."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from drg.ledger import Ledger
from tests.ledger.made import MONEY, priced, write


def test_cases_as_they_were_priced_have_no_findings(ledger: Ledger, tmp_path: Path) -> None:
    unpriced = {"payment_yuan": pl.lit(0).cast(MONEY), "surplus_yuan": pl.lit(None, MONEY)}
    frame = pl.concat([priced("2025-01", 4), priced("2025-01", 1, first=4).with_columns(**unpriced)])
    assert ledger.add_cases([write(frame, tmp_path / "a.csv")]).findings == ()


def test_a_cost_that_was_changed_after_pricing_is_told(ledger: Ledger, tmp_path: Path) -> None:
    whole = priced("2025-01", 6)
    ledger.add_cases([write(whole, tmp_path / "a.parquet")])
    place = pl.int_range(pl.len())
    cost = pl.col("total_cost_yuan") + pl.when(place >= 1).then(pl.lit("0.01").cast(MONEY)).otherwise(0)
    changed = whole.head(4).with_columns(cost.alias("total_cost_yuan"))
    files = [write(changed.head(1), tmp_path / "b.csv"), write(changed.tail(3), tmp_path / "c.csv")]
    (found,) = ledger.add_cases(files, mode="single_cases").findings
    assert (found.rule, found.severity, found.table) == ("surplus_differs", "warning", "cases")
    assert found.message.startswith("3 cases: the surplus is not the payment less the cost")
    assert "2025-01-1 of hospital H2 in c.csv" in found.message
    assert (found.row, found.hospital_id, found.case_id) == (2, "H2", "2025-01-1")
    assert "3 个病例的结余不等于支付减费用" in found.message_zh


def test_a_surplus_without_a_cost_is_told(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 2).with_columns(total_cost_yuan=pl.lit(None, MONEY))
    (found,) = ledger.add_cases([write(frame, tmp_path / "a.csv")]).findings
    assert found.message.startswith("2 cases: ")


def test_cases_that_do_not_say_how_they_were_priced_are_told(ledger: Ledger, tmp_path: Path) -> None:
    frame = priced("2025-01", 3).with_columns(
        scheme_digest=pl.when(pl.int_range(pl.len()) < 2).then("scheme_digest")
    )
    (found,) = ledger.add_cases([write(frame, tmp_path / "a.parquet")]).findings
    assert (found.rule, found.severity, found.row) == ("pricing_not_known", "notice", 4)
    assert found.message.startswith("1 case: ")
