"""``drg check`` from the command line."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from polars.testing import assert_frame_equal

import drg
from drg.cli.main import cli
from drg.records.findings import SCHEMA

LINES = "case_id,sex,age_years,los_days,principal_diagnosis,other_diagnoses"
FILE = f"{LINES}\n1,1,40,3,I50.900,\n2,7,abc,61,O80.000,I10.x00|I10.x00\n3,1,40,3,O80.000,Z37.000\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "cases.csv"
    file.write_text(FILE, encoding="utf-8")
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["check", *map(str, arguments)], catch_exceptions=False)


def test_a_summary_in_both_languages(source: Path) -> None:
    english, chinese = (run(source, "--lang", language) for language in ("en", "zh"))
    assert english.exit_code == chinese.exit_code == 0
    assert "sex-impossible" in english.output
    assert "sex-impossible" in chinese.output
    assert "3 cases; 2 with errors" in english.output
    assert "3 个病例；有错误的 2 个" in chinese.output
    assert "grouper" in english.output
    assert "性别超出可能范围" in chinese.output
    assert "性别超出" not in english.output
    assert "sex is outside" not in chinese.output
    assert run(source, "-q").output == ""


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_findings_in_a_file(source: Path, tmp_path: Path, ending: str) -> None:
    output = tmp_path / f"findings{ending}"
    assert run(source, "-o", output, "-g", "chs-drg-2.0").exit_code == 0
    expected = drg.check(pl.read_csv(source, infer_schema=False), "chs-drg-2.0").findings
    if ending == ".parquet":
        of_file = {"file": pl.lit(str(source))}  # a frame has none
        assert_frame_equal(pl.read_parquet(output), expected.with_columns(**of_file))
    else:
        read = pl.read_csv if ending == ".csv" else pl.read_excel
        found = read(output, infer_schema_length=0) if ending == ".xlsx" else read(output, infer_schema=False)
        assert found["rule"].to_list() == expected["rule"].to_list()
        assert found["value"].to_list() == expected["value"].to_list()
        assert found.columns == SCHEMA.names()
    malformed = expected.filter(pl.col("rule") == "age-years-malformed").row(0, named=True)
    assert (malformed["row"], malformed["case_id"], malformed["value"]) == (3, "2", "abc")


def test_exit_code_only_if_strict(source: Path) -> None:
    assert run(source).exit_code == 0
    assert run(source, "--strict").exit_code == 3
    assert run(source, "--strict", "--rules", "los-days-over-60").exit_code == 0


def test_choosing_rules(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "findings.parquet"
    run(source, "-o", output, "--rules", "sex-impossible,los-days-over-60", "--rules", "obstetric-in-man")
    found = pl.read_parquet(output).select("row", "rule").rows()
    assert found == [(3, "sex-impossible"), (3, "los-days-over-60"), (4, "obstetric-in-man")]
    run(source, "-o", output, "--min-severity", "error")
    assert pl.read_parquet(output)["severity"].unique().to_list() == ["error"]
    with pytest.raises(drg.InputError, match="sex-impossible"):
        run(source, "--rules", "sex-imposible")


def test_list() -> None:
    done = run("--list")
    assert done.exit_code == 0
    assert "stays-overlap" in done.output
    assert "discharge-after-period" not in done.output
    assert "discharge-after-period" in run("--list", "--until", "2024-12-31").output
    assert run().exit_code == 2


def test_several_files_say_where_a_row_is(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.csv"
    other.write_text(f"{LINES}\n1,1,40,1,I50.900,\n9,1,40,70,I50.900,\n", encoding="utf-8")
    output = tmp_path / "findings.parquet"
    run(source, other, "-o", output, "--rules", "los-days-over-60,case-repeated")
    found = pl.read_parquet(output)
    assert found.columns == SCHEMA.names()
    assert found.select("file", "row", "rule").rows() == [
        (str(source), 3, "los-days-over-60"),
        (str(other), 2, "case-repeated"),
        (str(other), 3, "los-days-over-60"),
    ]


def test_a_layout_with_its_own_columns(tmp_path: Path) -> None:
    file = tmp_path / "hqms.csv"
    header = "A48,A49,A12C,A14,A16,B12,B15,B20,B34C,C03C,C06x01C,D01"
    cells = "000123,1,2,3岁x,,2024-03-05,2024-03-01,4,1,I50.900,I10.x00,0"
    file.write_text(f"{header}\n{cells}\n", encoding="gb18030")
    output = tmp_path / "findings.parquet"
    run(file, "-o", output, "--layout", "hqms")
    found = {row["rule"]: row["value"] for row in pl.read_parquet(output).to_dicts()}
    assert found["age-years-malformed"] == "3岁x"
    assert "age-years-missing" not in found
    assert found["discharge-before-admission"] == "2024-03-01"
    assert found["cost-not-positive"] == "0"


def test_errors_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(drg.InputError, match="no such file"):
        run(tmp_path / "nothing.csv")
    empty = tmp_path / "empty.csv"
    empty.write_text("\n", encoding="utf-8")
    with pytest.raises(drg.InputError, match=r"empty\.csv"):
        run(empty, "-o", tmp_path / "findings.csv")
    assert not (tmp_path / "findings.csv").exists()


def test_a_broken_row_is_a_finding_before_all_others(tmp_path: Path) -> None:
    ragged = tmp_path / "ragged.csv"
    ragged.write_text(f"{LINES}\n1,1,40,3,I50.900,,,,1\n", encoding="utf-8")
    printed = run(ragged, "-o", tmp_path / "findings.csv").output
    found = pl.read_csv(tmp_path / "findings.csv", infer_schema=False)
    assert found.select("row", "rule").row(0) == (str(LINES.count("\n") + 2), "row-long")
    assert "row-long" in printed


def test_what_is_only_likely_is_a_finding_of_check_and_run(tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(
        f"{LINES},birth_weight_g\n1,1,0,3,I50.900,,3.2\n2,1,0,3,I50.900,,3200\n", encoding="utf-8"
    )
    printed = run(file, "-o", tmp_path / "findings.csv").output
    found = pl.read_csv(tmp_path / "findings.csv", infer_schema=False)
    converted = found.filter(pl.col("rule") == "birth-weight-g-converted")
    assert converted.select("row", "case_id", "value").rows() == [("2", "1", "3.2")]
    assert "3200" in converted["message"][0]
    assert "birth-weight-g-converted" in printed
    frame = pl.read_csv(file, infer_schema=False)
    (again,) = (
        drg.check(frame)
        .findings.filter(pl.col("rule") == "birth-weight-g-converted")
        .select("row", "case_id")
        .rows()
    )
    assert again == (2, "1")
