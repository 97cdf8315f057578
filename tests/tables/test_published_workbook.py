"""The national workbook: what is read, in whichever edition; and what a broken one is told."""

from __future__ import annotations

import copy
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from drg.errors import RuleError, TablesError
from drg.tables.excel import Excel
from drg.tables.published_workbook import read_workbook
from tests.tables.workbooks import PLAIN, Sheets, changed, quirky, second_edition, write


@pytest.mark.parametrize("edition", [PLAIN, quirky(), second_edition()])
def test_every_edition_says_the_same(tmp_path: Path, edition: Sheets) -> None:
    book = read_workbook(write(tmp_path / "w.xlsx", edition))
    tables = book.tables
    assert tables["mdc"].drop("file", "row").rows() == [
        ("MDCA", "先期分组", "", 1),
        ("MDCO", "妊娠、分娩及产褥期", "ZYZD in DI_O00", 2),
        ("MDCZ", "多发严重创伤", "(ZYZD in DI_Z01) and (QTZD in {DI_Z02, DI_Z03})", 3),
    ]
    rules = {adrg: rule.lower() for adrg, rule in tables["adrg"].select("adrg", "rule").rows()}
    assert rules == {
        "AA1": "zyss in op_aa1",
        "OQY": "zyss in op_all",
        "OS2": "zyzd in di_os2",
        "OT1": "(zyzd in di_ot1) and (nl>=10)",
        "O00": "",
        "ZZ1": "1",
    }
    assert tables["adrg"]["order"].to_list() == [1, 1, 2, 3, 2, 1]
    assert tables["drg"]["drg"].to_list() == ["AA19", "OQY", "OS21", "OS25", "OT19", "O000", "ZZ15"]
    assert tables["drg"]["name"][2] == "流产相关疾病，伴严重合并症或并发症"
    assert set(tables["sets"].select("set", "code").rows()) == {tuple(row[:2]) for row in PLAIN["集合"][1:]}
    assert tables["complications"].drop("file", "row").sort("code").rows() == [
        ("A41.900", "MCC", "EX_2"),
        ("D65.x00", "MCC", "EX_1"),
        ("Z94.000", "CC", ""),
    ]
    assert book.title == "按病组（DRG）付费3.0版分组方案配置信息"
    assert book.names.filter(code="O03.900").rows() == [("diagnosis", "O03.900", "自然流产")]
    assert book.names.filter(kind="procedure").height == 2
    assert {key: book.counts[key] for key in ("mdc", "adrg", "drg", "sets", "mcc", "cc")} == {
        "mdc": 3,
        "adrg": 6,
        "drg": 7,
        "sets": 8,
        "mcc": 2,
        "cc": 1,
    }


def test_what_was_mended_is_said(tmp_path: Path) -> None:
    book = read_workbook(write(tmp_path / "w.xlsx", quirky()))
    assert book.counts["set_rows"] == 13
    assert book.tables["sets"].height == 11
    notes = "\n".join(book.notes)
    assert "sheet 集合: 2 duplicate rows dropped" in notes
    assert "full-width letters: 1; first, 'Ｏ03.900' in row 3, is read as 'O03.900'" in notes
    assert "sheet ADRG: O00 has an empty rule but is not last by its order" in notes


def test_rows_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    book = read_workbook(write(tmp_path / "w.xlsx", quirky()))
    assert book.tables["mdc"]["row"].to_list() == [3, 4, 5]
    assert book.tables["adrg"]["row"].to_list() == [3, 4, 5, 6, 7, 8]
    assert book.tables["adrg"]["file"][0] == f"{tmp_path / 'w.xlsx'}, sheet ADRG"


