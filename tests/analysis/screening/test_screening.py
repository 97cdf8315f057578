"""``drg.screen`` as a whole: what is told, counted and left unjudged."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import drg
from drg.analysis.screening import Screening, screen, shipped_rules
from drg.analysis.screening.ranking import SCHEMAS
from tests.analysis.screening.made import frame

CLONES: list[dict[str, Any]] = [{"other_diagnoses": ["E11.900"], "total_cost_yuan": 812.35}] * 2


def row_of(found: Screening, rule: str) -> dict[str, Any]:
    return found.rules.row(by_predicate=pl.col("rule") == rule, named=True)


def test_a_finding_leads_to_its_cases() -> None:
    found = screen(frame([{}, *CLONES]), only=["cloned-records"])
    assert found.findings.select("finding", "rule", "hospital_id", "cases").rows() == [
        (1, "cloned-records", "H1", 2)
    ]
    assert [str(money) for money in found.findings["money_yuan"]] == ["812.35"]
    assert found.evidence.select("finding", "row", "case_id").rows() == [(1, 3, "C1"), (1, 4, "C2")]
    told = row_of(found, "cloned-records")
    assert (told["judged"], told["not_judged"], told["findings"], told["cases"]) == (3, 0, 1, 2)


def test_money_is_what_was_paid_where_the_cases_are_priced() -> None:
    paid = frame(CLONES).with_columns(payment_yuan=pl.Series(["700.10", "900.20"]))
    found = screen(paid, only=["cloned-records"])
    assert found.is_priced
    assert [str(money) for money in found.findings["money_yuan"]] == ["900.20"]
    assert not any("costs" in note for note in found.notes["message"])


@pytest.mark.parametrize("gone", [("patient_id",), ("admission_date", "discharge_date"), ("drg",)])
def test_what_cannot_be_judged_is_said_and_counted(gone: tuple[str, ...]) -> None:
    cases = frame([{}, *CLONES])
    found = screen(cases.drop(gone))
    for rule in shipped_rules().values():
        told = row_of(found, rule.id)
        lacking = [name for name in rule.needs if name in gone]
        assert set(lacking) <= set(told["missing"])
        if lacking:
            assert (told["judged"], told["not_judged"], told["findings"]) == (0, 3, 0)
    assert found.findings.schema == SCHEMAS["findings"]


def test_cells_that_cannot_be_read_keep_a_case_from_being_judged() -> None:
    text = frame([{}, *CLONES]).with_columns(pl.col("discharge_date").dt.to_string("%Y-%m-%d"))
    text = text.with_columns(discharge_date=pl.Series(["soon", *text["discharge_date"][1:]]))
    told = row_of(screen(text, only=["many-stays"]), "many-stays")
    assert (told["judged"], told["not_judged"]) == (2, 1)


def test_cases_outside_drg_are_not_held_against_groups() -> None:
    cases = frame([{}] * 4).with_columns(case_kind=pl.Series(["bed_day", "ordinary", None, None]))
    told = row_of(screen(cases, only=["split-stays"]), "split-stays")
    assert (told["judged"], told["not_judged"]) == (3, 1)


def test_no_cases_are_no_error() -> None:
    found = screen(frame([{}]).clear())
    assert found.cases == 0
    assert {name: table.schema for name, table in found.tables.items()} == {
        name: SCHEMAS[name] for name in found.tables
    }
    assert repr(found) == "Screening: 0 cases, 0 findings"


def test_contradictions_are_those_of_the_check() -> None:
    man = {"sex": 1, "principal_diagnosis": "O80.000", "age_years": 30}
    found = screen(frame([man, {"sex": 1, "age_years": 30}]), only=["impossible-combination"])
    assert found.findings.select("subject", "cases").rows() == [("obstetric-in-man", 1)]
    assert found.evidence["case_id"].to_list() == ["C0"]
    assert any("principal-against-sex" in note for note in found.notes["message"])


def test_what_is_not_compared_is_said() -> None:
    notes = screen(frame([{"patient_id": None, "total_cost_yuan": None}])).notes["message"].to_list()
    assert any(note.startswith("hospitals are not compared with one another: there are 1") for note in notes)
    assert "cases without an amount, which add no money: 1" in notes
    assert any(note.startswith("the cases name no version") for note in notes)


@pytest.mark.thorough
def test_the_order_of_rows_decides_nothing() -> None:
    made = drg.group(drg.simulate(600, "demo", hospitals=6), "demo")
    there, back = screen(made), screen(made.reverse())
    assert there.findings.height > 5
    by = ["rule", "hospital_id", "money_yuan", "observed", "subject"]
    for one in ("rules", "hospitals"):
        assert there.tables[one].equals(back.tables[one])
    shown = ["rule", "hospital_id", "subject", "cases", "observed", "money_yuan"]
    assert there.findings.select(shown).sort(by).equals(back.findings.select(shown).sort(by))


@pytest.mark.thorough
def test_planted_clones_and_nothing_else_are_found() -> None:
    from drg.analysis.simulation.planted import plant_errors

    planted = plant_errors(drg.simulate(600, "demo"), "demo", ["cloned_records=0.05"])
    found = screen(drg.group(planted.cases, "demo"), only=["cloned-records"])
    labels = set(planted.labels["case_id"])
    known = {*labels, *planted.labels["original_case_id"]}
    cases = set(found.evidence["case_id"])
    assert cases <= known
    assert len(cases & labels) > 0.5 * len(labels)
