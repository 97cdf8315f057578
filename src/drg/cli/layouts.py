"""``drg layouts``: the layouts of files that can be read, and one for a file that none of them fits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drg.cli.commands import UsualVerb
from drg.cli.options import (
    file_argument,
    help_lang_option,
    lang_option,
    output_option,
    overwrite_option,
)
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.records.guess import Guess


@click.group(cls=UsualVerb, usual="show")
@help_lang_option
def layouts() -> None:
    """List the layouts of files that can be read, show one, or guess one for your own export.

    A file is read by the layout that its header fits, in field names or in Chinese labels. drg layouts alone
    lists them, drg layouts LAYOUT shows one.
    """


@layouts.command(
    examples=(
        "layouts",
        "layouts hqms",
        "layouts my-export.toml",
    )
)
@click.argument("layout", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the layouts.")
@lang_option
def show(layout: str | None, as_json: bool, lang: str) -> None:
    """List the layouts of files that can be read, or show LAYOUT: an id, or the path of your own."""
    import json

    from drg.records.layout_files import entries, find_layout, shipped_layouts
    from drg.report.console import echo_json, stdout
    from drg.report.layouts import print_layout, print_layouts

    if layout is not None:
        found = find_layout(layout)
        if as_json:
            echo_json(json.dumps(entries(found), ensure_ascii=False, indent=2))
        else:
            print_layout(stdout(), found, lang)
        return
    known = shipped_layouts().values()
    if as_json:
        lines = (json.dumps(entries(one), ensure_ascii=False, separators=(",", ":")) for one in known)
        echo_json("[" + ",\n ".join(lines) + "]")
    else:
        print_layouts(stdout(), known, lang)


@layouts.command(
    examples=(
        "layouts guess export.xlsx -o my-export.toml",
        "run export.xlsx -o results/ --scheme harbin-2022 --layout my-export.toml",
    )
)
@file_argument()
@output_option("Write the layout to a file ending in .toml.", required=False)
@click.option("--encoding", help="Of text files, such as gb18030 or utf-8. [found out]")
@click.option("--delimiter", help="Between the cells of text files: , ; | or tab. [found out]")
@click.option("--sheet", help="Name or number of the sheet of a workbook. [the one with the best header]")
@click.option(
    "--header-row",
    type=click.IntRange(min=1),
    metavar="N",
    help="Row that holds the names of the columns. [found out]",
)
@overwrite_option("the layout, with any changes in it")
@lang_option
def guess(
    file: Path,
    output: Path | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    header_row: int | None,
    overwrite: bool,
    lang: str,
) -> None:
    """Guess a layout for FILE from the names and the contents of its columns.

    What is not certain is printed, and marked with ?? in the layout, which --layout takes at once.
    """
    from drg.records.guess import guess as guessed
    from drg.records.source_tables import Dialect
    from drg.report.console import say, stdout
    from drg.report.layout_guess import print_guess

    found = guessed(file, Dialect(encoding, delimiter, sheet, header_row))
    print_guess(stdout(), found, lang)
    if output is None:
        hint = Sentence("Write it with -o my-export.toml, and use it with --layout my-export.toml.")
    else:
        _write(found, output, lang, overwrite=overwrite)
        hint = Sentence("Written to {file}; use it with --layout {file}", file=output)
    say(stdout(), hint.to(lang))


def _write(guess: Guess, output: Path, language: str, *, overwrite: bool) -> None:
    from drg.errors import OutputError
    from drg.records.files import write_bytes
    from drg.records.guess_text import layout_text

    if output.suffix.lower() != ".toml":
        raise OutputError(
            Sentence("a layout cannot be written as {ending!r}", ending=output.suffix),
            file=output,
            fix=Sentence("End it in .toml"),
        )
    if output.exists() and not overwrite:
        raise OutputError(
            Sentence("it is there already"),
            file=output,
            fix=Sentence("Choose another name, or add --overwrite"),
        )
    id_ = re.sub(r"[^a-z0-9._-]+", "-", output.stem.lower()).strip("._-") or "guessed"
    write_bytes(layout_text(guess, id_, language).encode(), output, sources=(guess.file,))
