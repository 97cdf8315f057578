"""``-`` as FILE: the CSV that comes through standard input, kept in a file while the command runs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from drg.errors import DrgError
from drg.records.standard_input import STANDARD_INPUT, keep, name_of
from drg.temporary import putting_aside, take_away, temporary_directory
from drg.words import Sentence


def kept(context: click.Context) -> Path:
    """Standard input as a file, which goes when the command ends.

    Raises:
        BadParameter: nothing comes in.
    """
    content = sys.stdin.buffer
    if content.isatty():
        raise click.BadParameter(
            Sentence(
                "- is standard input, but nothing comes in: write … | drg {name} -", name=context.info_name
            )
        )
    directory = temporary_directory()
    context.call_on_close(lambda: take_away(directory))
    file = directory / "stdin.csv"
    with putting_aside(), file.open("wb") as copy:
        shutil.copyfileobj(content, copy)
    keep(file)
    return file


def with_its_name(error: DrgError) -> None:
    """Let an error name standard input, and not where it was kept."""
    if isinstance(error.file, str) and name_of(Path(error.file)) == STANDARD_INPUT:
        error.file = STANDARD_INPUT
