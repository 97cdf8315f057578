"""Directories of results."""

from __future__ import annotations

from pathlib import Path


def make(directory: Path) -> None:
    """Make a directory, with those above it, unless it is there.

    Raises:
        OutputError: it cannot be made.
    """
    from drg.errors import OutputError

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot be made: {error.strerror}", file=directory, fix="Give the name of a directory"
        ) from None
