"""Processes that can be killed, or kill themselves before or after one of their steps on the disk.

What they need is imported once, by a server; each then forks. A line of JSON, its order, comes in for each.
Two lines go out: the id of the process, and how it ended.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
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


def serve(run: Callable[[dict[str, Any]], int]) -> None:
    """Run each order in a process of its own, until there is none more; ``run`` gives the exit code."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(run(order))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
