"""Files and directories that are there only while a run needs them; the one place that knows their names.

    .drg-0123456789abcdef.part    a file beside the one whose place it takes at the end
    drg-0123456789abcdef/         a directory for what is put aside, among the temporary files of the system

Names are drawn by lot and say nothing of what is in them. Whatever is made here goes when it is no longer
needed, when the process ends and when a signal ends it. What a run leaves that is killed outright, the next
one takes away: each name is locked by the run that made it, and the lock goes with the process. Only what
has such a name, belongs to the user and is not locked is taken away.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final

from drg.errors import OutputError, system_reason
from drg.words import Sentence

_PREFIX: Final = "drg-"
_FILE: Final = re.compile(r"\.drg-[0-9a-f]{16}\.part")
_DIRECTORY: Final = re.compile(r"drg-[0-9a-f]{16}")
# In each directory; locked as long as its maker lives.
_LOCK: Final = "lock"
_TRIES: Final = 10
# How long the main thread has to end by itself.
_GRACE_SECONDS: Final = 0.5


class _Undisturbed:
    """Steps of one thread at a time; a signal comes before or after them, not between."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        # How many of these the main thread is in, which is the one that signals end.
        self._depth = 0
        self._waiting: BaseException | None = None

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._depth += 1
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        if threading.current_thread() is threading.main_thread():
            self._depth -= 1
            if self._depth == 0 and self._waiting is not None:
                error, self._waiting = self._waiting, None
                raise error

    def interrupt(self, error: BaseException) -> None:
        """End the main thread, which calls this for a signal, by an error: now, or after these steps."""
        if self._depth == 0:
            raise error
        self._waiting = error

    def forever(self) -> None:
        """Wait for the steps of others, and let there be no more."""
        self._lock.acquire()


# What this process has made, with the handle that locks it.
_held: dict[Path, int | None] = {}
_undisturbed = _Undisturbed()
_swept: set[Path] = set()
_watched = False


def temporary_file(directory: Path) -> tuple[Path, int]:
    """An empty file of the user alone, and the rights that a new file has there.

    Raises:
        OSError: the directory cannot be written.
    """
    _sweep_once(directory)
    while True:
        path = directory / f".{_PREFIX}{os.urandom(8).hex()}.part"
        with _undisturbed:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666)
            _held[path] = handle
        try:
            # The system has taken the user's mask off by itself; no other thread notices.
            rights = stat.S_IMODE(os.fstat(handle).st_mode)
            if _locked(handle) and _is(path, handle):
                path.chmod(0o600)
                return path, rights
        except BaseException:
            take_away(path)
            raise
        take_away(path)


def temporary_directory() -> Path:
    """A directory of the user alone, among the temporary files of the system; it goes with the process.

    Raises:
        OutputError: it cannot be made.
    """
    with putting_aside():
        root = Path(tempfile.gettempdir())
        _sweep_once(root)
        while True:
            path = root / f"{_PREFIX}{os.urandom(8).hex()}"
            with _undisturbed:
                path.mkdir(mode=0o700)
                _held[path] = None
            with contextlib.suppress(FileNotFoundError):  # taken for a leftover before it was locked
                handle = os.open(path / _LOCK, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
                _held[path] = handle
                if _locked(handle) and _is(path / _LOCK, handle):
                    return path
            take_away(path)


@contextlib.contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory for what is put aside, gone afterwards."""
    path = temporary_directory()
    try:
        yield path
    finally:
        take_away(path)


@contextlib.contextmanager
def unfinished_directory(parent: Path, prefix: str) -> Iterator[Path]:
    """A directory with the rights of a new one, where one run alone writes; gone afterwards, unless moved."""
    path = parent / f"{prefix}{os.urandom(8).hex()}"
    with _undisturbed:
        path.mkdir()
        _held[path] = None
    try:
        yield path
    finally:
        take_away(path)


def take_away(path: Path) -> None:
    """Take away what was made here; it may have been moved meanwhile."""
    with _undisturbed:
        _unlock(path)
        _delete(path)
        _held.pop(path, None)  # now: if something comes between, it is still known


def put(path: Path, place: Path) -> None:
    """Give a file its place.

    Raises:
        OSError: it cannot be there.
    """
    with _undisturbed:
        if sys.platform == "win32":  # where nothing is renamed that is open
            _unlock(path)
        path.replace(place)
        _unlock(path)
        _held.pop(path, None)


def _unlock(path: Path) -> None:
    handle = _held.get(path)
    if handle is not None:
        _held[path] = None
        os.close(handle)


def second_name(file: Path) -> Path:
    """A file once more, so that it can be put back when its place is taken: by a link, or as a copy.

    Raises:
        OSError: the directory cannot be written.
    """
    path = file.parent / f".{_PREFIX}{os.urandom(8).hex()}.part"
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # not every file system has links
            with _undisturbed:
                os.link(file, path)
                _held[path] = None
            _held[path] = handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            _locked(handle)
            if _is(path, handle):
                return path
    take_away(path)
    path, _ = temporary_file(file.parent)
    shutil.copy2(file, path)
    return path


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that is there only for a time."""
    return _FILE.fullmatch(name) is not None


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Steps that a signal may come before or after, but not between."""
    with _undisturbed:
        yield


@contextlib.contextmanager
def putting_aside() -> Iterator[None]:
    """Say of which directory it is that something cannot be put aside.

    Raises:
        OutputError: names the directory of temporary files.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            Sentence("temporary files cannot be written: {reason}", reason=system_reason(error)),
            file=_root(),
            fix=Sentence("Make room there, or name another directory in the environment variable TMPDIR"),
        ) from None


