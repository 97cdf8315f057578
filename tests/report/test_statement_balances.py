"""The balances of a statement, month by month, beside the settlement and the due dates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from drg.report.statement import write_statements
from drg.settlement import Settlement
from drg.settlement.due_dates import due_dates
from drg.settlement.input_tables import check_payments
from drg.settlement.working_days import WorkingDays
from tests.report.formulas import Workbook
from tests.settlement.strategies import priced_case, scheme
from tests.settlement.test_settle import settle_by

RULES: dict[str, Any] = {
    "due": {"claims_until_day": 10, "pay_within_working_days": 5, "clear_by": "06-30"},
    "disbursement": {"monthly_share": "0.9"},
    "off_site": {"home_areas": ["440100"], "counts": "real"},
}
# Of 2024 a thousand is not paid; in January too much is paid, and some of it paid back in February.
PAYMENTS = """period,kind,amount_yuan
2024-12,monthly,9000
2025-01,prepayment,500
2025-01,monthly,9200
2025-02,refund,100
2025-02,monthly,8000
"""


def settled(last: int) -> tuple[Settlement, pl.DataFrame]:
    """A case of 10,000 in December 2024, in January and from then on in every month."""
    days = [datetime(2024, 12, 3), *(datetime(2025, month, 3) for month in range(1, last + 1))]
    rows = [priced_case(case_id=f"C{n}", discharge_date=day) for n, day in enumerate(days)]
    rows.append(priced_case(case_id="away", insured_area="510100", discharge_date=days[1]))
    given = pl.read_csv(PAYMENTS.encode(), infer_schema=False).with_columns(
        hospital_id=pl.lit("H1"), insurance_type=pl.lit("310")
    )
    return settle_by(scheme(RULES), rows, payments=given), check_payments(given).frame


def tables_of(book: Path) -> list[list[tuple[Any, ...]]]:
    """The tables of balances, each without its heads."""
    rows = list(openpyxl.load_workbook(book, data_only=True)["分月"].values)
    starts = [n for n, row in enumerate(rows) if row[0] == "往来余额"]
    found = []
    for start in starts:
        assert rows[start + 2][:5] == ("月份", "上期结转", "应拨付", "已拨付", "期末余额")
        end = next((n for n in range(start + 3, len(rows)) if rows[n][0] is None), len(rows))
        found.append([row[:5] for row in rows[start + 3 : end]])
    return found


@pytest.mark.parametrize("last", [2, 12])
def test_balances_by_hand_and_by_due_dates(last: int, tmp_path: Path) -> None:
    settlement, payments = settled(last)
    book, page = write_statements(settlement, tmp_path, with_cases=False)
    for _, cell, formula, shown, value in Workbook(book).formulas():
        assert Decimal(str(shown)) == value, (cell, formula)
    # Patients from elsewhere have no balances: payments do not name them.
    before, now = tables_of(book)
    assert before[-2:] == [("2024-12", 0, 9000, 9000, 0), ("2024 清算变动", 0, 1000, 0, 1000)]
    # 9,000 and, as payments go, 9,200 paid; in February 9,000 for 7,900; of January 500 are paid in advance.
    assert now[:2] == [("2025-01", 1000, 9000, 9200, 800), ("2025-02", 800, 9000, 7900, 1900)]
    if last == 12:
        # The clearing adds what was held back, less the prepayment.
        assert now[-1] == ("2025 清算变动", 1900 + 10 * 9000, 12_000 - 500, 0, 91_900 + 11_500)
    text = page.read_text(encoding="utf-8")
    assert text.count("<h3>往来余额</h3>") == 2
    assert f"{now[-1][-1]:,.2f}" in text
    # The same as what is not paid by due dates, and as the balances of the settlement.
    due = due_dates(settlement, payments, date(2026, 7, 1), WorkingDays()).rows
    assert due["outstanding_yuan"].sum() == now[-1][-1]


def test_without_payments_and_dues_there_are_no_balances(tmp_path: Path) -> None:
    rows = [priced_case("invalid", discharge_date=datetime(2025, 1, 3))]
    book, page = write_statements(settle_by(scheme(RULES), rows), tmp_path, with_cases=False)
    assert tables_of(book) == []
    assert "往来余额" not in page.read_text(encoding="utf-8")
