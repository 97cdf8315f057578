"""Standard input is kept in a file while a command runs; nobody is told the name of that file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

STANDARD_INPUT: Final = "-"
# The files in which it is kept.
_kept: set[Path] = set()


def keep(file: Path) -> None:
    """Note that standard input is kept in a file."""
    _kept.add(file)


def name_of(file: Path) -> str:
    """What the user calls a file."""
    return STANDARD_INPUT if file in _kept else str(file)
