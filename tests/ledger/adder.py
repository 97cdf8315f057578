"""Adds to ledgers, each time in a process of its own that can be killed.

What ``drg ledger add`` needs is imported once; each addition then forks. A line of JSON comes in for each:
directory, file, correct and, if the process is to kill itself, at which of its steps. Two lines go out: the
id of the process, and how it ended.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from drg.ledger import Ledger
from tests.killing import die_at

ADDED, FAILED = 0, 1


def add(order: dict[str, Any]) -> int:
    """The exit code of one addition."""
    if order["die_at"] is not None:
        die_at(order["die_at"])
    try:
        Ledger(order["directory"]).add_cases([Path(order["file"])], correct=order["correct"])
    except Exception as error:  # noqa: BLE001 whatever it is, the other side must be told
        sys.stderr.write(f"{error}\n")
        return FAILED
    return ADDED


def main() -> None:
    """Serve until there is nothing more to do."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(add(order))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
