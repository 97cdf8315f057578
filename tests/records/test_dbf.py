"""Files of dBASE and FoxPro: the same discharges as from text, or one message that says what is wrong."""

from __future__ import annotations

import csv
import struct
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from drg import guess_layout
from drg.cli.main import cli
from drg.errors import InputError
from drg.records import dbf as reader
from drg.records.dbf import DbfFile
from drg.records.notes import NO_ENCODING, ROW
from drg.records.reading import read
from drg.records.row_kinds import ROW_BLANK, ROW_DELETED, ROW_TOTAL
from drg.records.source_tables import Dialect, dbf_table
from tests.profiles import tries
from tests.records.dbf_files import (
    CASES,
    DBASE_WITH_MEMO,
    FIELDS,
    VISUAL_FOXPRO,
    Field,
    dbf,
    memo_file,
    write_dbf,
)

NAMES = tuple(field.name for field in FIELDS)


def as_csv(file: Path) -> Path:
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([NAMES, *CASES])
    return file


def cells(content: bytes, file: Path, column: int = 0) -> list[str | None]:
    opened = DbfFile(write_dbf(file, content))
    return opened.lazy(opened.names, ROW).collect()[opened.names[column]].to_list()


def test_the_cases_are_those_of_text(tmp_path: Path) -> None:
    found = read(write_dbf(tmp_path / "N041.DBF"))
    assert found.layout.id == "n041"
    assert found.frame().equals(read(as_csv(tmp_path / "n041.csv")).frame())
    assert found.source.collect()["XM"].to_list() == ["甲", "乙乙乙乙乙"]


@pytest.mark.parametrize(
    ("encoding", "code_page"),
    [
        ("gbk", 0),
        ("gbk", 0x7A),
        ("gbk", 0x03),
        ("gbk", 0x4D),
        ("gb18030", 0xFF),
        ("utf-8", 0),
        ("utf-8", 0x7A),
    ],
)
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str, code_page: int) -> None:
    rows = [("男", "阑尾炎"), ("女", "㐂")]
    if encoding == "gbk":
        rows[1] = ("女", "胆囊炎")
    fields = (Field("性别", "C", 4), Field("诊断", "C", 20))
    content = dbf(rows, fields, encoding=encoding, code_page=code_page)
    opened = DbfFile(write_dbf(tmp_path / "a.dbf", content))
    assert opened.names == ["性别", "诊断"]
    assert opened.lazy(opened.names, ROW).collect().rows() == [(2, *rows[0]), (3, *rows[1])]


def test_a_lone_woman_is_no_utf_8(tmp_path: Path) -> None:
    """女 in GBK is a letter of UTF-8."""
    assert cells(dbf([("女",)], [Field("XB", "C", 2)]), tmp_path / "a.dbf") == ["女"]


def test_other_code_pages(tmp_path: Path) -> None:
    content = dbf([("壽",)], [Field("A", "C", 4)], encoding="big5", code_page=0x78)
    assert cells(content, tmp_path / "a.dbf") == ["壽"]
    assert DbfFile(write_dbf(tmp_path / "b.dbf", content), "big5").lazy(["A"], ROW).collect()["A"][0] == "壽"


def test_a_text_that_ends_within_a_character_loses_only_that(tmp_path: Path) -> None:
    assert cells(dbf([("甲乙丙",)], [Field("A", "C", 5)]), tmp_path / "a.dbf") == ["甲乙"]


def test_characters_of_no_encoding_are_found(tmp_path: Path) -> None:
    rows: list[tuple[str | bytes, ...]] = [CASES[0], (b"\xff\xff9", *CASES[1][1:])]
    found = read(write_dbf(tmp_path / "a.dbf", dbf(rows)))
    assert found.remarks.filter(rule=NO_ENCODING)["row"].to_list() == [3]


