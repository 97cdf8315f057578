"""What an analysis says of its data: sentences in both languages by name, in a table beside who says them."""

from __future__ import annotations

import csv
from pathlib import Path


def sentences(module: str) -> dict[str, dict[str, str]]:
    """The rows of the table of a module (its ``__file__``) by their first column."""
    with Path(module).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return {next(iter(row.values())): row for row in csv.DictReader(file)}


def both(rows: dict[str, dict[str, str]], name: str, **facts: object) -> tuple[str, str]:
    """A sentence in English and Chinese, with its facts put in."""
    return rows[name]["message"].format(**facts), rows[name]["message_zh"].format(**facts)


def many(count: int, what: str) -> str:
    """So many of something in English: 1 case, 2,000 cases."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")
