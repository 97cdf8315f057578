"""What supervision should ask about: on the console, as a workbook and as JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.analysis.screening import Screening, ScreenRule
from drg.columns import ALL
from drg.records.workbook import Heading, new_book
from drg.report.console import say
from drg.report.console_table import show
from drg.report.labels import labels
from drg.words import CHINESE, Both, Joined, column_in, said

LABELS_ZH: Final = labels("screen")
SHEETS_ZH: Final = labels("screen_sheet")
NOTHING: Final = "–"
_MOST: Final = 10
_LEAST_P: Final = 0.0001
_LOOKS: Final = {
    **dict.fromkeys(("observed", "expected", "ratio", "ratio_low", "ratio_high"), "weight"),
    **dict.fromkeys(("p", "p_adjusted", "least_p_adjusted"), "number"),
    **dict.fromkeys(("admission_date", "discharge_date"), "time"),
    "los_days": "number",
}


def print_screening(console: Console, found: Screening, language: str) -> None:
    """Findings by rule, the first hospitals, what could not be judged."""
    of = partial(said, language=language)
    applied = found.rules.filter(pl.col("on"), pl.col("missing").list.len() == 0)
    rows = [
        (
            row["rule"],
            row[column_in(language, "title")],
            *(f"{row[name]:,}" for name in ("judged", "not_judged", "findings", "cases", "money_yuan")),
        )
        for row in applied.iter_rows(named=True)
    ]
    heads = of("rule,meaning,judged,not judged,findings,cases,money at stake in yuan")
    title = (
        of("Findings") if found.is_priced else of("Findings (money: costs, for the cases have no payment)")
    )
    show(console, heads.split(","), "wtnnnnn", rows, title=title)
    _print_hospitals(console, found, language)
    for row in found.rules.filter(pl.col("missing").list.len() > 0).iter_rows(named=True):
        say(
            console,
            of(
                "Rule {rule} judged no case, because the data lacks: {names}.",
                rule=row["rule"],
                names=Joined(", ", (_called(name) for name in row["missing"])),
            ),
        )
    off = found.rules.filter(~pl.col("on"))["rule"].to_list()
    if off:
        say(console, of("Rules that are off: {names}.", names=Joined(", ", off)))
    for note in found.notes[column_in(language, "message")]:
        say(console, of("Note: {note}.", note=note))


def _called(name: str) -> str:
    return Both(name, f"{name} {ALL[name].label_zh}") if name in ALL else name


def _print_hospitals(console: Console, found: Screening, language: str) -> None:
    of = partial(said, language=language)
    if not found.hospitals.height:
        return
    first = found.hospitals.head(_MOST)
    rows = [
        (
            str(row["rank"]),
            row["hospital_id"],
            *(f"{row[name]:,}" for name in ("cases", "findings", "cases_found", "money_yuan")),
            p_value(row["least_p_adjusted"]),
            row["significant_rules"] or NOTHING,
        )
        for row in first.iter_rows(named=True)
    ]
    heads = of(
        "rank,hospital,cases,findings,cases found,money in yuan,adjusted p,rules in which it stands out"
    )
    title = of("Hospitals ({shown} of {count:,})", shown=first.height, count=found.hospitals.height)
    show(console, heads.split(","), "nwnnnnnt", rows, title=title)


def p_value(value: float | None) -> str:
    """A p-value of four places."""
    if value is None:
        return NOTHING
    return f"{value:.4f}" if value >= _LEAST_P else f"<{_LEAST_P}"


def print_screen_rules(console: Console, rules: Iterable[ScreenRule], language: str) -> None:
    """All rules, with what each finds and asks, its limits and its source."""
    heads = said("rule,on,meaning,question,source", language).split(",")
    rows = [
        (
            rule.id,
            said("yes", language) if rule.on else said("no", language),
            rule.name.to(language),
            Both(rule.question, rule.question_zh).to(language),
            rule.source,
        )
        for rule in rules
    ]
    show(console, heads, "wwttt", rows)


def screen_workbook(found: Screening) -> bytes:
    """All tables as a workbook, a sheet each."""
    content = io.BytesIO()
    with new_book(content, title=said("Screening of cases", CHINESE)) as book:
        for name, frame in found.tables.items():
            texts = frame.with_columns(pl.col(pl.List(pl.String)).list.join(", "))
            headings = [
                Heading(f"{LABELS_ZH[column]}\n{column}", _look(column, dtype), width=None)
                for column, dtype in texts.schema.items()
            ]
            book.frame(f"{SHEETS_ZH[name]} {name}", headings, texts, nothing=NOTHING)
    return content.getvalue()


def _look(column: str, dtype: pl.DataType) -> str:
    if column in _LOOKS:
        return _LOOKS[column]
    if dtype.is_decimal():
        return "money"
    return "count" if dtype.is_integer() else "text"


def screen_json(found: Screening) -> bytes:
    """All tables as JSON: a list of rows each; amounts as text, so that none is rounded."""
    tables = {name: frame.to_dicts() for name, frame in found.tables.items()}
    content = {"cases": found.cases, "money": "payment" if found.is_priced else "cost", **tables}
    return json.dumps(content, ensure_ascii=False, indent=1, default=_as_text).encode()


def _as_text(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else value.isoformat()
