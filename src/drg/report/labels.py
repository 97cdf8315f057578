"""What columns and other names of results are called in Chinese (``labels.csv``); in English, as they are."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path


@cache
def labels(what: str) -> dict[str, str]:
    """The Chinese labels of one kind of thing by name, such as those of ``quality``."""
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row["zh"] for row in csv.DictReader(file) if row["what"] == what}
