"""A comparison on the console: what changes, totals, agreement, largest flows, who is no longer grouped."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.analysis.comparison import Comparison
from drg.analysis.scenarios import ScenarioCases
from drg.report.comparison.page_layout import Kind, Table
from drg.report.comparison.page_tables import tables
from drg.report.comparison.summary_figures import lines
from drg.report.console import say, speed, status_in
from drg.report.console_table import show
from drg.words import Both, said

_ROWS: Final = 10
_SHOWN: Final = ("overview", "budget", "scenario", "agreement", "quality", "variance", "lost")
_UPRIGHT: Final = ("overview", "quality")
# There are not many rows of these.
_WHOLE: Final = ("causes", "variance", "budget", "scenario")
# On the screen are the columns that say how versions differ; the workbook has all.
_CHOSEN: Final = {
    "variance": (
        *("look", "version", "cases", "groups", "riv", "riv_adjusted"),
        *(f"riv_adjusted_difference{end}" for end in ("", "_low", "_high")),
    )
}
_STATUSES: Final = ("base_status", "status", "other_status")


def print_comparison(console: Console, comparison: Comparison, seconds: float, language: str) -> None:
    """The outcome of a run."""
    if comparison.count:
        for line in lines(comparison, language):
            say(console, line)
    for table in tables(comparison):
        if table.id in _SHOWN or table.id.startswith("drivers") or table.id == f"causes{table.section}":
            _print(console, table, _versions(comparison, table), language)
    for zh, en in comparison.findings:
        say(console, said("- {en}.", language, en=Both(en, zh)))
    say(console, speed(comparison.count, seconds, language))


def print_scenario(console: Console, changed: ScenarioCases, language: str) -> None:
    """What a scenario changed, and what it assumed."""
    for text, selected, eligible, count in changed.effects.drop("change").rows():
        say(
            console,
            said(
                "{change}: {selected:,} cases named, {eligible:,} can be changed, {changed:,} are.",
                language,
                change=text,
                selected=selected,
                eligible=eligible,
                changed=count,
            ),
        )
    for assumption in changed.assumed:
        say(console, said("- Assumed: {assumption}.", language, assumption=assumption))


def _versions(comparison: Comparison, table: Table) -> str:
    return f" {comparison.ids[0]} → {comparison.ids[table.section]}" if table.section else ""


def _print(console: Console, table: Table, versions: str, language: str) -> None:
    if table.frame.is_empty():
        return
    columns = [column for column in table.columns if column.name in _CHOSEN.get(table.id, (column.name,))]
    title = f"{Both(table.en, table.zh).to(language)}{versions}"
    heads = [Both(column.en, column.zh).to(language) for column in columns]
    most = table.frame.height if table.id.startswith(_WHOLE) else _ROWS + 1
    shown = table.frame.select(column.name for column in columns).head(most)
    shown = shown.with_columns(
        pl.col(name).map_elements(lambda status: status_in(status, language), return_dtype=pl.String)
        for name in _STATUSES
        if name in shown.columns
    )
    rows = [_cells(row, [column.kind for column in columns]) for row in shown.rows()]
    if table.id in _UPRIGHT:
        # A version has more numbers than a screen has columns.
        turned = [(head, *(row[at] for row in rows)) for at, head in enumerate(heads)]
        (_, *versions_shown), *others = turned
        show(console, ("", *versions_shown), "t" + "n" * len(rows), others, title=title)
    else:
        kinds = "".join("t" if column.kind == "text" else "n" for column in columns)
        show(console, heads, kinds, rows, title=title)
    if more := table.frame.height - shown.height:
        say(console, said("{more:,} more rows in the workbook.", language, more=more))


def _cells(row: Sequence[Any], kinds: Sequence[Kind]) -> list[str]:
    return [written(value, kind) for value, kind in zip(row, kinds, strict=True)]


def written(value: str | int | float | Decimal | None, kind: Kind) -> str:
    """A value as a text; a dash if there is none."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    forms: dict[Kind, str] = {
        "text": "",
        "count": ",d",
        "money": ",.2f",
        "weight": ",.4f",
        "number": ".4f",
        "share": ".2%",
    }
    return format(value, forms[kind])
