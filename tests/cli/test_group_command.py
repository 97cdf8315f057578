from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from drg.columns import INPUT, OUTPUT
from drg.tables import load_tables
from drg.tables.write import write_version
from tests.cli.conftest import Drg

HEADER = (
    "case_id,sex,age_years,age_days,birth_weight_g,los_days,disposition,icu_hours,"
    "principal_diagnosis,other_diagnoses,principal_procedure,other_procedures,ward\n"
)
ROWS = [
    "0001,1,60,,,5,1,0,D10.002,D90.100|D50.000,,,A1",
    '0002,2,75,,,5,1,0,D30.000,,08.1000,,"ward, second floor"',
    "0003,1,60,,,2,5,0,d10.001 ,,,,A1",
    "0004,1,60,,,5,1,0,,,,,A1",
    "0005,1,300,,,5,1,0,D10.002,,,,A1",
    "0005,1,60,,,5,1,0,D10.002,,09.9000,,A1",
]
EXPECTED = ["BR11", "NA1H", "BR1A", "0000", "0000", "BQY"]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "discharges.csv"
    file.write_text(HEADER + "\n".join(ROWS) + "\n", encoding="utf-8")
    return file


def read(file: Path) -> pl.DataFrame:
    if file.suffix == ".parquet":
        return pl.read_parquet(file)
    return pl.read_csv(file, infer_schema=False)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".csv.zst", ".parquet"])
def test_every_output_holds_the_input_rows_in_order_and_the_groups(
    drg: Drg, csv: Path, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"grouped{ending}"
    outcome = drg("group", csv, "-o", out, "--grouper", "demo")
    assert outcome.code == 0, outcome.err
    result = read(out)
    source = read(csv)
    assert result.columns == [*source.columns, *OUTPUT]
    assert result.select(source.columns).equals(source)
    assert result["drg"].to_list() == EXPECTED
    assert result["grouping_status"].to_list() == [
        "grouped", "grouped", "grouped", "ungrouped", "invalid", "ambiguous",
    ]  # fmt: skip


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.zst", ".parquet"])
def test_every_input_is_read(drg: Drg, csv: Path, tmp_path: Path, ending: str) -> None:
    source = tmp_path / f"discharges{ending}"
    if ending == ".csv.gz":
        source.write_bytes(gzip.compress(csv.read_bytes()))
    elif ending == ".parquet":
        pl.read_csv(csv, infer_schema=False).write_parquet(source)
    else:
        pl.read_csv(csv, infer_schema=False).lazy().sink_csv(source, compression="zstd")
    out = tmp_path / "grouped.parquet"
    assert drg("group", source, "-o", out, "-g", "demo").code == 0
    assert read(out)["drg"].to_list() == EXPECTED


def test_lists_survive_from_parquet_to_parquet_and_become_text_in_csv(drg: Drg, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            **{name: [None] for name in INPUT},
            "principal_diagnosis": ["D12.000"],
            "other_diagnoses": [["D50.000", "D90.100"]],
            "other_procedures": [[]],
        },
        schema_overrides={"other_procedures": pl.List(pl.String)},
    )
    source = tmp_path / "in.parquet"
    frame.write_parquet(source)
    assert drg("group", source, "-o", tmp_path / "out.parquet", "-g", "demo").code == 0
    assert read(tmp_path / "out.parquet")["other_diagnoses"].to_list() == [["D50.000", "D90.100"]]
    assert drg("group", source, "-o", tmp_path / "out.csv", "-g", "demo").code == 0
    again = read(tmp_path / "out.csv")
    assert again["other_diagnoses"].to_list() == ["D50.000|D90.100"]
    assert again["drg"].to_list() == ["BS19"]


