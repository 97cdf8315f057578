"""Whatever a frame holds, a workbook gives back, or is refused."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isclose
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drg.errors import OutputError
from drg.records.files import write
from drg.records.scanning import scan
from drg.records.workbook import Heading, new_book, write_frame

MOVES = "<r></r></si><si><t>x</t></si><si><r></r>"
ODD_TEXTS = [
    *(MOVES, "<r>a</r>", "<r></r>", "<r>a", "a</r>", "_x0041_", "_x000d_", "&amp;<b>]]>"),
    *(
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "{=1}",
        "https://example.org",
        "'a",
        " a ",
        "\na\t",
        "a\rb\r\n",
        "\x00\x0b",
    ),
    *(
        "000123",
        "330106198001011234",
        "1e5",
        "TRUE",
        "#N/A",
        "2025-03-01",
        "😀" * 3,
        "　全角　",
        "\x85",
        "x" * 32_767,
    ),
]


def book(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    write_frame(frame, content, Path("a.xlsx"))
    return content.getvalue()


def by_fastexcel(content: bytes) -> list[tuple[str | None, ...]]:
    sheet = fastexcel.read_excel(content).load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
    return sheet.to_polars().rows()


def by_openpyxl(content: bytes) -> list[tuple[Any, ...]]:
    """The cells; openpyxl leaves it to its user to undo the escapes of control characters."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n", "d", "b"}

    def plain(cell: Any) -> Any:
        if not isinstance(cell, str):
            return cell
        return re.sub("_x([0-9A-F]{4})_", lambda escape: chr(int(escape[1], 16)), cell)

    return [tuple(map(plain, row)) for row in sheet.iter_rows(values_only=True)]


TEXTS = st.one_of(
    st.sampled_from(ODD_TEXTS), st.text(max_size=20), st.from_regex(r"<r>.*</r>", fullmatch=True)
)
INTEGERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(10**15 - 3, 10**15 + 3))
DECIMALS = {
    scale: st.decimals(-(10 ** (20)), 10**20, places=scale, allow_nan=False) for scale in (0, 2, 8, 15)
}
COLUMNS: list[st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]]] = [
    st.just((pl.String, TEXTS)),
    st.just((pl.Int64, INTEGERS)),
    st.just((pl.UInt64, st.integers(0, 2**64 - 1))),
    *(st.just((pl.Decimal(38, scale), values)) for scale, values in DECIMALS.items()),
    st.just((pl.Float64, st.floats())),
    st.just((pl.Boolean, st.booleans())),
    st.just((pl.Date, st.dates())),
    st.just((pl.Datetime("us"), st.datetimes())),
    st.just((pl.Datetime("us"), st.datetimes().map(lambda when: when.replace(microsecond=0)))),
    st.just((pl.Time, st.times())),
]


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    """Up to four rows of up to four columns, their heads as odd as their cells."""
    height = draw(st.integers(0, 4))
    heads = draw(st.lists(TEXTS.filter(lambda text: len(text) < 100 and text), max_size=4, unique=True))
    columns = []
    for head in heads:
        dtype, values = draw(st.one_of(COLUMNS))
        cells = draw(st.lists(st.none() | values, min_size=height, max_size=height))
        columns.append(pl.Series(head, cells, dtype=dtype, strict=True))
    return pl.DataFrame(columns)


def same(value: Any, read: Any) -> bool:
    """Whether what is read, as text or with a type, is the value."""
    if value is None or value == "":
        return read in (None, "")
    if isinstance(value, str):
        return bool(read == re.sub("[\ufffe\uffff]", "\ufffd", value))
    if isinstance(value, bool):
        return str(read).lower() == str(value).lower()
    if isinstance(value, float):
        return isclose(float(read), value, rel_tol=1e-15) or (value != value and read == "NaN")
    if isinstance(value, int | Decimal):
        return Decimal(str(read)) == value
    if isinstance(value, time):
        return time.fromisoformat(read) == value
    when = read if isinstance(read, datetime) else datetime.fromisoformat(read)
    return when == (value if isinstance(value, datetime) else datetime(value.year, value.month, value.day))


def readable(frame: pl.DataFrame) -> bool:
    """Whether no text is such that a workbook refuses it."""
    texts = [*frame.columns, *(cell for row in frame.rows() for cell in row if isinstance(cell, str))]
    return not any(
        text.startswith("<r>")
        and text.endswith("</r>")
        and re.search("[\x00-\x08\x0b-\x1f]|_x[0-9a-fA-F]{4}_", text)
        for text in texts
    )


@given(frames())
@example(pl.DataFrame({"DRG": ["a"], "drg": ["b"], "Drg ": ["c"]}))
@example(pl.DataFrame({"id": [MOVES, "0002", "0003"], "other": ["a", "b", "c"]}))
@example(pl.DataFrame({"a": ["\ufffe", "<r>\uffff</r>"]}))
def test_what_is_written_is_read_back(frame: pl.DataFrame) -> None:
    if not frame.width:
        return
    if not readable(frame):
        with pytest.raises(OutputError, match="no workbook can keep"):
            book(frame)
        return
    content = book(frame)
    # As text fastexcel shows nine decimals, so numbers are read by openpyxl; it leaves empty rows at the end.
    for read, of_numbers in ((by_fastexcel(content), False), (by_openpyxl(content), True)):
        head, *rows = read
        assert all(same(*pair) for pair in zip(frame.columns, head, strict=True)), head
        assert len(rows) <= frame.height
        rows += [(None,) * frame.width] * (frame.height - len(rows))
        for written, cells in zip(frame.rows(), rows, strict=True):
            for value, cell in zip(written, cells, strict=True):
                if of_numbers or not isinstance(value, float | Decimal):
                    assert same(value, cell), (value, cell)


