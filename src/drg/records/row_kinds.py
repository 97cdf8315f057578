"""Rows of a table that are no cases: blank rows, totals, remarks, headers that come once more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from drg.records.cells import MISSING
from drg.records.header import folded

ROW_BLANK: Final = "row-blank"
ROW_DELETED: Final = "row-deleted"
ROW_TOTAL: Final = "row-total"
ROW_REMARK: Final = "row-remark"
ROW_HEADER: Final = "row-header"

_TOTALS: Final = ("合计", "总计", "小计", "共计", "累计", "本页", "平均值")
_REMARKS: Final = (
    "制表",
    "审核",
    "复核",
    "填报",
    "填表",
    "统计负责",
    "单位负责",
    "负责人",
    "经办",
    "打印",
    "导出",
)
_NOTES: Final = ("备注", "注", "说明", "签字", "签名", "签章", "以下空白")
_TOTAL: Final = re.compile(rf"{'|'.join(_TOTALS)}|共[0-9]+[例人条份次]|(?:grand|sub)?total[:]?$|sum[:]?$")
_REMARK: Final = re.compile(rf"{'|'.join(_REMARKS)}|(?:{'|'.join(_NOTES)})[:(]|以下空白")
# What a line that may be such a row begins with; whether it is one, its cells decide.
FIRST_WORDS: Final = "|".join(
    ["(?i:grand|sub|total|sum)", r"共\s*\d", *(r"\s*".join(word) for word in (*_TOTALS, *_REMARKS, *_NOTES))]
)
# A row with a diagnosis is a case, whatever else it says.
_DIAGNOSIS: Final = re.compile(r"[a-z][0-9]{2}(?:\.|$|[x+*])")
# A remark is a few words; a row with more cells than this is none.
_MOST_CELLS_OF_REMARK: Final = 6
# Fewer cells than this may be the same as the header by chance.
_FEWEST_CELLS_OF_HEADER: Final = 2
_NOTHING: Final = frozenset(folded(word) for word in MISSING)


def kind_of_row(cells: Sequence[str | None], names: Sequence[str]) -> str | None:
    """The rule by which a row is no case; None if it may be one.

    Args:
        cells: of the row.
        names: of the columns.
    """
    folds = [(place, folded(cell)) for place, cell in enumerate(cells) if cell]
    said = [(place, text) for place, text in folds if text and text not in _NOTHING]
    if not said:
        return ROW_BLANK
    same = sum(place < len(names) and folded(names[place]) == text for place, text in said)
    if same >= _FEWEST_CELLS_OF_HEADER and same * 2 >= len(said):
        return ROW_HEADER
    if any(_DIAGNOSIS.match(text) for _, text in said):
        return None
    if any(_TOTAL.match(text) for _, text in said[:2]):
        return ROW_TOTAL
    if len(said) <= _MOST_CELLS_OF_REMARK and _REMARK.match(said[0][1]):
        return ROW_REMARK
    return None
