"""Small files read whole: only files, for reading a pipe or a device may never end."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from drg.words import Sentence


def check_is_file(file: Path) -> None:
    """Whether a path leads to a file or a directory.

    Raises:
        OSError: there is nothing, or a pipe, a socket or a device.
    """
    kind = file.stat().st_mode
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise OSError(errno.EINVAL, Sentence("it is a pipe or a device, and no file"), str(file))


def read_bytes(file: Path) -> bytes:
    """The bytes of a file.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    check_is_file(file)
    return file.read_bytes()
