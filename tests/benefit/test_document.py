"""Two persons of the documents: every line by hand is that of the engine, and the page is that by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

import drg

ROOT = Path(__file__).resolve().parents[2]
# The results by the name of the line.
COLUMNS = {
    "first own share": "first_own_share_yuan",
    "within policy": "in_policy_yuan",
    "outside policy": "outside_policy_yuan",
    "deductible": "deductible_yuan",
    "basic fund": "basic_fund_yuan",
    "critical illness": "critical_illness_yuan",
    "medical aid": "medical_aid_yuan",
    "commercial product": "commercial_yuan",
    "patient": "patient_share_yuan",
}


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """``docs/benefits_by_hand.py``, which imports what stands beside it."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(ROOT / "docs"))
    import benefits_by_hand

    yield benefits_by_hand
    patch.undo()
    for name in ("benefits_by_hand", "year_by_hand"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("person", ["on_dialysis", "newborn"])
def test_every_line_by_hand_is_that_of_the_engine(script: ModuleType, person: str) -> None:
    stays = getattr(script, person)()
    year = script.PersonYear(stays, script.rules_of_scheme())
    result = drg.benefits(pl.DataFrame(stays).sample(fraction=1, shuffle=True, seed=1), "demo")
    assert result["benefit_reason"].null_count() == len(stays)
    assert result.height == len(stays)
    for row in result.iter_rows(named=True):
        by_hand = {column: year.amount(row["case_id"], name) for name, column in COLUMNS.items()}
        assert by_hand == {column: Fraction(row[column]) for column in COLUMNS.values()}
    explained = drg.explain_benefits(stays, "demo", case_id=stays[-1]["case_id"])
    for stay in explained.stays:
        told = {step.name: Fraction(step.value.replace(",", "")) for step in stay.steps}
        assert told == {step.name: step.amount for step in year.steps[stay.case_id]}


def test_the_year_has_what_the_page_says_of_it(script: ModuleType) -> None:
    year = script.PersonYear(script.on_dialysis(), script.rules_of_scheme())
    for payer in ("basic fund", "critical illness", "medical aid"):
        assert year.total(payer) > 0
    child = script.PersonYear(script.newborn(), script.rules_of_scheme())
    assert child.total("basic fund") == 150_000
    assert child.total("commercial, outside policy") > 0
    (told,) = (step for step in child.steps["N3"] if step.name == "basic fund")
    assert told.amount == 0


def test_the_page_is_that_by_hand(script: ModuleType) -> None:
    text = script.DOCUMENT.read_text(encoding="utf-8")
    assert script.document(text) == text, "run python docs/benefits_by_hand.py"
    with pytest.raises(ValueError, match="'dialysis-year' is there 0 times"):
        script.document("")
