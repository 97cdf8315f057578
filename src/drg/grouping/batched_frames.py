"""Frames between the rooms: worked through batch by batch, and checked for their columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import polars as pl

from drg.columns import Column
from drg.errors import InputError, MissingColumnError


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


def check_free(names: Collection[str], added: Iterable[str], doing: str, way_out: str = "") -> None:
    """Whether the columns that are to be added are not there yet.

    Raises:
        InputError: names those that are.
    """
    taken = [name for name in added if name in names]
    if taken:
        raise InputError(
            f"the data already has a column {', '.join(taken)}, which {doing} would add",
            field=taken[0],
            fix=f"Rename or drop it first{way_out}",
        )


def lacking(who: str, missing: Sequence[str], lines: str, fix: str) -> MissingColumnError:
    """The error of a frame that lacks columns; ``lines`` says of each why it is needed."""
    what = "a column" if len(missing) == 1 else f"{len(missing)} columns"
    field = missing[0] if len(missing) == 1 else None
    return MissingColumnError(f"{who} needs {what} that the data lacks:{lines}", field=field, fix=fix)
