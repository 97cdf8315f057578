"""Frames between the rooms: worked through batch by batch, and checked for their columns."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from drg.columns import Column
from drg.errors import InputError, MissingColumnError, MissingColumnWarning
from drg.words import Joined, Sentence


def in_batches(
    frame: pl.LazyFrame,
    function: Callable[[pl.DataFrame], pl.DataFrame],
    columns: Mapping[str, pl.DataType | type[pl.DataType]],
    added: Iterable[Column],
    on_batch: Callable[[pl.DataFrame], None] | None,
) -> pl.LazyFrame:
    """Apply a function to a frame batch by batch, several at a time, rows in order.

    Args:
        frame: what the function sees, when it is needed.
        function: from a batch to ``columns`` and ``added``, as many rows, in order; what else it gives is for
            ``on_batch`` alone.
        columns: the columns that are kept, with their types.
        added: those that the function adds.
        on_batch: is shown every result, in no particular order and from several threads.
    """
    schema = pl.Schema({**columns, **{column.name: column.dtype for column in added}})

    def step(batch: pl.DataFrame) -> pl.DataFrame:
        result = function(batch)
        if on_batch is not None:
            on_batch(result)
        return result.select(schema.names())

    return frame.map_batches(step, schema=schema, streamable=True)


_RENAME: Final = Sentence("Rename or drop it first")


def columns_counted(count: int) -> Sentence:
    """``a column``, ``3 columns``."""
    return Sentence("a column") if count == 1 else Sentence("{count} columns", count=count)


def check_free(names: Collection[str], added: Iterable[str], doing: str, fix: str = _RENAME) -> None:
    """Whether the columns that are to be added are not there yet.

    Raises:
        InputError: names those that are.
    """
    taken = [name for name in added if name in names]
    if taken:
        raise InputError(
            Sentence(
                "the data already has a column {names}, which {doing} would add",
                names=Joined(", ", taken),
                doing=doing,
            ),
            field=taken[0],
            fix=fix,
        )


def warn_of_missing(who: str, missing: Mapping[str, str]) -> None:
    """Warn of columns that count as not known; ``missing`` says of each why it is needed."""
    if missing:
        lines = Joined("", (part for why in missing.values() for part in ("\n    ", why)))
        warnings.warn(MissingColumnWarning(missing_columns(who, len(missing), lines)), stacklevel=4)


def missing_columns(who: str, count: int, lines: str) -> Sentence:
    """What is said of columns that are missing, and count as not known."""
    return Sentence(
        "{who} asks for {columns} that the data lacks; what is in them counts as not known:{lines}",
        who=who,
        columns=columns_counted(count),
        lines=lines,
    )


def lacking(who: str, missing: Sequence[str], lines: str, fix: str) -> MissingColumnError:
    """The error of a frame that lacks columns; ``lines`` says of each why it is needed."""
    field = missing[0] if len(missing) == 1 else None
    return MissingColumnError(
        Sentence(
            "{who} needs {columns} that the data lacks:{lines}",
            who=who,
            columns=columns_counted(len(missing)),
            lines=lines,
        ),
        field=field,
        fix=fix,
    )
