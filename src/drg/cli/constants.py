"""``--set COLUMN=VALUE``: what is the same for all cases and so in no file, as the level of the hospital."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from drg.records.cases import Cases

set_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--set",
    "constants",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="Give all cases a column that the file lacks: --set hospital_level=3; repeatable.",
)


def with_constants(data: Any, constants: Sequence[str]) -> Cases:
    """Cases with the columns of ``--set``.

    Raises:
        UsageError: for text that is not COLUMN=VALUE, or a column that is unknown or there already.
    """
    import polars as pl

    from drg.benefit_columns import BENEFIT_INPUT
    from drg.columns import INPUT, PRICING, RECORD
    from drg.errors import did_you_mean
    from drg.records.cases import Cases
    from drg.words import Joined, Sentence

    known = INPUT | RECORD | PRICING | BENEFIT_INPUT
    cases = Cases.of(data)
    for constant in constants:
        name, equals, value = (part.strip() for part in constant.partition("="))
        if not equals:
            raise click.UsageError(Sentence("--set {constant}: write COLUMN=VALUE.", constant=constant))
        if name not in known:
            problem = Sentence("--set: there is no column {name!r}.", name=name)
            raise click.UsageError(Joined(" ", (problem, did_you_mean(name, known))))
        if name in cases.binding.columns:
            raise click.UsageError(
                Sentence("--set: the file has a column {name} already.", name=cases.binding.called(name))
            )
        cases = cases.of_rows(cases.rows.with_columns(pl.lit(value).alias(name)))
    return cases
