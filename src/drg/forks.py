"""Processes made by fork: the threads that polars computes with stay behind in the other process."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from drg.errors import DrgError
from drg.words import Sentence

# What polars calls the threads that it computes with; there are none before the first computation.
_THREAD: Final = re.compile(r"polars-\d+")
_THREADS: Final = Path("/proc/self/task")

_computed = False
_threads_at_fork = False
_without_threads = False


def check_process() -> None:
    """Whether this process can compute; called before everything that does.

    Raises:
        DrgError: it was forked from one that had computed already.
    """
    global _computed
    if _without_threads:
        raise DrgError(
            Sentence(
                "this process was made by fork after the other one had computed with polars, and would hang"
            ),
            fix=Sentence('Start it anew: multiprocessing.get_context("spawn")'),
        )
    _computed = True


def _look() -> None:
    global _threads_at_fork
    if _THREADS.is_dir():
        _threads_at_fork = any(_THREAD.fullmatch(_name(thread)) for thread in _THREADS.iterdir())
    else:  # this system does not say which threads there are
        _threads_at_fork = _computed


def _name(thread: Path) -> str:
    try:
        return (thread / "comm").read_text().strip()
    except OSError:  # it has ended
        return ""


def _mark() -> None:
    global _without_threads
    _without_threads = _threads_at_fork


def watch() -> None:
    """Be told of every fork from now on."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_look, after_in_child=_mark)
