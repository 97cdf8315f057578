"""Instalments, decisions and scores on their way into a ledger: stored as given, checked with all before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from drg.errors import InputError
from drg.records.exact_paths import scan_parquet
from drg.records.files import write
from drg.records.findings import ERROR
from drg.records.scanning import scan
from drg.words import Both, Joined, Sentence

if TYPE_CHECKING:
    from drg.settlement.input_tables import Checked
    from drg.settlement.settlement_findings import Finding

_MOST_NAMED: Final = 5
ROW: Final = "__row"  # by this name the checks know the number of a row in its file


def table_file(kind: str) -> str:
    """The name under which a table is stored."""
    return f"{kind}.parquet"


def store_table(file: Path, directory: Path, kind: str) -> int:
    """Write a table as it is given, with the number of each row; how many rows there are."""
    target = directory / table_file(kind)
    write(scan(file, row=ROW), target, sources=[file])
    return int(scan_parquet(target).select(pl.len()).collect().item())


def checked(kind: str, frame: pl.DataFrame) -> Checked:
    """A table as the settlement's own check sees it."""
    from drg.settlement import input_tables

    checks = {
        "payments": input_tables.check_payments,
        "decisions": input_tables.check_decisions,
        "scores": input_tables.check_scores,
    }
    return checks[kind](frame)


def as_given(kind: str, stored: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Tables of several entries as one, in the columns and words that a settlement takes."""
    from drg.settlement import input_tables

    frames = [checked(kind, frame).frame for frame in stored]
    found = pl.concat([pl.DataFrame(schema=input_tables.SCHEMAS[kind]), *frames]).rename({"row": ROW})
    for name in [name for name in found.columns if name.endswith("_fen")]:
        yuan = pl.format("{}.{}", pl.col(name) // 100, (pl.col(name) % 100).cast(pl.String).str.zfill(2))
        amount = yuan.cast(pl.Decimal(38, 2)).alias(f"{name.removesuffix('_fen')}_yuan")
        found = found.with_columns(amount).drop(name)
    if kind == "decisions":
        words = (
            pl.when("approved")
            .then(pl.lit(input_tables.APPROVED[1]))
            .otherwise(pl.lit(input_tables.REJECTED[1]))
        )
        found = found.with_columns(words.alias("decision")).drop("approved")
    return found


def refuse(file: Path, findings: Sequence[Finding], others: Sequence[int] = ()) -> None:
    """Refuse a table of which some row could not be used: what a ledger holds must all count.

    Args:
        file: where it came from.
        findings: of the table; if there are others, of all of them together.
        others: the numbers of the entries that hold beside it.

    Raises:
        InputError: names the first rows.
    """
    errors = [finding for finding in findings if finding.severity == ERROR]
    if not errors:
        return
    lines = [
        Sentence(
            "    row {row}: {message}. {fix}.",
            row=e.row or "–",
            message=Both(e.message, e.message_zh),
            fix=Both(e.fix, e.fix_zh),
        )
        for e in errors[:_MOST_NAMED]
    ]
    if len(errors) > _MOST_NAMED:
        lines.append(Sentence("    … and {count:,} more", count=len(errors) - _MOST_NAMED))
    count = len({e.row for e in errors})
    rows = Sentence("{count:,} rows", count=count) if count > 1 else Sentence("a row")
    fix = Sentence("Mend them and add the file again")
    if others:
        rows = Sentence("{rows}, beside entry {entries},", rows=rows, entries=Joined(", ", others))
        fix = Sentence(
            "Leave out what was decided before, or put the file in the place of that entry: --replace N"
        )
    problem = Joined("\n", (Sentence("{rows} cannot be used; nothing was added", rows=rows), *lines))
    raise InputError(problem, file=file, row=errors[0].row, fix=fix)
