from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.columns import INPUT, RECORD
from drg.records.conversions import CONVERSIONS, UNITS, factor
from tests.profiles import tries

COLUMNS = {**INPUT, **RECORD}


def convert(conversion: str, column: str, texts: list[str | None], unit: str | None = None) -> list[Any]:
    read, times = CONVERSIONS[conversion].read, factor(COLUMNS[column], unit)
    assert read is not None
    assert times is not None
    values = read(pl.Series(texts, dtype=pl.String), COLUMNS[column], times).values
    assert values.dtype == COLUMNS[column].dtype
    assert len(values) == len(texts)
    return values.to_list()


@pytest.mark.parametrize(
    ("text", "years", "days"),
    [
        ("65", 65, None),
        ("65岁", 65, None),
        ("６５ 岁", 65, None),
        ("65.0", 65, None),
        ("1.9", 1, None),
        ("18周岁", 18, None),
        ("65Y", 65, None),
        ("Y65", 65, None),
        ("1岁3月", 1, None),
        ("3月", 0, 91),
        ("3个月", 0, 91),
        ("M3", 0, 91),
        ("2月12天", 0, 72),
        ("12天", 0, 12),
        ("12日", 0, 12),
        ("D12", 0, 12),
        ("2周", 0, 14),
        ("0岁12天", 0, 12),
        ("6小时", 0, 0),
        ("12月", 1, None),
        ("364天", 0, 364),
        ("365天", 1, None),
        ("0.5", 0, 182),
        ("0.08", 0, 29),
        # Under one year, and no more is said.
        ("0", 0, None),
        ("0岁", 0, None),
        ("-1", -1, None),
        ("3岁半", None, None),
        ("新生儿", None, None),
        ("nan", None, None),
        ("1e999", None, None),
        (None, None, None),
    ],
)
def test_age(text: str | None, years: int | None, days: int | None) -> None:
    assert convert("age", "age_years", [text]) == [years]
    assert convert("age", "age_days", [text]) == [days]


@given(st.integers(0, 150), st.sampled_from(["", "岁", "Y", " 周岁", "年"]))
@tries(0.3)
def test_every_age_in_years_is_read(years: int, mark: str) -> None:
    assert convert("age", "age_years", [f"{years}{mark}"]) == [years]


@given(st.integers(1, 364), st.sampled_from(["天", "日", "D"]))
@tries(0.3)
def test_every_age_in_days_is_read(days: int, mark: str) -> None:
    assert convert("age", "age_days", [f"{days}{mark}"]) == [days]
    assert convert("age", "age_years", [f"{days}{mark}"]) == [0]


@pytest.mark.parametrize(
    ("text", "days"),
    [("1", 30), ("2", 60), ("3月", 91), ("2 15/30", 75), ("15/30", 15), ("0", 0), ("11.5", 349), ("x", None)],
)
def test_months(text: str, days: int | None) -> None:
    assert convert("months_to_days", "age_days", [text]) == [days]


@given(st.datetimes(datetime.datetime(1930, 1, 1), datetime.datetime(2100, 1, 1)))
@tries(0.3)
def test_every_form_of_a_date_is_the_same_time(time: datetime.datetime) -> None:
    time = time.replace(microsecond=0)
    serial = (time - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1)
    whole = [
        f"{time:%Y-%m-%d %H:%M:%S}",
        f"{time:%Y-%m-%d %H:%M:%S}.0",
        f"{time:%Y-%m-%dT%H:%M:%S}+08:00",
        f"{time.year}/{time.month}/{time.day} {time:%H:%M:%S}",
        f"{time:%Y%m%d%H%M%S}",
        f"{time:%Y%m%d %H:%M:%S}",
        f"{time.year}年{time.month}月{time.day}日{time.hour}时{time.minute}分{time.second}秒",
        f"{serial:.8f}",
    ]
    assert convert("date", "admission_date", list(whole)) == [time] * len(whole)
    minutes = [
        f"{time:%Y/%m/%d %H:%M}",
        f"{time.year}年{time.month}月{time.day}日{time.hour}时{time.minute}分",
    ]
    assert convert("date", "admission_date", list(minutes)) == [time.replace(second=0)] * 2
    days = [
        f"{time:%Y-%m-%d}",
        f"{time.year}-{time.month}-{time.day}",
        f"{time:%Y%m%d}",
        f"{time:%Y.%m.%d}",
        f"{time.year}年{time.month}月{time.day}日",
        f"{int(serial)}",
        *whole,
    ]
    assert convert("date", "birth_date", list(days)) == [time.date()] * len(days)


