"""Due dates on the console: what is late, what is due next, what the hospitals owe."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.report.console import say
from drg.report.console_table import show
from drg.report.ledger import MOST_NAMED, more_of
from drg.report.prices import amount
from drg.report.settlement import print_findings
from drg.settlement.due_dates import ITEMS, DueDates
from drg.settlement.payment_allocation import Status
from drg.words import Both, Sentence, said

_YUAN: Final = ("due_yuan", "offset_yuan", "paid_yuan", "outstanding_yuan")


def print_due(console: Console, due: DueDates, language: str) -> None:
    """What is late first, then what is due next, what was late and is paid, and what was assumed."""
    of = partial(said, language=language)
    rows = due.rows
    overdue = rows.filter(status="overdue").sort("due_on", "outstanding_yuan", descending=[False, True])
    if overdue.is_empty():
        say(console, of("Nothing is overdue on {on}.", on=due.on))
    else:
        _print_rows(console, overdue, of("Overdue on {on} (yuan)", on=due.on), language)
    coming = rows.filter(status="not_due").sort("due_on", "hospital_id", "insurance_type")
    if not coming.is_empty():
        _print_rows(console, coming, of("Due next (yuan)"), language)
    sums = (
        Sentence("Paid after the due date: {yuan} yuan (amounts: {count:,}).", **_sum(rows, "paid_late")),
        Sentence("Owed by hospitals: {yuan} yuan (amounts: {count:,}).", **_sum(rows, "owed_back")),
        Sentence("Paid ahead: {yuan} yuan (accounts: {count:,}).", **_sum(rows, "paid_ahead")),
    )
    for sentence in sums:
        if sentence.facts["count"]:
            say(console, sentence.to(language))
    if not due.findings.is_empty():
        print_findings(console, due.findings, language)


def _sum(rows: pl.DataFrame, status: Status) -> dict[str, Any]:
    found = rows.filter(status=status)
    column = "late_yuan" if status == "paid_late" else "outstanding_yuan"
    yuan: Decimal = found.select(pl.col(column).sum().abs()).item()
    return {"count": found.height, "yuan": amount(yuan)}


def _print_rows(console: Console, rows: pl.DataFrame, title: str, language: str) -> None:
    """The first rows and the sum of all."""
    heads = said("hospital,insurance,for,due on,due,offset,paid,not paid,days late", language)
    lines = [_line(row, language) for row in rows.head(MOST_NAMED).iter_rows(named=True)]
    sums = rows.select(pl.col(_YUAN).sum()).row(0)
    count = said("amounts: {count:,}", language, count=rows.height)
    total = (said("all", language), "", count, "", *(amount(total) for total in sums), "")
    show(console, heads.split(","), "wwwwnnnnn", lines, title=title, total=total)
    more_of(console, rows.height, "", language)


def _line(row: dict[str, Any], language: str) -> tuple[str, ...]:
    what = row["period"]
    if row["item"] != "month":
        what = f"{what} {Both(row['item'], ITEMS[row['item']]).to(language)}"
    days = f"{row['days_late']:,}" if row["days_late"] else "–"
    return (
        *(row["hospital_id"], row["insurance_type"], what, row["due_on"].isoformat()),
        *(amount(row[name]) for name in _YUAN),
        days,
    )
