"""Each kind of workbook, as its readers see it: no word for nothing, no ####, the same bytes."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

import drg
from drg.analysis.calibration import calibrate, what_if
from drg.analysis.quality import evaluate
from drg.payment import load_scheme
from drg.records.workbook import NO_TIME
from drg.report.calibration import calibration_workbook, what_if_workbook
from drg.report.comparison.comparison_workbook import comparison_workbook
from drg.report.hospital import hospital_workbook
from drg.report.quality import workbook as quality_workbook
from drg.report.reconciliation import reconciliation_workbook
from drg.report.settlement_book import write_settlement
from drg.report.special_cases import applications
from drg.report.statement import write_statements
from drg.settlement.candidates import find_candidates
from tests.comparing import demo_groupers
from tests.report import settled
from tests.report.looks import faults


@pytest.fixture(scope="module")
def discharges() -> pl.DataFrame:
    """Simulated cases, dear enough to need wide columns."""
    return drg.simulate(1_000, "demo", seed=1, hospitals=3, mean_cost_yuan=2_700_000)


@pytest.fixture(scope="module")
def grouped(discharges: pl.DataFrame) -> pl.DataFrame:
    return drg.group(discharges, "demo")


def settlement_book(directory: Path) -> bytes:
    write_settlement(settled.settlement(RULES), directory / "s.xlsx", datetime(2025, 12, 31))
    return (directory / "s.xlsx").read_bytes()


def _reconciled(cases: pl.DataFrame) -> drg.Reconciliation:
    priced = drg.price(cases.head(40).with_columns(case_kind=None, incomplete=None), "demo")
    dearer = pl.col("payment_yuan") + pl.col("payment_yuan").rank("ordinal").cast(pl.Decimal(18, 2))
    return drg.reconcile(priced, priced.with_columns(dearer).slice(1))


def _month_of_a_hospital(cases: pl.DataFrame) -> drg.HospitalReport:
    return drg.hospital_report(
        drg.price(cases.with_columns(case_kind=None, incomplete=None), "demo"), hospital="H001"
    )


RULES = settled.RULES + settled.budget(100_000, "common_factor")


def statement_book(directory: Path) -> bytes:
    files = write_statements(settled.settlement(RULES), directory / "out", hospitals=["H1"])
    return files[0].read_bytes()


def application_book(directory: Path) -> bytes:
    rules = RULES.replace("quota_share = 0.5", "quota_share = 0.1\noverrun_yuan_at_least = 100")
    loaded = load_scheme(settled.scheme(directory, rules))
    candidates = find_candidates(drg.price(settled.grouped(), scheme=loaded.directory).lazy(), loaded)
    assert candidates.cases["within_quota"].n_unique() == 2
    return applications(candidates, loaded)


OF_SCHEMES = [settlement_book, statement_book, application_book]
OF_CASES: dict[str, Callable[[pl.DataFrame], bytes]] = {
    "quality": lambda cases: quality_workbook(evaluate(cases, with_homogeneity=True, previous=cases)),
    "calibration": lambda cases: calibration_workbook(calibrate(cases, budget="1e10")),
    "what if": lambda cases: what_if_workbook(
        what_if(cases, calibrate(cases).scheme("a"), calibrate(cases, trimming="none").scheme("b"))
    ),
    "hospital report": lambda cases: hospital_workbook(_month_of_a_hospital(cases), "zh"),
    "reconciliation": lambda cases: reconciliation_workbook(_reconciled(cases), "zh"),
    "comparison": lambda cases: comparison_workbook(drg.compare(cases, demo_groupers())),
}


def check(content: bytes) -> None:
    assert list(faults(io.BytesIO(content))) == []
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert {sheet.page_setup.paperSize for sheet in book} == {9}
    # Chinese stands first, in the heads as in the names of sheets.
    assert all(sheet.title.lstrip("0123456789 ")[0] >= "\u4e00" or "RIV" in sheet.title for sheet in book)


@pytest.mark.parametrize("make", OF_SCHEMES)
def test_workbooks_of_settlements(tmp_path: Path, make: Callable[[Path], bytes]) -> None:
    content = make(tmp_path)
    check(content)
    assert make(tmp_path) == content


@pytest.mark.parametrize("kind", OF_CASES)
def test_workbooks_of_analyses(
    kind: str, grouped: pl.DataFrame, discharges: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = discharges if kind == "comparison" else grouped
    content = OF_CASES[kind](cases)
    check(content)
    assert openpyxl.load_workbook(io.BytesIO(content)).properties.created == NO_TIME
    # A day later it is the same.
    now = time.time() + 86_400
    monkeypatch.setattr("time.time", lambda: now)
    assert OF_CASES[kind](cases) == content


def test_faults_are_found() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["None", 123_456_789.5, "none"])
    sheet["B1"].number_format = "#,##0.00;[Red]-#,##0.00"
    sheet.auto_filter.ref = "A1:C1"
    content = io.BytesIO()
    book.save(content)
    assert list(faults(content)) == [
        "Sheet: the header is not frozen",
        "Sheet!A1: 'None'",
        "Sheet!B1: 123,456,789.50 in a width of 8.43",
    ]


def test_a_settlement_is_in_chinese(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(settlement_book(tmp_path)))
    for name, span in (("年度", "年度"), ("月度", "月度"), ("累计", "累计"), ("预算", "年度")):
        head, *rows = book[name].values
        assert {row[head.index("口径")] for row in rows} == {span}
    head, *rows = book["年度"].values
    assert {row[head.index("人群")] for row in rows} == {"本地"}
