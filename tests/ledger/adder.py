"""Adds to ledgers, each time in a process of its own that can be killed.

An order has the directory, the file, correct and, if the process is to kill itself, at which of its steps.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from drg.ledger import Ledger
from tests.killing import die_at, serve

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


if __name__ == "__main__":
    serve(add)
