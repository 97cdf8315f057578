from __future__ import annotations

import random
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import drg
from drg import InputError, PriceExplanation, Pricer
from drg.columns import PRICE
from drg.payment.price_arrays import PAYMENTS
from tests.payment.strategies import (
    frame,
    plain_case,
    plain_scheme,
    random_cases,
    random_scheme,
    sourced,
    write_scheme,
)
from tests.profiles import quick_first

D = Decimal
# Case D05 of payment_schemes/demo/README.md.
HIGH = {
    "case_id": "D05",
    "drg": "BR13",
    "adrg": "BR1",
    "grouping_status": "grouped",
    "hospital_id": "H3",
    "hospital_level": "3",
    "insurance_type": "310",
    "los_days": 20,
    "total_cost_yuan": 30_000,
}
STAGES = [{"up_to_day": 60, "price_yuan": D(500)}, {"price_yuan": D(300)}]


def step(explanation: PriceExplanation, name: str) -> Any:
    found = [one for one in explanation.steps if one.name == name]
    assert len(found) == 1, [one.name for one in explanation.steps]
    return found[0]


def test_each_number_says_where_it_comes_from() -> None:
    e = drg.explain_price(HIGH, "demo")
    assert (e.scheme, e.status, e.case_class, e.payment) == ("demo", "illustrative", "high", D("21120.00"))
    weight = step(e, "relative weight")
    assert (weight.value, weight.name_zh) == ("1.2", "权重")
    assert re.fullmatch(r"weights\.csv, row \d+ \(BR13\)", weight.place)
    rate = step(e, "rate")
    assert (rate.value, rate.place) == ("11,000", "scheme.toml, rates 1 (insurance 310)")
    assert rate.source == "made up"
    assert step(e, "coefficient").place == "scheme.toml, coefficients.rows 1 (level 3)"
    assert step(e, "standard").arithmetic == "1.2 × 11,000 × 1.1"
    assert step(e, "standard").value == "14,520.00"
    assert step(e, "mean cost of the group").value == "12,000.00"
    assert step(e, "case class").arithmetic.startswith("30,000.00 > 2 × 12,000.00 = 24,000.00")
    assert step(e, "high cost payment").arithmetic.startswith("(30,000.00 − 2 × 12,000.00) × 1.1")
    assert step(e, "payment").arithmetic == "14,520.00 + 6,600.00"
    assert step(e, "surplus").arithmetic == "21,120.00 − 30,000.00"
    assert step(e, "surplus").value == "-8,880.00"


def test_the_worked_example_with_decimals_that_do_not_end_at_the_fen(tmp_path: Path) -> None:
    """Zhoukou: RW 0.8, employees 53.8381 a point, mean 5,270.76, K = 3; see the notes on published models."""
    source = {"source": "Zhoukou"}
    entries = {
        "id": "zhoukou", "title": "zhoukou", "region": "none", "grouper": "demo", "status": "illustrative",
        "method": {"kind": "points", "scale": 100, "regional_mean_yuan": D("5270.76"), **source},
        "rates": [{"value_yuan": D("53.8381"), **source}],
        "high": {"formula": "linear_add", "reference": "mean", "tiers": [{"threshold": 3}], **source},
        "ungrouped": {"pays": "nothing", **source}, "ambiguous": {"pays": "nothing", **source},
        "unweighted": {"pays": "nothing", **source}, **source,
    }  # fmt: skip
    path = write_scheme(tmp_path, entries, {("BR15", None): D("0.8")})
    case = {"drg": "BR15", "grouping_status": "grouped", "total_cost_yuan": D(15_000)}
    e = drg.explain_price(case, path)
    assert step(e, "standard").arithmetic == "0.8 × 53.8381 × 100 × 1 = 4,307.048"
    assert step(e, "standard").value == "4,307.05"
    assert step(e, "value of a point").name_zh == "点值"
    assert e.payment == D("6707.63")


def test_a_factor_that_is_the_price_ratio(tmp_path: Path) -> None:
    entries = plain_scheme(
        method=sourced(kind="rate", regional_mean_yuan=8000),
        low=sourced(threshold=D("0.4"), reference="mean", factor="price_ratio"),
    )
    e = drg.explain_price(plain_case("BR15", 1000), write_scheme(tmp_path, entries, {("BR15", None): D(1)}))
    assert step(e, "price ratio").arithmetic == "10,000 ÷ 8,000"
    assert step(e, "item payment").arithmetic == "1,000.00 × 1.25"


