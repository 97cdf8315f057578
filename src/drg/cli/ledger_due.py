"""``drg ledger due``: what is late and what is due next."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drg.cli.reported import Run
    from drg.ledger import Ledger


def show_due(
    run: Run,
    book: Ledger,
    on: date | None,
    holidays: Path | None,
    output: Path | None,
    as_of: int | None,
    *,
    close: bool | None,
) -> None:
    """Work it out, write it and print it.

    Args:
        run: of the command.
        book: the ledger.
        on: the day as of which it is told; None: today.
        holidays: a table of days.
        output: where to write all amounts.
        as_of: the number of the entry; None: the last.
        close: as for ``drg.settle``.
    """
    from drg.ledger.ledger_tables import ROW
    from drg.records.files import check_output, write
    from drg.records.scanning import scan
    from drg.report.console import written_to
    from drg.report.due_dates import print_due
    from drg.report.settlement import warnings

    given = [] if holidays is None else [holidays]
    if output is not None:
        check_output(output)
    days = None if holidays is None else scan(holidays, row=ROW)
    found = book.due(on=on, holidays=days, as_of=as_of, close=close)
    run.inputs += given
    run.cases = int(book.months(as_of)["cases"].sum())
    if output is not None:
        write(found.rows.lazy(), output, sources=given)
        run.outputs.append(output)
    counts = found.findings.group_by("rule", "severity").len().rows()
    run.findings.update({(rule, severity): count for rule, severity, count in counts})
    run.warn(warnings(found.findings, run.language))
    if run.talks:
        print_due(run.console, found, run.language)
        if output is not None:
            written_to(run.console, output, run.language)
