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


def test_a_budget_is_spent_and_never_exceeded(rules: Path) -> None:
    frame = year(1, 5_000)
    found = calibrate(frame, rules=rules, budget={"310": "20,000,000", "390": 15_000_000}, reserve="0.05")
    points = load_scheme(rules).scheme.method.kind == "points"
    for rate in found.rates:
        cases = frame.filter(pl.col("insurance_type") == rate.insurance)
        factor = {"H1": Fraction("1.25")}
        sums = [
            Fraction(found.weights[row["drg"]])
            * factor.get(
                row["hospital_id"], Fraction("1.1") if row["hospital_level"] == "3" else Fraction("0.9")
            )
            for row in cases.iter_rows(named=True)
            if row["drg"] in found.weights
        ]
        total = sum(sums) * (100 if points else 1)
        assert (rate.cases, rate.weight) == (len(sums), total)
        spent = Fraction(rate.value_yuan) * total
        open_ = Fraction(rate.budget_yuan - rate.reserve_yuan)
        step = Fraction(1, 10_000 if points else 100)
        assert 0 <= open_ - spent < step * total
        assert 0 <= open_ - spent - Fraction(rate.rest_yuan) < Fraction(1, 100)
        assert rate.reserve_yuan == rate.budget_yuan / 20


def test_budget_for_all_without_rules() -> None:
    frame = year(1, 5_000)
    (rate,) = calibrate(frame, budget=10**8).rates
    assert rate.insurance is None
    assert (10**8 - rate.value_yuan * Decimal(float(rate.weight))) < rate.cases


def test_insurance_without_a_budget_is_said() -> None:
    found = calibrate(year(1, 5_000), budget={"310": 10**7})
    assert any("no rate, for insurance 390" in note.message for note in found.notes)


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
