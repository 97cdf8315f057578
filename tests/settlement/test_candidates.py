from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drg.errors import InputError, MissingColumnError, SchemeError
from drg.payment.load_scheme import LoadedScheme, load_scheme
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_numbers import INSIDE
from drg.settlement.candidates import Candidates, find_candidates, special_review
from tests.payment.strategies import plain_scheme, sourced
from tests.profiles import tries

LIMITS = {
    "quota_share": Decimal("0.05"),
    "overrun_yuan_at_least": Decimal("5000.5"),
    "cost_ratio_at_least": Decimal("2.5"),
    "los_days_at_least": 60,
    "los_ratio_at_least": Decimal(3),
    "icu_hours_at_least": Decimal(100),
}
MONEY = ("total_cost_yuan", "excluded_items_yuan", "standard_payment_yuan", "payment_yuan")
PLAIN: dict[str, Any] = {
    "hospital_id": "H1",
    "case_id": "1",
    "insurance_type": "310",
    "department": "03",
    "discharge_date": datetime(2025, 3, 10),
    "drg": "BR15",
    "drg_name": "脑卒中",
    "los_days": 10,
    "icu_hours": 0.0,
    "total_cost_yuan": "9000",
    "excluded_items_yuan": "0",
    "standard_payment_yuan": "10000",
    "payment_yuan": "10000",
    "case_class": "normal",
    "scheme": "plain",
}


def loaded(limits: dict[str, Any] | None = LIMITS, **entries: Any) -> LoadedScheme:
    special = {"settlement": sourced(special=sourced(**limits))} if limits is not None else {}
    scheme = PaymentScheme.model_validate(plain_scheme(**special, **entries))
    return LoadedScheme(scheme, {}, Path("plain"))


def priced(*cases: dict[str, Any], **more: Any) -> pl.DataFrame:
    rows = [{**PLAIN, **more, **case} for case in cases]
    frame = pl.DataFrame(rows, schema_overrides={"los_days": pl.Int64, "discharge_date": pl.Datetime("us")})
    return frame.with_columns(pl.col(name).cast(pl.Decimal(18, 2)) for name in MONEY)


def find(*cases: dict[str, Any], limits: dict[str, Any] | None = None, **more: Any) -> Candidates:
    """The candidates among these cases of H1 and 100 others to which nothing special applies."""
    others = [{"case_id": f"other-{n}", "drg": "NR15"} for n in range(100)]
    chosen = LIMITS if limits is None else {"quota_share": LIMITS["quota_share"], **limits}
    return find_candidates(priced(*cases, *others, **more).lazy(), loaded(chosen))


def reasons(*cases: dict[str, Any], language: str = "en", **more: Any) -> list[str]:
    return find(*cases, **more).cases[f"reasons_{language}"].to_list()


def test_the_quota_by_level_of_the_hospital() -> None:
    limits = {"overrun_yuan_at_least": 1, "quotas": [{"level": "3", "share": "0.1"}]}
    dear = {"total_cost_yuan": "20000"}
    cases = [
        {"hospital_id": hospital, "case_id": f"{hospital}-{n}", "hospital_level": level, **dear}
        for hospital, level in (("H1", "3"), ("H2", "2"), ("H3", None))
        for n in range(10)
    ]
    found = find_candidates(priced(*cases).lazy(), loaded(limits))
    assert found.quotas.select("hospital_id", "quota", "candidates", "within_quota").rows() == [
        ("H1", 1, 10, 1),
        ("H2", None, 10, 0),
        ("H3", None, 10, 0),
    ]
    ((zh, en),) = [texts for texts in found.skipped if "quota" in texts[1]]
    assert en.startswith("the quota of H2, H3: ")
    assert zh.startswith("H2、H3：")


# ------------------------------------------------------------------------------------------------- reasons


@pytest.mark.parametrize(
    ("limits", "case", "almost", "said", "said_zh"),
    [
        (
            {"overrun_yuan_at_least": Decimal("5000.5")},
            {"total_cost_yuan": "15000.5"},
            {"total_cost_yuan": "15000.49"},
            "overrun of 5000.50 yuan",
            "超支 5000.50 元",
        ),
        (
            {"cost_ratio_at_least": Decimal("2.5")},
            {"total_cost_yuan": "25000"},
            {"total_cost_yuan": "24999.99"},
            "cost is 2.5000 × the standard",
            "费用为支付标准的 2.5000 倍",
        ),
        (
            {"los_days_at_least": 60},
            {"total_cost_yuan": "10000.01", "los_days": 60},
            {"total_cost_yuan": "10000.01", "los_days": 59},
            "stay of 60 days",
            "住院 60 天",
        ),
        (
            {"icu_hours_at_least": Decimal(100)},
            {"total_cost_yuan": "10000.01", "icu_hours": 100.0},
            {"total_cost_yuan": "10000.01", "icu_hours": 99.5},
            "100 hours in intensive care",
            "重症监护 100 小时",
        ),
    ],
)
def test_each_limit_at_its_edge(
    limits: dict[str, Any], case: dict[str, Any], almost: dict[str, Any], said: str, said_zh: str
) -> None:
    assert reasons(case, limits=limits) == [said]
    assert reasons(case, limits=limits, language="zh") == [said_zh]
    assert reasons(almost, limits=limits) == []
    # A case that costs no more than it is paid gains nothing by an application.
    assert reasons({**case, "payment_yuan": "25000.01"}, limits=limits) == []


