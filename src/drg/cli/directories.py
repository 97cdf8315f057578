"""The option of a command that writes several files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def directory_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``-o DIRECTORY``; ``records.files.make_directory`` makes it when the work is done."""
    return click.option(
        "-o", "--output", "directory", required=True, type=click.Path(path_type=Path), help=what
    )
