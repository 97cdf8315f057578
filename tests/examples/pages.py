"""What a page shows, and the data in it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

_HIDDEN = ("style", "script", "svg")
_ROWS = ("tr", "p", "h1", "h2", "h3", "li", "div", "title", "nav")
_CELLS = ("td", "th", "br", "small")


class Page(HTMLParser):
    """A page in rows of cells, and its data; not its drawings: their figures are in its tables.

    Attributes:
        rows: the text of each row of a table and of each paragraph, by cells.
        data: what stands in a script of JSON, if the page has one.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = [[]]
        self.data: Any = None
        self._text = ""
        self._hidden: str | None = None
        self._is_data = False
        self.feed(text)
        self.close()
        self._ends("p")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._ends(tag)
        if self._hidden is None and tag in _HIDDEN:
            self._hidden, self._is_data = tag, ("type", "application/json") in attrs

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = None
        self._ends(tag)

    def handle_data(self, data: str) -> None:
        if self._hidden is None:
            self._text += data
        elif self._is_data and self._hidden == "script":
            self.data = json.loads(data)

    def _ends(self, tag: str) -> None:
        if self._hidden is None and tag in (*_ROWS, *_CELLS):
            self.rows[-1].append(self._text)
            self._text = ""
            if tag in _ROWS:
                self.rows.append([])
