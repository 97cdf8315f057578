"""``-`` as FILE: the CSV that comes through standard input, kept in a file while the command runs."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click

from drg.errors import DrgError
from drg.records.standard_input import DIRECTORY, STANDARD_INPUT, name_of
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
    directory = tempfile.TemporaryDirectory(prefix=DIRECTORY)
    context.call_on_close(directory.cleanup)
    file = Path(directory.name) / "stdin.csv"
    with file.open("wb") as copy:
        shutil.copyfileobj(content, copy)
    return file


def with_its_name(error: DrgError) -> None:
    """Let an error name standard input, and not where it was kept."""
    if isinstance(error.file, str) and name_of(Path(error.file)) == STANDARD_INPUT:
        error.file = STANDARD_INPUT
