"""``drg.review`` as a whole: what is told, its money and order, and what is left unjudged."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import drg
from drg.analysis.coding_review import CodingReview, review, shipped_rules
from drg.analysis.coding_review.coding_review import HINTS, NOTES, RULES
from tests.analysis.coding_review.made import frame, grouper

PRICED, SCHEME = "chs-drg-3.0", "reference-3.0"
EXCLUSIVE: dict[str, Any] = {"other_diagnoses": ["E10.900", "E11.900"]}
DIALYSED: dict[str, Any] = {"other_procedures": ["39.9500"]}


def row_of(found: CodingReview, rule: str) -> dict[str, Any]:
    return found.rules.row(by_predicate=pl.col("rule") == rule, named=True)


def test_a_hint_leads_to_its_case_and_says_why() -> None:
    found = review(frame({}, EXCLUSIVE), grouper(), only=["exclusive-codes"])
    (hint,) = found.hints.rows(named=True)
    assert (hint["row"], hint["case_id"], hint["evidence"]) == (
        3,
        "C1",
        "E10.900, E11.900 stand in one record",
    )
    assert hint["evidence_zh"] == "同一病案中同时有 E10.900, E11.900"
    told = row_of(found, "exclusive-codes")
    assert (told["judged"], told["not_judged"], told["hints"]) == (2, 0, 1)


def paid(grouped: pl.DataFrame) -> Decimal:
    """What the only case of a frame is paid."""
    payment = drg.price(grouped, SCHEME)["payment_yuan"][0]
    assert isinstance(payment, Decimal)
    return payment


def test_money_is_that_of_the_case_priced_with_and_without() -> None:
    cheap = {"total_cost_yuan": 500, "days": 4, "other_diagnoses": ["A41.900"]}
    cases = frame(*[{}] * 30, cheap, DIALYSED)
    rules = ["complication-without-effort", "dialysis-unexplained"]
    found = review(cases, PRICED, scheme=SCHEME, only=rules)
    money = dict(found.hints.select("rule", "money_yuan").iter_rows())
    case = drg.group(cases[30], PRICED)
    without = drg.group(
        cases[30].with_columns(pl.lit([], pl.List(pl.String)).alias("other_diagnoses")), PRICED
    )
    assert money["complication-without-effort"] == paid(without) - paid(case)
    dialysed = drg.group(cases[31], PRICED)
    gravest = dialysed.with_columns((pl.col("adrg") + "1").alias("drg"))
    assert money["dialysis-unexplained"] == paid(gravest) - paid(dialysed)
    assert money["dialysis-unexplained"] > 0


def test_the_most_money_comes_first_whatever_its_sign() -> None:
    found = review(drg.simulate(1_000, "demo", hospitals=5), "demo", only=list(shipped_rules()))
    money = found.hints["money_yuan"].abs()
    known = money.drop_nulls()
    assert known.len() > 5
    assert known.to_list() == sorted(known, reverse=True)
    assert money[: known.len()].null_count() == 0
    assert found.hints["hint"].to_list() == list(range(1, found.hints.height + 1))
    bounds = found.hints.filter(money_is="upper_bound")["money_yuan"].drop_nulls()
    assert (bounds >= 0).all()


@pytest.mark.parametrize("gone", ["patient_id", "other_diagnoses", "icu_hours"])
def test_what_cannot_be_judged_is_said_and_counted(gone: str) -> None:
    found = review(frame({}, EXCLUSIVE).drop(gone), grouper(), only=list(shipped_rules()))
    for rule in shipped_rules().values():
        told = row_of(found, rule.id)
        if gone in rule.needs:
            assert (told["missing"], told["judged"], told["not_judged"]) == ([gone], 0, 2)
        else:
            assert gone not in told["missing"]


def test_no_cases_are_no_error() -> None:
    found = review(frame({}).clear(), grouper())
    assert found.cases == 0
    assert [table.schema for table in found.tables.values()] == [HINTS, RULES, NOTES]
    assert repr(found) == "CodingReview: 0 cases, 0 hints"


def test_results_that_are_there_already_are_worked_out_anew() -> None:
    cases = frame({}, EXCLUSIVE)
    grouped = drg.group(cases, grouper()).with_columns(drg=pl.lit("XX99"))
    plain, again = (review(one, grouper(), only=["exclusive-codes"]).hints for one in (cases, grouped))
    assert plain.equals(again)


def test_the_notes_say_what_money_is_and_which_rules_ask_in_vain(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(
        '[[rule]]\nid = "dialysis-unexplained"\n[rule.parameters]\nasks = ["Z99"]\n', encoding="utf-8"
    )
    found = review(frame(DIALYSED), grouper(), rules=file)
    assert "dialysis-unexplained" not in found.hints["rule"].to_list()
    notes = found.notes["message"].to_list()
    assert any(note.startswith("without a payment scheme") for note in notes)
    vain = [note for note in notes if note.startswith("the version counts no complication")]
    assert [note.rpartition(": ")[2] for note in vain] == ["dialysis-unexplained"]
