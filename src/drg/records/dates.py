"""Dates and times, however they are written."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import polars as pl

from drg.columns import Column
from drg.records.cells import Cells, as_text, by_spelling, plain_type, wrong_type

_EARLIEST_YEAR = 1800
_FORMS: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%Y-%m-%d %H:%M")
_TIME_CHARACTERS = 19
# Times with a zone are told as the clocks of China show them.
_HERE: Final = "Asia/Shanghai"
_HOURS_OF_HERE: Final = 8
# The serial numbers that Excel gives to the days from 1927 to 2119.
_SERIALS = (10_000, 80_000)


def dates(cells: pl.Series, column: Column, unit: Decimal = Decimal(1)) -> Cells:  # noqa: ARG001
    """Dates and times: 2024-03-01 10:20:00, 2024/3/1, 20240301, 2024年3月1日, serial numbers of Excel.

    A time with a zone is the time in China.
    """
    cells = plain_type(cells)
    if isinstance(cells.dtype, pl.Datetime):
        if cells.dtype.time_zone is not None:
            cells = cells.dt.convert_time_zone(_HERE).dt.replace_time_zone(None)
        return Cells(cells.cast(column.dtype))
    if cells.dtype == pl.Date:
        return Cells(cells.cast(column.dtype))
    if cells.dtype.is_numeric():
        cells = as_text(cells)
    if cells.dtype != pl.String:
        raise wrong_type(cells, column)
    values = _quick_dates(cells)
    found = by_spelling(cells, values, lambda text: pl.DataFrame({"": text}).select(_date_of()).to_series())
    return Cells(found.values.cast(column.dtype), found.unread)


def _quick_dates(texts: pl.Series) -> pl.Series:
    """Dates in the usual forms; fractions of seconds are left away."""
    times = texts
    if (texts.str.len_bytes() > _TIME_CHARACTERS).any():
        times = texts.str.slice(0, _TIME_CHARACTERS)
        times = times.set(~texts.str.contains(r"^.{0,19}(?:\.\d+)?$").fill_null(False), None)
    values = times.str.to_datetime(_FORMS[0], strict=False, time_unit="us")
    for form in _FORMS[1:]:
        if values.null_count() == texts.null_count():
            break
        places = (values.is_null() & texts.is_not_null()).arg_true()
        again = texts.gather(places).str.to_datetime(form, strict=False, time_unit="us")
        values = values.scatter(places, again)
    # A year of two digits would be one of the first century.
    return values.set((values.dt.year() < _EARLIEST_YEAR).fill_null(False), None)


def _date_of() -> pl.Expr:
    text = pl.col("")
    serial = text.cast(pl.Float64, strict=False)
    seconds = (serial * 86_400).round().cast(pl.Int64, strict=False)
    excel = pl.datetime(1899, 12, 30) + pl.duration(seconds=seconds)
    zone = text.str.extract_groups(r"\d:\d{1,2}(?:\.\d+)?\s*(?:(Z)|([+-]\d\d):?(\d\d)?)$")
    hours = pl.when(zone.struct["1"].is_not_null()).then(0).otherwise(zone.struct["2"].cast(pl.Int64))
    minutes = zone.struct["3"].cast(pl.Int64).fill_null(0) * pl.when(hours < 0).then(-1).otherwise(1)
    to_here = pl.duration(hours=_HOURS_OF_HERE - hours, minutes=-minutes)
    spelled = (
        text.str.replace(r"(:\d{1,2})(?:\.\d+)?\s*(?:Z|[+-]\d\d(?::?\d\d)?)?$", "$1")
        .str.replace(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]*", "$1-$2-$3 ")
        .str.replace(r"^(\d{4})(\d{2})(\d{2})[T\s]*", "$1-$2-$3 ")
        .str.replace(r" (\d{2}):?(\d{2}):?(\d{2})$", " $1:$2:$3")
        .str.replace(r" (\d{1,2})[时:](\d{1,2})分?$", " $1:$2:00")
        .str.replace(r" (\d{1,2})时(\d{1,2})分(\d{1,2})秒?$", " $1:$2:$3")
        .str.strip_chars()
    )
    whole = pl.when(spelled.str.contains(r"^\d{4}-")).then(spelled)
    found = pl.coalesce(
        pl.when((serial >= _SERIALS[0]) & (serial < _SERIALS[1])).then(excel),
        whole.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"),
        whole.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us"),
        whole.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us"),
    )
    found = pl.when(hours.is_not_null()).then(found + to_here).otherwise(found)
    return pl.when(found.dt.year() >= _EARLIEST_YEAR).then(found)
