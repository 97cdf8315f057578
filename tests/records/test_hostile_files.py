"""Damaged and hostile files: the process never dies, no row is lost, and one message names the file."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

import drg
from drg.errors import DrgError, InputError, OutputError, RuleError
from drg.records import encodings, text_shape, toml_files, workbook_parts
from drg.records import input_limits as limits
from drg.records.columns_read import look_through
from drg.records.files import write
from drg.records.first_row import holds_values
from drg.records.layout_files import read_layout
from drg.records.reading import read
from drg.tables.language import parse
from drg.tables.manifest import parse_manifest
from tests.profiles import EXAMPLES, share
from tests.records.broken_files import CASES, HEADER, text, write_text, write_workbook
from tests.records.hostile_files import KINDS, clean_bytes, faults

CLEAN = [HEADER, *CASES]
# What a version asks for besides is no matter here.
_SOME_COLUMNS = pytest.mark.filterwarnings("ignore::drg.errors.MissingColumnWarning")


def refused(file: Path, problem: str) -> str:
    """The message on a file: it names the file, and no patient."""
    with pytest.raises(InputError, match=problem) as caught:
        look_through(read(file)).discharges.findings()
    message = str(caught.value)
    assert file.name in message
    assert "甲" not in message
    return message


@pytest.mark.random
def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, 0, KINDS, share(1)) == []


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_many_damaged_files_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    whole = 40 if kind == "csv" else 10
    assert settings.default is not None
    all_of_it = settings.default.max_examples >= EXAMPLES["thorough"]
    assert faults(tmp_path, 1, (kind,), share(whole if all_of_it else whole / 10)) == []


# -- Workbooks --------------------------------------------------------------------------------------


def edited(file: Path, old: str, new: str) -> Path:
    """A workbook with another text in its first sheet."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert old.encode() in parts[sheet]
    parts[sheet] = parts[sheet].replace(old.encode(), new.encode(), 1)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return write_workbook(tmp_path / "f.xlsx", {"Sheet1": CLEAN})


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="9"><c r="A1048576"><v>1</v></c><c r="XFD9"><v>1</v></c></row>',
        "<row><c s='1'  r = 'XFD1048576'><v>1</v></c></row>",
        '<row><x:c xmlns:x="y" r="XFD1048576"><v>1</v></x:c></row>',
        '<row r="9"><c r="DDDDD9"><v>1</v></c></row>',
        '<row r="3000000"><c r="A3000000"><v>1</v></c></row>',
        "<row r='1048570'/>" + f"<row>{'<c/>' * 20_000}</row>",
    ],
)
def test_cells_far_away_take_no_memory(workbook: Path, cells: str) -> None:
    message = refused(edited(workbook, "</sheetData>", cells + "</sheetData>"), "the sheet reaches to row")
    assert f"{limits.MOST_CELLS_OF_WORKBOOK:,} cells" in message


