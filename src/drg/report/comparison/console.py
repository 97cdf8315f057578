"""A comparison on the console: what changes, totals, agreement, largest flows, who is no longer grouped."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Lines

from drg.analysis.comparison import Comparison
from drg.report.comparison.glance import lines
from drg.report.comparison.layout import Kind, Table
from drg.report.comparison.tables import tables

_ROWS: Final = 10
_SHOWN: Final = ("overview", "agreement", "quality", "lost")
_UPRIGHT: Final = ("overview", "quality")


def print_comparison(console: Console, comparison: Comparison, seconds: float) -> None:
    """The outcome of a run."""
    if comparison.count:
        for line in lines(comparison):
            console.print(line, markup=False, soft_wrap=True)
    for table in tables(comparison):
        if table.id in _SHOWN or table.id.startswith("drivers") or table.id == f"causes{table.section}":
            _print(console, table, _versions(comparison, table))
    for zh, en in comparison.findings:
        console.print(f"• {zh}；{en}.", markup=False, soft_wrap=True)
    count = comparison.count
    console.print(f"{count:,} cases in {seconds:.2f} s ({count / max(seconds, 1e-9):,.0f} cases/s).")


def _versions(comparison: Comparison, table: Table) -> str:
    return f" {comparison.ids[0]} → {comparison.ids[table.section]}" if table.section else ""


def _print(console: Console, table: Table, versions: str) -> None:
    if table.frame.is_empty():
        return
    columns = table.columns
    console.print(f"{table.zh} {table.en}{versions}", style="italic", markup=False, highlight=False)
    # There are not many causes, and they add up to all cases that change.
    most = table.frame.height if table.id.startswith("causes") else _ROWS + 1
    shown = table.frame.select(column.name for column in columns).head(most)
    rows = [_cells(row, [column.kind for column in columns]) for row in shown.rows()]
    if table.id in _UPRIGHT:
        # A version has more numbers than a screen has columns.
        lines = Lines("", "", *(row[0] for row in rows))
        for at, column in enumerate(columns[1:], start=1):
            lines.add_row(column.zh, column.en, *(row[at] for row in rows))
        right = list(range(2, len(lines.columns)))
    else:
        lines = Lines(*(f"{column.zh}\n{column.en}" for column in columns))
        for row in rows:
            lines.add_row(*row)
        right = [at for at, column in enumerate(columns) if column.kind != "text"]
    for at in right:
        lines.columns[at].justify = "right"
    console.print(lines)
    if table.frame.height > shown.height:
        console.print(f"{table.frame.height - shown.height:,} more rows in the workbook.")


def _cells(row: Sequence[Any], kinds: Sequence[Kind]) -> list[str]:
    return [written(value, kind) for value, kind in zip(row, kinds, strict=True)]


def written(value: str | int | float | Decimal | None, kind: Kind) -> str:
    """A value as a text; a dash if there is none."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return escape(value)
    forms: dict[Kind, str] = {
        "text": "",
        "count": ",d",
        "money": ",.2f",
        "weight": ",.4f",
        "number": ".4f",
        "share": ".2%",
    }
    return format(value, forms[kind])
