"""``drg ledger statement``: settles a state of a ledger and writes the result, the same bytes each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from drg.words import said

if TYPE_CHECKING:
    from drg.ledger import Ledger
    from drg.report.statement_text import Language
    from drg.settlement import Settlement

SETTLEMENT: Final = "settlement"
BUDGETS: Final = "budgets"
FINDINGS: Final = "findings"
ABOUT: Final = "statement.json"


def write_statement_of(
    book: Ledger,
    directory: Path,
    as_of: int | None,
    hospitals: Sequence[str],
    lang: Language,
    names_file: Path | None,
    *,
    close: bool | None,
    quiet: bool,
) -> None:
    """Settle and write.

    Args:
        book: the ledger.
        directory: where to; is made.
        as_of: the number of the entry; None: the last.
        hospitals: only these; none: all.
        lang: of the statements.
        names_file: the names on the statements; None: there are none.
        close: as for ``drg.settle``.
        quiet: print no summary.

    Raises:
        LedgerError: the ledger cannot be settled.
        InputError: it has no such hospital.
        OutputError: the directory cannot be written.
    """
    from drg.records.files import write, write_bytes
    from drg.records.outputs import make_directory, together
    from drg.report.console import say, stdout
    from drg.report.document_names import NO_NAMES, read_names, unnamed
    from drg.report.ledger import about
    from drg.report.settlement import print_findings
    from drg.report.settlement_book import write_settlement
    from drg.report.statement import check_hospitals, write_statements

    names = NO_NAMES if names_file is None else read_names(names_file)
    entries = book.entries(as_of)
    settled = book.settle(as_of, close=close)
    check_hospitals(settled, hospitals)
    shown = _of(settled, hospitals)
    rows = shown.rows
    made = entries[-1].at
    if names_file is not None:
        for missing in unnamed(names, names_file, rows["hospital_id"].unique().sort()):
            click.echo(said("Warning: {warning}.", lang, warning=missing), err=True)
        # A month that was corrected is settled again: another document, with a number of its own.
        names = replace(names, edition=str(entries[-1].number))
    with together():
        make_directory(directory)
        write(rows.lazy(), directory / f"{SETTLEMENT}.parquet", sources=())
        write(shown.budgets.lazy(), directory / f"{BUDGETS}.csv", sources=())
        write(shown.findings.lazy(), directory / f"{FINDINGS}.csv", sources=())
        write_settlement(shown, directory / f"{SETTLEMENT}.xlsx", made, names=names)
        write_statements(
            settled, directory, hospitals=hospitals or None, language=lang, made=made, names=names
        )
        text = about(entries, hospitals, lang, settled.closed)
        write_bytes(text.encode(), directory / ABOUT, sources=())
    if not quiet:
        console = stdout()
        if not shown.findings.is_empty():
            print_findings(console, shown.findings, lang)
        last = entries[-1]
        count = f"{rows.height:,}"
        say(
            console,
            said(
                "Settled as of entry {number}: {count} rows, written to {directory}.",
                lang,
                number=last.number,
                count=count,
                directory=directory,
            ),
        )


def _of(settled: Settlement, hospitals: Sequence[str]) -> Settlement:
    """The rows and findings of some hospitals, with the findings that are of none; without names: of all."""
    import polars as pl

    if not hospitals:
        return settled
    own = pl.col("hospital_id").is_in(list(hospitals))
    findings = settled.findings.filter(own | pl.col("hospital_id").is_null())
    return replace(settled, rows=settled.rows.filter(own), findings=findings)
