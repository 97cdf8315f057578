"""The named conversions of layouts: cells as files have them → values of canonical columns.

Most are the readers of ``cells`` and ``amounts``; here are those that some layouts need beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.records.amounts import amounts
from drg.records.cells import (
    Cells,
    Reader,
    as_text,
    by_spelling,
    category,
    empty,
    finite,
    flags,
    number_of,
    numbers,
    rounded,
    text_or_numbers,
    texts,
)
from drg.records.code_cells import code, codes
from drg.records.dates import dates

# How much of the unit of a column (the last part of its name) one unit of a source is.
UNITS: Final[dict[str, dict[str, Decimal]]] = {
    "g": {"g": Decimal(1)},
    "kg": {"g": Decimal(1000)},
    "years": {"years": Decimal(1)},
    "days": {"days": Decimal(1), "hours": Decimal(24)},
    "hours": {"hours": Decimal(1)},
    "minutes": {"hours": 1 / Decimal(60)},
    "yuan": {"yuan": Decimal(1)},
    "fen": {"yuan": Decimal("0.01")},
    "wan_yuan": {"yuan": Decimal(10_000)},
}

_DAYS_IN_A_YEAR = 365
_DAYS_IN_A_MONTH = 365 / 12


@dataclass(frozen=True)
class Conversion:
    """A named conversion.

    Attributes:
        meaning: what it reads, for people who write a layout.
        kinds: of the columns that it can fill.
        read: the cells, the column to fill and how much of its unit one unit of the cells is → the values;
            None if it puts columns together and reads nothing.
        several: whether it puts several source fields together.
        only: the columns that it can fill, if not all of these kinds.
    """

    meaning: str
    kinds: frozenset[Kind]
    read: Reader | None
    several: bool = False
    only: tuple[str, ...] = ()

    def fits(self, column: Column) -> bool:
        """Whether it can fill a column."""
        return column.kind in self.kinds and (not self.only or column.name in self.only)


def _on_texts(read: Callable[[pl.Expr], pl.Expr]) -> Callable[[pl.Series], pl.Series]:
    """An expression on texts as a function of them."""
    return lambda text: pl.DataFrame({"": text}).select(read(pl.col(""))).to_series()


def _numbers(cells: pl.Series, column: Column, unit: Decimal) -> Cells:
    return (amounts if isinstance(column.dtype, pl.Decimal) else numbers)(cells, column, unit)


def _texts(cells: pl.Series, column: Column, unit: Decimal) -> Cells:  # noqa: ARG001
    return texts(cells, column)


def _age(cells: pl.Series, column: Column, unit: Decimal) -> Cells:  # noqa: ARG001
    """An age in years, months or days → completed years, or the days of a patient under one year."""
    cells = text_or_numbers(cells, column)
    if column.name == "age_years":
        if cells.dtype != pl.String:
            return numbers(cells, column)
        found = by_spelling(cells, finite(cells.cast(pl.Float64, strict=False)), _years_of)
        return rounded(found.values, column, found.unread)
    if cells.dtype != pl.String:
        return Cells(_days_of_years(cells.cast(pl.Float64)))
    # An age in years has no days; what is no age at all is told of age_years.
    spelled = cells.set(cells.str.contains(r"^\s*\d+(?:\.0*)?\s*$"), None)
    return Cells(by_spelling(spelled, empty(len(cells), pl.Int64()), _days_of).values)


def _years_of(text: pl.Series) -> pl.Series:
    plain = finite(text.cast(pl.Float64, strict=False))
    return plain.zip_with(plain.is_not_null(), _on_texts(lambda one: _age_of(one)[0].cast(pl.Float64))(text))


def _days_of(text: pl.Series) -> pl.Series:
    plain = _days_of_years(finite(text.cast(pl.Float64, strict=False)))
    return plain.zip_with(plain.is_not_null(), _on_texts(lambda one: _age_of(one)[1])(text))


def _days_of_years(years: pl.Series) -> pl.Series:
    """Of a part of a year. A plain 0 says "under one year" and no more."""
    days = (years * _DAYS_IN_A_YEAR).floor()
    return days.set(~((years > 0) & (years < 1)).fill_null(False), None).cast(pl.Int64)


def _age_in_days(cells: pl.Series, column: Column, unit: Decimal) -> Cells:
    """A plain number in its unit, or an age that says its own: 30小时, 2月12天, 3岁."""
    left = text_or_numbers(cells, column)
    if left.dtype.is_numeric():
        return numbers(left, column, unit)

    def read(text: pl.Series) -> pl.Series:
        plain = number_of(text, column, unit)
        spelled = _on_texts(lambda one: _age_of(one)[2].cast(pl.Float64))(text)
        return plain.zip_with(plain.is_not_null(), spelled)

    quick = finite(left.cast(pl.Float64, strict=False)) * float(unit)
    found = by_spelling(left, quick, read)
    return rounded(found.values, column, found.unread)


def _age_of(text: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Years, days under one year and days in all of an age: 65岁, 3个月, 2月12天, 6小时, Y65, 2 15/30."""
    bare = (
        text.str.replace(r"^\s*(\d+)(?:\s+|\s*又\s*)(\d{1,2})\s*/\s*30$", "${1}月${2}天")
        .str.replace(r"^\s*(\d{1,2})\s*/\s*30$", "${1}天")
        .str.replace(r"^\s*(\d{1,2})\s*/\s*12$", "${1}月")
        .str.replace_all(r"[\s零又]", "")
        .str.to_uppercase()
        .str.replace(r"^([YMDH])([\d.]+)$", "$2$1")
    )

    def amount(marks: str) -> pl.Expr:
        return bare.str.extract(rf"([\d.]+)(?:{marks})").cast(pl.Float64, strict=False)

    years, months, weeks, days = (
        amount(marks) for marks in ("周岁|岁|年|Y", "个月|月龄|月|M", "周(?:[^岁]|$)|星期", "天|日|D")
    )
    hours = amount("小时|时|H|分钟|分")
    known = pl.any_horizontal(part.is_not_null() for part in (years, months, weeks, days, hours))
    unread = bare.str.replace_all(
        r"[\d.]+(?:周岁|岁|年|Y|个月|月龄|月|M|周|星期|天|日|D|小时|时|H|分钟|分)", ""
    )
    total = (
        months.fill_null(0) * _DAYS_IN_A_MONTH + weeks.fill_null(0) * 7 + days.fill_null(0)
    ) + years.fill_null(0) * _DAYS_IN_A_YEAR
    # Twelve months are a year, whatever the product of two fractions says.
    total = (total + 1e-6).floor()
    completed = pl.max_horizontal(years.fill_null(0).floor(), (total / _DAYS_IN_A_YEAR).floor())
    readable = known & (unread == "")
    # 0岁 alone does not say how many days.
    said = pl.any_horizontal(part.is_not_null() for part in (months, weeks, days, hours)) | (total > 0)
    return (
        pl.when(readable).then(completed).cast(pl.Int64),
        pl.when(readable & said & (completed < 1)).then(total).cast(pl.Int64),
        pl.when(readable & said).then(total).cast(pl.Int64),
    )


