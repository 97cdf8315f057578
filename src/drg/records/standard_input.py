"""Standard input is kept in a file while a command runs; nobody is told the name of that file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

STANDARD_INPUT: Final = "-"
# How the directory begins in which it is kept.
DIRECTORY: Final = "drg-standard-input-"


def name_of(file: Path) -> str:
    """What the user calls a file."""
    return STANDARD_INPUT if file.parent.name.startswith(DIRECTORY) else str(file)
