"""What another benefit scheme would change, for people: on the console, as a workbook, as JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.analysis.benefit_comparison import ALL_STAYS, BY, HOUSEHOLDS, PERSONS, BenefitComparison
from drg.columns import ALL
from drg.records.workbook import Heading, new_book
from drg.report.benefit_scheme_words import value_in_words
from drg.report.console import say
from drg.report.console_table import show
from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.words import Both, Sentence, said, told

_SHEETS: Final = {
    "payers": Sentence("payers"),
    "groups": Sentence("groups of stays"),
    "own_payments": Sentence("own payments of a year"),
    "limits": Sentence("above limits"),
}
_WORDS: Final = {
    PERSONS: Sentence("person"),
    HOUSEHOLDS: Sentence("household"),
    ALL_STAYS: Sentence("all"),
    "mean": Sentence("mean"),
    "p100": Sentence("highest"),
    **{by: ALL[by].label for by in BY[1:]},
}
_LABELS: Final = {
    "payer": Sentence("payer"),
    "before_yuan": Sentence("before"),
    "after_yuan": Sentence("after"),
    "change_yuan": Sentence("change"),
    "who": Sentence("who"),
    "by": Sentence("by"),
    "value": Sentence("value"),
    "stays": Sentence("stays"),
    "persons": Sentence("persons"),
    "persons_bear_less": Sentence("persons who bear less"),
    "persons_bear_the_same": Sentence("persons who bear the same"),
    "persons_bear_more": Sentence("persons who bear more"),
    "borne_less_yuan": Sentence("less by"),
    "borne_more_yuan": Sentence("more by"),
    "count": Sentence("persons or households"),
    "measure": Sentence("measure"),
    "limit_yuan": Sentence("limit"),
    "above_before": Sentence("above, before"),
    "above_after": Sentence("above, after"),
    "share_before": Sentence("share above, before"),
    "share_after": Sentence("share above, after"),
    "newly_above": Sentence("newly above"),
    "no_longer_above": Sentence("no longer above"),
}
_SIDES: Final = {
    "_before_yuan": Sentence("before"),
    "_after_yuan": Sentence("after"),
}
_OF_GROUPS: Final = (
    *("by", "value", "stays", "persons", "patient_share_before_yuan", "patient_share_after_yuan"),
    *("persons_bear_less", "persons_bear_the_same", "persons_bear_more"),
)
_OF_LIMITS: Final = (
    "who",
    "limit_yuan",
    "count",
    "above_before",
    "above_after",
    "share_before",
    "share_after",
)


def _label(column: str, language: str) -> str:
    """The head of a column."""
    for end, side in _SIDES.items():
        if column.endswith(end):
            payer = ALL[f"{column.removesuffix(end)}_yuan"].label
            return said("{payer}, {side}", language, payer=payer, side=side)
    return _LABELS[column].to(language)


def _word(row: dict[str, Any], column: str, language: str) -> Any:
    """A cell, as people call it."""
    value = row[column]
    if column == "payer":
        return ALL[value].label.to(language)
    if column == "value" and row["by"] != ALL_STAYS:
        if value is None:
            return said("not known", language)
        return value_in_words(row["by"], value).to(language)
    if column in ("who", "by", "value", "measure"):
        return told(_WORDS.get(value, value), language)
    return value


def _rows(frame: pl.DataFrame, columns: Iterable[str], language: str) -> list[list[Any]]:
    return [[_word(row, column, language) for column in columns] for row in frame.iter_rows(named=True)]


def _text(column: str, cell: Any) -> str:
    if column.startswith("share_"):
        return f"{cell:.2%}"
    return str(cell) if isinstance(cell, str) else f"{cell:,}"


def print_comparison(console: Console, found: BenefitComparison, language: str) -> None:
    """The outcome: payers, groups of stays, own payments of all, and who is above limits."""
    of = partial(said, language=language)
    everybody = pl.col("by") == ALL_STAYS
    shown = {
        of("Who pays what, in yuan"): (found.payers, found.payers.columns),
        of("Stays and persons"): (found.groups, _OF_GROUPS),
        of("Own payments of a year, in yuan"): (
            found.own_payments.filter(everybody),
            ("who", "measure", "before_yuan", "after_yuan", "change_yuan"),
        ),
        of("Own payments of a year above limits"): (found.limits.filter(everybody), _OF_LIMITS),
    }
    for title, (frame, columns) in shown.items():
        if frame.is_empty():
            continue
        rows = [
            [_text(column, cell) for column, cell in zip(columns, row, strict=True)]
            for row in _rows(frame, columns, language)
        ]
        kinds = "".join("t" if frame.schema[column] == pl.String else "n" for column in columns)
        show(console, [_label(column, language) for column in columns], kinds, rows, title=title)
    say(
        console,
        of("The stays are the same by both schemes: what patients would do otherwise is not foreseen."),
    )
    for loaded in {one.id: one for one in (found.before, found.after)}.values():
        if loaded.scheme.status == "illustrative":
            illustrative = Both(ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH)
            say(console, of("{id}: {illustrative}.", id=loaded.id, illustrative=illustrative))


def comparison_warnings(found: BenefitComparison, language: str) -> list[str]:
    """What everybody must see who works with it: the stays that are left out."""
    warnings = []
    if found.left_out:
        warnings.append(
            said(
                "{count:,} of {stays:,} stays are left out: {before} says nothing of {held_before:,} and "
                "{after} of {held_after:,}; drg benefits says why",
                language,
                count=found.left_out,
                stays=found.stays,
                before=found.before.id,
                after=found.after.id,
                held_before=found.held_before,
                held_after=found.held_after,
            )
        )
    if found.without_household:
        warnings.append(
            said(
                "{count:,} stays have no household_id; they count for no household",
                language,
                count=found.without_household,
            )
        )
    return warnings


def comparison_workbook(found: BenefitComparison, language: str) -> bytes:
    """All tables as a workbook, a sheet each."""
    content = io.BytesIO()
    with new_book(content) as book:
        for name, frame in found.tables.items():
            headings = [
                Heading(_label(column, language), _look(column, dtype), width=None)
                for column, dtype in frame.schema.items()
            ]
            rows = _rows(frame, frame.columns, language)
            shown = pl.DataFrame(rows, schema=frame.schema, orient="row")
            book.frame(told(_SHEETS[name], language), headings, shown)
        sheet = book.table(
            said("schemes", language),
            [Heading(head, width=24) for head in said("what,before,after", language).split(",")],
        )
        for place, row in enumerate(_schemes(found, language), start=1):
            book.row(sheet, place, row, ["text"] * len(row))
    return content.getvalue()


def _look(column: str, dtype: pl.DataType) -> str:
    if dtype == pl.String:
        return "text"
    if column.endswith("_yuan"):
        return "money"
    return "percent" if column.startswith("share_") else "count"


def _schemes(found: BenefitComparison, language: str) -> list[list[str]]:
    of = partial(said, language=language)
    both = (found.before, found.after)
    return [
        [of("scheme"), *(one.id for one in both)],
        [of("title"), *(one.scheme.title for one in both)],
        [of("digest of the rules"), *(one.benefits_digest for one in both)],
        [of("stays"), f"{found.stays:,}", f"{found.stays:,}"],
        [of("held"), f"{found.held_before:,}", f"{found.held_after:,}"],
        [of("left out of both"), f"{found.left_out:,}", f"{found.left_out:,}"],
    ]


def comparison_json(found: BenefitComparison) -> bytes:
    """All tables for programs: amounts as text, so that they stay exact."""
    sides = {"before": found.before, "after": found.after}
    content = {
        "schemes": {
            side: {"id": one.id, "title": one.scheme.title, "digest": one.benefits_digest}
            for side, one in sides.items()
        },
        "stays": found.stays,
        "held_before": found.held_before,
        "held_after": found.held_after,
        "left_out": found.left_out,
        "without_household": found.without_household,
        "tables": {name: frame.to_dicts() for name, frame in found.tables.items()},
    }
    return f"{json.dumps(content, ensure_ascii=False, indent=1, default=str)}\n".encode()
