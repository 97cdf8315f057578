"""The file that ``--log`` names: what runs have said, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from drg.errors import OutputError, system_reason
from drg.words import Sentence


def append(file: Path, command: str, text: str, *, beside: Iterable[Path]) -> None:
    """Add what a run has said.

    Args:
        file: the log.
        command: as it is called.
        text: what was said.
        beside: the inputs and results of the run; the log is none of them.

    Raises:
        OutputError: it cannot be written, or is one of them.
    """
    if file.exists() and any(other.exists() and other.samefile(file) for other in beside):
        fix = Sentence("Choose another name for the log")
        raise OutputError(Sentence("this is an input or a result of the run"), file=file, fix=fix)
    head = f"{datetime.now().astimezone().isoformat(sep=' ', timespec='seconds')} drg {command}"
    try:
        with file.open("a", encoding="utf-8") as log:
            log.write(f"{head}\n{text}\n")
    except OSError as error:
        raise OutputError(
            Sentence("cannot be written: {reason}", reason=system_reason(error)), file=file
        ) from None