def test_a_stay_is_compared_with_the_mean_of_its_group() -> None:
    limits = {"los_ratio_at_least": Decimal(3)}
    dear = {"case_id": "x", "total_cost_yuan": "11000"}
    # The group stays 5, 5 and 30 days, 40/3 on average: 30 days are 2.25 times that.
    stays: list[dict[str, Any]] = [{"los_days": 5}, {"los_days": 5, "case_id": "2"}]
    assert reasons({**dear, "los_days": 30}, *stays, limits=limits) == []
    # With six stays of 5 and one of 30 days the mean is 60/7: 30 days are 3.5 times that.
    stays = [{"los_days": 5, "case_id": str(n)} for n in range(6)]
    assert reasons({**dear, "los_days": 30}, *stays, limits=limits) == [
        "stay is 3.5000 × the mean of the group"
    ]
    # A stay of another group, and one that is not paid by group, are no part of the mean.
    apart: list[dict[str, Any]] = [
        {"los_days": 300, "drg": "BR11"},
        {"los_days": 300, "case_class": "long", "case_id": "l"},
    ]
    assert reasons({**dear, "los_days": 30}, *stays, *apart, limits=limits) == [
        "stay is 3.5000 × the mean of the group"
    ]


def test_the_cost_of_earlier_stays_counts_with_the_last() -> None:
    case = {"total_cost_yuan": "16000", "joined_cost_yuan": "10000", "payment_yuan": "11600"}
    limits = {"cost_ratio_at_least": Decimal("2.5")}
    found = find(case, limits=limits).cases
    assert found["cost_ratio"].to_list() == [Decimal("2.6000")]
    assert found["overrun_yuan"].to_list() == [Decimal("14400.00")]
    assert reasons({**case, "joined_cost_yuan": None}, limits=limits) == []


def test_excluded_items_are_a_reason_and_out_of_the_ratio() -> None:
    case = {"total_cost_yuan": "26000", "excluded_items_yuan": "2000", "payment_yuan": "11600"}
    limits = {"cost_ratio_at_least": Decimal("2.5")}
    # The scheme of these cases takes nothing out of the cost.
    assert reasons(case, limits=limits) == ["cost is 2.6000 × the standard; excluded items of 2000.00 yuan"]
    scheme = loaded({"quota_share": Decimal("0.05"), **limits}, excluded_items=sourced())
    found = find_candidates(priced(case).lazy(), scheme).cases
    assert found["reasons_en"].to_list() == ["excluded items of 2000.00 yuan"]
    assert found["cost_ratio"].to_list() == [Decimal("2.4000")]
    assert found["overrun_yuan"].to_list() == [Decimal("14400.00")]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("transfer_departments", "03|05", "several departments: 03|05"),
        ("new_technology", "机器人手术", "new technology: 机器人手术"),
        ("new_technology", "true", "new technology: 是"),
        ("new_technology", True, "new technology: 是"),
        ("transfer_departments", "无", None),
        ("transfer_departments", "-", None),
        ("transfer_departments", None, None),
        ("new_technology", "否", None),
        ("new_technology", False, None),
    ],
)
def test_departments_and_new_technology(column: str, value: Any, said: str | None) -> None:
    found = find({"total_cost_yuan": "10000.01"}, limits={}, **{column: value}).cases
    assert found["reasons_en"].to_list() == ([] if said is None else [said])


def test_several_reasons_stand_together() -> None:
    case = {"total_cost_yuan": "30000", "los_days": 70, "icu_hours": 120.5}
    assert reasons(case) == [
        "overrun of 20000.00 yuan; cost is 3.0000 × the standard; stay of 70 days; "
        "120.5 hours in intensive care"
    ]
    assert "；" in reasons(case, language="zh")[0]


