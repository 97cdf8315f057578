"""The figures of a file as tables of text, one for each sheet or part of it.

CSV, Parquet and sheets with a header keep all columns. Pages, prints and sheets without a header become lines:
the label of the line and its figures are compared; the words only show where a figure stands.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import polars as pl

from tests.examples import cells

WORDS = "words"
_LINES = ("label", "figures", WORDS)
# Of a table with more cells, each column has a count, a sum and a digest, and the first rows are kept.
_LARGE = 40_000
_FIRST_ROWS = 20


class Table(NamedTuple):
    """Columns and rows of text."""

    columns: list[str]
    rows: list[list[str]]


Figures = dict[str, Table]


def of_file(file: Path) -> Figures:
    """The tables of a file, by the name of the sheet or part."""
    found = _READERS[file.suffix](file)
    return {name: small for part, table in found.items() for name, small in _smaller(part, table)}


def _frame(frame: pl.DataFrame) -> Figures:
    return {"": _table(frame.columns, frame.rows())}


def _csv(file: Path) -> Figures:
    return _frame(pl.read_csv(file, infer_schema=False))


def _parquet(file: Path) -> Figures:
    return _frame(pl.read_parquet(file))


def _workbook(file: Path) -> Figures:
    book = openpyxl.load_workbook(file)
    found = {sheet.title: [list(row) for row in sheet.values] for sheet in book}
    formulas = {name: _formulas(rows) for name, rows in found.items()}
    if any(formulas.values()):
        shown = openpyxl.load_workbook(file, data_only=True)
        found = {sheet.title: [list(row) for row in sheet.values] for sheet in shown}
    tables = {name: _sheet(rows) for name, rows in found.items()}
    for name, rows in formulas.items():
        if rows:
            tables[f"{name} (formulas)"] = Table(["formulas"], rows)
    return tables


def _formulas(rows: Iterable[Sequence[object]]) -> list[list[str]]:
    found = ([text for text in row if isinstance(text, str) and text.startswith("=")] for row in rows)
    return [[" ; ".join(row)] for row in found if row]


def _sheet(rows: Sequence[Sequence[object]]) -> Table:
    """A sheet with a header: texts, each another one, over at least two columns. Else its lines."""
    header = [cells.cell(name) for name in rows[0]] if rows else []
    named = all(isinstance(name, str) and name for name in rows[0]) if rows else False
    if named and len(header) > 1 and len({*header}) == len(header):
        return _table(header, rows[1:])
    return _lines(rows)


def _json(file: Path) -> Figures:
    return _tree(json.loads(file.read_text(encoding="utf-8")))


def _toml(file: Path) -> Figures:
    return _tree(tomllib.loads(file.read_text(encoding="utf-8")))


def _text(file: Path) -> Figures:
    lines = file.read_text(encoding="utf-8").splitlines()
    return {"": _lines(re.split("[│┃]", line) for line in lines)}


def _page(file: Path) -> Figures:
    page = _Page()
    page.feed(file.read_text(encoding="utf-8"))
    page.close()
    data = {f"data {name}".strip(): table for name, table in _tree(page.data).items()} if page.data else {}
    return {"": _lines(page.rows), **data}


_READERS = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".xlsx": _workbook,
    ".json": _json,
    ".toml": _toml,
    ".html": _page,
    ".txt": _text,
}


class _Page(HTMLParser):
    """What a page shows, in rows of cells, and its data; not its drawings, whose figures are in its tables."""

    _HIDDEN = ("style", "script", "svg")
    _ROWS = ("tr", "p", "h1", "h2", "h3", "li", "div", "title", "nav")
    _CELLS = ("td", "th", "br", "small")

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[object]] = [[]]
        self.data: list[Any] = []
        self._text = ""
        self._hidden: str | None = None
        self._is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._ends(tag)
        if self._hidden is None and tag in self._HIDDEN:
            self._hidden, self._is_data = tag, ("type", "application/json") in attrs

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = None
        self._ends(tag)

    def handle_data(self, data: str) -> None:
        if self._hidden is None:
            self._text += data
        elif self._is_data and self._hidden == "script":
            self.data.append(json.loads(data))

    def close(self) -> None:
        super().close()
        self._ends("p")

    def _ends(self, tag: str) -> None:
        if self._hidden is None and tag in (*self._ROWS, *self._CELLS):
            self.rows[-1].append(self._text)
            self._text = ""
            if tag in self._ROWS:
                self.rows.append([])


def _tree(tree: object) -> Figures:
    """Scalars by their path; a list of records, and columns with rows, as a table of their own."""
    scalars: list[list[str]] = []
    tables: Figures = {}

    def add(path: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        name = path if path not in tables else f"{path} {sum(key.startswith(path) for key in tables) + 1}"
        tables[name] = _table(columns, rows)

    def walk(path: str, node: Any) -> None:
        if isinstance(node, dict) and _is_rows(node.get("rows")) and "columns" in node:
            names = [name["name"] if isinstance(name, dict) else str(name) for name in node["columns"]]
            add(f"{path} {node.get('id', '')}".strip(), names, node["rows"])
            node = {key: value for key, value in node.items() if key not in ("rows", "columns")}
        if isinstance(node, dict):
            for key, value in node.items():
                inner = f"{path}.{key}" if path else str(key)
                walk(inner, VOLATILE_KEYS[key] if key in VOLATILE_KEYS and not _nested(value) else value)
        elif _is_records(node):
            columns = list(dict.fromkeys(key for record in node for key in record))
            add(path, columns, [[record.get(name) for name in columns] for record in node])
        elif isinstance(node, list) and any(map(_nested, node)):
            for value in node:
                walk(f"{path}[]", value)
        else:
            scalars.append([path, cells.loose(node)])

    walk("", tree)
    return {"": Table(["path", "value"], scalars), **tables}


VOLATILE_KEYS = cells.VOLATILE_KEYS


def _nested(node: object) -> bool:
    return isinstance(node, dict | list)


def _is_rows(node: object) -> bool:
    return isinstance(node, list) and all(isinstance(row, list) for row in node)


def _is_records(node: object) -> bool:
    """Records with plain values and volatile ones in none of them."""
    return (
        isinstance(node, list)
        and len(node) > 1
        and all(isinstance(record, dict) and not VOLATILE_KEYS.keys() & record.keys() for record in node)
        and not any(_nested(value) for record in node for value in record.values())
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A column in which all is a number holds numbers; in any other one a text is kept as it is."""
    texts = [[cells.cell(value) for value in row] for row in rows]
    for place in range(len(columns)):
        if all(not row[place] or cells.is_number(row[place]) for row in texts):
            for row in texts:
                row[place] = cells.number(row[place])
    return Table([cells.cell(name) for name in columns], texts)


