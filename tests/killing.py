"""A process that kills itself at a chosen moment: before or after one of its steps on the disk."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

KILLED: Final = -signal.SIGKILL if hasattr(signal, "SIGKILL") else -9
_STEPS: Final = (
    *((os, name) for name in ("fsync", "unlink", "rmdir", "mkdir", "rename", "replace", "link", "chmod")),
    *((Path, name) for name in ("write_text", "write_bytes")),
)


def die_at(step: int, number: int = 9) -> None:
    """Have this process sent a signal before or after one of its writes, flushes, renames, removals."""
    steps = itertools.count()

    def look() -> None:
        if next(steps) == step:
            os.kill(os.getpid(), number)

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            look()
            result = function(*arguments, **options)
            look()
            return result

        return call

    for owner, name in _STEPS:
        setattr(owner, name, watched(getattr(owner, name)))
