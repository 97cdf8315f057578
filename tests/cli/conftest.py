from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from drg.cli.main import main


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Drg = Callable[..., Outcome]


@pytest.fixture
def drg(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Drg:
    """Runs the command as a user does: arguments in; exit code, output and errors out."""

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["drg", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        code = left.value.code
        return Outcome(code if isinstance(code, int) else 1, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def other_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a version that differs from the demo version in a group, a level and a list."""
    directory = tmp_path_factory.mktemp("versions") / "demo-2"
    directory.mkdir()
    for name, text in {
        "manifest.toml": 'id = "demo-2"\ntitle = "演示二"\nbased_on = "demo"\nsource = "made up"\n',
        "drg.csv": "change,drg,name,rule,adrg,mdc,order\nremove,BR13,,,,,\n"
        "add,BZ19,罕见神经系统疾病（演示）,,BZ1,MDCB,1\n",
        "complications.csv": "change,code,level,exclusion_set\nreplace,D90.300,MCC,无\n",
        "sets.csv": "change,set,code\nremove,DI_P00,D20.100\n",
    }.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory
