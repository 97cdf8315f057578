"""``drg ledger statement``: settles a state of a ledger and writes the result, the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from drg.ledger import Ledger
    from drg.report.statement_text import Language

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
        close: as for ``drg.settle``.
        quiet: print no summary.

    Raises:
        LedgerError: the ledger cannot be settled, or has no such hospital.
        OutputError: the directory cannot be written.
    """
    import polars as pl

    from drg.errors import LedgerError
    from drg.records.files import write
    from drg.report.console import stdout
    from drg.report.ledger import about, print_findings, write_workbook
    from drg.report.statement import write_statements
    from drg.settlement.columns import SETTLEMENT_COLUMNS

    entries = book.entries(as_of)
    settled = book.settle(as_of, close=close)
    rows = settled.rows
    known = rows["hospital_id"].unique().to_list()
    for hospital in hospitals:
        if hospital not in known:
            raise LedgerError(
                f"there is no hospital {hospital!r} in the settlement",
                field="hospital",
                fix=f"See what is there: drg ledger status {book.directory}",
            )
    if hospitals:
        rows = rows.filter(pl.col("hospital_id").is_in(list(hospitals)))
    made = entries[-1].at
    _make(directory)
    write(rows.lazy(), directory / f"{SETTLEMENT}.parquet", sources=())
    write(settled.budgets.lazy(), directory / f"{BUDGETS}.csv", sources=())
    write(settled.findings.lazy(), directory / f"{FINDINGS}.csv", sources=())
    workbook = directory / f"{SETTLEMENT}.xlsx"
    _put(workbook, lambda part: write_workbook(rows, part, SETTLEMENT_COLUMNS, made))
    write_statements(settled, directory, hospitals=hospitals or None, language=lang, made=made)
    text = about(entries, hospitals, lang, settled.closed)
    _put(directory / ABOUT, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))
    if not quiet:
        console = stdout()
        print_findings(console, settled.findings, most=10)
        last = entries[-1]
        console.print(
            f"Settled as of entry {last.number} 截至第 {last.number} 号记录: {rows.height:,} rows 行, "
            f"written to 写入 {directory}.",
            soft_wrap=True,
            highlight=False,
        )


def _make(directory: Path) -> None:
    from drg.errors import OutputError

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot be made: {error.strerror}", file=directory, fix="Give the name of a directory"
        ) from None


def _put(file: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all."""
    from drg.errors import OutputError

    part = file.with_name(f".{file.name}.part")
    try:
        write(part)
        part.replace(file)
    except OSError as error:
        fix = "Close the file if it is open elsewhere, or choose another place"
        raise OutputError(f"cannot be written: {error.strerror}", file=file, fix=fix) from None
    finally:
        part.unlink(missing_ok=True)