def test_deleted_and_blank_records_and_totals_are_left_out_and_counted(tmp_path: Path) -> None:
    total = ("合计", *[""] * (len(FIELDS) - 1))
    rows = [CASES[0], CASES[1], CASES[0], [""] * len(FIELDS), CASES[1], total]
    found = read(write_dbf(tmp_path / "a.dbf", dbf(rows, deleted=[1, 2])))
    assert found.frame()["case_id"].to_list() == ["0001-1", "0002-1"]
    assert found.rows.collect()[ROW].to_list() == [2, 6]
    assert found.tables[0].shape.left_out_by_rule == {ROW_BLANK: 1, ROW_DELETED: 2, ROW_TOTAL: 1}
    deleted = found.remarks.filter(rule=ROW_DELETED)
    assert deleted.select("row", "value", "severity").rows() == [(3, "3–4", "notice")]


def test_numbers_dates_and_truth_values_are_exact(tmp_path: Path) -> None:
    fields = (Field("N", "N", 20), Field("F", "F", 20), Field("D", "D", 8), Field("L", "L", 1))
    rows = [
        ("12345678901234567.8", "0.10", "20240229", "T"),
        ("", "", "", "?"),
        ("-.50", "1E3", "00000000", "n"),
        ("*" * 20, "007", "20249999", "Y"),
    ]
    opened = DbfFile(write_dbf(tmp_path / "a.dbf", dbf(rows, fields)))
    assert opened.lazy(opened.names, ROW).collect().drop(ROW).rows() == [
        rows[0],
        (None,) * 4,
        ("-.50", "1E3", None, "n"),
        rows[3],
    ]


def test_a_number_too_wide_for_its_field_is_a_finding(tmp_path: Path) -> None:
    rows = [[*CASES[0][:-2], "*" * 12, "T"]]
    found = read(write_dbf(tmp_path / "a.dbf", dbf(rows)))
    assert "total-cost-yuan-malformed" in found.findings()["rule"]


def test_binary_fields_of_visual_foxpro(tmp_path: Path) -> None:
    fields = (
        Field("I", "I", 4),
        Field("B", "B", 8),
        Field("Y", "Y", 8),
        Field("T", "T", 8),
        Field("_N", "0", 1),
    )
    some = (
        *(struct.pack("<i", 256), struct.pack("<d", 1234.5), struct.pack("<q", -12_345_600)),
        *(struct.pack("<ii", 2_460_736, 37_200_000), b"\x00"),
    )
    none = (struct.pack("<i", 0), struct.pack("<d", 5.0), struct.pack("<q", 1), bytes(8), b"\x00")
    opened = DbfFile(write_dbf(tmp_path / "a.dbf", dbf([some, none], fields, version=VISUAL_FOXPRO)))
    assert opened.lazy(opened.names, ROW).collect().drop(ROW).rows() == [
        ("256", "1234.5", "-1234.5600", "2025-03-01 10:20:00"),
        ("0", "5", "0.0001", None),
    ]


def test_memos(tmp_path: Path) -> None:
    fields = (Field("A", "C", 2), Field("M", "M", 10))
    content = dbf([("x", "         1"), ("y", "")], fields, version=DBASE_WITH_MEMO)
    file = write_dbf(tmp_path / "a.dbf", content)
    with pytest.raises(InputError, match=r"a\.fpt"):
        DbfFile(file)
    (tmp_path / "A.DBT").write_bytes(memo_file("病理：慢性炎".encode("gbk")))
    assert cells(content, file, 1) == ["病理：慢性炎", None]


WHOLE = dbf([*CASES] * 5)
WIDTH = 1 + sum(field.length for field in FIELDS)


