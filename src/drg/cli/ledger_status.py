"""``drg ledger status``: what is in, what is missing, what is late."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drg.errors import DrgError
    from drg.ledger import Ledger
    from drg.settlement.lateness import Lateness


def show_status(book: Ledger, as_of: int | None, on: date | None, language: str, *, as_json: bool) -> None:
    """Print it.

    Args:
        book: the ledger.
        as_of: the number of the entry; None: the last.
        on: the day as of which it is told what is late; None: today.
        language: of all that is printed.
        as_json: for programs.
    """
    from drg.report import ledger_status as report
    from drg.report.console import echo_json, stdout

    entries, months = book.entries(as_of), book.months(as_of)
    late = _late(book, as_of, on) if months["cases"].sum() else None
    if as_json:
        echo_json(report.as_json(entries, months, late, language))
    else:
        report.print_status(stdout(), entries, months, late, language)


def _late(book: Ledger, as_of: int | None, on: date | None) -> Lateness | DrgError | None:
    """What is late, if the scheme has due dates; or why that is not known: the rest is told all the same."""
    from drg.errors import DrgError
    from drg.settlement.lateness import lateness

    try:
        rules = book.scheme(as_of).scheme.settlement
        return lateness(book.due(on=on, as_of=as_of)) if rules and rules.due else None
    except DrgError as error:
        return error
