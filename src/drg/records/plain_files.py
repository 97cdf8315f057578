"""Small files read whole: only files, for reading a pipe or a device may never end."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Final

from drg.words import Sentence

NO_FILE: Final = Sentence("it is a pipe or a device, and no file")


def is_pipe_or_device(file: Path) -> bool:
    """Whether a path leads to neither a file nor a directory.

    Raises:
        OSError: it leads to nothing.
    """
    kind = file.stat().st_mode
    return not stat.S_ISREG(kind) and not stat.S_ISDIR(kind)


def check_is_file(file: Path) -> None:
    """Whether a path leads to a file or a directory.

    Raises:
        OSError: there is nothing, or a pipe, a socket or a device.
    """
    if is_pipe_or_device(file):
        raise OSError(errno.EINVAL, NO_FILE, str(file))


def read_bytes(file: Path) -> bytes:
    """The bytes of a file.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    check_is_file(file)
    return file.read_bytes()
