from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from drg.errors import TablesError
from drg.tables import load_tables

from .conftest import TINY, Write


def refused(directory: Path) -> TablesError:
    with pytest.raises(TablesError) as caught:
        load_tables(directory)
    assert caught.value.fix
    assert "?." not in str(caught.value)
    return caught.value


def test_frames(tiny: Write) -> None:
    directory = tiny()
    tables = load_tables(directory)
    assert tables.mdc.columns == ["mdc", "name", "rule", "order", "file", "row"]
    assert tables.adrg.columns == ["adrg", "name", "rule", "mdc", "order", "file", "row"]
    assert tables.drg.columns == ["drg", "name", "rule", "adrg", "mdc", "order", "file", "row"]
    assert tables.sets.columns == ["set", "code"]
    assert tables.complications.columns == ["code", "level", "exclusion_set"]
    assert tables.exclusions.columns == ["exclusion_set", "code"]
    for frame in tables.frames.values():
        numbers = {"order": pl.Int64, "row": pl.Int64}
        assert frame.schema == {name: numbers.get(name, pl.String) for name in frame.columns}
        assert sum(frame.null_count().row(0)) == 0
    assert tables.adrg.row(2) == ("B00", "", "", "MDCB", 2, str(directory / "adrg.csv"), 4)
    assert repr(tables).startswith("GrouperTables('tiny': 2 mdc, 3 adrg, 4 drg")


def test_codes_stay_text(tiny: Write) -> None:
    directory = tiny({"mdc.csv": "mdc,name,rule,order\nMDCA,,1,1\nMDCB,0012,0,02\n"})
    tables = load_tables(directory)
    assert tables.mdc.select("name", "rule", "order").rows() == [("", "1", 1), ("0012", "0", 2)]
    assert tables.sets["code"].to_list()[:2] == ["33.6x00", "00.5500"]


def test_no_exclusion_set_is_empty_text(tiny: Write) -> None:
    assert load_tables(tiny()).complications["exclusion_set"].to_list() == ["EX_1", "", ""]


def test_what_spreadsheets_do_is_accepted(tiny: Write) -> None:
    plain = load_tables(tiny())
    messy = {
        name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() + b"\r\n" + b"," * commas + b"\r\n"
        for name, text in TINY.items()
        if name.endswith("csv") and (commas := text.split("\n")[0].count(","))
    }
    assert load_tables(tiny(messy)).digest == plain.digest


def test_cells_are_stripped_and_rules_may_have_lines(tiny: Write) -> None:
    rule = '"ZYZD in DI_B00\r\n or ZYZD in DI_BR1"'
    directory = tiny({"mdc.csv": f"mdc , name,rule,order\r\nMDCB , 神经　,{rule}, 2 \r\nMDCA,,,1\r\n"})
    assert load_tables(directory).mdc.select(pl.exclude("file")).rows() == [
        ("MDCB", "神经", "ZYZD in DI_B00\n or ZYZD in DI_BR1", 2, 2),
        ("MDCA", "", "", 1, 3),
    ]


def test_columns_in_any_order(tiny: Write) -> None:
    directory = tiny({"sets.csv": "code,set\n33.6x00,OP_AA1\n"})
    assert load_tables(directory).sets.rows() == [("OP_AA1", "33.6x00")]


def test_exact_duplicates_in_lists_are_dropped(tiny: Write) -> None:
    doubled = {
        name: TINY[name] + TINY[name].split("\n")[1] + "\n"
        for name in ("sets.csv", "complications.csv", "exclusions.csv")
    }
    assert load_tables(tiny(doubled)).digest == load_tables(tiny(dict.fromkeys(doubled))).digest
    assert load_tables(tiny(doubled)).sets.height == 4


