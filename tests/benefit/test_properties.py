"""What holds for every benefit scheme: the engine equals the oracle, and shares behave as the rules say."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drg.benefit import kernels, list_benefit_schemes
from drg.benefit.calculator import BenefitCalculator
from drg.benefit.load import LoadedBenefitScheme
from drg.benefit.scheme import BenefitScheme
from drg.benefit_columns import BENEFIT
from drg.grouping.jit import compiled
from tests.benefit import reference
from tests.benefit.strategies import random_scheme, random_stays
from tests.profiles import share, tries

PAYERS = ("basic_fund_yuan", "critical_illness_yuan", "medical_aid_yuan", "commercial_yuan")
CLASSES = ("class_a_cost_yuan", "class_b_cost_yuan", "self_paid_cost_yuan", "above_limit_cost_yuan")
FEN = Decimal("0.01")
randoms = st.integers(0, 2**32).map(random.Random)


def drawn(rng: random.Random) -> dict[str, Any]:
    """A random scheme that is valid; a few have rows that are never used."""
    while True:
        entries = random_scheme(rng)
        try:
            BenefitScheme.model_validate(entries)
        except ValueError:
            continue
        return entries


def engine(entries: dict[str, Any], stays: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that the package gives."""
    loaded = LoadedBenefitScheme(BenefitScheme.model_validate(entries), Path("drawn"))
    frame = pl.DataFrame(list(stays), infer_schema_length=None)
    rows: list[dict[str, Any]] = (
        BenefitCalculator(loaded).benefits(frame, reasons="code").select(*BENEFIT).to_dicts()
    )
    return rows


def check_against_the_oracle(entries: dict[str, Any], stays: Sequence[dict[str, Any]]) -> int:
    """Compare every amount; how many stays there are that have benefits."""
    found, expected = engine(entries, stays), reference.benefits(entries, list(stays))
    worked = 0
    for stay, row, amounts in zip(stays, found, expected, strict=True):
        if amounts is None:
            assert row["patient_share_yuan"] is None
            assert "B10" in row["benefit_reason"]
            continue
        worked += 1
        for name, amount in amounts.items():
            if name != "standard":
                assert Fraction(row[name]) == amount, (name, stay["case_id"])
    return worked


@given(randoms)
@tries(2, shrink=False)
def test_engine_equals_oracle(rng: random.Random) -> None:
    check_against_the_oracle(drawn(rng), random_stays(rng, 25))


@pytest.mark.random
def test_every_clause_is_drawn_and_most_stays_have_benefits() -> None:
    rng = random.Random(5)
    worked = held = 0
    paid: set[str] = set()
    for _ in range(share(1.5)):
        entries, stays = drawn(rng), random_stays(rng, 40)
        rows = engine(entries, stays)
        worked += sum(row["patient_share_yuan"] is not None for row in rows)
        held += sum(row["patient_share_yuan"] is None for row in rows)
        paid |= {name for name in PAYERS for row in rows if row[name]}
    assert paid == {*PAYERS}
    assert worked > held


@pytest.mark.parametrize("scheme", list_benefit_schemes(), ids=lambda scheme: scheme.id)
def test_shipped_schemes_are_worked_as_the_oracle_does(scheme: BenefitScheme) -> None:
    entries = scheme.model_dump(exclude_none=True)
    stays = random_stays(random.Random(3), 60)
    for stay in stays:
        stay["commercial_product"] = stay["commercial_product"] and scheme.commercial[0].product
    assert check_against_the_oracle(entries, stays) == len(stays)


