"""The entries of a ledger in their order, each bound to the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drg.errors import LedgerError
from drg.ledger import store
from drg.ledger.entry import ENTRY_FILE, LedgerEntry, is_as_written, read_entry, sha256
from drg.ledger.head import check_head, read_head
from drg.words import Sentence


def read_entries(ledger: Path, as_of: int | None = None) -> list[LedgerEntry]:
    """The entries up to a number, in order.

    Raises:
        LedgerError: one of them is missing, cannot be read or was changed; or there is no such number.
    """
    head = read_head(ledger) if as_of is None else None  # first: another run may add an entry just now
    numbers = store.numbers(ledger)
    last = numbers[-1] if numbers else 0
    if as_of is not None and not 1 <= as_of <= last:
        fix = (
            Sentence("The last one is {last}: drg ledger status {ledger}", last=last, ledger=ledger)
            if last
            else Sentence("Begin with the scheme: drg ledger add {ledger} --scheme SCHEME", ledger=ledger)
        )
        raise LedgerError(Sentence("there is no entry {as_of}", as_of=as_of), file=ledger, fix=fix)
    wanted = [number for number in numbers if as_of is None or number <= as_of]
    found: list[LedgerEntry] = []
    previous: str | None = None
    for expected, number in enumerate(wanted, start=1):
        if number != expected:
            problem = Sentence("entry {expected} is missing", expected=expected)
            fix = Sentence(
                "Put the directory {entries}/{expected:06} back from a backup",
                entries=store.ENTRIES,
                expected=expected,
            )
            raise LedgerError(problem, file=ledger, fix=fix)
        directory = store.place(ledger, number)
        entry = read_entry(directory)
        if entry.previous != previous:
            problem = Sentence(
                "entry {number} does not follow the one before it as that stands now", number=number
            )
            fix = Sentence("See which one was changed: drg ledger verify {ledger}", ledger=ledger)
            raise LedgerError(problem, file=f"{directory.name}/{ENTRY_FILE}", fix=fix)
        previous = sha256(directory / ENTRY_FILE)
        found.append(entry)
    if as_of is None:
        check_head(head, ledger, found)
    return found


def sound_entries(ledger: Path) -> list[LedgerEntry]:
    """All entries, every stored file being as it was written: what an addition can build on.

    Raises:
        LedgerError: as ``read_entries``, or a stored file was changed or lost.
    """
    entries = read_entries(ledger)
    check_files(ledger, entries)
    return entries


def standing(entries: Sequence[LedgerEntry], kind: str) -> list[LedgerEntry]:
    """The entries of a kind that no later one replaces wholly; not for cases, which are replaced in parts."""
    of_kind = [entry for entry in entries if entry.kind == kind]
    gone = {number for entry in of_kind for number in entry.replaces}
    return [entry for entry in of_kind if entry.number not in gone]


def scheme_entry(ledger: Path, entries: Sequence[LedgerEntry]) -> LedgerEntry:
    """The entry of the scheme that holds.

    Raises:
        LedgerError: there is none.
    """
    found = standing(entries, "scheme")
    if not found:
        fix = Sentence("Add it first: drg ledger add {ledger} --scheme SCHEME", ledger=ledger)
        raise LedgerError(Sentence("the ledger has no payment scheme yet"), file=ledger, fix=fix)
    return found[-1]


def check_files(ledger: Path, entries: Sequence[LedgerEntry]) -> None:
    """Whether every stored file is as it was written.

    Raises:
        LedgerError: names the first that is not.
    """
    for entry in entries:
        for known in entry.files:
            directory = store.place(ledger, entry.number)
            if not is_as_written(directory, known):
                problem = Sentence("the file was changed or lost after it was written")
                fix = Sentence("See how to mend it: drg ledger verify {ledger}", ledger=ledger)
                raise LedgerError(problem, file=f"{directory.name}/{known.name}", fix=fix)
