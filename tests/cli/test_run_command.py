from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from drg.columns import OUTPUT, PRICE
from drg.records.reading import read_results
from tests.cli.conftest import Drg

HEADER = (
    "case_id,sex,age_years,age_days,birth_weight_g,los_days,disposition,icu_hours,principal_diagnosis,"
    "other_diagnoses,principal_procedure,other_procedures,department,hospital_id,hospital_level,insurance_type,"
    "total_cost_yuan,case_kind,incomplete,tcm_cost_yuan,patient_id,admission_date,discharge_date\n"
)
END = "H2,2,310,{cost},,,,,2025-03-01,2025-03-06\n"
ROWS = [
    "0001,1,60,,,5,1,0,D10.002,D90.100|D50.000,,,内科," + END.format(cost="9000"),
    "0002,2,75,,,5,1,0,D30.000,,08.1000,,妇科," + END.format(cost="12000.50"),
    "0003,1,60,,,5,1,0,,,,,内科," + END.format(cost="100"),
    "0004,1,60,,,5,1,0,D10.001,,,,内科," + END.format(cost=""),
    "0005,1,300,,,5,1,0,D10.001,,,,<儿科>," + END.format(cost="7000"),
]
DRGS = ["BR11", "NA1H", "0000", "BR15", "0000"]
CLASSES = ["normal", "normal", "ungrouped", "invalid", "ungrouped"]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "discharges.csv"
    file.write_text(HEADER + "".join(ROWS), encoding="utf-8")
    return file


