"""Options of every command that reads files of discharges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from drg.records.columns_read import Reading

# Spelled out here so that asking for help imports nothing; records.discharges.CODE_VERSIONS.
_CODE_VERSIONS = ("insurance", "clinical")

_OPTIONS = (
    click.option("--layout", help="Id of a layout (see: drg layouts) or path of your own. [by the header]"),
    click.option("--encoding", help="Of text files, such as gb18030 or utf-8. [found out]"),
    click.option("--delimiter", help="Between the cells of text files: , ; | or tab. [found out]"),
    click.option("--sheet", help="Name or number of the sheet of workbooks. [all of one kind]"),
    click.option(
        "--header-row",
        type=click.IntRange(min=1),
        metavar="N",
        help="Row that holds the names of the columns. [found out]",
    ),
    click.option(
        "--ignore",
        "ignored",
        multiple=True,
        metavar="COLUMN",
        help="A column with codes that is not read does not count; repeatable.",
    ),
    click.option(
        "--codes",
        type=click.Choice(_CODE_VERSIONS),
        default=_CODE_VERSIONS[0],
        help="Version of the codes; clinical (国临版) ones are converted. [insurance, 医保版]",
    ),
)


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that ``read_discharges`` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_discharges(
    files: Sequence[Path], reading: dict[str, Any], needs: Collection[str] = (), *, strict: bool = False
) -> Reading:
    """Read files as the options say, and see what became of their columns.

    Args:
        files: what the user gave.
        reading: the values of ``reading_options``.
        needs: the canonical columns that the command asks for; it is a finding if they are not there.
        strict: refuse columns of codes that are not read, unless ``--ignore`` names them.

    Raises:
        InputError: a file cannot be read as it should.
    """
    from drg.records.columns_read import look_through
    from drg.records.reading import read

    ignored = reading.pop("ignored")
    return look_through(read(files, **reading), ignored, needs, strict=strict)
