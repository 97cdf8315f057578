"""Options and arguments that several commands have, each worded once."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast

import click

from drg import words
from drg.cli.standard_input import kept
from drg.records.standard_input import STANDARD_INPUT
from drg.words import Sentence

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

LANGUAGES: Final = tuple(reversed(words.LANGUAGES))
REASON_FORMS: Final = ("text", "code")
# In the order in which they count; the first that is set decides.
_LANGUAGE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
# The primary language of a language identifier of Windows is in its lowest ten bits.
_PRIMARY_LANGUAGE: Final = 0x3FF
_CHINESE_ON_WINDOWS: Final = 0x04
_SCHEME_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def system_language() -> str:
    """``zh`` where the system speaks Chinese, else ``en``."""
    for name in _LANGUAGE_VARIABLES:
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith(("zh", "chinese")) else "en"
    if sys.platform == "win32":
        import ctypes

        spoken = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return "zh" if spoken & _PRIMARY_LANGUAGE == _CHINESE_ON_WINDOWS else "en"
    return "en"


def asked_language(arguments: Sequence[str]) -> str:
    """The language that a command line asks for, though it may be faulty, else the system's."""
    asked = system_language()
    for before, argument in pairwise(("", *arguments)):
        said = argument if before == "--lang" else argument.removeprefix("--lang=")
        if said in LANGUAGES and (before == "--lang" or said != argument):
            asked = said
    return asked


def expanded(names: Iterable[str], *, windows: bool) -> list[str]:
    """The files that are meant; a shell of Windows leaves patterns to the command.

    No name of a file of Windows holds * or ?, so these two alone make a pattern. Brackets are part of a name.
    """
    found: list[str] = []
    for name in names:
        is_pattern = windows and ("*" in name or "?" in name)
        matches = sorted(glob.glob(name.replace("[", "[[]"))) if is_pattern else []  # noqa: PTH207
        found += matches or [name]
    return found


def _files(context: click.Context, _argument: click.Parameter, names: tuple[str, ...]) -> tuple[Path, ...]:
    found = expanded(names, windows=sys.platform == "win32")
    if found.count(STANDARD_INPUT) > 1:
        raise click.BadParameter(Sentence("- is standard input, which can be read once"))
    return tuple(kept(context) if name == STANDARD_INPUT else Path(name) for name in found)


def _texts(context: click.Context, argument: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(str, _files(context, argument, names)))


def _file(context: click.Context, _argument: click.Parameter, name: str | None) -> Path | None:
    if name is None:
        return None
    return kept(context) if name == STANDARD_INPUT else Path(name)


def files_argument(*, required: bool = True, metavar: str = "FILE...", as_text: bool = False) -> Decorator:
    """``FILE...`` as paths, or as text where more than a path is given."""
    callback = _texts if as_text else _files
    return click.argument("files", nargs=-1, required=required, metavar=metavar, callback=callback)


def file_argument(*, name: str = "file", metavar: str = "FILE", required: bool = True) -> Decorator:
    """``FILE`` as a path."""
    shown = metavar if required else f"[{metavar}]"
    return click.argument(name, required=required, metavar=shown, callback=_file)


def output_option(what: str, *, required: bool = True) -> Decorator:
    """``-o FILE``."""
    return click.option("-o", "--output", required=required, type=click.Path(path_type=Path), help=what)


def directory_option(what: str) -> Decorator:
    """``-o DIRECTORY``; ``records.outputs.make_directory`` makes it when the work is done."""
    return click.option(
        "-o", "--output", "directory", required=True, type=click.Path(path_type=Path), help=what
    )


def grouper_option(
    what: str = "Id of a version or of a series (see: drg groupers), or the directory of a version.",
    *,
    required: bool = True,
) -> Decorator:
    """``--grouper``."""
    return click.option("-g", "--grouper", required=required, help=what)


