"""Examples with numbers from published rules, settlement returns and other systems; each says where from.

The groups are those of the demo grouper: what is tested is the arithmetic.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import drg
from drg.payment.scheme import PaymentScheme
from tests.payment.reference import to_fen, yuan
from tests.payment.strategies import Weights, both, plain_case, plain_scheme, sourced

D = Decimal
ONE: Weights = {("BR15", None): D(1)}

ZHOUKOU = plain_scheme(
    method=sourced(kind="points", scale=100, regional_mean_yuan=D("5270.76")),
    rates=[
        sourced(value_yuan=D("53.8381"), insurance="310"),
        sourced(value_yuan=D("52.8094"), insurance="390"),
    ],
)
ZHOUKOU_WEIGHTS: Weights = {("BR15", None): D("0.8")}
# A default in use elsewhere: the heavier the group, the sooner a case is high.
TIERS: list[dict[str, Any]] = [
    {"threshold": 3, "weight_below": 1},
    {"threshold": D("2.5"), "weight_below": 2},
    {"threshold": 2, "weight_below": 3},
    {"threshold": D("1.5"), "weight_below": 5},
    {"threshold": D("1.3")},
]


def high(formula: str, reference: str = "mean", tiers: list[dict[str, Any]] = TIERS) -> dict[str, Any]:
    return sourced(formula=formula, reference=reference, tiers=tiers)


def dates(came: str, left: str) -> dict[str, datetime]:
    return {
        "admission_date": datetime.fromisoformat(came),
        "discharge_date": datetime.fromisoformat(left),
    }


# -------------------------------------------------------------------------------------------- Chongqing 2025


def test_chongqing_standards(tmp_path: Path) -> None:
    """Chongqing 2025, settlement returns of a level II hospital of traditional medicine.

    Rate 9,575.25, coefficient 0.92: weight 0.9258 is printed as 8,155.59 and 0.6524 as 5,747.14.
    """
    entries = plain_scheme(rates=[sourced(value_yuan=D("9575.25"))], coefficients=sourced(default=D("0.92")))
    weights: Weights = {("BR11", None): D("0.9258"), ("BR15", None): D("0.6524")}
    rows = both(entries, weights, [plain_case("BR11", 7000), plain_case("BR15", 6000)], tmp_path)
    assert [row["standard_payment_yuan"] for row in rows] == [D("8155.59"), D("5747.14")]
    assert [row["payment_yuan"] for row in rows] == [D("8155.59"), D("5747.14")]


def test_chongqing_difference_is_rounded_once() -> None:
    """The same returns print the difference of both as 2,408.44; rounded each, it would be 2,408.45."""
    standards = [Fraction(weight) * Fraction("9575.25") * Fraction("0.92") for weight in ("0.9258", "0.6524")]
    assert yuan(to_fen(standards[0] - standards[1])) == D("2408.44")
    assert yuan(to_fen(standards[0]) - to_fen(standards[1])) == D("2408.45")


def test_chongqing_month(tmp_path: Path) -> None:
    """The same returns, a month of 200 cases.

    Σ cost 1,342,866.05, Σ standard 1,500,938.12, official surplus 163,910.84: that is +5,838.77 against the
    difference of the sums, because cases that are paid by item count as zero. The totals are those of the
    returns; the single cases are made up to give them.
    """
    weights: Weights = {("BR15", None): D(7500), ("BR11", None): D("8438.12")}
    entries = plain_scheme(
        rates=[sourced(value_yuan=1)], high=high("by_item", "standard", [{"threshold": D("1.5")}])
    )
    costs = ["6681"] * 197 + ["6689.28"]
    cases = [plain_case("BR15", cost) for cost in costs]
    cases += [plain_case("BR15", "13338.77"), plain_case("BR11", "6681")]
    rows = both(entries, weights, cases, tmp_path)
    assert len(rows) == 200
    assert sum(case["total_cost_yuan"] for case in cases) == D("1342866.05")
    assert sum(row["standard_payment_yuan"] for row in rows) == D("1500938.12")
    assert sum(row["surplus_yuan"] for row in rows) == D("163910.84")
    assert sum(row["surplus_adjustment_yuan"] for row in rows) == D("5838.77")
    assert sum(row["surplus_formula_yuan"] for row in rows) == D("1500938.12") - D("1342866.05")


# ---------------------------------------------------------------------------------------------------- Zhoukou


@pytest.mark.parametrize(("insurance", "standard"), [("310", "4307.05"), ("390", "4224.75")])
def test_zhoukou_standard(tmp_path: Path, insurance: str, standard: str) -> None:
    """Zhoukou, from the demonstration pack of another system: RW 0.8, scale 100, employees 4,307.05.

    The value for residents is worked by hand: 0.8 × 100 × 52.8094 = 4,224.752.
    """
    (row,) = both(ZHOUKOU, ZHOUKOU_WEIGHTS, [plain_case("BR15", 5000, insurance_type=insurance)], tmp_path)
    assert row["standard_payment_yuan"] == row["payment_yuan"] == D(standard)


@pytest.mark.parametrize(
    ("formula", "payment"), [("linear_add", "6707.63"), ("cap", "12921.14"), ("by_item", "15000.00")]
)
@pytest.mark.parametrize("reference", ["standard", "mean"])
def test_zhoukou_high(tmp_path: Path, formula: str, payment: str, reference: str) -> None:
    """The same pack: cost 15,000 is high with K = 3; linear add 6,707.63, cap 12,921.14."""
    case = plain_case("BR15", 15_000, insurance_type="310")
    (row,) = both(ZHOUKOU | {"high": high(formula, reference)}, ZHOUKOU_WEIGHTS, [case], tmp_path)
    assert (row["case_class"], row["payment_yuan"]) == ("high", D(payment))
    if formula == "linear_add":
        assert row["drg_payment_yuan"] == D("4307.05")
        assert row["high_cost_payment_yuan"] == D("6707.63") - D("4307.05")


def test_a_share_of_the_excess(tmp_path: Path) -> None:
    """Zhoukou's numbers with a share of 0.8: 4,307.048 + 0.8 × 2,400.583796 = 6,227.515037."""
    case = plain_case("BR15", 15_000, insurance_type="310")
    tiers = [{"threshold": 3}]
    shared = sourced(formula="linear_add", fund_share=D("0.8"), reference="mean", tiers=tiers)
    (row,) = both(ZHOUKOU | {"high": shared}, ZHOUKOU_WEIGHTS, [case], tmp_path)
    assert (row["drg_payment_yuan"], row["payment_yuan"]) == (D("4307.05"), D("6227.52"))
    step = drg.explain_price(case, tmp_path).steps
    (excess,) = [one.arithmetic for one in step if one.name == "high cost payment"]
    assert excess.endswith("× 0.8, rounded with the standard")


