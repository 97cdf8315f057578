"""``drg groupers``: the installed versions."""

from __future__ import annotations

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the manifests.")
def groupers(as_json: bool) -> None:
    """List the installed grouper versions."""
    from drg.report.console import print_groupers, stdout
    from drg.tables import list_groupers

    manifests = list_groupers()
    if as_json:
        click.echo("[" + ",\n ".join(m.model_dump_json(exclude_none=True) for m in manifests) + "]")
    else:
        print_groupers(stdout(), manifests)
