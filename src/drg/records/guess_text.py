"""A guessed layout as the text of its file, with a comment on all that is not certain."""

from __future__ import annotations

import json
from typing import Any

from drg.records.guess import Found, Guess
from drg.records.layout_files import entries
from drg.words import Joined, Sentence


def layout_text(guess: Guess, id_: str, language: str) -> str:
    """The text of the layout file; its comments are in the language."""
    layout = guess.layout(id_)
    lines = [
        *_comment(Sentence("Guessed by drg layouts guess: look at the lines with ??."), language),
        *_line("id", layout.id),
        *_line("title", layout.title),
        *_line("title_zh", layout.title_zh),
    ]
    if layout.based_on is not None:
        lines += _line("based_on", layout.based_on)
    if guess.unused:
        lines += _comment(Sentence("?? Columns with codes that do not count for a group."), language)
        own = guess.base.unused if guess.base else ()
        lines += _line("unused", [*own, *guess.unused])
    if guess.missing:
        lacks = Sentence("Not found: {names}.", names=Joined(", ", guess.missing))
        lines += _comment(lacks, language)
    if guess.left:
        lines += _comment(Sentence("Not read: {names}.", names=Joined(", ", guess.left)), language)
    for one in guess.found:
        lines += ["", *_entries(one, guess, language)]
    return "\n".join(lines) + "\n"


def _entries(found: Found, guess: Guess, language: str) -> list[str]:
    lines = [line for doubt in found.doubts for line in _comment(Joined(" ", ("??", doubt)), language)]
    if not found.sources and guess.base is not None:
        read = Sentence(
            "{column} is read by {base} from {names}",
            column=found.column,
            base=guess.base.id,
            names=found.span,
        )
        return [*lines, *_comment(read, language)]
    for place, source in enumerate(found.sources):
        lines += [*([""] if place else []), "[[field]]"]
        for name, value in entries(source).items():
            lines += _line(name, value)
    return lines


def _comment(text: Sentence, language: str) -> list[str]:
    return [f"# {line}" for line in text.to(language).splitlines()]


def _line(name: str, value: Any) -> list[str]:
    return [f"{name} = {_value(value)}"]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key, ensure_ascii=False)} = {_value(word)}" for key, word in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)
