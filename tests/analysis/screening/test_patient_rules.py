"""Rules that follow a patient: against a slow search of all pairs, and by hand."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from drg.analysis.screening import patient_rules
from drg.analysis.screening.found import Found
from tests.analysis.screening.made import rule, screen_cases
from tests.profiles import tries

STAYS = st.lists(
    st.fixed_dictionaries(
        {
            "patient_id": st.sampled_from(["A", "B", None]),
            "hospital_id": st.sampled_from(["H1", "H2"]),
            "drg": st.sampled_from(["ES23", "FR25"]),
            "principal_diagnosis": st.sampled_from(["J18.900", "I21.900", "Z51.100"]),
            "day": st.integers(1, 60),
            "days": st.integers(1, 9),
        }
    ),
    max_size=12,
)


def pairs(found: Found) -> set[tuple[int, ...]]:
    """The places of the cases of each finding."""
    grouped = found.evidence.group_by("key", maintain_order=True).agg("place")
    return {tuple(places) for places in grouped["place"].to_list()}


def searched(stays: list[dict[str, Any]], days: int, same: str) -> set[tuple[int, int]]:
    """Neighbouring stays of each patient in each hospital, one after another."""
    found = set()
    for patient, hospital in product("AB", ("H1", "H2")):
        own = [
            (one["day"], one["day"] + one["days"], place, one)
            for place, one in enumerate(stays)
            if (one["patient_id"], one["hospital_id"]) == (patient, hospital)
        ]
        for before, after in pairwise(sorted(own, key=lambda one: one[:3])):
            is_course = after[3]["principal_diagnosis"].startswith("Z51")
            alike = before[3][same] == after[3][same]
            if 0 <= after[0] - before[1] <= days and alike and not is_course:
                found.add((before[2], after[2]))
    return found


@tries(0.5)
@given(STAYS)
def test_returns_are_those_of_a_slow_search(stays: list[dict[str, Any]]) -> None:
    cases = screen_cases(stays) if stays else screen_cases([{"patient_id": None}])
    group = patient_rules.returns_same_group(cases, rule("returns-same-group", together=99.0))
    assert pairs(group) == searched(stays, 15, "drg")
    split = patient_rules.split_stays(cases, rule("split-stays", together=99.0, days=3))
    assert pairs(split) == searched(stays, 3, "principal_diagnosis")


def test_two_whole_courses_of_treatment_are_no_split_stay() -> None:
    first, second = ({"patient_id": "A", "day": day, "total_cost_yuan": 400} for day in (1, 8))
    others = [{"total_cost_yuan": cost} for cost in (1100, 1100)]
    cheap = patient_rules.split_stays(screen_cases([first, second, *others]), rule("split-stays"))
    # (400 + 400) ÷ mean 750
    assert cheap.findings.select("observed", "expected").rows() == [(2.0, 7.0)]
    assert round(cheap.findings["ratio"][0], 4) == 1.0667
    assert cheap.findings["money"].to_list() == [40_000]
    dear = [one | {"total_cost_yuan": 1000} for one in (first, second)]
    assert patient_rules.split_stays(screen_cases(dear), rule("split-stays")).findings.is_empty()


def test_stays_without_a_patient_are_not_judged() -> None:
    cases = screen_cases([{"patient_id": "A"}, {"patient_id": None}, {"total_cost_yuan": None}])
    found = patient_rules.split_stays(cases, rule("split-stays"))
    assert found.judged.to_list() == [True, False, False]


def test_many_stays_are_told_of_the_hospital_with_most_of_them() -> None:
    rows = [
        {"patient_id": "A", "hospital_id": h, "day": d}
        for h, d in (("H1", 1), ("H2", 20), ("H2", 40), ("H1", 290), ("H1", 320))
    ]
    rows += [{"patient_id": "B", "day": d, "principal_diagnosis": "Z51.100"} for d in (1, 30, 60)]
    found = patient_rules.many_stays(screen_cases(rows), rule("many-stays"))
    # The last stay ends in 2026; the course of chemotherapy is left out.
    assert found.findings.select("hospital_id", "subject", "observed", "money").rows() == [
        ("H1", "2025", 4.0, 200_000)
    ]
    assert found.evidence["place"].to_list() == [0, 1, 2, 3]


def test_hospitals_that_pass_patients_on_stand_out_by_the_size_of_the_other() -> None:
    rows: list[dict[str, Any]] = []
    for number in range(12):
        rows.append({"patient_id": f"T{number}", "hospital_id": "H1", "day": number + 1, "days": 3})
        rows.append({"patient_id": f"T{number}", "hospital_id": "H2", "day": number + 4, "days": 3})
    rows += [{"hospital_id": f"H{number % 5 + 1}"} for number in range(100)]
    found = patient_rules.linked_transfers(screen_cases(rows), rule("linked-transfers"))
    test = found.tests.filter(subject="H1 → H2").row(0, named=True)
    # Of 92 cases elsewhere, 32 are in H2.
    assert (test["cases"], test["observed"]) == (12, 12.0)
    assert abs(test["expected"] - 12 * 32 / 92) < 1e-9
    assert found.findings["subject"].to_list() == ["H1 → H2"]
    assert found.findings["money"].to_list() == [12 * 100_000]
    assert found.evidence.height == 24
