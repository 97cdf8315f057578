"""``drg layouts``: the layouts of files that can be read."""

from __future__ import annotations

import click

from drg.cli.commands import verb
from drg.cli.options import lang_option


@verb(
    "layouts",
    "layouts hqms",
    "layouts my-export.toml",
)
@click.argument("layout", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every entry of the layouts.")
@lang_option
def layouts(layout: str | None, as_json: bool, lang: str) -> None:
    """List the layouts of files that can be read, or show LAYOUT: an id, or the path of your own.

    A file is read by the layout that its header fits, in field names or in Chinese labels. For another export
    write a layout of your own; the page on layouts in the documentation says how.
    """
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
