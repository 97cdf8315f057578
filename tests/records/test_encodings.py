from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from drg.errors import InputError
from drg.records import encodings
from drg.records.scanning import scan
from drg.records.source_tables import Dialect
from tests.profiles import tries

HEADER = "编码,性别"
ROWS = "I50.900,男\nA01.000,女\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "f.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(file: Path, encoding: str, delimiter: str) -> None:
    file.write_text(f"{HEADER}\n{ROWS}".replace(",", delimiter), encoding=encoding)
    frame = scan(file).collect()
    assert frame.columns == ["编码", "性别"]
    assert frame.rows() == [("I50.900", "男"), ("A01.000", "女")]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_given_is_not_found_out(file: Path, encoding: str) -> None:
    file.write_text("a;b,c\n男;2,3\n", encoding=encoding)
    frame = scan(file, Dialect(encoding=encoding.upper(), delimiter=",")).collect()
    assert frame.rows() == [("男;2", "3")]


def test_compressed_text_of_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "f.csv.gz"
    file.write_bytes(gzip.compress(f"{HEADER}\n{ROWS}".encode("gb18030")))
    assert scan(file).collect()["性别"].to_list() == ["男", "女"]
    file.write_bytes(b"\x1f\x8bnonsense")
    with pytest.raises(InputError, match=r"f\.csv\.gz: cannot be read"):
        scan(file)


@pytest.mark.parametrize("in_memory", [0, 1 << 26])
def test_large_text_is_decoded_in_blocks(file: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    monkeypatch.setattr(encodings, "_LARGEST_IN_MEMORY", in_memory)
    monkeypatch.setattr(encodings, "_BLOCK", 7)
    rows = [(f"{number:05}", "汉字" * (number % 5)) for number in range(500)]
    file.write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows), encoding="gb18030")
    monkeypatch.setattr(encodings, "detect_encoding", lambda _: "gb18030")
    assert scan(file).collect().rows() == [(a, b or None) for a, b in rows]


def test_chinese_characters_that_come_late_decide(file: Path) -> None:
    text = "a,b\n" + "x,y\n" * 600_000 + "x,男\n"
    file.write_text(text, encoding="gb18030")
    assert encodings.detect_encoding(file) == "gb18030"
    file.write_text(text, encoding="utf-8")
    assert encodings.detect_encoding(file) == "utf-8"


@given(text=st.text("a,男女，Ａ\n１", min_size=1, max_size=200))
@tries(0.4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_utf_8_is_never_taken_for_something_else(tmp_path: Path, text: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(text, encoding="utf-8")
    assert encodings.detect_encoding(file) == "utf-8"


def test_what_cannot_be_decoded_is_told_with_its_row(file: Path) -> None:
    file.write_bytes("a,b\n1,男\n".encode("gb18030") + b"2,\xff\xff\n")
    with pytest.raises(InputError, match=r"row 3: the text is not GB18030 here.*--encoding"):
        scan(file, Dialect(encoding="gb18030"))
    with pytest.raises(InputError, match=r"row 3: the row is no entry of the table"):
        scan(file)
    file.write_bytes(b"a,b\n\xff\xff,2\n")
    with pytest.raises(InputError, match="neither UTF-8 nor GB 18030"):
        scan(file)
    file.write_bytes(b"a,b\n\x00\x01,2\n")
    with pytest.raises(InputError, match="zero bytes"):
        scan(file)


def test_text_that_turns_out_not_to_be_utf_8(file: Path) -> None:
    file.write_bytes(b"a,b\n1,\xc4\xd0\n")
    with pytest.raises(InputError, match=r"row 2: the text is not UTF-8 here.*gb18030"):
        scan(file, Dialect(encoding="utf-8"))


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        (Dialect(encoding="gb-99"), "no encoding 'gb-99'"),
        (Dialect(delimiter="ab"), "'ab' cannot stand between cells"),
        (Dialect(delimiter='"'), "cannot stand between cells"),
        (Dialect(delimiter="，"), "cannot stand between cells"),
    ],
)
def test_what_cannot_be_given(file: Path, dialect: Dialect, said: str) -> None:
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        scan(file, dialect)


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [("a,b;c,d", ","), ('"a,b,c";d', ";"), ("a\tb", "\t"), ("a", ","), ("", ","), ("a|b|c", "|")],
)
def test_delimiter(line: str, delimiter: str) -> None:
    assert encodings.detect_delimiter(line) == delimiter


def test_names_of_encodings() -> None:
    assert [encodings.known_encoding(name) for name in ("UTF8", "utf-8-sig", "GBK", "gb2312", "UTF-16")] == [
        "utf-8",
        "utf-8",
        "gb18030",
        "gb18030",
        "utf-16",
    ]


def test_rows_are_numbered_as_a_spreadsheet_does(file: Path) -> None:
    file.write_text("a\nx\ny\n", encoding="gb18030")
    assert scan(file, row="row").collect().rows() == [(2, "x"), (3, "y")]
    parquet = file.with_suffix(".parquet")
    pl.DataFrame({"a": ["x"]}).write_parquet(parquet)
    assert scan(parquet, row="row").collect().rows() == [(2, "x")]


def test_header_names_that_are_there_twice_and_not_at_all(file: Path) -> None:
    file.write_text("a,,a,\n1,2,3,4\n", encoding="gb18030")
    frame = scan(file).collect()
    assert len(set(frame.columns)) == 4
    assert frame.columns[0] == "a"
    assert frame.row(0) == ("1", "2", "3", "4")
