"""Results that show themselves as a short table, in a console and in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

ROWS = 8
# Markdown needs no frame that a console could lack.
_LOOK: dict[str, Any] = {
    "fmt_str_lengths": 40,
    "tbl_cell_numeric_alignment": "RIGHT",
    "tbl_cols": -1,
    "tbl_formatting": "ASCII_MARKDOWN",
    "tbl_hide_column_data_types": True,
    "tbl_hide_dataframe_shape": True,
    "tbl_rows": ROWS,
    "tbl_width_chars": 100,
    "thousands_separator": True,
}


class ShortTable:
    """A result that shows a heading and a table of at most 8 rows; its dataclass says ``repr=False``."""

    def _short(self) -> tuple[str, pl.DataFrame]:
        """The heading, and the table of which the first rows are shown."""
        raise NotImplementedError

    def __repr__(self) -> str:
        heading, table = self._short()
        if table.is_empty():
            return heading
        with pl.Config(**_LOOK):
            return "\n".join(filter(None, (heading, str(table.head(ROWS)), _more(table))))

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        import html

        heading, table = self._short()
        with pl.Config(**_LOOK):
            shown = "" if table.is_empty() else table.head(ROWS)._repr_html_()
        return f"<p>{html.escape(heading)}</p>{shown}<p>{_more(table)}</p>"


def name_and_value(values: Mapping[str, object]) -> pl.DataFrame:
    """A table of two columns: what is known, as text."""
    known = {name: f"{value}" for name, value in values.items() if value is not None and value != ""}
    return pl.DataFrame({"what": list(known), "value": list(known.values())}, schema_overrides=_TEXT)


_TEXT = {"what": pl.String, "value": pl.String}


def _more(table: pl.DataFrame) -> str:
    rest = table.height - ROWS
    return f"and {rest:,} more" if rest > 0 else ""
