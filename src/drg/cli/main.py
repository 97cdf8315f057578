"""The command ``drg``.

Exit codes: 0 done, 1 the data, the tables or the output are at fault, 2 the command line is, 3 a gate failed,
130 interrupted, 143 terminated.
Commands import what they need when they run, so that ``drg --help`` is immediate.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import io
import os
import sys
from importlib import import_module

import click

from drg.cli.commands import Verbs
from drg.cli.options import asked_language, help_lang_option
from drg.cli.standard_input import with_its_name
from drg.cli.usage_errors import show_usage_error
from drg.errors import DrgError
from drg.temporary import leave_nothing_when_ended, sweep_leftovers
from drg.words import Sentence

# In the order in which they are used, as help lists them.
_COMMANDS = {
    "run": "drg.cli.run",
    "check": "drg.cli.check",
    "group": "drg.cli.group",
    "explain": "drg.cli.explain",
    "benefits": "drg.cli.benefits",
    "price": "drg.cli.price",
    "settle": "drg.cli.settle",
    "special-cases": "drg.cli.special_cases",
    "reconcile": "drg.cli.reconcile",
    "ledger": "drg.cli.ledger",
    "what-if": "drg.cli.what_if",
    "compare": "drg.cli.compare",
    "evaluate": "drg.cli.evaluate",
    "report": "drg.cli.report",
    "screen": "drg.cli.screen",
    "review": "drg.cli.review",
    "weights": "drg.cli.weights",
    "simulate": "drg.cli.simulate",
    "groupers": "drg.cli.groupers",
    "tables": "drg.cli.tables",
    "codes": "drg.cli.codes",
    "schemes": "drg.cli.schemes",
    "layouts": "drg.cli.layouts",
}


_OBJECTS_BETWEEN_COLLECTIONS = 100_000


class _Verbs(Verbs):
    """The verbs, each in a module of its own, imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command


@click.command(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@help_lang_option
@click.version_option(package_name="drg", prog_name="drg")
def cli() -> None:
    """Group hospital discharges by DRG, price and settle them (CHS-DRG 病组分组、支付与清算).

    Exit codes: 0 done; 1 the data, the tables or the output are at fault; 2 the command line is; 3 a gate
    failed, though the result was written; 130 interrupted.
    """


def _show_what_can_be_shown() -> None:
    """What a console cannot show is replaced: a GBK or ASCII console is no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _keep_out_words_of_libraries() -> None:
    """What libraries in other languages print of themselves when a file is damaged goes to nobody.

    Messages of Python go to where they went; errors say what is wrong in words of ours.
    """
    if not isinstance(sys.stderr, io.TextIOWrapper):
        return
    with contextlib.suppress(OSError, ValueError):
        number = sys.stderr.fileno()
        sys.stderr.flush()
        told = os.fdopen(os.dup(number), "w", encoding=sys.stderr.encoding, errors="replace", buffering=1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
        sys.stderr = told
        # Whoever sees the process die should see where.
        faulthandler.enable(told, all_threads=False)


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Imports make some hundred thousand objects that stay; looking through them again and again takes a tenth
    # of the time of a small file.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    # What is there at the end goes with the process; the interpreter need not look through it once more.
    atexit.register(gc.freeze)
    # Nothing here multiplies matrices, and the threads that numpy starts for it take processor time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _show_what_can_be_shown()
    leave_nothing_when_ended()
    sweep_leftovers()
    _keep_out_words_of_libraries()
    language = asked_language(sys.argv[1:])
    try:
        code = cli.main(
            prog_name="drg",
            standalone_mode=False,
            obj=language,
            windows_expand_args=False,  # which takes brackets for a pattern; see options.expanded
        )
    except click.ClickException as error:
        show_usage_error(error, language)
        sys.exit(error.exit_code)
    except DrgError as error:
        with_its_name(error)
        click.echo(Sentence("Error: {message}", message=error.text(language)).to(language), err=True)
        sys.exit(1)
    except UnicodeEncodeError as error:
        if error.encoding != sys.getfilesystemencoding():
            raise
        problem = Sentence(
            "Error: the names of files are {encoding} on this system, which cannot hold {text!a}. "
            "Set PYTHONUTF8=1 and run it again.",
            encoding=error.encoding.upper(),
            text=error.object[error.start : error.end],
        )
        click.echo(problem.to(language), err=True)
        sys.exit(1)
    except BrokenPipeError:
        from drg.cli.held_console import nobody_reads

        nobody_reads(sys.stdout)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo(Sentence("Interrupted: nothing was written.").to(language), err=True)
        sys.exit(130)
    except BaseException as error:
        # polars, which is not imported here, has no Exception for damage that it does not foresee.
        if type(error).__name__ != "PanicException":
            raise
        told = Sentence("Error: one of the files cannot be read to its end; it is damaged.")
        click.echo(told.to(language), err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
