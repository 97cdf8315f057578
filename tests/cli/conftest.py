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