@pytest.mark.parametrize("in_table", [False, True])
def test_an_amount_says_where_it_stands(tmp_path: Path, in_table: bool) -> None:
    row = {"drg": "BR15", "amount_yuan": D(8000), "level": "3"}
    entries = plain_scheme(
        method=sourced(kind="rate", regional_mean_yuan=9000),
        amounts=sourced(rows=[row]),
        readmission=sourced(days=15, factor=D("0.5")),
    )
    path = write_scheme(tmp_path, entries, {("BR15", None): D("0.5")})
    if in_table:
        text = (path / "scheme.toml").read_text(encoding="utf-8")
        text = re.sub(r"(?m)^amounts = .*$", 'amounts = { source = "made up for tests" }', text)
        (path / "scheme.toml").write_text(text, encoding="utf-8")
        (path / "amounts.csv").write_text("drg,amount_yuan,level\n\nBR15,8000,3\n", encoding="utf-8")
    case = plain_case("BR15", 1000, hospital_level="3")
    e = drg.explain_price(case, path, readmitted=True)
    amount = step(e, "amount of the group")
    assert (amount.value, amount.name_zh, amount.source) == ("8,000", "病种定额", "made up for tests")
    file = "amounts.csv, row 3" if in_table else "scheme.toml, amounts.rows 1"
    assert amount.place == f"{file} (DRG BR15, level 3)"
    assert step(e, "standard").arithmetic == "8,000 × 0.5"
    assert step(e, "mean cost of the group").arithmetic == "0.5 × 9,000"
    assert not any(one.name in ("rate", "price ratio") for one in e.steps)


def test_coefficients_that_are_multiplied(tmp_path: Path) -> None:
    by_cmi = {"hospital": "H1", "coefficient": D("1.02"), "cmi": 1, "level_cmi": D("0.9")}
    entries = plain_scheme(
        coefficients=sourced(default=D("1.1")),
        incentive=sourced(rows=[by_cmi]),
        tcm=sourced(uplifts=[{"share_at_least": D("0.5"), "coefficient": D("1.05")}]),
        readmission=sourced(days=15, factor=D("0.5")),
    )
    path = write_scheme(tmp_path, entries, {("BR15", None): D(1)})
    case = plain_case("BR15", 10_000, tcm_cost_yuan=6000)
    e = drg.explain_price(case, path)
    assert step(e, "coefficient").value == "1.1"
    incentive = step(e, "incentive coefficient")
    assert (incentive.value, incentive.arithmetic) == ("1.02", "CMI 1 ÷ mean CMI of the level 0.9")
    assert incentive.place == "scheme.toml, incentive.rows 1 (hospital H1)"
    assert step(e, "share of traditional medicine").value == "0.6"
    assert step(e, "coefficient for traditional medicine").place == "scheme.toml, tcm.uplifts 1"
    assert step(e, "coefficients together").arithmetic == "1.1 × 1.02 × 1.05"
    assert step(e, "standard").arithmetic == "1 × 10,000 × 1.1781"
    cut = drg.explain_price(case, path, readmitted=True)
    assert step(cut, "coefficient after readmission").arithmetic == "1.1 × 1.02 × 1.05 × 0.5"
    assert cut.payment == D("5890.50")
    other = drg.explain_price({**case, "hospital_id": "H2"}, path)
    assert step(other, "incentive coefficient").value == "not known"
    assert other.case_class == "unpriced"


def test_what_one_case_does_not_show_can_be_said() -> None:
    plain = HIGH | {"total_cost_yuan": 13_000}
    cut = drg.explain_price(plain, "demo", readmitted=True)
    assert step(cut, "coefficient after readmission").arithmetic == "1.1 × 0.5"
    assert cut.payment == D("7260.00")
    dear = drg.explain_price(plain, "demo", extreme=True)
    assert dear.case_class == "extreme"
    assert "dearest 5 % of all grouped cases" in step(dear, "case class").arithmetic


@pytest.mark.parametrize(
    ("change", "name", "arithmetic"),
    [
        ({"total_cost_yuan": "5000"}, "item payment", "5,000.00 × 0.9"),
        ({"excluded_items_yuan": "1000"}, "excluded items payment", "1,000.00 × 0.8"),
        ({"incomplete": True, "total_cost_yuan": 3000}, "drg payment", "14,520.00 × 3,000.00 ÷ 12,000.00"),
        ({"los_days": 70}, "outside payment", "70 × 500"),
        ({"case_kind": "day_surgery"}, "outside payment", "4,000"),
        ({"special_payment_yuan": 85_000}, "special payment", "as decided"),
        ({"grouping_status": "ambiguous"}, "item payment", "30,000.00 × 0.7"),
        ({"drg": "AA19"}, "item payment", "30,000.00"),
    ],
)
def test_every_kind_of_payment(change: dict[str, Any], name: str, arithmetic: str) -> None:
    assert step(drg.explain_price(HIGH | change, "demo"), name).arithmetic == arithmetic


@pytest.mark.parametrize(
    ("rule", "days", "arithmetic"),
    [
        ({"pays": "share_of_standard", "share": D("0.8")}, 3, "10,000.00 × 0.8"),
        ({"pays": "per_day", "stages": STAGES}, 70, "60 × 500 + 10 × 300"),
        ({"pays": "per_day", "stages": STAGES}, 60, "60 × 500"),
        ({"pays": "per_day", "price_yuan": D(300), "level": "3"}, 2, "2 × 300"),
    ],
)
def test_stays_outside_payment_by_group(
    tmp_path: Path, rule: dict[str, Any], days: int, arithmetic: str
) -> None:
    outside = [sourced(case_class="bed_day", case_kind="bed_day", **rule)]
    path = write_scheme(tmp_path, plain_scheme(outside=outside), {("BR15", None): D(1)})
    case = plain_case("BR15", 9000, los_days=days, case_kind="床日", hospital_level="三级")
    explained = drg.explain_price(case, path)
    assert step(explained, "outside payment").arithmetic == arithmetic
    assert ("level 3" in step(explained, "case class").arithmetic) == ("level" in rule)


