"""A table of figures: on the console, on a page and in a workbook."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, Final, NamedTuple

from rich.console import Console

from drg.records.workbook import Book
from drg.records.workbook_looks import HEADER
from drg.report.console_table import show
from drg.report.html import table

_NOTHING: Final = "–"
_FORMS: Final[dict[str, Callable[[Any], str]]] = {
    "text": str,
    "count": "{:,}".format,
    "money": "{:,.2f}".format,
    "two": "{:,.2f}".format,
    "weight": "{:,.4f}".format,
    "percent": "{:.2%}".format,
}


class FigureTable(NamedTuple):
    """A table of figures.

    Attributes:
        title: above it.
        heads: of its columns.
        looks: of its columns, or of the cells of each row; those of text come first.
        rows: the cells.
        of_rows: the looks of each row, where they are not those of the columns.
    """

    title: str
    heads: list[str]
    looks: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    of_rows: list[tuple[str, ...]] | None = None

    @property
    def texts(self) -> int:
        """How many columns are text."""
        return self.looks.count("text")

    @property
    def shown(self) -> list[list[str]]:
        """The cells as text."""
        return [
            [_NOTHING if cell is None else _FORMS[look](cell) for look, cell in zip(looks, row, strict=True)]
            for looks, row in self._looked
        ]

    @property
    def _looked(self) -> list[tuple[tuple[str, ...], tuple[Any, ...]]]:
        looks = self.of_rows or [self.looks] * len(self.rows)
        return list(zip(looks, self.rows, strict=True))

    def show(self, console: Console) -> None:
        """Print it."""
        kinds = "t" * self.texts + "n" * (len(self.looks) - self.texts)
        show(console, self.heads, kinds, self.shown, title=self.title)

    def page(self) -> str:
        """It with its heading, for a page."""
        return f"<h2>{escape(self.title)}</h2>\n{table(self.heads, self.texts, self.shown)}"

    def write(self, book: Book, sheet: Any, row: int) -> int:
        """Write it into a sheet; gives the row to go on with."""
        book.cell(sheet, row, 0, self.title, "heading")
        book.row(sheet, row + 1, self.heads, [HEADER] * len(self.heads))
        for place, (looks, cells) in enumerate(self._looked, start=row + 2):
            book.row(sheet, place, cells, looks)
        return row + len(self.rows) + 3
