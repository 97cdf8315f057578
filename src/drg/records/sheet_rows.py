"""A sheet of xlsxwriter that takes many rows of columns at once: ten times as fast as cell by cell.

What stands in the file is the same to the byte. Texts that a sheet escapes or takes for markup go cell by
cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell_fast
from xlsxwriter.worksheet import Worksheet

from drg.records.sheet_cells import Cells

# Rows that are put together at a time.
_ROWS: Final = 10_000
_MARKUP: Final = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_ROW: Final = "row"


class Sheet(Worksheet):  # type: ignore[misc]
    """A worksheet in the mode in which rows are written in order and not kept."""

    def write_columns(self, first: int, columns: Sequence[Cells], looks: Sequence[Any], nothing: str) -> None:
        """Rows of columns of the same length, below all rows that are written.

        Args:
            first: the row to begin with.
            columns: none of them ``is_odd``.
            looks: the format of each column.
            nothing: what empty cells show; without it they are left out.
        """
        count = len(columns[0].values) if columns else 0
        if not count:
            return
        last = first + count - 1
        self._check_dimensions(first, 0)
        self._check_dimensions(last, len(columns) - 1)
        # Writes the row before; xlsxwriter writes a row when the next one begins.
        self._write_single_row(last)
        styles = [look._get_xf_index() for look in looks]
        written = pl.concat_str(
            '<row r="' + pl.col(_ROW) + '">',
            *(
                _written(str(place), column.kind, xl_col_to_name(place), style, nothing)
                for place, (column, style) in enumerate(zip(columns, styles, strict=True))
            ),
            pl.lit("</row>"),
        )
        for start in range(0, count, _ROWS):
            rows = pl.int_range(first + start + 1, min(first + start + _ROWS, last + 1) + 1, eager=True)
            values = [_text(column, start).alias(str(place)) for place, column in enumerate(columns)]
            frame = pl.DataFrame([rows.cast(pl.String).alias(_ROW), *values])
            self.fh.writelines(frame.select(written).to_series())
        self.table.clear()

    # One cell. xlsxwriter looks first for names of cells among its arguments, which are numbers here, and for
    # functions that are newer than those of the formulas here.

    def write_string(self, row: int, col: int, string: str, cell_format: Any = None) -> Any:
        """A text."""
        return self._write_string(row, col, string, cell_format)

    def write_number(self, row: int, col: int, number: Any, cell_format: Any = None) -> Any:
        """A number."""
        return self._write_number(row, col, number, cell_format)

    def write_blank(self, row: int, col: int, blank: Any, cell_format: Any = None) -> Any:
        """An empty cell that has a look."""
        return self._write_blank(row, col, blank, cell_format)

    def write_formula(self, row: int, col: int, formula: str, cell_format: Any = None, value: Any = 0) -> Any:
        """A formula and its value."""
        return self._write_formula(row, col, formula, cell_format, value)

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002
        return formula.removeprefix("=")

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        kind = type(cell).__name__
        if kind not in ("Number", "Blank") or not cell.format:
            super()._write_cell(row, col, cell)
            return
        begun = f'<c r="{xl_rowcol_to_cell_fast(row, col)}" s="{cell.format._get_xf_index()}"'
        self.fh.write(f"{begun}/>" if kind == "Blank" else f"{begun}><v>{cell.number:.16G}</v></c>")


def _text(column: Cells, start: int) -> pl.Series:
    """The values of some rows as text; numbers as xlsxwriter writes them, with sixteen digits at the most."""
    values = column.values.slice(start, _ROWS)
    if column.kind == "text":
        return values
    if column.kind == "truth":
        return values.cast(pl.Int8).cast(pl.String)
    return pl.Series([None if value is None else f"{value:.16G}" for value in values], dtype=pl.String)


def _written(name: str, kind: str, letter: str, style: int, nothing: str) -> pl.Expr:
    """The cells of a column as text of the file; nothing where a cell is left out."""
    begun = f'<c r="{letter}' + pl.col(_ROW) + (f'" s="{style}"' if style else '"')
    if kind == "text":
        cells = begun + _inline(pl.col(name))
    else:
        cells = begun + (' t="b"><v>' if kind == "truth" else "><v>") + pl.col(name) + "</v></c>"
    return pl.coalesce(cells, begun + _inline(pl.lit(nothing)) if nothing else pl.lit(""))


def _inline(text: pl.Expr) -> pl.Expr:
    kept = text.str.contains(r"^\s|\s$")
    for character, entity in _MARKUP:
        text = text.str.replace_all(character, entity, literal=True)
    space = pl.when(kept).then(pl.lit(' xml:space="preserve"')).otherwise(pl.lit(""))
    return ' t="inlineStr"><is><t' + space + ">" + text + "</t></is></c>"