@pytest.mark.parametrize("case_class", ["special", "ungrouped", "long", "bed_day", "invalid", "unweighted"])
def test_only_cases_paid_by_group_are_candidates(case_class: str) -> None:
    assert reasons({"total_cost_yuan": "90000", "case_class": case_class}) == []


def test_values_that_are_missing_reach_no_limit() -> None:
    odd = {"los_days": None, "icu_hours": None, "standard_payment_yuan": "0", "total_cost_yuan": "10000.01"}
    assert reasons(odd) == []
    found = find({**odd, "total_cost_yuan": "90000"}).cases.row(0, named=True)
    assert found["los_days"] is None
    assert found["cost_ratio"] is None


# ------------------------------------------------------------------------------------------- rank and quota


def test_rank_by_overrun_then_case_id_within_the_quota() -> None:
    costs = {"c": "30000", "b": "40000", "a": "30000", "d": "20000", "e": "19000", "f": "18000"}
    found = find(*[{"case_id": case, "total_cost_yuan": cost} for case, cost in costs.items()])
    # 106 discharges paid by group: 5 % are 5.3.
    assert found.cases.select("case_id", "rank", "within_quota").rows() == [
        ("b", 1, True), ("a", 2, True), ("c", 3, True), ("d", 4, True), ("e", 5, True), ("f", 6, False),
    ]  # fmt: skip
    assert found.quotas.rows(named=True) == [
        {
            "hospital_id": "H1", "year": 2025, "discharges": 106, "quota": 5, "special": 0, "candidates": 6,
            "within_quota": 5,
        }
    ]  # fmt: skip


def test_cases_that_are_special_already_use_up_the_quota() -> None:
    special = [{"case_id": f"s{n}", "case_class": "special"} for n in range(4)]
    found = find({"total_cost_yuan": "90000"}, {"case_id": "2", "total_cost_yuan": "80000"}, *special)
    assert found.cases["within_quota"].to_list() == [True, False]
    assert found.quotas["special"].to_list() == [4]


def test_hospitals_and_years_are_ranked_apart() -> None:
    dear = {"total_cost_yuan": "90000"}
    found = find(
        {**dear, "hospital_id": "H2"}, dear, {**dear, "case_id": "0", "discharge_date": datetime(2024, 1, 1)}
    )
    assert found.cases.select("hospital_id", "year", "rank").rows() == [
        ("H1", 2024, 1),
        ("H1", 2025, 1),
        ("H2", 2025, 1),
    ]
    # One discharge makes no quota: 5 % of it are rounded down.
    assert found.cases["within_quota"].to_list() == [False, True, False]
    assert found.quotas["quota"].to_list() == [0, 5, 0]


def test_only_the_hospitals_that_are_asked_for() -> None:
    dear = {"total_cost_yuan": "90000"}
    frame = priced(dear, {**dear, "hospital_id": "H2"}, {"hospital_id": "H2", "los_days": 90}).lazy()
    found = find_candidates(frame, loaded(), hospitals=["H2"])
    assert found.cases["hospital_id"].to_list() == ["H2"]
    assert found.quotas["hospital_id"].to_list() == ["H2"]
    # The mean of the group is that of all cases: 10, 10 and 90 days.
    assert found.cases["group_mean_los_days"].to_list() == [Decimal("36.6667")]
    with pytest.raises(InputError, match=r"no hospital 'H9'.*they have H1, H2"):
        find_candidates(frame, loaded(), hospitals=["H9"])


# ---------------------------------------------------------------------------------------------- bad input


def test_a_scheme_that_says_nothing_of_special_cases() -> None:
    for entries in ({}, {"settlement": sourced()}):
        with pytest.raises(SchemeError, match=r"\[settlement.special\]") as caught:
            special_review(loaded(None, **entries))
        assert "quota_share = 0.05" in str(caught.value)
        assert ("    [settlement]\n" in str(caught.value)) == (not entries)


def test_the_section_that_the_error_shows_can_be_used(tmp_path: Path) -> None:
    demo = load_scheme("demo").directory
    text = (demo / "scheme.toml").read_text(encoding="utf-8").partition("\n[settlement")[0]
    with pytest.raises(SchemeError) as caught:
        special_review(loaded(None))
    assert caught.value.fix is not None
    section = caught.value.fix.partition("\n")[2]
    directory = tmp_path / "mine"
    directory.mkdir()
    (directory / "weights.csv").write_bytes((demo / "weights.csv").read_bytes())
    (directory / "scheme.toml").write_text(text + "\n" + section + "\n", encoding="utf-8")
    assert special_review(load_scheme(directory)).icu_hours_at_least == 168


