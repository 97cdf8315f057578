"""Figures as tables of text: of columns with a name, or of lines with a label."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from tests.examples import cells

# Words only show where a figure stands; all other columns are compared.
WORDS = "words"
_LINES = ("label", "figures", WORDS)
# Of a table with more cells, each column has a count, a sum and a digest, and the first rows are kept.
_LARGE = 40_000
_FIRST_ROWS = 20


class Table(NamedTuple):
    """Columns and rows of text."""

    columns: list[str]
    rows: list[list[str]]


# The tables of a file, by the name of the sheet or part.
Figures = dict[str, Table]


def columns(names: Iterable[object], rows: Iterable[Sequence[object]]) -> Table:
    """All cells; a name that comes again is numbered.

    A column in which all is a number holds numbers; in any other a text is kept as it is.
    """
    named: list[str] = []
    for name in map(cells.cell, names):
        again = sum(other.partition(" #")[0] == name for other in named)
        named.append(f"{name} #{again + 1}" if again else name)
    texts = [[cells.cell(value) for value in row] for row in rows]
    for place in range(len(named)):
        if all(not row[place] or cells.is_number(row[place]) for row in texts):
            for row in texts:
                row[place] = cells.number(row[place])
    return Table(named, texts)


def lines(rows: Iterable[Sequence[object]]) -> Table:
    """The rows that have a figure; the label is the first cell that has none."""
    found = []
    for row in rows:
        texts = [text for text in map(cells.cell, row) if text]
        figures = [cells.figures(text) for text in texts]
        if any(figures):
            label = next((text for text, has in zip(texts, figures, strict=True) if not has), "")
            found.append([label, " ".join(filter(None, figures)), " ".join(texts)])
    return Table(list(_LINES), found)


def sheet(rows: Sequence[Sequence[object]]) -> Table:
    """Columns if the first row names most of them; else lines."""
    first = rows[0] if rows else ()
    named = [name for name in first if name]
    if len(named) < 2 or 2 * len(named) <= len(first) or not all(isinstance(name, str) for name in named):
        return lines(rows)
    return columns((name or f"column {place}" for place, name in enumerate(first, 1)), rows[1:])


def smaller(name: str, table: Table) -> Iterator[tuple[str, Table]]:
    """A table as it is, or the summary and the first rows of a large one."""
    if len(table.rows) * len(table.columns) <= _LARGE:
        yield name, table
        return
    summaries = [_summary(column, [row[n] for row in table.rows]) for n, column in enumerate(table.columns)]
    yield f"{name} (columns)".strip(), Table(["column", "rows", "filled", "sum", "digest"], summaries)
    yield f"{name} (first rows)".strip(), Table(table.columns, table.rows[:_FIRST_ROWS])


def _summary(name: str, values: Sequence[str]) -> list[str]:
    filled = [value for value in values if value]
    numbers = all(map(cells.is_number, filled))
    total = cells.cell(sum(map(Decimal, filled))) if filled and numbers else ""
    digest = hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]
    return [name, str(len(values)), str(len(filled)), total, digest]