def _months(cells: pl.Series, column: Column, unit: Decimal) -> Cells:  # noqa: ARG001
    """Months → days. The front page of 2011 writes 2 15/30 for two months and fifteen days."""
    months = Decimal(_DAYS_IN_A_MONTH)
    text = text_or_numbers(cells, column)
    if text.dtype.is_numeric():
        return numbers(text, column, months)

    def read(text: pl.Series) -> pl.Series:
        bare = text.str.replace(r"个?月$", "")
        parts = bare.str.extract_groups(r"^(\d+)?(?:\s+|\s*又\s*|^)(\d+)\s*/\s*30$").struct.unnest()
        whole, days = (parts[name].cast(pl.Float64) for name in ("1", "2"))
        mixed = whole.fill_null(0) * _DAYS_IN_A_MONTH + days
        return mixed.zip_with(mixed.is_not_null(), number_of(bare, column, months))

    found = by_spelling(text, finite(text.cast(pl.Float64, strict=False)) * _DAYS_IN_A_MONTH, read)
    return rounded(found.values + 1e-6, column, found.unread)


def _durations(cells: pl.Series, column: Column, unit: Decimal) -> Cells:  # noqa: ARG001
    """``days/hours/minutes`` → hours. A lone number is not read: nobody knows its unit."""

    def read(text: pl.Expr) -> pl.Expr:
        bare = text.str.replace_all(r"\s", "")
        number = r"(\d+(?:\.\d+)?)"
        parts = bare.str.extract_groups(rf"^{number}?/{number}?/{number}?$")
        parts = pl.when(bare.str.contains(r"\d")).then(parts)
        spelled = bare.str.extract_groups(
            rf"^(?:{number}(?:天|日))?(?:{number}(?:小时|时))?(?:{number}(?:分钟|分))?$"
        )
        spelled = pl.when(bare.str.contains(r"\d\D")).then(spelled)
        zero = pl.when(bare.str.contains(r"^0+$")).then(0.0)
        return pl.coalesce(_hours(parts), _hours(spelled), zero)

    spelled = as_text(text_or_numbers(cells, column))
    return by_spelling(spelled, empty(len(cells), pl.Float64()), _on_texts(read))


