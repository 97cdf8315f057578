"""Entries on disk: written beside, put in place by one rename, never touched again.

An entry is complete under a temporary name, its files flushed, before one rename gives it its number. The
name of an entry is its number alone, so that the file system itself refuses a number twice, also on shares
where locks do not hold. A run that is killed leaves a temporary directory that no reader looks at; the next
writer takes it away.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from drg.errors import LedgerError, OutputError, system_reason
from drg.records.outputs import at_once
from drg.temporary import is_temporary, undisturbed, unfinished_directory
from drg.words import Sentence

ENTRIES: Final = "entries"
LOCK: Final = "lock"
HEAD: Final = "head.json"
ADDING: Final = ".adding-"
_TRASH: Final = ".trash-"
_NUMBER: Final = re.compile(r"[0-9]{6}")


def place(ledger: Path, number: int) -> Path:
    """The directory of an entry."""
    return ledger / ENTRIES / f"{number:06}"


def numbers(ledger: Path) -> list[int]:
    """The numbers that are taken, in order.

    Raises:
        LedgerError: the directory cannot be read.
    """
    try:
        names = [path.name for path in (ledger / ENTRIES).iterdir()]
    except OSError as error:
        problem = Sentence("cannot be read: {reason}", reason=system_reason(error))
        fix = Sentence("Check its rights")
        raise LedgerError(problem, file=ledger / ENTRIES, fix=fix) from None
    return sorted(int(name) for name in names if _NUMBER.fullmatch(name) and int(name) > 0)


def is_ledger(directory: Path) -> bool:
    """Whether there is a ledger, with or without entries."""
    return (directory / ENTRIES).is_dir()


def make(directory: Path) -> None:
    """Make the directory of a ledger, if it is not there.

    Raises:
        LedgerError: there is something else.
        OutputError: it cannot be made.
    """
    if is_ledger(directory):
        return
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            problem = Sentence("this is no ledger, and not an empty directory")
            fix = Sentence("Name a directory that does not exist yet")
            raise LedgerError(problem, file=directory, fix=fix)
        (directory / ENTRIES).mkdir(parents=True, exist_ok=True)
        flush_directory(directory)
        flush_directory(directory.parent)
    except OSError as error:
        raise _unwritable(directory, error) from error


def leftovers(ledger: Path) -> list[str]:
    """The names of what runs that did not finish have left."""
    found = (path.name for path in ledger.iterdir())
    return sorted(name for name in found if name.startswith((ADDING, _TRASH)) or is_temporary(name))


def strangers(ledger: Path) -> list[str]:
    """The names of what is no part of a ledger."""
    outer = {path.name for path in ledger.iterdir()} - {ENTRIES, LOCK, HEAD} - set(leftovers(ledger))
    inner = {path.name for path in (ledger / ENTRIES).iterdir() if not _NUMBER.fullmatch(path.name)}
    return sorted(outer) + sorted(f"{ENTRIES}/{name}" for name in inner)


@contextlib.contextmanager
def writing(ledger: Path) -> Iterator[None]:
    """Be the only writer of a ledger; what killed writers left is taken away first.

    The lock is the system's and goes with the process that holds it, however that ends.

    Raises:
        LedgerError: there is another one.
        OutputError: the directory cannot be written.
    """
    try:
        with (ledger / LOCK).open("ab") as lock:
            if not _locked(lock):
                fix = Sentence("Wait until it is done, then run the same command again")
                raise LedgerError(Sentence("another run is adding to this ledger"), file=ledger, fix=fix)
            for name in reversed(leftovers(ledger)):  # what is on its way out already goes first
                _remove(ledger / name)
            yield
    except OSError as error:
        raise _unwritable(ledger, error) from error


@contextlib.contextmanager
def adding(ledger: Path) -> Iterator[Path]:
    """A directory to put an entry together in; gone afterwards, unless it was published."""
    with at_once(), unfinished_directory(ledger, ADDING) as directory:
        yield directory


def publish(ledger: Path, directory: Path, number: int) -> None:
    """Make a complete entry part of the ledger: wholly or, if the process dies before, not at all.

    Raises:
        LedgerError: the number was taken meanwhile, or the directory was.
    """
    for file in directory.iterdir():
        flush_file(file)
    flush_directory(directory)
    try:
        # Where there is an entry already, this fails: a directory that is not empty is not replaced.
        with undisturbed():
            directory.rename(place(ledger, number))
    except OSError as error:
        if place(ledger, number).exists() or not directory.exists():
            problem = Sentence("another run has added an entry meanwhile; nothing was written by this one")
            raise LedgerError(problem, file=ledger, fix=Sentence("Run the same command again")) from None
        raise _unwritable(ledger, error) from error
    flush_directory(ledger / ENTRIES)
    flush_directory(ledger)


def replace_file(source: Path, target: Path) -> None:
    """Put a whole file in the place of another, in one step."""
    flush_file(source)
    source.replace(target)
    flush_directory(target.parent)


def flush_file(file: Path) -> None:
    """Have the system write a file to the disk."""
    with file.open("r+b") as stream:
        os.fsync(stream.fileno())


def flush_directory(directory: Path) -> None:
    """Have the system write to the disk which files a directory holds."""
    if sys.platform == "win32":  # its directories cannot be opened, nor need they be
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    # Renamed first: were its writer alive after all, its own rename fails and publishes nothing half removed.
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    trash = path.with_name(path.name.replace(ADDING, _TRASH, 1))
    path.rename(trash)
    shutil.rmtree(trash)


if sys.platform == "win32":

    def _locked(stream: IO[bytes]) -> bool:
        import msvcrt

        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _locked(stream: IO[bytes]) -> bool:
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _unwritable(directory: Path, error: OSError) -> OutputError:
    problem = Sentence("cannot be written: {reason}", reason=system_reason(error))
    fix = Sentence("Choose another place, or make room and check the rights of the directory")
    return OutputError(problem, file=directory, fix=fix)
