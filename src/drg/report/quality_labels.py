"""The measures of quality in Chinese."""

from __future__ import annotations

from typing import Final

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


def riv_zh(name: str) -> str:
    """``riv_log_cost_trimmed_adjusted`` in Chinese."""
    words = {"cost": "费用", "los": "住院天数", "log": "对数", "trimmed": "裁剪后", "adjusted": "校正"}
    parts = name.removeprefix("riv_").split("_")
    order = ("adjusted", "trimmed", "cost", "los", "log")
    return "".join(words[word] for word in order if word in parts) + " RIV"
