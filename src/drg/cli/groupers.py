"""``drg groupers``: the installed versions."""

from __future__ import annotations

import click

from drg.cli.options import lang_option


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the manifests.")
@lang_option
def groupers(as_json: bool, lang: str) -> None:
    """List the installed grouper versions."""
    from drg.report.console import echo_json, print_groupers, stdout
    from drg.tables import list_groupers

    manifests = list_groupers()
    if as_json:
        echo_json("[" + ",\n ".join(m.model_dump_json(exclude_none=True) for m in manifests) + "]")
    else:
        print_groupers(stdout(), manifests, lang)
