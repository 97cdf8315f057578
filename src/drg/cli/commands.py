"""What all commands have in common: help in the language of who asks, and examples below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

import click

from drg.words import ENGLISH

# Longer than any first sentence of a command.
_WHOLE: Final = 1000


class _Context(click.Context):
    """Knows by ``obj`` which language is asked for."""

    def make_formatter(self) -> click.HelpFormatter:
        """What writes help."""
        if self.obj in (None, ENGLISH):
            return super().make_formatter()
        from drg.cli.help_text import TranslatedHelp

        return TranslatedHelp(self.obj, width=self.terminal_width, max_width=self.max_content_width)


class Verb(click.Command):
    """A command.

    Args:
        examples: command lines, without ``drg``.
        about: all else that click takes.
    """

    context_class = _Context

    def __init__(self, *, examples: Sequence[str] = (), **about: Any) -> None:
        """Put the examples at the end of the help; after a backspace character click keeps lines."""
        lines = [f"  drg {line}" for line in examples]
        super().__init__(**about, epilog="\n".join(("\b", "Examples:", *lines)) if lines else None)


def verb(*examples: str) -> Callable[[Callable[..., None]], Verb]:
    """A function as a command, with examples of its use."""
    return click.command(cls=Verb, examples=examples)


class Verbs(click.Group):
    """A command that has others."""

    context_class = _Context
    command_class = Verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; what they do is not cut."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.get_short_help_str(_WHOLE)) for name, verb in commands if verb])


class UsualVerb(Verbs):
    """A command that has others; without one of them, the usual one is meant.

    Args:
        usual: its name.
        about: all else that click takes.
    """

    def __init__(self, *, usual: str, **about: Any) -> None:
        """Keep which one is meant."""
        super().__init__(**about)
        self._usual = usual

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the subcommand that is meant in front."""
        words = [word for before, word in pairwise(("", *args)) if before != "--lang" and word[:1] != "-"]
        asks_for_help = not words and not {"-h", "--help"}.isdisjoint(args)
        if not asks_for_help and (not words or words[0] not in self.commands):
            args = [self._usual, *args]
        return super().parse_args(ctx, args)
