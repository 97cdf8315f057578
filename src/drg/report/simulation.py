"""What was planted into simulated discharges, on a console."""

from __future__ import annotations

from typing import Final

import polars as pl
from rich.console import Console

from drg.report.console_table import show
from drg.report.labels import labels
from drg.words import Both, said

_KINDS_ZH: Final = labels("planted_error")


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