def _lines(rows: Iterable[Sequence[object]]) -> Table:
    """The rows that have a figure; the label is the first cell of several that has none."""
    lines = []
    for row in rows:
        texts = [text for text in map(cells.cell, row) if text]
        found = [cells.figures(text) for text in texts]
        if any(found):
            label = next((text for text, has in zip(texts, found, strict=True) if not has), "")
            lines.append([label, " ".join(filter(None, found)), " ".join(texts)])
    return Table(list(_LINES), lines)


def _smaller(name: str, table: Table) -> Iterable[tuple[str, Table]]:
    if len(table.rows) * len(table.columns) <= _LARGE:
        yield name, table
        return
    columns = [_summary(column, [row[n] for row in table.rows]) for n, column in enumerate(table.columns)]
    yield f"{name} (columns)".strip(), Table(["column", "rows", "filled", "sum", "digest"], columns)
    yield f"{name} (first rows)".strip(), Table(table.columns, table.rows[:_FIRST_ROWS])


def _summary(name: str, values: Sequence[str]) -> list[str]:
    filled = [value for value in values if value]
    numbers = all(map(cells.is_number, filled))
    total = cells.cell(sum(map(Decimal, filled))) if filled and numbers else ""
    digest = hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]
    return [name, str(len(values)), str(len(filled)), total, digest]
