"""Corrected rows: where the tables of a version differ from their source, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from drg.errors import TablesError
from drg.tables.manifest import Manifest
from drg.tables.table_layout import TABLES, Table
from drg.words import Joined, Sentence

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"
SCHEMA: Final = {
    "table": pl.String,
    "key": pl.String,
    "change": pl.String,
    "column": pl.String,
    "before": pl.String,
    "reason": pl.String,
    "reason_zh": pl.String,
    "version": pl.String,
}


def corrections_of(
    manifest: Manifest,
    tables: Mapping[str, pl.DataFrame],
    inherited: pl.DataFrame | None,
    changes: Mapping[str, pl.DataFrame],
    file: Path,
) -> pl.DataFrame:
    """The corrected rows of a version.

    Args:
        manifest: its manifest.
        tables: its six tables by name.
        inherited: the corrections of its base, if it has one.
        changes: its changes of the base by table; a row that they name is the version's own.
        file: the manifest, for messages.

    Returns:
        One row per corrected row, or per corrected cell: table, key, change (added, removed, changed),
        column and before (what the source has; null unless changed), reason, reason_zh, version (whose
        manifest says so).

    Raises:
        TablesError: the manifest names a row as corrected that the tables do not have so.
    """
    if manifest.corrections is None:
        return pl.DataFrame(schema=SCHEMA) if inherited is None else _kept(inherited, changes)
    rows: list[tuple[str | None, ...]] = []
    for one in manifest.corrections:
        why = (one.reason, one.reason_zh, manifest.id)
        rows += [(one.table, key, ADDED, None, None, *why) for key in one.added]
        rows += [(one.table, key, REMOVED, None, None, *why) for key in one.removed]
        rows += [(one.table, key, CHANGED, one.column, before, *why) for key, before in one.before.items()]
    corrections = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    for table in TABLES:
        _check(table, tables[table.name], corrections.filter(table=table.name), file)
    return corrections


def key_of(table: Table) -> pl.Expr:
    """How a correction names a row of a table."""
    return pl.concat_str(table.key, separator=" ")


def _kept(inherited: pl.DataFrame, changes: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The corrections of the base in rows that the version takes from it."""
    own = [
        changes[table.name].select(table=pl.lit(table.name), key=key_of(table))
        for table in TABLES
        if table.name in changes
    ]
    return inherited.join(pl.concat(own), on=["table", "key"], how="anti") if own else inherited


def _check(table: Table, frame: pl.DataFrame, corrections: pl.DataFrame, file: Path) -> None:
    if corrections.is_empty():
        return
    # Looked up by the last part of the key first: a list has a hundred thousand rows, a correction a hundred.
    last = corrections["key"].str.split(" ").list.last().unique()
    there = frame.filter(pl.col(table.key[-1]).is_in(last.implode())).with_columns(key_of(table).alias("key"))
    present = set(there["key"])
    for row in corrections.rows(named=True):
        key, column = row["key"], row["column"]
        problem: Sentence | None = None
        if row["change"] == REMOVED and key in present:
            problem, fix = Sentence("the table has the row"), Sentence("Delete the row, or the correction")
        elif row["change"] != REMOVED and key not in present:
            problem = Sentence("the table has no such row")
            fix = Sentence("Mend the key, or delete the correction")
        elif row["change"] == CHANGED and column not in table.columns:
            problem = Sentence("the table has no column {name!r}", name=column)
            fix = Sentence("Name one of {names}", names=Joined(", ", table.columns))
        elif row["change"] == CHANGED and str(there.filter(key=key)[column][0]) == row["before"]:
            problem = Sentence("the {column} is what the source has", column=column)
            fix = Sentence("Correct the table, or delete the correction")
        if problem:
            told = Sentence(
                "{table} {key!r} is said to be corrected, but {problem}",
                table=table.name,
                key=key,
                problem=problem,
            )
            raise TablesError(told, file=file, field="corrections", fix=fix)
