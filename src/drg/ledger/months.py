"""What an entry of cases covers: pairs of hospital and month, each with its cases and its payment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import LedgerError
from drg.ledger.entry import MONTHS_FILE
from drg.records.exact_paths import exact, told_by_the_system
from drg.words import Joined, Sentence

PAIR: Final = ("hospital_id", "month")
SCHEMA: Final = pl.Schema(
    {
        "hospital_id": pl.String(),
        "month": pl.String(),
        "cases": pl.Int64(),
        "payment_yuan": pl.Decimal(38, 2),
        "replaces": pl.Int64(),
    }
)
_MOST_NAMED: Final = 3
# A month may lose one case, or one in so many, without a question.
_ONE_IN: Final = 10


def replacing(found: pl.DataFrame, current: pl.DataFrame, emptied: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """What an entry covers, and which entry held it till now.

    Args:
        found: hospital, month, cases and payment of its cases.
        current: what holds before it.
        emptied: what it leaves without cases.
    """
    none = pl.DataFrame(
        [(hospital, month, 0, 0) for hospital, month in emptied],
        schema={name: dtype for name, dtype in SCHEMA.items() if name != "replaces"},
        orient="row",
    )
    before = current.filter(pl.col("cases") > 0).select(*PAIR, replaces="entry")
    both = pl.concat([found.select(none.columns).cast(none.schema), none])
    return both.join(before, on=PAIR, how="left").sort(*PAIR).select(SCHEMA.names()).cast(SCHEMA)


def write(own: pl.DataFrame, directory: Path) -> None:
    """Write what an entry covers."""
    with told_by_the_system():
        own.write_parquet(exact(directory / MONTHS_FILE), compression="zstd", compression_level=1)


def check(
    ledger: Path,
    files: Sequence[Path],
    own: pl.DataFrame,
    current: pl.DataFrame,
    emptied: Sequence[tuple[str, str]],
    *,
    correct: bool,
) -> None:
    """Whether the months are new or, to be corrected, there.

    Raises:
        LedgerError: names hospital, month, entry and the command that mends it.
    """
    command = f"drg ledger add {ledger} {' '.join(str(file) for file in files)}"
    named = pl.DataFrame(emptied, schema=dict.fromkeys(PAIR, pl.String), orient="row")
    for hospital, month in emptied:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
            raise LedgerError(
                Sentence("--empty {hospital}:{month}: {month!r} is no month", hospital=hospital, month=month),
                fix=Sentence("Write --empty {hospital}:2025-03", hospital=hospital),
            )
        if own.filter(hospital_id=hospital, month=month)["cases"].sum():
            problem = Sentence(
                "the files have cases of {hospital} in {month}, which shall be empty",
                hospital=hospital,
                month=month,
            )
            raise LedgerError(problem, file=files[0], fix=Sentence("Leave out either"))
    missing = named.join(current.filter(pl.col("cases") > 0), on=PAIR, how="anti", maintain_order="left")
    if not missing.is_empty():
        hospital, month = missing.row(0)
        problem = Sentence(
            "the ledger has no cases of {hospital} in {month} that --empty could take out",
            hospital=hospital,
            month=month,
        )
        fix = Sentence("See what there is: drg ledger status {ledger}", ledger=ledger)
        raise LedgerError(problem, fix=fix)
    with_cases = own.filter(pl.col("cases") > 0)
    there = with_cases.filter(pl.col("replaces").is_not_null())
    if not correct and not there.is_empty():
        named_months: Sentence = Joined(
            ", ",
            (
                Sentence("{hospital} {month} (entry {number})", hospital=h, month=m, number=n)
                for h, m, n in there.select(*PAIR, "replaces").head(_MOST_NAMED).iter_rows()
            ),
        )
        if there.height > _MOST_NAMED:
            named_months = Sentence(
                "{some} and {count:,} more", some=named_months, count=there.height - _MOST_NAMED
            )
        problem = Sentence(
            "months of hospitals are in the ledger already: {months}; nothing was added", months=named_months
        )
        fix = Sentence(
            "If its cases came late, add them: {command} --append. If it holds all cases of these months, "
            "put it in their place: {command} --correct",
            command=command,
        )
        raise LedgerError(problem, file=files[0], fix=fix)
    if correct and there.is_empty():
        raise LedgerError(
            Sentence("there is nothing to correct: the ledger has none of these hospitals and months"),
            file=files[0] if files else ledger,
            fix=Sentence("If they are new: {command}", command=command)
            if files
            else Sentence("Leave out --correct"),
        )
    if own.is_empty():
        problem = Sentence("there are no cases in it")
        raise LedgerError(problem, file=files[0] if files else ledger, fix=Sentence("Name a file"))


def check_losses(
    ledger: Path,
    files: Sequence[Path],
    own: pl.DataFrame,
    current: pl.DataFrame,
    replaces_cases: int | None,
) -> None:
    """Whether whole months are replaced: a file of a few corrected cases would take all others out.

    Raises:
        LedgerError: a month would lose several cases and more than a tenth, and their number was not said; or
            another number was.
    """
    before = current.select(*PAIR, before="cases")
    replaced = own.filter(pl.col("cases") > 0).join(before, on=PAIR).filter(pl.col("before") > 0)
    count = int(replaced["before"].sum())
    if replaces_cases is not None and replaces_cases != count:
        raise LedgerError(
            Sentence(
                "the ledger has {count:,} cases of these hospitals and months, not {given:,}; nothing was "
                "added",
                count=count,
                given=replaces_cases,
            ),
            file=files[0] if files else ledger,
            fix=Sentence("See what there is: drg ledger status {ledger}", ledger=ledger),
        )
    lost = pl.col("before") - pl.col("cases")
    losing = replaced.filter(lost > 1, lost * _ONE_IN > pl.col("before"))
    if replaces_cases is None and not losing.is_empty():
        row = losing.sort(lost, *PAIR, descending=[True, False, False]).row(0, named=True)
        raise LedgerError(
            Sentence(
                "{hospital} has {before:,} cases in {month}, of which {now:,} would be left; nothing was "
                "added",
                hospital=row["hospital_id"],
                month=row["month"],
                before=row["before"],
                now=row["cases"],
            ),
            file=files[0],
            fix=Sentence(
                "If the file holds only the corrected cases: --correct-cases. If it is all of its months: "
                "--replace-months {count}",
                count=count,
            ),
        )