def test_cases_that_were_not_priced_or_otherwise() -> None:
    with pytest.raises(MissingColumnError, match="drg price"):
        find_candidates(priced({}).drop("payment_yuan").lazy(), loaded())
    with pytest.raises(InputError, match="priced with other, not with plain"):
        find_candidates(priced({}, {"scheme": "other"}).lazy(), loaded())


def test_what_could_not_be_looked_at_is_told() -> None:
    dear = {"total_cost_yuan": "90000"}
    frame = priced(dear, {**dear, "case_id": None}, {**dear, "hospital_id": None}).drop(
        "los_days", "icu_hours"
    )
    found = find_candidates(frame.lazy(), loaded())
    assert found.cases["case_id"].to_list() == ["1"]
    told = [en for _, en in found.skipped]
    assert len(told) == 4
    for part in ("los_days", "icu_hours", "transfer_departments", "2 cases without"):
        assert any(part in line for line in told), part
    assert all(zh for zh, _ in found.skipped)


def test_text_gives_the_same_as_numbers() -> None:
    cases = [
        {"case_id": str(n), "total_cost_yuan": str(9000 + 3000 * n), "los_days": 7 * n} for n in range(9)
    ]
    frame = priced(*cases)
    text = frame.with_columns(pl.all().cast(pl.String))
    typed = find_candidates(frame.lazy(), loaded())
    assert not typed.cases.is_empty()
    assert typed.cases.equals(find_candidates(text.lazy(), loaded()).cases)


# ---------------------------------------------------------------------------- equal to a slow calculation


CASES = st.fixed_dictionaries(
    {
        "hospital_id": st.sampled_from(["H1", "H2"]),
        "drg": st.sampled_from(["BR15", "BR11"]),
        "discharge_date": st.sampled_from([datetime(2024, 12, 31), datetime(2025, 1, 1)]),
        "case_class": st.sampled_from(["normal", "normal", "high", "low", "special", "ungrouped", "invalid"]),
        "los_days": st.sampled_from([None, 1, 5, 20, 60, 61]),
        "icu_hours": st.sampled_from([None, 0.0, 99.9, 100.0]),
        "total_cost_yuan": st.sampled_from(["100", "4999.99", "5000.50", "25000", "25000.01", "90000"]),
        "standard_payment_yuan": st.sampled_from(["0", "2000", "10000", "10000.01"]),
        "payment_yuan": st.sampled_from(["0", "2000", "10000"]),
    }
)


def slowly(cases: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Hospital, year, rank, within quota, case: worked out case by case."""
    inside = [case for case in cases if case["case_class"] in INSIDE]
    chosen = defaultdict(list)
    for case in inside:
        cost, paid, standard = (
            Fraction(case[n]) for n in ("total_cost_yuan", "payment_yuan", "standard_payment_yuan")
        )
        stays = [other["los_days"] for other in inside if other["drg"] == case["drg"]]
        stays = [days for days in stays if days is not None]
        days, hours = case["los_days"], case["icu_hours"]
        reached = [
            cost - paid >= Fraction("5000.5"),
            cost >= Fraction("2.5") * standard > 0,
            days is not None and days >= 60,
            days is not None and days >= 3 * Fraction(sum(stays), len(stays)),
            hours is not None and hours >= 100,
        ]
        if cost > paid and any(reached):
            chosen[case["hospital_id"], case["discharge_date"].year].append((paid - cost, case["case_id"]))
    rows = []
    for (hospital, year), found in sorted(chosen.items()):
        mine = [
            case["case_class"]
            for case in cases
            if (case["hospital_id"], case["discharge_date"].year) == (hospital, year)
        ]
        quota = math.floor(Fraction("0.25") * sum(name in INSIDE for name in mine)) - mine.count("special")
        for rank, (_, case_id) in enumerate(sorted(found), start=1):
            rows.append((hospital, year, rank, rank <= quota, case_id))
    return rows


@tries(0.6)
@given(st.lists(CASES, min_size=1, max_size=25))
def test_candidates_equal_a_slow_calculation(drawn: list[dict[str, Any]]) -> None:
    cases = [{**PLAIN, **case, "case_id": f"{place:03}"} for place, case in enumerate(drawn)]
    limits = {**LIMITS, "quota_share": Decimal("0.25")}
    found = find_candidates(priced(*cases).lazy(), loaded(limits))
    shown = found.cases.select("hospital_id", "year", "rank", "within_quota", "case_id")
    assert shown.rows() == slowly(cases)
    assert all(found.cases["reasons_zh"].str.len_chars() > 0)
    for row in found.cases.iter_rows(named=True):
        if row["standard_payment_yuan"]:
            exact = row["total_cost_yuan"] / row["standard_payment_yuan"]
            assert row["cost_ratio"] == exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
