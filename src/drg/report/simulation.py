"""What was planted into simulated discharges, and how like a real region discharges are, on a console."""

from __future__ import annotations

from typing import Final

import polars as pl
from rich.console import Console

from drg.report.console_table import show
from drg.report.labels import labels
from drg.words import Both, column_in, said

_KINDS_ZH: Final = labels("planted_error")
_STATUSES_ZH: Final = labels("realism_status")


def print_planted(console: Console, counts: pl.DataFrame, language: str) -> None:
    """How many errors of each kind there are; ``counts`` is that of ``PlantedErrors``."""
    rows = [
        (
            Both(row["kind"].replace("_", " "), _KINDS_ZH[row["kind"]]).to(language),
            row["hospital_id"] or said("all hospitals", language),
            *(f"{row[name]:,}" for name in ("eligible", "asked", "planted")),
        )
        for row in counts.iter_rows(named=True)
    ]
    heads = said("error,hospital,eligible cases,asked,planted", language).split(",")
    show(console, heads, "twnnn", rows, title=said("Planted errors", language))


def print_realism(console: Console, figures: pl.DataFrame, language: str) -> None:
    """The figures of which a range is known; ``figures`` is what ``realism`` gives."""
    ranged = figures.filter(pl.col("low").is_not_null())
    within = (ranged["difference"] == 0).sum()
    rows = [
        (
            row[column_in(language, "meaning")],
            shown(row["figure"], row["value"]),
            of_range(row["figure"], row["low"], row["high"]),
            Both(row["status"], _STATUSES_ZH[row["status"]]).to(language),
        )
        for row in ranged.iter_rows(named=True)
    ]
    heads = said("figure,value,known range,status", language).split(",")
    title = said(
        "Realism: {within} of {count} figures are within what is known of real regions",
        language,
        within=within,
        count=ranged.height,
    )
    show(console, heads, "tnnw", rows, title=title)


def shown(figure: str, value: float | None) -> str:
    """A figure, a share as percent."""
    if value is None:
        return "–"
    return f"{value:.1%}" if figure.startswith("share_") else f"{value:,.2f}"


def of_range(figure: str, low: float | None, high: float | None) -> str:
    """What is known of a figure."""
    return "–" if low is None else f"{shown(figure, low)} – {shown(figure, high)}"
