"""A corrected row in words."""

from __future__ import annotations

from typing import Final

from drg.grouping.corrected import CorrectedRow
from drg.words import Both, said

_TABLES_ZH: Final = {
    "mdc": "MDC表",
    "adrg": "ADRG表",
    "drg": "DRG表",
    "sets": "编码集合",
    "complications": "合并症或并发症表",
    "exclusions": "排除表",
}
_CHANGES_ZH: Final = {"added": "来源无此行，已补入", "removed": "来源有此行，已删去", "changed": "已更正"}
_COLUMNS_ZH: Final = {
    "name": "名称",
    "rule": "规则",
    "order": "顺序",
    "level": "级别",
    "exclusion_set": "排除表",
}


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
