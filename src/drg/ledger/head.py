"""Which entry is the last: number and seal, kept beside the entries so that none can be lost unnoticed.

The head is written after its entry. A run that is killed between the two leaves a head that is one entry
behind, which is no damage; the next addition brings it up to date.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drg.errors import LedgerError, system_reason
from drg.ledger import store
from drg.ledger.entry import LedgerEntry
from drg.records.outputs import at_once, placed
from drg.words import Sentence


class Head(BaseModel):
    """The last entry: its number and its seal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry: int = Field(ge=1)
    seal: Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]


class Damage(NamedTuple):
    """What is wrong with the end of a ledger.

    Attributes:
        rule: of ``ledger_findings.csv``.
        problem: in words.
        fix: what to do.
        entry: the number that it is about.
    """

    rule: str
    problem: Sentence
    fix: Sentence
    entry: int


@contextlib.contextmanager
def new_head(ledger: Path, entry: LedgerEntry) -> Iterator[None]:
    """Note the last entry, which is put in its place within: the room for the head is taken before.

    Raises:
        OutputError: the directory cannot be written.
    """
    text = Head(entry=entry.number, seal=entry.seal).model_dump_json() + "\n"
    with at_once(), placed(ledger / store.HEAD) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
        store.flush_file(part)
        yield
    store.flush_directory(ledger)


def read_head(ledger: Path) -> Head | None:
    """The head; None if there is none.

    Raises:
        LedgerError: it cannot be read.
    """
    file = ledger / store.HEAD
    try:
        return Head.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        reason = system_reason(error) if isinstance(error, OSError) else Sentence("it is not what a head is")
        fix = Sentence("See how to mend it: drg ledger verify {ledger}", ledger=ledger)
        problem = Sentence("cannot be read: {reason}", reason=reason)
        raise LedgerError(problem, file=store.HEAD, fix=fix) from None


def is_behind(head: Head | None, last: int) -> bool:
    """Whether a run was killed after its entry was there and before the head was."""
    return last == (0 if head is None else head.entry) + 1


def damage(head: Head | None, ledger: Path, numbers: Sequence[int], seals: dict[int, str]) -> Damage | None:
    """What the head says against the entries.

    Args:
        head: as it was before the entries were looked at.
        ledger: the directory.
        numbers: of the entries.
        seals: of the entries, as far as they can be read.
    """
    last = max(numbers, default=0)
    if head is None:
        if last <= 1:
            return None
        problem = Sentence("{head} is missing, which says which entry is the last", head=store.HEAD)
        fix = Sentence(
            "Put it back from a backup; or, if entry {last} is the last for certain: drg ledger restore "
            "{ledger} {last}",
            last=last,
            ledger=ledger,
        )
        return Damage("head_missing", problem, fix, last)
    if head.entry > last:
        problem = Sentence(
            "the last entries are gone: {head} were added, {last} are there", head=head.entry, last=last
        )
        fix = Sentence(
            "Put {entries}/{first:06} and what follows back from a backup",
            entries=store.ENTRIES,
            first=last + 1,
        )
        return Damage("entries_lost", problem, fix, last + 1)
    if head.entry < last - 1 or seals.get(head.entry, head.seal) != head.seal:
        problem = Sentence("entry {entry} is not the one that was added last", entry=head.entry)
        fix = Sentence("Put the ledger back from a backup")
        return Damage("head_differs", problem, fix, head.entry)
    return None


def check_head(head: Head | None, ledger: Path, entries: Sequence[LedgerEntry]) -> None:
    """Whether the last entries are there.

    Raises:
        LedgerError: they are not.
    """
    numbers = [entry.number for entry in entries]
    found = damage(head, ledger, numbers, {entry.number: entry.seal for entry in entries})
    if found is not None:
        raise LedgerError(found.problem, file=ledger, fix=found.fix)
