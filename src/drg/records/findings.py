"""What is wrong with discharges: one row per finding, never an exception.

Every check, normalisation and conversion reports in this one shape.
"""

from __future__ import annotations

from typing import Final

import polars as pl

ERROR: Final = "error"  # the case cannot be grouped or paid as it stands
WARNING: Final = "warning"  # the case can be used, but something in it is probably wrong
NOTICE: Final = "notice"  # something was read otherwise than it was written
SEVERITIES: Final = (ERROR, WARNING, NOTICE)

# One finding. `file` and `sheet` are empty where there is none; `row` is that of the source as a spreadsheet
# numbers it: the header is row 1. `column` is what the source calls the canonical column `field`.
SCHEMA: Final = pl.Schema(
    {
        "file": pl.String(),
        "sheet": pl.String(),
        "row": pl.UInt32(),
        "case_id": pl.String(),
        "rule": pl.String(),
        "severity": pl.String(),
        "column": pl.String(),
        "field": pl.String(),
        "value": pl.String(),
        "message": pl.String(),
        "message_zh": pl.String(),
        "fix": pl.String(),
        "fix_zh": pl.String(),
    }
)
# The columns that do not depend on the case.
SAID: Final = ("rule", "severity", "message", "message_zh", "fix", "fix_zh")
