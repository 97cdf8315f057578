"""Hints that records speak for, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analysis.coding_review.made import hints, places

VENTILATED = {"principal_procedure": "96.7200"}


def test_ventilation_without_a_reason() -> None:
    found = hints(
        "ventilation-unexplained",
        [
            VENTILATED,
            VENTILATED | {"other_diagnoses": ["J96.000"]},
            {"ventilator_hours": 30.0},
            {"ventilator_hours": 23.0},
            {},
        ],
    )
    assert found["place"].to_list() in ([0, 2], [2])
    assert found["subject"].to_list()[-1] == "30.0 h"


def test_a_reason_may_be_the_principal_diagnosis() -> None:
    dialysed = {"other_procedures": ["39.9500"], "other_diagnoses": []}
    assert places("dialysis-unexplained", dialysed, dialysed | {"principal_diagnosis": "N18.001"}) == [0]


def test_an_operation_on_the_chest_is_reason_enough() -> None:
    drained = {"other_procedures": ["34.0400"]}
    operated = {"other_procedures": ["34.0400", "32.4100"]}
    assert places("chest-fluid-unexplained", drained, operated, asks=["J96"]) == [0]


def test_a_version_that_counts_no_such_complication_is_told_nothing() -> None:
    drained = {"other_procedures": ["34.0400"]}
    assert places("chest-fluid-unexplained", drained, asks=["Z99"]) == []


def test_a_case_in_the_gravest_group_has_nothing_to_gain() -> None:
    dialysed = {"other_procedures": ["39.9500"]}
    grave = dialysed | {"other_diagnoses": ["A41.900"]}
    assert places("dialysis-unexplained", dialysed, grave, explained_by=["Z99"]) == [0]


def test_intensive_care_of_medical_cases_without_complications() -> None:
    rows: list[dict[str, Any]] = [
        {"icu_hours": 24.0},
        {"icu_hours": 23.0},
        {"icu_hours": 48.0, "other_diagnoses": ["J96.000"]},
        {"icu_hours": 48.0, "principal_diagnosis": "K80.000x003", "principal_procedure": "51.2300"},
    ]
    assert places("intensive-care-unexplained", *rows) == [0]


def test_a_chronic_complication_of_the_stay_before() -> None:
    first = {"patient_id": "A", "other_diagnoses": ["I50.000"]}
    later = {"patient_id": "A", "day": 40}
    found = hints(
        "chronic-condition-gone",
        [
            first,
            later,
            later | {"patient_id": "B"},
            later | {"day": 80, "other_diagnoses": ["I50.900"]},
            later | {"day": 600},
        ],
    )
    assert found.select("place", "subject", "earlier").rows() == [(1, "I50.000", "C0")]


def test_a_symptom_with_its_cause() -> None:
    pain = {"principal_diagnosis": "R07.400", "sex": 1}
    rows: list[dict[str, Any]] = [
        pain | {"other_diagnoses": ["I10.x00", "I20.000"]},
        pain,
        {"other_diagnoses": ["R07.400", "I20.000"]},
    ]
    found = hints("symptom-with-cause", rows)
    assert found.select("place", "subject").rows() == [(0, "I20.000")]
    assert found["other_drg"][0].startswith("F")


def test_a_course_of_treatment_behind_its_tumour() -> None:
    tumour = {"principal_diagnosis": "C34.900", "other_diagnoses": ["Z51.103"]}
    rows: list[dict[str, Any]] = [
        tumour | {"principal_procedure": "99.2503"},
        tumour | {"principal_procedure": "32.4100"},
        {"principal_diagnosis": "Z51.103", "other_diagnoses": ["C34.900"]},
    ]
    assert places("treatment-behind-tumour", *rows) == [0]


def test_the_principal_procedure_of_another_diagnosis() -> None:
    gall = {"principal_procedure": "51.2300", "other_diagnoses": ["I10.x00", "K80.101"]}
    found = hints("procedure-of-another-diagnosis", [gall, gall | {"other_diagnoses": ["I10.x00"]}, {}])
    assert found.select("place", "subject").rows() == [(0, "K80.101")]
    assert found["other_drg"][0].startswith("HC")


def test_fees_without_a_procedure() -> None:
    rows: list[dict[str, Any]] = [
        {"surgery_yuan": 500},
        {"surgery_yuan": 499, "materials_yuan": 4999},
        {"materials_yuan": 5000},
        {"surgery_yuan": 900, "other_procedures": ["51.2300"]},
    ]
    found = hints("surgery-fees-without-procedure", rows)
    assert found.select("place", "observed").rows() == [(0, 500.0), (2, 5000.0)]


def test_codes_that_rule_each_other_out() -> None:
    rows: list[dict[str, Any]] = [
        {"other_diagnoses": ["E10.900", "E11.900"]},
        {"other_diagnoses": ["E11.900", "I10.x00"]},
        {"principal_diagnosis": "I10.x00", "other_diagnoses": ["I11.900"]},
    ]
    found = hints("exclusive-codes", rows)
    assert found.select("place", "subject").rows() == [(0, "E10.900, E11.900"), (2, "I10.x00, I11.900")]


def test_contradictions_are_those_of_the_check() -> None:
    found = hints("contradiction", [{"principal_diagnosis": "O80.000"}, {}])
    assert set(found["place"]) == {0}
    assert "obstetric-in-man" in found["subject"].to_list()
    assert found["text_zh"].null_count() == 0


@pytest.mark.parametrize("name", ["symptom-with-cause", "procedure-of-another-diagnosis", "exclusive-codes"])
def test_nothing_found_is_no_error(name: str) -> None:
    assert hints(name, [{}]).height == 0
