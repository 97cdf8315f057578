"""Due dates of accounts: worked by hand, and what they add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from drg import DueDates, SchemeError, Settlement
from drg.settlement.due_dates import DUE_COLUMNS, ITEMS, STATUSES, due_dates, due_on
from drg.settlement.input_tables import check_payments
from drg.settlement.working_days import WorkingDays
from tests.settlement.strategies import priced_case, scheme
from tests.settlement.test_settle import settle_by

RULES = {"claims_until_day": 10, "pay_within_working_days": 5, "clear_by": "06-30"}
# What the cases of H1 cost nobody else; 10,000 each.
MONTHS = ("2025-09", "2025-11", "2025-12", "2026-01")
GIVEN = """period,kind,amount_yuan,paid_on
2025-09,monthly,6000,2025-10-16
2025-09,monthly,4000,2025-10-20
2025-10,deduction,4000,
2025-11,monthly,6000,2025-12-17
"""


# What a scheme may have beside its due dates.
BESIDE = {
    "nothing": {},
    "clearing": {"disbursement": {"monthly_share": "0.9"}},
    "off_site": {"off_site": {"home_areas": ["440100"], "counts": "real"}},
    "in_province": {
        "off_site": {
            "home_areas": ["440100"],
            "counts": "simulated",
            "in_province": {"areas_begin_with": ["44"], "counts": "real"},
        }
    },
}


@cache
def settled(
    months: tuple[str, ...] = MONTHS, payments: str = GIVEN, beside: str = "nothing", **values: Any
) -> tuple[Settlement, pl.DataFrame]:
    rows = [
        priced_case(case_id=f"C{n}", discharge_date=datetime(int(month[:4]), int(month[5:]), 3), **values)
        for n, month in enumerate(months)
    ]
    given = pl.read_csv(payments.encode(), infer_schema=False).with_columns(
        hospital_id=pl.lit("H1"), insurance_type=pl.lit("310")
    )
    settlement = settle_by(scheme({"due": RULES, **BESIDE[beside]}), rows, payments=given)
    return settlement, check_payments(given).frame


def due(on: str, *, days: WorkingDays | None = None, **given: Any) -> DueDates:
    return due_dates(*settled(**given), date.fromisoformat(on), days or WorkingDays())


def told(found: DueDates, *columns: str) -> list[tuple[Any, ...]]:
    return found.rows.select(*columns).rows()


def rules_of(found: DueDates) -> list[str]:
    return found.findings["rule"].to_list()


def test_worked_by_hand() -> None:
    found = due("2026-01-20")
    assert found.rows.columns == [column.name for column in DUE_COLUMNS]
    day = date.fromisoformat
    assert told(found, "period", "due_on", "due_yuan", "offset_yuan", "paid_yuan", "outstanding_yuan") == [
        # Claims until Friday 10 October; worked are Saturday 11 and Monday to Thursday.
        ("2025-09", day("2025-10-16"), 10_000, 0, 10_000, 0),
        # Nothing but an audit deduction: offset against November.
        ("2025-10", day("2025-11-17"), -4000, -4000, 0, 0),
        ("2025-11", day("2025-12-17"), 10_000, 4000, 6000, 0),
        ("2025-12", day("2026-01-16"), 10_000, 0, 0, 10_000),
        # Spring Festival: 11, 12, 13 and Saturday 14 February, then the 24th.
        ("2026-01", day("2026-02-24"), 10_000, 0, 0, 10_000),
    ]
    assert told(found, "period", "late_yuan", "days_late", "status") == [
        ("2025-09", 4000, 4, "paid_late"),
        ("2025-10", 0, 0, "offset"),
        ("2025-11", 0, 0, "paid"),
        ("2025-12", 10_000, 4, "overdue"),
        ("2026-01", 0, 0, "not_due"),
    ]
    assert found.rows["deductions_yuan"].to_list() == [0, 4000, 0, 0, 0]
    assert found.rows["last_paid_on"].to_list()[:3] == [day("2025-10-20"), None, day("2025-12-17")]
    assert rules_of(found) == []
    assert "amounts overdue: 1" in repr(found)


def test_the_day_itself_is_in_time() -> None:
    assert told(due("2026-01-16"), "status")[3:] == [("not_due",), ("not_due",)]
    assert told(due("2026-01-17"), "status", "days_late")[3] == ("overdue", 1)


def test_given_days_move_due_dates() -> None:
    days = WorkingDays({date(2025, 10, 11): False, date(2025, 10, 13): False})
    found = due("2026-01-20", days=days)
    assert told(found, "due_on", "late_yuan", "status")[0] == (date(2025, 10, 20), 0, "paid")


def test_months_that_are_shorter_end_on_their_last_day() -> None:
    rules = scheme({"due": RULES | {"claims_until_day": 31, "pay_within_working_days": 1}}).settlement
    assert rules is not None
    assert rules.due is not None
    days = WorkingDays()
    assert due_on("2026-01", rules.due, days) == date(2026, 3, 2)
    assert due_on("2025-12", rules.due, days) == date(2026, 2, 2)


def test_a_year_without_known_holidays_is_named() -> None:
    found = due("2199-06-01", months=("2199-01", "2199-12"), payments="period,kind,amount_yuan\n")
    # Claims until Sunday 10 February; Monday to Friday.
    assert told(found, "due_on")[0] == (date(2199, 2, 15),)
    findings = found.findings.filter(rule="working_days_not_known")
    assert findings["period"].to_list() == ["2199", "2200"]
    assert "2199" in findings["message"][0]


def test_payments_without_a_date_are_in_time_and_counted() -> None:
    given = "period,kind,amount_yuan,paid_on\n2025-09,monthly,9000,\n2025-09,supplement,1000,不详\n"
    found = due("2026-01-20", payments=given)
    row = found.rows.row(0, named=True)
    assert (row["paid_yuan"], row["undated_yuan"], row["last_paid_on"]) == (10_000, 10_000, None)
    assert (row["late_yuan"], row["status"]) == (0, "paid")
    (finding,) = found.findings.filter(rule="payment_without_date").iter_rows(named=True)
    assert "2 payments without paid_on, 10,000.00 yuan" in finding["message"]


def test_payments_after_the_day_are_not_counted() -> None:
    given = "period,kind,amount_yuan,paid_on\n2025-09,monthly,9000,2025-11-03\n2025-12,daily,500,\n"
    found = due("2025-11-02", payments=given)
    assert told(found, "paid_yuan", "outstanding_yuan")[0] == (0, 10_000)
    (finding,) = found.findings.filter(rule="payment_after_day").iter_rows(named=True)
    assert "2 payments after 2025-11-02, 9,500.00 yuan" in finding["message"]
    # Of a month that runs, a payment without a date was made by now.
    now = due("2025-12-20", payments=given)
    assert told(now, "paid_yuan", "undated_yuan")[:2] == [(9500, 500), (0, 0)]
    assert told(due("2025-12-01", payments=given), "paid_yuan")[0] == (9500,)
    assert told(due("2025-11-30", payments=given), "paid_yuan")[0] == (9000,)


def test_what_was_paid_beyond_what_is_due() -> None:
    given = "period,kind,amount_yuan,paid_on\n2025-09,monthly,45000,2025-10-01\n"
    given += "2025-09,refund,2000,2025-10-02\n"
    found = due("2026-01-20", months=("2025-09", "2025-12"), payments=given)
    items = told(found, "item", "due_yuan", "paid_yuan", "outstanding_yuan", "status")
    assert items == [
        ("refund", 2000, 2000, 0, "paid"),
        ("month", 10_000, 10_000, 0, "paid"),
        ("month", 10_000, 10_000, 0, "paid"),
        ("advance", 0, 23_000, -23_000, "paid_ahead"),
    ]


def test_the_clearing_is_due_and_arrears_are_named() -> None:
    payments = "period,kind,amount_yuan,paid_on\n2025-12,monthly,9000,2026-01-16\n"
    given: dict[str, Any] = {"months": ("2025-12",), "payments": payments, "beside": "clearing"}
    found = due("2026-07-01", **given)
    assert told(found, "item", "period", "due_on", "due_yuan", "status", "days_late") == [
        ("month", "2025-12", date(2026, 1, 16), 9000, "paid", 0),
        ("clearing", "2025", date(2026, 6, 30), 1000, "overdue", 1),
    ]
    (finding,) = found.findings.iter_rows(named=True)
    assert (finding["rule"], finding["hospital_id"]) == ("arrears_after_clearing", "H1")
    assert "1,000.00" in finding["message"]
    assert "前清后欠" in finding["message_zh"]
    assert rules_of(due("2026-06-30", **given)) == []


def test_a_year_that_is_not_cleared_in_time() -> None:
    given: dict[str, Any] = {"months": ("2025-09",), "payments": "period,kind,amount_yuan\n"}
    assert rules_of(due("2026-06-30", **given)) == []
    (finding,) = due("2026-07-01", **given).findings.iter_rows(named=True)
    assert (finding["rule"], finding["period"]) == ("clearing_overdue", "2025")
    assert "2025-09" in finding["message"]


@pytest.mark.parametrize(("beside", "area"), [("off_site", "110000"), ("in_province", "440300")])
def test_off_site_patients_have_no_due_dates_and_are_named(beside: str, area: str) -> None:
    payments = "period,kind,amount_yuan\n"
    found = due("2026-01-20", beside=beside, insured_area=area, payments=payments)
    assert found.rows.is_empty()
    assert rules_of(found) == ["off_site_not_due"]


def test_sums_are_those_of_the_settlement() -> None:
    payments = (
        GIVEN + "2025-09,refund,1500,2025-12-01\n2025-12,supplement,123.45,\n2026-01,daily,77.07,2026-01-09\n"
    )
    settlement, given = settled(payments=payments, beside="clearing")
    found = due_dates(settlement, given, date(2026, 12, 31), WorkingDays()).rows
    for year, payable, instalments in [(2025, 26_000, Decimal("14623.45")), (2026, 9000, Decimal("77.07"))]:
        own = found.filter(year=year)
        refunds = own.filter(item="refund")["due_yuan"].sum()
        assert own["due_yuan"].sum() - refunds == payable
        assert own["paid_yuan"].sum() - refunds == instalments
        assert own["offset_yuan"].sum() == 0
        assert own["outstanding_yuan"].sum() == payable - instalments
    # As the settlement has it.
    rows = settlement.rows.filter(span="year", year=2025)
    assert rows.select("payable_yuan", "instalments_yuan").row(0) == (26_000, Decimal("14623.45"))
    assert set(found["item"]) <= set(ITEMS)
    assert set(found["status"]) <= set(STATUSES)


def test_a_scheme_without_due_dates() -> None:
    settlement, given = settled()
    without = replace(settlement, scheme=settlement.scheme.model_copy(update={"settlement": None}))
    with pytest.raises(SchemeError, match=r"no section \[settlement\.due\]"):
        due_dates(without, given, date(2026, 1, 1), WorkingDays())


def test_every_column_is_explained() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    account = ("year", "insurance_type", "hospital_id", "item", "period", "status")
    lines = [f"| `{c.name}` | {c.label_zh} | {c.meaning} |" for c in DUE_COLUMNS if c.name not in account]
    assert [line for line in lines if line not in text] == []
    words = [f"`{word}` {zh}" for word, zh in (*ITEMS.items(), *STATUSES.items())]
    assert [word for word in words if word not in " ".join(text.split())] == []
