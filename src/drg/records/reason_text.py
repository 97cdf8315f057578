"""Reasons that were handed over as codes, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import polars as pl

from drg.reasons import COLUMNS, check_form, column_in_words, in_words
from drg.records.cases import Cases
from drg.records.frames import Frame, as_lazy, with_added

# A comparison has columns for each version.
_OF_VERSIONS = ("reason_", "pricing_")


def reason_text(reasons: Frame, *, language: str = "en") -> Frame:
    """Say reasons in words that were given as codes.

    Args:
        reasons: results of ``group``, ``price`` or ``compare``: a frame of any kind that these take and give,
            of which the columns ``grouping_reason``, ``pricing_reason``, ``reason_…`` and ``pricing_…`` are
            put into words; or one such column as a polars Series; or the text of one cell.
        language: ``en`` or ``zh`` (中文).

    Returns:
        The same kind, with sentences in place of codes. What is no code, such as a sentence, stays as it is.

    Raises:
        InputError: there is no such language, or it is nothing of the kind.
    """
    check_form("text", language)

    def words(column: pl.Series) -> pl.Series:
        return column_in_words(column, language)

    def changed(frame: pl.LazyFrame) -> list[pl.Expr]:
        names = _names(frame.collect_schema().names())
        return [
            pl.col(name).map_batches(words, return_dtype=pl.String, is_elementwise=True) for name in names
        ]

    data: Any = reasons
    if isinstance(data, str):
        data = in_words(data, language)
    elif isinstance(data, pl.Series):
        data = words(data)
    elif isinstance(data, pl.LazyFrame):
        data = data.with_columns(changed(data))
    elif isinstance(data, pl.DataFrame):
        data = data.with_columns(changed(data.lazy()))
    elif isinstance(data, Cases):
        data = data.of_rows(data.rows.with_columns(changed(data.rows)))
    elif isinstance(data, list) and all(isinstance(row, Mapping) for row in data):
        data = [
            {
                name: in_words(cell, language) if name in _names(row) and cell else cell
                for name, cell in row.items()
            }
            for row in data
        ]
    else:
        rows = as_lazy(data, _names)
        data = with_added(data, rows.select(changed(rows)))
    return cast("Frame", data)


def _names(names: Iterable[str]) -> list[str]:
    """The columns of a frame that hold reasons."""
    return [name for name in names if name in COLUMNS or name.startswith(_OF_VERSIONS)]
