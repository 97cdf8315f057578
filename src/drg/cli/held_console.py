"""What a command says of files that wait for their places: nobody reads it before they are there."""

from __future__ import annotations

import io
import os
from typing import TextIO

from drg.records.outputs import waiting


class HeldText(io.TextIOBase):
    """A stream that keeps what is written to it while outputs wait.

    Args:
        stream: where it goes, at once or on ``release``.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept: list[str] = []

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether somebody looks at it."""
        return self._stream.isatty()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Write, or keep."""
        if waiting():
            self._kept.append(text)
        else:
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def release(self) -> None:
        """Write what was kept; that nobody reads it any more is no fault of a run whose outputs are there."""
        try:
            self._stream.write("".join(self._kept))
            self._stream.flush()
        except BrokenPipeError:
            nobody_reads(self._stream)
        self._kept.clear()


def nobody_reads(stream: TextIO) -> None:
    """Whoever reads a stream has seen enough; the interpreter would complain when it flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
