"""A corrected row in words."""

from __future__ import annotations

from typing import Final

from drg.grouping.corrected import CorrectedRow
from drg.report.labels import labels
from drg.words import Both, said

_TABLES_ZH: Final = labels("corrected_table")
_CHANGES_ZH: Final = {"added": "来源无此行，已补入", "removed": "来源有此行，已删去", "changed": "已更正"}
_COLUMNS_ZH: Final = labels("corrected_column")


def corrected_place(row: CorrectedRow, language: str) -> str:
    """The table and the row."""
    return said(
        "{table} {key}", language, key=row.key, table=Both(row.table, _TABLES_ZH.get(row.table, row.table))
    )


def corrected_how(row: CorrectedRow, language: str) -> str:
    """What was done to it, or what the source has."""
    if row.column is None:
        return Both(row.change, _CHANGES_ZH[row.change]).to(language)
    column = Both(row.column, _COLUMNS_ZH.get(row.column, row.column))
    before = Both(repr(row.before), f"“{row.before}”" if row.before else "空")
    return said("{column} was {before}", language, column=column, before=before)
