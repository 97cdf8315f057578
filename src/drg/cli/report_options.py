"""The options for machines that commands have: a summary, a log, gates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from drg.words import Sentence

MIN_GROUPED: Final = "min_grouped"
MAX_ERRORS: Final = "max_errors"
STANDARD: Final = Path("-")


def _file(_context: click.Context, option: click.Parameter, value: str | None) -> Path | None:
    if value is not None and value.startswith("-") and value != str(STANDARD):
        raise click.BadParameter(
            Sentence("{value!r} is no file: write {option} FILE", value=value, option=option.opts[0])
        )
    return None if value is None else Path(value)


OPTIONS: Final = {
    "json_file": click.option(
        "--json",
        "json_file",
        metavar="SUMMARY",
        callback=_file,
        help="Write a summary for programs here, as JSON; - is standard output.",
    ),
    "log_file": click.option(
        "--log",
        "log_file",
        metavar="FILE",
        callback=_file,
        help="Append what is printed to this file, with --quiet too.",
    ),
    "expect_cases": click.option(
        "--expect-cases",
        type=click.IntRange(min=0),
        metavar="N",
        help="Exit with 3 unless there are so many cases. [at least one]",
    ),
    MIN_GROUPED: click.option(
        "--min-grouped",
        type=click.FloatRange(0, 1),
        metavar="SHARE",
        help="Exit with 3 if a smaller share of the cases is grouped, such as 0.95.",
    ),
    MAX_ERRORS: click.option(
        "--max-errors",
        type=click.IntRange(min=0),
        metavar="N",
        help="Exit with 3 if there are more findings of severity error.",
    ),
}
# What every command has.
ALWAYS: Final = ("json_file", "log_file", "expect_cases")


@dataclass(frozen=True)
class Asked:
    """What the user asks for, by ``reported``."""

    json_file: Path | None = None
    log_file: Path | None = None
    expect_cases: int | None = None
    min_grouped: float | None = None
    max_errors: int | None = None
