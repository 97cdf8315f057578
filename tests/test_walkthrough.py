"""The walk-through of CONTRIBUTING: each change is made in a copy, and what stands below it is run."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drg.cli import options
from drg.words import LANGUAGES
from tests.profiles import quick_first

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## A walk-through\n")[2]
SECTIONS = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^### |\Z)", TEXT, re.DOTALL | re.MULTILINE))
# How many files a change touches.
FILES = {
    "Next year's version": 2,
    "A high-cost formula": 2,
    "A rule of quality": 2,
    "A layout": 1,
    "An output column": 3,
    "A reason": 2,
    "A language": 2,
}
OTHERS = {"A line of the statement, or a figure of the settlement"}


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", SECTIONS[section], re.DOTALL | re.MULTILINE)


def apply(root: Path, block: str) -> None:
    """Make the change of a block: its first line is the file; parts are parted by ``@@``."""
    name, _, change = block.partition("\n")
    file = root / name
    for part in change.split("@@\n"):
        lines = part.splitlines()
        assert {line[:1] for line in lines} <= {" ", "+", "-"}, part
        before = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
        after = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
        if not before:
            file.parent.mkdir(exist_ok=True)
            with file.open("x", encoding="utf-8") as new:
                new.write(after)
            continue
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name} has {text.count(before)} times:\n{before}"
        file.write_text(text.replace(before, after), encoding="utf-8", newline="\n")


def test_every_section_is_tried() -> None:
    assert set(SECTIONS) == {*FILES, *OTHERS}


@pytest.mark.parametrize("section", quick_first(FILES, 3))
def test_change_does_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str) -> None:
    changes, (snippet,) = blocks(section, "diff"), blocks(section, "python")
    assert len({change.partition("\n")[0] for change in changes}) == len(changes) == FILES[section]
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("grouper_tables", "payment_schemes", "benefit_schemes"):
        shutil.copytree(ROOT / name, tmp_path / name)

    monkeypatch.chdir(tmp_path)
    with contextlib.suppress(Exception):
        exec(snippet, {"__name__": "walkthrough"})
        pytest.fail("it is so without the change")
    for change in changes:
        apply(tmp_path, change)
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "src"), "DRG_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-W", "error", "-c", snippet]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr


def test_what_is_said_of_languages_is_so() -> None:
    assert set(options.LANGUAGES) == set(LANGUAGES) == {"en", "zh"}
    files = re.findall(r"`(src/\S+)`", SECTIONS["A language"])
    assert len(files) >= 3
    assert all((ROOT / file).is_file() for file in files)
