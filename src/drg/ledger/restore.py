"""Damaged files of an entry, put back: from a backup, or built again from what was added.

Only what gives the very bytes that the entry knows is put in place, so a restored ledger is the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from drg.errors import LedgerError, system_reason
from drg.ledger import kept_cases as cases
from drg.ledger import months, single_cases, state, store
from drg.ledger.chain import check_files, read_entries, scheme_entry
from drg.ledger.entry import (
    CASES_FILE,
    ENTRY_FILE,
    MONTHS_FILE,
    TABLE_KINDS,
    LedgerEntry,
    digest,
    is_as_written,
    read_entry,
    sha256,
)
from drg.ledger.head import new_head, read_head
from drg.ledger.ledger_tables import store_table
from drg.records.plain_files import check_is_file
from drg.words import Joined, Sentence


def restore(ledger: Path, number: int, files: Sequence[Path]) -> list[str]:
    """Put damaged or lost files of an entry back.

    Args:
        ledger: the directory.
        number: of the entry.
        files: the files that were added then, or copies of the damaged files from a backup. None are needed
            for months.parquet, which the cases and the entries before give.

    Returns:
        The names of the files that were put back; none if nothing was damaged.

    Raises:
        LedgerError: the files are not those that the entry knows, or do not give the same bytes.
    """
    target = store.place(ledger, number)
    if not target.is_dir():
        fix = Sentence(
            "Put the directory {entries}/{name} back from a backup", entries=store.ENTRIES, name=target.name
        )
        raise LedgerError(Sentence("entry {number} is missing", number=number), file=ledger, fix=fix)
    for file in files:
        try:
            check_is_file(file)
        except OSError as error:
            problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
            raise LedgerError(problem, file=file, fix=Sentence("Check the path")) from None
    with store.writing(ledger), store.adding(ledger) as directory:
        if not files and _head_back(ledger, number):
            return [store.HEAD]
        for file in files:
            if file.name == ENTRY_FILE:
                return _entry_back(ledger, number, file, directory)
        entry = read_entry(target)
        damaged = [known for known in entry.files if not is_as_written(target, known)]
        given = {sha256(file): file for file in files}
        for known in damaged:
            if known.sha256 in given:
                (directory / known.name).write_bytes(given[known.sha256].read_bytes())
        missing = [known.name for known in damaged if not (directory / known.name).exists()]
        if missing:
            _build(ledger, entry, missing, files, given, directory)
        for known in damaged:
            made = directory / known.name
            if digest(made) != known:
                problem = Sentence(
                    "what was added gives the same cases, but not the same bytes: entry {number} was "
                    "written with polars {polars}, this is {installed}",
                    number=number,
                    polars=entry.polars,
                    installed=pl.__version__,
                )
                fix = Sentence(
                    "pip install polars=={polars} drg=={drg} and restore it once more, or give the "
                    "file from a backup",
                    polars=entry.polars,
                    drg=entry.drg,
                )
                raise LedgerError(problem, file=f"{target.name}/{known.name}", fix=fix)
        for known in damaged:
            store.replace_file(directory / known.name, target / known.name)
    return [known.name for known in damaged]


def _build(
    ledger: Path,
    entry: LedgerEntry,
    missing: Sequence[str],
    files: Sequence[Path],
    given: dict[str, Path],
    directory: Path,
) -> None:
    """Make stored files again from what was added."""
    if missing != [MONTHS_FILE]:
        lacking = [source.name for source in entry.inputs if source.sha256 not in given]
        if lacking or not entry.inputs:
            problem = Sentence("what was added is needed, as entry {number}", number=entry.number)
            if files:
                problem = Sentence(
                    "{file} is not what was added as entry {number}", file=files[0].name, number=entry.number
                )
            fix = Sentence(
                "Give {files}, unchanged since then",
                files=Joined(", ", lacking) or Sentence("a copy from a backup"),
            )
            raise LedgerError(problem, file=ledger, fix=fix)
    sources = [given[source.sha256] for source in entry.inputs if source.sha256 in given]
    if entry.kind in TABLE_KINDS:
        store_table(sources[0], directory, entry.kind)
    elif CASES_FILE in missing:
        by = scheme_entry(ledger, read_entries(ledger, entry.number - 1)).months_by
        cases.store(sources, directory, (), by)
        if entry.mode != "months":
            covered = state.covered(ledger, read_entries(ledger, entry.number - 1))
            single_cases.put_together(ledger, covered, entry.mode, directory, sources)
    if MONTHS_FILE in missing:
        before = read_entries(ledger, entry.number - 1)
        current = state.holding(state.covered(ledger, before))
        kept = directory / CASES_FILE
        stored = kept if kept.exists() else store.place(ledger, entry.number) / CASES_FILE
        found = (
            cases.count_months(stored)
            if entry.inputs
            else pl.DataFrame(schema=months.SCHEMA).drop("replaces")
        )
        months.write(months.replacing(found, current, entry.emptied), directory)


def _head_back(ledger: Path, number: int) -> bool:
    """Write a head that is missing or cannot be read anew, if the entry is the last one and all are sound."""
    try:
        if read_head(ledger) is not None:
            return False
    except LedgerError:
        pass
    if number != store.numbers(ledger)[-1]:
        return False
    entries = read_entries(ledger, number)
    check_files(ledger, entries)
    with new_head(ledger, entries[-1]):
        pass
    return True


def _entry_back(ledger: Path, number: int, file: Path, directory: Path) -> list[str]:
    """Put an entry.json back, if it is the one that the next entry knows or, of the last, is sealed."""
    copy = directory / f"{number:06}"
    copy.mkdir()
    (copy / ENTRY_FILE).write_bytes(file.read_bytes())
    read_entry(copy)
    following = store.place(ledger, number + 1)
    if following.is_dir() and read_entry(following).previous != sha256(copy / ENTRY_FILE):
        problem = Sentence("this is not the file that entry {number} follows", number=number + 1)
        raise LedgerError(problem, file=file, fix=Sentence("Give an older backup"))
    store.replace_file(copy / ENTRY_FILE, store.place(ledger, number) / ENTRY_FILE)
    return [ENTRY_FILE]
