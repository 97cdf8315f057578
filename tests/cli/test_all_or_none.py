"""A command that writes several files writes all of them or none; what was there before stays."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import pytest

from drg.cli.main import cli
from tests.cli.conftest import Drg
from tests.cli.writing_commands import COMMANDS, FEW, contents, inputs, line, old, prepare


def few(cases: Iterable[tuple[str, int]]) -> list[Any]:
    """Of commands and the output that fails: the last output of a few commands in the quick profile."""
    return [
        pytest.param(
            name,
            place,
            id=f"{name}-{place}",
            marks=() if name in FEW and place + 1 == len(COMMANDS[name].files) else pytest.mark.thorough,
        )
        for name, place in cases
    ]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory, other_demo: Path) -> Path:
    return inputs(tmp_path_factory.mktemp("inputs"), other_demo)


def fail_at(monkeypatch: pytest.MonkeyPatch, place: int, output: Path) -> list[str]:
    """Let the rename fail that puts so many outputs in their places; what was renamed before."""
    done: list[str] = []
    rename = os.replace

    def replace(source: Any, target: Any, **options: Any) -> None:
        if Path(target).is_relative_to(output) and not Path(target).name.startswith("."):
            if len(done) == place:
                monkeypatch.undo()
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            done.append(str(target))
        rename(source, target, **options)

    monkeypatch.setattr(os, "replace", replace)
    return done


@pytest.mark.parametrize(
    ("name", "place"),
    few((name, place) for name, command in COMMANDS.items() for place in range(len(command.files))),
)
def test_if_one_output_fails_none_is_written(
    name: str, place: int, given: Path, drg: Drg, tmp_path: Path
) -> None:
    command = COMMANDS[name]
    prepare(command, tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        done = fail_at(patched, place, tmp_path)
        outcome = drg(*line(command, given, tmp_path))
    assert len(done) == place, outcome
    assert (outcome.code, outcome.err.count("Input/output error")) == (1, 1), outcome
    assert "written to" not in outcome.out
    assert contents(tmp_path) == old(command)
    # The next run works, and writes all that is listed.
    outcome = drg(*line(command, given, tmp_path))
    assert outcome.code in (0, 3), outcome
    found = contents(tmp_path)
    assert set(found) == set(command.files)
    assert not set(found.values()) & set(old(command).values())


def verbs(command: click.Command, name: str = "") -> Iterable[tuple[str, click.Command]]:
    """Commands by name, those within others too."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for sub in command.list_commands(context):
        found = command.get_command(context, sub)
        assert found is not None
        yield from verbs(found, f"{name} {sub}".strip())


def test_every_command_that_writes_is_listed() -> None:
    writing = {
        name
        for name, command in verbs(cli)
        if {option for one in command.params for option in one.opts} & {"-o", "--json", "--findings"}
    }
    listed = {name for name in writing if any(f"{key} ".startswith(f"{name} ") for key in COMMANDS)}
    # Their --json takes no file but prints; an addition to a ledger has tests of its own.
    prints = {"explain", "tables show", "groupers", "codes", "schemes list", "schemes check", "layouts show"}
    prints |= {"benefits list", "benefits check", "ledger status"}
    assert writing - listed - prints == {"ledger add"}
