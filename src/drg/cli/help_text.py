"""Help of a command in a language other than English, folded by the cells that its letters take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from unicodedata import east_asian_width

import click

from drg.words import Sentence, said

# A default and the like, at the end of what an option is for.
_BRACKET: Final = re.compile(r"\s*\[([^\]]*)\]$")
# What stays on one line: a short bracket, a letter of Chinese or a word of others, with the marks beside it.
_PIECE: Final = re.compile(r"[（“]*(?:\[[^\]]{,8}\]|[^\s\u2e80-\uffff“”]+|.)[，。；：、）”]*\s*")


class TranslatedHelp(click.HelpFormatter):
    """Writes what click gives it in English.

    Args:
        language: what to write it in.
        width: of the lines, as click has it.
        max_width: of the lines, as click has it.
    """

    def __init__(self, language: str, *, width: int | None, max_width: int | None) -> None:
        """Remember the language."""
        super().__init__(width=width, max_width=max_width)
        self._language = language

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is called."""
        usage = Sentence("Usage: {usage}", usage="").to(self._language)
        super().write_usage(prog, args, prefix or usage)

    def write_heading(self, heading: str) -> None:
        """Write the head of a list."""
        self.write(f"{said(f'{heading}:', self._language)}\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs; the lines after a backspace character stay as they are."""
        super().write_text("\n\n".join(map(self._paragraph, text.split("\n\n"))))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write names with what they are for."""
        given = list(rows)
        room = self.width - min(max(len(name) for name, _ in given), col_max) - col_spacing - 2
        told = [(name, _kept(_folded(self._told(what), room))) for name, what in given]
        super().write_dl(told, col_max, col_spacing)

    def _paragraph(self, text: str) -> str:
        mark, *lines = text.split("\n")
        if mark == "\b":
            return _kept([self._told(lines[0]), *lines[1:]])
        return _kept(_folded(self._told(text), self.width - self.current_indent))

    def _told(self, text: str) -> str:
        return "".join(
            f"[{said(part, self._language)}]" if bracketed else said(part, self._language)
            for part, bracketed in parts(text)
        )


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """What is translated by itself: a text without what stands in brackets at its end, and each of these."""
    found = _BRACKET.search(text)
    if found is None:
        if text:
            yield " ".join(text.split()), False
        return
    yield from parts(text[: found.start()])
    yield found[1], True


def _kept(lines: Iterable[str]) -> str:
    return "\n".join(("\b", *lines))


def _folded(text: str, room: int) -> list[str]:
    lines = [""]
    for piece in _PIECE.findall(text):
        if cells(lines[-1]) + cells(piece.rstrip()) > room:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def cells(text: str) -> int:
    """How wide a text is on a console."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