def test_one_command_checks_groups_and_prices(drg: Drg, csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "results" / "march"
    outcome = drg("run", csv, "-o", out, "--scheme", "demo")
    assert outcome.code == 0, outcome.err
    assert sorted(path.name for path in out.iterdir()) == ["cases.parquet", "findings.csv", "summary.html"]
    cases = pl.read_parquet(out / "cases.parquet")
    source = pl.read_csv(csv, infer_schema=False)
    assert cases.columns == [*source.columns, *OUTPUT, *PRICE]
    assert cases.select(source.columns).equals(source)
    assert cases["drg"].to_list() == DRGS
    assert cases["case_class"].to_list() == CLASSES
    findings = pl.read_csv(out / "findings.csv", infer_schema=False)
    assert {"0003", "0005"} <= set(findings["case_id"])
    assert "5 cases in" in outcome.out


def test_the_page_has_totals_departments_and_groups(drg: Drg, csv: Path, tmp_path: Path) -> None:
    drg("run", csv, "-o", tmp_path / "out", "-s", "demo", "-q")
    page = (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
    for part in (
        "CMI",
        "内科",
        "妇科",
        "NA1H",
        "结余",
        "&lt;儿科&gt;",
        "total_cost_yuan is missing",
        "Illustrative",
    ):
        assert part in page
    # 1.5 × 11,000 and 2.4 × 11,000
    assert "42,900.00" in page


def test_text_and_csv_by_option(drg: Drg, csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert drg("run", csv, "-o", out, "-s", "demo", "--text", "--csv", "-q") == (0, "", "")
    assert sorted(path.name for path in out.iterdir()) == ["cases.csv", "findings.csv", "summary.txt"]
    text = (out / "summary.txt").read_text(encoding="utf-8")
    for part in ("CMI", "内科", "42,900.00"):
        assert part in text


def test_what_decides_a_rate_is_refused_with_the_option_to_copy(drg: Drg, csv: Path, tmp_path: Path) -> None:
    narrow, out = tmp_path / "narrow.csv", tmp_path / "out"
    pl.read_csv(csv, infer_schema=False).drop("hospital_level", "insurance_type").write_csv(narrow)
    outcome = drg("run", narrow, "-o", out, "-s", "demo", "-q")
    assert outcome.code == 1
    options = outcome.err.partition("can be given as ")[2].partition(" (")[0].split()
    assert options[0::2] == ["--set", "--set"]
    assert not out.exists()
    outcome = drg("run", narrow, "-o", out, "-s", "demo", "-q", *options)
    assert (outcome.code, outcome.err) == (0, "")


def test_other_columns_may_be_missing_with_a_warning(drg: Drg, csv: Path, tmp_path: Path) -> None:
    narrow, out = tmp_path / "narrow.csv", tmp_path / "out"
    missing = ("other_procedures", "icu_hours", "patient_id", "case_kind")
    pl.read_csv(csv, infer_schema=False).drop(missing).write_csv(narrow)
    out.mkdir()
    outcome = drg("run", narrow, "-o", out, "-s", "demo", "-q", "--json", out / "s.json")
    assert outcome.code == 0
    assert outcome.err.splitlines() == [
        "Warning: there is no column icu_hours, other_procedures, patient_id, case_kind; "
        "it counts as not known.",
    ]
    found = pl.read_csv(out / "findings.csv").filter(pl.col("rule") == "column-missing")
    assert set(found["field"]) == set(missing)
    assert set(found["file"]) == {str(narrow)}
    counted = {one["rule"]: one["count"] for one in json.loads((out / "s.json").read_bytes())["findings"]}
    assert counted["column-missing"] == len(missing)


def test_ids_are_said_once(drg: Drg, csv: Path, tmp_path: Path) -> None:
    printed = drg("run", csv, "-o", tmp_path / "out", "-s", "demo").out
    assert "with demo." in " ".join(printed.split())


def test_columns_of_the_hospital_stay_beside_canonical_ones(drg: Drg, tmp_path: Path) -> None:
    file = tmp_path / "hqms.csv"
    file.write_text(
        "医疗机构代码,C01C,出院主要诊断编码,性别,年龄,总费用,出院科别,姓名,主管医师,DRG,科室备注\n"
        "H2,1,D10.002,1,60,9000,内科,张三,李四,OLD,x\n",
        encoding="utf-8",
    )
    layout = tmp_path / "mine.toml"
    layout.write_text(
        'id = "mine"\ntitle = "Mine"\ntitle_zh = "本院"\n'
        '[[field]]\ncolumn = "principal_diagnosis"\nnames = ["出院主要诊断编码"]\nconversion = "code"\n'
        '[[field]]\ncolumn = "total_cost_yuan"\nnames = ["总费用"]\nconversion = "money"\n',
        encoding="utf-8",
    )
    rates = ("--set", "hospital_level=2", "--set", "insurance_type=310")
    arguments = (file, "-s", "demo", "--layout", layout, *rates, "-q")
    assert drg("run", *arguments, "-o", tmp_path / "out").code == 0
    row = pl.read_parquet(tmp_path / "out" / "cases.parquet").row(0, named=True)
    assert (row["姓名"], row["主管医师"], row["科室备注"]) == ("张三", "李四", "x")
    assert (row["principal_diagnosis"], row["drg"], row["DRG_"]) == ("D10.002", "BR15", "OLD")
    assert row["payment_yuan"] is not None
    assert "出院主要诊断编码" not in row
    outcome = drg("run", *arguments, "-o", tmp_path / "out", "--xlsx", "--lang", "zh")
    assert outcome.code == 0, outcome.err
    header = pl.read_excel(tmp_path / "out" / "cases.xlsx").columns
    assert {"主要诊断", "性别", "姓名", "主管医师", "DRG_", "病组", "支付合计"} <= set(header)
    (read,) = read_results([tmp_path / "out" / "cases.xlsx"]).lazy(["drg", "payment_yuan"]).collect().rows()
    assert read == (row["drg"], row["payment_yuan"])
    assert drg("run", *arguments, "-o", tmp_path / "out", "--xlsx", "--csv").code == 2


def test_long_rankings_are_cut_to_ten_best_and_ten_worst(drg: Drg, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    rows = [ROWS[0].replace("内科", f"科室{n:02}").replace("9000", str(9000 + n)) for n in range(30)]
    file.write_text(HEADER + "".join(rows), encoding="utf-8")
    drg("run", file, "-o", tmp_path / "out", "-s", "demo", "--text", "-q")
    text = (tmp_path / "out" / "summary.txt").read_text(encoding="utf-8")
    assert [n for n in range(30) if f"科室{n:02}" in text] == [*range(10), *range(20, 30)]
    assert text.index("科室29") < text.index("科室28")


def test_another_version_is_used_and_warned_of(drg: Drg, csv: Path, tmp_path: Path) -> None:
    outcome = drg("run", csv, "-o", tmp_path / "out", "-s", "demo", "-g", "chs-drg-2.0", "-q")
    assert outcome.code == 0
    assert "grouped with another version than demo" in outcome.err


def test_a_layout_that_lacks_the_level_takes_it_from_the_command(drg: Drg, csv: Path, tmp_path: Path) -> None:
    file = tmp_path / "narrow.csv"
    pl.read_csv(csv, infer_schema=False).drop("hospital_level").write_csv(file)
    assert drg("run", file, "-o", tmp_path / "out", "-s", "demo").code == 1
    assert drg("run", file, "-o", tmp_path / "out", "-s", "demo", "--set", "hospital_level=3", "-q").code == 0
    assert set(pl.read_parquet(tmp_path / "out" / "cases.parquet")["hospital_level"]) == {"3"}


def test_an_output_that_is_a_file_is_refused(drg: Drg, csv: Path) -> None:
    outcome = drg("run", csv, "-o", csv, "-s", "demo")
    assert outcome.code == 1
    assert "Give the name of a directory" in outcome.err
    assert csv.read_text(encoding="utf-8").startswith("case_id")