def test_digest_does_not_see_how_the_rows_are_filed(tiny: Write) -> None:
    digest = load_tables(tiny()).digest
    assert len(digest) == 64

    def turned(text: str) -> str:
        header, *rows = text.splitlines()
        return "\n".join([header, *reversed(rows)])

    assert (
        load_tables(tiny({name: turned(TINY[name]) for name in TINY if name.endswith("csv")})).digest
        == digest
    )


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("mdc.csv", "先期", "后期"),
        ("adrg.csv", "{ZYZD, QTZD} in", "QTZD in"),
        ("drg.csv", "QTZD in MCC", "QTZD in CC"),
        ("drg.csv", "BR1,MDCB,2", "BR1,MDCB,0"),
        ("sets.csv", "D10.001\nDI_BR1", "D10.002\nDI_BR1"),
        ("complications.csv", "MCC", "CC"),
        ("exclusions.csv", "D10.001", "D10.002"),
    ],
)
def test_digest_sees_every_change_of_content(tiny: Write, file: str, old: str, new: str) -> None:
    before = load_tables(tiny()).digest
    assert old in TINY[file]
    assert load_tables(tiny({file: TINY[file].replace(old, new)})).digest != before


def test_digest_sees_which_of_two_rows_of_equal_order_is_first(tiny: Write) -> None:
    rows = ["BR11,,QTZD in MCC,BR1,MDCB,1", "BR13,,QTZD in CC,BR1,MDCB,1"]
    header = "drg,name,rule,adrg,mdc,order"
    one = load_tables(tiny({"drg.csv": "\n".join([header, *rows])})).digest
    assert load_tables(tiny({"drg.csv": "\n".join([header, *reversed(rows)])})).digest != one


@pytest.mark.parametrize(
    ("file", "old", "new", "row", "field", "problem", "fix"),
    [
        ("adrg.csv", "name,rule", "name,rules", 1, "rules", "unknown column 'rules'", "Did you mean 'rule'?"),
        ("adrg.csv", "name,rule", "name,rule,", 1, "(unnamed)", "column without a name", "Delete the column"),
        (
            "sets.csv",
            "set,code",
            "set,code,note",
            1,
            "note",
            "unknown column 'note'",
            "columns are set, code",
        ),
        ("sets.csv", "set,code", "set", 1, "code", "'code' is missing", "The columns are set, code"),
        ("sets.csv", "set,code", "set,code,code", 1, "code", "is there twice", "Delete one"),
        ("sets.csv", "set,code", "change,set,code", 1, "change", "no column 'change'", "based_on"),
        ("sets.csv", "OP_AA1,00.5500", "OP_AA1", 3, "code", "1 cells, but the header has 2", "quotes"),
        (
            "sets.csv",
            "OP_AA1,00.5500",
            "OP_AA1,00.5500,",
            3,
            "code",
            "3 cells, but the header has 2",
            "quotes",
        ),
        ("complications.csv", "D90.300,CC,", "D90.300,CC", 4, "exclusion_set", "2 cells", "quotes"),
        ("adrg.csv", '"{ZYZD, QTZD} in DI_BR1"', "{ZYZD, QTZD} in DI_BR1", 3, "order", "6 cells", "quotes"),
        ("adrg.csv", "移植", '"移植', 2, None, "quotation mark", "Write such a cell in quotes"),
        ("sets.csv", "OP_AA1,00.5500", ",00.5500", 3, "set", "set is empty", "Fill the cell"),
        ("sets.csv", "OP_AA1,00.5500", "OP_AA1, ", 3, "code", "code is empty", "Fill the cell"),
        ("complications.csv", "D90.100", "", 2, "code", "code is empty", "Fill the cell"),
        ("exclusions.csv", "EX_1", "", 2, "exclusion_set", "exclusion_set is empty", "Fill the cell"),
        ("adrg.csv", 'DI_BR1",MDCB', 'DI_BR1",', 3, "mdc", "mdc is empty", "Fill the cell"),
        ("mdc.csv", "先期,,1", "先期,,one", 2, "order", "order is 'one', not a whole number", "such as 12"),
        ("mdc.csv", "先期,,1", "先期,,", 2, "order", "order is '', not a whole number", "such as 12"),
        ("mdc.csv", "先期,,1", "先期,,1.0", 2, "order", "order is '1.0'", "such as 12"),
        ("mdc.csv", "先期,,1", "先期,,99999999999999999999", 2, "order", "not a whole number", "such as 12"),
        ("mdc.csv", "MDCB", "MDCA", 3, "mdc", "'MDCA' is there twice, first in row 2", "Keep one"),
        ("adrg.csv", "B00,", "BR1,", 4, "adrg", "'BR1' is there twice, first in row 3", "Keep one"),
        ("drg.csv", "BR15", "BR11", 4, "drg", "'BR11' is there twice, first in row 3", "Keep one"),
        ("complications.csv", "D90.200", "D90.100", 3, "code", "'D90.100' is there twice", "Keep one"),
        ("complications.csv", "MCC", "mcc", 2, "level", "level is 'mcc'", "MCC or CC, in capitals"),
        (
            "adrg.csv",
            "OP_AA1,MDCA",
            "OP_AA1,MDCX",
            2,
            "mdc",
            "ADRG 'AA1' names an unknown MDC 'MDCX'",
            "Did you",
        ),
        (
            "drg.csv",
            "AA19,移植,,AA1",
            "AA19,移植,,AA7",
            2,
            "adrg",
            "unknown ADRG 'AA7'",
            "Did you mean 'AA1'?",
        ),
        ("drg.csv", "BR15,卒中,,BR1,MDCB", "BR15,卒中,,BR1,MDCA", 4, "mdc", "ADRG is in 'MDCB'", "same MDC"),
        (
            "sets.csv",
            "00.5500",
            "００.5500",
            3,
            "code",
            "U+FF10 (FULLWIDTH DIGIT ZERO)",
            "'00.5500' (its NFKC",
        ),
        ("sets.csv", "33.6x00", "33.6х00", 2, "code", "CYRILLIC SMALL LETTER HA", "Type it again"),
        ("sets.csv", "33.6x00", "33.6 x00", 2, "code", "(SPACE)", "Type it again"),
        ("sets.csv", "33.6x00", "\ufeff33.6x00", 2, "code", "U+FEFF", "Type it again"),
        ("mdc.csv", "MDCB", "ＭDCB", 3, "mdc", "U+FF2D", "'MDCB'"),
        ("complications.csv", "EX_1", "EX_１", 2, "exclusion_set", "U+FF11", "'EX_1'"),
    ],
)
def test_errors_name_file_row_and_column(
    tiny: Write, file: str, old: str, new: str, row: int, field: str | None, problem: str, fix: str
) -> None:
    assert old in TINY[file]
    directory = tiny({file: TINY[file].replace(old, new, 1)})
    error = refused(directory)
    assert (error.file, error.row, error.field) == (str(directory / file), row, field)
    assert problem in error.problem
    assert fix in str(error.fix)


