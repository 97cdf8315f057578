"""``drg schemes``: the installed payment schemes."""

from __future__ import annotations

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the schemes.")
def schemes(as_json: bool) -> None:
    """List the installed payment schemes."""
    from drg.payment import list_schemes
    from drg.report.console import stdout
    from drg.report.prices import print_schemes

    found = list_schemes()
    if as_json:
        click.echo("[" + ",\n ".join(scheme.model_dump_json(exclude_none=True) for scheme in found) + "]")
    else:
        print_schemes(stdout(), found)
