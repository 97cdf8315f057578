"""Structural checks of tables: each finds the first bad row at once, vectorised."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, NoReturn

import polars as pl

from drg.errors import TablesError, did_you_mean
from drg.tables.table_layout import ADD, CHANGE, COMPLICATIONS, REMOVE, REPLACE, Table
from drg.words import Joined, Sentence

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
            problem = Sentence("{column} is empty", column=column)
            refuse(row, column, problem, Sentence("Fill the cell or delete the row"))
    for column in table.codes:
        if row := first(frame, pl.col(column).str.contains(r"[^!-~]")):
            _refuse_code(row, column)
    whole = pl.col("order").str.contains(r"\A-?[0-9]{1,9}\z")
    if not table.is_list and (row := first(values, ~whole)):
        problem = Sentence("order is {order!r}, not a whole number", order=row["order"])
        refuse(row, "order", problem, Sentence("Write a number such as 12"))
    if table is COMPLICATIONS and (row := first(values, ~pl.col("level").is_in(LEVELS))):
        problem = Sentence("level is {level!r}", level=row["level"])
        refuse(row, "level", problem, Sentence("Write MCC or CC, in capitals"))


def check_unique(frame: pl.DataFrame, table: Table) -> None:
    """No key stands twice, in a table or in its changes."""
    if table.is_all_key and CHANGE not in frame.columns:
        return
    row = first(frame, ~pl.struct(table.key).is_first_distinct())
    if row is None:
        return
    earlier = first(frame, pl.all_horizontal(pl.col(column) == row[column] for column in table.key)) or {}
    code = " ".join(str(row[column]) for column in table.key)
    problem = Sentence("{code!r} is there twice", code=code)
    if "row" in earlier:
        problem = Sentence("{code!r} is there twice, first in row {row}", code=code, row=earlier["row"])
    fix = (
        Sentence("Keep one change of it")
        if CHANGE in frame.columns
        else Sentence("Keep one of the rows, or mend the code")
    )
    refuse(row, table.key[-1], problem, fix)


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
        problem = Sentence(
            "DRG {drg!r} names MDC {mdc!r}, but its ADRG is in {adrg_mdc!r}",
            drg=row["drg"],
            mdc=row["mdc"],
            adrg_mdc=row["adrg_mdc"],
        )
        refuse(row, "mdc", problem, Sentence("Name the same MDC in both tables"))


def _check_parent(frame: pl.DataFrame, column: str, known: pl.Series) -> None:
    if row := first(frame, ~pl.col(column).is_in(known.implode())):
        hint = did_you_mean(row[column], known.to_list())
        child = frame.columns[0]
        problem = Sentence(
            "{table} {code!r} names an unknown {column} {value!r}",
            table=child.upper(),
            code=row[child],
            column=column.upper(),
            value=row[column],
        )
        fix = Sentence("Name one of {table}.csv, or add it there", table=column)
        refuse(row, column, problem, Joined(" ", (hint, fix)))


def _check_change(frame: pl.DataFrame, table: Table) -> None:
    words = tuple(word for word in CHANGES if not (word == REPLACE and table.is_all_key))
    row = first(frame, ~pl.col(CHANGE).is_in(words))
    if row is None:
        return
    if row[CHANGE] == REPLACE:
        fix = Sentence("Remove the one row and add the other")
        refuse(row, CHANGE, Sentence("a row of {file} has nothing to replace", file=table.file), fix)
    hint = did_you_mean(row[CHANGE], words)
    known = Sentence("Write one of {names}", names=Joined(", ", words))
    problem = Sentence("unknown change {change!r}", change=row[CHANGE])
    refuse(row, CHANGE, problem, Joined(" ", (hint, known)))


def _refuse_code(row: Mapping[str, Any], column: str) -> NoReturn:
    code = row[column]
    sign = next(sign for sign in code if not "!" <= sign <= "~")
    name = unicodedata.name(sign, Sentence("a control character"))
    plain = unicodedata.normalize("NFKC", code)
    mended = plain.isascii() and plain.isprintable() and " " not in plain
    fix = (
        Sentence("Write {plain!r} (its NFKC form)", plain=plain)
        if mended
        else Sentence("Type it again in plain letters, digits and signs")
    )
    problem = Sentence(
        "{code!r} holds U+{number:04X} ({name}), which no code has", code=code, number=ord(sign), name=name
    )
    refuse(row, column, problem, fix)