def _hours(parts: pl.Expr) -> pl.Expr:
    days, hours, minutes = (parts.struct[place].cast(pl.Float64, strict=False) for place in range(3))
    some = pl.any_horizontal(part.is_not_null() for part in (days, hours, minutes))
    total = days.fill_null(0) * 24 + hours.fill_null(0) + minutes.fill_null(0) / 60
    return pl.when(some).then(total)


def _of(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


CONVERSIONS: Final[dict[str, Conversion]] = {
    "text": Conversion(
        "text as it stands, or replaced by what `values` says", _of(Kind.TEXT, Kind.IDENTIFIER), _texts
    ),
    "code": Conversion("one code", _of(Kind.CODE), code),
    "codes": Conversion("codes in one cell, joined by | , ; 、", _of(Kind.CODES), codes),
    "codes_wide": Conversion(
        "a numbered series such as C06x{n}C, any width; gaps are passed over, order is kept",
        _of(Kind.CODES),
        None,
        several=True,
    ),
    "integer": Conversion("a whole number, in `unit`", _of(Kind.NUMBER), _numbers),
    "number": Conversion("a number with decimals, in `unit`", _of(Kind.NUMBER), _numbers),
    "age": Conversion(
        "65, 65岁, 3月, 12天, 0.5: completed years, or days under one year",
        _of(Kind.NUMBER),
        _age,
        only=("age_years", "age_days"),
    ),
    "age_in_days": Conversion(
        "days in `unit`, or an age that says its own: 12天, 30小时, 2月12天",
        _of(Kind.NUMBER),
        _age_in_days,
        only=("age_days",),
    ),
    "months_to_days": Conversion("months, also 2 15/30", _of(Kind.NUMBER), _months, only=("age_days",)),
    "date": Conversion(
        "2024-03-01 10:20:00, 2024/3/1, 20240301, 2024年3月1日 or the serial number of Excel",
        _of(Kind.DATE),
        dates,
    ),
    "duration": Conversion(
        "days/hours/minutes, or 3天12小时30分",
        _of(Kind.NUMBER),
        _durations,
        only=("icu_hours", "ventilator_hours"),
    ),
    "money": Conversion("an amount, in `unit`", _of(Kind.MONEY), amounts),
    "sex": Conversion("1 or 男, 2 or 女, 0 and 9 not known", _of(Kind.NUMBER), numbers, only=("sex",)),
    "sum": Conversion("the sum of several amounts, in `unit`", _of(Kind.MONEY), amounts, several=True),
    "category": Conversion("a word of a closed list, such as `grouped`", _of(Kind.CATEGORY), category),
    "flag": Conversion("1, 是, yes, true; 0, 否, no, false", _of(Kind.FLAG), flags),
    "join": Conversion(
        "several fields joined by a hyphen", _of(Kind.TEXT, Kind.IDENTIFIER), None, several=True
    ),
}


_OF_KIND: Final[dict[Kind, str]] = {
    Kind.IDENTIFIER: "text",
    Kind.CODE: "code",
    Kind.CODES: "codes",
    Kind.NUMBER: "number",
    Kind.TEXT: "text",
    Kind.DATE: "date",
    Kind.MONEY: "money",
    Kind.FLAG: "flag",
    Kind.CATEGORY: "category",
}
_OF_COLUMN: Final = {"sex": "sex", "age_years": "age", "age_days": "age_in_days"}


def usual_conversion(column: Column) -> str:
    """How a column is read that is called by its own name."""
    return _OF_COLUMN.get(column.name, _OF_KIND[column.kind])


def factor(column: Column, unit: str | None) -> Decimal | None:
    """How much of the unit of a column one ``unit`` is; None if they do not measure the same."""
    if unit is None:
        return Decimal(1)
    return UNITS[unit].get(column.unit)
