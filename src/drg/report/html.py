"""The parts of every page: one file, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

ILLUSTRATIVE_ZH: Final = "示例方案，非官方数据"
ILLUSTRATIVE_EN: Final = "Illustrative numbers: no authority set them"
END: Final = "</html>\n"
_HEAD: Final = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 14px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif }}
body {{ margin: 2em auto; max-width: 60em }}
table {{ border-collapse: collapse; margin: 1em 0 }}
th, td {{ padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: left }}
td.n, th.n {{ text-align: right; font-variant-numeric: tabular-nums }}
.warning {{ border-left: 4px solid #c60; padding: .4em 1em; background: #fff4e5 }}
{style}</style>
<h1>{title}</h1>
"""


def head(title: str, *, language: str = "zh", style: str = "") -> str:
    """The beginning of a page, with its heading; ``style`` adds to that of all pages."""
    return _HEAD.format(title=escape(title), language=language, style=style)


def warning(text: str) -> str:
    """What nobody may overlook."""
    return f'<p class="warning">{escape(text)}</p>\n'


def table(
    names: Sequence[str],
    texts: int,
    rows: Iterable[Sequence[object]],
    *,
    style: str = "",
    totals: int = 0,
) -> str:
    """A table whose first columns are text and all others numbers.

    Args:
        names: the heads of the columns.
        texts: how many of them are text.
        rows: the cells.
        style: the class of the table.
        totals: so many rows at the end are totals.
    """

    def line(cells: Sequence[object], tag: str, kind: str = "") -> str:
        made = (
            f"<{tag}{' class=n' if place >= texts else ''}>{escape(str(cell))}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr{kind}>{''.join(made)}</tr>\n"

    lines = list(rows)
    first_total = len(lines) - totals
    body = (line(row, "td", " class=total" if n >= first_total else "") for n, row in enumerate(lines))
    kind = f' class="{style}"' if style else ""
    return f"<table{kind}>\n" + line(names, "th") + "".join(body) + "</table>\n"
