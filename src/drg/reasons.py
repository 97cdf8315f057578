"""Reasons as data: stable codes with the facts that their sentences need.

Codes, names and sentences are the rows of ``words/reasons.csv``. A case can have several reasons; as text
they are ``P11|P22:2025-01-01,2025-12-31``: the code, after a colon its facts with commas between them, and a
bar between one reason and the next. Within a fact, %7C, %3A, %2C and %25 stand for these signs and for the
percent sign. Inside the library such texts are categories of a column; sentences are made where results are
handed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Final, Literal, NamedTuple, get_args
from urllib.parse import unquote

import polars as pl

from drg.categories import numbered_text
from drg.columns import ALL, Column
from drg.errors import InputError
from drg.words import LANGUAGES, Joined, Sentence, categories, rows, said

ReasonForm = Literal["text", "code"]

BETWEEN: Final = "|"
# The columns of results that hold reasons.
COLUMNS: Final = ("grouping_reason", "pricing_reason", "benefit_reason")
# The type of such a column inside the library.
CODED: Final = numbered_text("reasons")
_SIGNS: Final = str.maketrans({sign: f"%{ord(sign):02X}" for sign in "%|:,"})
_OPEN: Final = "…"


class Reason(NamedTuple):
    """A reason that a case can have.

    Attributes:
        code: ``G`` of grouping, ``P`` of pricing or ``B`` of benefits, and a number. It never changes and is
            never used again.
        name: what it is, for programs and people who write them.
        facts: the kinds of its facts, in their order; see ``_SHOWN``.
        en: its English sentence, which is also the key of the translations.
    """

    code: str
    name: str
    facts: tuple[str, ...]
    en: str


@cache
def reasons() -> Mapping[str, Reason]:
    """All reasons by their names."""
    made = (
        Reason(row["code"], row["name"], tuple(row["facts"].split()), row["en"]) for row in rows("reasons")
    )
    return {reason.name: reason for reason in made if reason.code}


@cache
def _by_code() -> Mapping[str, Reason]:
    return {reason.code: reason for reason in reasons().values()}


def check_form(form: str, language: str) -> None:
    """Whether reasons can be given in a form and in a language.

    Raises:
        InputError: names those in which they can.
    """
    if language not in LANGUAGES:
        raise InputError(
            Sentence("there is no language {name!r}", name=language),
            fix=Sentence("Give one of {names}", names=Joined(", ", LANGUAGES)),
        )
    if form not in get_args(ReasonForm):
        raise InputError(
            Sentence("there is no form of reasons {name!r}", name=form),
            field="reasons",
            fix=Sentence("Give one of {names}", names=Joined(", ", get_args(ReasonForm))),
        )


# ------------------------------------------------------------------------------------------------- as codes


def coded(name: str, *facts: str) -> str:
    """One reason as text: its code and facts."""
    return ":".join(
        [reasons()[name].code, *([",".join(fact.translate(_SIGNS) for fact in facts)] if facts else [])]
    )


def together(parts: Sequence[str]) -> str | None:
    """The reasons of a case as text; None if there are none."""
    return BETWEEN.join(parts) or None


def counted(column: pl.Series) -> Counter[str]:
    """How many cases of a column have each reason; a reason with other facts counts for itself."""
    found: Counter[str] = Counter()
    for text, count in column.drop_nulls().value_counts().iter_rows():
        found.update(dict.fromkeys(text.split(BETWEEN), count))
    return found


def code_of(part: str) -> str:
    """The code of one reason as text."""
    return part.partition(":")[0]


# ------------------------------------------------------------------------------------------------- in words


@lru_cache(maxsize=1 << 14)
def in_words(text: str, language: str) -> str:
    """The reasons of a case in a language; what is no code of a reason stays as it is."""
    parts = text.split(BETWEEN)
    found = [_sentences(part, language) for part in parts]
    if not any(found):
        return text
    told = [sentence for part, some in zip(parts, found, strict=True) for sentence in some or [part]]
    return said("; ", language).join(told)


def _sentences(part: str, language: str) -> list[str] | None:
    """One reason in a language; None if it is none, or one of a later release."""
    code, colon, rest = part.partition(":")
    reason = _by_code().get(code)
    facts = [unquote(fact) for fact in rest.split(",")] if colon else []
    if reason is None:
        return None
    # Several impossible values are several sentences.
    each = [[fact] for fact in facts] if reason.facts == ("column",) else [facts]
    try:
        return [said(reason.en, language, **_shown(reason, some, language)) for some in each] or None
    except (ValueError, InvalidOperation, KeyError):
        return None


def _shown(reason: Reason, facts: Sequence[str], language: str) -> dict[str, str]:
    """The fields of a sentence."""
    left = list(facts)
    shown = {}
    for kind in reason.facts:
        take = len(left) if kind in _LISTS else 2 if kind == "period" else 1
        if not 0 < take <= len(left):
            raise ValueError(f"{reason.code} lacks facts")
        shown[kind] = _SHOWN.get(kind, _plain)(left[:take], language)
        left = left[take:]
    if left:
        raise ValueError(f"{reason.code} has more facts than it needs")
    if "column" in shown:
        shown["expected"] = expected(ALL[facts[0]], language)
    return shown


def _plain(facts: Sequence[str], language: str) -> str:  # noqa: ARG001
    return facts[0]


def _texts(facts: Sequence[str], language: str) -> str:
    return said(", ", language).join(facts)


def _columns(names: Sequence[str], language: str) -> str:
    return _texts([ALL[name].label.to(language) for name in names], language)


def _period(days: Sequence[str], language: str) -> str:  # noqa: ARG001
    first, last = days
    return f"{first or _OPEN} – {last or _OPEN}"


def _periods(facts: Sequence[str], language: str) -> str:
    """Versions, each with its first and last day."""
    versions = zip(facts[::3], facts[1::3], facts[2::3], strict=True)
    return ", ".join(f"{version} {_period(days, language)}" for version, *days in versions)


def _share(facts: Sequence[str], language: str) -> str:  # noqa: ARG001
    return f"{Decimal(facts[0]):.0%}"


def _case_class(facts: Sequence[str], language: str) -> str:
    return categories("case_class", language).get(facts[0], facts[0])


# Kinds of facts and how each is shown; others as they are.
_SHOWN: Final[dict[str, Callable[[Sequence[str], str], str]]] = {
    "column": _columns,
    "columns": _columns,
    "texts": _texts,
    "period": _period,
    "periods": _periods,
    "share": _share,
    "case_class": _case_class,
}
# Kinds that take all facts that are left.
_LISTS: Final = ("columns", "texts", "periods")


def expected(column: Column, language: str = "en") -> str:
    """The possible values of a number column: ``0 to 150``, ``1 or 2``."""
    few = column.highest - column.lowest == 1
    form = "{low:g} or {high:g}" if few else "{low:g} to {high:,.0f}"
    return said(form, language, low=column.lowest, high=column.highest)


# ------------------------------------------------------------------------------------------------- columns


def column_in_words(column: pl.Series, language: str) -> pl.Series:
    """A column of reasons in a language."""
    return _said_by(column, lambda text: in_words(text, language), pl.String())


def _said_by(column: pl.Series, words: Callable[[str], str], dtype: pl.DataType) -> pl.Series:
    """A column of reasons in words; each distinct text is worked out once: there are few of them."""
    if column.null_count() == len(column):
        return pl.repeat(None, len(column), dtype=dtype, eager=True).alias(column.name)
    distinct = column.unique().drop_nulls()
    texts = [words(text) for text in distinct]
    if column.dtype == CODED:
        # These are numbered from 0, without gaps but for some that other threads add just now.
        numbers = distinct.to_physical().to_list()
        by_number: list[str | None] = [None] * (max(numbers) + 1)
        for number, text in zip(numbers, texts, strict=True):
            by_number[number] = text
        return pl.Series(column.name, by_number, dtype=dtype).gather(column.to_physical())
    return column.replace_strict(distinct, texts, default=None, return_dtype=dtype).alias(column.name)


def handed_over(frame: pl.DataFrame, form: str, language: str, *, numbered: bool = False) -> pl.DataFrame:
    """Results with their reasons in the form that is wanted: as sentences of a language, or as codes.

    Args:
        frame: results, reasons as codes.
        form: ``text`` or ``code``.
        language: of sentences.
        numbered: give the texts as ``categories.numbered_text``.
    """

    def words(text: str) -> str:
        return text if form == "code" else in_words(text, language)

    return frame.with_columns(
        _said_by(frame[name], words, numbered_text(name) if numbered else pl.String())
        for name in COLUMNS
        if name in frame.columns
    )
