"""Structural checks of tables: each finds the first bad row at once, vectorised."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, NoReturn

import polars as pl

from drg.errors import TablesError, did_you_mean
from drg.tables.table_layout import ADD, CHANGE, COMPLICATIONS, REMOVE, REPLACE, Table

LEVELS = ("MCC", "CC")
CHANGES = (ADD, REMOVE, REPLACE)


def first(frame: pl.DataFrame, bad: pl.Expr) -> dict[str, Any] | None:
    """The first row for which ``bad`` holds, or None."""
    found = frame.filter(bad).head(1)
    return found.row(0, named=True) if found.height else None


def refuse(row: Mapping[str, Any], field: str, problem: str, fix: str) -> NoReturn:
    """Raises a TablesError at the place of ``row``, as far as the row knows it."""
    raise TablesError(problem, file=row.get("file"), row=row.get("row"), field=field, fix=fix)


def check_cells(frame: pl.DataFrame, table: Table) -> None:
    """Each cell by itself: change words, required cells, codes, order and level.

    Args:
        frame: the columns of the table, all text, with ``file`` and ``row``, and perhaps ``change``.
        table: its shape.

    Raises:
        TablesError: at the first cell that is wrong.
    """
    values = frame
    if CHANGE in frame.columns:
        _check_change(frame, table)
        values = frame.filter(pl.col(CHANGE) != REMOVE)
    for column in table.required:
        rows = frame if column in table.key else values
        if row := first(rows, pl.col(column) == ""):
            refuse(row, column, f"{column} is empty", "Fill the cell or delete the row")
    for column in table.codes:
        if row := first(frame, pl.col(column).str.contains(r"[^!-~]")):
            _refuse_code(row, column)
    whole = pl.col("order").str.contains(r"\A-?[0-9]{1,9}\z")
    if not table.is_list and (row := first(values, ~whole)):
        refuse(row, "order", f"order is {row['order']!r}, not a whole number", "Write a number such as 12")
    if table is COMPLICATIONS and (row := first(values, ~pl.col("level").is_in(LEVELS))):
        refuse(row, "level", f"level is {row['level']!r}", "Write MCC or CC, in capitals")


def check_unique(frame: pl.DataFrame, table: Table) -> None:
    """No key stands twice, in a table or in its changes."""
    if table.is_all_key and CHANGE not in frame.columns:
        return
    row = first(frame, ~pl.struct(table.key).is_first_distinct())
    if row is None:
        return
    earlier = first(frame, pl.all_horizontal(pl.col(column) == row[column] for column in table.key)) or {}
    code = " ".join(str(row[column]) for column in table.key)
    where = f", first in row {earlier['row']}" if "row" in earlier else ""
    fix = "Keep one change of it" if CHANGE in frame.columns else "Keep one of the rows, or mend the code"
    refuse(row, table.key[-1], f"{code!r} is there twice{where}", fix)


def check_references(tables: Mapping[str, pl.DataFrame]) -> None:
    """Every ADRG belongs to an MDC that exists, every DRG to an ADRG and to the MDC of that ADRG.

    Args:
        tables: the resolved tables by name; ``mdc``, ``adrg`` and ``drg`` are read.

    Raises:
        TablesError: at the first row that points nowhere.
    """
    mdc, adrg, drg = tables["mdc"], tables["adrg"], tables["drg"]
    _check_parent(adrg, "mdc", mdc["mdc"])
    _check_parent(drg, "adrg", adrg["adrg"])
    scopes = drg.join(adrg.select("adrg", adrg_mdc="mdc"), on="adrg", how="left", maintain_order="left")
    if row := first(scopes, pl.col("mdc") != pl.col("adrg_mdc")):
        problem = f"DRG {row['drg']!r} names MDC {row['mdc']!r}, but its ADRG is in {row['adrg_mdc']!r}"
        refuse(row, "mdc", problem, "Name the same MDC in both tables")


def _check_parent(frame: pl.DataFrame, column: str, known: pl.Series) -> None:
    if row := first(frame, ~pl.col(column).is_in(known.implode())):
        hint = did_you_mean(row[column], known.to_list())
        child = frame.columns[0]
        problem = f"{child.upper()} {row[child]!r} names an unknown {column.upper()} {row[column]!r}"
        refuse(row, column, problem, f"{hint} Name one of {column}.csv, or add it there".strip())


def _check_change(frame: pl.DataFrame, table: Table) -> None:
    words = tuple(word for word in CHANGES if not (word == REPLACE and table.is_all_key))
    row = first(frame, ~pl.col(CHANGE).is_in(words))
    if row is None:
        return
    if row[CHANGE] == REPLACE:
        fix = "Remove the one row and add the other"
        refuse(row, CHANGE, f"a row of {table.file} has nothing to replace", fix)
    hint = did_you_mean(row[CHANGE], words)
    fix = f"{hint} Write one of {', '.join(words)}".strip()
    refuse(row, CHANGE, f"unknown change {row[CHANGE]!r}", fix)


def _refuse_code(row: Mapping[str, Any], column: str) -> NoReturn:
    code = row[column]
    sign = next(sign for sign in code if not "!" <= sign <= "~")
    name = unicodedata.name(sign, "a control character")
    plain = unicodedata.normalize("NFKC", code)
    mended = plain.isascii() and plain.isprintable() and " " not in plain
    fix = f"Write {plain!r} (its NFKC form)" if mended else "Type it again in plain letters, digits and signs"
    refuse(row, column, f"{code!r} holds U+{ord(sign):04X} ({name}), which no code has", fix)
