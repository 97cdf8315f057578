"""A progress bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

_SECONDS_BETWEEN_LOOKS = 0.1


@contextlib.contextmanager
def counting(
    done: Callable[[], int], *, total: int | None, show: bool = True, what: str = "grouping"
) -> Iterator[None]:
    """Show how many cases are done while the body runs.

    Args:
        done: how many there are by now.
        total: how many there will be, if that is known.
        show: whether to show anything at all.
        what: is being done.
    """
    if not show:
        yield
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        # A spinner of ASCII, which every console shows.
        SpinnerColumn("line"),
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    stop = threading.Event()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)

        def look() -> None:
            while not stop.wait(_SECONDS_BETWEEN_LOOKS):
                progress.update(task, completed=done())

        looker = threading.Thread(target=look, daemon=True)
        looker.start()
        try:
            yield
        finally:
            stop.set()
            looker.join()
