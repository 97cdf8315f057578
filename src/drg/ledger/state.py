"""Which cases hold: for each hospital and month those of the last entry that covers it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import LedgerError
from drg.ledger.entry import CASES_FILE, MONTHS_FILE, LedgerEntry
from drg.ledger.kept_cases import MONTH, month_number, scan_cases
from drg.ledger.months import PAIR, SCHEMA
from drg.ledger.store import place
from drg.records.exact_paths import read_parquet
from drg.records.files import LIST_SEPARATOR
from drg.words import Sentence

STATE_SCHEMA: Final = pl.Schema({"entry": pl.Int64(), **SCHEMA})


def covered(ledger: Path, entries: Iterable[LedgerEntry]) -> pl.DataFrame:
    """What each entry of cases covers: ``months.SCHEMA`` after ``entry``.

    Raises:
        LedgerError: a file cannot be read.
    """
    frames = [pl.DataFrame(schema=STATE_SCHEMA)]
    for entry in entries:
        if entry.kind == "cases":
            months = read_stored(ledger, entry, MONTHS_FILE)
            frames.append(months.select(pl.lit(entry.number, dtype=pl.Int64).alias("entry"), *SCHEMA))
    return pl.concat(frames)


def read_stored(ledger: Path, entry: LedgerEntry, name: str) -> pl.DataFrame:
    """A small stored table.

    Raises:
        LedgerError: it cannot be read.
    """
    file = place(ledger, entry.number) / name
    try:
        return read_parquet(file)
    except (OSError, pl.exceptions.PolarsError):
        problem = Sentence("the file is missing or damaged")
        fix = Sentence("See what is wrong and how to mend it: drg ledger verify {ledger}", ledger=ledger)
        raise LedgerError(problem, file=f"{file.parent.name}/{name}", fix=fix) from None


def holding(months: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``covered`` that hold; months without cases are among them."""
    return months.sort("entry").unique(PAIR, keep="last", maintain_order=True).sort("month", "hospital_id")


def frames(
    ledger: Path, months: pl.DataFrame, current: pl.DataFrame, columns: Sequence[str] | None = None
) -> list[tuple[int, pl.LazyFrame]]:
    """The cases that hold, entry by entry, with ``MONTH``.

    Args:
        ledger: the directory.
        months: what all entries cover.
        current: which rows of it hold.
        columns: which to read; by default all.
    """
    found = []
    for number in current.filter(pl.col("cases") > 0)["entry"].unique().sort().to_list():
        frame = scan_cases(place(ledger, number) / CASES_FILE)
        own = months.filter(entry=number)
        gone = own.join(current, on=["entry", *PAIR], how="anti").filter(pl.col("cases") > 0)
        if not gone.is_empty():
            frame = frame.filter(~_is_in(gone))
        found.append((number, frame if columns is None else frame.select(columns)))
    return found


def _is_in(pairs: pl.DataFrame) -> pl.Expr:
    """Whether a case is of one of these hospitals and months; keeps the order of rows, as a join does not."""
    by_month = pairs.group_by("month", maintain_order=True).agg("hospital_id").sort("month").rows()
    parts = [
        (pl.col(MONTH) == month_number(month)) & pl.col("hospital_id").is_in(hospitals)
        for month, hospitals in by_month
    ]
    return reduce(or_, parts)


def together(parts: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """Cases of several entries; where a column is text in one and typed in another, it is text."""
    if len(parts) == 1:
        return parts[0]
    schemas = [part.collect_schema() for part in parts]
    types: dict[str, set[pl.DataType]] = {}
    for schema in schemas:
        for name, dtype in schema.items():
            types.setdefault(name, set()).add(dtype)
    texts = (pl.String, pl.Categorical, pl.Enum)
    mixed = {
        name
        for name, found in types.items()
        if len(found) > 1 and any(isinstance(dtype, texts) for dtype in found)
    }
    as_text = [
        part.with_columns(_text(name, schema[name]) for name in schema if name in mixed)
        for part, schema in zip(parts, schemas, strict=True)
    ]
    return pl.concat(as_text, how="diagonal_relaxed")


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List):
        return pl.col(name).cast(pl.List(pl.String)).list.join(LIST_SEPARATOR)
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).dt.to_string("%Y-%m-%d %H:%M:%S")
    return pl.col(name).cast(pl.String)
