"""What the reader of an evaluation has to know: what was left out, what is not defined, what not to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from drg.analysis.quality.quality_cases import EXCLUDED, NO_STATUS
from drg.analysis.quality.variants import COST, LOS
from drg.analysis.sentences import both, sentences
from drg.records.findings import SEVERITIES

if TYPE_CHECKING:
    from collections import Counter

    from drg.analysis.quality.gather import Gathered

FINDINGS: Final = pl.Schema(
    {
        "rule": pl.String(),
        "severity": pl.String(),
        "count": pl.Int64(),
        **dict.fromkeys(("message", "message_zh"), pl.String()),
    }
)
# Severity and messages of each rule; {n} is the count.
_RULES: Final = sentences(__file__)


def findings(found: dict[str, tuple[int, str]]) -> pl.DataFrame:
    """The findings whose count is not zero, the gravest first.

    Args:
        found: by rule the count and a detail.
    """
    rows = []
    for rule, said in _RULES.items():
        count, detail = found.get(rule, (0, ""))
        if count:
            texts = both(_RULES, rule, n=f"{count:,}", detail=detail)
            rows.append((rule, said["severity"], count, *texts))
    rows.sort(key=lambda row: SEVERITIES.index(row[1]))
    return pl.DataFrame(rows, schema=FINDINGS, orient="row")


def of_cases(statuses: Counter[str], cases: Gathered) -> dict[str, tuple[int, str]]:
    """What the cases themselves say, by rule."""
    grouped = len(cases.group)
    counts = {
        "no-cases": int(not statuses.total()),
        "nothing-grouped": int(bool(statuses.total()) and not grouped),
        "no-group-named": statuses[NO_STATUS],
        "excluded": statuses[EXCLUDED],
        "no-hospital": int((cases.hospital < 0).sum()),
        "one-hospital": int(len(cases.hospitals) == 1),
    }
    for name, values in ((COST, cases.cost), (LOS, cases.los)):
        counts[f"{name}-missing"] = int((values == -1).sum())
        counts[f"{name}-impossible"] = int((values < -1).sum())
        counts[f"{name}-zero"] = int((values == 0).sum())
        usable = values[values >= 0]
        counts[f"{name}-equal"] = len(usable) if len(usable) and usable.min() == usable.max() else 0
    if len(cases.versions) > 1:
        counts["several-versions"] = len(cases.versions)
    return {rule: (count, ", ".join(cases.versions)) for rule, count in counts.items()}
