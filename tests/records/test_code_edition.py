"""Files of clinical codes that are read as insurance codes, and the other way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from drg.cli.main import cli
from drg.records import code_edition
from drg.records.cases import CodeVersion
from drg.records.columns_read import look_through
from drg.records.notes import CODES_CLINICAL, CODES_INSURANCE
from drg.records.reading import read

# Codes that one edition alone has, and one that both have.
CLINICAL = ("A01.000x002", "A04.700x001", "A06.400", "A02.100x004")
INSURANCE = ("A01.003", "A02.100", "A04.702", "A04.900")
BOTH = ("K80.101",)


def file_of(file: Path, codes: Sequence[str]) -> Path:
    """Each code is one of two in its row; the other is of both editions."""
    pl.DataFrame(
        {
            "case_id": [f"{row}" for row in range(len(codes))],
            "principal_diagnosis": codes,
            "other_diagnoses": [[], *[["K80.101"]] * (len(codes) - 1)],
        },
        schema_overrides={"other_diagnoses": pl.List(pl.String)},
    ).write_parquet(file)
    return file


def said(files: Sequence[Path], codes: CodeVersion = "insurance") -> list[tuple[str, str]]:
    found = look_through(read(files, codes=codes)).discharges.remarks
    wanted = found.filter(pl.col("rule").is_in([CODES_CLINICAL, CODES_INSURANCE]))
    return wanted.select("rule", "value").rows()


@pytest.mark.parametrize(
    ("codes", "percent"),
    [
        (CLINICAL, "57 %"),
        (CLINICAL * 3, "52 %"),
        ([*CLINICAL * 3, *BOTH * 48], "10 %"),
        ([*CLINICAL * 3, *INSURANCE, *BOTH * 20], "17 %"),
        ([" ａ01.000X002 "], "100 %"),
    ],
)
def test_a_file_of_clinical_codes_is_recognised(tmp_path: Path, codes: Sequence[str], percent: str) -> None:
    file = file_of(tmp_path / "a.parquet", codes)
    assert said([file]) == [(CODES_CLINICAL, percent)]
    assert said([file], "clinical") == []


@pytest.mark.parametrize(
    "codes",
    [
        INSURANCE,
        BOTH * 9,
        [*CLINICAL, *BOTH * 9],
        [*CLINICAL * 3, *BOTH * 300],
        [*CLINICAL * 3, *INSURANCE * 2],
        ["Z99.999x999"] * 9,
    ],
)
def test_other_files_are_not(tmp_path: Path, codes: Sequence[str]) -> None:
    assert said([file_of(tmp_path / "a.parquet", codes)]) == []


def test_insurance_codes_read_as_clinical_ones(tmp_path: Path) -> None:
    assert said([file_of(tmp_path / "a.parquet", INSURANCE)], "clinical") == [(CODES_INSURANCE, "57 %")]


def test_each_file_has_its_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [
        file_of(tmp_path / f"{n}.parquet", codes) for n, codes in enumerate((CLINICAL, INSURANCE, CLINICAL))
    ]
    monkeypatch.setattr(code_edition, "ROWS", 2)
    found = look_through(read(files)).discharges.remarks.filter(rule=CODES_CLINICAL)
    assert found["file"].to_list() == [str(files[0]), str(files[2])]
    assert found["message_zh"].to_list() == ["前 2 行的编码有 67 % 是国临版编码"] * 2


def test_files_without_codes(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("case_id,principal_diagnosis\n1,\n2,-\n", encoding="utf-8")
    assert said([file]) == []


@pytest.mark.parametrize("command", ["group", "run", "check"])
def test_commands_say_it_once(tmp_path: Path, command: str) -> None:
    file = tmp_path / "a.csv"
    rows = [f"{row},1,45,{code},1000,310,H1" for row, code in enumerate(CLINICAL)]
    header = "case_id,sex,age_years,principal_diagnosis,total_cost_yuan,insurance_type,hospital_id"
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    options = {
        "group": ["-o", str(tmp_path / "out.csv"), "-g", "demo"],
        "run": ["-o", str(tmp_path / "out"), "--scheme", "demo", "--set", "hospital_level=3"],
        "check": [],
    }[command]
    summary = tmp_path / "summary.json"
    done = CliRunner().invoke(cli, [command, str(file), *options, "--quiet", "--json", str(summary)])
    assert done.exit_code == 0, done.output
    assert done.output.count("100 % of the codes of this file are clinical codes: Read the file with") == 1
    findings = json.loads(summary.read_text(encoding="utf-8"))["findings"]
    (told,) = (one for one in findings if one["rule"] == CODES_CLINICAL)
    assert (told["severity"], told["count"]) == ("warning", 1)
    assert (told["first"]["file"], told["first"]["row"]) == (str(file), 1)
