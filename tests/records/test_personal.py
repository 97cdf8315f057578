"""What messages repeat of cells: never a name, nor the number of a card or telephone."""

from __future__ import annotations

import polars as pl
import pytest

from drg.records.personal import may_be_repeated


def repeated(value: str, field: str | None = "age_years") -> bool:
    frame = pl.DataFrame(
        {"field": [field], "value": [value]}, schema={"field": pl.String, "value": pl.String}
    )
    return bool(frame.select(may_be_repeated(pl.col("field"), pl.col("value"))).item())


@pytest.mark.parametrize(
    "value",
    [
        *(
            "45",
            "45岁",
            "1,5",
            "-3",
            "3.2kg",
            "3200g",
            "48h",
            "120小时",
            "1岁2个月",
            "¥9000",
            "12,345.60",
            "99999",
        ),
        *(
            "2026-03-01",
            "2026/3/1 08:30",
            "20260301",
            "2026年3月1日",
            "2026-03-01 08:30:00",
            "20260301083000",
        ),
        *("K80.1", "I50.900x007", "51.2300", "51.2300x001", "E11.900;I50.900", "A17.000+G01*", "HC25"),
        *("男", "死亡", "#N/A", "#VALUE!"),
    ],
)
def test_a_number_a_day_a_code_and_a_known_word_are_repeated(value: str) -> None:
    assert repeated(value)


@pytest.mark.parametrize(
    "value",
    [
        *("孙八", "欧阳修远", "Zhang San", "ZHANG", "买买提·艾力", "张三 45岁", "岁岁张", "张3"),
        *("330106198001011234", "33010619900101123X", "13800138000", "138 0013 8000", "0571-87654321"),
        *("330106198001011", "138-0013-8000", "E12345678", "浙江省杭州市1号"),  # pragma: allowlist secret
    ],
)
def test_what_may_say_who_a_patient_is_is_not_repeated(value: str) -> None:
    assert not repeated(value)


@pytest.mark.parametrize("field", ["case_id", "patient_id", "hospital_id", "birth_date", None])
def test_cells_of_a_person_and_whole_rows_are_not_repeated(field: str | None) -> None:
    assert not repeated("45", field)
