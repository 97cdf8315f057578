"""Checks of a whole ledger: every byte against its digest, every count against the cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import polars as pl

from drg.errors import LedgerError
from drg.ledger import state, store
from drg.ledger.entry import (
    CASES_FILE,
    ENTRY_FILE,
    MONTHS_FILE,
    LedgerEntry,
    is_as_written,
    read_entry,
    sha256,
)
from drg.ledger.head import Head, damage, is_behind, read_head
from drg.ledger.kept_cases import MONTH, count_months
from drg.ledger.ledger_tables import table_file
from drg.ledger.months import PAIR
from drg.records.exact_paths import read_parquet, scan_parquet
from drg.records.findings import ERROR
from drg.settlement.settlement_findings import Finding, finding, findings_frame

FILE: Final = Path(__file__).with_name("ledger_findings.csv")
_CASE: Final = ("hospital_id", "case_id")


def verify(ledger: Path, expect: str | None = None) -> pl.DataFrame:
    """Check a ledger; see ``docs/ledger.md`` for the rules.

    Args:
        ledger: the directory.
        expect: the seal of an entry that must be there, as it was noted elsewhere.

    Returns:
        Findings as ``settlement.findings.SCHEMA``, ``row`` being the number of the entry: none, or notices
        only, if all is as it was written and each case is there once.
    """
    head, unreadable = _head(ledger)  # first: another run may add an entry just now
    numbers = store.numbers(ledger)
    found = [*_around(ledger), *unreadable]
    entries: list[LedgerEntry] = []
    previous: str | None = None
    missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
    found += [
        _finding("entry_missing", number, {"directory": f"{store.ENTRIES}/{number:06}"}) for number in missing
    ]
    for number in numbers:
        directory = store.place(ledger, number)
        try:
            entry = read_entry(directory)
        except LedgerError as error:
            where = f"{number:06}/{ENTRY_FILE}"
            command = f"drg ledger restore {ledger} {number} BACKUP/{ENTRY_FILE}"
            facts = {"where": where, "problem": error.problem, "command": command}
            found.append(_finding("entry_damaged", number, facts))
            continue
        # Where the entry before is missing or damaged, that is found already.
        is_next = number == 1 or (bool(entries) and entries[-1].number == number - 1)
        if is_next and entry.previous != previous:
            found.append(_finding("chain_broken", number, {"previous": number - 1, "ledger": ledger}))
        entries.append(entry)
        found += _files(ledger, entry)
        previous = sha256(directory / ENTRY_FILE)
    if not unreadable:
        found += _end(head, ledger, numbers, entries)
    if expect is not None:
        found += _expected(expect, entries, max(numbers, default=0))
    damaged = {finding.row for finding in found if finding.severity == ERROR}
    if not damaged and not missing:
        found += _counts(ledger, entries)
    found += _versions(entries)
    return findings_frame(found)


def _head(ledger: Path) -> tuple[Head | None, list[Finding]]:
    try:
        return read_head(ledger), []
    except LedgerError as error:
        last = max(store.numbers(ledger), default=1)
        facts = {"problem": error.problem, "command": f"drg ledger restore {ledger} {last}"}
        return None, [_finding("head_damaged", last, facts)]


def _end(
    head: Head | None, ledger: Path, numbers: list[int], entries: list[LedgerEntry]
) -> Iterator[Finding]:
    """Whether the last entry is the one that the head names."""
    last = max(numbers, default=0)
    wrong = damage(head, ledger, numbers, {entry.number: entry.seal for entry in entries})
    if wrong is not None:
        facts = {"last": last, "head": head.entry if head else 0, "ledger": ledger}
        yield _finding(wrong.rule, wrong.entry, facts)
    elif is_behind(head, last):
        yield _finding("head_behind", last)


def _expected(seal: str, entries: list[LedgerEntry], last: int) -> Iterator[Finding]:
    """Whether the entry with a seal is there; later ones may follow it."""
    found = [entry.number for entry in entries if entry.seal == seal.strip().lower()]
    if not found:
        yield _finding("seal_not_found", last or None, {"seal": seal})
    elif found[0] < last:
        yield _finding("seal_earlier", found[0], {"last": last})


def _around(ledger: Path) -> Iterator[Finding]:
    """What lies beside the entries."""
    if left := store.leftovers(ledger):
        yield _finding("leftover", None, _names(left))
    if strange := store.strangers(ledger):
        yield _finding("not_of_the_ledger", None, _names(strange))


def _files(ledger: Path, entry: LedgerEntry) -> Iterator[Finding]:
    """Whether each stored file is as it was written, and nothing else is there."""
    directory = store.place(ledger, entry.number)
    for known in entry.files:
        file = directory / known.name
        try:
            if is_as_written(directory, known):
                continue
        except LedgerError as error:
            facts = {"where": f"{directory.name}/{known.name}", "problem": error.problem}
            yield _finding("file_unreadable", entry.number, facts)
            continue
        facts = {
            "where": f"{directory.name}/{known.name}",
            "name": known.name,
            "sources": " ".join(source.name for source in entry.inputs),
            "command": f"drg ledger restore {ledger} {entry.number}",
        }
        rule = "file_changed" if file.is_file() else "file_missing"
        case = "rebuilt" if known.name == MONTHS_FILE else ""
        yield _finding(rule, entry.number, facts, case=case)
    names = {path.name for path in directory.iterdir()} - {known.name for known in entry.files} - {ENTRY_FILE}
    if names:
        yield _finding("not_of_the_entry", entry.number, _names(sorted(names)))


def _counts(ledger: Path, entries: list[LedgerEntry]) -> Iterator[Finding]:
    """Whether each entry has the rows that it says, and the cases that hold are each there once."""
    for entry in entries:
        directory = store.place(ledger, entry.number)
        if entry.kind == "cases":
            rows, counts = _rows_of_cases(directory)
        elif entry.kind == "scheme":
            continue
        else:
            file = directory / table_file(entry.kind)
            rows, counts = scan_parquet(file).select(pl.len()).collect().item(), True
        if rows != entry.rows or not counts:
            facts = {
                "rows": rows,
                "registered": entry.rows,
                "directory": f"{store.ENTRIES}/{directory.name}",
            }
            yield _finding("rows_differ", entry.number, facts)
    covered = state.covered(ledger, entries)
    current = state.holding(covered)
    parts = [frame for _, frame in state.frames(ledger, covered, current, (*_CASE, MONTH))]
    if not parts:
        return
    cases = pl.concat(parts)
    held = int(current["cases"].sum())
    # Equal cases have equal hashes: most hashes are there once, and what is not is looked at itself.
    keys = cases.select(key=pl.col("hospital_id").hash(1) ^ pl.col("case_id").hash(2))
    hashes = keys.collect(engine="streaming")["key"]
    again = hashes.filter(hashes.is_duplicated()).unique() if hashes.n_unique() < len(hashes) else hashes[:0]
    twice = pl.DataFrame(schema=dict.fromkeys(_CASE, pl.String))
    if len(again):
        some = cases.filter((pl.col("hospital_id").hash(1) ^ pl.col("case_id").hash(2)).is_in(again))
        groups = some.group_by(_CASE).agg(times=pl.len()).filter(pl.col("times") > 1)
        twice = groups.select(_CASE).sort(_CASE).collect(engine="streaming")
    if len(hashes) != held or twice.height:
        hospital, case = twice.row(0) if twice.height else (None, None)
        place = {"hospital_id": hospital, "case_id": case}
        facts = {"held": held, "found": len(hashes), "twice": twice.height}
        yield finding("cases_do_not_add_up", place, facts, file=FILE)


def _rows_of_cases(directory: Path) -> tuple[int, bool]:
    """The rows of cases, and whether the months say the same."""
    own = read_parquet(directory / MONTHS_FILE).filter(pl.col("cases") > 0)
    file = directory / CASES_FILE
    if not file.exists():
        return 0, own.is_empty()
    counted = count_months(file)
    names = [*PAIR, "cases", "payment_yuan"]
    return int(counted["cases"].sum()), own.select(names).sort(PAIR).equals(counted.select(names).sort(PAIR))


def _versions(entries: list[LedgerEntry]) -> Iterator[Finding]:
    """Entries that other programs or schemes have made."""
    for before, entry in pairwise(entries):
        if (before.drg, before.polars) != (entry.drg, entry.polars):
            programs = {"drg": entry.drg, "polars": entry.polars, "before": before}
            yield _finding("version_changed", entry.number, programs)
        if entry.kind == "scheme" and any(e.kind == "cases" and e.number < entry.number for e in entries):
            yield _finding("scheme_changed", entry.number)


def _names(names: list[str]) -> dict[str, str]:
    return {"names": ", ".join(names), "names_zh": "、".join(names)}


def _finding(
    rule: str, entry: int | None, facts: Mapping[str, Any] | None = None, *, case: str = ""
) -> Finding:
    """A finding of ``ledger_findings.csv``; ``row`` is the number of the entry."""
    return finding(rule, {"row": entry}, {"entry": entry, **(facts or {})}, case=case, file=FILE)
