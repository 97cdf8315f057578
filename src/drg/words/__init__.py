"""Sentences in the language of who reads them.

English stands in the code. Every other language has one table, ``zh.csv``, with a row for each sentence: the
English one with its fields in braces, and the translation with the same fields in any order. Reasons and the
words of closed lists have tables of their own, ``reasons.csv`` and ``categories.csv``, which can have a
column for a language too. A translator needs nothing but these tables.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

ENGLISH: Final = "en"
CHINESE: Final = "zh"
LANGUAGES: Final = (ENGLISH, CHINESE)


@cache
def translations(language: str) -> dict[str, str]:
    """The sentences of one language by their English template; none for English."""
    if language == ENGLISH:
        return {}
    every = (*rows("reasons"), *rows(language))
    return {row[ENGLISH]: row[language] for row in every if language in row}


def rows(table: str) -> list[dict[str, str]]:
    """The rows of one of the tables."""
    with Path(__file__).with_name(f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def said(template: str, language: str, **facts: Any) -> str:
    """A sentence in a language; English where it has no translation."""
    return Sentence(template, **facts).to(language)


@cache
def categories(column: str, language: str) -> dict[str, str]:
    """What the values of a column with a closed list of them are called, in the order of the list."""
    of_column = (row for row in rows("categories") if row["column"] == column)
    return {row[ENGLISH]: row.get(language, row[ENGLISH]) for row in of_column}


class Sentence(str):
    """A sentence with facts in it. As text it is English; ``to`` says it in another language.

    Args:
        template: the English sentence, with fields in braces as ``str.format`` has them.
        facts: what stands in the fields; a fact that is a sentence itself is translated as well.
    """

    template: str
    facts: dict[str, Any]

    def __new__(cls, template: str, /, **facts: Any) -> Self:
        """Fill in the facts."""
        made = super().__new__(cls, template.format(**facts))
        made.template, made.facts = template, facts
        return made

    def to(self, language: str) -> str:
        """The sentence in a language; English where it has no translation."""
        template = translations(language).get(self.template, self.template)
        return template.format(**{name: told(fact, language) for name, fact in self.facts.items()})

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What a copy is made from; it may be made in another process."""
        return (self.template,), self.facts


class Both(Sentence):
    """A text that data has in both languages, such as the name of a column."""

    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """Keep both."""
        made = str.__new__(cls, en)
        made.template, made.facts, made.zh = en, {}, zh
        return made

    def to(self, language: str) -> str:
        """The text in a language."""
        return str(self) if language == ENGLISH else self.zh

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What a copy is made from."""
        return (str(self), self.zh), {}


class Joined(Sentence):
    """Several texts, one after another; what stands between them is translated as well.

    Args:
        between: what stands between them, such as ``", "``.
        parts: the texts; empty ones are left out.
    """

    parts: list[str]

    def __new__(cls, between: str, parts: Iterable[object], /) -> Self:
        """Put them together."""
        kept = [text for part in parts if (text := part if isinstance(part, Sentence) else str(part))]
        made = str.__new__(cls, between.join(kept))
        made.template, made.facts, made.parts = between, {}, kept
        return made

    def to(self, language: str) -> str:
        """The texts in a language."""
        between = translations(language).get(self.template, self.template)
        return between.join(told(part, language) for part in self.parts)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What a copy is made from."""
        return (self.template, self.parts), {}


def recognised(text: str, known: Iterable[Sentence]) -> str:
    """A text of another library as the first of these sentences that it is; else as it stands.

    Args:
        text: in English, what happens to have been said.
        known: sentences whose facts are their own fields: ``Sentence("no {what}", what="{what}")``.
    """
    for sentence in known:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(sentence.template))
        if not isinstance(text, Sentence) and (found := re.fullmatch(pattern, text, re.DOTALL)):
            return Sentence(
                sentence.template,
                **{name: recognised(fact, known) for name, fact in found.groupdict().items()},
            )
    return text


def column_in(language: str, name: str) -> str:
    """The column of a frame that has texts in a language, as ``in_both`` names them."""
    return name if language == ENGLISH else f"{name}_{language}"


def in_both(**texts: str | None) -> dict[str, Any]:
    """Texts in English, and by the same names with ``_zh`` in Chinese."""
    english = {name: told(text, ENGLISH) for name, text in texts.items()}
    return english | {f"{name}_zh": told(text, CHINESE) for name, text in texts.items()}


def told(text: Any, language: str) -> Any:
    """A sentence in a language; anything else as it is."""
    return text.to(language) if isinstance(text, Sentence) else text
