"""What holds for every settlement: engine and oracle agree, rounding loses nothing, rules hold."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import drg
from drg.payment.load_scheme import load_scheme
from drg.payment.scheme import PaymentScheme
from drg.settlement.case_formulas import BESIDE
from drg.settlement.closing import apportion
from drg.settlement.settlement_columns import ACCOUNT, FLOWS
from tests.payment import strategies as pricing
from tests.payment.strategies import randoms
from tests.profiles import tries
from tests.settlement import reference
from tests.settlement.strategies import (
    GROUPS,
    HOSPITALS,
    YEAR,
    Drawn,
    by_reference,
    differences,
    frame,
    loaded,
    payments_frame,
    priced_case,
    random_payments,
    random_rules,
    random_scores,
    random_settlement,
    scheme,
    scores_frame,
    settled,
    with_sources,
    yuan,
)

some = tries(0.2, shrink=False)
many = tries(3)

# ----------------------------------------------------------------------------------------------- differential


@some
@given(randoms())
def test_engine_equals_oracle(rng: random.Random) -> None:
    drawn = random_settlement(rng)
    assert differences(settled(drawn), by_reference(drawn)) == []


@pytest.mark.parametrize("seed", range(4))
def test_engine_equals_oracle_on_what_pricing_gives(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    entries, weights = pricing.random_scheme(rng)
    if entries["method"]["kind"] == "points":
        # Amounts have no points: the value of a point cannot close a budget beside them.
        entries.pop("amounts", None)
    cases = pricing.random_cases(rng, PaymentScheme.model_validate(entries), weights, 300)
    for case in cases:
        case["hospital_id"] = case["hospital_id"] or "H1"
        case["insurance_type"] = case["insurance_type"] or "310"
        case["discharge_date"] = case["discharge_date"] or datetime(YEAR, 5, 5)
        case["insured_area"] = None
    directory = pricing.write_scheme(tmp_path, entries, weights)
    priced = drg.price(
        pricing.frame(cases).with_columns(insured_area=pl.lit(None, dtype=pl.String)), directory
    )
    texts = priced["total_cost_yuan"].dtype == pl.String
    rows = priced.to_dicts()
    # Groups that are paid an amount have no points that a budget could close.
    points = entries["method"]["kind"] == "points" and "amounts" not in entries
    rules = random_rules(rng, [row for row in rows if row["payment_yuan"] is not None], points=points)
    pricing.write_scheme(tmp_path, entries | {"settlement": with_sources(rules)}, weights)
    for row in rows if texts else ():
        row["total_cost_yuan"] = reference.number(_readable(row["total_cost_yuan"]))
    drawn = Drawn(
        load_scheme(tmp_path).scheme,
        rows,
        random_payments(rng),
        [],
        random_scores(rng),
        rng.choice([True, None]),
    )
    found = drg.settle(
        priced,
        tmp_path,
        payments=payments_frame(drawn.payments),
        scores=scores_frame(drawn.scores),
        close=drawn.close,
    )
    assert differences(found, by_reference(drawn)) == []
    # It is no comparison of nothing with nothing.
    assert found.rows["cases"].sum() > 300
    assert found.rows["payment_yuan"].sum() > 0


def _readable(text: str | None) -> Decimal | None:
    return None if text in (None, *pricing.UNUSABLE_TEXTS) else Decimal(text or 0)


def test_the_comparison_sees_one_fen() -> None:
    drawn = random_settlement(random.Random(7))
    found, wanted = settled(drawn), by_reference(drawn)
    key = next(iter(wanted.rows))
    wanted.rows[key]["balance"] += Fraction(1, 100)
    assert [(row, name) for row, name, *_ in differences(found, wanted)] == [(key, "balance_yuan")]


# ----------------------------------------------------------------------------------------------- conservation


@some
@given(randoms())
def test_every_figure_is_the_sum_of_its_parts(rng: random.Random) -> None:
    rows = settled(random_settlement(rng)).rows
    wide = rows.with_columns(pl.col(pl.Decimal).cast(pl.Decimal(38, 8)))
    for total, parts in {
        "payment_yuan": ["shared_payment_yuan", *(f"{name}_yuan" for name in BESIDE)],
        "shared_payment_yuan": [
            "shared_standard_yuan",
            "-surplus_returned_yuan",
            "overrun_fund_yuan",
            "cap_effect_yuan",
            "floor_effect_yuan",
        ],
        "entitlement_yuan": [
            "payment_yuan",
            "-patient_and_others_yuan",
            "quality_adjustment_yuan",
            "budget_adjustment_yuan",
        ],
        "outcome_yuan": [
            "entitlement_yuan",
            "patient_and_others_yuan",
            "borne_above_payment_yuan",
            "-cost_yuan",
        ],
        "surplus_yuan": ["surplus_formula_yuan", "surplus_adjustment_yuan"],
        "surplus_available_yuan": ["surplus_retained_yuan", "surplus_returned_yuan"],
        "overrun_yuan": ["overrun_fund_yuan", "overrun_hospital_yuan"],
        "instalments_yuan": ["daily_paid_yuan", "monthly_paid_yuan", "supplements_yuan", "-refunds_yuan"],
    }.items():
        made = sum((-pl.col(p[1:]) if p[0] == "-" else pl.col(p) for p in parts), start=pl.lit(Decimal(0)))
        assert wide.filter(pl.col(total) != made).is_empty(), total
    # No share is more than the whole, however it is rounded.
    so_far = rows.filter(pl.col("span") != "month")
    for part in (
        "surplus_retained_yuan",
        "surplus_returned_yuan",
        "overrun_fund_yuan",
        "overrun_hospital_yuan",
    ):
        assert so_far.filter(pl.col(part) < 0).is_empty(), part
    assert so_far.filter(pl.col("prepayment_recovered_yuan") > pl.col("prepayment_yuan")).is_empty()
    real = wide.filter(~pl.col("basis").str.ends_with("_simulated"))
    paid = pl.col("payable_yuan") - pl.col("balance_yuan")
    assert real.filter(paid != pl.col("instalments_yuan")).is_empty()
    classes = pl.sum_horizontal(f"cases_{name}" for name in reference.CLASSES)
    assert rows.filter((pl.col("span") != "forecast") & (pl.col("cases") != classes)).is_empty()


@some
@given(randoms())
def test_what_the_fund_pays_is_the_sum_of_the_entitlements(rng: random.Random) -> None:
    drawn = random_settlement(rng)
    found = settled(drawn)
    for budget in found.budgets.iter_rows(named=True):
        rows = _of_budget(found.rows, budget)
        assert rows.height == budget["accounts"]
        assert _total(rows, "entitlement_yuan") == budget["paid_yuan"]
        assert (
            _total(rows, "entitlement_yuan") - _total(rows, "budget_adjustment_yuan")
            == budget["claimed_yuan"]
        )
        rest = budget["pool_yuan"] - budget["paid_yuan"]
        assert rest == budget["carried_out_yuan"] - budget["borne_by_fund_yuan"]
        # Nothing of the budget is lost: it is paid, carried over, or stays in the fund.
        kept = budget["reserve_yuan"] - budget["reserve_used_yuan"]
        assert 0 <= budget["reserve_carried_out_yuan"] <= kept == budget["reserve_left_yuan"]
        given = budget["budget_yuan"] + budget["carried_in_yuan"]
        assert given == budget["paid_yuan"] + rest + kept


@some
@given(
    randoms(),
    st.sampled_from(["fen", "yuan"]),
    st.sampled_from(["common_factor", "hospitals_over", "points"]),
)
def test_a_closed_budget_is_paid_out_to_the_fen(rng: random.Random, unit: str, how: str) -> None:
    cases = [priced_case(case_id=f"C{n}", **_random_place(rng)) for n in range(rng.randint(1, 30))]
    last: dict[str, Any] = {"case_id": "C", "discharge_date": datetime(YEAR, 12, 3), "points": Decimal(100)}
    cases.append(priced_case(**last))
    amount = Decimal(rng.randint(100_000, 60_000_000)).scaleb(-2)
    budget: dict[str, Any] = {"year": YEAR, "amount_yuan": amount, "reserve_share": Decimal("0.05")}
    budget |= {"carried_in_yuan": Decimal(rng.randint(0, 99_999)).scaleb(-2)}
    rules: dict[str, Any] = {"rounding": {"unit": unit}}
    more: dict[str, Any] = {}
    if how == "points":
        budget |= {"excess": "point_value", "remainder": "point_value"}
        more = {"method": pricing.sourced(kind="points", scale=100)}
    else:
        budget |= {"excess": how, "remainder": "common_factor"}
        bands = [{"utilisation_at_least": 1, "fund_bears": Decimal("0.63")}]
        rules |= {"overrun": {"mode": "marginal", "bands": bands}}
    model = scheme(rules | {"budgets": [budget]}, **more)
    found = settled(Drawn(model, cases, [], [], [], None))
    (closed,) = found.budgets.iter_rows(named=True)
    assert closed["closed_by"] in (how, "common_factor", "point_value", "balanced")
    reserve = reference.half_up(Fraction(amount) * Fraction(5, 100))
    pool = Fraction(amount) - reserve + Fraction(budget["carried_in_yuan"])
    years = found.rows.filter(pl.col("span") == "year")
    assert Fraction(_total(years, "entitlement_yuan")) == pool
    assert (closed["carried_out_yuan"], closed["borne_by_fund_yuan"]) == (0, 0)


def _random_place(rng: random.Random) -> dict[str, Any]:
    standard = rng.randint(100_000, 3_000_000)
    return {
        "hospital_id": rng.choice(HOSPITALS),
        "insurance_type": rng.choice(["310", "390"]),
        "discharge_date": datetime(YEAR, rng.randint(1, 12), 9),
        "standard": yuan(standard),
        "cost": yuan(rng.randint(standard // 2, standard * 2)),
        "patient_share_yuan": yuan(rng.randint(0, standard // 3)),
        "points": Decimal(rng.randint(1, 99_999_999)).scaleb(-6),
    }


@some
@given(randoms())
def test_months_add_up_to_the_year(rng: random.Random) -> None:
    rows = settled(random_settlement(rng, most=25)._replace(close=True)).rows
    flows = [f"{name}_yuan" for name in FLOWS if name not in reference.CLOSING]
    counted = [name for name in rows.columns if name.startswith("cases")] + ["relative_weight", "points"]
    added = [*flows, *counted, "weighted_cases"]
    months = rows.filter(pl.col("span") == "month").group_by(ACCOUNT).agg(pl.col(added).sum()).sort(ACCOUNT)
    year = rows.filter(pl.col("span") == "year").select(*ACCOUNT, *added).sort(ACCOUNT)
    assert_frame_equal(months, year)
    # The year to date is the sum of its months, in every flow.
    every = [f"{name}_yuan" for name in FLOWS]
    running = (
        rows.filter(pl.col("span") == "month")
        .sort(*ACCOUNT, "period")
        .select(*ACCOUNT, "period", pl.col(every).cum_sum().over(ACCOUNT, order_by="period"))
    )
    to_date = rows.filter(pl.col("span") == "year_to_date").select(*ACCOUNT, "period", *every)
    assert_frame_equal(running, to_date.sort(*ACCOUNT, "period"))


def _of_budget(rows: pl.DataFrame, budget: dict[str, Any]) -> pl.DataFrame:
    mine = (
        (pl.col("year") == budget["year"]) & (pl.col("span") == budget["span"]) & (pl.col("basis") == "local")
    )
    if budget["insurance_type"] is not None:
        mine &= pl.col("insurance_type") == budget["insurance_type"]
    if budget["hospital_group"] is not None:
        mine &= pl.col("hospital_id").is_in(GROUPS[budget["hospital_group"]])
    return rows.filter(mine)


def _total(rows: pl.DataFrame, column: str) -> Decimal:
    return sum(rows[column].to_list(), Decimal(0))


# ----------------------------------------------------------------------------------------- shape of the rules

STANDARD = 1_000_000  # fen
MARGINAL = {
    "surplus": {
        "mode": "marginal",
        "bands": [
            {"utilisation_at_least": 0, "hospital_keeps": 0},
            {"utilisation_at_least": "0.8", "hospital_keeps": "0.7"},
        ],
    },
    "overrun": {
        "mode": "marginal",
        "bands": [
            {"utilisation_at_least": 1, "fund_bears": "0.63"},
            {"utilisation_at_least": "1.1", "fund_bears": "0.21"},
        ],
    },
}


def by_cost(rules: dict[str, Any], costs: list[int], standard: int = STANDARD) -> dict[str, list[int]]:
    """The figures in fen of hospitals that differ in their cost only, a case each."""
    cases = [
        priced_case(
            case_id=f"C{n}",
            hospital_id=f"H{n:05}",
            cost=yuan(cost),
            standard=yuan(standard),
            discharge_date=datetime(YEAR, 12, 3),
        )
        for n, cost in enumerate(costs)
    ]
    rows = drg.settle(frame(cases), loaded(scheme(rules))).rows
    years = rows.filter(pl.col("span") == "year").sort("hospital_id")
    names = (
        "surplus_retained_yuan",
        "overrun_fund_yuan",
        "overrun_hospital_yuan",
        "shared_payment_yuan",
        "outcome_yuan",
    )
    return {name: [int(amount * 100) for amount in years[name]] for name in names}


def marginal_rules(rng: random.Random, *, limits: bool) -> dict[str, Any]:
    drawn = random_rules(rng, [])
    rules: dict[str, Any] = {
        name: drawn[name] | {"mode": "marginal"} for name in ("surplus", "overrun") if name in drawn
    }
    if "rounding" in drawn:
        rules["rounding"] = drawn["rounding"]
    if limits and rng.random() < 0.5:
        rules["limits"] = {"floor_of_cost": Decimal(rng.randint(10, 95)).scaleb(-2)}
    return rules


@some
@given(randoms())
def test_marginal_bands_are_continuous(rng: random.Random) -> None:
    rules = marginal_rules(rng, limits=False)
    unit = 100 if rules.get("rounding", {}).get("unit") == "yuan" else 1
    standard = rng.choice([STANDARD, rng.randint(100, 2 * STANDARD)])
    costs = sorted({rng.randint(0, 2 * standard) for _ in range(30)} | _limits_of(rules, standard))
    found = by_cost(rules, costs, standard)
    for name in (
        "surplus_retained_yuan",
        "overrun_fund_yuan",
        "overrun_hospital_yuan",
        "shared_payment_yuan",
    ):
        for (cost, value), (more, other) in pairwise(zip(costs, found[name], strict=True)):
            assert abs(other - value) <= more - cost + unit, name


def _limits_of(rules: dict[str, Any], standard: int) -> set[int]:
    """Costs at the limits of bands, and a fen beside them."""
    starts = [
        b["utilisation_at_least"]
        for name in ("surplus", "overrun")
        for b in rules.get(name, {}).get("bands", ())
    ]
    return {max(int(start * standard) + beside, 0) for start in (*starts, 1) for beside in (-1, 0, 1)}


@some
@given(randoms())
def test_more_cost_never_raises_the_result(rng: random.Random) -> None:
    """At fixed cases, with marginal bands and without a cap, scores and budgets; a floor does not matter."""
    rules = marginal_rules(rng, limits=True)
    costs = sorted({rng.randint(0, 2 * STANDARD) for _ in range(30)} | _limits_of(rules, STANDARD))
    outcomes = by_cost(rules, costs)["outcome_yuan"]
    # Rounding to whole yuan may give a little: less than the unit.
    slack = 99 if rules.get("rounding", {}).get("unit") == "yuan" else 0
    assert all(dearer <= cheaper + slack for cheaper, dearer in pairwise(outcomes))


def test_whole_bands_and_a_cap_reward_cost() -> None:
    """What docs/settlement.md warns of: with these, a hospital gains by costing more."""
    bands = MARGINAL["surplus"] | {"mode": "whole"}
    below, at = by_cost({"surplus": bands}, [799_999, 800_000])["outcome_yuan"]
    # One fen more, and 0.7 of all of the surplus is kept: 0.7 × 2,000 yuan.
    assert (below, at) == (0, 140_000)
    # Surplus all kept, paid at most 1.1 × cost: 100 more of cost are paid 110 more.
    cheap, dear = by_cost({"limits": {"cap_of_cost": "1.1"}}, [500_000, 510_000])["outcome_yuan"]
    assert (cheap, dear) == (50_000, 51_000)
    # Marginal bands do neither.
    result = by_cost(MARGINAL, [500_000, 799_999, 800_000, 1_000_000, 1_100_000])["outcome_yuan"]
    # Kept below 80 %: 0.7 × 2,000; borne at 110 %: 1,000 less 0.63 × 1,000.
    assert result == [140_000, 140_000, 140_000, 0, -37_000]


# --------------------------------------------------------------------------------------------- order, batches


def test_neither_order_nor_batches_nor_threads_matter() -> None:
    drawn = random_settlement(random.Random(11), most=40)
    cases = [case | {"case_id": f"{case['case_id']}.{n}"} for n in range(8) for case in drawn.cases]
    drawn = drawn._replace(cases=cases, decisions=[])
    expected = settled(drawn)
    shuffled = list(cases)
    random.Random(1).shuffle(shuffled)
    for chunk in (1, 7, 1000):
        with pl.Config(streaming_chunk_size=chunk):
            found = settled(drawn._replace(cases=shuffled))
        assert_frame_equal(found.rows, expected.rows)
        assert_frame_equal(found.budgets, expected.budgets)
        assert_frame_equal(found.findings, expected.findings)


# -------------------------------------------------------------------------------------------------- apportion

weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)


@many
@given(st.integers(0, 10**12), weights)
def test_apportion_is_exact_fair_and_monotone(total: int, parts: list[int]) -> None:
    found = apportion(total, parts)
    assert sum(found) == total
    for amount, part in zip(found, parts, strict=True):
        quota = Fraction(total * part, sum(parts))
        assert abs(amount - quota) < 1
        assert amount == 0 or part > 0
    ranked = sorted(zip(parts, found, strict=True))
    assert all(a <= b for (w, a), (v, b) in pairwise(ranked) if w < v)


@many
@given(st.integers(0, 10**9), weights)
def test_apportion_in_whole_yuan(total: int, parts: list[int]) -> None:
    found = apportion(total, parts, 100)
    assert sum(found) == total
    largest = parts.index(max(parts))
    for at, (amount, part) in enumerate(zip(found, parts, strict=True)):
        odd = total % 100 if at == largest else 0
        assert (amount - odd) % 100 == 0
        assert abs(amount - odd - Fraction((total - total % 100) * part, sum(parts))) < 100


def test_apportion_gives_equal_remainders_to_the_first() -> None:
    # 1.00 yuan by three: a third of a fen is left of each; the first gets the fen.
    assert apportion(100, [1, 1, 1]) == [34, 33, 33]
    # 10 by 1:1:4 is 1.67, 1.67, 6.67: one each, six, and two fen for the first two of equal remainders.
    assert apportion(10, [1, 1, 4]) == [2, 2, 6]
    # 10.50 in whole yuan by 1:3: 2.5 and 7.5 of ten; the yuan goes to the first, 50 fen to the largest.
    assert apportion(1050, [1, 3], 100) == [300, 750]