@pytest.mark.parametrize("value", [None, "待定", ""])
def test_a_row_without_order_is_last(tmp_path: Path, value: str | None) -> None:
    book = read_workbook(write(tmp_path / "w.xlsx", changed("ADRG", 4, 5, value)))
    assert dict(book.tables["adrg"].select("adrg", "order").rows())["OQY"] == 4
    assert any("no number in MDC内排序 of OQY" in note for note in book.notes)


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "field", "problem", "fix"),
    [
        ("集合", 3, 2, "О03.900", "ICD编码", "U+041E (CYRILLIC CAPITAL LETTER O)", "Type it again"),
        ("CC", 2, 1, "D65.х00", "疾病编码", "CYRILLIC SMALL LETTER HA", "Type it again"),
        ("排除表", 2, 1, None, "集合编号", "exclusion_set is empty", "Fill the cell"),
        ("CC", 3, 4, "无", "类型", "level is '无'", "MCC or CC"),
        ("CC", 3, 1, "D65.x00", "疾病编码", "'D65.x00' is there twice, first in row 2", "Keep one"),
        ("ADRG", 5, 5, 2.5, "MDC内排序", "order is '2.5', not a whole number", "such as 12"),
        ("ADRG", 5, 1, "AA1", "ADRG编码", "'AA1' is there twice, first in row 3", "Keep one"),
        ("ADRG", 5, 4, "MDCX", "所属MDC编码", "names an unknown MDC 'MDCX'", "Did you mean"),
        ("DRG", 5, 5, "MDCA", "所属MDC编码", "but its ADRG is in 'MDCO'", "same MDC"),
    ],
)
def test_a_bad_cell(
    tmp_path: Path, sheet: str, row: int, column: int, value: Any, field: str, problem: str, fix: str
) -> None:
    file = write(tmp_path / "w.xlsx", changed(sheet, row, column, value))
    error = refused(file)
    assert (error.file, error.row, error.field) == (f"{file}, sheet {sheet}", row, field)
    assert problem in error.problem
    assert fix in str(error.fix)


def test_a_rule_with_a_typo(tmp_path: Path) -> None:
    file = write(tmp_path / "w.xlsx", changed("ADRG", 6, 3, "(ZYZD in DI_OT1) und (NL>=10)"))
    error = refused(file)
    assert isinstance(error, RuleError)
    assert (error.file, error.row, error.field) == (f"{file}, sheet ADRG", 6, "ADRG规则")
    assert error.character == 18
    assert "sheet ADRG, row 6, column ADRG规则, character 18: 'und' is left over" in str(error)


@pytest.mark.parametrize("name", ["集合", "MDC"])
def test_a_missing_sheet(tmp_path: Path, name: str) -> None:
    sheets = {sheet: rows for sheet, rows in PLAIN.items() if sheet != name}
    error = refused(write(tmp_path / "w.xlsx", sheets))
    assert error.problem == f"the workbook has no sheet '{name}'"
    assert "The sheets are" in str(error.fix)


def test_sheet_names_are_forgiving(tmp_path: Path) -> None:
    sheets = {f" {name.lower()} ": rows for name, rows in PLAIN.items()}
    assert read_workbook(write(tmp_path / "w.xlsx", sheets)).counts["drg"] == 7


def test_a_renamed_header(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "w.xlsx", changed("ADRG", 1, 3, "ADRG条件")))
    assert (error.row, error.problem) == (1, "column ADRG规则 is missing")
    assert "The header reads ADRG编码, ADRG名称, ADRG条件" in str(error.fix)


def test_a_header_that_is_there_twice(tmp_path: Path) -> None:
    sheets = copy.deepcopy(PLAIN)
    sheets["排除表"][0].append("ICD编码")
    error = refused(write(tmp_path / "w.xlsx", sheets))
    assert (error.row, error.field, error.problem) == (1, "ICD编码", "the column is there twice")


def test_an_empty_sheet(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "w.xlsx", {**PLAIN, "CC": []}))
    assert error.problem == "column 疾病编码 is missing"
    assert "No header was found" in str(error.fix)


# -- formulas -------------------------------------------------------------------------------------------


def test_a_formula_gives_its_value(tmp_path: Path) -> None:
    def edit(book: xlsxwriter.Workbook) -> None:
        sheet = book.get_worksheet_by_name("ADRG")
        sheet.write_formula("C5", '="ZYZD in "&"DI_OS2"', None, "ZYZD in DI_OS2")

    plain = read_workbook(write(tmp_path / "plain.xlsx", PLAIN))
    book = read_workbook(write(tmp_path / "w.xlsx", changed("ADRG", 5, 3, None), edit))
    assert book.tables["adrg"]["rule"].to_list() == plain.tables["adrg"]["rule"].to_list()


def test_a_formula_that_was_never_computed(tmp_path: Path) -> None:
    file = write(tmp_path / "w.xlsx", PLAIN)
    book = openpyxl.load_workbook(file)
    book["ADRG"]["C5"] = '="ZYZD in "&"DI_OS2"'
    book.save(file)
    error = refused(file)
    assert (error.file, error.row, error.field) == (f"{file}, sheet ADRG", 5, "C")
    assert "never computed" in error.problem


