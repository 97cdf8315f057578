"""Frames of any make in, the same make out: polars as they are, all others through narwhals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import polars as pl

from drg.errors import InputError
from drg.words import Sentence

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

# A polars DataFrame or LazyFrame, a pyarrow Table, a pandas DataFrame, or any other that narwhals knows.
Frame = TypeVar("Frame")


def as_lazy(frame: Any, columns: Callable[[Mapping[str, pl.DataType]], Collection[str]]) -> pl.LazyFrame:
    """A frame of any kind as a LazyFrame.

    Args:
        frame: of any kind.
        columns: names with their types → those that are looked at; others of a foreign frame are left out.

    Raises:
        InputError: it is no frame.
    """
    if isinstance(frame, pl.LazyFrame):
        return frame
    if isinstance(frame, pl.DataFrame):
        return frame.lazy()
    foreign = _foreign(frame)
    known = columns(dict.fromkeys(foreign.columns, pl.String()))
    return pl.DataFrame([_series(foreign[name]) for name in foreign.columns if name in known]).lazy()


def with_added(frame: Frame, added: pl.LazyFrame) -> Frame:
    """A foreign frame with further columns; pandas keeps its index and its own columns untouched.

    Args:
        frame: neither of polars nor lazy.
        added: the columns to add, row by row.
    """
    import narwhals.stable.v2 as nw

    # The streaming engine cuts the frame into batches and works on them side by side.
    new = added.collect(engine="streaming")
    foreign = _foreign(frame)
    if foreign.implementation.is_pandas():
        # Closed lists have unsigned numbers, of which older pyarrow makes no pandas columns; polars does.
        columns = nw.from_native(new.to_pandas(), eager_only=True).iter_columns()
    else:
        columns = nw.from_arrow(new.to_arrow(), backend=foreign.implementation).iter_columns()
    return cast("Frame", foreign.with_columns(*columns).to_native())


def without_rows(frame: Frame, dropped: pl.Series) -> Frame:
    """The frame without the rows at some places, which are counted from 0."""
    if dropped.is_empty():
        return frame
    if isinstance(frame, pl.LazyFrame):
        place = "\ue000place"
        rest = frame.with_row_index(place).filter(~pl.col(place).is_in(dropped.implode())).drop(place)
        return cast("Frame", rest)
    import narwhals.stable.v2 as nw

    foreign = nw.from_native(cast("Any", frame), eager_only=True)
    stays = np.ones(len(foreign), dtype=np.bool_)
    stays[dropped.to_numpy()] = False
    return cast("Frame", foreign.filter(stays.tolist()).to_native())


def no_frame(data: Any) -> InputError:
    """The error of what is no table of discharges."""
    kind = f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"
    return InputError(
        Sentence("a {kind} is not a table of discharges", kind=kind),
        fix=Sentence("Give a polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame"),
    )


def _foreign(frame: Any) -> nw.DataFrame[Any]:
    import narwhals.stable.v2 as nw
    from narwhals.exceptions import DuplicateError

    try:
        known = nw.from_native(frame)
    except TypeError:
        raise no_frame(frame) from None
    except DuplicateError:
        raise InputError(
            Sentence("two columns of the table have the same name: {name}", name=_twice(frame)),
            fix=Sentence("Delete one of the two"),
        ) from None
    return known.collect() if isinstance(known, nw.LazyFrame) else known


def _twice(frame: Any) -> str:
    """The first name that two columns of a frame have."""
    names = [str(name) for name in getattr(frame, "column_names", getattr(frame, "columns", ()))]
    return next((name for at, name in enumerate(names) if name in names[:at]), "")


def _series(series: nw.Series[Any]) -> pl.Series:
    _check_text(series)
    try:
        return series.to_polars()
    except (TypeError, ValueError, pl.exceptions.PolarsError):
        # A column of numbers and texts, as a spreadsheet gives it: all of it as text.
        texts = [None if value is None or value != value else str(value) for value in series]
        return pl.Series(series.name, texts, dtype=pl.String)


def _check_text(series: nw.Series[Any]) -> None:
    """Refuse texts of Arrow that are no text: polars takes their word for it, and the process with it.

    Raises:
        InputError: there are such texts.
    """
    native = series.to_native()
    if not series.implementation.is_pyarrow() and not hasattr(native.dtype, "pyarrow_dtype"):
        return
    import pyarrow as pa

    try:
        series.to_arrow().validate(full=True)
    except pa.ArrowInvalid:
        raise InputError(
            Sentence("the column holds bytes that are not UTF-8 text, or is damaged"),
            field=series.name,
            fix=Sentence("Make the table anew; read its source with the right encoding"),
        ) from None
