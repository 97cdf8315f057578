"""What a run leaves for the next one: compiled kernels and versions, each in a file of its own.

The directory is the user's own: what others could have written there would be run. Every file is read whole
and checked, and whatever is not exactly what was written under its key counts as not there. So a file that is
emptied, cut off, swapped or made by another release is made anew, and no result depends on it. Without a
directory that only the user can write to, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import sys
import time
from pathlib import Path
from typing import Final

from drg.temporary import put, take_away, temporary_file

VARIABLE: Final = "DRG_CACHE"
_DIGEST_BYTES: Final = 32
# What kernels and programs are called; other files of the directory are none of ours.
_NAME: Final = re.compile(r"\w+-[0-9a-f]{16}-[0-9a-f]{16}\.kernel|[0-9a-f]{32}\.program")
_KEPT_SECONDS: Final = 60 * 24 * 3600  # a file that nobody read for so long is deleted
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def digest(*parts: str | bytes) -> str:
    """SHA-256 of some texts as hex; where one ends and the next begins counts too."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(len(content).to_bytes(8, "little"))
        whole.update(content)
    return whole.hexdigest()


def has(prefix: str) -> bool:
    """Whether there is a file whose name begins so; what is in it is not looked at."""
    directory = _directory()
    return directory is not None and any(directory.glob(f"{prefix}*"))


def load(name: str, key: str) -> memoryview | None:
    """What was kept under a name and a key, writable; None if there is nothing, or anything else."""
    directory = _directory()
    if directory is None:
        return None
    path = directory / name
    try:
        with path.open("rb") as file:
            if not _is_ours(os.fstat(file.fileno())):
                return None
            content = bytearray(file.read())
        if time.time() - path.stat().st_mtime > _KEPT_SECONDS / 2:
            os.utime(path)
    except OSError:
        return None
    body = memoryview(content)[_DIGEST_BYTES:]
    return body if content[:_DIGEST_BYTES] == _seal(key, body) else None


def keep(name: str, key: str, content: bytes) -> None:
    """Keep something under a name and a key, in place of what is there; if that fails, nothing is kept."""
    directory = _directory(make=True)
    if directory is None:
        return
    with contextlib.suppress(OSError):
        part, _ = temporary_file(directory)
        try:
            with part.open("wb") as file:
                file.write(_seal(key, content))
                file.write(content)
            put(part, directory / name)
        finally:
            take_away(part)
        _delete_old(directory)


def _seal(key: str, content: bytes | memoryview) -> bytes:
    whole = hashlib.sha256(key.encode())
    whole.update(content)
    return whole.digest()


def _directory(*, make: bool = False) -> Path | None:
    """The directory of the cache, if it is there and only the user can write to it."""
    path = _place()
    if path is None:
        return None
    try:
        if make:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError:
        return None
    return path if stat.S_ISDIR(found.st_mode) and _is_ours(found) else None


def _place() -> Path | None:
    """Where the platform keeps what a user's programs can make again; ``DRG_CACHE`` names another place."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return Path(given) if Path(given).is_absolute() else None
    try:
        if sys.platform == "win32":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "drg" / "cache"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "drg"
        base = Path(os.environ.get("XDG_CACHE_HOME", ""))
        # The convention says that a relative path is to be ignored.
        return (base if base.is_absolute() else Path.home() / ".cache") / "drg"
    except RuntimeError:
        return None


def _is_ours(found: os.stat_result) -> bool:
    """Whether a file or directory is the user's own, and nobody else can write to it."""
    if sys.platform == "win32":
        return True  # the user's profile is closed to others
    return found.st_uid == os.geteuid() and not found.st_mode & _WRITABLE_BY_OTHERS


def _delete_old(directory: Path) -> None:
    limit = time.time() - _KEPT_SECONDS
    for path in directory.iterdir():
        with contextlib.suppress(OSError):
            if _NAME.fullmatch(path.name) and path.is_file() and path.stat().st_mtime < limit:
                path.unlink()