def sweep_leftovers(directory: Path | None = None) -> None:
    """Take away what runs have left that were killed.

    Args:
        directory: where to look; None: among the temporary files of the system.
    """
    try:
        with os.scandir(directory or _root()) as there:
            found = [
                entry for entry in there if _FILE.fullmatch(entry.name) or _DIRECTORY.fullmatch(entry.name)
            ]
    except OSError:
        return
    for entry in found:
        with contextlib.suppress(OSError):
            if sys.platform != "win32" and entry.stat(follow_symlinks=False).st_uid != os.geteuid():
                continue
            _sweep_away(Path(entry.path))


def _sweep_away(path: Path) -> None:
    """Remove what a killed run has left; while it is looked at, its maker cannot lock it."""
    if not stat.S_ISDIR(path.lstat().st_mode):
        with _claimed(path):
            path.unlink(missing_ok=True)
    elif _DIRECTORY.fullmatch(path.name):
        if not (path / _LOCK).exists():
            path.rmdir()  # only if nothing is in it
        with _claimed(path / _LOCK):
            _remove(path)


def leave_nothing_when_ended() -> None:
    """From now on, a signal that ends this process takes away first what is there for a time.

    The main thread ends as by an error. A second one waits for it to do so, for the first may be in a
    computation for minutes, and then takes everything away itself.
    """
    global _watched
    if sys.platform == "win32":  # a process is ended there without being told
        return
    if _watched or threading.current_thread() is not threading.main_thread():
        return
    _watched = True
    numbers = [
        number
        for name in ("SIGTERM", "SIGHUP")
        if (number := getattr(signal, name, None)) is not None and signal.getsignal(number) is signal.SIG_DFL
    ]
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, _leave)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _break_off)

    def wait() -> None:
        while told := os.read(reader, 1):
            if told[0] in numbers:
                time.sleep(_GRACE_SECONDS)
                _end(told[0])

    threading.Thread(target=wait, name="drg-signals", daemon=True).start()


def _leave(number: int, _frame: FrameType | None) -> None:
    _undisturbed.interrupt(SystemExit(128 + number))


def _break_off(_number: int, _frame: FrameType | None) -> None:
    _undisturbed.interrupt(KeyboardInterrupt())


def _end(number: int) -> None:
    _undisturbed.forever()
    _remove_all()
    os._exit(128 + number)


def _remove_all() -> None:
    with _undisturbed:
        for path in reversed(list(_held)):
            take_away(path)


def _forget() -> None:
    """In a forked process: what is there belongs to the other one."""
    global _undisturbed
    _undisturbed = _Undisturbed()
    for handle in _held.values():
        if handle is not None:
            os.close(handle)
    _held.clear()


def _remove(directory: Path) -> None:
    """Remove a directory, its lock last: without it nobody could tell what is left of it from another's."""
    for inside in sorted(directory.iterdir(), key=lambda path: path.name == _LOCK):
        remove = shutil.rmtree if inside.is_dir() and not inside.is_symlink() else os.unlink
        remove(inside)
    directory.rmdir()


def _delete(path: Path) -> None:
    for _ in range(_TRIES):  # others may still be writing into a directory
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                _remove(path)
            else:
                path.unlink(missing_ok=True)
            return


def _sweep_once(directory: Path) -> None:
    if directory not in _swept:
        _swept.add(directory)
        sweep_leftovers(directory)


def _root() -> Path:
    with contextlib.suppress(OSError):
        return Path(tempfile.gettempdir())
    return Path(os.environ.get("TMPDIR", "/tmp"))


def _is(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except OSError:
        return False


if sys.platform == "win32":

    def _locked(_handle: int) -> bool:
        return True  # as long as it is open, nobody can delete it

    @contextlib.contextmanager
    def _claimed(path: Path) -> Iterator[None]:
        path.unlink()
        yield

else:
    import fcntl

    def _locked(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # this file system has no locks, and so nothing on it is taken for abandoned
        return True

    @contextlib.contextmanager
    def _claimed(path: Path) -> Iterator[None]:
        """Lock what nobody has locked; an error if somebody has."""
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)


atexit.register(_remove_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
