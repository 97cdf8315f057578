"""The public face of a ledger: a year of settlements as a directory of entries, only ever added to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from drg.errors import LedgerError
from drg.ledger import additions, state, store
from drg.ledger.additions import LedgerAddition, Stamp
from drg.ledger.chain import check_files, read_entries, scheme_entry, standing
from drg.ledger.entry import TABLE_KINDS, Kind, LedgerEntry, Mode
from drg.ledger.kept_cases import MONTH
from drg.ledger.ledger_tables import as_given, table_file
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.payment import LoadedScheme
    from drg.settlement.due_dates import DueDates
    from drg.settlement.settle import Settlement


class Ledger:
    """A ledger on disk. Readers see whole entries only and need no lock; there is one writer at a time.

    Args:
        directory: of a ledger.

    Raises:
        LedgerError: there is none.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        if not store.is_ledger(self.directory):
            fix = Sentence("Begin one: drg ledger add {directory} --scheme SCHEME", directory=self.directory)
            raise LedgerError(Sentence("there is no ledger"), file=self.directory, fix=fix)

    @classmethod
    def create(cls, directory: str | Path) -> Ledger:
        """Open a ledger; make an empty one if the directory does not exist or is empty.

        Raises:
            LedgerError: there is something else.
            OutputError: it cannot be made.
        """
        store.make(Path(directory))
        return cls(directory)

    def __repr__(self) -> str:
        return f"Ledger({str(self.directory)!r})"

    # ------------------------------------------------------------------------------------------- reading

    def entries(self, as_of: int | None = None) -> list[LedgerEntry]:
        """The entries up to a number, in order.

        Raises:
            LedgerError: one of them is missing, cannot be read or was changed; or there is no such number.
        """
        return read_entries(self.directory, as_of)

    def months(self, as_of: int | None = None) -> pl.DataFrame:
        """What holds: entry, hospital, month, cases and payment; months that were emptied have no cases."""
        return state.holding(state.covered(self.directory, self.entries(as_of)))

    def cases(self, as_of: int | None = None) -> pl.LazyFrame:
        """The cases that hold, as they were added, to be read when they are needed.

        Raises:
            LedgerError: there are none, or the ledger cannot be read.
        """
        covered = state.covered(self.directory, self.entries(as_of))
        parts = state.frames(self.directory, covered, state.holding(covered))
        if not parts:
            fix = Sentence("Add a month: drg ledger add {directory} PRICED_FILE", directory=self.directory)
            raise LedgerError(Sentence("there are no cases yet"), file=self.directory, fix=fix)
        return state.together([frame for _, frame in parts]).drop(MONTH)

    def payments(self, as_of: int | None = None) -> pl.DataFrame:
        """The instalments and deductions, as a settlement takes them."""
        return self._table("payments", as_of)

    def decisions(self, as_of: int | None = None) -> pl.DataFrame:
        """The decisions on special cases, as a settlement takes them."""
        return self._table("decisions", as_of)

    def scores(self, as_of: int | None = None) -> pl.DataFrame:
        """The yearly scores, as a settlement takes them."""
        return self._table("scores", as_of)

    def _table(self, kind: str, as_of: int | None) -> pl.DataFrame:
        entries = standing(self.entries(as_of), kind)
        stored = [state.read_stored(self.directory, entry, table_file(kind)) for entry in entries]
        return as_given(kind, stored)

    def scheme(self, as_of: int | None = None) -> LoadedScheme:
        """The payment scheme, from the copy that is stored.

        Raises:
            LedgerError: there is none.
            SchemeError: it cannot be used.
        """
        from drg.payment import load_scheme

        entry = scheme_entry(self.directory, self.entries(as_of))
        return load_scheme(store.place(self.directory, entry.number))

    def settle(self, as_of: int | None = None, *, close: bool | None = None) -> Settlement:
        """Settle the state after an entry; every file that this reads is checked against its digest first.

        Args:
            as_of: the number of the entry; by default the last.
            close: as for ``drg.settle``.

        Raises:
            LedgerError: a file was changed behind the ledger's back.
        """
        from drg.settlement.settle import settle

        check_files(self.directory, self.entries(as_of))
        tables = {kind: self._table(kind, as_of) for kind in TABLE_KINDS}
        given = {kind: None if frame.is_empty() else frame for kind, frame in tables.items()}
        return settle(self.cases(as_of), self.scheme(as_of), close=close, **given)

    def due(
        self,
        *,
        on: date | None = None,
        holidays: Any = None,
        as_of: int | None = None,
        close: bool | None = None,
    ) -> DueDates:
        """What is due when, what was paid and what is late; see ``DueDates``.

        Args:
            on: the day as of which it is told; by default today.
            holidays: public holidays and weekend days that are worked, with the columns ``date`` and
                ``working``; they override and extend what is known.
            as_of: the number of the entry; by default the last.
            close: as for ``drg.settle``.

        Raises:
            LedgerError: a file was changed behind the ledger's back.
            SchemeError: the scheme has no section ``[settlement.due]``.
            MissingColumnError: ``holidays`` lacks a column.
        """
        from drg.settlement.due_dates import due_dates
        from drg.settlement.input_tables import check_payments
        from drg.settlement.settlement_findings import findings_frame
        from drg.settlement.working_days import WorkingDays, read_holidays

        days, told = ({}, ()) if holidays is None else read_holidays(holidays)
        settlement = self.settle(as_of, close=close)
        payments = check_payments(self.payments(as_of)).frame
        found = due_dates(settlement, payments, on or date.today(), WorkingDays(days))
        return replace(found, findings=pl.concat([findings_frame(told), found.findings]))

    # -------------------------------------------------------------------------------------------- adding

    def add_scheme(
        self, scheme: str | Path | LoadedScheme, *, correct: bool = False, stamp: Stamp | None = None
    ) -> LedgerAddition:
        """Add the payment scheme; see ``additions.add_scheme``."""
        return additions.add_scheme(self.directory, scheme, correct=correct, stamp=stamp)

    def add_cases(
        self,
        files: Sequence[Path],
        *,
        correct: bool = False,
        mode: Mode = "months",
        replaces_cases: int | None = None,
        empty: Iterable[tuple[str, str]] = (),
        stamp: Stamp | None = None,
    ) -> LedgerAddition:
        """Add priced cases, or put them in the place of others; see ``additions.add_cases``."""
        return additions.add_cases(
            self.directory,
            files,
            correct=correct,
            mode=mode,
            replaces_cases=replaces_cases,
            empty=empty,
            stamp=stamp,
        )

    def add_table(
        self,
        kind: Kind,
        file: Path,
        *,
        replaces: int | None = None,
        again: bool = False,
        stamp: Stamp | None = None,
    ) -> LedgerAddition:
        """Add a table of payments, decisions or scores; see ``additions.add_table``."""
        return additions.add_table(self.directory, kind, file, replaces=replaces, again=again, stamp=stamp)

    # ------------------------------------------------------------------------------------------- checking

    def verify(self, *, expect: str | None = None) -> pl.DataFrame:
        """Check every byte and every count; the findings, as ``settlement.findings.SCHEMA``.

        Args:
            expect: the seal of an entry that must be there, as it was noted elsewhere.
        """
        from drg.ledger.verify import verify

        return verify(self.directory, expect)

    def restore(self, number: int, files: Sequence[Path]) -> list[str]:
        """Put damaged files of an entry back; see ``restore.restore``."""
        from drg.ledger.restore import restore

        return restore(self.directory, number, files)
