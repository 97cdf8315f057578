"""Any kind of frame → lazy; and the same kind again without some rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl

from drg.errors import InputError

if TYPE_CHECKING:
    from drg.grouping.frames import Frame


def as_lazy(frame: Any) -> pl.LazyFrame:
    """A polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame as a LazyFrame.

    Raises:
        InputError: for anything else.
    """
    kind = _kind(frame)
    if isinstance(frame, pl.LazyFrame):
        return frame
    if isinstance(frame, pl.DataFrame):
        return frame.lazy()
    if kind == "pyarrow.Table":
        return cast("pl.DataFrame", pl.from_arrow(frame)).lazy()
    if kind == "pandas.DataFrame":
        return pl.from_pandas(frame.reset_index(drop=True)).lazy()
    raise InputError(
        f"a {kind} is not a table of discharges",
        fix="Give a polars DataFrame or LazyFrame, a pyarrow Table or a pandas DataFrame",
    )


def kept(frame: Frame, dropped: pl.Series) -> Frame:
    """The frame without the rows at some places, which are counted from 0."""
    rest: Any
    if isinstance(frame, pl.LazyFrame):
        place = "\ue000place"
        rest = frame.with_row_index(place).filter(~pl.col(place).is_in(dropped.implode())).drop(place)
    else:
        whole: Any = frame
        stays = np.ones(len(whole), dtype=np.bool_)
        stays[dropped.to_numpy()] = False
        # A mask of numpy serves all three kinds, and pandas keeps its index.
        rest = whole[stays] if _kind(frame) == "pandas.DataFrame" else whole.filter(_mask(frame, stays))
    return cast("Frame", rest)


def _mask(frame: Any, stays: Any) -> Any:
    return pl.Series(stays) if isinstance(frame, pl.DataFrame) else pl.Series(stays).to_arrow()


def _kind(frame: Any) -> str:
    return f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__}"