def test_text_that_would_be_changed_is_refused(tmp_path: Path) -> None:
    for text in ("<r>_x0041_</r>", "<r>\x01</r>"):
        with pytest.raises(OutputError, match="no workbook can keep the text of column 1"):
            write(pl.LazyFrame({"a": [text]}), tmp_path / "a.xlsx", sources=())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_odd_texts_stay_in_their_cell(tmp_path: Path, text: str) -> None:
    frame = pl.DataFrame({"case_id": ["0001", text, "0003"], "other": ["a", "b", "c"]})
    write(frame.lazy(), tmp_path / "a.xlsx", sources=())
    assert by_fastexcel((tmp_path / "a.xlsx").read_bytes())[1:] == frame.rows()
    assert by_openpyxl((tmp_path / "a.xlsx").read_bytes())[1:] == frame.rows()
    assert scan(tmp_path / "a.xlsx").collect().to_series(0).to_list() == frame["case_id"].to_list()


def test_heads_that_differ_in_case_are_two_columns(tmp_path: Path) -> None:
    frame = pl.DataFrame({"DRG": ["own"], "drg": ["ours"]})
    write(frame.lazy(), tmp_path / "a.xlsx", sources=())
    assert scan(tmp_path / "a.xlsx").collect().equals(frame)


def test_long_numbers_are_text_and_said() -> None:
    frame = pl.DataFrame(
        {
            "id": [330106198001011234, 1],
            "short": [999_999_999_999_999, -1],
            "exact": pl.Series(["12345678.123456789", "1"]).cast(pl.Decimal(38, 9)),
            "money": pl.Series(["1234567890123.45", "1"]).cast(pl.Decimal(38, 2)),
            "fine": [datetime(2025, 3, 1, 0, 0, 0, 1), None],
            "early": [date(1900, 2, 28), date(2025, 1, 1)],
            "zone": pl.Series([datetime(2025, 3, 1)] * 2).dt.replace_time_zone("Asia/Shanghai"),
            "odd": ["\uffff", "a"],
            "long": [timedelta(days=1), None],
            "kind": pl.Series(["a", "b"], dtype=pl.Categorical),
            "nothing": [None, None],
        }
    )
    content = book(frame)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    said = {cell.value: cell.comment.text for cell in sheet[1] if cell.comment}
    assert set(said) == {"id", "exact", "fine", "early", "zone", "odd", "long"}
    assert "15" in said["id"]
    assert [cell.value for cell in sheet[2]] == [
        *("330106198001011234", 999_999_999_999_999, "12345678.123456789", 1234567890123.45),
        *(
            "2025-03-01 00:00:00.000001",
            "1900-02-28",
            "2025-03-01 00:00:00.000000+08:00",
            "\ufffd",
            "P1D",
            "a",
            None,
        ),
    ]


def test_numbers_that_are_none_are_named() -> None:
    content = book(pl.DataFrame({"a": [1.5, float("nan"), float("inf")]}))
    assert by_openpyxl(content)[1:] == [(1.5,), ("NaN",), ("inf",)]


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (
            pl.Series("name", ["a", "x" * 32_768]),
            r"xlsx, row 3, column name: the text has 32,768",
        ),
        (pl.Series("name", ["a", "😀" * 16_384]), r"row 3, column name: the text has 32,768 characters"),
        (pl.Series("codes", [[1]]), r"column codes: no cell of a sheet holds values of type List"),
        (pl.Series("raw", [b"a"]), r"column raw: no cell of a sheet holds values of type Binary"),
    ],
)
def test_what_no_cell_holds_is_refused(tmp_path: Path, column: pl.Series, problem: str) -> None:
    with pytest.raises(OutputError, match=problem):
        write(column.to_frame().lazy(), tmp_path / "a.xlsx", sources=())
    assert list(tmp_path.iterdir()) == []


def test_a_head_that_is_too_long_is_refused() -> None:
    with pytest.raises(OutputError, match="row 1"):
        book(pl.DataFrame({"x" * 40_000: [1]}))


def test_too_many_rows_or_columns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="more than the 16,384 columns"):
        book(pl.DataFrame({str(number): [1] for number in range(16_385)}))
    monkeypatch.setattr("drg.records.spreadsheet.MOST_ROWS", 4)
    book(pl.DataFrame({"a": [1, 2, 3]}))
    with pytest.raises(OutputError, match="more than the 3 rows"):
        book(pl.DataFrame({"a": [1, 2, 3, 4]}))


def test_sheets_have_names_that_a_spreadsheet_takes() -> None:
    names = ["a/b:c*[d]?\\", "Ab", "aB", "AB", "'a'", "", "history", "长" * 40, "长" * 40]
    content = io.BytesIO()
    with new_book(content) as made:
        for name in names:
            made.frame(name, [Heading("a")], pl.DataFrame({"a": [name]}))
    assert openpyxl.load_workbook(content).sheetnames == [
        *(
            "a_b_c__d___",
            "Ab",
            "aB (2)",
            "AB (3)",
            "a",
            "Sheet",
            "history (2)",
            "长" * 31,
            "长" * 27 + " (2)",
        ),
    ]
