"""Discharges for the rules of the self-check, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import polars as pl

from drg.analysis.coding_review import shipped_rules
from drg.analysis.coding_review.coding_review import FINDERS
from drg.analysis.coding_review.review_cases import ReviewCases
from drg.analysis.comparison.compared_versions import sides
from drg.grouping import Grouper
from drg.records.cases import Cases

VERSION = "chs-drg-2.0"
# Pneumonia of an adult, without complications that count: ES35 or the like.
USUAL: dict[str, Any] = {
    "hospital_id": "H1",
    "sex": 1,
    "age_years": 60,
    "age_days": None,
    "birth_weight_g": None,
    "admission_weight_g": None,
    "principal_diagnosis": "J18.900",
    "other_diagnoses": ["I10.x00"],
    "principal_procedure": None,
    "other_procedures": [],
    "disposition": "1",
    "icu_hours": None,
    "ventilator_hours": None,
    "surgery_yuan": None,
    "materials_yuan": None,
    "total_cost_yuan": Decimal("1000.00"),
}
_TYPES = {
    **dict.fromkeys(("age_days", "birth_weight_g", "admission_weight_g"), pl.Int64()),
    **dict.fromkeys(("principal_procedure", "patient_id"), pl.String()),
    **dict.fromkeys(("other_diagnoses", "other_procedures"), pl.List(pl.String())),
    **dict.fromkeys(("icu_hours", "ventilator_hours"), pl.Float64()),
    **dict.fromkeys(("total_cost_yuan", "surgery_yuan", "materials_yuan"), pl.Decimal(18, 2)),
}


def frame(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Discharges that are as usual but for what is given; ``day`` and ``days`` say when, and for how long."""
    made = []
    for number, row in enumerate(rows):
        case: dict[str, Any] = (
            {"case_id": f"C{number}", "patient_id": f"P{number}", "day": 1, "days": 8} | USUAL | dict(row)
        )
        begin = datetime(2025, 3, 1, 9) + timedelta(days=case.pop("day") - 1)
        days = case.pop("days")
        made.append(
            case
            | {
                "admission_date": begin,
                "discharge_date": begin + timedelta(days=days),
                "los_days": float(days),
            }
        )
    return pl.DataFrame(made, schema_overrides=_TYPES, infer_schema_length=None)


@lru_cache(maxsize=1)
def grouper() -> Grouper:
    """The version, loaded once."""
    return Grouper(VERSION)


def hints(name: str, rows: Iterable[Mapping[str, Any]], **parameters: Any) -> pl.DataFrame:
    """What a rule finds in discharges, perhaps with other parameters."""
    (version,) = sides([grouper()], [], "insurance", least=1)
    shipped = shipped_rules()[name]
    rule = shipped.model_copy(update={"parameters": shipped.parameters | parameters})
    return FINDERS[rule.finds](ReviewCases.of(Cases.of(frame(*rows)), version), rule)


def places(name: str, *rows: Mapping[str, Any], **parameters: Any) -> list[int]:
    """The cases that a rule finds."""
    return hints(name, rows, **parameters)["place"].to_list()