def test_a_missing_file(tiny: Write) -> None:
    directory = tiny({"exclusions.csv": None})
    error = refused(directory)
    assert error.file == str(directory / "exclusions.csv")
    assert "based_on" in str(error.fix)


def test_a_misspelled_file(tiny: Write) -> None:
    directory = tiny({"exclusions.csv": None, "exclusion.csv": TINY["exclusions.csv"]})
    error = refused(directory)
    assert error.file == str(directory / "exclusion.csv")
    assert str(error.fix).startswith("Did you mean 'exclusions.csv'?")


def test_files_that_spreadsheets_leave_open_are_no_tables(tiny: Write) -> None:
    assert load_tables(tiny({"~$sets.csv": b"\0", ".sets.csv": b"\0"})).sets.height == 4


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"])
def test_an_empty_file(tiny: Write, content: bytes) -> None:
    error = refused(tiny({"sets.csv": content}))
    assert (error.row, error.problem) == (1, "column 'set' is missing")


def test_a_table_without_rows(tiny: Write) -> None:
    tables = load_tables(tiny({"sets.csv": "set,code", "exclusions.csv": "exclusion_set,code\n"}))
    assert tables.sets.height == tables.exclusions.height == 0
    assert len(tables.digest) == 64


@pytest.mark.parametrize(("text", "row"), [("set,编码\n", 1), ("set,code\nOP_AA1,1\nDI,脑膜炎\n", 3)])
def test_other_encodings_are_refused(tiny: Write, text: str, row: int) -> None:
    error = refused(tiny({"sets.csv": text.encode("gbk")}))
    assert (error.row, error.problem) == (row, "not UTF-8 text")
    assert "CSV UTF-8" in str(error.fix)


def test_rows_are_counted_as_a_spreadsheet_does(tiny: Write) -> None:
    text = 'mdc,name,rule,order\nMDCA,,"1\nor\n1",1\n\n,,,\nMDCB,,,x\n'
    assert refused(tiny({"mdc.csv": text})).row == 5
