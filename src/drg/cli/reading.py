"""Options of every command that reads files of discharges."""

from __future__ import annotations

from collections.abc import Callable

import click

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
        "--codes",
        type=click.Choice(_CODE_VERSIONS),
        default=_CODE_VERSIONS[0],
        help="Version of the codes; clinical (国临版) ones are converted. [insurance, 医保版]",
    ),
)


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options ``layout``, ``encoding``, ``delimiter``, ``sheet``, ``header_row`` and ``codes``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
