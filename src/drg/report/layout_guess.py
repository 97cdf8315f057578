"""A guessed layout for people."""

from __future__ import annotations

from rich.console import Console

from drg.columns import ALL
from drg.records.guess import Found, Guess
from drg.report.console import say
from drg.report.console_table import show
from drg.words import Both, Joined, Sentence, said


def print_guess(console: Console, guess: Guess, language: str) -> None:
    """Each column that is read, with what is not certain; what is not read, and what was not found."""
    title = Sentence("{file}: {count} columns found", file=guess.file.name, count=len(guess.found))
    if guess.base is not None:
        title = Sentence("{first}, based on {base}", first=title, base=guess.base.id)
    heads = said("your column,read as,how,to look at", language).split(",")
    rows = [
        (
            one.span,
            _label(one.column).to(language),
            _how(one),
            Joined("; ", one.doubts).to(language),
        )
        for one in guess.found
    ]
    show(console, heads, "tttt", rows, title=title.to(language))
    told = (
        (
            guess.unused,
            Sentence("Codes that do not count for a group: {names}.", names=_listed(guess.unused)),
        ),
        (guess.left, Sentence("Not read: {names}.", names=_listed(guess.left))),
        (guess.missing, Sentence("Not found: {names}.", names=Joined(", ", map(_label, guess.missing)))),
    )
    for names, sentence in told:
        if names:
            say(console, sentence.to(language))


def _label(column: str) -> Both:
    return Both(column, ALL[column].label_zh)


def _listed(names: tuple[str, ...]) -> Sentence:
    return Joined(", ", names)


def _how(found: Found) -> str:
    ways = dict.fromkeys(
        f"{source.conversion}, {source.unit}" if source.unit else source.conversion
        for source in found.sources
    )
    return "; ".join(ways)
