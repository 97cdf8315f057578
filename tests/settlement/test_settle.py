"""What a settlement says of input that is wrong, and that any kind of frame gives the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import drg
from drg import InputError, MissingColumnError, SchemeError, Settlement
from drg.payment.load_scheme import load_scheme
from drg.payment.scheme import PaymentScheme
from drg.settlement.settlement_columns import SETTLEMENT_COLUMNS
from tests.payment.strategies import sourced
from tests.settlement.strategies import YEAR, frame, loaded, payments_frame, priced_case, scheme

DECEMBER = datetime(YEAR, 12, 3)
PLAIN = scheme()


def cases(count: int = 20, **values: Any) -> list[dict[str, Any]]:
    """So many cases of H1, the last in December."""
    return [
        priced_case(case_id=f"C{n}", **{"discharge_date": datetime(YEAR, min(n, 12), 3)} | values)
        for n in range(1, count + 1)
    ]


def settle(rows: Any, rules: dict[str, Any] | None = None, **tables: Any) -> Settlement:
    """Settle plain cases; tables are given as rows of text."""
    model = scheme(rules)
    frames: dict[str, Any] = {
        name: pl.DataFrame(table) if isinstance(table, list) else table for name, table in tables.items()
    }
    return settle_by(model, rows, **frames)


def settle_by(model: PaymentScheme, rows: Any, **tables: Any) -> Settlement:
    """Settle cases as if the scheme had priced them as it is."""
    by = loaded(model)
    priced = rows if isinstance(rows, pl.DataFrame) else frame(rows)
    return drg.settle(priced.with_columns(scheme_digest=pl.lit(by.pricing_digest)), by, **tables)


def found(settlement: Settlement, rule: str) -> dict[str, Any]:
    """The only finding of a rule; it says in both languages what is wrong and what mends it."""
    (finding,) = settlement.findings.filter(rule=rule).iter_rows(named=True)
    assert all(finding[name] for name in ("message", "message_zh", "fix", "fix_zh"))
    return finding


def rules_of(settlement: Settlement) -> list[str]:
    return settlement.findings["rule"].to_list()


def year(settlement: Settlement, hospital: str = "H1") -> dict[str, Any]:
    (row,) = settlement.rows.filter(span="year", hospital_id=hospital).iter_rows(named=True)
    return row


# ---------------------------------------------------------------------------------------------- special cases


def decision(case: str, payment: str | None = "1000.00", said: str = "approved") -> dict[str, Any]:
    return {"hospital_id": "H1", "case_id": case, "decision": said, "special_payment_yuan": payment}


def test_a_decision_for_an_unknown_case() -> None:
    settlement = settle(cases(), decisions=[decision("C2"), decision("C99")])
    finding = found(settlement, "decision_case_unknown")
    assert (finding["row"], finding["case_id"]) == (3, "C99")
    # The other one counts: 19 × 10,000, and 1,000.
    assert year(settlement)["payment_yuan"] == 191_000


def test_a_case_that_is_decided_twice() -> None:
    settlement = settle(cases(), decisions=[decision("C2"), decision("C2", "2000.00")])
    findings = settlement.findings.filter(rule="decision_twice")
    assert findings["row"].to_list() == [2, 3]
    assert year(settlement)["cases_special"] == 0
    # Mended as it says: one of them is deleted.
    assert year(settle(cases(), decisions=[decision("C2")]))["special_case_payment_yuan"] == 1000


def test_decisions_over_quota() -> None:
    # 5 % of 20 discharges is one.
    settlement = settle(cases(), decisions=[decision("C2"), decision("C3")])
    finding = found(settlement, "decision_over_quota")
    assert finding["case_id"] == "C3"
    assert "quota_share in [settlement.special]" in finding["fix"]
    assert year(settlement)["cases_special"] == 1
    # Mended as it says, by the share …
    wider = settle(cases(), {"special": {"quota_share": "0.1"}}, decisions=[decision("C2"), decision("C3")])
    assert (rules_of(wider), year(wider)["cases_special"]) == ([], 2)
    # … or by rejecting the other case.
    other = settle(cases(), decisions=[decision("C2", None, "rejected"), decision("C3")])
    assert (rules_of(other), other.decisions["case_id"].to_list()) == ([], ["C3"])


def test_without_decisions_no_case_id_is_asked_for() -> None:
    assert year(settle(frame(cases()).drop("case_id")))["cases"] == 20


# --------------------------------------------------------------------------------------------------- payments


def paid(amount: str, kind: str = "monthly", **values: Any) -> dict[str, Any]:
    row = {"hospital_id": "H1", "insurance_type": "310", "year": YEAR, "month": 3}
    return row | {"kind": kind, "amount": amount} | values


def test_instalments_above_the_entitlement() -> None:
    # 20 × 10,000 are due.
    settlement = settle(cases(), payments=payments_frame([paid("230000.50")]))
    finding = found(settlement, "paid_above_entitlement")
    assert finding["hospital_id"] == "H1"
    assert finding["fix"].endswith("add a payment of kind refund, 30000.50")
    assert year(settlement)["balance_yuan"] == Decimal("-30000.50")
    # Mended as it says.
    payments = payments_frame([paid("230000.50"), paid("30000.50", "refund", month=12)])
    mended = settle(cases(), payments=payments)
    assert (rules_of(mended), year(mended)["balance_yuan"]) == ([], 0)


def test_instalments_above_what_is_due_so_far() -> None:
    # Until March 30,000 are due; the year is not over.
    settlement = settle(cases(3), payments=payments_frame([paid("30000.01")]))
    finding = found(settlement, "paid_above_entitlement")
    assert (finding["period"], "0.01" in finding["message"]) == ("2025-03", True)


def test_payments_for_an_unknown_hospital() -> None:
    settlement = settle(cases(), payments=payments_frame([paid("500.00", hospital_id="H9")]))
    finding = found(settlement, "payment_without_cases")
    assert (finding["hospital_id"], finding["insurance_type"]) == ("H9", "310")
    # Nothing is lost: it has an account, which owes it.
    assert year(settlement, "H9")["balance_yuan"] == -500
    assert year(settlement)["balance_yuan"] == 200_000


def test_payments_that_cannot_be_used_are_named() -> None:
    table = payments_frame([paid("100.00", "bonus"), paid("1,5"), paid("100.00")])
    settlement = settle(cases(), payments=table)
    assert rules_of(settlement) == ["payment_kind_unknown", "payment_amount_unusable"]
    assert settlement.findings["row"].to_list() == [2, 3]
    assert year(settlement)["instalments_yuan"] == 100


# ----------------------------------------------------------------------------------------------------- scores

DEPOSIT = {"deposit": {"share": "0.1", "scores": [{"score_at_least": 0, "returned": 1}]}}


def score(hospital: str, **values: Any) -> dict[str, Any]:
    return {"hospital_id": hospital, "year": str(YEAR), "score": "90", "insurance_type": None} | values


def test_a_score_for_an_unknown_hospital_insurance_or_year() -> None:
    scores = [score("H1"), score("H9"), score("H1", insurance_type="390"), score("H1", year="2024")]
    settlement = settle(cases(), DEPOSIT, scores=scores)
    findings = settlement.findings.filter(rule="score_for_nobody")
    assert findings["row"].to_list() == [3, 4, 5]
    assert findings["hospital_id"].to_list() == ["H9", "H1", "H1"]
    assert findings["insurance_type"].to_list() == [None, "390", None]
    assert findings["period"].to_list() == ["2025", "2025", "2024"]
    assert year(settlement)["deposit_returned_yuan"] == 20_000


def test_a_score_that_is_missing() -> None:
    settlement = settle(cases(), DEPOSIT)
    assert found(settlement, "score_missing")["hospital_id"] == "H1"
    row = year(settlement)
    # Withheld, neither returned nor forfeited.
    assert (row["deposit_yuan"], row["deposit_returned_yuan"], row["deposit_forfeited_yuan"]) == (
        20_000,
        0,
        0,
    )
    assert row["balance_yuan"] == 180_000


def test_no_score_is_asked_for_where_nothing_depends_on_it() -> None:
    assert rules_of(settle(cases())) == []


# ------------------------------------------------------------------------------------------------------ cases


@pytest.mark.parametrize(
    ("column", "value"),
    [("hospital_id", None), ("hospital_id", "  "), ("insurance_type", None), ("discharge_date", None)],
)
def test_cases_without_an_account_are_counted(column: str, value: Any) -> None:
    rows = [*cases(), priced_case(case_id="lost") | {column: value}]
    settlement = settle(rows)
    finding = found(settlement, "case_without_account")
    assert finding["message"] == f"1 case without a usable {column}: in no account"
    assert "drg check" in finding["fix"]
    assert settlement.rows.filter(span="year")["cases"].to_list() == [20]


@pytest.mark.parametrize("text", ["", "soon", "2025-13-01", "0000-00-00", "-001-01-01"])
def test_dates_that_cannot_be_read_are_counted(text: str) -> None:
    rows = frame(cases(2)).with_columns(pl.Series("discharge_date", ["2025-12-03", text]))
    settlement = settle(rows)
    assert "without a usable discharge_date" in found(settlement, "case_without_account")["message"]
    assert year(settlement)["cases"] == 1


def test_a_date_beyond_the_calendar_is_none() -> None:
    rows = frame(cases(2)).with_columns(pl.Series("discharge_date", [DECEMBER.date(), date(9999, 1, 1)]))
    far = rows.with_columns(pl.col("discharge_date").dt.offset_by("5000y").set_sorted())
    assert found(settle(far.tail(1)), "case_without_account")["message"].startswith("1 case ")


def test_nothing_to_settle() -> None:
    for rows in ([], [priced_case(hospital_id=None)]):
        settlement = settle(rows, {"budgets": [BUDGET]})
        assert settlement.rows.is_empty()
        assert settlement.rows.columns == [column.name for column in SETTLEMENT_COLUMNS]
        assert settlement.budgets.is_empty()


def test_held_cases_are_in_no_amount() -> None:
    held = [
        priced_case("invalid", case_id="C21", discharge_date=DECEMBER),
        priced_case("unpriced", case_id="C22", discharge_date=DECEMBER),
        priced_case(case_id="C23", discharge_date=DECEMBER, patient_share_yuan=None),
    ]
    settlement, without = settle([*cases(), *held]), settle(cases())
    finding = found(settlement, "cases_held")
    assert finding["message"].startswith("3 cases not settled")
    row, other = year(settlement), year(without)
    assert (row["cases"], row["cases_held"], row["cases_invalid"]) == (23, 3, 1)
    different = {name for name in row if row[name] != other[name]}
    assert different == {"cases", "cases_held", "cases_invalid", "cases_unpriced", "cases_normal"}


def test_a_cost_that_is_no_number_stops_nothing() -> None:
    """Pricing called such a case invalid; costs are read here as they are there."""
    rows = frame([*cases(2, discharge_date=DECEMBER), priced_case("invalid", discharge_date=DECEMBER)])
    costs = pl.Series("total_cost_yuan", ["9000.005", " 9000 ", "12 元"])
    settlement = settle(rows.with_columns(costs))
    # Half a fen goes up, as in pricing.
    assert year(settlement)["cost_yuan"] == Decimal("18000.01")
    assert year(settlement)["cases_held"] == 1
    floats = settle(rows.with_columns(pl.Series("total_cost_yuan", [9000.005, 9000.0, -5.0])))
    assert_frame_equal(floats.rows, settlement.rows)


def test_cases_without_a_patient_share() -> None:
    rows = frame(cases()).drop("patient_share_yuan", "other_payers_yuan")
    rows = rows.with_columns(patient_and_others_yuan=pl.lit(None, pl.Decimal(18, 2)))
    settlement = settle(rows)
    assert "patient_share_yuan" in found(settlement, "patient_share_not_given")["fix"]
    assert (year(settlement)["patient_and_others_yuan"], year(settlement)["entitlement_yuan"]) == (0, 200_000)


@pytest.mark.parametrize(
    ("patient", "others", "payment", "cost", "fund", "outcome"),
    [
        # What the patient bears covers the cost, though the payment alone would not.
        ("5000", None, "3000", "4000", "0", "1000"),
        ("3000", "2000", "3000", "6000", "0", "-1000"),
        ("1000", None, "3000", "4000", "2000", "-1000"),
    ],
)
def test_a_hospital_has_all_that_patients_bear(
    patient: str, others: str | None, payment: str, cost: str, fund: str, outcome: str
) -> None:
    row = priced_case(
        cost=cost,
        standard=payment,
        discharge_date=DECEMBER,
        patient_share_yuan=Decimal(patient),
        other_payers_yuan=None if others is None else Decimal(others),
    )
    found = year(settle([row]))
    assert found["entitlement_yuan"] == Decimal(fund)
    assert found["outcome_yuan"] == Decimal(outcome)
    borne = Decimal(patient) + Decimal(others or 0)
    assert found["patient_and_others_yuan"] + found["borne_above_payment_yuan"] == borne


def test_cases_that_were_priced_before_the_scheme_was_edited() -> None:
    then, now = loaded(scheme()), loaded(scheme(low=sourced(threshold="0.4", reference="mean")))
    priced = frame(cases()).with_columns(scheme_digest=pl.lit(then.pricing_digest))
    with pytest.raises(
        InputError, match="20 cases were priced when plain had other rules or weights"
    ) as error:
        drg.settle(priced, now)
    assert "drg price … --scheme plain" in str(error.value.fix)
    # The rules of settlement, titles and sources price nothing; a number may be written in another way.
    same = loaded(scheme({"limits": {"cap_of_cost": "1.1"}}, title="another", valid_from=date(2025, 1, 1)))
    assert same.pricing_digest == then.pricing_digest
    assert drg.settle(priced, same).rows.height > 0
    rate = [sourced(value_yuan=Decimal("10000.00"))]
    assert loaded(scheme(rates=rate)).pricing_digest == then.pricing_digest
    assert (
        loaded(scheme(rates=[sourced(value_yuan=Decimal("10000.01"))])).pricing_digest != then.pricing_digest
    )


@pytest.mark.parametrize("digest", [None, "absent"])
def test_cases_that_do_not_say_by_what_they_were_priced(digest: str | None) -> None:
    priced = frame(cases())
    if digest is None:
        priced = priced.with_columns(scheme_digest=pl.lit(None, pl.String))
    settlement = drg.settle(priced, loaded(PLAIN))
    assert found(settlement, "scheme_state_not_known")["message"].startswith("20 cases do not say")


def test_cases_outside_the_validity_are_named() -> None:
    rows = [*cases(), priced_case(case_id="late", discharge_date=datetime(YEAR + 1, 1, 1))]
    by = scheme(valid_from=date(YEAR, 1, 1), valid_to=date(YEAR, 12, 31))
    settlement = drg.settle(frame(rows), loaded(by))
    finding = found(settlement, "outside_validity")
    assert (finding["period"], finding["severity"]) == (str(YEAR + 1), "warning")
    assert finding["message"].startswith(f"1 case discharged when plain was not in force ({YEAR}-01-01 to")


def test_a_stray_case_does_not_clear_its_year() -> None:
    stray = priced_case(case_id="stray", discharge_date=datetime(YEAR - 1, 12, 30))
    settlement = settle([*cases(21), stray])
    assert settlement.closed == {YEAR - 1: False, YEAR: True}
    assert found(settlement, "year_is_stray")["message"].startswith(f"1 case of {YEAR - 1} beside 21")
    assert settle([*cases(20), stray]).closed == {YEAR - 1: True, YEAR: True}
    assert settle([*cases(21), stray], close=True).closed == {YEAR - 1: True, YEAR: True}
    assert settle([stray]).closed == {YEAR - 1: True}


def test_cases_of_another_scheme() -> None:
    rows = cases()
    rows[3]["scheme"] = "other-2025"
    with pytest.raises(InputError, match="1 case was priced with other-2025, not with plain") as error:
        settle(rows)
    assert "drg price" in str(error.value)
    assert "--scheme other-2025" in str(error.value)


def test_a_scheme_that_asks_for_other_columns() -> None:
    # That it is the wrong scheme is said before what it lacks.
    other = scheme(excluded_items=sourced()).model_copy(update={"id": "other"})
    rows = frame(cases()).drop("excluded_items_yuan", strict=False)
    with pytest.raises(InputError, match=r"the first case was priced with \w+, not with other"):
        drg.settle(rows, loaded(other))


def test_cases_of_no_scheme() -> None:
    with pytest.raises(InputError, match="20 cases were priced with no scheme, not with plain"):
        settle(cases(scheme=None))


def test_columns_that_are_missing() -> None:
    with pytest.raises(MissingColumnError) as error:
        settle(frame(cases()).drop("hospital_id", "insurance_type"))
    assert "hospital_id" in str(error.value)
    assert "医疗机构代码" in str(error.value)
    with pytest.raises(MissingColumnError, match="Price the cases first: drg price … --scheme plain"):
        settle(frame(cases()).drop("case_class", "drg_payment_yuan"))
    with pytest.raises(MissingColumnError, match="insured_area"):
        settle(
            frame(cases()).drop("insured_area"),
            {"off_site": {"home_areas": ["440100"], "counts": "real"}},
        )
    model = loaded(scheme(excluded_items=sourced()))
    with pytest.raises(MissingColumnError, match="excluded_items_yuan"):
        drg.settle(frame(cases()).drop("excluded_items_yuan"), model)


def test_columns_that_hold_what_they_cannot() -> None:
    rows = frame(cases(2)).with_columns(drg_payment_yuan=pl.Series(["10000.00", "ten"]))
    with pytest.raises(InputError, match="按病组支付 drg_payment_yuan holds something that is no number"):
        settle(rows)
    with pytest.raises(InputError, match="is not a table"):
        drg.settle([1, 2], loaded(PLAIN))


# ----------------------------------------------------------------------------------------- scheme and budgets

BUDGET = {"year": YEAR, "amount_yuan": 100_000, "excess": "common_factor", "remainder": "fund"}


def test_a_hospital_that_the_coefficient_table_does_not_name() -> None:
    coefficients = sourced(rows=[sourced(value="1.1", hospital="H1")])
    rows = [*cases(), priced_case(hospital_id="H2", discharge_date=DECEMBER)]
    settlement = settle_by(scheme(coefficients=coefficients), rows)
    finding = found(settlement, "hospital_not_in_coefficients")
    assert finding["hospital_id"] == "H2"
    assert '[[coefficients.rows]] with hospital = "H2"' in finding["fix"]
    both = sourced(rows=[sourced(value="1.1", hospital="H1"), sourced(value="1", hospital="H2")])
    assert rules_of(settle_by(scheme(coefficients=both), rows)) == []


def test_a_budget_for_another_insurance() -> None:
    settlement = settle(cases(), {"budgets": [BUDGET | {"insurance": "390"}]})
    assert rules_of(settlement) == ["budget_missing", "budget_without_accounts"]
    assert found(settlement, "budget_missing")["insurance_type"] == "310"
    assert found(settlement, "budget_without_accounts")["insurance_type"] == "390"
    assert year(settlement)["budget_adjustment_yuan"] == 0


def grouped(*rows: dict[str, Any], **budget: Any) -> dict[str, Any]:
    """Budgets of two groups of hospitals."""
    budgets = [BUDGET | budget | {"hospital_group": name} for name in ("county", "town")]
    return {"hospital_groups": list(rows), "budgets": budgets}


COUNTY_ROW = {"name": "county", "hospitals": ["H1", "H2"]}
TOWN_ROW = {"name": "town", "hospitals": ["H3"]}


def test_budgets_by_groups_of_hospitals() -> None:
    # 200,000 are claimed in each hospital: in the county 400,000 of 300,000, in the town 200,000.
    rows = [case for hospital in ("H1", "H2", "H3") for case in cases(hospital_id=hospital)]
    settlement = settle(rows, grouped(COUNTY_ROW, TOWN_ROW, amount_yuan=300_000))
    assert rules_of(settlement) == []
    names = ("hospital_group", "accounts", "claimed_yuan", "paid_yuan", "factor", "borne_by_fund_yuan")
    assert settlement.budgets.select(names).rows() == [
        ("county", 2, 400_000, 300_000, Decimal("0.75"), 0),
        ("town", 1, 200_000, 200_000, None, -100_000),
    ]
    entitled = settlement.rows.filter(span="year").select("hospital_id", "entitlement_yuan").rows()
    assert dict(entitled) == {"H1": 150_000, "H2": 150_000, "H3": 200_000}


def test_a_hospital_whose_group_is_not_known_is_named() -> None:
    rows = [case for hospital in ("H1", "H9") for case in cases(hospital_id=hospital)]
    settlement = settle(rows, grouped(COUNTY_ROW, TOWN_ROW, amount_yuan=300_000))
    assert rules_of(settlement) == ["hospital_group_not_known", "budget_without_accounts"]
    finding = found(settlement, "hospital_group_not_known")
    assert (finding["hospital_id"], finding["insurance_type"], finding["severity"]) == ("H9", "310", "error")
    assert "H9" in finding["fix_zh"]
    # A group of another year is none.
    settlement = settle(rows[:20], grouped(TOWN_ROW, COUNTY_ROW | {"year": YEAR}))
    assert rules_of(settlement) == ["budget_without_accounts"]
    rules = grouped(TOWN_ROW, COUNTY_ROW | {"year": YEAR + 1})
    del rules["budgets"][0]
    assert rules_of(settle(rows[:20], rules)) == ["hospital_group_not_known", "budget_without_accounts"]


def test_a_group_without_a_budget_is_named() -> None:
    rules = grouped(COUNTY_ROW, TOWN_ROW)
    del rules["budgets"][0]
    settlement = settle(cases(), rules)
    assert rules_of(settlement) == ["budget_missing", "budget_without_accounts"]
    assert "county" in found(settlement, "budget_missing")["message"]
    assert "（town）" in found(settlement, "budget_without_accounts")["message_zh"]


def test_a_budget_that_cannot_be_closed() -> None:
    # 12,000 by item are more than the 10,000 that there are for points and items together.
    points = sourced(kind="points", scale=100)
    budget = sourced(year=YEAR, amount_yuan=10_000, excess="point_value", remainder="point_value")
    rules = sourced(budgets=[budget])
    model = scheme(method=points).model_copy(
        update={"settlement": scheme({"budgets": [budget]}, method=points).settlement}
    )
    assert model.settlement is not None
    assert rules["budgets"]
    rows = [
        priced_case("short", cost="12000.00", discharge_date=DECEMBER),
        priced_case(points=Decimal(100), discharge_date=DECEMBER),
    ]
    settlement = drg.settle(frame(rows), loaded(model))
    assert found(settlement, "budget_not_closed")["severity"] == "error"
    (closed,) = settlement.budgets.iter_rows(named=True)
    assert (closed["closed_by"], closed["paid_yuan"], closed["carried_out_yuan"]) == (
        "not_possible",
        22_000,
        -12_000,
    )


def test_a_budget_that_is_far_from_what_is_claimed() -> None:
    # 200,000 are claimed; 20 are what is left of it in units of ten thousand.
    for amount, far in ((20, True), (99_999, True), (100_000, False), (400_000, False), (400_001, True)):
        settlement = settle(cases(), {"budgets": [BUDGET | {"amount_yuan": amount}]})
        assert rules_of(settlement) == ["budget_far_from_claims"] * far, amount
    assert "万元" in found(settlement, "budget_far_from_claims")["fix_zh"]


def test_a_year_that_is_not_over() -> None:
    settlement = settle(cases(9))
    finding = found(settlement, "year_not_cleared")
    assert "2025-09" in finding["message"]
    assert "--close" in finding["fix"]
    (forecast,) = settlement.rows.filter(span="forecast").iter_rows(named=True)
    # Nine months of 10,000 are twelve thirds of 90,000.
    assert (forecast["payment_yuan"], forecast["cases"], settlement.closed) == (120_000, 12, {YEAR: False})


def test_a_year_that_is_forecast_ends_with_its_cases() -> None:
    # What is paid later does not make the year longer.
    settlement = settle(cases(3), payments=payments_frame([paid("100.00", month=9)]))
    assert "end with 2025-03:" in found(settlement, "year_not_cleared")["message"]


def test_a_month_that_a_hospital_lacks() -> None:
    # H2 lacks December; H3 has cases now and then, H4 begins in March.
    months = {"H1": range(1, 13), "H2": range(1, 12), "H3": (2, 7), "H4": range(3, 13)}
    rows = [
        priced_case(hospital_id=hospital, case_id=str(n), discharge_date=datetime(YEAR, n, 3))
        for hospital, own in months.items()
        for n in own
    ]
    settlement = settle(rows)
    assert rules_of(settlement) == ["month_without_cases"]
    finding = found(settlement, "month_without_cases")
    assert (finding["hospital_id"], finding["message"]) == ("H2", "no cases in 2025-12")


def test_a_year_that_is_cleared_before_its_end() -> None:
    closed = settle_by(PLAIN, cases(9), close=True)
    finding = found(closed, "year_cleared_early")
    assert ("2025-09" in finding["message"], "--close" in finding["fix"]) == (True, True)
    assert (rules_of(closed), year(closed)["payment_yuan"]) == (["year_cleared_early"], 90_000)


# ---------------------------------------------------------------------------------- scheme.toml, line by line


def written(directory: Path, section: str) -> Path:
    head = 'id = "mine"\ntitle = "mine"\nregion = "none"\ngrouper = "demo"\nstatus = "illustrative"\n'
    source = 'source = "made up"\n'
    parts = ['[method]\nkind = "rate"\n', "[[rates]]\nvalue_yuan = 10000\n"]
    parts += [f'[{name}]\npays = "nothing"\n' for name in ("ungrouped", "ambiguous", "unweighted")]
    text = head + source + "".join(part + source for part in parts)
    text += "[settlement]\n" + source + section.replace("SOURCE", source)
    (directory / "scheme.toml").write_text(text, encoding="utf-8")
    (directory / "weights.csv").write_text("drg,relative_weight\nBR15,1\n", encoding="utf-8")
    return directory


SURPLUS = '[settlement.surplus]\nmode = "marginal"\nSOURCE'
OVERRUN = '[settlement.overrun]\nmode = "whole"\nSOURCE'
POINT_VALUE = (
    "[[settlement.budgets]]\nyear = 2025\namount_yuan = 1000\n"
    'excess = "point_value"\nremainder = "point_value"\nSOURCE'
)
DUE = '[settlement.due]\nclaims_until_day = 10\npay_within_working_days = 5\nclear_by = "06-30"\nSOURCE'
OFF_SITE = '[settlement.off_site]\nhome_areas = ["440100"]\ncounts = "real"\nSOURCE'
NEAR = '[settlement.off_site.in_province]\nareas_begin_with = ["44"]\ncounts = "real"\nSOURCE'
COUNTY = '[[settlement.hospital_groups]]\nname = "county"\nhospitals = ["H1", "H2"]\nSOURCE'
ONE_BUDGET = (
    '[[settlement.budgets]]\nyear = 2025\namount_yuan = 1000\nexcess = "fund"\nremainder = "fund"\nSOURCE'
)


@pytest.mark.parametrize(
    ("section", "field", "said"),
    [
        (
            SURPLUS + "bands = [{ utilisation_at_least = 0.5, hospital_keeps = 1 }]\n",
            "settlement.surplus",
            "the first row must begin at utilisation_at_least = 0",
        ),
        (
            SURPLUS + "bands = [{ utilisation_at_least = 0, hospital_keeps = 1 }, "
            "{ utilisation_at_least = 0.8, hospital_keeps = 1 }, "
            "{ utilisation_at_least = 0.7, hospital_keeps = 1 }]\n",
            "settlement.surplus",
            "rows must be in order of utilisation_at_least, without overlap",
        ),
        (
            SURPLUS + "bands = [{ utilisation_at_least = 0, hospital_keeps = 1 }, "
            "{ utilisation_at_least = 1, hospital_keeps = 1 }]\n",
            "settlement.surplus",
            "bands of a surplus end at 1",
        ),
        (
            SURPLUS + "bands = [{ utilisation_at_least = 0, hospital_keeps = 70 }]\n",
            "settlement.surplus.bands.1.hospital_keeps",
            "hospital_keeps is 70; it should be less than or equal to 1",
        ),
        (
            SURPLUS + "bands = [{ utilisation_at_least = 0, hospital_keep = 1 }]\n",
            "settlement.surplus.bands.1.hospital_keep",
            "Did you mean 'hospital_keeps'",
        ),
        (SURPLUS + "bands = []\n", "settlement.surplus.bands", "bands = [{ utilisation_at_least"),
        (
            OVERRUN + "bands = [{ utilisation_at_least = 1.1, fund_bears = 0.5 }]\n",
            "settlement.overrun",
            "the first row must begin at utilisation_at_least = 1",
        ),
        ("[settlement.limits]\nSOURCE", "settlement.limits", "give cap_of_cost, floor_of_cost or both"),
        (
            "[settlement.limits]\ncap_of_cost = 1\nfloor_of_cost = 1.1\nSOURCE",
            "settlement.limits.floor_of_cost",
            "floor_of_cost = 0.8",
        ),
        (
            "[settlement.limits]\ncap_of_cost = 0.7\nfloor_of_cost = 0.8\nSOURCE",
            "settlement.limits",
            "floor_of_cost is above cap_of_cost",
        ),
        (
            "[settlement.prepayment]\nrecover_months = 13\nSOURCE",
            "settlement.prepayment.recover_months",
            "recover_months is 13; it should be less than or equal to 12. "
            "Write it like this: recover_months = 12",
        ),
        (
            "[settlement.disbursement]\nmonthly_share = 0.5\ndaily_share = 0.6\nSOURCE",
            "settlement.disbursement",
            "it cannot be below daily_share",
        ),
        (
            "[settlement.disbursement]\nmonthly_share = 0.96\nSOURCE[settlement.deposit]\nshare = 0.05\n"
            "scores = [{ score_at_least = 0, returned = 1 }]\nSOURCE",
            "settlement",
            "disbursement.monthly_share and deposit.share are together more than 1",
        ),
        (
            "[settlement.quality]\nscores = [{ score_at_least = 60, factor = 1 }]\nSOURCE",
            "settlement.quality",
            "the first row must begin at score_at_least = 0",
        ),
        (ONE_BUDGET + ONE_BUDGET, "settlement", "two budgets are for the same year, insurance and group"),
        (
            ONE_BUDGET + ONE_BUDGET.replace("year", 'insurance = "310"\nyear', 1),
            "settlement",
            "in 2025 a budget is for all insurances, and another for one of them",
        ),
        (
            ONE_BUDGET.replace("year", 'hospital_group = "county"\nyear'),
            "settlement",
            "a budget of 2025 is for the group county, which has no hospitals",
        ),
        (
            COUNTY + ONE_BUDGET + ONE_BUDGET.replace("year", 'hospital_group = "county"\nyear'),
            "settlement",
            "in 2025 a budget is for all hospitals, and another for a group of them",
        ),
        (
            COUNTY + COUNTY.replace("county", "town"),
            "settlement",
            "hospital H1 is in the groups county and town in the same year",
        ),
        (
            ONE_BUDGET.replace("year", 'reserve_covers = "overruns"\nyear'),
            "settlement.budgets.1",
            "give reserve_share, such as 0.05",
        ),
        (
            ONE_BUDGET.replace("year", 'reserve_share = 0.05\nreserve_covers = "overruns"\nyear'),
            "settlement",
            "or leave out reserve_covers",
        ),
        (
            ONE_BUDGET.replace("1000", "1000.001"),
            "settlement.budgets.1.amount_yuan",
            "Write it like this: amount_yuan = 120000000",
        ),
        (
            ONE_BUDGET.replace('excess = "fund"', 'excess = "share"'),
            "settlement.budgets.1.excess",
            'excess = "common_factor"',
        ),
        (
            ONE_BUDGET.replace('excess = "fund"\n', ""),
            "settlement.budgets.1.excess",
            'excess is missing. Add excess = "common_factor"',
        ),
        (
            ONE_BUDGET.replace('excess = "fund"', 'excess = "point_value"'),
            "settlement.budgets.1",
            "give point_value for both or neither",
        ),
        (
            ONE_BUDGET.replace('excess = "fund"', 'excess = "hospitals_over"'),
            "settlement",
            'write excess = "common_factor"',
        ),
        (POINT_VALUE, "settlement.budgets", "point_value closes a budget under the points method only"),
        (
            POINT_VALUE + "[settlement.limits]\ncap_of_cost = 1.1\nSOURCE",
            "settlement",
            "surplus, overrun or limits would open it",
        ),
        (
            '[settlement.rounding]\nunit = "jiao"\nSOURCE',
            "settlement.rounding.unit",
            'unit = "fen" or "yuan"',
        ),
        (
            '[settlement.off_site]\nhome_areas = []\ncounts = "real"\nSOURCE',
            "settlement.off_site.home_areas",
            'home_areas = ["440100"]',
        ),
        (
            OFF_SITE + NEAR.replace('"44"', '"45", "46"'),
            "settlement.off_site",
            "no home area begins with 45, 46",
        ),
        (
            OFF_SITE + NEAR.replace('counts = "real"', 'counts = "yes"'),
            "settlement.off_site.in_province.counts",
            'counts = "real" or "simulated"',
        ),
        (
            DUE.replace("10", "32"),
            "settlement.due.claims_until_day",
            "Write it like this: claims_until_day = 10",
        ),
        (
            DUE.replace("06-30", "02-30"),
            "settlement.due.clear_by",
            "clear_by is '02-30', which is no day of every year",
        ),
        (DUE.replace("06-30", "6-30"), "settlement.due.clear_by", 'clear_by = "06-30"'),
        (
            DUE.replace("days = 5", "days = 90"),
            "settlement.due.pay_within_working_days",
            "pay_within_working_days is 90; such a number is usually between 1 and 60",
        ),
        (
            "[settlement.special]\nquota_share = 5\nSOURCE",
            "settlement.special.quota_share",
            "quota_share = 0.05",
        ),
        (
            '[settlement.special]\nquotas = [{ level = "3", share = 5 }]\nSOURCE',
            "settlement.special.quotas.1.share",
            "share = 0.7",
        ),
        (
            '[settlement.special]\nquota_share = 0.05\nquotas = [{ level = "3", share = 0.005 }]\nSOURCE',
            "settlement.special",
            "not both",
        ),
        (
            '[settlement.special]\nquotas = [{ level = "3", share = 0 }, { level = "三级", share = 0 }]\n'
            "SOURCE",
            "settlement.special",
            "two quotas are for the same level",
        ),
    ],
)
def test_what_a_scheme_cannot_say(section: str, field: str | None, said: str, tmp_path: Path) -> None:
    with pytest.raises(SchemeError) as error:
        load_scheme(written(tmp_path, section))
    assert said in str(error.value)
    assert error.value.field == field
    assert error.value.fix
    text = (tmp_path / "scheme.toml").read_text(encoding="utf-8").splitlines()
    if field is not None:
        # The line is one of the section.
        assert error.value.row is not None
        assert error.value.row >= text.index("[settlement]") + 1


# --------------------------------------------------------------------------------------------- kinds of frame


def _arrow(rows: pl.DataFrame) -> Any:
    return rows.to_arrow()


def _pandas(rows: pl.DataFrame) -> Any:
    return rows.to_pandas()


def _text(rows: pl.DataFrame) -> pl.DataFrame:
    """As a CSV file has it."""
    return pl.read_csv(rows.write_csv().encode(), infer_schema=False)


@pytest.mark.parametrize("kind", [pl.DataFrame.lazy, _arrow, _pandas, _text])
def test_any_kind_of_frame_gives_the_same(kind: Callable[[pl.DataFrame], Any]) -> None:
    rules: dict[str, Any] = {
        **DEPOSIT,
        "off_site": {"home_areas": ["440100"], "counts": "real"},
        "overrun": {"mode": "marginal", "bands": [{"utilisation_at_least": 1, "fund_bears": "0.6"}]},
    }
    rows = frame(
        [
            *cases(),
            priced_case(cost="10000.01", discharge_date=DECEMBER, insured_area="440100"),
            priced_case("long", cost="700.10", discharge_date=DECEMBER, insured_area="510100"),
            priced_case("high", cost="40000.00", paid="20000.55", discharge_date=DECEMBER, hospital_id="H2"),
            priced_case("invalid", cost="0.00", standard=None, relative_weight=None),
        ]
    )
    payments = payments_frame([paid("1234.56"), paid("10", "daily")])
    decisions, scores = pl.DataFrame([decision("C2", None)]), pl.DataFrame([score("H1")])
    model = loaded(scheme(rules))
    expected = drg.settle(rows, model, payments=payments, decisions=decisions, scores=scores)
    assert {"local", "off_site"} == set(expected.rows["basis"])
    result = drg.settle(
        kind(rows), model, payments=kind(payments), decisions=kind(decisions), scores=kind(scores)
    )
    assert_frame_equal(result.rows, expected.rows)
    assert_frame_equal(result.findings, expected.findings)


def test_off_site_patients_count_outside_the_budget_or_not_at_all() -> None:
    rows = [*cases(), *cases(insured_area="510100"), priced_case(insured_area=" ", discharge_date=DECEMBER)]
    for counts, basis, balance in (("real", "off_site", 200_000), ("simulated", "off_site_simulated", 0)):
        settlement = settle(
            rows, {"off_site": {"home_areas": ["440100"], "counts": counts}, "budgets": [BUDGET]}
        )
        away, local = settlement.rows.filter(span="year").sort("basis", descending=True).iter_rows(named=True)
        # An area that is not known counts as home.
        assert (away["basis"], away["cases"], local["cases"]) == (basis, 20, 21)
        assert (away["entitlement_yuan"], away["budget_adjustment_yuan"]) == (200_000, 0)
        assert (away["payable_yuan"], away["balance_yuan"]) == (balance, balance)
        assert (local["entitlement_yuan"], settlement.budgets["accounts"].to_list()) == (100_000, [1])


def test_months_by_the_date_of_settlement() -> None:
    rows = [
        priced_case(case_id="a", discharge_date=datetime(YEAR, 12, 30)),
        priced_case(case_id="b", discharge_date=datetime(YEAR, 12, 30)),
        priced_case(case_id="c", discharge_date=None),
        priced_case(case_id="d", discharge_date=datetime(YEAR, 12, 30)),
    ]
    settled = [datetime(YEAR, 12, 31), datetime(YEAR + 1, 1, 2), datetime(YEAR + 1, 1, 3), None]
    priced = frame(rows).with_columns(settlement_date=pl.Series(settled, dtype=pl.Datetime("us")))
    settlement = settle_by(scheme({"months_by": "settlement_date"}), priced)
    months = settlement.rows.filter(pl.col("cases") > 0, span="month")
    assert months.select("period", "cases").rows() == [(f"{YEAR}-12", 1), (f"{YEAR + 1}-01", 2)]
    finding = found(settlement, "case_without_account")
    assert finding["message"] == "1 case without a usable settlement_date: in no account"
    with pytest.raises(MissingColumnError, match="settlement_date"):
        settle_by(scheme({"months_by": "settlement_date"}), frame(rows))


def test_in_province_and_cross_province_are_settled_by_themselves() -> None:
    near = {"areas_begin_with": ["44"], "counts": "real"}
    rules = {"off_site": {"home_areas": ["440100"], "counts": "simulated", "in_province": near}}
    areas = (None, "440100", "440300", "440300", "510100")
    rows = [
        priced_case(case_id=str(n), insured_area=area, discharge_date=DECEMBER)
        for n, area in enumerate(areas)
    ]
    settlement = settle(rows, {**rules, "budgets": [BUDGET | {"amount_yuan": 20_000}]})
    assert settlement.rows.filter(span="year").select("basis", "cases", "payable_yuan").sort(
        "basis"
    ).rows() == [
        ("cross_province_simulated", 1, 0),
        ("in_province", 2, 20_000),
        ("local", 2, 20_000),
    ]
    assert settlement.budgets["accounts"].to_list() == [1]


def test_no_score_counts_for_off_site_patients() -> None:
    rules = {
        "off_site": {"home_areas": ["440100"], "counts": "real"},
        "quality": {"scores": [{"score_at_least": 0, "factor": "0.9"}]},
        **DEPOSIT,
    }
    rows = [*cases(), *cases(insured_area="510100")]
    settlement = settle(rows, rules, scores=[score("H1")])
    away, local = settlement.rows.filter(span="year").sort("basis", descending=True).iter_rows(named=True)
    assert (local["quality_adjustment_yuan"], local["deposit_yuan"]) == (-20_000, 20_000)
    assert (away["quality_adjustment_yuan"], away["deposit_yuan"]) == (0, 0)
    assert away["entitlement_yuan"] == 200_000


def test_a_score_multiplies_what_is_paid_by_points_alone() -> None:
    budget = {"year": YEAR, "amount_yuan": 500_000, "excess": "point_value", "remainder": "point_value"}
    rules = {"budgets": [budget], "quality": {"scores": [{"score_at_least": 0, "factor": "0.9"}]}}
    rows = [
        *cases(patient_share_yuan=Decimal(1000)),
        priced_case("short", cost="5000", discharge_date=DECEMBER),
    ]
    model = scheme(rules, method=sourced(kind="points", scale=100), rates=[sourced(value_yuan=100)])
    priced = frame(rows).with_columns(points=pl.lit(Decimal(100), pl.Decimal(18, 8)))
    found = year(settle_by(model, priced, scores=pl.DataFrame([score("H1")])))
    # A tenth of 200,000 by group; nothing of the 5,000 by item, and the patients' 20,000 do not matter.
    assert found["quality_adjustment_yuan"] == -20_000
    assert found["patient_and_others_yuan"] == 20_000
    assert found["entitlement_yuan"] == 500_000


def test_blanks_around_ids_do_not_part_an_account() -> None:
    rows = [*cases(), priced_case(hospital_id=" H1 ", insurance_type="310 ", discharge_date=DECEMBER)]
    assert year(settle(rows))["cases"] == 21


def test_years_are_settled_side_by_side() -> None:
    later = cases(2, discharge_date=datetime(YEAR + 1, 1, 3))
    settlement = settle([*cases(), *later])
    assert settlement.closed == {YEAR: True, YEAR + 1: False}
    assert settlement.rows.filter(span="forecast")["payment_yuan"].to_list() == [240_000]
