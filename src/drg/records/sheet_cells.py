"""What a cell of a sheet can hold: columns of frames → cells that are read back as they were, or a refusal.

A sheet keeps fifteen digits of a number, seconds of a time from March 1900 on, and 32,767 characters of a
text. A column with a number or time that goes beyond is text as a whole, and its head says so. Floating-point
numbers stand with sixteen digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, Final

import polars as pl

from drg.errors import OutputError
from drg.words import Sentence

MOST_CHARACTERS: Final = 32_767
MOST_DIGITS: Final = 15
MOST_COLUMNS: Final = 16_384
LARGEST: Final = 10**MOST_DIGITS - 1
# Before this day sheets count a day that never was, the 29th of February 1900.
_FIRST_DAY: Final = date(1900, 3, 1)
_LAST_YEAR: Final = 9999
_DAY_0: Final = datetime(1899, 12, 30)
_DAY: Final = timedelta(days=1)
# Beyond it ten to its power is no exact number.
_MOST_DECIMALS: Final = 22
# What no reader gives back, and what xlsxwriter escapes twice where text looks like markup.
_NO_CHARACTERS: Final = "[\ufffe\uffff]"
_ESCAPED_TWICE: Final = "[\x00-\x08\x0b-\x1f]|_x[0-9a-fA-F]{4}_"
_REPLACEMENT: Final = "\ufffd"
_RUN: Final = ("<r>", "</r>")

AS_TEXT: Final = (
    "有超过 15 位的数字，整列按文本写出。"
    "Some numbers have more than 15 digits, which a sheet does not keep: the column is text."
)
TIMES_AS_TEXT: Final = (
    "有表格不能保存的时间，整列按文本写出。Some times cannot be kept by a sheet: the column is text."
)
REPLACED: Final = (
    "有无效字符，已替换为 \ufffd。Some characters cannot stand in a sheet; \ufffd stands for them."
)


@dataclass(frozen=True)
class Cells:
    """A column as a sheet holds it.

    Attributes:
        values: text, numbers, truth values; days and times as their number.
        kind: ``text``, ``number``, ``truth``, ``day`` or ``time``.
        note: what the reader must know of the column.
    """

    values: pl.Series
    kind: str
    note: str = ""

    @property
    def has_runs(self) -> bool:
        """Whether a text looks like markup, which takes a way that is slower."""
        return self.kind == "text" and bool(self.values.str.starts_with(_RUN[0]).any())

    @property
    def is_odd(self) -> bool:
        """Whether there are values that a sheet escapes, takes for markup or has no number for."""
        if self.kind == "text":
            return self.has_runs or bool(self.values.str.contains(_ESCAPED_TWICE).any())
        return self.values.dtype.is_float() and not self.values.is_finite().all()


def cells(column: pl.Series, file: Path | None = None) -> Cells:
    """A column as cells.

    Args:
        column: of any type but lists, structs and bytes.
        file: the workbook, for messages.

    Raises:
        OutputError: a text is too long for a cell, or no sheet holds such values.
    """
    dtype = column.dtype
    if dtype in (pl.Categorical, pl.Enum, pl.Null):
        column, dtype = column.cast(pl.String), pl.String()
    if dtype == pl.String:
        return _texts(column, file)
    if dtype == pl.Boolean:
        return Cells(column, "truth")
    if dtype.is_integer():
        return _integers(column)
    if dtype.is_decimal():
        return _decimals(column)
    if dtype == pl.Float32:
        # By its digits: 0.1 is not to become 0.10000000149.
        column = column.cast(pl.String).cast(pl.Float64)
    if dtype.is_float():
        return Cells(column.cast(pl.Float64), "number")
    if dtype.is_temporal():
        return _times(column)
    raise OutputError(
        Sentence("no cell of a sheet holds values of type {type}", type=dtype),
        file=file,
        field=column.name,
        fix=Sentence("Leave the column out, or write .parquet instead"),
    )


def _texts(column: pl.Series, file: Path | None) -> Cells:
    for row in (column.str.len_bytes() > MOST_CHARACTERS).arg_true():
        plain_text(column[row], row + 1, column.name, file)
    if not column.str.contains(_NO_CHARACTERS).any():
        return Cells(column, "text")
    return Cells(column.str.replace_all(_NO_CHARACTERS, _REPLACEMENT), "text", REPLACED)


def plain_text(text: str, row: int, column: str, file: Path | None) -> str:
    """A text as a cell holds it.

    Args:
        text: of the cell.
        row: of the cell, counted from 0; for the message.
        column: the head of the column, for the message.
        file: the workbook, for the message.

    Raises:
        OutputError: it is too long.
    """
    # A sheet counts a character beyond the first plane twice.
    if len(text) > MOST_CHARACTERS // 2 and (length := len(text.encode("utf-16-le")) // 2) > MOST_CHARACTERS:
        raise OutputError(
            Sentence(
                "the text has {length:,} characters; a cell of a sheet holds {most:,}",
                length=length,
                most=MOST_CHARACTERS,
            ),
            file=file,
            row=row + 1,
            field=column,
            fix=Sentence("Shorten it, or write .csv or .parquet instead"),
        )
    return re.sub(_NO_CHARACTERS, _REPLACEMENT, text)


def _integers(column: pl.Series) -> Cells:
    least, most = column.min(), column.max()
    if least is None or (least >= -LARGEST and most <= LARGEST):  # type: ignore[operator]
        return Cells(column, "number")
    return Cells(column.cast(pl.String), "text", AS_TEXT)


def _decimals(column: pl.Series) -> Cells:
    scale = column.dtype.scale  # type: ignore[attr-defined]
    most = column.abs().max()
    text = column.cast(pl.String) if scale > _MOST_DECIMALS else column
    if most is not None and most.scaleb(scale) > LARGEST:  # type: ignore[union-attr]
        text = column.cast(pl.String)
        digits = text.str.replace_all("[-.]", "").str.strip_chars("0").str.len_bytes()
        if (digits > MOST_DIGITS).any():
            return Cells(text, "text", AS_TEXT)
    return Cells(text.cast(pl.Float64), "number")


def _times(column: pl.Series) -> Cells:
    dtype = column.dtype
    if dtype == pl.Date or (isinstance(dtype, pl.Datetime) and dtype.time_zone is None):
        kept = (column.dt.date() >= _FIRST_DAY) & (column.dt.year() <= _LAST_YEAR)
        if dtype != pl.Date:
            kept &= column.dt.truncate("1s") == column
        if kept.all():
            since = column.cast(pl.Datetime("us")) - _DAY_0
            number = since.dt.total_microseconds() / (_DAY / timedelta(microseconds=1))
            return Cells(number, "day" if dtype == pl.Date else "time")
    return Cells(column.dt.to_string(), "text", TIMES_AS_TEXT)


def day_number(value: date) -> float | None:
    """A day or time as a sheet counts; None if it does not."""
    when = datetime.fromisoformat(value.isoformat()).replace(tzinfo=None)
    return (when - _DAY_0) / _DAY if when.date() >= _FIRST_DAY else None


def text_writer(sheet: Any) -> Callable[[int, int, str, Any], Any]:
    """Writes text as it is; what begins and ends with the tags of a run xlsxwriter takes for markup."""

    def write(row: int, column: int, text: str, shape: Any) -> None:
        if text.startswith(_RUN[0]) and text.endswith(_RUN[1]):
            if re.search(_ESCAPED_TWICE, text):
                raise OutputError(
                    Sentence("no workbook can keep the text of column {column} as it is", column=column + 1),
                    row=row + 1,
                    fix=Sentence("Write .csv or .parquet instead"),
                )
            # As runs of its own making.
            sheet.write_rich_string(row, column, text[0], text[1], text[2:], shape)
        else:
            sheet.write_string(row, column, text, shape)

    return write


def number_writer(sheet: Any) -> Callable[[int, int, float | Decimal, Any], Any]:
    """Writes numbers, and what is none (NaN, infinity) as its name."""

    def write(row: int, column: int, value: float | Decimal, shape: Any) -> None:
        if isfinite(value):
            sheet.write_number(row, column, value, shape)
        else:
            sheet.write_string(row, column, {"nan": "NaN"}.get(str(value), str(value)), shape)

    return write
