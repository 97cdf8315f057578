"""Help is in the language that is asked for, whole, and fits the console."""

from __future__ import annotations

import re

import pytest

from drg.cli.help_text import cells
from tests.cli.conftest import Drg
from tests.words.help_texts import contexts

PATHS = [context.command_path for context in contexts()]
# Metavars, names and command lines; the rest of a line is text.
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{3,} ")


@pytest.mark.parametrize("path", PATHS)
def test_every_command_helps_in_chinese(drg: Drg, path: str) -> None:
    outcome = drg(*path.split()[1:], "--help", "--lang", "zh")
    assert outcome.code == 0
    lines, _, _ = outcome.out.partition("\n  示例：\n")
    assert lines.startswith(f"用法：{path}")
    # A list of choices has no place to be folded at.
    assert [line for line in lines.splitlines() if cells(line) > 80 and "|" not in line] == []
    assert [line for line in lines.splitlines() if ENGLISH.search(line) and "drg" not in line] == []
    assert "\n选项：\n" in lines
    assert "  -h, --help" in lines
    assert "[required]" not in lines


def test_the_language_of_the_system_counts(drg: Drg, monkeypatch: pytest.MonkeyPatch) -> None:
    assert drg("check", "-h").out.startswith("Usage: drg check")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert drg("check", "-h").out.startswith("用法：drg check [OPTIONS] FILE...\n\n  病案质量检查：")
    assert drg("check", "-h", "--lang", "en").out.startswith("Usage: drg check")
    # Some versions of click print it to the one, some to the other.
    shown = drg("tables")
    assert "\n命令：\n" in shown.out + shown.err


def test_what_is_asked_before_the_command_counts(drg: Drg) -> None:
    assert drg("--lang", "zh", "schemes").out.startswith(drg("schemes", "--lang", "zh").out[:40])
    assert drg("--lang", "zh", "schemes", "--lang", "en").out == drg("schemes", "--lang", "en").out


def test_what_commands_do_is_not_cut(drg: Drg) -> None:
    listed = " ".join(drg("--help").out.split())
    assert (
        "price Price grouped cases: the same rows come out with weight, standard, class, payment and"
        in listed
    )
    assert "..." not in listed.partition("Commands:")[2]


def test_lines_are_folded_by_their_width(drg: Drg) -> None:
    lines = drg("group", "--help", "--lang", "zh").out.splitlines()
    text = [line for line in lines if line.startswith("  ") and "drg" not in line][:8]
    assert max(map(cells, text)) > 74
    assert not [line for line in text if re.match(r"\s*[，。；：、）”]", line) or re.search(r"[（“]$", line)]