@pytest.mark.parametrize("gone", [2, WIDTH, WIDTH + 1, 3 * WIDTH + 20])
def test_a_file_that_is_cut_off_is_refused_with_its_rows(tmp_path: Path, gone: int) -> None:
    file = write_dbf(tmp_path / "cut.dbf", WHOLE[:-gone])
    there = 10 - -(-(gone - 1) // WIDTH)
    with pytest.raises(InputError, match=f"10 records, but the file holds {there}") as refused:
        read(file)
    assert refused.value.row == there + 2


def test_records_that_the_header_does_not_count_are_not_lost(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="3 records, but the file holds 10"):
        read(write_dbf(tmp_path / "a.dbf", dbf([*CASES] * 5, records=3)))
    assert len(read(write_dbf(tmp_path / "b.dbf", dbf(end=b"\x1a" + bytes(5000)))).frame()) == 2
    assert len(read(write_dbf(tmp_path / "c.dbf", dbf(end=b""))).frame()) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x03" * 20,
        b"BAH,JBDM\n1,K80.101\n" * 40,
        b"PK\x03\x04" + bytes(3000),
        WHOLE[:300],
        WHOLE[:10] + b"\x07\x00" + WHOLE[12:],
        WHOLE[:43] + b"?" + WHOLE[44:],
        WHOLE[:48] + b"\x00" + WHOLE[49:],
    ],
)
def test_a_damaged_header_is_one_clear_message(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="damaged"):
        read(write_dbf(tmp_path / "a.dbf", content))


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    start = len(WHOLE) - 1 - 4 * WIDTH
    with pytest.raises(InputError, match="no record here") as refused:
        read(write_dbf(tmp_path / "a.dbf", WHOLE[:start] + b"\x1a" + WHOLE[start + 1 :]))
    assert refused.value.row == 8


def test_batches_are_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*CASES] * 5
    file = write_dbf(tmp_path / "a.dbf", dbf(rows, deleted=[3, 9]))
    whole = read(file).frame()
    assert len(whole) == 8
    monkeypatch.setattr(reader, "_BATCH_BYTES", 3 * WIDTH)
    cases = read(file)
    assert cases.frame().equals(whole)
    assert cases.rows.head(4).collect()[ROW].to_list() == [2, 3, 4, 6]


@pytest.mark.parametrize("guessed", [False, True])
def test_older_names_are_known(tmp_path: Path, guessed: bool) -> None:
    called = {"BAH": "ZYH", "RYSJ": "RYRQ", "CYSJ": "CYRQ", "SJZYTS": "ZYTS"}
    fields = [field._replace(name=called.get(field.name, field.name)) for field in FIELDS]
    file = write_dbf(tmp_path / "older.dbf", dbf(fields=fields))
    layout = guess_layout(file) if guessed else None
    found, expected = read(file, layout=layout).frame(), read(as_csv(tmp_path / "n041.csv")).frame()
    # The number of a stay is not that of a patient.
    assert found.equals(expected.drop("patient_id"))


def test_commands_read_it(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    file = write_dbf(exports / "N041.DBF", dbf([*CASES] * 2, deleted=[3]))
    out = tmp_path / "out.csv"
    for command in (
        ["group", str(file), "-o", str(out), "-g", "chs-drg-2.0"],
        ["check", str(file)],
        ["layouts", "guess", str(file), "-o", str(tmp_path / "own.toml")],
        ["group", str(exports), "-o", str(tmp_path / "of.csv"), "-g", "demo"],
    ):
        done = CliRunner().invoke(cli, [*command, "--lang", "zh"])
        assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8-sig").count("HC23") == 2


def test_a_field_without_a_name(tmp_path: Path) -> None:
    content = bytearray(dbf(CASES))
    content[32] = 0
    table = dbf_table(write_dbf(tmp_path / "a.dbf", bytes(content)), Dialect())
    assert table.names[0] == ""
    assert table.frame.collect()[""].null_count() < len(CASES)


@tries(0.5)
@given(st.data())
def test_a_file_with_wrong_bytes_is_read_whole_or_refused(data: st.DataObject) -> None:
    content = bytearray(dbf([*CASES] * 5, deleted=[3]))
    header = 33 + 32 * len(FIELDS)
    places = st.one_of(st.integers(0, header - 1), st.integers(0, len(content) - 1))
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=5)):
        content[place] = byte
    with tempfile.TemporaryDirectory() as directory:
        try:
            table = dbf_table(write_dbf(Path(directory) / "a.dbf", bytes(content)), Dialect())
        except InputError:
            return
        rows = table.frame.collect().height
    assert rows + sum(table.shape.left_out_by_rule.values()) == 10
