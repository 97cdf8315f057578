from __future__ import annotations

import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

import drg
from drg.analysis.calibration import calibrate
from drg.payment import load_scheme
from tests.analysis.calibration.made import SPLIT, grouped, year

RULES = """
id = "rules"
title = "made up"
region = "none"
grouper = "chs-drg-1.0"
status = "illustrative"
valid_from = 2020-01-01
source = "made up"
[method]
kind = "{kind}"
{scale}
regional_mean_yuan = 10000
source = "made up"
[[rates]]
value_yuan = 123.45
source = "made up"
[coefficients]
default = 0.9
source = "made up"
[[coefficients.rows]]
value = 1.1
level = "3"
source = "made up"
[[coefficients.rows]]
value = 1.25
hospital = "H1"
source = "made up"
[low]
threshold = 0.4
reference = "standard"
source = "made up"
[ungrouped]
pays = "nothing"
source = "made up"
[ambiguous]
pays = "by_item"
source = "made up"
[unweighted]
pays = "by_item"
source = "made up"
"""


@pytest.fixture(params=["rate", "points"])
def rules(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    directory = tmp_path / "rules"
    directory.mkdir()
    text = RULES.format(kind=request.param, scale="scale = 100" if request.param == "points" else "")
    (directory / "scheme.toml").write_text(text, encoding="utf-8")
    (directory / "weights.csv").write_text("drg,relative_weight\nAA19,1\n", encoding="utf-8")
    return directory


def mixed(seed: int, cases: int) -> pl.DataFrame:
    """A year with rare groups, cases without a group, ambiguous ones and costs that are not known."""
    place = pl.int_range(pl.len())
    status = (
        pl.when(place % 11 == 0).then(pl.lit("ungrouped")).when(place % 13 == 0).then(pl.lit("ambiguous"))
    )
    whole = year(seed, cases).with_columns(grouping_status=status.otherwise("grouping_status"))
    cost = (
        pl.when(place % 17 == 0).then(None).when(place % 19 == 0).then(pl.lit(0)).otherwise("total_cost_yuan")
    )
    return whole.with_columns(total_cost_yuan=cost.cast(pl.Decimal(18, 2)))


def priced_part(frame: pl.DataFrame, scheme: drg.LoadedScheme, insurance: str | None) -> pl.DataFrame:
    priced = drg.Pricer(scheme).price(frame)
    return priced if insurance is None else priced.filter(pl.col("insurance_type") == insurance)


BY_WEIGHT = ("incomplete", "high", "low", "normal")
HELD = ("invalid", "unpriced")


def test_no_rate_is_worked_out_beside_amounts(rules: Path) -> None:
    (rules / "amounts.csv").write_text("drg,amount_yuan\nAA19,5000\n", encoding="utf-8")
    with (rules / "scheme.toml").open("a", encoding="utf-8") as file:
        file.write('\n[amounts]\nsource = "made up"\n')
    with pytest.raises(drg.InputError, match="pays some groups amounts, which no rate changes"):
        calibrate(mixed(1, 500), rules=rules, budget={"310": "40,000,000", "390": 35_000_000})


def test_a_budget_is_divided_to_the_fen_and_never_exceeded(rules: Path) -> None:
    frame = mixed(1, 5_000)
    found = calibrate(frame, rules=rules, budget={"310": "40,000,000", "390": 35_000_000}, reserve="0.05")
    points = load_scheme(rules).scheme.method.kind == "points"
    factor = {"H1": Fraction("1.25")}
    for rate in found.rates:
        priced = priced_part(frame, found.scheme(), rate.insurance)
        weighted = priced.filter(pl.col("case_class").is_in(BY_WEIGHT))
        weight = sum(
            Fraction(found.weights[row["drg"]])
            * factor.get(
                row["hospital_id"], Fraction("1.1") if row["hospital_level"] == "3" else Fraction("0.9")
            )
            for row in weighted.iter_rows(named=True)
        ) * (100 if points else 1)
        assert (rate.cases, rate.weight) == (weighted.height, weight)
        others = priced.filter(~pl.col("case_class").is_in([*BY_WEIGHT, *HELD]))
        assert (rate.by_item_cases, rate.by_item_yuan) == (others.height, others["payment_yuan"].sum())
        assert rate.by_item_yuan > 0
        assert rate.held_cases == priced.filter(pl.col("case_class").is_in(HELD)).height > 0
        assert rate.drg_yuan == weighted["payment_yuan"].sum()
        open_ = rate.budget_yuan - rate.reserve_yuan
        assert rate.rest_yuan == open_ - priced["payment_yuan"].sum() >= 0
        assert rate.reserve_yuan == rate.budget_yuan / 20
        step = Fraction(1, 10_000 if points else 100)
        highest = Fraction(open_ - rate.by_item_yuan) / weight
        assert highest - step < rate.value_yuan <= highest


@pytest.mark.parametrize("budget", [10**8, "60000000.01"])
def test_budget_for_all_without_rules(budget: int | str) -> None:
    frame = mixed(1, 5_000)
    found = calibrate(frame, budget=budget)
    (rate,) = found.rates
    assert rate.insurance is None
    assert any(f"{rate.held_cases:,} cases of data are paid nothing" in note.message for note in found.notes)
    paid = drg.Pricer(found.scheme()).price(frame)["payment_yuan"].sum()
    assert rate.rest_yuan == Decimal(budget) - paid >= 0
    # The next rate would not be paid for, but for what rounding each payment takes away.
    assert rate.rest_yuan < rate.weight / 100 + Fraction(5_000, 200)


def test_rounding_of_each_payment_does_not_exceed_the_budget() -> None:
    """At 0.03 the weights 0.5 and 1.5 are paid 0.015 and 0.045, rounded up: 70 yuan in all, not 60."""
    frame = grouped([("BS19", 1), ("BB25", 3)] * 1_000)
    (rate,) = calibrate(frame, budget=60).rates
    assert (rate.value_yuan, rate.drg_yuan, rate.rest_yuan) == (Decimal("0.02"), Decimal(40), Decimal(20))
    with pytest.raises(drg.InputError, match="even at the lowest rate"):
        calibrate(frame, budget=20)


def test_what_the_rules_pay_above_the_standards_is_in_the_budget(rules: Path) -> None:
    high = """
[high]
formula = "linear_add"
reference = "standard"
source = "made up"
[[high.tiers]]
threshold = 1.2
"""
    text = (rules / "scheme.toml").read_text(encoding="utf-8")
    (rules / "scheme.toml").write_text(text + high, encoding="utf-8")
    frame = year(1, 2_000)
    found = calibrate(frame, rules=rules, budget=20_000_000)
    (rate,) = found.rates
    paid = drg.Pricer(found.scheme()).price(frame)["payment_yuan"].sum()
    assert paid == rate.drg_yuan + rate.by_item_yuan <= 20_000_000
    # The division alone would have paid more.
    assert rate.value_yuan < Fraction(rate.budget_yuan - rate.by_item_yuan) / rate.weight * Fraction(99, 100)


def test_a_budget_that_the_cases_paid_by_item_take_up_is_refused() -> None:
    frame = mixed(1, 5_000)
    (rate,) = calibrate(frame, budget=10**8).rates
    with pytest.raises(
        drg.InputError, match=f"{rate.by_item_yuan:,} yuan are for {rate.by_item_cases:,} cases"
    ):
        calibrate(frame, budget=rate.by_item_yuan)


def test_a_hospital_without_a_coefficient(rules: Path) -> None:
    text = (rules / "scheme.toml").read_text(encoding="utf-8")
    (rules / "scheme.toml").write_text(
        text.replace("default = 0.9", 'default = "not_known"'), encoding="utf-8"
    )
    frame = year(1, 2_000)
    lacking = frame.filter((pl.col("hospital_id") != "H1") & (pl.col("hospital_level") != "3"))
    with pytest.raises(drg.InputError, match="no coefficient for"):
        calibrate(frame, rules=rules, budget=10**8)
    own = frame.with_columns(hospital_coefficient=pl.lit("0.8"))
    (rate,) = calibrate(own, rules=rules, budget=10**8).rates
    assert lacking.height
    assert rate.held_cases == 0


def test_insurance_without_a_budget_is_said() -> None:
    found = calibrate(year(1, 5_000), budget={"310": 10**7})
    assert any("no rate, for insurance 390" in note.message for note in found.notes)
    assert not any("paid nothing" in note.message for note in found.notes)
    held = calibrate(mixed(1, 5_000), budget={"310": 10**8})
    (rate,) = held.rates
    said = f"{rate.held_cases:,} cases of data (insurance 310) are paid nothing"
    assert any(said in note.message for note in held.notes)


def test_scheme_is_ready_to_use(tmp_path: Path, rules: Path) -> None:
    frame = year(1, 5_000).with_columns(adrg=pl.col("drg").str.head(3))
    found = calibrate({"cases of 2024": frame}, rules=rules, budget=10**8)
    found.write(tmp_path / "mine", title="甲", region="乙")
    loaded = load_scheme(tmp_path / "mine")
    assert {drg: weight.relative_weight for (drg, _), weight in loaded.weights.items()} == found.weights
    scheme = loaded.scheme
    assert (scheme.id, scheme.title, scheme.region, scheme.grouper) == ("mine", "甲", "乙", SPLIT)
    assert scheme.status == "illustrative"
    assert scheme.valid_from is None
    assert scheme.low is not None
    assert scheme.rates[0].value_yuan == found.rates[0].value_yuan
    assert scheme.method.regional_mean_yuan == found.mean_cost_yuan
    assert "cases of 2024 × 1" in scheme.source
    priced = drg.price(frame, tmp_path / "mine")
    weights = priced["relative_weight"].drop_nulls()
    assert Fraction(weights.cast(pl.Decimal(38, 8)).sum()) / len(weights) == found.mean_weight
    again = found.scheme("mine", title="甲", region="乙")
    assert again.scheme == scheme
    assert drg.Pricer(again).price(frame).equals(priced)


def test_without_a_budget_the_payment_is_the_cost() -> None:
    """Mean weight 1 and the mean cost as rate: all together are paid what they cost, but for rounding."""
    frame = year(1, 5_000)
    found = calibrate(frame, min_cases=1)
    payment = drg.Pricer(found.scheme()).price(frame)["payment_yuan"].sum()
    cost = frame["total_cost_yuan"].sum()
    assert abs(float(payment) / float(cost) - 1) < 1e-4


def test_rules_keep_their_rates_without_a_budget(rules: Path) -> None:
    scheme = calibrate(year(1, 5_000), rules=rules).scheme().scheme
    assert [rate.value_yuan for rate in scheme.rates] == [Decimal("123.45")]


def test_rules_of_another_version() -> None:
    cases = [("BS19", 100)] * 3
    with pytest.raises(drg.InputError, match="name groups of demo"):
        calibrate(grouped(cases, SPLIT), min_cases=1, rules="demo")
    found = calibrate(grouped(cases), min_cases=1, rules="harbin-2022")
    assert found.scheme().scheme.grouper == "demo"


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    found = calibrate(grouped([("BS19", 100)]), min_cases=1)
    found.write(tmp_path)
    before = (tmp_path / "scheme.toml").read_bytes()
    with pytest.raises(drg.OutputError, match="scheme already"):
        found.write(tmp_path, title="other")
    assert (tmp_path / "scheme.toml").read_bytes() == before
    found.write(tmp_path, title="other", overwrite=True)
    assert tomllib.loads((tmp_path / "scheme.toml").read_text(encoding="utf-8"))["title"] == "other"
    assert not list(tmp_path.glob(".*"))


def test_group_names_with_commas_and_quotes(tmp_path: Path) -> None:
    found = calibrate(grouped([("BS19", 100)]), min_cases=1)
    names = found.groups.with_columns(drg_name=pl.lit('a, "b"'))
    object.__setattr__(found, "groups", names)
    found.write(tmp_path)
    assert list(load_scheme(tmp_path).weights) == [("BS19", None)]
