"""Canonical columns of any make → typed cells, and which of them could not be read.

A frame may come from Parquet, where numbers are numbers, or from CSV, where everything is text: both give the
same cells here. Nothing is refused cell by cell; only a column that cannot hold what it should raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import polars as pl

from drg.columns import INPUT, RECORD, Column, Kind
from drg.errors import InputError
from drg.records.codes import normalised

CANONICAL: Final[dict[str, Column]] = INPUT | RECORD
# `age_years?` is true where age_years holds something, but no number.
MALFORMED: Final = "?"

# Ages of infants and lengths of stay come with decimals, so every number does.
DTYPES: Final[dict[Kind, pl.DataType]] = {
    Kind.IDENTIFIER: pl.String(),
    Kind.CODE: pl.String(),
    Kind.CODES: pl.List(pl.String()),
    Kind.NUMBER: pl.Float64(),
    Kind.TEXT: pl.String(),
    Kind.DATE: pl.Datetime("us"),
    Kind.MONEY: pl.Float64(),
}

_DATE_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y%m%d", "%Y%m%d%H%M%S")
# Up to the seconds; fractions and time zones are left away.
_DATE_CHARACTERS = 19


def typed(batch: pl.DataFrame, names: Iterable[str] = CANONICAL) -> pl.DataFrame:
    """The named canonical columns, typed; those that the batch lacks are empty.

    Args:
        batch: discharges; see ``columns.INPUT_COLUMNS`` and ``RECORD_COLUMNS``. A text column ``name?`` says
            which cells of a column held something that was found unreadable before, and what.
        names: which columns.

    Returns:
        The columns with the types of ``DTYPES``: codes in the form in which they compare, without empty ones;
        blanks and values that mean "not known" as null; ages in completed units. For each number, date and
        amount also a column ``name?`` that says which cells could not be read.

    Raises:
        InputError: if a column holds what it cannot hold, such as codes that were read as numbers.
    """
    series: list[pl.Series] = []
    for name in names:
        column = CANONICAL[name]
        mark = f"{name}{MALFORMED}"
        if name in batch.columns:
            cells, malformed = _READERS[column.kind](_plain(batch[name]), column)
        else:
            cells, malformed = _empty(batch.height, DTYPES[column.kind]), None
        series.append(cells.alias(name))
        if column.kind in (Kind.NUMBER, Kind.DATE, Kind.MONEY):
            bad = pl.repeat(False, batch.height, dtype=pl.Boolean, eager=True)
            bad = bad if malformed is None else malformed
            series.append((bad | batch[mark].is_not_null() if mark in batch.columns else bad).alias(mark))
    return pl.DataFrame(series)


def as_text(cells: pl.Series) -> pl.Series:
    """Cells as a person would write them: 5 and not 5.0, 2024-03-01 and not 2024-03-01 00:00:00."""
    dtype = cells.dtype
    if isinstance(dtype, pl.List | pl.Array):
        return cells.cast(pl.List(pl.String)).list.join("|", ignore_nulls=True)
    if dtype.is_float():
        whole = cells.is_finite() & (cells == cells.floor()) & (cells.abs() < 1e15)
        return cells.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole, cells.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        return cells.dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    return cells.cast(pl.String)


def _plain(cells: pl.Series) -> pl.Series:
    """Without types that only save room."""
    if isinstance(cells.dtype, pl.Categorical | pl.Enum | pl.Null):
        return cells.cast(pl.String)
    return cells.arr.to_list() if isinstance(cells.dtype, pl.Array) else cells


def _empty(rows: int, dtype: pl.DataType) -> pl.Series:
    return pl.repeat(None, rows, dtype=dtype, eager=True)


Read = tuple[pl.Series, pl.Series | None]


def _read_text(cells: pl.Series, column: Column) -> Read:
    if cells.dtype.is_float():
        cells = as_text(cells.fill_nan(None))
    try:
        text = cells.cast(pl.String).str.strip_chars()
    except pl.exceptions.PolarsError:
        raise _wrong_type(cells, column) from None
    return text.set(text == "", None), None


def _read_number(cells: pl.Series, column: Column) -> Read:
    malformed = None
    if cells.dtype == pl.String:
        text = cells.str.strip_chars()
        number = text.cast(pl.Float64, strict=False)
        number = number.set(~number.is_finite(), None)
        malformed = number.is_null() & (text != "").fill_null(False)
    elif cells.dtype.is_numeric() or cells.dtype == pl.Boolean:
        number = cells.cast(pl.Float64).fill_nan(None)
    else:
        raise _wrong_type(cells, column)
    for unknown in column.unknown:
        number = number.set(number == unknown, None)
    return (number.floor() if column.whole else number), malformed


def _read_date(cells: pl.Series, column: Column) -> Read:
    if isinstance(cells.dtype, pl.Datetime):
        return cells.dt.replace_time_zone(None).dt.cast_time_unit("us"), None
    if cells.dtype == pl.Date:
        return cells.cast(pl.Datetime("us")), None
    if cells.dtype.is_integer():
        cells = cells.cast(pl.String)
    if cells.dtype != pl.String:
        raise _wrong_type(cells, column)
    text = cells.str.strip_chars().str.slice(0, _DATE_CHARACTERS)
    text = text.str.replace_all("/", "-", literal=True).str.replace("T", " ", literal=True)
    date = _empty(len(text), DTYPES[Kind.DATE])
    rest = (text != "").fill_null(False)
    # A column is written in one way as a rule: the other formats see only what is left.
    for form in sorted(_DATE_FORMATS, key=lambda form: _dates(text.head(20), form).null_count()):
        if not rest.any():
            break
        where = rest.arg_true()
        date = date.scatter(where, _dates(text.gather(where), form))
        rest = rest & date.is_null()
    return date, rest


def _dates(text: pl.Series, form: str) -> pl.Series:
    return text.str.to_datetime(form, time_unit="us", strict=False, cache=False)


def _read_code(cells: pl.Series, column: Column) -> Read:
    if cells.dtype != pl.String:
        raise _wrong_type(cells, column)
    old, new = _unusual(cells)
    code = (cells.replace(old, new) if len(old) else cells).str.to_uppercase()
    return code.set(code == "", None), None


def _read_codes(cells: pl.Series, column: Column) -> Read:
    if cells.dtype == pl.String:
        cells = cells.set(cells == "", None).str.replace_all(",", "|", literal=True).str.split("|")
    if cells.dtype == pl.List(pl.Null):
        cells = cells.cast(pl.List(pl.String))
    if cells.dtype != pl.List(pl.String):
        raise _wrong_type(cells, column)
    flat = cells.explode(empty_as_null=False, keep_nulls=False)
    old, new = _unusual(flat)
    element = pl.element().replace(old, new) if len(old) else pl.element()
    codes = cells.list.eval(element.str.to_uppercase())
    # Dropping costs more than all the rest, and most lists have nothing to drop.
    return (codes.list.drop_nulls() if flat.has_nulls() or new.has_nulls() else codes), None


def _unusual(codes: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The distinct spellings that capitals alone do not bring into normal form, and their normal forms.

    Most codes of most files are clean, and the normal form costs ten times what finding that out does.
    """
    odd = codes.filter(codes.str.contains(r"[^!-~]|\*.|\.[+*]|\+[^*]*$|\.$|^$").fill_null(False)).unique()
    normal = normalised(odd)
    return odd, normal.set(normal == "", None)


def _wrong_type(cells: pl.Series, column: Column) -> InputError:
    code = column.kind in (Kind.CODE, Kind.CODES)
    return InputError(
        f"{column.label_zh} {column.name} holds {cells.dtype}, which it cannot",
        field=column.name,
        fix="Read the column as text: as a number, a code such as 01.2400 loses its zeros"
        if code
        else f"Give {column.meaning}",
    )


_READERS: Final[dict[Kind, Callable[[pl.Series, Column], Read]]] = {
    Kind.IDENTIFIER: _read_text,
    Kind.CODE: _read_code,
    Kind.CODES: _read_codes,
    Kind.NUMBER: _read_number,
    Kind.TEXT: _read_text,
    Kind.DATE: _read_date,
    Kind.MONEY: _read_number,
}
