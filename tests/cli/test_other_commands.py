from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import Drg

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "discharges.csv"
STROKE = ["--principal-diagnosis", "D10.001", "--other-diagnoses", "D90.100", "--age-years", "60"]


def test_version_and_help(drg: Drg) -> None:
    assert version("drg") in drg("--version").out
    for arguments in (["--help"], ["-h"], ["group", "--help"], ["explain", "--help"], ["groupers", "--help"]):
        outcome = drg(*arguments)
        assert outcome.code == 0
        assert outcome.out.startswith("Usage: drg")


def test_help_does_not_import_what_is_slow() -> None:
    code = "import sys, drg.cli.main; print([m for m in ('polars', 'numba', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# What takes as long to import as a command of a few cases should take.
HEAVY = {
    "matplotlib",
    "narwhals",
    "numba",
    "openpyxl",
    "pandas",
    "pyarrow",
    "pydantic",
    "scipy",
    "xlsxwriter",
}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["explain", "-g", "demo", *STROKE], {"pydantic"}),
        (["group", "discharges.csv", "-o", "grouped.csv", "-g", "chs-drg-2.0"], set()),
    ],
)
def test_few_cases_are_done_without_heavy_modules(
    arguments: list[str], needed: set[str], tmp_path: Path
) -> None:
    (tmp_path / "discharges.csv").write_bytes(EXAMPLE.read_bytes())
    code = (
        "import json, sys; from drg.cli.main import cli; cli(sys.argv[1:], standalone_mode=False);"
        "print(json.dumps(list(sys.modules)))"
    )
    # The second run finds the version in the cache.
    for _ in range(2):
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert HEAVY & set(json.loads(done.stdout.splitlines()[-1])) <= needed


def test_groupers_lists_every_version(drg: Drg) -> None:
    out = drg("groupers").out
    for part in ("chs-drg-2.0", "wuhan-2022", "武汉 2022", "chs-drg-1.0", "demo", "fictional"):
        assert part in out
    listed = json.loads(drg("groupers", "--json").out)
    assert len(listed) >= 29
    assert {"id", "title"} <= set(listed[0])


def test_explain_shows_what_held_and_by_which_codes(drg: Drg) -> None:
    outcome = drg("explain", "-g", "demo", *STROKE)
    assert outcome.code == 0
    assert "MDCB → BR1 → BR15" in outcome.out
    assert "✓ ZYZD in DI_BR1 (D10.001)" in outcome.out
    assert "✗ D90.100 is MCC: does not count: EX_1 excludes it" in outcome.out
    assert "BB1" in outcome.out


def test_explain_all_spells_out_what_was_ruled_out(drg: Drg) -> None:
    brief = drg("explain", "-g", "demo", *STROKE).out
    full = drg("explain", "-g", "demo", "--all", *STROKE).out
    assert "length(OP_BB1" in full
    assert "length(OP_BB1" not in brief


def test_explain_as_json(drg: Drg) -> None:
    result = json.loads(drg("explain", "-g", "demo", "--json", *STROKE).out)
    assert (result["drg"], result["severity"]) == ("BR15", "none")
    assert result["complications"] == [
        {"code": "D90.100", "level": "MCC", "exclusion_set": "EX_1", "counts": False}
    ]


def test_explain_a_case_of_a_file(drg: Drg, tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("case_id,principal_diagnosis,age_years\n007,D10.001,60\n008,D14.000,\n", encoding="utf-8")
    assert "→ BR15" in drg("explain", file, "--case-id", "007", "-g", "demo").out
    assert "[no_drg]" in drg("explain", file, "--case-id", "008", "-g", "demo").out
    absent = drg("explain", file, "--case-id", "9", "-g", "demo")
    assert absent.code == 1
    assert "there is no case '9'" in absent.err


GALLSTONES = ["--principal-diagnosis", "K80.302", "--principal-procedure", "51.2300", "--age-years", "45"]
TWO = "chs-drg-2.0,chs-drg-3.0"


def test_explain_in_two_versions_names_the_first_cause(drg: Drg) -> None:
    outcome = drg("explain", "--groupers", TWO, *GALLSTONES, "--lang", "zh")
    assert outcome.code == 0
    for part in ("MDCH → HC2 → HC25", "MDCH → HC4 → HC45", "（only_code）", "仅编码改变，病组相同"):
        assert part in outcome.out
    shunt = ["--principal-diagnosis", "D33.404", "--principal-procedure", "02.2213"]
    found = json.loads(drg("explain", "--groupers", TWO, "--json", *shunt).out)
    assert (found["cause"], found["cause_table"]) == ("split_cc", "drg_rows")
    assert [one["drg"] for one in found["explanations"]] == ["BC19", "BC15"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-g", "demo"],
        ["x.csv", "-g", "demo"],
        [*STROKE],
        ["-g", "demo", "--groupers", TWO, *STROKE],
        ["--groupers", "demo", *STROKE],
    ],
)
def test_explain_says_what_it_needs(drg: Drg, arguments: list[str]) -> None:
    assert drg("explain", *arguments).code == 2
