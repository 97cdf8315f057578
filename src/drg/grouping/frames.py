"""Any kind of frame in, the same kind out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import polars as pl

from drg.columns import Column
from drg.errors import InputError, MissingColumnError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# A polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame; the last two need not be installed.
Frame = TypeVar("Frame")


def through_lazy(
    frame: Frame, function: Callable[[pl.LazyFrame], pl.LazyFrame], columns: Collection[str]
) -> Frame:
    """Apply a function of lazy frames to a frame of any kind.

    Args:
        frame: a polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame.
        function: adds columns and keeps the rows in order.
        columns: all that the function looks at; other columns of a foreign frame are not converted.

    Returns:
        A frame of the kind that was given. pandas keeps its index and its own columns untouched.

    Raises:
        InputError: for anything else.
    """
    kind = _kind(frame)
    result: Any
    if isinstance(frame, pl.LazyFrame):
        result = function(frame)
    elif isinstance(frame, pl.DataFrame):
        result = _collected(function(frame.lazy()))
    elif kind == "pyarrow.Table":
        result = _added_to_arrow(frame, function, columns)
    elif kind == "pandas.DataFrame":
        result = _added_to_pandas(cast("pd.DataFrame", frame), function, columns)
    else:
        raise _no_frame(kind)
    return cast("Frame", result)


def as_lazy(frame: Any, columns: Collection[str]) -> pl.LazyFrame:
    """A frame of any kind as a lazy one, for results that are no frame of its rows.

    Args:
        frame: a polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame.
        columns: all that is looked at; other columns of a foreign frame are left out.

    Raises:
        InputError: for anything else.
    """
    if isinstance(frame, pl.LazyFrame):
        return frame
    if isinstance(frame, pl.DataFrame):
        return frame.lazy()
    kind = _kind(frame)
    if kind == "pyarrow.Table":
        return _from_arrow(frame, columns).lazy()
    if kind == "pandas.DataFrame":
        return _from_pandas_frame(frame, columns).lazy()
    raise _no_frame(kind)


def _kind(frame: Any) -> str:
    return f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__}"


def _no_frame(kind: str) -> InputError:
    return InputError(
        f"a {kind} is not a table of discharges",
        fix="Give a polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame",
    )


def in_batches(
    frame: pl.LazyFrame,
    function: Callable[[pl.DataFrame], pl.DataFrame],
    columns: Mapping[str, pl.DataType | type[pl.DataType]],
    added: Iterable[Column],
    watch: Callable[[pl.DataFrame], None] | None,
) -> pl.LazyFrame:
    """Apply a function to a frame batch by batch, several at a time, rows in order.

    Args:
        frame: what the function sees, when it is needed.
        function: from a batch to ``columns`` and ``added``, as many rows, in order; what else it gives is for
            ``watch`` alone.
        columns: the columns that are kept, with their types.
        added: those that the function adds.
        watch: is shown every result, in no particular order and from several threads.
    """
    schema = pl.Schema({**columns, **{column.name: column.dtype for column in added}})

    def step(batch: pl.DataFrame) -> pl.DataFrame:
        result = function(batch)
        if watch is not None:
            watch(result)
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


def _collected(lazy: pl.LazyFrame) -> pl.DataFrame:
    # The streaming engine cuts the frame into batches and works on them side by side.
    return lazy.collect(engine="streaming")


def _added(source: pl.DataFrame, function: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """Only the columns that the function adds."""
    return _collected(function(source.lazy())).drop(source.columns)


def _added_to_arrow(
    frame: pa.Table, function: Callable[[pl.LazyFrame], pl.LazyFrame], columns: Collection[str]
) -> pa.Table:
    added = _added(_from_arrow(frame, columns), function).to_arrow()
    for name in added.column_names:
        frame = frame.append_column(name, added[name])
    return frame


def _added_to_pandas(
    frame: pd.DataFrame, function: Callable[[pl.LazyFrame], pl.LazyFrame], columns: Collection[str]
) -> pd.DataFrame:
    added = _added(_from_pandas_frame(frame, columns), function)
    return frame.assign(**{series.name: series.to_pandas().set_axis(frame.index) for series in added})


def _from_arrow(frame: pa.Table, columns: Collection[str]) -> pl.DataFrame:
    known = frame.select([name for name in frame.column_names if name in columns])
    return cast("pl.DataFrame", pl.from_arrow(known))


def _from_pandas_frame(frame: pd.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    return pl.DataFrame([_from_pandas(frame[name], name) for name in frame.columns if name in columns])


def _from_pandas(series: pd.Series[Any], name: str) -> pl.Series:
    try:
        return cast("pl.Series", pl.from_pandas(series)).alias(name)
    except (TypeError, ValueError):
        # A column of numbers and texts, as a spreadsheet gives it: all of it as text.
        texts = [None if value is None or value != value else str(value) for value in series]
        return pl.Series(name, texts, dtype=pl.String)
