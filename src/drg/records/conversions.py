"""The named conversions of layouts: text as files spell it → values of canonical columns.

Each conversion reads the usual spelling quickly, and only the distinct spellings that are left thoroughly.
What cannot be read becomes null; the caller knows it by the text that was there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from drg.columns import Column, Kind

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
CODE_SEPARATORS: Final = r"[|,;，；、]+"

# What may be written behind a number, by the unit that the layout gives; kilograms are never grams.
_MARKS: Final = {"kg": r"(?:kg|千克|公斤)$", None: r"(?:g|克|周岁|岁|天|日|小时|时|h|元)$"}
_DAYS_IN_A_YEAR = 365
_DAYS_IN_A_MONTH = 365 / 12
# The serial numbers that Excel gives to the days from 1927 to 2119.
_SERIALS = (10_000, 80_000)
_EARLIEST_YEAR = 1800


@dataclass(frozen=True)
class Conversion:
    """A named conversion.

    Attributes:
        meaning: what it reads, for people who write a layout.
        kinds: of the columns that it can fill.
        read: one text column, the column to fill and the unit of the source → the values; None if it puts
            texts together and reads nothing.
        several: whether it puts several source fields together.
        only: the columns that it can fill, if not all of these kinds.
    """

    meaning: str
    kinds: frozenset[Kind]
    read: Callable[[pl.Series, Column, str | None], pl.Series] | None
    several: bool = False
    only: tuple[str, ...] = ()

    def fits(self, column: Column) -> bool:
        """Whether it can fill a column."""
        return column.kind in self.kinds and (not self.only or column.name in self.only)


def _thoroughly(texts: pl.Series, values: pl.Series, read: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """``values``, with those that a quick reading left open read by ``read``, each distinct spelling once."""
    left = texts.is_not_null() & values.is_null()
    if not left.any():
        return values
    distinct = texts.filter(left).unique()
    text = pl.col("text").str.normalize("NFKC").str.strip_chars()
    found = pl.DataFrame({"text": distinct}).select(read(text).cast(values.dtype)).to_series()
    if found.null_count() == len(found):
        return values
    again = texts.replace_strict(distinct, found, default=None, return_dtype=values.dtype)
    return values.zip_with(~left, again)


def _plain_number(texts: pl.Series) -> pl.Series:
    numbers = texts.cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite(), None)


def _number_of(text: pl.Expr, unit: str | None = None) -> pl.Expr:
    """A number with thousands separators, a currency sign or its unit written behind it."""
    marks = _MARKS.get(unit, _MARKS[None])
    bare = text.str.replace_all(r"[\s,¥]", "").str.to_lowercase().str.replace(marks, "")
    number = bare.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def _numbers(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:
    numbers = _thoroughly(texts, _plain_number(texts), lambda text: _number_of(text, unit))
    numbers = numbers * float(factor(column, unit) or 1)
    if column.dtype == pl.Int64:
        # Rules speak of whole grams; everything else counts completed units.
        numbers = (numbers + 0.5).floor() if column.name.endswith("_g") else numbers.floor()
    return numbers.cast(column.dtype, strict=False)


def _texts(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:  # noqa: ARG001
    return texts


def _codes(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:  # noqa: ARG001
    """Codes in one cell, joined by a comma, a bar or their Chinese relatives."""
    codes = texts.str.replace_all(CODE_SEPARATORS, "|").str.strip_chars("| ").str.split("|")
    return codes.fill_null([])


def _sex(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:  # noqa: ARG001
    def read(text: pl.Expr) -> pl.Expr:
        plain = text.str.to_lowercase().str.replace(r"^([0129])[-.、:\s]*([^\d\s].*|0)$", "$1")
        return (
            pl.when(plain.is_in(["1", "男", "男性", "m", "male"]))
            .then(1)
            .when(plain.is_in(["2", "女", "女性", "f", "female"]))
            .then(2)
            .when(plain.is_in(["0", "未知", "未知的性别"]))
            .then(0)
            .when(plain.is_in(["9", "未说明", "未说明的性别"]))
            .then(9)
        )

    return _thoroughly(texts, pl.repeat(None, len(texts), dtype=pl.Int64, eager=True), read)


def _age(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:  # noqa: ARG001
    """An age in years, months or days → completed years, or the days of a patient under one year."""
    years = _plain_number(texts)
    if column.name == "age_days":
        # A plain 0 says "under one year" and no more.
        days = (years * _DAYS_IN_A_YEAR).floor().set(~((years > 0) & (years < 1)).fill_null(False), None)
        left = texts.set(years.is_not_null(), None)
        return _thoroughly(left, days.cast(pl.Int64), lambda text: _age_of(text)[1])
    return _thoroughly(texts, years.floor().cast(pl.Int64), lambda text: _age_of(text)[0])


def _age_of(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Years and days of an age such as 65岁, 3个月, 2月12天, 12天, 6小时, 65Y, Y65 or M3."""
    # Y65 is 65Y.
    bare = text.str.replace_all(r"\s", "").str.to_uppercase().str.replace(r"^([YMDH])([\d.]+)$", "$2$1")

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
    )


