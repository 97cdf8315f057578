"""Files whose shape is not that of a plain table: read rightly, or left out and listed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.errors import InputError
from drg.records.reading import read
from drg.records.row_kinds import kind_of_row
from tests.profiles import quick_first
from tests.records.broken_files import (
    CASES,
    EXTRA,
    FORMS,
    HEADER,
    LABELS,
    PRINTED,
    TITLE,
    TOTAL,
    Rows,
    text,
    write_text,
    write_workbook,
)

CLEAN = [HEADER, *CASES]


def ids(file: Path | list[Path], **options: object) -> list[str]:
    return read(file, **options).frame()["case_id"].to_list()  # type: ignore[arg-type]


def rules(file: Path, **options: object) -> list[tuple[int | None, str]]:
    remarks = read(file, **options).remarks  # type: ignore[arg-type]
    return remarks.sort("row").select("row", "rule").rows()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    file = write_text(tmp_path_factory.mktemp("clean") / "clean.csv", text(CLEAN))
    frame = read(file).frame()
    assert frame.height == len(CASES)
    assert frame["principal_diagnosis"].to_list() == [case[5] for case in CASES]
    return frame


ABOVE: dict[str, Rows] = {
    "title": [TITLE],
    "title and blank row": [TITLE, ()],
    "title as wide as the table": [TITLE + ("",) * (len(HEADER) - 1)],
    "two titles": [("某医院", "", ""), ("2024年3月", "", "", "单位：元")],
    "printed": [PRINTED, ("", "")],
    "seven rows": [TITLE, (), ("统计范围：全院",), (), PRINTED, ("单位：元",), ()],
}


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_stands_above_the_header(tmp_path: Path, clean: pl.DataFrame, above: Rows, kind: str) -> None:
    rows = [*above, *CLEAN]
    if kind == "csv":
        file = write_text(tmp_path / "f.csv", text(rows))
    else:
        file = write_workbook(tmp_path / "f.xlsx", {"Sheet1": rows})
    found = read(file)
    assert found.frame().equals(clean)
    assert found.tables[0].header_row == len(above) + 1
    assert found.remarks.is_empty()
    # Row numbers are those that a spreadsheet shows.
    assert found.rows.collect().to_series(0).to_list()[0] == len(above) + 2


@pytest.mark.parametrize(
    "below", [[LABELS], [FORMS], [LABELS, FORMS], [FORMS, LABELS]], ids=["codes", "forms", "both", "turned"]
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_of_labels(tmp_path: Path, clean: pl.DataFrame, below: Rows, kind: str) -> None:
    rows = [HEADER, *below, *CASES]
    if kind == "csv":
        file = write_text(tmp_path / "f.csv", text(rows))
    else:
        file = write_workbook(tmp_path / "f.xlsx", {"Sheet1": rows})
    assert read(file).frame().equals(clean)


TWO_ROWS = {
    "merged": (
        (*("病案号", "患者姓名", "性别", "年龄"), *("住院", "诊断", "", "手术", "费用")),
        (
            *("", "", "", "", "实际住院天数"),
            *("出院主要诊断编码", "出院其他诊断编码1", "主要手术操作编码", "住院总费用"),
        ),
    ),
    "joined": (
        (
            *("病案号", "患者姓名", "性别", "年龄", "实际住院天数"),
            *("出院主要诊断", "出院其他诊断", "主要手术", "住院"),
        ),
        ("", "", "", "", "", "编码", "编码1", "操作编码", "总费用"),
    ),
}


@pytest.mark.parametrize("header", TWO_ROWS.values(), ids=TWO_ROWS)
@pytest.mark.parametrize("above", [[], [TITLE]], ids=["plain", "below a title"])
def test_headers_of_two_rows(tmp_path: Path, clean: pl.DataFrame, header: Rows, above: Rows) -> None:
    file = write_workbook(tmp_path / "f.xlsx", {"Sheet1": [*above, *header, *CASES]})
    assert read(file).frame().equals(clean)


def test_the_row_of_the_header_can_be_given(tmp_path: Path, clean: pl.DataFrame) -> None:
    old = ("病案号", "患者姓名", "性别", "年龄", "实际住院天数", "出院主要诊断编码", "x", "y", "z")
    file = write_text(tmp_path / "f.csv", text([old, *CLEAN]))
    assert read(file, header_row=2).frame().equals(clean)
    for row in (0, 99):
        with pytest.raises(InputError, match=f"row {row} cannot be the header"):
            read(file, header_row=row)


@pytest.mark.parametrize("name", EXTRA)
@pytest.mark.parametrize("place", quick_first([3, 0, len(CASES)]))
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_that_are_no_cases(
    tmp_path: Path, clean: pl.DataFrame, name: str, place: int, kind: str
) -> None:
    row, rule = EXTRA[name]
    rows = [HEADER, *CASES[:place], row, *CASES[place:]]
    if kind == "csv":
        file = write_text(tmp_path / "f.csv", text(rows))
    else:
        file = write_workbook(tmp_path / "f.xlsx", {"Sheet1": rows})
    assert read(file).frame().equals(clean)
    if name == "blank" and kind == "xlsx" and place == len(CASES):
        return  # the sheet ends before it
    if name == "header" and place == 0:
        return  # it is a row of labels then
    assert rules(file) == [(place + 2, rule)]


@pytest.mark.parametrize(
    "cells",
    [
        ("A0001", "合计", "1", "45", "5", "K80.101"),
        ("总医院", "甲", "1", "45"),
        ("A0001", "甲", "1", "45", "5"),
        ("复旦大学附属医院", "甲", "1", "45", "5"),
        ("1", "共和", "1", "45"),
        ("制药厂", "2", "3", "4", "5", "6", "7"),
    ],
)
def test_cases_are_kept(cells: tuple[str, ...]) -> None:
    assert kind_of_row(cells, HEADER) is None


ENDS = ["\n", "\r\n", "\r"]
# Every two of them together.
KINDS_OF_TEXT = [
    (ENDS[(one + two) % len(ENDS)], delimiter, encoding, (one + two) % 2 == 0)
    for one, delimiter in enumerate([",", "\t", ";", "|"])
    for two, encoding in enumerate(["utf-8", "utf-8-sig", "gb18030", "utf-16"])
]


@pytest.mark.parametrize(("end", "delimiter", "encoding", "quote_all"), KINDS_OF_TEXT)
def test_text_files(
    tmp_path: Path, clean: pl.DataFrame, end: str, delimiter: str, encoding: str, quote_all: bool
) -> None:
    content = text([TITLE, *CLEAN], delimiter, end, quote_all=quote_all)
    assert read(write_text(tmp_path / "f.csv", content, encoding)).frame().equals(clean)


@pytest.mark.parametrize("delimiter", [";", ",", "|", "\t"])
def test_a_line_that_names_the_delimiter(tmp_path: Path, clean: pl.DataFrame, delimiter: str) -> None:
    content = f"sep={delimiter}\n" + text(CLEAN, delimiter)
    assert read(write_text(tmp_path / "f.csv", content)).frame().equals(clean)


def test_lines_of_two_encodings(tmp_path: Path, clean: pl.DataFrame) -> None:
    file = tmp_path / "f.csv"
    head, tail = text(CLEAN[:4]), text(CLEAN[4:])
    for first, second in (("utf-8", "gb18030"), ("gb18030", "utf-8")):
        file.write_bytes(head.encode(first) + tail.encode(second))
        assert read(file).frame().equals(clean), first
    file.write_bytes(head.encode() + tail.encode("gb18030"))
    assert rules(file) == [(row, "other-encoding") for row in range(5, 9)]
    file.write_bytes(head.encode() + b"A0009,\xff\xff,1,45,5,K80.101,,,1\n")
    assert rules(file) == [(5, "no-encoding")]


def test_cells_with_line_feeds_and_quotation_marks(tmp_path: Path, clean: pl.DataFrame) -> None:
    rows = [list(row) for row in CLEAN]
    rows[2][1], rows[3][1], rows[4][1], rows[5][1] = "乙\n丙", "甲,乙", '5"', '"x'
    found = read(write_text(tmp_path / "f.csv", text(rows)))
    assert found.frame().equals(clean)
    assert found.source.collect()["患者姓名"].to_list()[1:5] == ["乙\n丙", "甲,乙", '5"', '"x']
    assert found.remarks.is_empty()


@pytest.mark.parametrize(
    "name", ['5"', '乙5"规格', '"乙', '乙"', '"乙"丙'], ids=["behind", "within", "first", "last", "both"]
)
def test_stray_quotation_marks(tmp_path: Path, clean: pl.DataFrame, name: str) -> None:
    content = text(CLEAN).replace("乙", name)
    assert read(write_text(tmp_path / "f.csv", content)).frame().equals(clean)


def test_a_broken_record_is_left_out_and_named(tmp_path: Path, clean: pl.DataFrame) -> None:
    for parts in (["乙", "子"], ["乙", "", "子"], ["乙", "丑", "子"]):
        content = text(CLEAN).replace("乙", "\n".join(parts))
        file = write_text(tmp_path / "f.csv", content)
        assert read(file).frame().equals(clean.filter(pl.col("case_id") != "A0002"))
        assert rules(file) == [(row, "row-broken") for row in range(3, 3 + len(parts))]


@pytest.mark.parametrize("cells", [2, 4, 8])
def test_a_file_that_is_cut_off(tmp_path: Path, clean: pl.DataFrame, cells: int) -> None:
    content = text([*CLEAN, ("A0008", "辛", "1", "45", "5", "K80.1", "I50.9", "51.2")[:cells]])
    file = write_text(tmp_path / "f.csv", content.rstrip("\n"))
    assert read(file).frame().equals(clean)
    assert rules(file) == [(len(CLEAN) + 1, "file-cut")]


def test_short_and_long_rows(tmp_path: Path, clean: pl.DataFrame) -> None:
    short = [*CLEAN[:3], CLEAN[3][:6], *CLEAN[4:]]
    file = write_text(tmp_path / "short.csv", text(short))
    assert ids(file) == clean["case_id"].to_list()
    assert rules(file) == [(4, "row-short")]
    trailing = [*CLEAN[:3], [*CLEAN[3], "", " "], *CLEAN[4:]]
    file = write_text(tmp_path / "trailing.csv", text(trailing))
    assert read(file).frame().equals(clean)
    assert rules(file) == []
    comma = text(CLEAN).replace("丙", "丙,丁丁")
    file = write_text(tmp_path / "long.csv", comma)
    assert read(file).frame().equals(clean.filter(pl.col("case_id") != "A0003"))
    assert rules(file) == [(4, "row-long")]
    everywhere = [HEADER, *([*case, "x"] for case in CASES * 4)]
    with pytest.raises(InputError, match=r"row 2.*the row has 10 cells, but the header has 9"):
        read(write_text(tmp_path / "wide.csv", text(everywhere)))


@pytest.mark.parametrize("said", ["共 7 例", "合计 共7条", "共7人"])
def test_the_number_of_rows_that_a_file_says(tmp_path: Path, clean: pl.DataFrame, said: str) -> None:
    file = write_text(tmp_path / "f.csv", text([*CLEAN, (said,)]))
    assert read(file).frame().equals(clean)
    assert rules(file) == [(9, "row-total")]
    file = write_text(tmp_path / "f.csv", text([*CLEAN[:5], (said,)]))
    assert rules(file) == [(6, "row-total"), (6, "count-differs")]


def test_sheets_of_one_kind(tmp_path: Path, clean: pl.DataFrame) -> None:
    sheets: dict[str, Rows] = {
        "1月": CLEAN[:4],
        "说明": [("字段", "含义"), ("病案号", "住院号")],
        "2月": [TITLE, HEADER, *CASES[3:]],
        "汇总": [("科室", "例数"), ("外科", "7")],
        "旧": CLEAN,
        "空": [],
    }
    file = write_workbook(tmp_path / "f.xlsx", sheets, hidden=["旧"])
    found = read(file)
    assert found.frame().equals(clean)
    assert [table.sheet for table in found.tables] == ["1月", "2月"]
    notes = found.remarks.filter(pl.col("rule") == "sheet-not-read")
    assert notes["value"].to_list() == ["说明", "汇总", "旧"]
    assert ids(file, sheet="2月") == ids(file, sheet="3") == clean["case_id"].to_list()[3:]
    assert ids(file, sheet="旧") == clean["case_id"].to_list()


def test_sheets_with_the_same_rows_are_refused(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "f.xlsx", {"原始": CLEAN, "处理后": CLEAN[:6]})
    with pytest.raises(InputError, match=r"sheets 原始 and 处理后 have 5 rows in common.*--sheet"):
        read(file)


def test_a_later_file_that_lacks_a_column(tmp_path: Path) -> None:
    write_text(tmp_path / "1.csv", text(CLEAN[:3]))
    write_text(tmp_path / "2.csv", text([[*row[:6], *row[7:]] for row in [HEADER, *CASES[2:]]]))
    found = read(tmp_path)
    notes = found.remarks.select("file", "rule", "field").rows()
    assert notes == [(str(tmp_path / "2.csv"), "column-missing", "other_diagnoses")]


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, str]:
    """A text file of the clean cases, and its encoding."""
    rows: list[list[str]] = [list(row) for row in CASES]
    for row in rows:
        row[1] = draw(st.sampled_from(["", "甲", "甲,乙", '5"', "a\nb", "x\ry", "  "]))
    for _ in range(draw(st.integers(0, 4))):
        extra, _ = EXTRA[draw(st.sampled_from(sorted(EXTRA)))]
        rows.insert(draw(st.integers(0, len(rows))), list(extra))
    for _ in range(draw(st.integers(0, 2))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        if draw(st.booleans()):
            row += draw(st.sampled_from([[""], ["x"], ["", "x"]]))
        else:
            del row[draw(st.integers(1, len(row))) :]
    above = draw(st.sampled_from(list(ABOVE.values())))
    delimiter = draw(st.sampled_from([",", "\t", ";"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    content = text([*above, HEADER, *rows], delimiter, end, quote_all=draw(st.booleans()))
    if draw(st.booleans()):
        content = content[: -draw(st.integers(1, 40))]
    if draw(st.booleans()):
        at = draw(st.integers(len(content) // 2, len(content) - 1))
        content = content[:at] + draw(st.sampled_from(['"', end, delimiter, ""])) + content[at + 1 :]
    return content, draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))


@given(made=broken())
def test_no_case_is_lost_or_changed_in_silence(
    made: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, clean: pl.DataFrame
) -> None:
    file = write_text(tmp_path_factory.mktemp("broken") / "f.csv", *made)
    try:
        found = read(file)
    except InputError:
        return
    frame = found.frame()
    said = found.findings()
    errors = said.filter(pl.col("severity") != "notice")
    same = frame.filter(pl.col("case_id").is_not_null()).join(
        clean, on=clean.columns, how="semi", nulls_equal=True
    )
    if same.height < clean.height and errors.is_empty():
        # The one character that was changed made another value of the same kind, which nobody can know.
        assert frame.height >= clean.height - 1
        assert same.height >= clean.height - 1


def test_totals_do_not_hide_in_the_middle(tmp_path: Path) -> None:
    rows = [HEADER, *(row for case in CASES for row in (case, TOTAL))]
    file = write_workbook(tmp_path / "f.xlsx", {"Sheet1": rows})
    assert len(ids(file)) == len(CASES)
    assert {rule for _, rule in rules(file)} == {"row-total"}
    assert read(file).remarks.height == len(CASES)
