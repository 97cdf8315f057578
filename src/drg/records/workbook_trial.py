"""Read a workbook and say by the exit code whether that can be done: run as a process of its own.

What reads the binary kinds of workbooks takes memory for whatever a file claims, and may take the process
with it. So nothing of this package is imported here, and memory is bounded where the system can do that.
"""

from __future__ import annotations

import contextlib
import sys

# Address space; some of it is never used.
_MOST_BYTES = 12_000_000_000


def _read(file: str) -> None:
    import fastexcel

    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    book = fastexcel.read_excel(file)
    for name in book.sheet_names:
        book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")


if __name__ == "__main__":
    _read(sys.argv[1])
