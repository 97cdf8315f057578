"""One wording of options across commands, and one default language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace

import click
import pytest

from drg.cli import options
from drg.cli.main import cli

# Options of which each command says what it does with them.
OF_THE_COMMAND = {
    *(
        "--output",
        "--overwrite",
        "--grouper",
        "--groupers",
        "--trim",
        "--replace",
        "--format",
        "--all",
        "--json",
    ),
    *("--scheme", "--min-cases", "--seed", "--title", "--id", "--findings", "--details", "--codes"),
    *("--case-id", "--rules", "--schemes", "--status", "--strict", "--sheet", "--kind", "--on", "--weights"),
    *("--previous", "--hospital", "--table"),
}


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())
        else:
            yield name, command


def test_every_command_speaks_both_languages_by_one_default() -> None:
    for name, command in commands():
        found = [option for option in command.params if "--lang" in option.opts]
        assert found, name
        assert found[0].default is options.default_language
        assert isinstance(found[0].type, click.Choice)
        assert tuple(found[0].type.choices) == options.LANGUAGES


def test_an_option_says_the_same_everywhere() -> None:
    said: dict[str, set[str]] = defaultdict(set)
    for _, command in commands():
        for option in command.params:
            if isinstance(option, click.Option):
                name = max(option.opts, key=len)
                said[name].add(" ".join((option.help or "").split()))
    different = {name: helps for name, helps in said.items() if len(helps) > 1}
    assert set(different) <= OF_THE_COMMAND, {
        name: different[name] for name in set(different) - OF_THE_COMMAND
    }


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.GBK", "LC_ALL": "C"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_TW"}, "zh"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LANG": "Chinese (Simplified)_China.936"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_is_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert options.system_language() == language


@pytest.mark.parametrize(("spoken", "language"), [(0x0804, "zh"), (0x0404, "zh"), (0x0409, "en")])
def test_the_language_of_windows(monkeypatch: pytest.MonkeyPatch, spoken: int, language: str) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    kernel32 = SimpleNamespace(GetUserDefaultUILanguage=lambda: spoken)
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("ctypes.windll", SimpleNamespace(kernel32=kernel32), raising=False)
    assert options.system_language() == language
