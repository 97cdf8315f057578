"""``drg schemes``: the installed payment schemes."""

from __future__ import annotations

import click

from drg.cli.commands import verb
from drg.cli.options import lang_option


@verb()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the schemes.")
@lang_option
def schemes(as_json: bool, lang: str) -> None:
    """List the installed payment schemes."""
    from drg.payment import list_schemes
    from drg.report.console import echo_json, stdout
    from drg.report.prices import print_schemes

    found = list_schemes()
    if as_json:
        echo_json("[" + ",\n ".join(scheme.model_dump_json(exclude_none=True) for scheme in found) + "]")
    else:
        print_schemes(stdout(), found, lang)
