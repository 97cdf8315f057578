"""Cells of any make become the same typed cells."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from drg.records.typed import as_text, typed

from drg import InputError


def cells(name: str, values: pl.Series) -> list[object]:
    return typed(pl.DataFrame({name: values}), [name])[name].to_list()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-03-01 10:20:00", datetime(2024, 3, 1, 10, 20)),
        ("2024-03-01T10:20:00.500", datetime(2024, 3, 1, 10, 20)),
        ("2024/3/1", datetime(2024, 3, 1)),
        ("20240301", datetime(2024, 3, 1)),
        ("20240301102000", datetime(2024, 3, 1, 10, 20)),
        ("2024-03-01 10:20", datetime(2024, 3, 1, 10, 20)),
        (" ", None),
        ("2024-02-30", None),
        ("soon", None),
    ],
)
def test_dates(text: str, value: datetime | None) -> None:
    found = typed(pl.DataFrame({"admission_date": [text, "2024-03-02"]}), ["admission_date"])
    assert found["admission_date"].to_list() == [value, datetime(2024, 3, 2)]
    assert found["admission_date?"].to_list() == [value is None and text != " ", False]


def test_dates_that_are_dates_already() -> None:
    day = date(2024, 3, 1)
    assert cells("birth_date", pl.Series([day])) == [datetime(2024, 3, 1)]
    zoned = pl.Series([datetime(2024, 3, 1, 8)], dtype=pl.Datetime("ms", "Asia/Shanghai"))
    assert cells("birth_date", zoned) == [zoned[0].replace(tzinfo=None)]
    assert cells("birth_date", pl.Series([20240301])) == [datetime(2024, 3, 1)]


def test_numbers() -> None:
    found = typed(pl.DataFrame({"age_years": ["0.9", " 65 ", "3岁", "", None, "inf", "nan"]}), ["age_years"])
    assert found["age_years"].to_list() == [0, 65, None, None, None, None, None]
    assert found["age_years?"].to_list() == [False, False, True, False, False, True, True]
    assert cells("sex", pl.Series([1, 0, 9, 3])) == [1, None, None, 3]
    assert cells("icu_hours", pl.Series([float("nan"), 1.5])) == [None, 1.5]
    assert cells("total_cost_yuan", pl.Series(["1.10"]).cast(pl.Decimal(18, 2))) == [1.1]


def test_codes() -> None:
    spelled = pl.Series([" i50.900x007 ", "Ｉ50.900", "a17.000+g01", "G01*A17.000+", "I10.x00.", " ", None])
    normal = ["I50.900X007", "I50.900", "A17.000+G01*", "A17.000+G01*", "I10.X00", None, None]
    assert cells("principal_diagnosis", spelled) == normal
    assert cells("other_diagnoses", pl.Series(["a|b,|", "", None, " c "])) == [["A", "B"], None, None, ["C"]]
    assert cells("other_diagnoses", pl.Series([["a", None, ""], []])) == [["A"], []]
    assert cells("other_diagnoses", pl.Series([[None]])) == [[]]
    assert cells("principal_diagnosis", pl.Series(["a"], dtype=pl.Categorical)) == ["A"]


def test_texts() -> None:
    assert cells("disposition", pl.Series([1.0, 5.0, None])) == ["1", "5", None]
    assert cells("case_id", pl.Series([7, 8])) == ["7", "8"]
    assert cells("department", pl.Series([" 03 ", ""])) == ["03", None]


def test_columns_that_are_absent_or_empty() -> None:
    found = typed(pl.DataFrame({"sex": [None, None]}))
    assert found.height == 2
    assert found["other_diagnoses"].dtype == pl.List(pl.String)
    assert not found.select(pl.col(pl.Boolean).any()).row(0).count(True)
    assert typed(pl.DataFrame()).height == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("principal_procedure", [51.23]),
        ("other_procedures", [[51.23]]),
        ("age_years", [date(2024, 1, 1)]),
        ("birth_date", [1.5]),
    ],
)
def test_columns_that_hold_what_they_cannot(name: str, values: list[object]) -> None:
    with pytest.raises(InputError, match=name):
        typed(pl.DataFrame({name: values}), [name])


def test_texts_that_were_unreadable_before_are_not_missing() -> None:
    found = typed(pl.DataFrame({"icu_hours": [None, 5.0], "icu_hours?": ["96", None]}), ["icu_hours"])
    assert found["icu_hours?"].to_list() == [True, False]


def test_as_text() -> None:
    assert as_text(pl.Series([5.0, 0.5, None])).to_list() == ["5", "0.5", None]
    dates = pl.Series([datetime(2024, 3, 1), datetime(2024, 3, 1, 9, 30)])
    assert as_text(dates).to_list() == ["2024-03-01", "2024-03-01 09:30:00"]
    assert as_text(pl.Series([["a", "b"], [], None])).to_list() == ["a|b", "", None]
