"""What a ledger says on the console, and of what a statement of it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Final

import polars as pl
from rich.console import Console
from rich.text import Text

from drg.ledger.additions import LedgerAddition
from drg.ledger.entry import KINDS_ZH, LedgerEntry
from drg.report.checks import severity_in
from drg.report.console import say
from drg.report.console_table import show
from drg.words import Both, said

MOST_NAMED: Final = 10


def print_added(console: Console, added: LedgerAddition, language: str) -> None:
    """What came in, and what it took the place of."""
    of = partial(said, language=language)
    entry = added.entry
    what = _what(entry, language)
    say(console, of("Entry {number}: {what}", number=entry.number, what=what))
    say(console, of("Seal of entry {number}: {seal}", number=entry.number, seal=entry.seal))
    if added.months is not None:
        changed = added.months.filter(pl.col("replaces").is_not_null())
        if not changed.is_empty():
            heads = of("hospital,month,in place of entry,cases before,cases now")
            rows = [
                (
                    *(row["hospital_id"], row["month"], str(row["replaces"])),
                    *(f"{row['cases_before']:,}", f"{row['cases']:,}"),
                )
                for row in changed.head(MOST_NAMED).iter_rows(named=True)
            ]
            show(console, heads.split(","), "wwnnn", rows, title=of("Corrected"))
            more_of(console, changed.height, "", language)
    for finding in added.findings[:MOST_NAMED]:
        where = of("row {row}: ", row=finding.row) if finding.row else ""
        told = of(
            "{message}. {fix}.",
            message=Both(finding.message, finding.message_zh),
            fix=Both(finding.fix, finding.fix_zh),
        )
        _print_finding(console, finding.severity, f"{where}{told}", language)
    more_of(console, len(added.findings), of(" findings"), language)


def more_of(console: Console, count: int, what: str, language: str) -> None:
    """How many are not named, if there are any."""
    if count > MOST_NAMED:
        more = f"{count - MOST_NAMED:,}"
        say(console, said("… and {more} more{what}", language, more=more, what=what or Both("", "项")))


def _what(entry: LedgerEntry, language: str) -> str:
    of = partial(said, language=language)
    kind, rows = Both(entry.kind, KINDS_ZH[entry.kind]).to(language), f"{entry.rows:,}"
    if entry.kind == "scheme":
        return of("{kind} {scheme}, {rows} weights", kind=kind, scheme=entry.scheme, rows=rows)
    if entry.kind != "cases":
        return of("{kind}, {rows} rows", kind=kind, rows=rows)
    hospitals, span = f"{entry.hospitals:,}", span_of(entry)
    if entry.mode == "append":
        kind = of("{kind}, {count:,} late", kind=kind, count=entry.given_rows)
    elif entry.mode == "single_cases":
        kind = of("{kind}, {count:,} corrected", kind=kind, count=entry.given_rows)
    return of(
        "{kind}, {rows} cases, {hospitals} hospitals, {span}",
        kind=kind,
        rows=rows,
        hospitals=hospitals,
        span=span,
    )


def span_of(entry: LedgerEntry) -> str:
    """The months that an entry covers."""
    if entry.first_month is None:
        return "–"
    same = entry.first_month == entry.last_month
    return entry.first_month if same else f"{entry.first_month} … {entry.last_month}"


def print_each(console: Console, findings: pl.DataFrame, language: str) -> None:
    """Findings one by one, each with what mends it."""
    for row in findings.iter_rows(named=True):
        told = said(
            "{message}. {fix}.",
            language,
            message=Both(row["message"], row["message_zh"]),
            fix=Both(row["fix"], row["fix_zh"]),
        )
        _print_finding(console, row["severity"], f"{row['rule']}: {told}", language)


def _print_finding(console: Console, severity: str, text: str, language: str) -> None:
    console.print(Text.assemble(severity_in(severity, language), " ", text), soft_wrap=True)


def about(
    entries: Sequence[LedgerEntry], hospitals: Sequence[str], language: str, cleared: Mapping[int, bool]
) -> str:
    """What a statement is of, as JSON: enough to make it again from the same ledger."""
    last = entries[-1]
    scheme = [entry for entry in entries if entry.kind == "scheme"][-1]
    values = {
        "entry": last.number,
        "seal": last.seal,
        "at": last.at.isoformat(),
        "scheme": scheme.scheme,
        "scheme_sha256": scheme.scheme_sha256,
        "drg": version("drg"),
        "polars": pl.__version__,
        "hospitals": list(hospitals),
        "language": language,
        "cleared": {str(year): is_cleared for year, is_cleared in cleared.items()},
    }
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"
