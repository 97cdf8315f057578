from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from drg.payment import load_scheme
from drg.records.cases import Cases
from drg.records.scanning import scan
from drg.records.source_tables import Dialect
from drg.settlement.input_tables import check_decisions
from drg.settlement.special_case_decisions import apply_decisions
from tests.cli.conftest import Drg

SECTION = """
[settlement]
source = "made up"

[settlement.special]
quota_share = 0.05
overrun_yuan_at_least = 8000
los_days_at_least = 50
source = "made up"
"""
HEADER = (
    "case_id,drg,drg_name,adrg,grouping_status,grouper,hospital_id,hospital_level,insurance_type,los_days,"
    "icu_hours,total_cost_yuan,case_kind,incomplete,tcm_cost_yuan,patient_id,admission_date,discharge_date,"
    "excluded_items_yuan,patient_share_yuan"
)
# BR15 has weight 1: in H2 (level 2), employees, the standard is 11,000; a case is high above 20,000.
DEAR = [("0007", 10, 19_500), ("0003", 55, 12_000), ("0011", 10, 19_000), ("0005", 10, 19_500)]


def row(case: str, days: int, cost: int) -> str:
    group = "BR15,脑卒中,BR1,grouped,demo,H2,2,310"
    return f"{case},{group},{days},0,{cost},,,,P{case},2025-03-01,2025-03-11,0,3000"


@pytest.fixture
def scheme(tmp_path: Path) -> Path:
    """The demo scheme with limits for special review, and hardly a case that is extreme."""
    directory = tmp_path / "demo"
    shutil.copytree(load_scheme("demo").directory, directory)
    file = directory / "scheme.toml"
    text = file.read_text(encoding="utf-8").partition("\n[settlement]")[0]
    assert "top_share = 0.05" in text
    text = text.replace("top_share = 0.05", "top_share = 0.001")
    file.write_text(text + SECTION, encoding="utf-8")
    return directory


@pytest.fixture
def priced(drg: Drg, tmp_path: Path, scheme: Path) -> Path:
    """Sixty cases of H2; four of them are candidates, so that three are within the quota."""
    rows = [row(*case) for case in DEAR] + [row(f"1{n:03}", 10, 9_000) for n in range(56)]
    grouped = tmp_path / "grouped.csv"
    grouped.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    file = tmp_path / "priced.parquet"
    outcome = drg("price", grouped, "-o", file, "-s", scheme, "-q")
    assert outcome.code == 0, outcome.err
    return file


def cells(file: Path, sheet: str | None = None) -> list[dict[str, str | None]]:
    return scan(file, Dialect(sheet=sheet)).collect().to_dicts()


