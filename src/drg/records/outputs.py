"""Where files take their places: each whole, those of one command all together, or none of them.

A file is written beside its place under a temporary name and renamed when it is complete. Within ``together``
nothing is renamed before all files are complete; if one cannot take its place, those before it are put back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from drg.errors import OutputError, no_room, system_reason
from drg.records.plain_files import NO_FILE
from drg.temporary import put, second_name, take_away, temporary_file, undisturbed
from drg.words import Joined, Sentence


@dataclass(frozen=True)
class _Output:
    """A complete file and its place."""

    file: Path
    part: Path
    place: Path


@dataclass
class _Together:
    """What waits for its place."""

    parts: list[Path] = field(default_factory=list)
    outputs: list[_Output] = field(default_factory=list)
    streamed: list[Path | bytes] = field(default_factory=list)
    directories: list[Path] = field(default_factory=list)
    marked_cells: dict[Path, int] = field(default_factory=dict)

    def put(self) -> None:
        """Put everything in its place, or leave all as it was."""
        done: list[tuple[_Output, Path | None]] = []
        # Where nothing can fail afterwards, nothing has to be put back.
        whole = len(self.outputs) > 1 or bool(self.streamed)
        with undisturbed():
            try:
                for output in self.outputs:
                    done.append((output, _kept(output.place) if whole else None))
                    with _told(output.file):
                        put(output.part, output.place)
                for content in self.streamed:
                    _stream(content)
            except BaseException as error:
                _put_back(done, error)
                raise
            finally:
                for _, old in done:
                    if old is not None:
                        take_away(old)
            self.directories.clear()

    def drop(self) -> None:
        """Take away what has no place yet."""
        for part in self.parts:
            take_away(part)
        for content in self.streamed:
            if isinstance(content, Path):
                take_away(content.parent)
        for directory in reversed(self.directories):
            with contextlib.suppress(OSError):  # something else is in it
                directory.rmdir()


_current: ContextVar[_Together | None] = ContextVar("outputs", default=None)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """All files that are written within take their places at the end, or none does.

    Raises:
        OutputError: a file cannot take its place.
    """
    if _current.get() is not None:
        yield
        return
    found = _Together()
    token = _current.set(found)
    try:
        yield
        found.put()
    finally:
        _current.reset(token)
        found.drop()


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Files that are written within take their places by themselves: somebody else sees to the whole."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def waiting() -> bool:
    """Whether files wait for their places now."""
    found = _current.get()
    return found is not None and bool(found.outputs or found.streamed)


def tell_marked(file: Path, cells: int) -> None:
    """Note of a file that is being written how many cells were marked as no formulas."""
    found = _current.get()
    if found is not None and cells:
        found.marked_cells[file] = cells


def marked_cells() -> dict[Path, int]:
    """How many cells were marked as no formulas, in each file of the command that has any."""
    found = _current.get()
    return {} if found is None else dict(found.marked_cells)


def present(file: Path) -> Path:
    """Where the content of an output can be read: its temporary file, as long as it waits for its place."""
    found = _current.get()
    place = place_of(file)
    return next((one.part for one in (found.outputs if found else ()) if one.place == place), place)


@contextlib.contextmanager
def placed(file: Path, *, sources: Sequence[Path] = ()) -> Iterator[Path]:
    """A file beside ``file`` to write to; it takes its place at the end, or goes if something fails.

    It has the rights and, where the system allows it, the owner of the file that it replaces, or the rights
    of any new file. A symbolic link stays, and what it leads to is replaced.

    Args:
        file: where to.
        sources: none of them is overwritten.

    Raises:
        OutputError: if the file cannot be written.
    """
    place = place_of(file)
    if any(source.exists() and place.exists() and source.samefile(place) for source in sources):
        raise OutputError(
            Sentence("this is the input"), file=file, fix=Sentence("Choose another name for the result")
        )
    found = _current.get()
    if found is not None and any(place == other.place for other in found.outputs):
        raise OutputError(
            Sentence("two results have this name"), file=file, fix=Sentence("Give each of them its own name")
        )
    with _told(file):
        part, rights = temporary_file(place.parent)
    if found is not None:
        found.parts.append(part)  # an interrupt may end the command before this file is done with
    try:
        with _told(file):
            yield part
            _own(part, place, rights)
        if found is None:
            with _told(file):
                put(part, place)
        else:
            found.outputs.append(_Output(file, part, place))
    except BaseException:
        take_away(part)
        raise


def to_standard_output(content: Path | bytes) -> None:
    """Write to standard output, together with the files.

    Args:
        content: itself, or a file in a temporary directory of its own, which goes afterwards.
    """
    found = _current.get()
    if found is not None:
        found.streamed.append(content)
        return
    try:
        _stream(content)
    finally:
        if isinstance(content, Path):
            take_away(content.parent)


def make_directory(directory: Path) -> None:
    """Make a directory, with those above it, unless it is there.

    Raises:
        OutputError: it cannot be made.
    """
    if directory.exists() and not directory.is_dir():
        fix = Sentence("Give the name of a directory; a new one is made")
        raise OutputError(Sentence("there is a file of this name"), file=directory, fix=fix)
    new = [path for path in (directory, *directory.parents) if not path.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            Sentence("cannot be made: {reason}", reason=system_reason(error)),
            file=directory,
            fix=Sentence("Give the name of a directory"),
        ) from None
    if (found := _current.get()) is not None:
        found.directories += reversed(new)


def place_of(file: Path) -> Path:
    """Where a file is written: at ``file`` or, if that is a symbolic link, where it leads to.

    Raises:
        OutputError: a file cannot be there.
    """
    try:
        rights = file.stat().st_mode
    except FileNotFoundError:
        place = file.resolve()
        if not place.parent.is_dir():
            raise unwritable(file, FileNotFoundError()) from None
        return place
    except OSError as error:
        raise unwritable(file, error) from None
    if stat.S_ISDIR(rights):
        raise OutputError(Sentence("this is a directory"), file=file, fix=Sentence("Give the name of a file"))
    if not stat.S_ISREG(rights):
        raise OutputError(
            NO_FILE,
            file=file,
            fix=Sentence("Give the name of a file; - is standard output"),
        )
    if not os.access(file, os.W_OK):
        raise unwritable(file, PermissionError(None, "Permission denied"))
    return file.resolve()


def _own(part: Path, place: Path, rights: int) -> None:
    """Give a file the rights and the owner of the one that it replaces, or the rights of a new one."""
    try:
        old = place.stat()
    except FileNotFoundError:
        part.chmod(rights)
        return
    kept = stat.S_IMODE(old.st_mode) & 0o777
    if sys.platform != "win32":
        for user in (old.st_uid, -1):
            with contextlib.suppress(OSError):
                os.chown(part, user, old.st_gid)
                break
        if part.stat().st_gid != old.st_gid:
            # Another group must not get the rights of the old one.
            kept &= ~0o070
    part.chmod(kept)


def _kept(place: Path) -> Path | None:
    """The file that is about to be replaced, under a second name; None if there is none."""
    if not place.exists():
        return None
    with _told(place):
        return second_name(place)


def _put_back(done: Sequence[tuple[_Output, Path | None]], error: BaseException) -> None:
    changed = []
    for output, old in reversed(done):
        if output.part.exists():
            continue  # it did not come to its place
        try:
            if old is None:
                output.place.unlink()
            else:
                put(old, output.place)
        except OSError:
            changed.append(str(output.file))
    if changed:
        raise OutputError(
            Sentence(
                "these were written, but not what belongs to them: {files}", files=Joined(", ", changed)
            ),
            fix=Sentence("Run the same command again"),
        ) from error


def _stream(content: Path | bytes) -> None:
    stream = sys.stdout.buffer
    if isinstance(content, bytes):
        stream.write(content)
    else:
        with content.open("rb") as source:
            shutil.copyfileobj(source, stream)
    stream.flush()


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(file, error) from error


def unwritable(file: Path, error: OSError) -> OutputError:
    """What is to be said of a file that the system does not let be written."""
    if isinstance(error, FileNotFoundError):
        return OutputError(
            Sentence("there is no directory {directory}", directory=file.parent),
            file=file,
            fix=Sentence("Make it first"),
        )
    fix = Sentence("Close the file if it is open elsewhere, or choose another place")
    if no_room(error) is not None:
        fix = Sentence("Make room there, or choose another place")
    return OutputError(
        Sentence("cannot be written: {reason}", reason=system_reason(error)), file=file, fix=fix
    )
