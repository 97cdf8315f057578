"""Chinese names found by a part of them, by pinyin or by its initials: 胆囊, dannang, dn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import polars as pl

# Longer rows of letters are no initials.
_MOST_INITIALS: Final = 12
# How a word was found, best first.
_AS_IT_STANDS, _BY_SYLLABLES, _BY_INITIALS = range(3)


def name_ranks(names: pl.Series, query: str) -> pl.Series:
    """How well each name fits what is asked for: the lower the better, null where it does not.

    Args:
        names: the names.
        query: words, all of which have to fit: a part of a name, its pinyin or the initials of it. The last
            syllable need not be whole.
    """
    total = pl.Series("rank", [0], dtype=pl.Int64).new_from_index(0, len(names))
    for word in query.split():
        total += _word_ranks(names, word.casefold())
    return total


def _word_ranks(names: pl.Series, word: str) -> pl.Series:
    # HIV is no part of another word; a part of a Chinese name may stand anywhere.
    before = r"(?:^|[^A-Za-z])" if word.isascii() else ""
    patterns = {_AS_IT_STANDS: f"(?i){before}{re.escape(word)}"}
    if re.fullmatch(r"[a-zü]+", word):
        spelled = word.replace("ü", "v")
        patterns[_BY_SYLLABLES] = _by_syllables(spelled)
        patterns[_BY_INITIALS] = _by_initials(spelled)
    found = pl.Series("rank", [None], dtype=pl.Int64).new_from_index(0, len(names))
    for how, pattern in reversed(patterns.items()):
        if not pattern:
            continue
        # Names that begin so come first, then the short ones.
        begins = names.str.contains(f"^(?:{pattern})" if how else f"(?i)^{re.escape(word)}")
        rank = how * 1000 + (~begins).cast(pl.Int64) * 500 + names.str.len_chars().cast(pl.Int64)
        found = rank.zip_with(names.str.contains(pattern).fill_null(False), found)
    return found


def _by_syllables(word: str) -> str:
    """A pattern for all that is read like a word; empty if nothing is."""
    return "|".join(dict.fromkeys(_readings_of(word)))


def _readings_of(word: str) -> Iterator[str]:
    by_syllable = _by_syllable()
    beginning = "".join(chars for syllable, chars in by_syllable.items() if syllable.startswith(word))
    if beginning:
        yield f"[{beginning}]"
    for end in range(1, len(word)):
        if chars := by_syllable.get(word[:end]):
            for rest in _readings_of(word[end:]):
                yield f"[{chars}]{rest}"


def _by_initials(word: str) -> str:
    if not 1 < len(word) <= _MOST_INITIALS:
        return ""
    by_initial: dict[str, str] = {}
    for syllable, chars in _by_syllable().items():
        by_initial[syllable[0]] = by_initial.get(syllable[0], "") + chars
    classes = [by_initial.get(letter) for letter in word]
    return "".join(f"[{chars}]" for chars in classes) if all(classes) else ""


@lru_cache(maxsize=1)
def _by_syllable() -> dict[str, str]:
    """The usual characters by each of their readings, without tones; ü is v, as one types it."""
    from pypinyin import Style, pinyin

    found: dict[str, list[str]] = {}
    for char in _usual_characters():
        (readings,) = pinyin(char, style=Style.NORMAL, heteronym=True)
        for reading in readings:
            found.setdefault(reading.replace("ü", "v"), []).append(char)
    return {syllable: "".join(chars) for syllable, chars in found.items()}


def _usual_characters() -> Iterable[str]:
    """Those of GB 2312, which names of diseases, operations and groups are written in."""
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                yield bytes((high, low)).decode("gb2312")
            except UnicodeDecodeError:
                continue