@pytest.mark.parametrize(
    "text", ["2024-02-30", "20241301", "24-3-1", "3/1/2024", "昨天", "2024", "5", "999999"]
)
def test_what_is_no_date_is_not_read(text: str) -> None:
    assert convert("date", "admission_date", [text]) == [None]


@given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 59))
@tries(0.3)
def test_durations_are_hours(days: int, hours: int, minutes: int) -> None:
    total = days * 24 + hours + minutes / 60
    texts: list[str | None] = [f"{days}/{hours}/{minutes}", f"{days}天{hours}小时{minutes}分"]
    assert convert("duration", "icu_hours", texts) == pytest.approx([total, total])


@pytest.mark.parametrize(
    ("text", "hours"), [("0", 0.0), ("3天", 72.0), ("72", None), ("1/2", None), ("//", None)]
)
def test_a_duration_needs_units(text: str, hours: float | None) -> None:
    assert convert("duration", "icu_hours", [text]) == [hours]


@given(st.decimals(-(10**12), 10**12, places=2))
@tries(0.3)
def test_money_is_exact(amount: Decimal) -> None:
    texts: list[str | None] = [str(amount), f"{amount:,}", f"¥{amount}", f"{amount}元"]
    assert convert("money", "total_cost_yuan", texts) == [amount] * 4
    assert convert("money", "total_cost_yuan", [str(int(amount))], "fen") == [
        (Decimal(int(amount)) / 100).quantize(Decimal("0.01"))
    ]


def test_money_is_rounded_half_up() -> None:
    assert convert("money", "total_cost_yuan", ["12.345", "12.335", "-0.005", "x"]) == [
        Decimal("12.35"),
        Decimal("12.34"),
        Decimal("-0.01"),
        None,
    ]


@pytest.mark.parametrize(
    ("text", "unit", "grams"),
    [
        ("3200", "g", 3200),
        ("3200.5", None, 3201),
        ("3200g", "g", 3200),
        ("３２００ 克", "g", 3200),
        ("3.2", "kg", 3200),
        ("3.2公斤", "kg", 3200),
        # A unit that is written counts, whatever the layout says.
        ("3.2kg", "g", 3200),
        ("3200g", "kg", 3200),
        ("3.2天", "g", None),
        ("inf", None, None),
    ],
)
def test_weights(text: str, unit: str | None, grams: int | None) -> None:
    assert convert("integer", "birth_weight_g", [text], unit) == [grams]


def test_numbers() -> None:
    assert convert("integer", "los_days", ["7", "7天", "8.0", "1,000", "七"]) == [7, 7, 8, 1000, None]
    assert convert("integer", "los_days", ["120小时", "1,00", "4 5", "（3）", "-"]) == [
        5,
        None,
        None,
        None,
        None,
    ]
    assert convert("age_in_days", "age_days", ["30小时", "12", "2月12天", "3岁"]) == [1, 12, 72, 1095]
    assert convert("number", "icu_hours", ["2"], "days") == [48.0]
    assert convert("number", "icu_hours", ["90"], "minutes") == [1.5]


@pytest.mark.parametrize(
    ("texts", "sex"),
    [
        (("1", "男", "男性", "M", "１", "1男", "1-男", "1.0"), 1),
        (("2", "女", "女性", "f", "2、女"), 2),
        (("0", "未知", "9", "未说明"), None),
        (("3", "3.0"), 3),
        (("1.5", "x", "1e", "1-女", "3 days", None), None),
    ],
)
def test_sex(texts: tuple[str | None, ...], sex: int | None) -> None:
    assert convert("sex", "sex", list(texts)) == [sex] * len(texts)


def test_codes_in_one_cell() -> None:
    assert convert("codes", "other_diagnoses", ["a|b", "a,b;c、d", "a", None, "-"]) == [
        ["a", "b"],
        ["a", "b", "c", "d"],
        ["a"],
        [],
        [],
    ]


@given(st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=20))
@tries(0.25)
def test_no_text_breaks_a_conversion(texts: list[str | None]) -> None:
    for name, conversion in CONVERSIONS.items():
        if conversion.read is None:
            continue
        for column in COLUMNS.values():
            if conversion.fits(column):
                convert(name, column.name, texts)


def test_units_are_those_of_columns() -> None:
    measured = {unit for unit in UNITS for column in COLUMNS.values() if factor(column, unit) is not None}
    assert measured == set(UNITS)
    assert factor(COLUMNS["birth_weight_g"], "days") is None
