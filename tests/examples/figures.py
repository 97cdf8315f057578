"""The figures of a file as tables of text, one for each sheet or part of it.

CSV, Parquet, JSON and sheets with a header keep everything. Pages, prints and other sheets become lines, of
which the label and the figures are compared.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import openpyxl
import polars as pl

from tests.examples import tables
from tests.examples.pages import Page
from tests.examples.tables import Figures, Table
from tests.examples.trees import of_tree


def of_file(file: Path) -> Figures:
    """The tables of a file, by the name of the sheet or part."""
    found = _READERS[file.suffix](file)
    return {name: small for part, table in found.items() for name, small in tables.smaller(part, table)}


def _frame(frame: pl.DataFrame) -> Figures:
    return {"": tables.columns(frame.columns, frame.rows())}


def _csv(file: Path) -> Figures:
    return _frame(pl.read_csv(file, infer_schema=False))


def _parquet(file: Path) -> Figures:
    return _frame(pl.read_parquet(file))


def _workbook(file: Path) -> Figures:
    """What each sheet shows, and its formulas."""
    rows = _rows(file, data_only=False)
    formulas = {name: _formulas(sheet) for name, sheet in rows.items()}
    if any(formulas.values()):
        rows = _rows(file, data_only=True)
    shown = {name: tables.sheet(sheet) for name, sheet in rows.items()}
    written = {f"{name} (formulas)": Table(["formulas"], found) for name, found in formulas.items() if found}
    return {**shown, **written}


def _rows(file: Path, *, data_only: bool) -> dict[str, list[Sequence[object]]]:
    """By the title of the sheet without its number, which another sheet before it would change."""
    book = openpyxl.load_workbook(file, data_only=data_only)
    return {re.sub(r"^\d+ ", "", sheet.title): list(sheet.values) for sheet in book}


def _formulas(rows: Iterable[Sequence[object]]) -> list[list[str]]:
    found = ([text for text in row if isinstance(text, str) and text.startswith("=")] for row in rows)
    return [[" ; ".join(row)] for row in found if row]


def _json(file: Path) -> Figures:
    return of_tree(json.loads(file.read_text(encoding="utf-8")))


def _toml(file: Path) -> Figures:
    return of_tree(tomllib.loads(file.read_text(encoding="utf-8")))


def _print(file: Path) -> Figures:
    return {
        "": tables.lines(re.split("[│┃]", line) for line in file.read_text(encoding="utf-8").splitlines())
    }


def _page(file: Path) -> Figures:
    page = Page(file.read_text(encoding="utf-8"))
    data = {} if page.data is None else of_tree(page.data)
    return {"": tables.lines(page.rows), **{f"data {name}".strip(): table for name, table in data.items()}}


_READERS = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".xlsx": _workbook,
    ".json": _json,
    ".toml": _toml,
    ".html": _page,
    ".txt": _print,
}
