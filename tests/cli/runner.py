"""Runs commands, each in a process of its own that can be killed.

An order has the arguments and, if the process is to send a signal to itself, at which of its steps.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import Any

import drg.analysis.comparison
import drg.cli.ledger
import drg.cli.run
import drg.grouping
import drg.payment
import drg.report.settlement
import drg.settlement  # noqa: F401
from drg.cli.main import main as run_command
from tests.killing import die_at, serve


def run(order: dict[str, Any]) -> int:
    """The exit code of one command."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    if order["die_at"] is not None:
        die_at(order["die_at"], order["signal"])
    sys.argv = ["drg", *order["arguments"]]
    try:
        run_command()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    except BaseException:  # noqa: BLE001 whatever it is, the other side must be told
        return 99
    finally:
        atexit._run_exitfuncs()  # as at the end of any process
    return 0


if __name__ == "__main__":
    serve(run)
