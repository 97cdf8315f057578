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
    from collections.abc import Mapping

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


def without_interval(
    variance: pl.DataFrame,
    groups: pl.DataFrame,
    hospitals: pl.DataFrame,
    summary: Mapping[str, float | int | None],
) -> dict[str, tuple[int, str]]:
    """What has a value and no interval, by rule, with how many cases one would need in this file."""

    def lacking(frame: pl.DataFrame, *measures: tuple[str, str]) -> int:
        return frame.filter(
            pl.any_horizontal(
                pl.col(value).is_not_null() & pl.col(limit).is_null() for value, limit in measures
            )
        ).height

    def needed(measure: str) -> str:
        cases = (summary[f"cases_for_interval_{measure}_{value}"] for value in (COST, LOS))
        return " / ".join("–" if count is None else f"{count:,}" for count in cases)

    means = (("mean_cost_yuan", "mean_cost_yuan_low"), ("mean_los_days", "mean_los_days_low"))
    cvs = tuple((f"cv_{value}", f"cv_{value}_low") for value in (COST, LOS))
    of_hospitals = tuple(
        (name, f"{name}_low") for name in hospitals.columns if f"{name}_low" in hospitals.columns
    )
    return {
        "no-riv-interval": (lacking(variance, ("riv", "riv_adjusted_low")), ""),
        "no-mean-interval": (lacking(groups, *means), needed("mean")),
        "no-cv-interval": (lacking(groups, *cvs), needed("cv")),
        "no-hospital-interval": (lacking(hospitals, *of_hospitals), ""),
    }
