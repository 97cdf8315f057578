"""Rows of columns stand in the file as xlsxwriter writes them cell by cell."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from zipfile import ZipFile

import polars as pl
import pytest
import xlsxwriter

from drg.records import sheet_rows
from drg.records.sheet_cells import cells
from drg.records.sheet_rows import Sheet

FRAME = pl.DataFrame(
    {
        "text": ["a", " <b> & c ", None, "多行\n文字", ""],
        "number": [1, None, -3, 10**14, 0],
        "money": [Decimal("1.10"), Decimal("-0.05"), None, Decimal("123456789.99"), Decimal("0.00")],
        "float": [0.1, 1e-9, 1 / 3, None, -0.0],
        "truth": [True, False, None, True, False],
        "day": [date(2025, 1, 1), None, date(1900, 3, 1), date(2025, 12, 31), date(2024, 2, 29)],
        "time": [datetime(2025, 1, 1, 8, 30), None, None, None, None],
    },
    schema_overrides={"money": pl.Decimal(18, 2)},
)


def sheet_text(*, by_columns: bool, nothing: str) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("s", worksheet_class=Sheet if by_columns else None)
        looks = [book.add_format({"num_format": f"0.{'0' * place}"}) for place in range(1, FRAME.width + 1)]
        columns = [cells(column) for column in FRAME]
        sheet.write_string(0, 0, "head", looks[0])
        if by_columns:
            sheet.write_columns(1, columns, looks, nothing)
        else:
            for row in range(FRAME.height):
                for place, (column, look) in enumerate(zip(columns, looks, strict=True)):
                    value = column.values[row]
                    if value is not None:
                        sheet.write(row + 1, place, value, look)
                    elif nothing:
                        sheet.write_string(row + 1, place, nothing, look)
        sheet.write_blank(FRAME.height + 1, 0, None, looks[1])
        sheet.write_number(FRAME.height + 1, 1, 2.5, looks[1])
        sheet.write_formula(FRAME.height + 1, 2, "=SUM(B2:B6)", looks[1], Decimal("2.5"))
    return ZipFile(content).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("nothing", ["", "–"])
@pytest.mark.parametrize("at_a_time", [10_000, 2])
def test_columns_stand_as_cells_do(nothing: str, at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_rows, "_ROWS", at_a_time)
    wanted = sheet_text(by_columns=False, nothing=nothing)
    # An empty text is a blank cell by ``write``, and a text as the books here write it.
    wanted = wanted.replace(b'<c r="A6" s="1"/>', b'<c r="A6" s="1" t="inlineStr"><is><t></t></is></c>')
    assert sheet_text(by_columns=True, nothing=nothing) == wanted


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        (["a", None], False),
        (["<r>a</r>"], True),
        (["a\x01"], True),
        (["_x0041_"], True),
        ([1.5, None], False),
    ],
)
def test_what_a_sheet_escapes_goes_cell_by_cell(values: list[object], odd: bool) -> None:
    assert cells(pl.Series(values)).is_odd == odd
    assert cells(pl.Series([float("nan")])).is_odd