def test_a_workbook_does_not_unpack_to_any_size(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(workbook, "</sheetData>", " " * 3_000_000 + "</sheetData>")
    assert read(workbook).frame().height == len(CASES)
    monkeypatch.setattr(limits, "LONGEST_TEXT_BYTES", 2_000_000)
    refused(workbook, "unpacks to more than")
    monkeypatch.undo()
    monkeypatch.setattr(limits, "LARGEST_WORKBOOK_BYTES", 2_000_000)
    refused(workbook, "unpacks to more than")


def test_both_ways_to_look_at_cells_see_the_same(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(workbook) as archive:
        quick = workbook_parts.look_through(archive)
        monkeypatch.setattr(workbook_parts, "_reach", lambda *_: False)
        assert workbook_parts.look_through(archive) == quick
    assert (quick["Sheet1"].rows, quick["Sheet1"].columns) == (len(CLEAN), len(HEADER))


@_SOME_COLUMNS
@pytest.mark.parametrize("left", [0, 2])
def test_cells_without_a_value_are_findings(tmp_path: Path, left: int) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in CLEAN:
        sheet.append([None] * left + list(row))
    for place, value in {
        (2, 3): "#N/A",
        (3, 4): "=40+5",
        (4, 6): "#REF!",
        (8, 1): "=A2",
        (9, 1): "=A3",
    }.items():
        sheet.cell(place[0], place[1] + left, value)
    book.save(tmp_path / "f.xlsx")
    found = read(tmp_path / "f.xlsx")
    rules = ("cell-error", "formula-not-computed")
    findings = found.findings().filter(pl.col("rule").is_in(rules)).sort("row")
    assert findings.select("row", "rule", "column", "value").rows() == [
        (2, "cell-error", "性别", "#N/A"),
        (3, "formula-not-computed", "年龄", "=…"),
        (4, "cell-error", "出院主要诊断编码", "#REF!"),
        (8, "formula-not-computed", "病案号", "=…"),
        (9, "formula-not-computed", "病案号", "=…"),
    ]
    assert findings["severity"].unique().to_list() == ["error"]
    grouped = drg.group(found, "demo").rows.collect()
    assert grouped.height == len(CASES) + 1
    assert grouped["grouping_status"][1] == "invalid"


@pytest.mark.parametrize("ending", ["xlsx", "xls", "xlsb", "ods", "parquet", "csv", "csv.gz", "csv.zst"])
@pytest.mark.parametrize("content", ["empty", *KINDS, "gz", "xls"])
def test_what_a_file_is_decide_its_bytes(tmp_path: Path, ending: str, content: str) -> None:
    contents = {"empty": b"", "gz": gzip.compress(b"a,b\n"), "xls": b"\xd0\xcf\x11\xe0" + bytes(600)}
    contents |= clean_bytes(tmp_path)
    file = tmp_path / f"f.{ending}"
    file.write_bytes(contents[content])
    if ending.startswith(content) and content in KINDS and ending in KINDS:
        assert read(file).frame().height == len(CASES)
    else:
        refused(file, "the file is |not a workbook that can be read|no layout|damaged")


@pytest.mark.parametrize("ending", ["xlsx", "xls", "xlsb", "ods", "parquet", "csv.gz"])
def test_files_that_are_cut_off(tmp_path: Path, ending: str) -> None:
    kind = "parquet" if ending == "parquet" else "xlsx"
    content = gzip.compress(text(CLEAN * 99).encode()) if ending == "csv.gz" else clean_bytes(tmp_path)[kind]
    file = tmp_path / f"f.{ending}"
    file.write_bytes(content[: len(content) // 2])
    refused(file, "workbook that can be read|must end with|damaged")


# -- Parquet and Arrow --------------------------------------------------------------------------------


def test_a_panic_of_polars_is_one_message(tmp_path: Path) -> None:
    """The levels of a page say something else than its header."""
    file = tmp_path / "f.parquet"
    cells = dict(zip(HEADER, zip(*CASES, strict=True), strict=True))
    pl.DataFrame(cells).write_parquet(file, compression="uncompressed", statistics=False)
    content = bytearray(file.read_bytes())
    for at in range(60, 110):
        file.write_bytes(content[:at] + b"\0" + content[at + 1 :])
        try:
            pl.read_parquet(file)
        except pl.exceptions.PanicException:
            refused(file, "the file is damaged")
            break
        except pl.exceptions.PolarsError:
            continue
    arguments = ["group", str(file), "-g", "demo", "-o", str(tmp_path / "o.csv"), "-q", "--lang", "en"]
    done = subprocess.run(
        [sys.executable, "-m", "drg", *arguments], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"Error: {file}: the file is damaged. Export it once more.\n"


def test_a_footer_that_claims_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "f.parquet"
    frame = pl.DataFrame(dict(zip(HEADER, zip(*CASES, strict=True), strict=True)))
    frame.write_parquet(file, row_group_size=2)
    monkeypatch.setattr(limits, "MOST_CELLS_OF_ROW_GROUP", 2 * len(HEADER))
    assert read(file).frame().height == len(CASES)
    monkeypatch.setattr(limits, "MOST_CELLS_OF_ROW_GROUP", 2 * len(HEADER) - 1)
    assert "smaller row groups" in refused(file, f"2 rows of {len(HEADER)} columns in one row group")
    monkeypatch.setattr(limits, "MOST_ROWS_OF_PARQUET", len(CASES) - 1)
    refused(file, "claims to have 7 rows")


def test_the_file_that_is_damaged_is_blamed(tmp_path: Path) -> None:
    frame = pl.DataFrame(dict(zip(HEADER, zip(*CASES, strict=True), strict=True)))
    for name in ("a", "b", "c"):
        frame.write_parquet(tmp_path / f"{name}.parquet", compression="uncompressed")
    file = tmp_path / "b.parquet"
    content = file.read_bytes()
    assert content.count(b"A0003") == 1
    file.write_bytes(content.replace(b"A0003", b"\xff\xff\xff\xff\xff"))
    with pytest.raises(InputError, match=r"b\.parquet: the text is not UTF-8"):
        read([tmp_path / f"{name}.parquet" for name in ("a", "b", "c")]).frame()


@_SOME_COLUMNS
def test_columns_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "f.parquet"
    columns = [pa.array(["1"]), pa.array([1]), pa.array([2])]
    pq.write_table(pa.table(columns, names=["case_id", "sex", "sex"]), file)
    refused(file, "column 'sex' is there twice")
    pl.DataFrame({"case_id": ["1"], "sex": [{"a": 1}], "principal_diagnosis": ["K80.101"]}).write_parquet(
        file
    )
    refused(file, "column sex: .* holds Struct")
    pl.DataFrame({"case_id": ["1"], "own": [{"a": 1}], "principal_diagnosis": ["K80.101"]}).write_parquet(
        file
    )
    grouped = drg.group(read(file), "demo").rows
    write(grouped, tmp_path / "o.parquet", sources=[file])
    with pytest.raises(OutputError, match=r"o\.csv: a text file cannot hold the nested columns own"):
        write(grouped, tmp_path / "o.csv", sources=[file])


@pytest.mark.parametrize("pandas", [False, True])
def test_arrow_text_that_is_no_text(*, pandas: bool) -> None:
    lengths = pa.array([0, 4], pa.int32()).buffers()[1]
    text_ = pa.Array.from_buffers(pa.string(), 1, [None, lengths, pa.py_buffer(b"\xff\xfe\xfd\xfc")])
    table = pa.table({"case_id": ["1"], "sex": [1], "age_years": [45], "principal_diagnosis": text_})
    frame = table.to_pandas(types_mapper=pd.ArrowDtype) if pandas else table
    with pytest.raises(InputError, match=r"column principal_diagnosis: .* not UTF-8"):
        drg.group(frame, "demo")


@pytest.mark.parametrize("pandas", [False, True])
def test_frames_with_a_column_twice(*, pandas: bool) -> None:
    columns = [pa.array(["1"]), pa.array([1]), pa.array([2])]
    table = pa.table(columns, names=["case_id", "sex", "sex"])
    with pytest.raises(InputError, match="two columns of the table have the same name: sex"):
        drg.group(table.to_pandas() if pandas else table, "demo")


def test_times_of_a_zone_keep_it(tmp_path: Path) -> None:
    time = pl.Series("discharge_date", [datetime(2025, 1, 1, 20, tzinfo=UTC)])
    frame = pl.DataFrame({"case_id": ["1"], "principal_diagnosis": ["K80.101"]}).with_columns(time)
    frame.write_parquet(tmp_path / "f.parquet")
    found = read(tmp_path / "f.parquet")
    assert found.frame()["discharge_date"].to_list() == [datetime(2025, 1, 2, 4)]
    write(found.source, tmp_path / "o.csv", sources=[])
    assert "2025-01-01 20:00:00+00:00" in (tmp_path / "o.csv").read_text(encoding="utf-8-sig")
    assert read(tmp_path / "o.csv").frame()["discharge_date"].equals(found.frame()["discharge_date"])


# -- Text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_a_line_of_any_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(encodings, "LONGEST_LINE_BYTES", 10_000)
    monkeypatch.setattr(encodings, "_BLOCK", 999)
    content = text([*CLEAN, ("A0008", "x" * 10_000)]).encode()
    file = tmp_path / f"f.{ending}"
    file.write_bytes(gzip.compress(content) if ending == "csv.gz" else content)
    assert "row 9" in refused(file, "the line is longer than")
    file.write_bytes(
        gzip.compress(text(CLEAN * 99).encode()) if ending == "csv.gz" else text(CLEAN * 99).encode()
    )
    assert read(file).frame().height == 99 * len(CASES)


def test_a_header_of_any_width(tmp_path: Path) -> None:
    file = write_text(tmp_path / "f.csv", ",".join(f"c{number}" for number in range(200_000)) + "\n")
    assert "row 1:" in refused(file, "the row has more than 10,000 cells")


@pytest.mark.parametrize("rows", [2, 50, 500])
def test_a_quotation_mark_swallows_no_rows(tmp_path: Path, rows: int) -> None:
    cases = [(f"A{number:04}", *CASES[0][1:]) for number in range(600)]
    lines = text([HEADER, *cases]).splitlines()
    lines[10] = lines[10].replace("I50.900", '"I50.900')
    lines[10 + rows] = lines[10 + rows].replace("I50.900", 'I50.900"')
    found = read(write_text(tmp_path / "f.csv", "\n".join(lines) + "\n"))
    assert found.frame()["case_id"].to_list() == [case[0] for case in cases]
    assert found.remarks.select("row", "rule").rows() == [(11, "stray-quotation-mark")]


def test_cells_of_several_lines_stay_whole(tmp_path: Path) -> None:
    rows = [list(row) for row in CLEAN]
    rows[2][1] = "乙\n丙,丁\n戊"
    found = read(write_text(tmp_path / "f.csv", text(rows)))
    assert found.remarks.is_empty()
    assert found.source.collect()["患者姓名"][1] == "乙\n丙,丁\n戊"


def test_a_cell_longer_than_the_module_csv_takes(tmp_path: Path) -> None:
    rows = [list(row) for row in CLEAN]
    rows[2][1] = "x" * 200_000
    rows[3][1] = "a\nb"
    assert text_shape._cells("x" * 200_000, ",") == ["x" * 200_000]
    assert read(write_text(tmp_path / "f.csv", text(rows))).frame().height == len(CASES)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_columns_whose_name_is_there_twice(tmp_path: Path, kind: str) -> None:
    rows = [(*HEADER, "性别", "x", "x"), *((*case, "9", "a", "b") for case in CASES)]
    if kind == "csv":
        file = write_text(tmp_path / "f.csv", text(rows))
    else:
        file = write_workbook(tmp_path / "f.xlsx", {"Sheet1": rows})
    found = read(file)
    assert found.remarks.select("rule", "column").rows() == [("column-twice", "性别")]
    assert found.frame()["sex"].to_list() == [int(case[2]) for case in CASES]


def test_names_that_are_there_twice_stay_apart(tmp_path: Path) -> None:
    header = ("性别", "x", "x", "x_duplicated_0", "出院主要诊断编码")
    rows = [header, ("1", "a", "b", "c", "K80.101")]
    table = read(write_text(tmp_path / "f.csv", text(rows))).source.collect()
    assert table.row(0)[-5:] == rows[1]


# -- Values and people ------------------------------------------------------------------------------------


@_SOME_COLUMNS
@pytest.mark.parametrize("sex", [5, "5", 3, "X", -1, 2.5])
def test_what_is_impossible_is_never_not_known(tmp_path: Path, sex: object) -> None:
    case = {"case_id": "1", "sex": sex, "age_years": 45, "principal_diagnosis": "I20.000"}
    assert drg.explain(case, "demo").grouping_status == "invalid"
    file = write_text(tmp_path / "f.csv", text([tuple(case), tuple(map(str, case.values()))]))
    frame = pl.DataFrame([case])
    for rows in (
        drg.group([case], "demo"),
        drg.group(frame, "demo").rows(named=True),
        drg.group(read(file), "demo").rows.collect().rows(named=True),
    ):
        assert [row["grouping_status"] for row in rows] == ["invalid"]


PEOPLE = [
    ("张三", "110101198001011234", "13800000000", "1", "45"),
    ("李四", "110101198001011242", "", "2", "46"),
]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_without_a_header_names_no_patient(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"f.{kind}"
    if kind == "csv":
        write_text(file, text(PEOPLE))
    else:
        write_workbook(file, {"Sheet1": PEOPLE})
    message = refused(file, "row 1: the row holds values, not the names of columns").replace(str(file), "")
    assert not [cell for row in PEOPLE for cell in row if len(cell) > 1 and cell in message]


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (("张三", "110101198001011234"), True),
        (("1", "2", "x"), True),
        (("x", "I20.000"), True),
        (("x", "2025-01-01 08:00"), True),
        (("x", "13800000000"), True),
        (HEADER, False),
        (("A48", "C03C", "1", "x"), False),
        (("2024", "x", "y"), False),
        (("", ""), False),
    ],
)
def test_values_are_no_names(names: tuple[str, ...], *, values: bool) -> None:
    assert holds_values(names) == values


# -- Configuration ------------------------------------------------------------------------------------------

HOSTILE_TOML = {
    "lists": ("field = " + "[" * 5000 + "]" * 5000, "too deep inside each other"),
    "tables": ("unused = " + "{a=" * 5000 + "1" + "}" * 5000, "too deep inside each other"),
    "number": ("x = " + "9" * 5000, "too many digits"),
    "zero bytes": ("\0", "not valid TOML from character 1 on: \ufffd"),
}


@pytest.mark.parametrize(("content", "problem"), HOSTILE_TOML.values(), ids=HOSTILE_TOML)
def test_configuration_nested_to_death(tmp_path: Path, content: str, problem: str) -> None:
    file = write_text(tmp_path / "hostile.toml", content)
    (tmp_path / "scheme").mkdir()
    write_text(tmp_path / "scheme" / "scheme.toml", content)
    for step in (
        lambda: read_layout(file),
        lambda: parse_manifest(content, file),
        lambda: drg.load_scheme(tmp_path / "scheme"),
    ):
        with pytest.raises(DrgError, match=problem) as caught:
            step()
        assert str(caught.value).startswith(str(tmp_path))


def test_configuration_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toml_files, "LARGEST_TOML_BYTES", 1_000_000)
    file = write_text(tmp_path / "f.toml", "# " + "x" * 1_000_000)
    with pytest.raises(InputError, match="larger than 1 MB"):
        read_layout(file)


@pytest.mark.parametrize("rule", ["(" * 500 + "ZYZD in A" + ")" * 500, "not " * 600 + "1"])
def test_rules_nested_to_death(rule: str) -> None:
    with pytest.raises(RuleError, match="more than 50"):
        parse(rule)
    assert parse("(" * 40 + "1" + ")" * 40) == parse("1")
