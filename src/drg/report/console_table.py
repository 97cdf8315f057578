"""Tables on a console that never cut a number, a code or a Chinese text.

If a table is wider than the console, its texts are folded; if that is not enough, each row is written as
lines of head and value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

# The kinds of columns: text that may be folded, what stays whole, numbers.
TEXT: Final = "t"
WHOLE: Final = "w"
NUMBER: Final = "n"
# A text is not folded into less than this.
_LEAST: Final = 14
# Beside each cell two blanks and a line, and a line at the end.
_BESIDE: Final = 3

Cell = str | Text


def show(
    console: Console,
    heads: Sequence[str],
    kinds: str,
    rows: Iterable[Sequence[Cell]],
    *,
    title: str = "",
    total: Sequence[Cell] | None = None,
) -> None:
    """Print a table.

    Args:
        console: where to.
        heads: of the columns; a line feed begins another line.
        kinds: of the columns, a letter each: ``TEXT``, ``WHOLE`` or ``NUMBER``.
        rows: the cells, as they are: brackets are no markup.
        title: above the table.
        total: the last row, set apart.
    """
    lines = [[_text(cell) for cell in row] for row in rows]
    last = None if total is None else [_text(cell) for cell in total]
    if title:
        console.print(Text(title, "italic"), soft_wrap=True)
    every = lines if last is None else [*lines, last]
    widths = _widths(console.width, heads, kinds, every)
    if widths is None:
        _print_upright(console, heads, every)
        return
    table = Table()
    for head, kind, width in zip(heads, kinds, widths, strict=True):
        justify = "right" if kind == NUMBER else "left"
        table.add_column(Text(head), width=width, overflow="fold", justify=justify)  # type: ignore[arg-type]
    for line in lines:
        table.add_row(*line)
    if last is not None:
        table.add_section()
        table.add_row(*last)
    console.print(table)


def _text(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)


def _widths(room: int, heads: Sequence[str], kinds: str, rows: Sequence[Sequence[Text]]) -> list[int] | None:
    """How wide each column is; None if the console is too narrow for any."""
    room -= _BESIDE * len(heads) + 1
    full, least = [], []
    for place, (head, kind) in enumerate(zip(heads, kinds, strict=True)):
        cells = max((_line_width(row[place].plain) for row in rows), default=0)
        words = max(map(cell_len, head.split()), default=0)
        full.append(max(cells, _line_width(head)))
        # A head may be folded between its words.
        least.append(min(full[-1], max(words, _LEAST)) if kind == TEXT else max(cells, words))
    if sum(least) > room:
        return None
    # The widest gives way first.
    widths = list(full)
    while (over := sum(widths) - room) > 0:
        place = max(range(len(widths)), key=lambda at: (widths[at] > least[at], widths[at]))
        others = [width for at, width in enumerate(widths) if at != place and width > least[at]]
        floor = max([least[place], *(width - 1 for width in others if width < widths[place])])
        widths[place] = max(widths[place] - over, floor)
    return widths


def _line_width(text: str) -> int:
    return max(map(cell_len, text.splitlines()), default=0)


def _print_upright(console: Console, heads: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    for row in rows:
        for head, cell in zip(heads, row, strict=True):
            name = " ".join(head.split())
            console.print(Text.assemble((f"{name}: " if name else "", "dim"), cell), overflow="fold")
        console.print()
