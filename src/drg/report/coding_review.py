"""The self-check of coding: on the console, and as the worklist of the coder."""

from __future__ import annotations

import io
from functools import partial
from typing import Final

import polars as pl
from rich.console import Console

from drg.analysis.coding_review import CodingReview
from drg.records.workbook import Heading, new_book
from drg.records.workbook_looks import OPEN
from drg.report.console_table import show
from drg.report.labels import labels
from drg.report.screen import print_unjudged
from drg.words import CHINESE, column_in, said

_LABELS: Final = labels("review")
_SHEETS: Final = labels("review_sheet")
_PAYMENT_MAY: Final = labels("review_payment")
_MONEY_IS: Final = labels("review_money")
_NOTHING: Final = "–"
_FIRST: Final = 10
# Of the worklist in a workbook; files for programs have all.
MOST_LISTED: Final = 100_000
# What a coder reads of a hint, and what he fills in.
_SHOWN: Final = (
    *("hint", "case_id", "department", "discharge_date", "principal_diagnosis", "principal_procedure", "drg"),
    *("title_zh", "evidence_zh", "question_zh", "subject", "other_drg", "money_yuan", "payment_may"),
    *("money_is", "rule", "file", "row"),
)
_ANSWERS: Final = ("answer", "corrected_code", "reason", "coder", "checked_on")
_WIDTHS: Final = {"title_zh": 30, "evidence_zh": 44, "question_zh": 50}
_LOOKS: Final = {"money_yuan": "money", "discharge_date": "day", "hint": "plain", "row": "plain"}


def print_review(console: Console, found: CodingReview, language: str) -> None:
    """Hints by rule, the first of them, what could not be judged."""
    of = partial(said, language=language)
    applied = found.rules.filter(pl.col("on"), pl.col("missing").list.len() == 0)
    rows = [
        (
            row["rule"],
            row[column_in(language, "title")],
            *(f"{row[name]:,}" for name in ("judged", "not_judged", "hints", "money_yuan")),
        )
        for row in applied.iter_rows(named=True)
    ]
    heads = of("rule,meaning,judged,not judged,hints,money at stake in yuan").split(",")
    title = of("Hints") if found.is_priced else of("Hints (money: by mean costs, for no scheme was given)")
    show(console, heads, "wtnnnn", rows, title=title)
    if found.hints.height:
        first = found.hints.head(_FIRST)
        lines = [
            (
                str(row["hint"]),
                row["case_id"] or _NOTHING,
                row[column_in(language, "evidence")],
                row[column_in(language, "question")],
                _NOTHING if row["money_yuan"] is None else f"{row['money_yuan']:,}",
            )
            for row in first.iter_rows(named=True)
        ]
        heads = of("no.,case,what speaks for it,what to look for,money in yuan").split(",")
        title = of("Most money first: {shown} of {count:,}", shown=first.height, count=found.hints.height)
        show(console, heads, "nwttn", lines, title=title)
    print_unjudged(console, found.rules, found.notes, language)


def review_workbook(found: CodingReview) -> bytes:
    """The worklist in Chinese with room for the coder's answers, the rules, and notes."""
    listed = found.hints.head(MOST_LISTED).select(_SHOWN)
    listed = listed.with_columns(
        pl.col("payment_may").replace(_PAYMENT_MAY),
        pl.col("money_is").replace(_MONEY_IS),
        *(pl.lit(None, pl.String).alias(name) for name in _ANSWERS),
    )
    # One who reads goes from the hint to the answer; where it stands in the file comes last.
    order = [*_SHOWN[:-3], *_ANSWERS, *_SHOWN[-3:]]
    headings = [Heading(_LABELS[name], _look(name), width=_WIDTHS.get(name)) for name in order]
    content = io.BytesIO()
    with new_book(content, title=said("Self-check of coding", CHINESE)) as book:
        book.frame(_SHEETS["hints"], headings, listed.select(order), nothing="")
        for name in ("rules", "notes"):
            texts = found.tables[name].with_columns(pl.col(pl.List(pl.String)).list.join(", "))
            texts = texts.drop("title", "question", "money", "message", strict=False)
            if name == "rules":
                texts = texts.with_columns(
                    pl.col("payment_may").replace(_PAYMENT_MAY), pl.col("money_is").replace(_MONEY_IS)
                )
            looks = [Heading(_LABELS[one], _of_table(kind)) for one, kind in texts.schema.items()]
            book.frame(_SHEETS[name], looks, texts, nothing=_NOTHING)
        left = found.hints.height - listed.height
        if left > 0:
            sheet = book.sheet(_SHEETS["more"], (100,))
            line = said(
                "{count:,} more hints are in the .csv or .parquet that drg review writes", CHINESE, count=left
            )
            book.cell(sheet, 0, 0, line, "wrap")
    return content.getvalue()


def _look(name: str) -> str:
    if name in _ANSWERS:
        return f"text{OPEN}"
    return _LOOKS.get(name, "wrap" if name in _WIDTHS else "code")


def _of_table(dtype: pl.DataType) -> str:
    if dtype.is_decimal():
        return "money"
    return "count" if dtype.is_integer() else "text"
