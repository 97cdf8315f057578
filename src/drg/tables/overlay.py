"""Changes of tables: applied to a base, and found between two versions. One is the inverse of the other."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from drg.errors import did_you_mean
from drg.tables.lint import first, refuse
from drg.tables.table_layout import ADD, CHANGE, REMOVE, REPLACE, TABLES, Table
from drg.words import Joined, Sentence


def apply(base: Mapping[str, pl.DataFrame], changes: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables of ``base`` with ``changes`` made.

    Args:
        base: the six tables by name.
        changes: by the same names, only what differs: ``change`` (``add``, ``remove``, ``replace``)
            before the columns of the table; no key twice. Rows that remove need only the key.

    Returns:
        The six tables with the columns of ``base``: replaced rows in place, added rows at the end.

    Raises:
        TablesError: what is added is there already, or what is removed or replaced is not.
    """
    changed = [table for table in TABLES if table.name in changes]
    return dict(base) | {
        table.name: _apply(table, base[table.name], changes[table.name]) for table in changed
    }


def changes_between(
    base: Mapping[str, pl.DataFrame], full: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """The smallest changes that turn ``base`` into ``full``, up to the order of rows.

    Args:
        base: the six tables by name, no key twice.
        full: the six tables by name, no key twice.

    Returns:
        For each table that differs a frame for ``apply``, sorted by key.
    """
    found = {table.name: _difference(table, base[table.name], full[table.name]) for table in TABLES}
    return {name: changes for name, changes in found.items() if changes.height}


def by_key(table: Table) -> list[pl.Expr]:
    """What to sort a table by for a reader: its key, with EX_2 before EX_10."""
    order: list[pl.Expr] = []
    for column in map(pl.col, table.key):
        if column.meta.output_name().endswith("set"):
            order += [column.str.replace(r"\d+$", ""), column.str.extract(r"(\d+)$").cast(pl.Int64)]
        order.append(column)
    return order


def _apply(table: Table, base: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    _check_targets(table, base, changes)
    # Changes made in memory have no place; diagonal fills it with nulls.
    aligned = pl.concat([base.clear(), changes], how="diagonal")
    added, removed, replaced = (
        aligned.filter(pl.col(CHANGE) == word).select(base.columns) for word in (ADD, REMOVE, REPLACE)
    )
    result = base.join(removed, on=table.key, how="anti", maintain_order="left")
    if replaced.height:
        result = result.update(replaced, on=table.key, include_nulls=True)
    return pl.concat([result, added])


def _check_targets(table: Table, base: pl.DataFrame, changes: pl.DataFrame) -> None:
    known = changes.join(base.select(table.key), on=table.key, how="semi", maintain_order="left")
    if row := first(known, pl.col(CHANGE) == ADD):
        fix = (
            Sentence("Delete the row")
            if table.is_all_key
            else Sentence("Write {word}, or choose a new code", word=REPLACE)
        )
        refuse(
            row,
            table.key[-1],
            Sentence("cannot add {code!r}: the base has it already", code=_named(table, row)),
            fix,
        )
    unknown = changes.join(base.select(table.key), on=table.key, how="anti", maintain_order="left")
    if row := first(unknown, pl.col(CHANGE) != ADD):
        hint = did_you_mean(row[table.key[-1]], _neighbours(table, base, row))
        fix = Joined(" ", (hint, Sentence("Mend the code, or delete the row")))
        problem = Sentence(
            "cannot {change} {code!r}: the base does not have it", change=row[CHANGE], code=_named(table, row)
        )
        refuse(row, table.key[-1], problem, fix)


def _named(table: Table, row: Mapping[str, str]) -> str:
    return " ".join(row[column] for column in table.key)


def _neighbours(table: Table, base: pl.DataFrame, row: Mapping[str, str]) -> list[str]:
    same_set = [pl.col(column) == row[column] for column in table.key[:-1]]
    return base.filter(*same_set).get_column(table.key[-1]).to_list()


def _difference(table: Table, base: pl.DataFrame, full: pl.DataFrame) -> pl.DataFrame:
    base, full = base.select(table.columns), full.select(table.columns)
    key = list(table.key)
    others = [pl.lit(None, base.schema[name]).alias(name) for name in table.columns if name not in key]
    removed = base.join(full, on=key, how="anti").with_columns(others)
    added = full.join(base, on=key, how="anti")
    replaced = full.join(base, on=key, how="semi").join(base, on=list(table.columns), how="anti")
    parts = ((REMOVE, removed), (ADD, added), (REPLACE, replaced))
    changes = pl.concat(part.select(pl.lit(word).alias(CHANGE), *table.columns) for word, part in parts)
    return changes.sort(by_key(table)).with_columns(pl.col(pl.String).fill_null(""))
