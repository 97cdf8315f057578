"""Every text that the help of the commands is made of, as the code has it."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc

import click

from drg.cli.help_text import parts
from drg.cli.main import cli

OF_CLICK = ("Options:", "Commands:", "Examples:", "required")


def contexts(command: click.Command = cli, parent: click.Context | None = None) -> Iterator[click.Context]:
    """A context of each command, those below others too."""
    name = command.name if parent else "drg"
    context = command.context_class(command, parent, name, terminal_width=78, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from contexts(found, context)


def help_texts() -> Iterator[tuple[str, str]]:
    """The command and the text; values that stand in brackets as the default are no text."""
    for text in OF_CLICK:
        yield "drg", text
    for context in contexts():
        command = context.command
        for paragraph in cleandoc(command.help or "").split("\n\n"):
            yield from ((context.command_path, text) for text, _ in parts(paragraph))
        for option in command.get_params(context):
            for text, bracketed in parts(getattr(option, "help", None) or ""):
                values = (str(option.default), *getattr(option.type, "choices", ()))
                if not (bracketed and (text.isdigit() or text in values)):
                    yield context.command_path, text
