"""For each rule, a case that trips it and one that does not; what is not given is null."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from drg.columns import Kind
from drg.records.rules import RECORDED as CANONICAL

Cells = dict[str, Any]
DAY = datetime(2024, 3, 10, 8)
MORNING = datetime(2024, 3, 1, 9, 30)

EXAMPLES: dict[str, tuple[Cells, Cells]] = {
    "disposition-unknown": ({"disposition": "7"}, {"disposition": "5"}),
    "los-days-zero": ({"los_days": 0}, {"los_days": 1}),
    "los-days-over-60": ({"los_days": 61}, {"los_days": 60}),
    "discharge-before-admission": (
        {"admission_date": DAY, "discharge_date": MORNING},
        {"admission_date": MORNING, "discharge_date": MORNING},
    ),
    "birth-after-admission": (
        {"birth_date": date(2024, 3, 2), "admission_date": MORNING},
        {"birth_date": date(2024, 3, 1), "admission_date": MORNING},
    ),
    "los-days-against-dates": (
        {"los_days": 10, "admission_date": MORNING, "discharge_date": DAY},
        {"los_days": 9, "admission_date": MORNING, "discharge_date": DAY},
    ),
    "newborn-without-age-days": ({"age_years": 0}, {"age_years": 0, "age_days": 40}),
    "newborn-without-birth-weight": (
        {"age_years": 0, "age_days": 28, "birth_weight_g": 0},
        {"age_years": 0, "age_days": 29},
    ),
    "newborn-without-admission-weight": (
        {"age_years": 0, "age_days": 3},
        {"age_years": 0, "age_days": 3, "admission_weight_g": 3000},
    ),
    "birth-weight-unusual": ({"birth_weight_g": 299}, {"birth_weight_g": 300}),
    "admission-weight-unusual": (
        {"age_years": 0, "age_days": 3, "admission_weight_g": 7001},
        {"age_years": 0, "age_days": 300, "admission_weight_g": 9000},
    ),
    "age-days-over-a-year": ({"age_years": 0, "age_days": 366}, {"age_years": 0, "age_days": 365}),
    "age-days-under-a-year": ({"age_years": 1, "age_days": 364}, {"age_years": 45, "age_days": 16436}),
    "birth-weight-of-no-newborn": (
        {"birth_weight_g": 3000, "age_years": 40, "sex": 1},
        {"birth_weight_g": 3000, "age_years": 28, "sex": 2},
    ),
    "prematurity-without-weight": (
        {"age_years": 0, "other_diagnoses": ["I10.x00", "P07.300"]},
        {"age_years": 0, "principal_diagnosis": "P07.300", "admission_weight_g": 1900},
    ),
    "low-birth-weight-against-weight": (
        {"principal_diagnosis": "P07.100", "birth_weight_g": 2500},
        {"principal_diagnosis": "P07.000", "birth_weight_g": 999},
    ),
    "perinatal-principal-after-infancy": (
        {"principal_diagnosis": "P96.900", "age_years": 1},
        {"principal_diagnosis": "P96.900", "age_years": 0},
    ),
    "principal-diagnosis-form": ({"principal_diagnosis": "I50.9"}, {"principal_diagnosis": "a17.000＋g01* "}),
    "other-diagnoses-form": (
        {"other_diagnoses": ["I10.x00", "高血压"]},
        {"other_diagnoses": ["I10.x00", "I50.900x007"]},
    ),
    "principal-asterisk": ({"principal_diagnosis": "G01*"}, {"principal_diagnosis": "A17.000+G01*"}),
    "principal-external-cause": ({"principal_diagnosis": "Y98.x00"}, {"principal_diagnosis": "T98.300"}),
    "principal-supplementary": ({"principal_diagnosis": "B96.200"}, {"principal_diagnosis": "B99.x00"}),
    "principal-delivery-outcome": ({"principal_diagnosis": "Z37.000"}, {"principal_diagnosis": "Z38.000"}),
    "principal-symptom": ({"principal_diagnosis": "r51.x00"}, {"principal_diagnosis": "S01.000"}),
    "principal-sequelae": ({"principal_diagnosis": "I69.300"}, {"principal_diagnosis": "I63.900"}),
    "principal-among-others": (
        {"principal_diagnosis": "I50.900x007", "other_diagnoses": ["E11.900", "i50.900X007"]},
        {"principal_diagnosis": "I50.900x007", "other_diagnoses": ["I50.900"]},
    ),
    "other-diagnoses-repeated": (
        {"other_diagnoses": ["E11.900", "I10.x00", "e11.900"]},
        {"other_diagnoses": ["E11.900", "I10.x00"]},
    ),
    "other-diagnoses-many": (
        {"other_diagnoses": [f"E11.{n}" for n in range(100, 141)]},
        {"other_diagnoses": [f"E11.{n}" for n in range(100, 140)]},
    ),
    "obstetric-in-man": (
        {"sex": 1, "principal_diagnosis": "I10.x00", "other_diagnoses": ["Z37.000"]},
        {"sex": 2, "principal_diagnosis": "O80.000"},
    ),
    "obstetric-age": (
        {"age_years": 61, "principal_diagnosis": "O80.000"},
        {"age_years": 60, "principal_diagnosis": "O80.000"},
    ),
    "delivery-without-outcome": (
        {"principal_diagnosis": "O80.000"},
        {"principal_diagnosis": "O80.000", "other_diagnoses": ["Z37.000"]},
    ),
    "treatment-without-tumour": (
        {"principal_diagnosis": "Z51.100", "other_diagnoses": ["I10.x00"]},
        {"principal_diagnosis": "Z51.100", "other_diagnoses": ["C34.900"]},
    ),
    "death-against-disposition": (
        {"disposition": "1", "principal_diagnosis": "I46.101"},
        {"disposition": "5", "principal_diagnosis": "I46.101"},
    ),
    "principal-procedure-form": ({"principal_procedure": "51.23"}, {"principal_procedure": "33.6x00"}),
    "other-procedures-form": (
        {"other_procedures": ["1.2400"]},
        {"other_procedures": ["17.912A0", "86.700x0013", "50.5100x002"]},
    ),
    "principal-procedure-missing": (
        {"other_procedures": ["51.2300"]},
        {"principal_procedure": "51.2300", "other_procedures": []},
    ),
    "other-procedures-many": (
        {"other_procedures": ["51.2300"] * 41},
        {"other_procedures": ["51.2300"] * 40},
    ),
    "icu-hours-over-stay": ({"icu_hours": 49.0, "los_days": 1}, {"icu_hours": 48.0, "los_days": 1}),
    "ventilator-hours-over-stay": (
        {"ventilator_hours": 49.0, "los_days": 1},
        {"ventilator_hours": 48.0, "los_days": 1},
    ),
    "ventilation-against-hours": (
        {"principal_procedure": "96.7201", "ventilator_hours": 95.5},
        {"other_procedures": ["96.7101"], "ventilator_hours": 95.5},
    ),
    "ventilation-against-stay": (
        {"other_procedures": ["96.7201"], "los_days": 3},
        {"other_procedures": ["96.7201"], "los_days": 4},
    ),
    "cost-not-positive": ({"total_cost_yuan": 0.0}, {"total_cost_yuan": 0.01}),
    "cost-below-5-yuan": ({"total_cost_yuan": 4.99}, {"total_cost_yuan": 5.0}),
    "cost-very-high": ({"total_cost_yuan": 3_000_000.01}, {"total_cost_yuan": 3_000_000.0}),
    "cost-parts-differ": (
        {"total_cost_yuan": 1000.1, "cost_parts_yuan": 1000.09},
        {"total_cost_yuan": 1000.1, "cost_parts_yuan": 1000.1},
    ),
    "cost-parts-negative": ({"cost_parts_yuan": -0.01}, {"cost_parts_yuan": 0.0}),
    "discharge-after-period": ({"discharge_date": DAY}, {"discharge_date": MORNING}),
}

# Rules of a kind, one per field: any value will do that the field can have.
GOOD: Cells = {
    "case_id": "1",
    "hospital_id": "H1",
    "patient_id": "P1",
    "sex": 2,
    "age_years": 30,
    "age_days": 3,
    "birth_weight_g": 3000,
    "admission_weight_g": 3000,
    "department": "03",
    "los_days": 5,
    "disposition": "1",
    "icu_hours": 0.0,
    "ventilator_hours": 0.0,
    "principal_diagnosis": "I50.900",
    "birth_date": date(1994, 1, 1),
    "admission_date": MORNING,
    "discharge_date": DAY,
    "insurance_type": "310",
    "total_cost_yuan": 100.0,
    "cost_parts_yuan": 100.0,
}
NUMBERS = [name for name, column in CANONICAL.items() if column.kind is Kind.NUMBER]
READ = [name for name, column in CANONICAL.items() if column.kind in (Kind.NUMBER, Kind.DATE, Kind.MONEY)]


def rule_id(name: str, what: str) -> str:
    return f"{name.replace('_', '-')}-{what}"


EXAMPLES |= {rule_id(name, "missing"): ({name: None}, {name: value}) for name, value in GOOD.items()}
EXAMPLES |= {rule_id(name, "malformed"): ({name: "abc"}, {name: str(GOOD[name])}) for name in READ}
EXAMPLES |= {rule_id(name, "impossible"): ({name: -1}, {name: GOOD[name]}) for name in NUMBERS}
