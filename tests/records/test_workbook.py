"""What all workbooks have in common."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from drg.errors import OutputError
from drg.records.workbook import NO_TIME, Book, Heading, new_book
from drg.records.workbook_looks import GREY, OPEN, TOTAL

FRAME = pl.DataFrame(
    {
        "day": [datetime(2025, 3, 1), datetime(2025, 3, 2, 12), None],
        "text": ["=1+1", "<r>a<b>&</r>", None],
        "other": [" a\x01b ", "https://example.org", "x"],
        "money": pl.Series(["1234567.89", "-0.01", None]).cast(pl.Decimal(38, 2)),
        "count": [1, 0, None],
        "number": [0.1, 1e-7, None],
        "true": [True, False, None],
    }
)
HEADINGS = [
    Heading("日期", "day"),
    Heading("a"),
    Heading("b", "code", None, "what it means"),
    *(Heading(name, name, 5) for name in ("money", "count", "number")),
    Heading("t"),
]
CELLS = [
    (datetime(2025, 3, 1), "=1+1", " a_x0001_b ", 1234567.89, 1, 0.1, True),
    (datetime(2025, 3, 2, 12), "<r>a<b>&</r>", "https://example.org", -0.01, 0, 1e-7, False),
    (None, None, "x", None, None, None, None),
]


def made(frame: pl.DataFrame = FRAME, **options: Any) -> Any:
    content = io.BytesIO()
    with new_book(content) as book:
        book.frame("一", HEADINGS, frame, **options)
    return openpyxl.load_workbook(content)


def test_a_frame_is_read_back() -> None:
    sheet = made(freeze_columns=2)["一"]
    assert list(sheet.values) == [tuple(heading.text for heading in HEADINGS), *CELLS]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:G4"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert sheet["C1"].comment.text == "what it means"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n", "d", "b"}
    assert sheet["C3"].hyperlink is None


def test_cells_are_as_those_of_frames() -> None:
    content = io.BytesIO()
    looks = [heading.look for heading in HEADINGS]
    with new_book(content) as book:
        sheet = book.table("一", HEADINGS)
        for row, values in enumerate(FRAME.iter_rows(), start=1):
            book.row(sheet, row, values, looks)
        book.row(sheet, 4, [date(2025, 3, 1), Decimal("0.10")], ["day", "money"])
    read = openpyxl.load_workbook(content)["一"]
    assert list(read.values)[1:4] == CELLS
    assert [cell.value for cell in read[5]][:2] == [datetime(2025, 3, 1), 0.1]


def test_what_is_nothing_is_shown_if_asked_for() -> None:
    assert list(made(nothing="–")["一"].values)[3] == ("–", "–", "x", "–", "–", "–", "–")
    assert list(made(FRAME.clear())["一"].values) == [tuple(heading.text for heading in HEADINGS)]


@pytest.mark.parametrize(
    ("look", "value", "shown"),
    [
        ("money", Decimal("-123456789012.34"), "-123,456,789,012.34"),
        ("count", 1_234_567, "1,234,567"),
        ("plain", 2025, "2025"),
        ("number", Decimal("1234567.5"), "1,234,567.50"),
        ("exact", Decimal("0.12345678"), "0.12345678"),
        ("weight", 1234.5, "1,234.5000"),
        ("fine_share", 0.5, "50.000000%"),
        ("day", datetime(2025, 1, 1), "2025-01-01"),
        (f"money{TOTAL}", 1e9, "1,000,000,000.00"),
        (f"money{OPEN}{GREY}", 1e9, "1,000,000,000.00"),
    ],
)
def test_columns_are_wide_enough_for_their_numbers(look: str, value: Any, shown: str) -> None:
    """Otherwise a spreadsheet shows ####."""

    def by_cell(book: Book, sheet: Any) -> None:
        book.cell(sheet, 0, 0, value, look)

    def by_rows(book: Book, sheet: Any) -> None:
        book.rows(sheet, 0, pl.DataFrame({"a": [value]}), [look])

    def by_formula(book: Book, sheet: Any) -> None:
        book.formula(sheet, 0, 0, "1", value, look)

    for write in (by_cell, by_rows, *([] if look == "day" else [by_formula])):
        content = io.BytesIO()
        with new_book(content) as book:
            write(book, book.sheet("a", (3,)))
        width = openpyxl.load_workbook(content)["a"].column_dimensions["A"].width
        assert len(shown) < width <= len(shown) + 4


def test_a_column_is_as_wide_as_its_text() -> None:
    widths = {}
    for text in ("ab", "病组名称" * 5, "x" * 500):
        frame = pl.DataFrame({"a": [None, text]})
        content = io.BytesIO()
        with new_book(content) as book:
            book.frame("a", [Heading("a", width=None)], frame)
        widths[text[:2]] = openpyxl.load_workbook(content)["a"].column_dimensions["A"].width
    assert widths["ab"] < 10 < 40 < widths["病组"] < 50 < widths["xx"] < 65


def test_no_number_ends_in_a_lone_point() -> None:
    """0.### shows 1 as ``1.``."""
    content = io.BytesIO()
    with new_book(content) as book:
        sheet = book.sheet("a", ())
        for row, look in enumerate(book.looks):
            book.cell(sheet, row, 0, 1, look)
    formats = {cell.number_format for (cell,) in openpyxl.load_workbook(content)["a"].iter_rows()}
    assert len(formats) > 5
    assert not [form for form in formats if ".#" in form]


def test_the_same_bytes_and_the_time_given(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with new_book(tmp_path / name, datetime(2025, 2, 5, 9, 30), title="结算") as book:
            book.frame("a", HEADINGS, FRAME)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    read = openpyxl.load_workbook(io.BytesIO((tmp_path / "a").read_bytes())).properties
    assert (read.created, read.title) == (datetime(2025, 2, 5, 9, 30), "结算")
    assert made().properties.created == NO_TIME


def test_what_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, other = tmp_path / "a.xlsx", tmp_path / "scratch"
    file.write_bytes(b"precious")
    other.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(other))

    def write(problem: Exception | None = None, **options: Any) -> None:
        with new_book(file, **options) as book:
            book.frame("a", HEADINGS, FRAME)
            if problem is not None:
                raise problem

    with pytest.raises(OutputError, match="this is the input"):
        write(sources=[file])
    with pytest.raises(ValueError, match="soon"):
        write(ValueError("soon"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for put in ("write", "writestr"):
        monkeypatch.setattr(f"zipfile.ZipFile.{put}", full)
    with pytest.raises(OutputError, match="No space left"):
        write()
    assert file.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [file, other]
    assert list(other.iterdir()) == []
