"""What is wrong with a command line, or with a file, is said in the language that was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Drg

FAULTS = {
    ("group", "cases.csv", "-g", "demo"): "错误：缺少选项 '-o' / '--output'。",
    # Not every version of click puts the option in quotes.
    ("group", "cases.csv", "-o", "x.csv", "-g", "demo", "--dry"): "错误：没有选项 ",
    ("simulate", "many", "-g", "demo", "-o", "x.csv"): "错误：'N' 的值无效：'many' 不是整数。",
    ("check", "cases.csv", "--min-severity", "bad"): "'bad' 不在可选值之内：'error', 'warning', 'notice'。",
    ("grup",): "错误：没有命令 'grup'。",
    ("ledger", "add", "book", "cases.csv", "--at", "noon"): "“noon”不是时间，应写成 2025-02-05T09:30",
    ("ledger", "status", "file"): "错误：'LEDGER' 的值无效：'file' 是文件，不是目录。",
    ("schemes", "new", "--rate", "9000", "-o", "x", "--weights", "none.csv"): "'none.csv'。",
    ("schemes", "new", "--rate", "9000", "-o", "x", "--weights", "."): "'.' 是目录，不是文件。",
    ("schemes", "new", "--rate", "9000", "-o", "方案", "--weights", "file"): "“方案”不能作方案编号",
    ("evaluate", "cases.csv", "-q"): "错误：用 --quiet 时请给出 -o OUT，否则没有任何输出。",
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()


@pytest.mark.parametrize("asked", [True, False], ids=["--lang", "of the system"])
@pytest.mark.parametrize("command", FAULTS, ids=" ".join)
def test_a_faulty_command_line(
    drg: Drg, command: tuple[str, ...], asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not asked:
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    found = drg(*command, *(["--lang", "zh"] if asked else []))
    assert found.code == 2
    assert FAULTS[command] in found.err
    assert found.err.startswith("用法：drg")
    assert "--help。" in found.err


def test_english_is_as_click_words_it(drg: Drg) -> None:
    found = drg("group", "cases.csv", "-g", "demo")
    assert found.code == 2
    assert "Error: Missing option '-o' / '--output'." in found.err
    assert found.err.startswith("Usage: drg group")


def test_the_forms_of_trimming_are_in_chinese(drg: Drg, tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text(
        "drg,grouping_status,total_cost_yuan\nAA19,grouped,1\n", encoding="utf-8"
    )
    said = drg("evaluate", "cases.csv", "--trim", "half", "--lang", "zh").err
    assert "percentile:下限,上限（如 percentile:1,99）" in said


def test_a_directory_is_no_file(drg: Drg) -> None:
    assert drg("evaluate", ".", "--lang=zh") == (1, "", "错误：.：这是一个目录。请给出文件路径。\n")


def test_what_is_wrong_with_a_file(drg: Drg, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("group", "cases.csv", "-o", "x.csv", "-g", "demo")
    said = {
        "zh": "错误：cases.csv：没有这个文件。请给出 Parquet、CSV、Excel 或 dBASE（.dbf）文件的路径。\n",
        "en": "Error: cases.csv: there is no such file. "
        "Give the path of a Parquet, CSV, Excel or dBASE file.\n",
    }
    for language, message in said.items():
        assert drg(*command, f"--lang={language}") == (1, "", message)
    # A command without the option speaks the language of the system.
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "没有分组方案版本或系列“nowhere”" in drg("tables", "new", "x", "--based-on", "nowhere").err


def test_the_last_language_counts(drg: Drg) -> None:
    found = drg("group", "cases.csv", "-o", "x.csv", "-g", "demo", "--lang", "zh", "--lang", "en")
    assert found.err.startswith("Error: cases.csv")
