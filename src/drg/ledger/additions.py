"""Adding to a ledger: check what comes in against all that holds, store it, publish it as the next entry."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from drg.errors import InputError, LedgerError
from drg.ledger import kept_cases as cases
from drg.ledger import months, single_cases, state, store
from drg.ledger.chain import scheme_entry, sound_entries, standing
from drg.ledger.entry import (
    CASES_FILE,
    ENTRY_FILE,
    FileDigest,
    Kind,
    LedgerEntry,
    Mode,
    digest,
    sha256,
    write_entry,
)
from drg.ledger.head import new_head
from drg.ledger.ledger_tables import as_given, checked, refuse, store_table, table_file
from drg.records.exact_paths import read_parquet
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.payment import LoadedScheme
    from drg.settlement.settlement_findings import Finding


@dataclass(frozen=True)
class Stamp:
    """When, by whom and why something was added, as given; no time: now."""

    at: datetime | None = None
    by: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class LedgerAddition:
    """What an addition did.

    Attributes:
        entry: the new one.
        months: of cases, what it covers: ``months.SCHEMA`` and ``cases_before``.
        findings: of cases or a table, what is odd, though it can be used.
    """

    entry: LedgerEntry
    months: pl.DataFrame | None = None
    findings: tuple[Finding, ...] = ()


def add_scheme(
    ledger: Path, scheme: str | Path | LoadedScheme, *, correct: bool = False, stamp: Stamp | None = None
) -> LedgerAddition:
    """Add the payment scheme: a copy of its files.

    Args:
        ledger: the directory.
        scheme: as for ``drg.settle``.
        correct: it takes the place of the one that the ledger has; its id must be the same.
        stamp: when, by whom and why.

    Raises:
        LedgerError: there is one already, or none to correct.
        SchemeError: it cannot be used.
    """
    from drg.payment.load_scheme import as_loaded
    from drg.settlement.case_sums import months_by, required_columns

    loaded = as_loaded(scheme)
    id_, given = loaded.scheme.id, scheme if isinstance(scheme, str | Path) else loaded.directory
    with store.writing(ledger), store.adding(ledger) as directory:
        entries = sound_entries(ledger)
        old = standing(entries, "scheme")
        if old and old[0].scheme != id_:
            problem = Sentence("this ledger is for {scheme}, not for {id}", scheme=old[0].scheme, id=id_)
            fix = Sentence(
                "Begin another ledger for it: drg ledger add OTHER_DIRECTORY --scheme {given}", given=given
            )
            raise LedgerError(problem, file=ledger, fix=fix)
        if old and not correct:
            problem = Sentence("the ledger has {id} in entry {number} already", id=id_, number=old[0].number)
            fix = Sentence(
                "To put this one in its place: drg ledger add {ledger} --scheme {given} --correct",
                ledger=ledger,
                given=given,
            )
            raise LedgerError(problem, file=ledger, fix=fix)
        if correct and not old:
            problem = Sentence("there is no scheme to correct")
            raise LedgerError(problem, file=ledger, fix=Sentence("Leave out --correct"))
        for source in loaded.files:
            shutil.copyfile(source, directory / source.name)
        by = months_by(loaded.scheme)
        if old and old[0].months_by != by and standing(entries, "cases"):
            raise LedgerError(
                Sentence(
                    "the cases of this ledger are in months by {date}, not by {other}",
                    date=old[0].months_by,
                    other=by,
                ),
                file=ledger,
                fix=Sentence(
                    "Begin another ledger for it: drg ledger add OTHER_DIRECTORY --scheme {given}",
                    given=given,
                ),
            )
        files = [digest(file) for file in sorted(directory.iterdir())]
        whole = hashlib.sha256("".join(f"{f.name}\n{f.sha256}\n" for f in files).encode()).hexdigest()
        if old and old[0].scheme_sha256 == whole:
            raise LedgerError(
                Sentence("entry {number} has the very same files; nothing was added", number=old[0].number),
                file=loaded.directory,
                fix=Sentence("Change the scheme first, then correct it here"),
            )
        entry = _publish(
            ledger,
            directory,
            entries,
            "scheme",
            stamp,
            inputs=files,
            rows=len(loaded.weights),
            scheme=id_,
            scheme_sha256=whole,
            needs=tuple(n for n in required_columns(loaded.scheme) if n not in cases.REQUIRED),
            months_by=by,
            replaces=tuple(entry.number for entry in old),
        )
    return LedgerAddition(entry)


def add_cases(
    ledger: Path,
    files: Sequence[Path],
    *,
    correct: bool = False,
    mode: Mode = "months",
    replaces_cases: int | None = None,
    empty: Iterable[tuple[str, str]] = (),
    stamp: Stamp | None = None,
) -> LedgerAddition:
    """Add priced cases, or put them in the place of those of the same hospitals and months.

    Args:
        ledger: the directory.
        files: what ``drg price`` writes; may be none if something is to be emptied.
        correct: replace what the ledger has of exactly the hospitals and months that the files cover.
        mode: ``append``: the cases came late, and are added to months that are there. ``single_cases``: they
            take the place of the same cases, told by hospital and case id; all others stay.
        replaces_cases: how many cases the ledger has of the months that are replaced, to be sure; needed
            where a month would lose several cases and more than a tenth of them.
        empty: hospitals and months, ``("H1", "2025-03")``, that shall have no cases any more.
        stamp: when, by whom and why.

    Raises:
        LedgerError: a month of a hospital, or a case, is there already; or there is nothing to correct.
        InputError: a case cannot be kept apart, has no month, or was priced with another scheme, or by other
            rules or weights of it.
    """
    from drg.ledger.case_findings import of_cases
    from drg.payment import load_scheme

    emptied = sorted(set(empty))
    with store.writing(ledger), store.adding(ledger) as directory:
        entries = sound_entries(ledger)
        scheme = scheme_entry(ledger, entries)
        covered = state.covered(ledger, entries)
        current = state.holding(covered)
        found = pl.DataFrame(schema=months.SCHEMA).drop("replaces")
        inputs: list[FileDigest] = []
        stored = directory / CASES_FILE
        given_rows = 0
        odd: tuple[Finding, ...] = ()
        if files:
            inputs = _digests(files, lambda: cases.store(files, directory, scheme.needs, scheme.months_by))
            by = load_scheme(store.place(ledger, scheme.number)).pricing_digest
            cases.check(files, stored, scheme.scheme, by, scheme.months_by)
            odd = of_cases(files, stored)
            if mode != "months":
                given_rows = int(cases.count_months(stored)["cases"].sum())
                if mode == "append":
                    _check_new(ledger, files, stored, covered, current)
                emptied += single_cases.put_together(ledger, covered, mode, directory, files)
            found = cases.count_months(stored)
        own = months.replacing(found, current, emptied)
        if mode == "months":
            months.check(ledger, files, own, current, emptied, correct=correct)
            if correct:
                months.check_losses(ledger, files, own, current, replaces_cases)
        if files:
            _check_new(ledger, files, stored, covered, current.join(own, on=months.PAIR, how="anti"))
        months.write(own, directory)
        replaced = own.filter(pl.col("replaces").is_not_null())
        entry = _publish(
            ledger,
            directory,
            entries,
            "cases",
            stamp,
            inputs=inputs,
            rows=int(own["cases"].sum()),
            mode=mode,
            given_rows=given_rows,
            scheme=scheme.scheme,
            first_month=own["month"].min(),
            last_month=own["month"].max(),
            months=own["month"].n_unique(),
            hospitals=own["hospital_id"].n_unique(),
            emptied=tuple(emptied),
            replaces=tuple(replaced["replaces"].unique().sort().to_list()),
            replaced_pairs=replaced.height,
        )
    before = current.select(*months.PAIR, cases_before="cases")
    covers = own.join(before, on=months.PAIR, how="left", maintain_order="left")
    return LedgerAddition(entry, covers, odd)


def _check_new(
    ledger: Path, files: Sequence[Path], stored: Path, covered: pl.DataFrame, rows: pl.DataFrame
) -> None:
    """Whether none of the stored cases is in these months of the ledger.

    Raises:
        LedgerError: names one that is.
    """
    columns = ("hospital_id", "case_id", cases.MONTH)
    others = [
        frame.with_columns(entry=pl.lit(number))
        for number, frame in state.frames(ledger, covered, rows, columns)
    ]
    if others:
        cases.check_others(files, stored, pl.concat(others))


def add_table(
    ledger: Path,
    kind: Kind,
    file: Path,
    *,
    replaces: int | None = None,
    again: bool = False,
    stamp: Stamp | None = None,
) -> LedgerAddition:
    """Add a table of payments, decisions or scores.

    Args:
        ledger: the directory.
        kind: which of them.
        file: the table.
        replaces: the number of the entry in whose place it stands, wholly.
        again: take a file that is in the ledger already once more.
        stamp: when, by whom and why.

    Raises:
        LedgerError: the file is there already, or there is no such entry to replace.
        InputError: a row cannot be used; what a ledger holds must all count.
    """
    with store.writing(ledger), store.adding(ledger) as directory:
        entries = sound_entries(ledger)
        scheme = scheme_entry(ledger, entries)
        known = standing(entries, kind)
        if replaces is not None:
            _check_replaced(ledger, known, kind, replaces)
        inputs = _digests([file], lambda: store_table(file, directory, kind))
        same = [entry for entry in known if entry.inputs[0].sha256 == inputs[0].sha256]
        if same and not again:
            problem = Sentence(
                "this very file is in entry {number} already; nothing was added", number=same[0].number
            )
            fix = Sentence("If all of it shall count twice, say so with --again")
            raise LedgerError(problem, file=file, fix=fix)
        stored = read_parquet(directory / table_file(kind))
        alone = checked(kind, stored).findings
        refuse(file, alone)
        kept = [entry for entry in known if entry.number != replaces]
        before = [state.read_stored(ledger, entry, table_file(kind)) for entry in kept]
        with_all = checked(kind, as_given(kind, [*before, stored])).findings if before else ()
        refuse(file, with_all, [entry.number for entry in kept])
        entry = _publish(
            ledger,
            directory,
            entries,
            kind,
            stamp,
            inputs=inputs,
            rows=stored.height,
            scheme=scheme.scheme,
            replaces=() if replaces is None else (replaces,),
        )
    return LedgerAddition(entry, findings=tuple(dict.fromkeys((*alone, *with_all))))


def _check_replaced(ledger: Path, known: Sequence[LedgerEntry], kind: str, number: int) -> None:
    if number not in [entry.number for entry in known]:
        numbers = Joined(", ", (entry.number for entry in known))
        raise LedgerError(
            Sentence("entry {number} is none of {kind} that holds", number=number, kind=kind),
            file=ledger,
            fix=Sentence("Those that hold: {numbers}", numbers=numbers)
            if numbers
            else Sentence("There are none: leave out --replace"),
        )


def _digests(files: Sequence[Path], read: Callable[[], object]) -> list[FileDigest]:
    """Read files, and know for certain what was read.

    Raises:
        InputError: one of them changed on the way, or is given twice.
    """

    def looks() -> list[tuple[int, int]]:
        return [(status.st_mtime_ns, status.st_size) for status in (file.stat() for file in there)]

    there = [file for file in files if file.is_file()]  # reading says what is wrong with others
    before = looks()
    read()
    found = [digest(file) for file in files]
    if looks() != before:
        problem = Sentence("the file changed while it was read")
        raise InputError(problem, file=files[0], fix=Sentence("Add it again once it is complete"))
    first: dict[str, Path] = {}
    for file, known in zip(files, found, strict=True):
        if known.sha256 in first:
            problem = Sentence("this is the same file as {name}", name=first[known.sha256].name)
            raise InputError(problem, file=file, fix=Sentence("Name it once"))
        first[known.sha256] = file
    return found


def _publish(
    ledger: Path,
    directory: Path,
    entries: Sequence[LedgerEntry],
    kind: Kind,
    stamp: Stamp | None,
    **values: Any,
) -> LedgerEntry:
    """Seal what is in a temporary directory and make it the next entry."""
    stamp = stamp or Stamp()
    number = len(entries) + 1
    previous = sha256(store.place(ledger, number - 1) / ENTRY_FILE) if entries else None
    entry = LedgerEntry(
        number=number,
        kind=kind,
        at=stamp.at or datetime.now().astimezone().replace(microsecond=0),
        by=stamp.by,
        note=stamp.note,
        files=tuple(digest(file) for file in sorted(directory.iterdir())),
        drg=version("drg"),
        polars=pl.__version__,
        previous=previous,
        **values,
    )
    sealed = write_entry(entry, directory)
    with new_head(ledger, sealed):
        store.publish(ledger, directory, number)
    return sealed