def _months(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:  # noqa: ARG001
    """Months → days. The front page of 2011 writes 2 15/30 for two months and fifteen days."""

    def read(text: pl.Expr) -> pl.Expr:
        bare = text.str.replace(r"个?月$", "")
        parts = bare.str.extract_groups(r"^(\d+)?(?:\s+|\s*又\s*|^)(\d+)\s*/\s*30$")
        mixed = parts.struct[0].cast(pl.Float64).fill_null(0) * _DAYS_IN_A_MONTH + parts.struct[1].cast(
            pl.Float64
        )
        return pl.coalesce(mixed, _number_of(bare) * _DAYS_IN_A_MONTH)

    days = _thoroughly(texts, _plain_number(texts) * _DAYS_IN_A_MONTH, read)
    return (days + 1e-6).floor().cast(pl.Int64, strict=False)


def _dates(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:  # noqa: ARG001
    values = texts.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    days = texts.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us")
    values = values.zip_with(values.is_not_null(), days)
    # A year of two digits would be one of the first century.
    values = values.set((values.dt.year() < _EARLIEST_YEAR).fill_null(False), None)
    return _thoroughly(texts, values, _date_of).cast(column.dtype)


def _date_of(text: pl.Expr) -> pl.Expr:
    serial = text.cast(pl.Float64, strict=False)
    seconds = (serial * 86_400).round().cast(pl.Int64, strict=False)
    excel = pl.datetime(1899, 12, 30) + pl.duration(seconds=seconds)
    spelled = (
        text.str.replace(r"(:\d{1,2})(?:\.\d+)?\s*Z?$", "$1")
        .str.replace(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]*", "$1-$2-$3 ")
        .str.replace(r"^(\d{4})(\d{2})(\d{2})[T\s]*", "$1-$2-$3 ")
        .str.replace(r" (\d{2}):?(\d{2}):?(\d{2})$", " $1:$2:$3")
        .str.replace(r" (\d{1,2})[时:](\d{1,2})分?$", " $1:$2:00")
        .str.replace(r" (\d{1,2})时(\d{1,2})分(\d{1,2})秒?$", " $1:$2:$3")
        .str.strip_chars()
    )
    whole = pl.when(spelled.str.contains(r"^\d{4}-")).then(spelled)
    return pl.coalesce(
        pl.when((serial >= _SERIALS[0]) & (serial < _SERIALS[1])).then(excel),
        whole.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"),
        whole.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us"),
        whole.str.to_datetime("%Y-%m-%d", strict=False, time_unit="us"),
    )


def _durations(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:  # noqa: ARG001
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

    return _thoroughly(texts, pl.repeat(None, len(texts), dtype=pl.Float64, eager=True), read)


def _hours(parts: pl.Expr) -> pl.Expr:
    days, hours, minutes = (parts.struct[place].cast(pl.Float64, strict=False) for place in range(3))
    some = pl.any_horizontal(part.is_not_null() for part in (days, hours, minutes))
    total = days.fill_null(0) * 24 + hours.fill_null(0) + minutes.fill_null(0) / 60
    return pl.when(some).then(total)


def _money(texts: pl.Series, column: Column, unit: str | None) -> pl.Series:
    exact = pl.Decimal(30, 6)
    amounts = _thoroughly(
        texts,
        texts.cast(exact, strict=False),
        lambda text: text.str.replace_all(r"[\s,¥]", "").str.strip_suffix("元").cast(exact, strict=False),
    )
    times = factor(column, unit)
    if times not in (None, 1):
        amounts = (amounts * pl.Series([times], dtype=exact)).cast(exact)
    return amounts.round(2, mode="half_away_from_zero").cast(column.dtype, strict=False)


def _of(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


CONVERSIONS: Final[dict[str, Conversion]] = {
    "text": Conversion(
        "text as it stands, or replaced by what `values` says", _of(Kind.TEXT, Kind.IDENTIFIER), _texts
    ),
    "code": Conversion("one code", _of(Kind.CODE), _texts),
    "codes": Conversion("codes in one cell, joined by | , ; 、", _of(Kind.CODES), _codes),
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
    "months_to_days": Conversion("months, also 2 15/30", _of(Kind.NUMBER), _months, only=("age_days",)),
    "date": Conversion(
        "2024-03-01 10:20:00, 2024/3/1, 20240301, 2024年3月1日 or the serial number of Excel",
        _of(Kind.DATE),
        _dates,
    ),
    "duration": Conversion(
        "days/hours/minutes, or 3天12小时30分",
        _of(Kind.NUMBER),
        _durations,
        only=("icu_hours", "ventilator_hours"),
    ),
    "money": Conversion("an amount, in `unit`", _of(Kind.MONEY), _money),
    "sex": Conversion("1 or 男, 2 or 女, 0 and 9 not known", _of(Kind.NUMBER), _sex, only=("sex",)),
    "sum": Conversion("the sum of several amounts, in `unit`", _of(Kind.MONEY), _money, several=True),
    "join": Conversion(
        "several fields joined by a hyphen", _of(Kind.TEXT, Kind.IDENTIFIER), None, several=True
    ),
}


def factor(column: Column, unit: str | None) -> Decimal | None:
    """How much of the unit of a column one ``unit`` is; None if they do not measure the same."""
    if unit is None:
        return Decimal(1)
    return UNITS[unit].get(column.name.rpartition("_")[2])
