"""Runs commands, each in a process of its own that can be killed.

What they need is imported once; each then forks. A line of JSON comes in for each: its arguments and, if the
process is to be sent a signal by itself, at which of its steps. Two lines go out: the id of the process, and
how it ended.
"""

from __future__ import annotations

import atexit
import json
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
from tests.killing import die_at


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
    return 0


def main() -> None:
    """Serve until there is nothing more to do."""
    for order in sys.stdin:
        child = os.fork()
        if child == 0:
            code = run(json.loads(order))
            atexit._run_exitfuncs()  # as at the end of any process
            os._exit(code)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
