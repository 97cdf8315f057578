"""Whatever the console: nothing crashes, nothing is cut, and whoever waits sees how far it is."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from rich.cells import cell_len
from rich.console import Console

from drg.report.console import shown_as
from tests.cli.conftest import Drg
from tests.profiles import quick_first

EXAMPLE = Path(__file__).parents[2] / "examples" / "discharges.csv"
CONSOLES = {
    "gbk": {"PYTHONIOENCODING": "gbk"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
STROKE = ("--principal-diagnosis", "D10.001", "--other-diagnoses", "D90.100", "--age-years", "60")


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("cases") / "cases.csv"
    command = [sys.executable, "-m", "drg", "simulate", "300", "-g", "demo", "-o", str(file), "-q"]
    subprocess.run(command, check=True)
    return file


@pytest.mark.parametrize("console", quick_first(CONSOLES))
def test_no_console_is_too_poor(drg: Drg, cases: Path, tmp_path: Path, console: str) -> None:
    commands = [
        ("groupers",),
        ("schemes",),
        ("layouts", "hqms"),
        ("explain", "-g", "demo", *STROKE),
        ("check", cases),
        ("group", cases, "-g", "demo", "-o", tmp_path / "grouped.csv"),
        ("group", tmp_path / "没有.csv", "-g", "demo", "-o", tmp_path / "x.csv"),
    ]
    script = (
        "import sys, json\n"
        "from drg.cli.main import main\n"
        "for arguments in json.loads(sys.argv[1]):\n"
        "    sys.argv = ['drg', *arguments]\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as left:\n"
        "        print('left with', left.code)\n"
    )
    # Both languages in one process, for starting one takes longest.
    spoken = [[*map(str, command), "--lang", language] for language in ("zh", "en") for command in commands]
    words = json.dumps([*spoken, ["groupers", "--json"]])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    done = subprocess.run(
        [sys.executable, "-c", script, words], capture_output=True, env=environment | CONSOLES[console]
    )
    encoding = "gbk" if console == "gbk" else "ascii"
    whole, err = done.stdout.decode(encoding), done.stderr.decode("utf-8", "replace")
    assert "Traceback" not in err, err
    chinese, between, rest = whole.partition("left with 1\n")
    english, _, as_json = rest.partition("left with 1\n")
    for language, out in (("zh", chinese + between), ("en", english)):
        assert out.count("left with 0") == 6, out
        assert "BR15" in out
        if console == "gbk":
            assert "√" in out
            assert "×" in out
            assert ("入组" in out) == (language == "zh")
        else:
            assert "+ ZYZD in DI_BR1 (D10.001" in out
    # JSON is whole on every console.
    found, _, code = as_json.partition("left with ")
    assert code.strip() == "0"
    assert json.loads(found) == json.loads(drg("groupers", "--json").out)


def test_a_sign_is_one_that_the_console_shows() -> None:
    assert shown_as(Console(), ("a", "b")) == "a"


@pytest.mark.parametrize("language", [pytest.param("zh", marks=pytest.mark.thorough), "en"])
def test_tables_fit_eighty_columns(
    drg: Drg,
    cases: Path,
    other_demo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    monkeypatch.setattr("drg.report.console._WIDTH_OF_A_FILE", 80)
    # Chinese needs most room, and national versions have the longest names.
    compared = (
        (EXAMPLE, "-g", "chs-drg-1.1,chs-drg-2.0")
        if language == "zh"
        else (cases, "-g", f"demo,{other_demo}")
    )
    grouped, priced = tmp_path / "grouped.parquet", tmp_path / "priced.parquet"
    lacking = ("case_kind", "incomplete", "tcm_cost_yuan", "excluded_items_yuan", "patient_share_yuan")
    constants = [part for name in lacking for part in ("--set", f"{name}=")]
    commands: list[tuple[str | Path, ...]] = [
        ("groupers",),
        ("schemes",),
        ("layouts",),
        ("layouts", "hqms"),
        ("check", cases),
        ("check", "--list"),
        ("group", cases, "-g", "demo", "-o", grouped),
        ("price", grouped, "-s", "demo", "-o", priced, *constants),
        ("run", cases, "-s", "demo", "-o", tmp_path / "run", *constants),
        ("evaluate", grouped),
        ("weights", grouped, "-o", tmp_path / "mine", "--min-cases", "1"),
        ("settle", priced, "-s", "demo", "-o", tmp_path / "settled.parquet"),
        ("compare", *compared, "-o", tmp_path / "compared"),
        ("tables", "check", "demo"),
        ("tables", "diff", "chs-drg-1.0", "chs-drg-1.1"),
        ("tables", "show", "BR1"),
    ]
    for command in commands:
        outcome = drg(*command, "--lang", language)
        assert outcome.code == 0, (command, outcome.err)
        for line in outcome.out.splitlines():
            if any(letter in line for letter in "│┃┏└"):
                assert cell_len(line) <= 80, (command, line)
        amounts = pl.read_parquet(priced)["payment_yuan"].sum() if command[0] == "price" else None
        if amounts is not None:
            assert f"{amounts:,.2f}" in outcome.out


def test_whoever_waits_sees_how_far_it_is(
    drg: Drg, cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int, int]] = []

    @contextlib.contextmanager
    def counting(done: Callable[[], int], *, total: int | None, show: bool, what: str) -> Iterator[None]:
        assert show
        yield
        seen.append((what, done(), total or 0))

    monkeypatch.setattr("drg.cli.progress.counting", counting)
    file, grouped = tmp_path / "cases.parquet", tmp_path / "grouped.parquet"
    frame = pl.read_csv(cases, infer_schema=False)
    empty = {name: pl.lit(None, dtype=pl.String) for name in ("case_kind", "incomplete", "tcm_cost_yuan")}
    frame.with_columns(**empty).write_parquet(file)
    for command in (
        ("group", file, "-g", "demo", "-o", grouped),
        ("check", file),
        ("run", file, "-s", "demo", "-o", tmp_path / "run", "--lang", "zh"),
        ("evaluate", grouped),
    ):
        outcome = drg(*command)
        assert outcome.code == 0, outcome.err
    assert seen == [
        ("grouping", 300, 300),
        ("checking", 300, 300),
        ("分组和计价", 300, 300),
        ("检查", 300, 300),
        ("evaluating", 300, 300),
    ]