def trim_option(default: str) -> Decorator:
    """``--trim``: the rule is that of ``analysis.trimming``."""
    return click.option(
        "--trim",
        default=default,
        metavar="RULE",
        help="Outliers of each group: none, percentile:1,99, iqr:1.5, iqr:0.5,1.5 or log-sd:3 leave them "
        f"out; winsor-iqr:1.5 and so on set them to the limit. [{default}]",
    )


realism_option: Decorator = click.option(
    "--realism",
    type=click.Path(path_type=Path),
    help="Write figures of the region beside those that are known of real ones here.",
)


def overwrite_option(what: str) -> Decorator:
    """``--overwrite``."""
    return click.option("--overwrite", is_flag=True, help=f"Replace {what}.")


scheme_id_option: Decorator = click.option(
    "--id", "scheme_id", help="Id of the scheme. [the name of the directory]"
)


def id_of_scheme(given: str | None, directory: Path) -> str:
    """The id of the scheme, checked before the work is done."""
    id_ = given or directory.resolve().name
    if not _SCHEME_ID.fullmatch(id_):
        raise click.UsageError(
            Sentence(
                "{id!r} cannot be the id of a scheme: letters A-Z, digits and . _ - only. Give one with "
                "--id.",
                id=id_,
            )
        )
    return id_


def listed(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> list[str]:
    """Several names in one value, A,B; a directory whose name holds a comma is one."""
    found: list[str] = []
    for value in values:
        found += [value] if Path(value).is_dir() else [name.strip() for name in value.split(",")]
    return [name for name in found if name]


scheme_option: Decorator = click.option(
    "-s", "--scheme", required=True, help="Id of a scheme (see: drg schemes) or its directory."
)

schemes_option: Decorator = click.option(
    "-s",
    "--schemes",
    multiple=True,
    callback=listed,
    metavar="S[,T…]",
    help="Payment schemes (see: drg schemes) or their directories, at most one for each version. [no money]",
)


def default_language() -> str:
    """That which is asked for before the name of the command, else the system's."""
    return click.get_current_context().obj or system_language()


lang_option: Decorator = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=cast("Any", default_language),
    help="Language of all that is printed and written. [zh where the system speaks Chinese, else en]",
)
help_lang_option: Decorator = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    expose_value=False,
    help="Language of help and commands. [zh where the system speaks Chinese, else en]",
)
reasons_option: Decorator = click.option(
    "--reasons",
    type=click.Choice(REASON_FORMS),
    default=REASON_FORMS[0],
    help="Reasons as sentences in the language, or as codes that programs can count. [text]",
)
bom_option: Decorator = click.option(
    "--bom/--no-bom",
    default=True,
    help="Begin CSV with a byte order mark, as Excel needs it, and with ' what it would take for formulas. "
    "[on]",
)
quiet_option: Decorator = click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
hospital_option: Decorator = click.option(
    "--hospital", "hospitals", multiple=True, metavar="ID", help="Only this hospital; repeatable."
)
names_option: Decorator = click.option(
    "--names",
    "names_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Names of hospitals and of the bureau, and how document numbers begin, for statements and "
    "settlement.xlsx (.toml).",
)
close_option: Decorator = click.option(
    "--close/--no-close",
    default=None,
    help="Clear every year, or none. [those that have cases in December]",
)
cases_option: Decorator = click.option(
    "--with-cases/--without-cases", default=True, help="Statements with the table of cases. [with]"
)


def rules_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--rules FILE``, ``--only ID`` and ``--list`` of commands that apply rules of one's own."""
    for option in (
        click.option("--list", "list_rules", is_flag=True, help="List the rules and leave."),
        click.option(
            "--only",
            multiple=True,
            metavar="ID[,ID…]",
            help="Apply only these rules, also those that are off.",
        ),
        click.option(
            "--rules",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Rules of your own (.toml): which are on, and their limits.",
        ),
    ):
        command = option(command)
    return command
