from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import polars as pl
import pytest

import drg
from drg.report.statement import write_statements
from drg.settlement import Settlement, settle
from tests.report import settled
from tests.report.formulas import Workbook


@cache
def two_years() -> Settlement:
    """2024 whole; of 2025 January to July without March, and a payment in August."""
    dates = pl.col("admission_date", "discharge_date")
    own = [pl.format("{}a", name).alias(name) for name in ("case_id", "patient_id")]
    before = settled.grouped(300, seed=2).with_columns(dates.dt.offset_by("-1y"), *own)
    now = settled.grouped(150, months=7).filter(pl.col("discharge_date").dt.month() != 3)
    rows = [("H1", "310", "2025-08", "daily", "5")]
    payments = pl.DataFrame(rows, settled.payments().columns, orient="row")
    with TemporaryDirectory() as place:
        made = settled.scheme(Path(place), settled.RULES)
        return settle(drg.price(pl.concat([before, now]), scheme=made), made, payments=payments)


FIGURES = {
    "病例数": "cases",
    "住院总费用": "cost_yuan",
    "支付合计": "payment_yuan",
    "基金应付": "entitlement_yuan",
}


def changes_of(book: Path, year: str) -> dict[str, dict[str, Any]]:
    """The table of changes of employees in a year: each month by head."""
    rows = list(openpyxl.load_workbook(book, data_only=True)["分月"].values)
    account = next(n for n, row in enumerate(rows) if "310" in str(row[0]) and year in str(row[0]))
    start = next(n for n, row in enumerate(rows) if n > account and row[0] == "环比与同比")
    heads, months = rows[start + 1], {}
    for row in rows[start + 2 :]:
        if row[0] is None:
            break
        months[str(row[0])] = {str(head): cell for head, cell in zip(heads, row, strict=True) if head}
    return months


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    directory = tmp_path_factory.mktemp("changes")
    return write_statements(two_years(), directory, hospitals=["H1"], with_cases=False)


def test_changes_are_those_of_the_months(files: list[Path]) -> None:
    settlement = two_years()
    (book, page) = files
    rows = settlement.rows.filter(span="month", hospital_id="H1", insurance_type="310")
    known = {row["period"]: row for row in rows.iter_rows(named=True) if row["cases"]}
    assert {"2024-12", "2025-01", "2025-07"} <= set(known)
    compared = 0
    for period, cells in changes_of(book, "2025").items():
        year, month = int(period[:4]), int(period[5:])
        last_month = f"{year}-{month - 1:02}" if month > 1 else f"{year - 1}-12"
        last_year = f"{year - 1}-{month:02}"
        for label, name in FIGURES.items():
            for earlier, then, change in ((last_month, "上月", "环比"), (last_year, "上年同月", "同比")):
                if earlier not in known:
                    assert cells[f"{label}\n{then}"] == cells[f"{label}\n{change}"] == "–"
                    continue
                before = Fraction(known[earlier][name])
                assert cells[f"{label}\n{then}"] == float(before)
                if period not in known or before <= 0:
                    assert cells[f"{label}\n{change}"] == "–"
                    continue
                share = Fraction(known[period][name]) / before - 1
                assert cells[f"{label}\n{change}"] == pytest.approx(float(share))
                compared += 1
    assert compared > 20
    for *_, shown, value in Workbook(book).formulas():
        assert float(value) == pytest.approx(shown, abs=1e-8)
    cost = [Decimal(known[period]["cost_yuan"]) for period in ("2025-01", "2025-02")]
    text = page.read_text(encoding="utf-8").partition("2025-08 累计")[2]
    assert "住院总费用 同比" in text
    assert f"{(cost[1] / cost[0] - 1) * 100:.2f}%" in text


def test_a_month_without_cases_is_compared_with_nothing(files: list[Path]) -> None:
    """March has no case, and neither has August, which has a payment alone."""
    months = changes_of(files[0], "2025")
    assert [months[f"2025-0{month}"]["病例数\n环比"] for month in (3, 4, 8)] == ["–", "–", "–"]
    assert months["2025-03"]["病例数\n上年同月"] > 0
    assert months["2025-03"]["病例数\n同比"] == "–"


def test_without_last_year_there_is_the_month_before_alone(tmp_path: Path) -> None:
    (book, page) = write_statements(
        settled.settlement(settled.RULES), tmp_path / "out", hospitals=["H1"], with_cases=False
    )
    months = changes_of(book, "2025")
    assert len(months) == 12
    assert months["2025-01"]["住院总费用\n环比"] == "–"
    assert "住院总费用\n同比" not in months["2025-01"]
    assert "同比" not in page.read_text(encoding="utf-8").replace("环比与同比", "")


def test_a_single_month_has_nothing_to_compare_with(tmp_path: Path) -> None:
    settlement = settled.settlement(settled.RULES, months=1, with_tables=False)
    (book, page) = write_statements(settlement, tmp_path / "out", hospitals=["H1"])
    assert "环比" not in page.read_text(encoding="utf-8")
    assert all(row[0] != "环比与同比" for row in openpyxl.load_workbook(book)["分月"].values)