@given(randoms)
@tries(1, shrink=False)
def test_shares_add_up_to_the_cost_and_caps_are_kept(rng: random.Random) -> None:
    entries, stays = drawn(rng), random_stays(rng, 25)
    for stay, row in zip(stays, engine(entries, stays), strict=True):
        if row["patient_share_yuan"] is None:
            continue
        assert sum(row[name] for name in PAYERS) + row["patient_share_yuan"] == stay["total_cost_yuan"]
        assert min(row[name] for name in (*PAYERS, "patient_share_yuan")) >= 0
        parts = ("in_policy_yuan", "first_own_share_yuan", "outside_policy_yuan")
        assert sum(row[name] for name in parts) == stay["total_cost_yuan"]
        assert row["other_payers_yuan"] == sum(row[name] for name in PAYERS[1:])
        caps = [one["yuan"] for one in entries["basic"].get("caps", [])]
        if caps:
            assert row["basic_fund_to_date_yuan"] <= max(caps)
        for name in ("critical", "aid"):
            known = [one.get("cap_yuan") for one in entries.get(name, {}).get("rows", [])]
            column = {"critical": "critical_illness", "aid": "medical_aid"}[name]
            if known and None not in known:
                assert row[f"{column}_to_date_yuan"] <= max(known)
        yearly = entries["basic"].get("deductible_a_year_yuan")
        assert yearly is None or row["deductible_to_date_yuan"] <= yearly


@given(randoms)
@tries(1, shrink=False)
def test_only_the_order_of_discharge_matters(rng: random.Random) -> None:
    entries, stays = drawn(rng), random_stays(rng, 25)
    mixed = rng.sample(stays, len(stays))
    found = dict(zip((stay["case_id"] for stay in mixed), engine(entries, mixed), strict=True))
    for stay, row in zip(stays, engine(entries, stays), strict=True):
        assert found[stay["case_id"]] == row


@given(randoms, st.sampled_from(CLASSES))
@tries(0.4, shrink=False)
def test_the_patients_share_grows_with_the_cost_and_never_faster(rng: random.Random, name: str) -> None:
    """A fen more: the patient bears it, or another does. So there is no jump at a threshold."""
    entries, stays = drawn(rng), random_stays(rng, 6, persons=1)
    before = engine(entries, stays)
    last = max(
        range(len(stays)),
        key=lambda at: (*(stays[at][key] for key in ("discharge_date", "admission_date", "case_id")),),
    )
    assume(before[last]["patient_share_yuan"] is not None)
    for _ in range(4):
        # Far steps find thresholds, a fen more tells whether there is a jump.
        step = Decimal(rng.choice((0, 1, 500, 10_000, 40_000)))
        costs = [stays[last][name] + step, stays[last][name] + step + FEN]
        shares = []
        for cost in costs:
            changed = stays[last] | {
                name: cost,
                "total_cost_yuan": stays[last]["total_cost_yuan"] - stays[last][name] + cost,
            }
            rows = engine(entries, [*stays[:last], changed, *stays[last + 1 :]])
            shares.append(rows[last]["patient_share_yuan"])
        assert 0 <= shares[1] - shares[0] <= FEN


@pytest.mark.parametrize("at_once", [1, 7])
def test_how_many_persons_are_worked_at_once_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    rng = random.Random(11)
    entries, stays = drawn(rng), random_stays(rng, 40)
    whole = engine(entries, stays)
    monkeypatch.setattr("drg.benefit.stays._AT_ONCE", at_once)
    assert engine(entries, stays) == whole


@pytest.mark.thorough
def test_the_compiled_loop_is_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drg.benefit.stays.suited", lambda function, _rows: compiled(function))
    monkeypatch.setattr("drg.benefit.stays._AT_ONCE", 7)
    assert compiled(kernels.share_stays) is not kernels.share_stays
    rng = random.Random(7)
    for _ in range(20):
        check_against_the_oracle(drawn(rng), random_stays(rng, 50))


def test_an_unused_row_is_refused() -> None:
    entries = drawn(random.Random(1))
    entries["basic"]["shares"] = [{"tiers": [{"share": 1}]}, {"level": "1", "tiers": [{"share": 1}]}]
    with pytest.raises(ValueError, match=r"row 2 of basic\.shares is never used"):
        BenefitScheme.model_validate(entries)
