"""The files of ``drg ledger statement`` beside those of ``drg settle``."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tests.cli.conftest import Drg
from tests.report import settled
from tests.report.looks import faults


@pytest.fixture
def ledger(drg: Drg, tmp_path: Path) -> Path:
    """A year of three hospitals that lack their scores."""
    made = settled.scheme(tmp_path, settled.RULES)
    settled.grouped().write_parquet(tmp_path / "grouped.parquet")
    for arguments in (
        ("price", tmp_path / "grouped.parquet", "-o", tmp_path / "priced.parquet", "-s", made),
        ("ledger", "add", tmp_path / "2025", "--scheme", made),
        ("ledger", "add", tmp_path / "2025", tmp_path / "priced.parquet"),
    ):
        outcome = drg(*arguments, "-q")
        assert outcome.code == 0, outcome.err
    return tmp_path / "2025"


def test_the_workbook_is_that_of_settle(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    out, own = tmp_path / "out", tmp_path / "own.xlsx"
    assert drg("ledger", "statement", ledger, "-o", out, "-q").code == 0
    assert drg("settle", tmp_path / "priced.parquet", "-s", tmp_path / "made", "-o", own, "-q").code == 0
    books = [openpyxl.load_workbook(file) for file in (out / "settlement.xlsx", own)]
    assert books[0].sheetnames == ["汇总", "年度", "月度", "累计", "预算", "待处理"]
    first, second = ({sheet.title: list(sheet.values) for sheet in book} for book in books)
    assert first == second
    assert list(faults(out / "settlement.xlsx")) == []


def test_a_hospital_sees_nothing_of_others(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert drg("ledger", "statement", ledger, "-o", out, "-q").code == 0
    assert {"H1", "H2"} <= set(pl.read_csv(out / "findings.csv")["hospital_id"])
    outcome = drg("ledger", "statement", ledger, "-o", tmp_path / "h2", "--hospital", "H2", "--lang", "zh")
    assert outcome.code == 0
    assert "没有考核得分" in outcome.out
    assert "H1" not in outcome.out
    findings = pl.read_csv(tmp_path / "h2" / "findings.csv")
    assert set(findings["hospital_id"].drop_nulls()) == {"H2"}
    cells = [
        cell
        for sheet in openpyxl.load_workbook(tmp_path / "h2" / "settlement.xlsx")
        for row in sheet.values
        for cell in row
    ]
    assert "H2" in cells
    assert not {"H1", "H3"} & set(cells)


def test_a_number_tells_the_entry(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "names.toml").write_text('number_prefix = "A"\nhospitals.H1 = "First"', encoding="utf-8")
    names = ("--names", tmp_path / "names.toml", "--lang", "en", "-q")
    outcome = drg("ledger", "statement", ledger, "-o", tmp_path / "out", "--hospital", "H1", *names)
    assert (outcome.code, outcome.err) == (0, "")
    page = (tmp_path / "out" / "statement-H1.html").read_text(encoding="utf-8")
    assert "First (H1)" in page
    assert "number: A-H1-2025-2" in page
    outcome = drg("ledger", "statement", ledger, "-o", tmp_path / "all", *names)
    assert "no name for 2 hospitals" in outcome.err


def test_a_place_that_cannot_be_is_refused(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = drg("ledger", "statement", ledger, "-o", tmp_path / "file")
    assert outcome.code == 1
    assert "Give the name of a directory" in outcome.err
