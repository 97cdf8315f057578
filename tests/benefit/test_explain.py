"""One stay line by line: the amounts are those of the engine, the arithmetic leads to them."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given

import drg
from drg.benefit import BenefitCalculator, LoadedBenefitScheme
from drg.benefit.scheme import BenefitScheme
from drg.errors import InputError
from tests.benefit.made import CRITICAL, TEXT, mine, stay
from tests.benefit.strategies import random_stays
from tests.benefit.test_properties import drawn, randoms
from tests.profiles import tries

RESULTS = {
    "within policy": "in_policy_yuan",
    "outside policy": "outside_policy_yuan",
    "first own share": "first_own_share_yuan",
    "deductible": "deductible_yuan",
    "basic fund": "basic_fund_yuan",
    "critical illness": "critical_illness_yuan",
    "medical aid": "medical_aid_yuan",
    "commercial product": "commercial_yuan",
    "patient": "patient_share_yuan",
}


def value(text: str) -> Fraction:
    """A sum of products as it is written."""
    total = Fraction(0)
    for sign, term in re.findall(r"([+−]?) ?([\d.,]+(?: × [\d.,]+)?)", text):
        product = Fraction(1)
        for factor in term.replace(",", "").split(" × "):
            product *= Fraction(factor)
        total += -product if sign == "−" else product
    return total


@given(randoms)
@tries(1, shrink=False)
def test_lines_are_the_results_and_lead_to_them(rng: random.Random) -> None:
    loaded = LoadedBenefitScheme(BenefitScheme.model_validate(drawn(rng)), Path("drawn"))
    calculator = BenefitCalculator(loaded)
    frame = pl.DataFrame(random_stays(rng, 12), infer_schema_length=None)
    rows = {row["case_id"]: row for row in calculator.benefits(frame).to_dicts()}
    case_id = rng.choice(list(rows))
    explained = drg.explain_benefits(frame, calculator, case_id=case_id)
    assert explained.stay.case_id == case_id
    for one in explained.stays:
        row = rows[str(one.case_id)]
        assert one.outcome == {name: row[name] for name in one.outcome}
        assert bool(one.steps) == (row["patient_share_yuan"] is not None)
        for step in one.steps:
            amount = Decimal(step.value.replace(",", ""))
            if step.name in RESULTS:
                assert amount == row[RESULTS[step.name]], step.name
            plain = re.fullmatch(r"[\d.,+−× ]+", step.arithmetic)
            if plain and step.name != "first own share":
                # Rounded to the fen, and never below nothing.
                assert abs(max(value(step.arithmetic), Fraction(0)) - Fraction(amount)) <= Fraction(1, 200)
        shown = {step.name for step in one.steps}
        for name, column in RESULTS.items():
            # What is not written is nothing.
            assert name in shown or not row[column]


def test_the_person_s_year_up_to_the_stay(tmp_path: Path) -> None:
    loaded = mine(tmp_path, TEXT + CRITICAL)
    stays = [stay(str(place), admission_date=None) for place in (3, 1, 2)]
    others = [stay("9", patient_id="P2"), stay("8", patient_id=None)]
    explained = drg.explain_benefits(pl.DataFrame([*others, *stays]), loaded, case_id="2")
    assert [one.case_id for one in explained.stays] == ["1", "2"]
    assert (explained.scheme, explained.status) == ("mine", "illustrative")
    lines = {step.name: step for step in explained.stay.steps}
    assert lines["deductible"].arithmetic.startswith("stay 2 of the year: 500.00")
    assert lines["deductible"].place == "scheme.toml, basic.deductibles 1"
    assert lines["critical illness"].arithmetic == (
        "the year goes from 3,670.00 to 6,990.00, above 3,000.00: 3,320.00 × 0.5"
    )
    assert "the patient bears" in repr(explained)
    chinese = drg.explain_benefits(pl.DataFrame(stays), loaded, case_id="2", language="zh")
    assert "年度内第 2 次住院" in chinese.stay.steps[4].arithmetic


def test_assumed_classes_are_told(tmp_path: Path) -> None:
    loaded = mine(tmp_path, TEXT.replace("[items]", "[items]\nassumed_in_policy_share = 0.8"))
    bare = {name: one for name, one in stay().items() if "class" not in name and "paid" not in name}
    cost, assumed, *_ = drg.explain_benefits(pl.DataFrame([bare]), loaded, case_id="1").stay.steps
    assert (cost.arithmetic, cost.place) == ("", "column total_cost_yuan")
    assert (assumed.value, assumed.arithmetic) == ("8,800.00", "11,000.00 × 0.8")


def test_a_held_stay_has_no_lines(tmp_path: Path) -> None:
    loaded = mine(tmp_path)
    held = [stay("1", hospital_level=None), stay("2", patient_id=None)]
    for case_id in ("1", "2"):
        explained = drg.explain_benefits(pl.DataFrame(held), loaded, case_id=case_id)
        assert explained.stay.steps == ()
        assert explained.stay.outcome["benefit_reason"]


def test_a_case_has_to_be_there_once(tmp_path: Path) -> None:
    loaded = mine(tmp_path)
    for case_id, what in (("5", "there is no case '5'"), ("1", "there are 2 cases '1'")):
        with pytest.raises(InputError, match=what):
            drg.explain_benefits([stay("1"), stay("1")], loaded, case_id=case_id)
    bare = {name: one for name, one in stay().items() if name != "case_id"}
    with pytest.raises(InputError, match="no column case_id"):
        drg.explain_benefits([bare], loaded, case_id="1")
