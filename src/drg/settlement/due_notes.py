"""What was assumed about due dates, and what deserves a look; see ``settlement_notes.csv``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from drg.payment.settlement_rules import DueRules
from drg.settlement.accounts import standing
from drg.settlement.settlement_columns import MONTH, REAL_OFF_SITE
from drg.settlement.settlement_findings import Finding, finding, findings_frame
from drg.settlement.working_days import WorkingDays

if TYPE_CHECKING:
    from drg.settlement.settle import Settlement


def notes_of(
    settlement: Settlement,
    rows: pl.DataFrame,
    payments: pl.DataFrame,
    rules: DueRules,
    on: date,
    days: WorkingDays,
) -> pl.DataFrame:
    """All findings.

    Args:
        settlement: of which the due dates are.
        rows: of ``due_dates.DUE_COLUMNS``.
        payments: with ``day`` and ``dated``.
        rules: of the scheme.
        on: the day as of which it is told.
        days: after they were asked for all due dates.
    """
    return findings_frame(
        [
            *_of_days(days),
            *_of_payments(payments, on),
            *_of_clearing(settlement, rows, rules, on),
            *_of_off_site(settlement),
        ]
    )


def _of_days(days: WorkingDays) -> Iterator[Finding]:
    for year in sorted(days.unknown_years):
        yield finding("working_days_not_known", {"period": str(year)}, {"year": year})


def _of_payments(payments: pl.DataFrame, on: date) -> Iterator[Finding]:
    later = pl.col("day") > on
    for rule, where in (("payment_without_date", ~pl.col("dated") & ~later), ("payment_after_day", later)):
        found = payments.filter(where)
        if count := found.height:
            facts = {
                "payments": "1 payment" if count == 1 else f"{count:,} payments",
                "payments_zh": f"{count:,} 笔拨付",
                "amount": Decimal(int(found["amount_fen"].sum())) / 100,
                "on": on,
            }
            yield finding(rule, {}, facts)


def _of_clearing(settlement: Settlement, rows: pl.DataFrame, rules: DueRules, on: date) -> Iterator[Finding]:
    months = settlement.rows.filter((pl.col("span") == MONTH) & (pl.col("cases") > 0))
    ends: dict[int, Any] = dict(months.group_by("year").agg(pl.col("period").max()).iter_rows())
    for year, is_cleared in sorted(settlement.closed.items()):
        due_on = rules.clearing_on(year)
        if on <= due_on:
            continue
        if not is_cleared:
            facts = {"year": year, "due_on": due_on, "last": ends.get(year, "–")}
            yield finding("clearing_overdue", {"period": str(year)}, facts)
            continue
        # What the hospital owes for one month is set against what it is owed for another.
        accounts = rows.filter(year=year).group_by("hospital_id", "insurance_type", maintain_order=True)
        arrears = accounts.agg(pl.col("outstanding_yuan").sum()).filter(pl.col("outstanding_yuan") > 0)
        for hospital, insurance, amount in arrears.iter_rows():
            place = {"hospital_id": hospital, "insurance_type": insurance, "period": str(year)}
            yield finding("arrears_after_clearing", place, {"year": year, "due_on": due_on, "amount": amount})


def _of_off_site(settlement: Settlement) -> Iterator[Finding]:
    found = standing(settlement.rows).filter(pl.col("basis").is_in(REAL_OFF_SITE))
    amount = found["payable_yuan"].sum()
    if amount:
        yield finding("off_site_not_due", {}, {"amount": amount})
