"""A corrected row in words."""

from __future__ import annotations

from typing import Final

from drg.grouping.corrected import CorrectedRow
from drg.report.labels import labels
from drg.report.language import either

_TABLES_ZH: Final = labels("corrected_table")
_CHANGES_ZH: Final = {"added": "来源无此行，已补入", "removed": "来源有此行，已删去", "changed": "已更正"}
_COLUMNS_ZH: Final = labels("corrected_column")


def corrected_place(row: CorrectedRow, language: str) -> str:
    """The table and the row."""
    return either(language, f"{_TABLES_ZH.get(row.table, row.table)} {row.key}", f"{row.table} {row.key}")


def corrected_how(row: CorrectedRow, language: str) -> str:
    """What was done to it, or what the source has."""
    if row.column is None:
        return either(language, _CHANGES_ZH[row.change], row.change)
    column = _COLUMNS_ZH.get(row.column, row.column)
    before = f"“{row.before}”" if row.before else "空"
    return either(language, f"{column}原为{before}", f"{row.column} was {row.before!r}")