def test_an_unstable_group(tmp_path: Path) -> None:
    rule = sourced(case_class="unstable", drgs=["BR15"], pays="share", share=D("0.8"))
    path = write_scheme(tmp_path, plain_scheme(outside=[rule]), {("BR15", None): D(1)})
    explained = drg.explain_price(plain_case("BR15", 9000), path)
    assert step(explained, "case class").name_zh == "病例类型：不稳定病组"
    assert step(explained, "case class").arithmetic == "its group is one of 1"
    assert step(explained, "item payment").arithmetic == "9,000.00 × 0.8"
    assert step(explained, "item payment").place == "scheme.toml, outside 1"


def test_a_stay_that_no_price_is_known_for_says_why(tmp_path: Path) -> None:
    rules = [
        sourced(case_class="bed_day", case_kind="bed_day", pays="per_day", price_yuan=300, level="3"),
        sourced(case_class="day_surgery", case_kind="day_surgery", pays="share_of_standard", share=D("0.8")),
    ]
    pricer = Pricer(write_scheme(tmp_path, plain_scheme(outside=rules), {("BR15", None): D(1)}))
    for case, code in (
        (plain_case("BR15", 9000, case_kind="bed_day"), "P27"),
        (plain_case("BR13", 9000, case_kind="day_surgery", hospital_level="3"), "P09|P14"),
    ):
        priced = pricer.price(frame([case]), reasons="code")
        assert priced["case_class"].to_list() == ["unpriced"]
        assert priced["pricing_reason"].to_list() == [code]
    # The level matters to bed days only.
    (row,) = pricer.price(frame([plain_case("BR15", 9000)]), reasons="code").to_dicts()
    assert (row["case_class"], row["pricing_reason"]) == ("normal", None)


def test_what_the_fund_bears() -> None:
    e = drg.explain_price(HIGH | {"patient_share_yuan": 2000, "other_payers_yuan": "1000"}, "demo")
    assert step(e, "fund payment").arithmetic == "21,120.00 − 2,000.00 − 1,000.00, at least 0"
    assert step(e, "fund payment").value == "18,120.00"


def test_a_case_that_is_not_priced_says_why() -> None:
    e = drg.explain_price(HIGH | {"total_cost_yuan": None}, "demo")
    assert step(e, "case class").value == "invalid"
    assert "total_cost_yuan is missing" in step(e, "case class").arithmetic
    assert step(e, "cost").value == "cannot be used"
    unpriced = drg.explain_price(HIGH | {"insurance_type": "999"}, "demo")
    assert "no rate" in step(unpriced, "case class").arithmetic


def test_a_case_without_a_group_or_a_cost_is_refused() -> None:
    with pytest.raises(InputError, match="no drg"):
        drg.explain_price({"total_cost_yuan": 1}, "demo")
    with pytest.raises(InputError, match="total_cost_yuan"):
        drg.explain_price({"drg": "BR15", "grouping_status": "grouped"}, "demo")


def test_it_is_data() -> None:
    e = drg.explain_price(HIGH, "demo")
    assert PriceExplanation.model_validate_json(e.model_dump_json()).payment == e.payment


def evaluated(arithmetic: str) -> Fraction | None:
    """The result of arithmetic as a person writes it; None if there are words in it."""
    text = arithmetic.split(" = ")[0].replace(",", "").replace("−", "-").replace("×", "*").replace("÷", "/")
    if not re.fullmatch(r"[0-9.()+*/ -]+", text):
        return None
    return Fraction(eval(re.sub(r"[0-9.]+", lambda n: f"Fraction('{n[0]}')", text)))


@pytest.mark.parametrize("seed", quick_first(range(6)))
def test_arithmetic_and_engine_agree_on_random_cases(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    entries, weights = random_scheme(rng)
    entries = {name: entry for name, entry in entries.items() if name not in ("extreme", "readmission")}
    pricer = Pricer(write_scheme(tmp_path, entries, weights))
    source = frame(random_cases(rng, pricer.scheme, weights, 40))
    for row in pricer.price(source).to_dicts():
        e = pricer.explain(row)
        assert {name: row[name] for name in PRICE} == e.outcome
        parts = [e.outcome[name] for name in PAYMENTS]
        assert sum(part for part in parts if isinstance(part, Decimal)) == e.payment
        for one in e.steps:
            result = evaluated(one.arithmetic)
            if result is not None and re.fullmatch(r"-?[0-9,.]+", one.value):
                # Numbers are written with at most eight decimals, so the last digit may differ.
                assert abs(result - Fraction(one.value.replace(",", ""))) <= Fraction(1, 100), one