def test_the_list_ranks_the_candidates(drg: Drg, priced: Path, scheme: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.xlsx"
    outcome = drg("special-cases", priced, "-s", scheme, "-o", out, "--lang", "zh")
    assert outcome.code == 0, outcome.err
    found = cells(out)
    names = ("病案标识", "序号", "限额内", "超支额", "支付标准", "费用与标准之比", "申请理由", "决定")
    assert [tuple(case[name] for name in names) for case in found] == [
        ("0005", "1", "是", "8500", "11000", "1.7727", "超支 8500.00 元", None),
        ("0007", "2", "是", "8500", "11000", "1.7727", "超支 8500.00 元", None),
        ("0011", "3", "是", "8000", "11000", "1.7273", "超支 8000.00 元", None),
        ("0003", "4", "否", "1000", "11000", "1.0909", "住院 55 天", None),
    ]
    assert {case["医疗机构代码"] for case in found} == {"H2"}
    quota = cells(out, "限额")[0]
    assert (quota["按病组付费病例数"], quota["限额"], quota["候选病例"], quota["剩余"]) == (
        "60",
        "3",
        "4",
        "3",
    )
    notes = "\n".join(str(cell) for line in cells(out, "说明") for cell in line.values())
    for part in ("超支额 ≥ 8000 元", "住院 ≥ 50 天", "5 %", "示例", "没有转科科别"):
        assert part in notes
    for part in ("H2", "│          60 │", "限额内", "已写入"):
        assert part.replace(" ", "") in outcome.out.replace(" ", "")


def test_in_english(drg: Drg, priced: Path, scheme: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.xlsx"
    assert drg("special-cases", priced, "-s", scheme, "-o", out, "--lang", "en", "-q") == (0, "", "")
    assert openpyxl.load_workbook(out).sheetnames == ["applications", "quota", "notes"]
    found = cells(out)
    assert [case["within_quota"] for case in found] == ["yes", "yes", "yes", "no"]
    assert found[3]["reasons"] == "stay of 55 days"
    assert found[3]["case_class"] == "normal"


@pytest.mark.parametrize(
    ("language", "names", "words"),
    [
        ("zh", ("决定", "支付金额", "备注"), ("同意", "不同意")),
        ("en", ("decision", "special_payment_yuan", "note"), ("approved", "rejected")),
    ],
)
def test_decisions_are_read_from_the_very_file(
    drg: Drg,
    priced: Path,
    scheme: Path,
    tmp_path: Path,
    language: str,
    names: tuple[str, ...],
    words: tuple[str, str],
) -> None:
    out = tmp_path / "a.xlsx"
    assert drg("special-cases", priced, "-s", scheme, "-o", out, "--lang", language, "-q").code == 0
    book = openpyxl.load_workbook(out)
    sheet = book.worksheets[0]
    decision, payment, note = (next(cell.column for cell in sheet[1] if cell.value == name) for name in names)
    sheet.cell(2, decision).value = words[0]
    sheet.cell(3, decision).value = words[0]
    sheet.cell(3, payment).value = 15_000.5
    sheet.cell(3, note).value = "第 1 次会议"
    sheet.cell(4, decision).value = words[1]
    book.save(out)
    checked = check_decisions(scan(out))
    assert checked.frame.rows() == [
        (2, "H2", "0005", True, None, None),
        (3, "H2", "0007", True, 1_500_050, "第 1 次会议"),
        (4, "H2", "0011", False, None, None),
    ]
    assert [finding.rule for finding in checked.findings] == ["decision_open"]
    result = apply_decisions(Cases.of(scan(priced)).lazy(own=True, marked=True), checked.frame)
    assert result.findings == ()
    # The example of docs/special-cases.md.
    names = ("case_id", "case_class", "payment_yuan", "fund_payment_yuan", "surplus_yuan")
    found = result.frame.select(names).filter(pl.col("case_id").is_in(["0005", "0007", "0011"])).collect()
    assert [(*row[:2], *map(str, row[2:])) for row in found.rows()] == [
        ("0007", "special", "15000.50", "12000.50", "-4499.50"),
        ("0011", "normal", "11000.00", "8000.00", "-8000.00"),
        ("0005", "special", "19500.00", "16500.00", "0.00"),
    ]


def test_choices_are_offered(drg: Drg, priced: Path, scheme: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.xlsx"
    drg("special-cases", priced, "-s", scheme, "-o", out, "-q", "--lang", "zh")
    sheet = openpyxl.load_workbook(out).worksheets[0]
    validations = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    letters = {cell.value: cell.column_letter for cell in sheet[1]}
    assert validations[f"{letters['决定']}2:{letters['决定']}5"] == '"同意,不同意"'
    assert validations[f"{letters['支付金额']}2:{letters['支付金额']}5"] == "0"
    assert sheet.freeze_panes == "A2"
    quota = openpyxl.load_workbook(out)["限额"]
    assert quota["I2"].value == "=$D2-$E2-$H2"
    place = letters["决定"]
    assert quota["H2"].value == (
        f"=SUMPRODUCT(('申请表'!$A$2:$A$5=$A2)*('申请表'!$B$2:$B$5=$B2)*"
        f"('申请表'!${place}$2:${place}$5=\"同意\"))"
    )


def test_the_same_cases_give_the_same_bytes(drg: Drg, priced: Path, scheme: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.xlsx", "b.xlsx")]
    for file in files:
        drg("special-cases", priced, "-s", scheme, "-o", file, "-q")
    assert files[0].read_bytes() == files[1].read_bytes()


def test_no_candidates_is_a_list_too(drg: Drg, priced: Path, scheme: Path, tmp_path: Path) -> None:
    cheap = tmp_path / "cheap.parquet"
    pl.read_parquet(priced).filter(pl.col("case_id").str.starts_with("1")).write_parquet(cheap)
    out = tmp_path / "a.xlsx"
    assert drg("special-cases", cheap, "-s", scheme, "-o", out, "-q").code == 0
    assert cells(out) == []
    assert check_decisions(scan(out)).frame.is_empty()


def test_a_list_that_people_may_have_filled_in_is_not_overwritten(
    drg: Drg, priced: Path, scheme: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.xlsx"
    out.write_bytes(b"precious")
    outcome = drg("special-cases", priced, "-s", scheme, "-o", out, "--lang", "zh")
    assert outcome.code == 1
    assert "--overwrite" in outcome.err
    assert out.read_bytes() == b"precious"
    assert drg("special-cases", priced, "-s", scheme, "-o", out, "--overwrite", "-q").code == 0
    assert len(cells(out)) == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "a.csv"], "ends in .xlsx"),
        (["-o", "nowhere/a.xlsx"], "no directory"),
        (["-o", "a.xlsx", "--hospital", "H9"], "they have H2"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    drg: Drg, priced: Path, scheme: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(priced.parent)
    before = sorted(path.name for path in priced.parent.iterdir())
    outcome = drg("special-cases", priced, "-s", scheme, *arguments)
    assert outcome.code == 1
    assert said in outcome.err
    assert sorted(path.name for path in priced.parent.iterdir()) == before


def test_a_scheme_without_the_section(drg: Drg, priced: Path, scheme: Path, tmp_path: Path) -> None:
    file = scheme / "scheme.toml"
    file.write_text(file.read_text(encoding="utf-8").partition("\n[settlement]")[0], encoding="utf-8")
    outcome = drg("special-cases", priced, "-s", scheme, "-o", tmp_path / "a.xlsx")
    assert outcome.code == 1
    assert "[settlement.special]" in outcome.err
    assert not (tmp_path / "a.xlsx").exists()
