"""Cases for the rules of supervision, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from drg.analysis.screening.screen_cases import ScreenCases
from drg.analysis.screening.screen_rules import ScreenRule, shipped_rules
from drg.records.cases import Cases

USUAL: dict[str, Any] = {
    "hospital_id": "H1",
    "hospital_level": "2",
    "principal_diagnosis": "J18.900",
    "other_diagnoses": ["I10.x00"],
    "principal_procedure": None,
    "other_procedures": [],
    "disposition": "1",
    "mdc": "MDCE",
    "adrg": "ES2",
    "drg": "ES23",
    "severity": "CC",
    "grouping_status": "grouped",
    "total_cost_yuan": Decimal("1000.00"),
}
_TYPES = {
    "principal_procedure": pl.String(),
    "other_diagnoses": pl.List(pl.String()),
    "other_procedures": pl.List(pl.String()),
    "total_cost_yuan": pl.Decimal(18, 2),
}


def frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Cases that are as usual but for what is given; ``day`` and ``days`` say when, and for how long."""
    made = []
    for number, row in enumerate(rows):
        case: dict[str, Any] = (
            {"case_id": f"C{number}", "patient_id": f"P{number}", "day": 1, "days": 5} | USUAL | dict(row)
        )
        begin = datetime(2025, 3, 1, 9) + timedelta(days=case.pop("day") - 1)
        days = case.pop("days")
        case |= {
            "admission_date": begin,
            "discharge_date": begin + timedelta(days=days),
            "los_days": float(days),
        }
        made.append(case)
    return pl.DataFrame(made, schema_overrides=_TYPES, infer_schema_length=None)


def screen_cases(rows: Iterable[Mapping[str, Any]]) -> ScreenCases:
    """The same as rules get them."""
    return ScreenCases.of(Cases.of(frame(rows)))


def rule(name: str, **parameters: Any) -> ScreenRule:
    """A rule with other parameters."""
    shipped = shipped_rules()[name]
    return shipped.model_copy(update={"parameters": shipped.parameters | parameters})
