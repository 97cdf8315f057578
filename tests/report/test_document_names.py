from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest

from drg.errors import InputError
from drg.report.document_names import DocumentNames, read_names, unnamed
from drg.report.statement import write_statements
from tests.report import settled

TOML = """
bureau = "某市医疗保障事务中心"
number_prefix = "某医保结"
[hospitals]
H1 = "某市第一人民医院"
"H2" = " 某市中医院 "
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "names.toml").write_text(TOML, encoding="utf-8")
    return tmp_path / "names.toml"


def test_names_are_read(file: Path) -> None:
    names = read_names(file)
    assert names.bureau == "某市医疗保障事务中心"
    assert [names.name(one) for one in ("H1", "H2", "H3")] == ["某市第一人民医院", "某市中医院", ""]
    assert names.number("H1", "2025-03") == "某医保结-H1-2025-03"
    (warning,) = unnamed(names, file, ["H1", "H3"])
    assert "1 hospitals" in warning
    assert "H3" in warning
    assert unnamed(names, file, ["H1", "H2"]) == []


def test_hospitals_may_stand_in_a_table(tmp_path: Path) -> None:
    table = pl.DataFrame({"医疗机构代码": ["01", "02", "01", "03"], "医疗机构名称": ["甲", "乙", "甲", None]})
    table.write_excel(tmp_path / "list.xlsx")
    (tmp_path / "names.toml").write_text('hospitals = "list.xlsx"', encoding="utf-8")
    names = read_names(tmp_path / "names.toml")
    assert names.hospitals == {"01": "甲", "02": "乙"}
    # Without a prefix documents have no number.
    assert names.number("01", "2025") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bureaus = 'A'", "no 'bureaus'.*Did you mean 'bureau'"),
        ("bureau = 5", "bureau is 5"),
        ("bureau = ' '", "bureau is ' '"),
        ("[hospitals]\nH1 = 1", r"hospitals\.H1 is 1"),
        ("hospitals = ['A']", "hospitals is "),
        ("bureau = A", "not valid TOML"),
        ("hospitals = 'none.csv'", "none.csv.*no such file"),
        ("hospitals = 'two.csv'", "two.csv, row 3, column name: hospital 'H1' has two names"),
        ("hospitals = 'empty.csv'", "empty.csv, row 3, column hospital_id: the hospital of a name is empty"),
        ("hospitals = 'other.csv'", "医疗机构名称"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "two.csv").write_text("hospital_id,name\nH1,A\nH1,B\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("hospital_id,name\nH1,A\n,B\n", encoding="utf-8")
    (tmp_path / "other.csv").write_text("hospital_id,level\nH1,3\n", encoding="utf-8")
    (tmp_path / "names.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"(?s){message}"):
        read_names(tmp_path / "names.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.toml").write_bytes("bureau = '医保'".encode("gb18030"))
    with pytest.raises(InputError, match="not UTF-8 text"):
        read_names(tmp_path / "names.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_names(tmp_path / "absent.toml")


def test_a_statement_has_names_numbers_capitals_and_seals(tmp_path: Path, file: Path) -> None:
    settlement = settled.settlement(settled.RULES)
    names = read_names(file)
    book, page = write_statements(settlement, tmp_path / "out", hospitals=["H1"], names=names)
    cells = [str(cell) for row in openpyxl.load_workbook(book)["结算单"].values for cell in row if cell]
    text = page.read_text(encoding="utf-8")
    for expected in (
        "DRG 结算单  某市第一人民医院（H1）",
        "编号：某医保结-H1-2025",
        "经办机构：某市医疗保障事务中心",
        "经办机构（盖章）：某市医疗保障事务中心",
        "医疗机构（盖章）：某市第一人民医院",
        "经办人：____________________",
        "复核人：____________________",
        "日期：____________________",
    ):
        assert expected in cells
        assert expected in text
    row = settlement.rows.filter(span="year", hospital_id="H1", insurance_type="310")
    assert [str(row[name][0]) for name in ("payable_yuan", "balance_yuan")] == ["148596.00", "98598.44"]
    for words in ("人民币壹拾肆万捌仟伍佰玖拾陆元整", "人民币玖万捌仟伍佰玖拾捌元肆角肆分"):
        assert words in cells
        assert words in text


def test_the_same_period_settled_again_has_another_number() -> None:
    names = DocumentNames(number_prefix="某医保结", edition="7")
    assert names.number("H1", "2025-03") == "某医保结-H1-2025-03-7"