def test_tiers_with_formulas_of_their_own(tmp_path: Path) -> None:
    """Mean 10,000 × weight, cost 50,000 each: add with a share, add by the section's share, cap, deduct."""
    tiers = [
        {"threshold": 3, "weight_below": 1, "fund_share": D("0.5")},
        {"threshold": 3, "weight_below": D("1.2")},
        {"threshold": 3, "weight_below": D("1.4"), "formula": "cap"},
        {"threshold": 3, "formula": "deduct"},
    ]
    rule = sourced(formula="linear_add", fund_share=D("0.9"), reference="mean", tiers=tiers)
    weights: Weights = {("BR11", None): D("0.9"), ("BR13", None): D(1), ("BR15", None): D("1.2")}
    weights["BS19", None] = D("1.5")
    cases = [plain_case(group, 50_000) for group, _ in weights]
    rows = both(plain_scheme(high=rule), weights, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["high"] * 4
    # 9,000 + 0.5 × 23,000; 10,000 + 0.9 × 20,000; 3 × 12,000; 50,000 − 2 × 15,000.
    assert [row["payment_yuan"] for row in rows] == [20_500, 28_000, 36_000, 20_000]
    assert [row["drg_payment_yuan"] for row in rows] == [9_000, 10_000, 0, 0]


@pytest.mark.parametrize(
    ("formula", "share", "tiers", "problem"),
    [
        ("cap", D("0.8"), [{}], "fund_share is given for linear_add"),
        (
            "linear_add",
            None,
            [{"formula": "cap", "fund_share": D("0.8")}],
            "fund_share is given for linear_add",
        ),
        ("linear_add", D("0.8"), [{"formula": "cap"}], "fund_share is given for linear_add"),
        ("linear_add", None, [{"weight_below": 1, "formula": "by_item"}, {}], "of all tiers or of none"),
        ("by_item", None, [{"weight_below": 1}, {"formula": "cap"}], "of all tiers or of none"),
        ("linear_add", D(0), [{}], "greater than 0"),
        ("linear_add", D("1.01"), [{}], "less than or equal to 1"),
    ],
)
def test_formulas_and_shares_that_do_not_fit_are_refused(
    formula: str, share: D | None, tiers: list[dict[str, Any]], problem: str
) -> None:
    rule = sourced(
        formula=formula, fund_share=share, reference="mean", tiers=[{"threshold": 3} | tier for tier in tiers]
    )
    with pytest.raises(ValueError, match=problem):
        PaymentScheme.model_validate(plain_scheme(high=rule))


@pytest.mark.parametrize(
    "factor",
    [
        {"factor": "price_ratio"},
        # 52.8094 × 100 ÷ 5,270.76 and 53.8381 × 100 ÷ 5,270.76, with eight decimals.
        {"factor": D("1.02144852"), "factors": [{"insurance": "390", "factor": D("1.00193141")}]},
    ],
)
def test_zhoukou_low(tmp_path: Path, factor: dict[str, Any]) -> None:
    """The same pack: the control factor is the value of a point ÷ its standard value, by insurance.

    Worked by hand: a cost of 1,000 is paid 1,000 × 5,383.81 ÷ 5,270.76 = 1,021.4485 for employees and
    1,000 × 5,280.94 ÷ 5,270.76 = 1,001.9314 for residents.
    """
    low = sourced(threshold=D("0.4"), reference="standard", **factor)
    cases = [plain_case("BR15", 1000, insurance_type=insurance) for insurance in ("390", "310")]
    rows = both(ZHOUKOU | {"low": low}, ZHOUKOU_WEIGHTS, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["low", "low"]
    assert [row["payment_yuan"] for row in rows] == [D("1001.93"), D("1021.45")]


def test_an_insurance_that_decides_the_factor(tmp_path: Path) -> None:
    """Residents × 0.9, all others × 1.1; who does not say the insurance is held."""
    low = sourced(
        threshold=D("0.4"),
        reference="standard",
        factor=D("1.1"),
        factors=[{"insurance": "390", "factor": D("0.9")}],
    )
    cases = [plain_case("BR15", 1000, insurance_type=insurance) for insurance in ("390", "310", "340", None)]
    rows = both(plain_scheme(low=low), ONE, cases, tmp_path)
    assert [row["payment_yuan"] for row in rows] == [900, 1100, 1100, 0]
    assert [row["case_class"] for row in rows] == ["low", "low", "low", "unpriced"]


# ------------------------------------------------------------------------------------------ high, low, ranks


@pytest.mark.parametrize("coefficient", ["0.8", "1", "1.25"])
def test_linear_add_and_deduct_differ_by_the_coefficient(tmp_path: Path, coefficient: str) -> None:
    """Rules in use, two variants for high cases: they differ by avg·c·K·(f − 1), so not at all if f is 1.

    avg = 1.5 × 8,000 = 12,000, c = 10,000 ÷ 8,000 = 1.25, K = 2.5.
    """
    paid = {}
    for formula in ("linear_add", "deduct"):
        entries = plain_scheme(
            method=sourced(kind="rate", regional_mean_yuan=8000),
            coefficients=sourced(default=D(coefficient)),
            high=high(formula),
        )
        (row,) = both(entries, {("BR15", None): D("1.5")}, [plain_case("BR15", 50_000)], tmp_path / formula)
        assert row["case_class"] == "high"
        paid[formula] = row["payment_yuan"]
    assert paid["linear_add"] - paid["deduct"] == 12_000 * D("1.25") * D("2.5") * (D(coefficient) - 1)


@pytest.mark.parametrize(
    ("weight", "threshold"),
    [
        ("0.9999", "3"),
        ("1", "2.5"),
        ("1.9999", "2.5"),
        ("2", "2"),
        ("2.9999", "2"),
        ("3", "1.5"),
        ("4.9999", "1.5"),
        ("5", "1.3"),
        ("20", "1.3"),
    ],
)
def test_tiers_by_weight(tmp_path: Path, weight: str, threshold: str) -> None:
    """A default in use: RW < 1 → 3; < 2 → 2.5; < 3 → 2; < 5 → 1.5; else 1.3."""
    limit = D(weight) * 10_000 * D(threshold)
    cases = [plain_case("BR15", limit), plain_case("BR15", limit + D("0.01"))]
    rows = both(plain_scheme(high=high("by_item")), {("BR15", None): D(weight)}, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["normal", "high"]


@pytest.mark.parametrize(
    ("coefficient", "limit"),
    [("1.25", 16_000), ("0.875", 14_000)],
    ids=["mean is lower", "standard is lower"],
)
def test_the_lower_of_two_thresholds(tmp_path: Path, coefficient: str, limit: int) -> None:
    """K = 2, mean 8,000; the standard is 10,000 or 7,000."""
    entries = plain_scheme(
        rates=[sourced(value_yuan=8000)],
        coefficients=sourced(default=D(coefficient)),
        high=high("by_item", "lower_of_two", [{"threshold": 2}]),
    )
    cases = [plain_case("BR15", limit), plain_case("BR15", D(limit) + D("0.01"))]
    rows = both(entries, ONE, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["normal", "high"]


def test_the_most_expensive_five_percent_are_paid_by_item(tmp_path: Path) -> None:
    """Rules in use: the most expensive 5 % of the cases are extremely high; their surplus is 0 by rule."""
    cases = [plain_case("BR15", 9000 + 100 * row) for row in range(40)]
    rows = both(plain_scheme(extreme=sourced(top_share=D("0.05")), high=high("cap")), ONE, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["normal"] * 38 + ["extreme"] * 2
    assert [row["payment_yuan"] for row in rows[-2:]] == [12_800, 12_900]
    assert [row["surplus_yuan"] for row in rows[-2:]] == [0, 0]
    assert [row["surplus_formula_yuan"] for row in rows[-2:]] == [-2800, -2900]
    assert [row["surplus_adjustment_yuan"] for row in rows[-2:]] == [2800, 2900]


@pytest.mark.parametrize(
    ("low", "payment"),
    [
        (sourced(threshold=D("0.4"), reference="standard"), "3500.00"),
        (sourced(threshold=D("0.4"), reference="standard", factor=D("0.9")), "3150.00"),
        (sourced(threshold=D("0.3"), reference="standard"), "10000.00"),
        (None, "10000.00"),
    ],
)
def test_low_cases(tmp_path: Path, low: dict[str, Any] | None, payment: str) -> None:
    """Rules in use: L from 0.3 to 0.4; paid at cost, at cost × control factor, or not differently."""
    (row,) = both(plain_scheme(low=low), ONE, [plain_case("BR15", 3500)], tmp_path)
    assert row["payment_yuan"] == D(payment)


# -------------------------------------------------------------------------------------------------- Qingyang


@pytest.mark.parametrize(
    ("days", "kind", "case_class"),
    [
        (1, None, "short"),
        (2, None, "short"),
        (3, None, "normal"),
        (59, None, "normal"),
        (60, None, "long"),
        (90, None, "long"),
        (30, "bed_day", "bed_day"),
    ],
)
def test_qingyang_stays_outside(tmp_path: Path, days: int, kind: str | None, case_class: str) -> None:
    """Qingyang 2025: stays of ≤ 2 or ≥ 60 days and bed-day cases are outside payment by group."""
    outside = [
        sourced(case_class="short", los_days_at_most=2, pays="by_item"),
        sourced(case_class="long", los_days_at_least=60, pays="by_item"),
        sourced(case_class="bed_day", case_kind="bed_day", pays="per_day", price_yuan=350),
    ]
    case = plain_case("BR15", 7000, los_days=days, case_kind=kind)
    (row,) = both(plain_scheme(outside=outside), ONE, [case], tmp_path)
    paid = {"normal": 10_000, "bed_day": 30 * 350}
    assert (row["case_class"], row["payment_yuan"]) == (case_class, paid.get(case_class, 7000))


# ------------------------------------------------------------------------------------------------- Zhejiang


def test_zhejiang_points(tmp_path: Path) -> None:
    """Zhejiang 2019, published questions and answers: points = base points × coefficient.

    The numbers are chosen here: 120 base points, coefficient 1.05, 95 yuan a point.
    """
    entries = plain_scheme(
        method=sourced(kind="points", scale=100),
        rates=[sourced(value_yuan=95)],
        coefficients=sourced(rows=[sourced(value=D("1.05"), hospital="H1")]),
    )
    (row,) = both(entries, {("BR15", None): D("1.2")}, [plain_case("BR15", 9000)], tmp_path)
    assert row["payment_yuan"] == 120 * D("1.05") * 95


@pytest.mark.parametrize(
    ("cost", "share"), [(3000, "0.25"), (12_000, "1"), (11_999, "0.9999"), (90_000, "1")]
)
def test_zhejiang_incomplete_stay(tmp_path: Path, cost: int, share: str) -> None:
    """Zhejiang 2019: an incomplete stay gets base × (cost ÷ mean of the group), at most the base."""
    entries = plain_scheme(
        method=sourced(kind="points", scale=100, regional_mean_yuan=10_000),
        rates=[sourced(value_yuan=95)],
        incomplete=sourced(),
    )
    case = plain_case("BR15", cost, incomplete=True)
    (row,) = both(entries, {("BR15", None): D("1.2")}, [case], tmp_path)
    # 120 points × 95 = 11,400 for a whole stay; the mean of the group is 12,000.
    expected = {"0.9999": D("11399.05")}.get(share, 11_400 * D(share))
    assert (row["case_class"], row["payment_yuan"]) == ("incomplete", expected)


def test_zhejiang_bed_day(tmp_path: Path) -> None:
    """Zhejiang 2019: bed-day cases get base points × days. Chosen here: 4 points a day at 95 yuan."""
    outside = [sourced(case_class="bed_day", case_kind="bed_day", pays="per_day", price_yuan=4 * 95)]
    case = plain_case("BR15", 30_000, los_days=75, case_kind="bed_day")
    (row,) = both(plain_scheme(outside=outside), ONE, [case], tmp_path)
    assert (row["outside_payment_yuan"], row["payment_yuan"]) == (28_500, 28_500)


@pytest.mark.parametrize(("again", "payment"), [("2019-06-25", 5000), ("2019-06-26", 10_000)])
def test_zhejiang_readmission_halves_the_earlier_stay(tmp_path: Path, again: str, payment: int) -> None:
    """Zhejiang 2019: back in the same group within 15 days, the earlier stay has half the points."""
    cases = [
        plain_case("BR15", 8000, patient_id="P", **dates("2019-06-01", "2019-06-10")),
        plain_case("BR15", 8000, patient_id="P", **dates(again, "2019-07-01")),
    ]
    rule = sourced(days=15, factor=D("0.5"), except_adrg=["NR1"])
    rows = both(plain_scheme(readmission=rule), ONE, cases, tmp_path)
    assert [row["payment_yuan"] for row in rows] == [payment, 10_000]


def test_chemotherapy_is_no_readmission(tmp_path: Path) -> None:
    """Rules in use: chemo- and radiotherapy are excepted from the rule on readmission."""
    cases = [
        plain_case("BR15", 8000, patient_id="P", **dates("2019-06-01", "2019-06-10")),
        plain_case("BR15", 8000, patient_id="P", **dates("2019-06-12", "2019-07-01")),
    ]
    rule = sourced(days=15, factor=D("0.5"), except_adrg=["BR1"])
    rows = both(plain_scheme(readmission=rule), ONE, cases, tmp_path)
    assert [row["payment_yuan"] for row in rows] == [10_000, 10_000]


# ------------------------------------------------------------------------------------------ Harbin and others


@pytest.mark.parametrize(
    ("employees", "residents"), [("12165.26", "12099.85"), ("12252.70", "9649.24")], ids=["2023", "2024"]
)
def test_harbin_rates_by_insurance_and_level(tmp_path: Path, employees: str, residents: str) -> None:
    """Harbin 2023 and 2024, rates for level I hospitals per unit of weight, as re-typed from the bureau's
    tables in DamageControlStudio/CHS-DRG. Other levels have no rate here, so their cases are not priced.
    """
    entries = plain_scheme(
        rates=[
            sourced(value_yuan=D(employees), insurance="310", level="1"),
            sourced(value_yuan=D(residents), insurance="390", level="1"),
        ]
    )
    cases = [
        plain_case("BR15", 9000, insurance_type=insurance, hospital_level=level)
        for insurance, level in [("310", "1"), ("390", "1"), ("310", "2"), ("340", "1")]
    ]
    rows = both(entries, ONE, cases, tmp_path)
    assert [row["payment_yuan"] for row in rows] == [D(employees), D(residents), 0, 0]
    assert [row["case_class"] for row in rows] == ["normal", "normal", "unpriced", "unpriced"]


def test_excluded_items_of_a_case_that_is_held(tmp_path: Path) -> None:
    """Nobody knows what the case is paid; its excluded items are known, and rounded by themselves."""
    entries = plain_scheme(
        rates=[sourced(value_yuan=D("9999.999"), insurance="310")],
        excluded_items=sourced(share=D("0.333")),
    )
    cases = [
        plain_case("BR15", 9000, insurance_type=insurance, excluded_items_yuan=D("100.01"))
        for insurance in ("310", "390")
    ]
    rows = both(entries, ONE, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["normal", "unpriced"]
    assert [row["excluded_items_payment_yuan"] for row in rows] == [D("33.30"), D("33.30")]
    # 9,999.999 + 33.30333 = 10,033.30233: rounded each, not once.
    assert [row["payment_yuan"] for row in rows] == [D("10033.30"), D("33.30")]
    assert [row["surplus_yuan"] for row in rows] == [D("1033.30"), None]


def test_case_mix_index(tmp_path: Path) -> None:
    """Weights 1.2 × 50 cases, 0.8 × 30, 2.5 × 20: 134 ÷ 100 = 1.34."""
    weights: Weights = {("BR13", None): D("1.2"), ("BR15", None): D("0.8"), ("BB25", None): D("2.5")}
    cases = [
        plain_case(group, 9000)
        for group, count in [("BR13", 50), ("BR15", 30), ("BB25", 20)]
        for _ in range(count)
    ]
    rows = both(plain_scheme(), weights, cases, tmp_path)
    assert sum(row["relative_weight"] for row in rows) / len(rows) == D("1.34")


def test_base_groups_and_weights_by_level(tmp_path: Path) -> None:
    """Rules in use: base groups are paid the same everywhere; some groups have own weights in level I."""
    entries = plain_scheme(
        coefficients=sourced(
            default=D("0.9"), base_groups=["NR15"], rows=[sourced(value=D("1.1"), level="3")]
        )
    )
    weights: Weights = ONE | {("NR15", None): D("0.5"), ("BR15", "1"): D("0.7")}
    cases = [
        plain_case(group, 5000, hospital_level=level) for group in ("NR15", "BR15") for level in ("1", "3")
    ]
    rows = both(entries, weights, cases, tmp_path)
    assert [row["payment_yuan"] for row in rows] == [5000, 5000, 6300, 11_000]


@pytest.mark.parametrize(
    ("tcm_cost", "payment"), [("6000.00", 20_000), ("5999.99", 10_000), ("10000.00", 20_000)]
)
def test_tcm_below_sixty_percent_falls_back(tmp_path: Path, tcm_cost: str, payment: int) -> None:
    """Rules in use: a case of a TCM group whose TCM share is below 60 % is paid as the medical group."""
    entries = plain_scheme(tcm=sourced(share_below=D("0.6"), medical_drg={"BV19": "BR15"}))
    weights: Weights = ONE | {("BV19", None): D(2)}
    (row,) = both(entries, weights, [plain_case("BV19", 10_000, tcm_cost_yuan=tcm_cost)], tmp_path)
    assert row["payment_yuan"] == payment


@pytest.mark.parametrize(
    ("rule", "payment"),
    [
        (sourced(pays="by_item"), 8000),
        (sourced(pays="share", share=D("0.6")), 4800),
        (sourced(pays="nothing"), 0),
    ],
)
def test_ungrouped_and_ambiguous(tmp_path: Path, rule: dict[str, Any], payment: int) -> None:
    """Rules in use: 0000 and QY cases by item, at a share, or unpaid: the scheme says which."""
    cases = [
        plain_case("0000", 8000, adrg=None, grouping_status="ungrouped"),
        plain_case("BQY", 8000, grouping_status="ambiguous"),
    ]
    rows = both(plain_scheme(ungrouped=rule, ambiguous=rule), ONE, cases, tmp_path)
    assert [row["payment_yuan"] for row in rows] == [payment, payment]
    assert [row["case_class"] for row in rows] == ["ungrouped", "ambiguous"]


def test_special_cases_are_paid_as_decided(tmp_path: Path) -> None:
    """Rules in use: an approved special case is paid as decided and leaves the normal calculation."""
    case = plain_case("BR15", 120_000, special_payment_yuan=110_000)
    (row,) = both(plain_scheme(high=high("cap")), ONE, [case], tmp_path)
    assert (row["case_class"], row["payment_yuan"]) == ("special", 110_000)
    assert (row["surplus_formula_yuan"], row["surplus_adjustment_yuan"]) == (0, -10_000)


def test_excluded_items_are_paid_beside_the_group(tmp_path: Path) -> None:
    """Rules in use: approved new drugs and technology are taken out of the cost and paid beside the group."""
    case = plain_case("BR15", 35_000, excluded_items_yuan=8000)
    entries = plain_scheme(excluded_items=sourced(share=D("0.7")), high=high("cap", "standard"))
    (row,) = both(entries, ONE, [case], tmp_path)
    # 27,000 is above 2.5 × 10,000; the cap is 25,000.
    assert (row["high_cost_payment_yuan"], row["excluded_items_payment_yuan"]) == (25_000, 5600)
    assert (row["payment_yuan"], row["surplus_yuan"]) == (30_600, -4400)


@pytest.mark.parametrize(
    ("patient", "others", "fund"), [(3000, 500, 6500), (9800, 500, 0), (0, 0, 10_000), (None, 500, None)]
)
def test_fund_pays_the_rest(tmp_path: Path, patient: int | None, others: int, fund: int | None) -> None:
    """Rules in use: the fund pays max(standard − what the patient and other payers bear, 0)."""
    case = plain_case("BR15", 9000, patient_share_yuan=patient, other_payers_yuan=others)
    (row,) = both(plain_scheme(), ONE, [case], tmp_path)
    assert row["fund_payment_yuan"] == fund
    assert row["patient_and_others_yuan"] == (None if fund is None else 10_000 - fund)


# ------------------------------------------------------------------------------------- changes within a year


@pytest.mark.parametrize(
    ("day", "payment"),
    [
        ("2025-01-01", 8000),
        ("2025-06-30", 8000),
        ("2025-07-01", 8400),
        ("2025-07-02", 8800),
        ("2026-03-01", 8800),
    ],
)
def test_a_rate_that_changes_within_the_year(tmp_path: Path, day: str, payment: int) -> None:
    """Weight 0.8; 10,000 yuan until 30 June, 10,500 on 1 July, then 11,000."""
    entries = plain_scheme(
        rates=[
            sourced(value_yuan=10_000, valid_to=date(2025, 6, 30)),
            sourced(value_yuan=10_500, valid_from=date(2025, 7, 1), valid_to=date(2025, 7, 1)),
            sourced(value_yuan=11_000, valid_from=date(2025, 7, 2)),
        ]
    )
    case = plain_case("BR15", 9000, discharge_date=datetime.fromisoformat(day))
    (row,) = both(entries, {("BR15", None): D("0.8")}, [case], tmp_path)
    assert row["payment_yuan"] == payment


# ------------------------------------------------------------------------ stays outside payment by group


@pytest.mark.parametrize(
    ("days", "payment"), [(1, 500), (59, 29_500), (60, 30_000), (61, 30_300), (70, 33_000), (100, 40_500)]
)
def test_bed_days_by_stage(tmp_path: Path, days: int, payment: int) -> None:
    """500 yuan a day up to day 60, then 300 up to day 90, then 150."""
    stages = [
        {"up_to_day": 60, "price_yuan": 500},
        {"up_to_day": 90, "price_yuan": 300},
        {"price_yuan": 150},
    ]
    rule = sourced(case_class="bed_day", case_kind="bed_day", pays="per_day", stages=stages)
    case = plain_case("BR15", 20_000, los_days=days, case_kind="bed_day")
    (row,) = both(plain_scheme(outside=[rule]), ONE, [case], tmp_path)
    assert (row["case_class"], row["payment_yuan"]) == ("bed_day", payment)


@pytest.mark.parametrize(
    ("level", "insurance", "payment"),
    [("3", "310", 4000), ("3", "390", 3500), ("2", "310", 3000), ("2", None, 3000), (None, "310", None)],
)
def test_bed_days_by_level_and_insurance(
    tmp_path: Path, level: str | None, insurance: str | None, payment: int | None
) -> None:
    """Ten days at 400 (level 3, employees), 350 (level 3) or 300; who does not say its level is held."""
    bed_day = {"case_class": "bed_day", "case_kind": "bed_day", "pays": "per_day"}
    rules = [
        sourced(**bed_day, price_yuan=400, level="3", insurance="310"),
        sourced(**bed_day, price_yuan=350, level="3"),
        sourced(**bed_day, price_yuan=300),
    ]
    case = plain_case("BR15", 5000, case_kind="bed_day", hospital_level=level, insurance_type=insurance)
    (row,) = both(plain_scheme(outside=rules), ONE, [case], tmp_path)
    expected = ("unpriced", 0) if payment is None else ("bed_day", payment)
    assert (row["case_class"], row["payment_yuan"]) == expected


def test_day_surgery_at_a_share_of_the_standard(tmp_path: Path) -> None:
    """Weight 1, rate 10,000.01, share 0.8: 8,000.008, rounded once; without a weight the case is held."""
    rule = sourced(
        case_class="day_surgery", case_kind="day_surgery", pays="share_of_standard", share=D("0.8")
    )
    entries = plain_scheme(rates=[sourced(value_yuan=D("10000.01"))], outside=[rule])
    cases = [plain_case(group, 3000, case_kind="day_surgery") for group in ("BR15", "BR13")]
    rows = both(entries, ONE, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["day_surgery", "unpriced"]
    assert [row["payment_yuan"] for row in rows] == [D("8000.01"), 0]
    assert [row["standard_payment_yuan"] for row in rows] == [D("10000.01"), None]


# ---------------------------------------------------------------------------------------- amounts by group

AMOUNTS = sourced(
    rows=[
        {"drg": "BR13", "amount_yuan": 8000},
        {"drg": "BR13", "amount_yuan": 9000, "level": "3"},
        {"drg": "BR13", "amount_yuan": 7000, "insurance": "390"},
        {"drg": "BR13", "amount_yuan": 7500, "insurance": "390", "level": "2"},
    ]
)


@pytest.mark.parametrize(
    ("insurance", "level", "payment"),
    [("310", "3", 9000), ("310", "2", 8000), ("390", "2", 7500), ("390", "3", 7000), ("390", None, None)],
)
def test_the_most_specific_amount_counts(
    tmp_path: Path, insurance: str, level: str | None, payment: int | None
) -> None:
    """Neither rate nor coefficient counts; who does not say the level that decides is held."""
    entries = plain_scheme(amounts=AMOUNTS, coefficients=sourced(default=D("1.1")))
    case = plain_case("BR13", 8000, insurance_type=insurance, hospital_level=level)
    (row,) = both(entries, ONE, [case], tmp_path)
    assert row["case_class"] == ("normal" if payment else "unpriced")
    assert row["payment_yuan"] == (payment or 0)
    assert row["relative_weight"] is None


@pytest.mark.parametrize(
    ("weight", "formula", "payment"),
    [
        # Without a weight the mean is the amount: above 2 × 8,000 comes 20,000 − 16,000.
        (None, "linear_add", 12_000),
        (None, "deduct", 12_000),
        (None, "cap", 16_000),
        # With a weight of 0.6 the mean is 0.6 × 10,000: above 2 × 6,000 comes 20,000 − 12,000; S is 8,000.
        ("0.6", "linear_add", 16_000),
        ("0.6", "deduct", 12_000),
        ("0.6", "cap", 16_000),
    ],
)
def test_an_amount_is_the_standard_of_high_cases(
    tmp_path: Path, weight: str | None, formula: str, payment: int
) -> None:
    entries = plain_scheme(
        method=sourced(kind="rate", regional_mean_yuan=10_000),
        amounts=sourced(rows=[{"drg": "BR13", "amount_yuan": 8000}]),
        high=high(formula, "mean", [{"threshold": 2}]),
    )
    weights = ONE | ({("BR13", None): D(weight)} if weight else {})
    (row,) = both(entries, weights, [plain_case("BR13", 20_000)], tmp_path)
    assert (row["case_class"], row["payment_yuan"]) == ("high", payment)
    assert row["standard_payment_yuan"] == 8000


def test_low_and_incomplete_cases_of_an_amount(tmp_path: Path) -> None:
    """8,000: low below 0.4 × 8,000; a broken-off stay of 2,000 is paid 8,000 × 2,000 ÷ 8,000."""
    entries = plain_scheme(
        amounts=sourced(rows=[{"drg": "BR13", "amount_yuan": 8000}]),
        low=sourced(threshold=D("0.4"), reference="standard", factor=D("0.9")),
        incomplete=sourced(),
    )
    cases = [plain_case("BR13", cost) for cost in ("3199.99", 3200)]
    cases += [plain_case("BR13", 2000, incomplete=True)]
    rows = both(entries, ONE, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["low", "normal", "incomplete"]
    assert [row["payment_yuan"] for row in rows] == [D("2879.99"), 8000, 2000]


def test_an_amount_that_holds_from_a_day_on(tmp_path: Path) -> None:
    """Before it the group is paid by its weight; a case that does not say its day is held."""
    row = {"drg": "BR15", "amount_yuan": 8000, "valid_from": date(2025, 7, 1)}
    entries = plain_scheme(amounts=sourced(rows=[row]))
    days = [datetime(2025, 6, 30), datetime(2025, 7, 1), None]
    cases = [plain_case("BR15", 8000, discharge_date=day) for day in days]
    rows = both(entries, ONE, cases, tmp_path)
    assert [row["payment_yuan"] for row in rows] == [10_000, 8000, 0]
    assert [row["case_class"] for row in rows] == ["normal", "normal", "unpriced"]


def test_an_amount_is_cut_for_a_readmission(tmp_path: Path) -> None:
    entries = plain_scheme(
        amounts=sourced(rows=[{"drg": "BR15", "amount_yuan": 8000}]),
        readmission=sourced(days=15, factor=D("0.5")),
    )
    stays = [("2025-03-01", "2025-03-10"), ("2025-03-25", "2025-04-05")]
    cases = [plain_case("BR15", 8000, patient_id="P", **dates(*stay)) for stay in stays]
    rows = both(entries, ONE, cases, tmp_path)
    assert [(row["payment_yuan"], row["coefficient"]) for row in rows] == [(4000, D("0.5")), (8000, 1)]


# ---------------------------------------------------------------------------------------- unstable groups


@pytest.mark.parametrize(
    ("rule", "case_class", "payment"),
    [
        ({"pays": "by_item"}, "unstable", 9000),
        ({"pays": "share", "share": D("0.8")}, "unstable", 7200),
        ({"pays": "share_of_standard", "share": 1}, "unstable", 10_000),
        ({"pays": "nothing"}, "unstable", 0),
        ({"pays": "not_known"}, "unpriced", 0),
    ],
)
def test_unstable_groups_are_a_class_of_their_own(
    tmp_path: Path, rule: dict[str, Any], case_class: str, payment: int
) -> None:
    """Neither high nor low cost is looked at; other groups are paid as ever."""
    entries = plain_scheme(
        outside=[sourced(case_class="unstable", drgs=["BR15"], **rule)],
        high=high("by_item", "standard", [{"threshold": D("0.5")}]),
    )
    weights = ONE | {("BR13", None): D(1)}
    rows = both(entries, weights, [plain_case("BR15", 9000), plain_case("BR13", 9000)], tmp_path)
    assert [row["case_class"] for row in rows] == [case_class, "high"]
    assert rows[0]["payment_yuan"] == payment
    assert rows[0]["surplus_formula_yuan"] == (None if case_class == "unpriced" else 0)


def test_groups_without_a_weight_may_be_named(tmp_path: Path) -> None:
    """AA19 is known to have none and paid by item; of BR13, which has none either, nobody knows."""
    entries = plain_scheme(
        outside=[sourced(case_class="unweighted", drgs=["AA19"], pays="by_item")],
        unweighted=sourced(pays="not_known"),
    )
    rows = both(entries, ONE, [plain_case("AA19", 9000), plain_case("BR13", 9000)], tmp_path)
    assert [(row["case_class"], row["payment_yuan"]) for row in rows] == [
        ("unweighted", 9000),
        ("unpriced", 0),
    ]


def test_a_case_that_may_be_of_an_unstable_group_is_held(tmp_path: Path) -> None:
    """BV19 falls back to BR15, which is unstable, if its share is low; the next row is not for it."""
    entries = plain_scheme(
        outside=[
            sourced(case_class="unstable", drgs=["BR15"], pays="by_item"),
            sourced(case_class="short", los_days_at_most=20, pays="nothing"),
        ],
        tcm=sourced(share_below=D("0.6"), medical_drg={"BV19": "BR15"}),
    )
    weights = ONE | {("BV19", None): D("1.3")}
    fees = [None, "5000", "7000"]
    cases = [plain_case("BV19", 10_000, tcm_cost_yuan=fee) for fee in fees]
    rows = both(entries, weights, cases, tmp_path)
    assert [row["case_class"] for row in rows] == ["unpriced", "unstable", "short"]
