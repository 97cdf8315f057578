"""``drg groupers``: the installed versions."""

from __future__ import annotations

from datetime import datetime

import click

from drg.cli.commands import verb
from drg.cli.options import lang_option


@verb(
    "groupers",
    "groupers --on 2027-01-05",
)
@click.option(
    "--on",
    "moment",
    type=click.DateTime(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"]),
    metavar="DATE",
    help="Those in force on a day such as 2027-01-05, and those whose validity is not known.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the manifests.")
@lang_option
def groupers(moment: datetime | None, as_json: bool, lang: str) -> None:
    """List the installed grouper versions, and the series that they belong to.

    Instead of a version, --grouper of other commands takes a series: then each case is grouped by the version
    in force on its day of discharge.
    """
    import json

    from drg.report.console import echo_json, print_groupers, print_in_force, stdout
    from drg.tables import list_groupers, list_series

    manifests = list_groupers()
    if moment is not None:
        # Two versions of a series on one day are an error that is told here too.
        list_series()
    day = moment.date() if moment else None
    if as_json:
        lines = []
        for manifest in manifests:
            entry = manifest.model_dump(mode="json", exclude_none=True)
            if day is not None:
                in_force = manifest.is_in_force(day)
                if in_force is False:
                    continue
                entry["in_force"] = in_force
            lines.append(json.dumps(entry, ensure_ascii=False))
        echo_json("[" + ",\n ".join(lines) + "]")
    elif day is not None:
        print_in_force(stdout(), manifests, day, lang)
    else:
        print_groupers(stdout(), manifests, lang)
