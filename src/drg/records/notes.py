"""Findings of reading, in the one shape of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.records.findings import ERROR, SCHEMA, WARNING
from drg.words import Sentence, in_both

# Columns of ours in a frame whose other columns are those of a file: the row as a spreadsheet numbers it, and
# the file if there are several.
OURS: Final = "\ue000"
ROW: Final = f"{OURS}row"
FILE: Final = f"{OURS}file"

VISIT_UNKNOWN: Final = "visit-unknown"
COLUMN_MISSING: Final = "column-missing"

_EXPECTED: Final = {
    Kind.NUMBER: Sentence("a number"),
    Kind.DATE: Sentence("a date such as 2024-03-01 10:20:00"),
    Kind.MONEY: Sentence("an amount such as 1234.50"),
}


def no_findings() -> pl.DataFrame:
    """The shape of findings, without any."""
    return pl.DataFrame(schema=SCHEMA)


def findings(places: pl.DataFrame, **cells: pl.Expr | str | None) -> pl.DataFrame:
    """One finding for each row of ``places``; what is not given is empty.

    Args:
        places: any frame.
        cells: the columns of ``findings.SCHEMA``: text for all rows, or an expression on ``places``.
    """
    columns = [
        (cell if isinstance(cell, pl.Expr) else pl.lit(cell)).cast(dtype).alias(name)
        for name, dtype in SCHEMA.items()
        for cell in (cells.get(name),)
    ]
    return places.select(columns) if places.height else no_findings()


def together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Findings of several kinds in one frame."""
    return pl.concat([no_findings(), *parts])


def malformed(
    places: pl.DataFrame, column: Column, field: str, *, row: str, case_id: str, value: str
) -> pl.DataFrame:
    """Findings on texts that could not be read; ``row``, ``case_id`` and ``value`` name columns."""
    return findings(
        places,
        row=pl.col(row),
        case_id=pl.col(case_id),
        rule=f"{column.name.replace('_', '-')}-malformed",
        severity=ERROR,
        field=field,
        value=pl.col(value),
        **in_both(
            message=Sentence("{column} cannot be read; it counts as not known", column=column.label),
            fix=Sentence(
                "Write {form}; leave the cell empty if it is not known", form=_EXPECTED[column.kind]
            ),
        ),
    )


def orphans(places: pl.DataFrame, field: str, *, row: str, key: str, rows: str) -> pl.DataFrame:
    """Findings on rows of a table that belong to no discharge."""
    message = Sentence(
        "{count} rows of a visit that the first table does not have; they were left out", count="{}"
    )
    return findings(
        places,
        row=pl.col(row),
        case_id=pl.col(key),
        rule=VISIT_UNKNOWN,
        severity=WARNING,
        field=field,
        value=pl.col(key),
        **{name: pl.format(text, rows) for name, text in in_both(message=message).items()},
        **in_both(fix=Sentence("Export all tables for the same visits")),
    )


def column_missing(column: Column, names: str, layout: str) -> pl.DataFrame:
    """The finding on a column that the files do not have, though it may be needed."""
    where = Sentence("{layout} has none", layout=layout)
    if names:
        where = Sentence("{layout} calls it {names}", layout=layout, names=names)
    return findings(
        pl.DataFrame({"row": [1]}),
        row=pl.col("row"),
        rule=COLUMN_MISSING,
        severity=WARNING,
        field=column.name,
        **in_both(
            message=Sentence(
                "no column for {column}; it counts as not known ({where})", column=column.label, where=where
            ),
            fix=Sentence("Export the file with this column, or give a layout that says where it is"),
        ),
    )
