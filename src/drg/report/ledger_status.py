"""How a ledger stands, on the console and as JSON: months, gaps, what is late, entries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.text import Text

from drg.errors import DrgError
from drg.ledger.entry import KINDS_ZH, LedgerEntry
from drg.report.console import say
from drg.report.console_table import show
from drg.report.ledger import MOST_NAMED, more_of, span_of
from drg.report.prices import amount
from drg.settlement.lateness import Lateness
from drg.words import Both, Joined, Sentence, said

_OF_AN_ENTRY: Final = (
    *("number", "kind", "at", "by", "note", "rows", "first_month", "last_month", "emptied"),
    *("replaces", "replaced_pairs", "seal"),
)


def print_status(
    console: Console,
    entries: Sequence[LedgerEntry],
    months: pl.DataFrame,
    late: Lateness | DrgError | None,
    language: str,
) -> None:
    """Which months are in, what is missing, what is late; the entries.

    Args:
        console: where to.
        entries: in order.
        months: what holds, as ``Ledger.months`` gives it.
        late: what is late, or why that is not known; None: no due dates in the scheme, or no cases.
        language: of the words.
    """
    of = partial(said, language=language)
    held = months.filter(pl.col("cases") > 0)
    rows = [
        (
            *(row["month"], f"{row['hospitals']:,}", f"{row['cases']:,}", f"{row['payment_yuan']:,.2f}"),
            " ".join(map(str, row["entry"])),
        )
        for row in _by_month(held).iter_rows(named=True)
    ]
    total = (f"{held['hospital_id'].n_unique():,}", f"{int(held['cases'].sum()):,}")
    heads = of("month,hospitals,cases,payment,entries")
    show(
        console,
        heads.split(","),
        "wnnnt",
        rows,
        title=of("Months"),
        total=(of("all"), *total, f"{Decimal(held['payment_yuan'].sum()):,.2f}", ""),
    )
    _print_gaps(console, held, language)
    if late is not None:
        say(console, late_in_words(late).to(language))
    lines = []
    for entry in entries:
        replaced = " ".join(map(str, entry.replaces))
        if entry.replaced_pairs:
            replaced += of(" ({replaced_pairs:,} hospital months)", replaced_pairs=entry.replaced_pairs)
        lines.append(
            (
                *(str(entry.number), Both(entry.kind, KINDS_ZH[entry.kind]).to(language), span_of(entry)),
                *(f"{entry.rows:,}", replaced or "–", entry.at.isoformat(sep=" ")),
                *(entry.by or "–", entry.note or "–"),
            )
        )
    heads = of("no.,what,months,rows,in place of,at,by,note")
    show(console, heads.split(","), "wwtntttt", lines, title=of("Entries"))
    if entries:
        last = entries[-1]
        say(
            console,
            of(
                "Scheme: {scheme}. Seal of entry {number}: {seal}",
                scheme=last.scheme,
                number=last.number,
                seal=last.seal,
            ),
        )


def _print_gaps(console: Console, held: pl.DataFrame, language: str) -> None:
    gaps = _gaps(held)
    for hospital, missing in gaps[:MOST_NAMED]:
        text = f"{said('Missing: ', language)}{hospital} {', '.join(missing)}"
        console.print(Text(text, "yellow"), soft_wrap=True)
    more_of(console, len(gaps), said(" hospitals with gaps", language), language)


def _by_month(held: pl.DataFrame) -> pl.DataFrame:
    """Of each month its hospitals, cases and payment, and the entries that have them."""
    by_month = held.group_by("month").agg(
        pl.col("hospital_id").n_unique().alias("hospitals"),
        pl.col("cases", "payment_yuan").sum(),
        pl.col("entry").unique().sort(),
    )
    return by_month.sort("month")


def _gaps(held: pl.DataFrame) -> list[tuple[str, list[str]]]:
    """Hospitals that lack a month between their first and their last, and which."""
    order = {name: place for place, name in enumerate(_all_months(held["month"].to_list()))}
    gaps = []
    for hospital, found in held.group_by("hospital_id").agg("month").sort("hospital_id").iter_rows():
        places = {order[name] for name in found}
        missing = [
            m for m, place in order.items() if min(places) < place < max(places) and place not in places
        ]
        if missing:
            gaps.append((hospital, missing))
    return gaps


def _all_months(months: Sequence[str]) -> list[str]:
    """Every month from the first to the last."""
    if not months:
        return []
    first, last = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in (min(months), max(months)))
    return [f"{place // 12}-{place % 12 + 1:02}" for place in range(first, last + 1)]


def late_in_words(late: Lateness | DrgError) -> Sentence:
    """What is late, in one line."""
    if isinstance(late, DrgError):
        return Sentence("What is late is not known: {why}", why=Both(late.text("en"), late.text("zh")))
    parts = [
        Sentence(
            "Late on {on}: {yuan} yuan (amounts: {count:,}, hospitals: {hospitals:,}, at most {days:,} days)",
            on=late.on,
            yuan=amount(late.late_yuan),
            count=late.amounts,
            hospitals=late.hospitals,
            days=late.most_days_late,
        )
        if late.amounts
        else Sentence("Nothing is late on {on}", on=late.on)
    ]
    if late.next_due_on:
        parts.append(
            Sentence("next due: {yuan} yuan on {day}", yuan=amount(late.next_due_yuan), day=late.next_due_on)
        )
    if late.findings:
        parts.append(Sentence("findings: {count:,}", count=late.findings))
    return Sentence("{parts}. Each amount: drg ledger due", parts=Joined("; ", parts))


def as_json(
    entries: Sequence[LedgerEntry], months: pl.DataFrame, late: Lateness | DrgError | None, language: str
) -> str:
    """The same for programs; amounts in yuan, as text."""
    held = months.filter(pl.col("cases") > 0)
    values: dict[str, Any] = {
        "scheme": entries[-1].scheme if entries else None,
        "entry": entries[-1].number if entries else None,
        "seal": entries[-1].seal if entries else None,
        "months": _by_month(held).rename({"entry": "entries"}).to_dicts(),
        "missing": [{"hospital_id": hospital, "months": names} for hospital, names in _gaps(held)],
        "late": late._asdict() if isinstance(late, Lateness) else None,
        "late_not_known": late.text(language) if isinstance(late, DrgError) else None,
        "entries": [entry.model_dump(mode="json", include=set(_OF_AN_ENTRY)) for entry in entries],
    }
    return json.dumps(values, indent=1, ensure_ascii=False, default=str)
