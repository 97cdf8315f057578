"""Cells of any make become the same values of their column."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg import InputError
from drg.columns import ALL, Kind
from drg.records.amounts import exact
from drg.records.cases import Cases
from drg.records.cells import MISSING, as_text
from drg.records.codes import comparable
from drg.records.conversions import CONVERSIONS, usual_conversion
from drg.records.dates import dates
from drg.words import categories
from tests.profiles import tries


def read(name: str, values: Any) -> pl.DataFrame:
    frame = pl.DataFrame({name: values})
    return Cases.of(frame).read(frame, [name])


def cells(name: str, values: Any) -> list[Any]:
    return read(name, values)[name].to_list()


def unread(name: str, values: Any) -> list[Any]:
    found = read(name, values)
    return found[f"{name}?"].to_list() if f"{name}?" in found.columns else [None] * found.height


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-03-01 10:20:00", datetime(2024, 3, 1, 10, 20)),
        ("2024-03-01T10:20:00.500", datetime(2024, 3, 1, 10, 20)),
        ("2024-03-01T10:20:00+08:00", datetime(2024, 3, 1, 10, 20)),
        ("2024/3/1", datetime(2024, 3, 1)),
        ("20240301", datetime(2024, 3, 1)),
        ("20240301102000", datetime(2024, 3, 1, 10, 20)),
        ("2024-03-01 10:20", datetime(2024, 3, 1, 10, 20)),
        ("2024年3月1日", datetime(2024, 3, 1)),
        ("２０２４年３月１日", datetime(2024, 3, 1)),
        ("45352", datetime(2024, 3, 1)),
        (" ", None),
        ("2024-02-30", None),
        ("soon", None),
    ],
)
def test_dates(text: str, value: datetime | None) -> None:
    assert cells("admission_date", [text, "2024-03-02"]) == [value, datetime(2024, 3, 2)]
    bad = text if value is None and text != " " else None
    assert unread("admission_date", [text, "2024-03-02"]) == [bad, None]


def test_dates_that_are_dates_already() -> None:
    day = date(2024, 3, 1)
    assert cells("birth_date", [day]) == [day]
    zoned = pl.Series([datetime(2024, 3, 1, 8)], dtype=pl.Datetime("ms", "Asia/Shanghai"))
    assert cells("admission_date", zoned) == [zoned[0].replace(tzinfo=None)]
    assert cells("birth_date", [20240301]) == [day]
    assert cells("birth_date", [45352.0]) == [day]


def test_numbers() -> None:
    ages = ["0.9", " 65 ", "3岁", "", None, "inf", "nan", "3 5", "x"]
    assert cells("age_years", ages) == [0, 65, 3, None, None, None, None, None, None]
    assert unread("age_years", ages) == [None] * 5 + ["inf", None, "3 5", "x"]
    assert cells("sex", [1, 0, 9, 3]) == [1, None, None, 3]
    assert unread("sex", [1.0, 1.5]) == [None, "1.5"]
    assert cells("icu_hours", [float("nan"), 1.5]) == [None, 1.5]
    assert cells("icu_hours", ["1天", "30分钟", "9,000.5", "９"]) == [24.0, 0.5, 9000.5, 9.0]
    assert cells("birth_weight_g", ["3.2kg", "3,200 克", "1499.5", "0"]) == [3200, 3200, 1500, None]
    assert cells("los_days", ["7天", "120小时", "1,000"]) == [7.0, 5.0, 1000.0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,345.60", "12345.60"),
        ("１２，３４５．６０", "12345.60"),
        ("¥9000", "9000.00"),
        ("9 000.005元", "9000.01"),
        ("(3.00)", "-3.00"),
        ("1e3", "1000.00"),
        ("1,5", None),
        ("12 34", None),
        ("5万元", "50000.00"),
    ],
)
def test_amounts(text: str, value: str | None) -> None:
    assert cells("total_cost_yuan", [text]) == [None if value is None else Decimal(value)]
    assert unread("total_cost_yuan", [text]) == [text if value is None else None]


def test_amounts_of_any_type_are_exact() -> None:
    for values in ([1.005, 2.675], [Decimal("1.005"), Decimal("2.675")], ["1.005", "2.675"]):
        assert cells("total_cost_yuan", values) == [Decimal("1.01"), Decimal("2.68")]
    assert cells("total_cost_yuan", [7]) == [Decimal("7.00")]
    assert cells("relative_weight", ["0.92580001", "1"]) == [Decimal("0.92580001"), Decimal(1)]
    assert exact(pl.Series(["1.005", "2"]), 2).rows() == [(Decimal("1.01"), True), (Decimal("2.00"), False)]


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["{}", "{:,}", "¥{}", "{}元", " {} "]))
@tries(0.5)
def test_every_spelling_of_an_amount_is_that_amount(amount: Decimal, form: str) -> None:
    assert cells("total_cost_yuan", [form.format(amount)]) == [amount]
    assert cells("total_cost_yuan", [float(amount)]) == [amount]


@pytest.mark.parametrize("word", ["", " ", *MISSING, "－", "n/a", "null"])
def test_words_for_missing_are_missing_in_every_column(word: str) -> None:
    for column in ALL.values():
        values = read(column.name, [word, None])
        if column.kind is Kind.CODES:
            assert values[column.name].to_list() == [[], []], column.name
        elif word in categories(column.name, "zh").values():
            assert column.name == "severity"  # 无: neither CC nor MCC
        else:
            assert values[column.name].to_list() == [None, None], column.name
        assert values.columns == [column.name]


def test_codes() -> None:
    spelled = pl.Series([" i50.900x007 ", "Ｉ50.900", "a17.000+g01", "G01*A17.000+", "'I10.x00.", " ", None])
    normal = ["I50.900X007", "I50.900", "A17.000+G01*", "A17.000+G01*", "I10.X00", None, None]
    assert comparable(read("principal_diagnosis", spelled)["principal_diagnosis"]).to_list() == normal
    others = pl.Series(["a|b,|", "", None, " c ", "d；e｜f&g\nh"])
    read_ = comparable(read("other_diagnoses", others)["other_diagnoses"])
    assert read_.to_list() == [["A", "B"], [], [], ["C"], ["D", "E", "F", "G", "H"]]
    lists = read("other_diagnoses", [["a", None, "", "-"], []])["other_diagnoses"]
    assert comparable(lists).to_list() == [["A"], []]
    assert cells("principal_diagnosis", pl.Series(["a"], dtype=pl.Categorical)) == ["a"]


def test_texts() -> None:
    assert cells("disposition", [1.0, 5.0, None]) == ["1", "5", None]
    assert cells("disposition", ["1.0", "死亡", "５", "01"]) == ["1", "5", "5", "1"]
    assert cells("insurance_type", ["310.0", "居民", "３９０"]) == ["310", "390", "390"]
    assert cells("hospital_level", ["三级", "3.0", "三级医院"]) == ["3", "3", "三级医院"]
    assert cells("case_id", [7, 8]) == ["7", "8"]
    assert cells("case_id", [" 007 ", "8.0"]) == ["007", "8.0"]
    assert cells("department", [" 03 ", "", "内科（一）"]) == ["03", None, "内科（一）"]
    assert cells("incomplete", ["是", "0", "no", "1.0", "?"]) == [True, False, False, True, None]
    assert unread("incomplete", ["是", "?"]) == [None, "?"]


def test_columns_that_are_empty_whatever_their_type() -> None:
    for dtype in (pl.Null, pl.Date, pl.Boolean, pl.Float64, pl.List(pl.Int64)):
        for name in ("sex", "principal_diagnosis", "total_cost_yuan", "admission_date", "department"):
            values = read(name, pl.Series([None, None], dtype=dtype))
            assert values.schema == {name: ALL[name].dtype}
            assert values[name].null_count() == 2


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("principal_procedure", [51.23]),
        ("other_procedures", [[51.23]]),
        ("age_years", [date(2024, 1, 1)]),
        ("age_years", [[1]]),
        ("total_cost_yuan", [True]),
        ("department", [["03"]]),
        ("birth_date", [True]),
    ],
)
def test_columns_that_hold_what_they_cannot(name: str, values: list[object]) -> None:
    with pytest.raises(InputError, match=name) as caught:
        read(name, values)
    assert caught.value.field == name
    assert caught.value.fix


def test_as_text() -> None:
    assert as_text(pl.Series([5.0, 0.5, None, float("nan")])).to_list() == ["5", "0.5", None, None]
    dates = pl.Series([datetime(2024, 3, 1), datetime(2024, 3, 1, 9, 30)])
    assert as_text(dates).to_list() == ["2024-03-01", "2024-03-01 09:30:00"]
    assert as_text(pl.Series([["a", "b"], [], None])).to_list() == ["a|b", "", None]


def test_a_column_under_its_own_name_is_that_column() -> None:
    """The label may be the header of something else, such as the name of the diagnosis."""
    frame = pl.DataFrame({"principal_diagnosis": ["I50.900", None], "主要诊断": ["心力衰竭", "心力衰竭"]})
    assert Cases.of(frame).read(frame, ["principal_diagnosis"]).to_series().to_list() == ["I50.900", None]


def test_lazy_cases_are_those_of_their_batches() -> None:
    frame = pl.DataFrame(
        {"sex": ["男", "x"], "total_cost_yuan": ["1,000", "?"], "note": [1, 2], "主要诊断": ["A", "-"]}
    )
    cases = Cases.of(frame)
    lazy = cases.lazy(own=True, marked=True, listed=False).collect()
    assert lazy.columns == [
        "sex",
        "total_cost_yuan",
        "note",
        "principal_diagnosis",
        "sex?",
        "total_cost_yuan?",
    ]
    assert lazy.drop("note").equals(cases.read(frame, cases.columns).select(lazy.drop("note").columns))


@pytest.mark.parametrize(
    ("column", "text", "value", "is_doubtful"),
    [
        ("birth_weight_g", "3.2", 3200, True),
        ("birth_weight_g", "2.05", 2050, True),
        ("birth_weight_g", "3.2kg", 3200, False),
        ("birth_weight_g", "850", 850, False),
        ("total_cost_yuan", "1355,90", Decimal("1355.90"), True),
        ("total_cost_yuan", "1.355,90", Decimal("1355.90"), True),
        ("total_cost_yuan", "12 345,60", Decimal("12345.60"), True),
        ("total_cost_yuan", "1,355.90", Decimal("1355.90"), False),
        ("total_cost_yuan", "1,355", Decimal("1355.00"), False),
        ("total_cost_yuan", "1.2万元", Decimal("12000.00"), False),
        ("total_cost_yuan", "0.13 万", Decimal("1300.00"), False),
        ("age_days", "2 15/30", 75, False),
        ("age_days", "15/30", 15, False),
        ("age_days", "7/12", 212, False),
        ("age_years", "1岁零2个月", 1, False),
        ("disposition", "5.死亡", "5", False),
        ("disposition", "05", "5", False),
        ("hospital_level", "三级甲等", "3", False),
        ("hospital_level", "II级", "2", False),
        ("discharge_date", "2025-03-01T20:00:00Z", datetime(2025, 3, 2, 4), False),
        ("discharge_date", "2025-03-01 08:00:00+09:30", datetime(2025, 3, 1, 6, 30), False),
        ("discharge_date", "2025-03-01T08:00:00-04:00", datetime(2025, 3, 1, 20), False),
    ],
)
def test_units_and_other_ways_to_write(column: str, text: str, value: object, is_doubtful: bool) -> None:
    """What is likely and not certain is marked, so that it becomes a finding."""
    registered = ALL[column]
    found = CONVERSIONS[usual_conversion(registered)].read(pl.Series([text, None]), registered, Decimal(1))  # type: ignore[misc]
    assert found.values.to_list() == [value, None]
    assert found.unread is None or not found.unread.any()
    assert (found.doubtful is not None and found.doubtful.to_list() == [True, False]) == is_doubtful


def test_times_with_a_zone_are_those_of_china() -> None:
    column = ALL["discharge_date"]
    utc = pl.Series([datetime(2025, 3, 1, 20)]).dt.replace_time_zone("UTC")
    assert dates(utc, column).values.to_list() == [datetime(2025, 3, 2, 4)]