def test_several_files_become_one_in_order(drg: Drg, csv: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.csv"
    second.write_text(HEADER + "0009,1,60,,,5,1,0,D14.000,,,,B2\n", encoding="utf-8")
    out = tmp_path / "both.csv"
    assert drg("group", csv, second, "-o", out, "-g", "demo").code == 0
    result = read(out)
    assert result["case_id"].to_list() == ["0001", "0002", "0003", "0004", "0005", "0005", "0009"]
    assert result["grouping_status"].to_list()[-1] == "no_drg"


def test_csv_begins_with_a_byte_order_mark_unless_told_otherwise(drg: Drg, csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "grouped.csv"
    drg("group", csv, "-o", out, "-g", "demo")
    assert out.read_bytes().startswith("\ufeffcase_id".encode())
    drg("group", csv, "-o", out, "-g", "demo", "--no-bom")
    assert out.read_bytes().startswith(b"case_id")


def test_the_result_can_be_read_back_with_its_byte_order_mark(drg: Drg, csv: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.csv"
    drg("group", csv, "-o", first, "-g", "demo")
    again = tmp_path / "again.csv"
    read(first).drop(list(OUTPUT)).write_csv(again, include_bom=True)
    out = tmp_path / "second.csv"
    assert drg("group", again, "-o", out, "-g", "demo").code == 0
    assert out.read_bytes() == first.read_bytes()


def test_summary_counts_every_case_and_names_the_reasons(drg: Drg, csv: Path, tmp_path: Path) -> None:
    out = drg("group", csv, "-o", tmp_path / "o.csv", "-g", "demo").out
    lines = [line for line in out.splitlines() if "│" in line]
    counts = {
        line.split("│")[1].strip(): line.split("│")[2].strip()
        for line in lines
        if line.count("│") == 4 and "%" in line
    }
    assert {name: counts[name] for name in ("grouped", "ambiguous", "ungrouped", "invalid", "all")} == {
        "grouped": "3", "ambiguous": "1", "ungrouped": "1", "invalid": "1", "all": "6",
    }  # fmt: skip
    assert "principal_diagnosis is missing" in out
    assert "age_years is impossible (0 to 150 expected)" in out
    assert "NA1H" in out
    assert "6 cases in" in out
    assert "demo" in out


def test_quiet_prints_nothing(drg: Drg, csv: Path, tmp_path: Path) -> None:
    outcome = drg("group", csv, "-o", tmp_path / "o.csv", "-g", "demo", "-q")
    assert outcome == (0, "", "")


def test_a_version_can_be_a_directory(drg: Drg, csv: Path, tmp_path: Path) -> None:
    demo = load_tables("demo")
    copy = tmp_path / "mine"
    write_version(copy, demo.manifest.model_copy(update={"id": "mine"}), demo.frames)
    out = tmp_path / "o.csv"
    assert drg("group", csv, "-o", out, "-g", copy).code == 0
    assert read(out)["drg"].to_list() == EXPECTED
    assert set(read(out)["grouper"]) == {"mine"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nofile.csv", "-o", "o.csv"], ["nofile.csv: there is no such file"]),
        ([".", "-o", "o.csv"], ["empty.csv: the file is empty"]),
        (["discharges.csv", "-o", "nowhere/o.csv"], ["there is no directory nowhere", "Make it first"]),
        (["discharges.csv", "-o", "o.docx"], [".docx are not known here", ".parquet"]),
        (["discharges.csv", "-o", "discharges.csv"], ["this is the input"]),
        (["fake.parquet", "-o", "o.csv"], ["fake.parquet", "not what its ending .parquet says"]),
        (["empty.csv", "-o", "o.csv"], ["empty.csv: the file is empty"]),
        (["narrow.csv", "-o", "o.csv"], ["principal_diagnosis (主要诊断)", "leave cells empty"]),
        (["grouped.csv", "-o", "o.csv"], ["already has a column drg", "Rename or drop it"]),
    ],
)
@pytest.mark.usefixtures("csv")
def test_what_cannot_be_done_is_said_clearly_and_leaves_nothing(
    drg: Drg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fake.parquet").write_text("this is no table, whatever its name says", encoding="utf-8")
    Path("empty.csv").write_text("", encoding="utf-8")
    Path("narrow.csv").write_text("case_id,sex,age_years,los_days\n1,1,30,3\n", encoding="utf-8")
    Path("grouped.csv").write_text(HEADER.strip() + ",drg\n" + ROWS[0] + ",X\n", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    outcome = drg("group", *arguments, "-g", "demo")
    assert outcome.code == 1
    # What was read of the columns may be said before.
    assert "Written to" not in outcome.out
    assert "cases" not in outcome.out
    for part in said:
        assert part in outcome.err
    assert "Traceback" not in outcome.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_unknown_grouper_offers_the_nearest_name(drg: Drg, csv: Path, tmp_path: Path) -> None:
    outcome = drg("group", csv, "-o", tmp_path / "o.csv", "-g", "wuhan2022")
    assert outcome.code == 1
    assert "Did you mean 'wuhan-2022'?" in outcome.err


def test_an_output_that_exists_is_kept_if_the_run_fails(drg: Drg, tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    text = io.StringIO(HEADER + ROWS[0])
    pl.read_csv(text, infer_schema=False).write_parquet(broken, compression="uncompressed")
    content = broken.read_bytes()
    # The footer is whole, so that the file is found to be broken only when it is read.
    broken.write_bytes(content[:4] + bytes(100) + content[104:])
    out = tmp_path / "o.csv"
    out.write_text("yesterday", encoding="utf-8")
    assert drg("group", broken, "-o", out, "-g", "demo").code == 1
    assert out.read_text(encoding="utf-8") == "yesterday"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_directory_without_write_permission(drg: Drg, csv: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    outcome = drg("group", csv, "-o", closed / "o.csv", "-g", "demo")
    assert outcome.code == 1
    assert "cannot be written" in outcome.err


@pytest.mark.parametrize(
    "arguments", [["group"], ["group", "x.csv", "-g", "demo"], ["grup"], ["group", "--huh"]]
)
def test_misuse_of_the_command_line_exits_2(drg: Drg, arguments: list[str]) -> None:
    outcome = drg(*arguments)
    assert outcome.code == 2
    assert "Error" in outcome.err


def test_the_installed_command_runs(csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.parquet"
    command = [sys.executable, "-m", "drg", "group", str(csv), "-o", str(out), "-g", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert read(out)["drg"].to_list() == EXPECTED


def test_an_interrupted_run_leaves_nothing(
    drg: Drg, csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("drg.grouping.grouper.encode", interrupt)
    outcome = drg("group", csv, "-o", tmp_path / "o.csv", "-g", "demo")
    assert outcome.code == 130
    assert "Interrupted" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == [csv.name]


def test_columns_that_are_missing_are_told_once(drg: Drg, csv: Path, tmp_path: Path) -> None:
    narrow, out, findings = tmp_path / "narrow.csv", tmp_path / "o.csv", tmp_path / "findings.csv"
    pl.read_csv(csv, infer_schema=False).drop("sex", "icu_hours").write_csv(narrow)
    outcome = drg("group", narrow, "-o", out, "-g", "demo", "-q")
    assert outcome == (0, "", "Warning: there is no column sex, icu_hours; it counts as not known.\n")
    assert "missing sex" in str(read(out)["grouping_reason"].to_list())
    outcome = drg("group", csv, narrow, "-o", out, "-g", "demo", "--findings", findings, "--lang", "zh")
    assert outcome.code == 0
    assert outcome.err == "提醒：没有列 性别 sex、重症监护时长 icu_hours，按缺失处理。\n"
    missing = read(findings).filter(pl.col("rule") == "column-missing").select("file", "field").rows()
    assert set(missing) == {(str(narrow), "sex"), (str(narrow), "icu_hours")}


def test_reasons_in_chinese(drg: Drg, csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.csv"
    assert drg("group", csv, "-o", out, "-g", "demo", "--lang", "zh").code == 0
    assert read(out)["grouping_reason"].to_list()[3] == "缺少主要诊断"
