"""What is late in all, and what is due next: a few numbers of the due dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from drg.settlement.due_dates import DueDates


class Lateness(NamedTuple):
    """What is late on a day.

    Attributes:
        on: the day.
        late_yuan: due before it and not paid.
        amounts, hospitals: how many amounts that is, and of how many hospitals.
        most_days_late: calendar days since the first of them was due.
        next_due_on, next_due_yuan: the next day on which something is due and not paid, and how much.
        findings: how many things were assumed or deserve a look; ``drg ledger due`` names them.
    """

    on: date
    late_yuan: Decimal
    amounts: int
    hospitals: int
    most_days_late: int
    next_due_on: date | None
    next_due_yuan: Decimal
    findings: int


def lateness(due: DueDates) -> Lateness:
    """The numbers of ``DueDates``."""
    overdue, coming = due.rows.filter(status="overdue"), due.rows.filter(status="not_due")
    coming = coming.filter(pl.col("outstanding_yuan") > 0)
    next_on = coming.select(pl.col("due_on").min()).item()
    return Lateness(
        on=due.on,
        late_yuan=_sum(overdue),
        amounts=overdue.height,
        hospitals=overdue["hospital_id"].n_unique(),
        most_days_late=int(overdue.select(pl.col("days_late").max().fill_null(0)).item()),
        next_due_on=next_on,
        next_due_yuan=_sum(coming.filter(pl.col("due_on") == next_on)),
        findings=due.findings.height,
    )


def _sum(rows: pl.DataFrame) -> Decimal:
    return Decimal(rows["outstanding_yuan"].sum()).quantize(Decimal("0.01"))