def test_an_error_value(tmp_path: Path) -> None:
    def edit(book: xlsxwriter.Workbook) -> None:
        book.get_worksheet_by_name("DRG").write_formula("C6", "=#REF!", None, "#REF!")

    error = refused(write(tmp_path / "w.xlsx", PLAIN, edit))
    assert (error.row, error.field) == (6, "C")
    assert "#REF!" in error.problem


# -- files that are no workbooks ------------------------------------------------------------------------


def refused(file: Path) -> TablesError:
    with pytest.raises(TablesError) as caught:
        read_workbook(file)
    assert caught.value.fix
    assert str(file) in str(caught.value.file)
    return caught.value


def zipped(file: Path, parts: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not an .xlsx workbook"),
        ("集合编号,ICD编码\n".encode("gbk"), "not an .xlsx workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "the old .xls format"),
        (
            b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "the workbook is encrypted",
        ),
        (b"PK\x03\x04 no archive", "the file is damaged"),
    ],
)
def test_no_workbook(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "w.xlsx"
    file.write_bytes(content)
    assert problem in refused(file).problem


def test_no_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere.xlsx").problem == "there is no such file"
    assert "cannot be read" in refused(tmp_path).problem


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    assert refused(zipped(tmp_path / "w.xlsx", {"a.txt": "a"})).problem == "not an .xlsx workbook"
    empty: dict[str, bytes | str] = {
        "xl/workbook.xml": "<workbook/>",
        "xl/_rels/workbook.xml.rels": "<Relationships/>",
    }
    assert refused(zipped(tmp_path / "w.xlsx", empty)).problem == "the workbook has no sheets"
    broken: dict[str, bytes | str] = {
        "xl/workbook.xml": "<workbook>",
        "xl/_rels/workbook.xml.rels": "<Relationships/>",
    }
    assert "damaged" in refused(zipped(tmp_path / "w.xlsx", broken)).problem
    assert "damaged" in refused(zipped(tmp_path / "w.xlsx", {"xl/workbook.xml": "<workbook/>"})).problem


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_file_that_ends_too_early(tmp_path: Path, kept: float) -> None:
    file = write(tmp_path / "w.xlsx", PLAIN)
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * kept)])
    assert "damaged" in refused(file).problem


def rewritten(file: Path, part: str, content: bytes) -> Path:
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(file, {**parts, part: content})


@pytest.mark.parametrize(
    "sheet", [b"", b"<worksheet><sheetData><row", b"no xml at all", b"<worksheet></sheetData>"]
)
def test_a_sheet_that_is_no_xml(tmp_path: Path, sheet: bytes) -> None:
    refused(rewritten(write(tmp_path / "w.xlsx", PLAIN), "xl/worksheets/sheet1.xml", sheet))


def test_a_gigabyte_of_zeros(tmp_path: Path) -> None:
    file = tmp_path / "w.xlsx"
    zeros = bytes(1 << 24)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(64):
                part.write(zeros)
    assert "unpacks to 1,074 MB" in refused(file).problem


def test_a_directory_that_lies_about_sizes(tmp_path: Path) -> None:
    file = zipped(tmp_path / "w.xlsx", {"xl/workbook.xml": bytes(50_000_000), "b": ""})
    size = struct.pack("<I", 50_000_000)
    file.write_bytes(file.read_bytes().replace(size, struct.pack("<I", 1_000)))
    assert "damaged" in refused(file).problem


def test_an_encrypted_archive(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    content = bytearray(raw.getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    file = tmp_path / "w.xlsx"
    file.write_bytes(content)
    assert refused(file).problem == "the workbook is encrypted"


def test_a_cell_at_the_end_of_the_world(tmp_path: Path) -> None:
    def edit(book: xlsxwriter.Workbook) -> None:
        book.get_worksheet_by_name("CC").write_string("XFD1048576", "here")

    error = refused(write(tmp_path / "w.xlsx", PLAIN, edit))
    assert error.problem == "the sheet reaches to row 1,048,576 and column 16,384"


def test_sheets_of_a_workbook_in_their_order(tmp_path: Path) -> None:
    excel = Excel(write(tmp_path / "w.xlsx", PLAIN))
    assert excel.sheets == tuple(PLAIN)
    assert excel.sheet("MDC").row(1) == ("MDC编码", "MDC名称", "MDC规则", "排序")
