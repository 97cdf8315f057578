"""The measures of quality in Chinese."""

from __future__ import annotations

from typing import Final

from drg.report.checks import SEVERITIES_ZH
from drg.report.labels import labels

VALUES_ZH: Final = {
    ("cost", "raw"): "费用",
    ("cost", "log"): "费用对数",
    ("los", "raw"): "住院天数",
    ("los", "log"): "住院天数对数",
}
SHEETS_ZH: Final = labels("quality_sheet")
# Every measure and column of the tables in Chinese.
LABELS_ZH: Final = labels("quality")
# Words that stand in columns, by column and word: ``kind.mixture``; the names and words of settings too.
_WORDS_ZH: Final = labels("quality_word")
WITH_WORDS: Final = ("severity", "measure", *{name.partition(".")[0]: None for name in _WORDS_ZH})


def word_zh(column: str, value: str) -> str:
    """What a word in a column is in Chinese; the value itself, if it is none."""
    if column == "severity":
        return SEVERITIES_ZH[value]
    if column == "measure":
        return LABELS_ZH[value]
    return _WORDS_ZH.get(f"{column}.{value}", value)


def cell_zh(column: str, value: str) -> str:
    """A word of a column for pages and workbooks: in Chinese, and as it is written elsewhere."""
    word = word_zh(column, value)
    return value if word == value else f"{word} {value}"


def riv_zh(name: str) -> str:
    """``riv_log_cost_trimmed_adjusted`` in Chinese."""
    words = {"cost": "费用", "los": "住院天数", "log": "对数", "trimmed": "裁剪后", "adjusted": "校正"}
    parts = name.removeprefix("riv_").split("_")
    order = ("adjusted", "trimmed", "cost", "los", "log")
    return "".join(words[word] for word in order if word in parts) + " RIV"
