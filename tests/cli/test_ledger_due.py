"""``drg ledger due`` as a bureau uses it, and as docs/ledger.md tells it."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from drg import Ledger, price
from drg.records.cells import as_text
from tests.cli.conftest import Drg
from tests.profiles import quick_first

ROOT = Path(__file__).resolve().parents[2]
YEAR = ROOT / "examples" / "settlement"
DOCUMENT = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The year of the examples."""
    directory = tmp_path_factory.mktemp("due")
    priced = price(pl.read_csv(YEAR / "grouped.csv", infer_schema=False), YEAR / "scheme")
    priced.write_parquet(directory / "priced.parquet")
    book = Ledger.create(directory / "2025")
    book.add_scheme(YEAR / "scheme")
    book.add_cases([directory / "priced.parquet"])
    for kind in ("payments", "decisions", "scores"):
        book.add_table(kind, YEAR / f"{kind}.csv")
    return book.directory


def cells(text: str) -> list[list[str]]:
    """The rows of the tables on the screen."""
    return [[cell.strip() for cell in row.strip("│┃").split("│")] for row in re.findall(r"(?m)^│.*$", text)]


def test_what_is_late_and_what_is_next(drg: Drg, ledger: Path) -> None:
    outcome = drg("ledger", "due", ledger, "--on", "2026-01-20", "--lang", "en")
    assert outcome.code == 0, outcome.err
    # The document shows the same.
    (told,) = re.findall(r"<!-- due -->\n```text\n(.*?)```", DOCUMENT, re.DOTALL)
    assert told == outcome.out.partition("Findings")[0]
    rows = cells(outcome.out)
    assert rows[0] == ["H3", "390", "2025-12", "2026-01-16", *["5,472.00", "0.00", "0.00", "5,472.00", "4"]]
    assert rows[1][:3] == ["all", "", "amounts: 1"]
    assert rows[2][:5] == ["H1", "310", "2025 clearing", "2026-06-30", "4,465.00"]
    assert rows[2][7:] == ["4,465.00", "–"]
    assert rows[8][7] == "28,474.60"
    assert "Paid after the due date: 6,637.50 yuan (amounts: 1)." in outcome.out
    assert "1 payment after 2026-01-20, 5,472.00 yuan" in " ".join(outcome.out.split())


def test_arrears_after_the_clearing(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    summary = tmp_path / "s.json"
    outcome = drg("ledger", "due", ledger, "--on", "2026-07-01", "--lang", "zh", "--json", summary)
    assert outcome.code == 0
    assert "逾期未付" in outcome.out
    assert "arrears_after_clearing × 6" in outcome.err
    assert "前清后欠" in outcome.err
    told = json.loads(summary.read_text(encoding="utf-8"))
    assert {one["rule"]: one["count"] for one in told["findings"]} == {"arrears_after_clearing": 6}
    assert told["cases"] == 74


@pytest.mark.parametrize("ending", quick_first(["csv", "parquet", "xlsx"]))
def test_all_amounts_are_written(drg: Drg, ledger: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"due.{ending}"
    assert drg("ledger", "due", ledger, "--on", "2026-12-31", "-o", file, "-q").out == ""
    if ending == "parquet":
        rows = pl.read_parquet(file)
        assert rows.schema["due_on"] == pl.Date
    else:
        rows = pl.read_csv(file) if ending == "csv" else pl.read_excel(file)
    # Instalments, and what is payable, of the worked year: docs/settlement.md.
    employees = rows.filter(as_text(rows["insurance_type"]) == "310")
    for hospital, payable, paid in [("H1", "78835", "74370"), ("H3", "92601.6", "91584")]:
        own = employees.filter(hospital_id=hospital)
        assert Decimal(str(own["due_yuan"].sum())) == Decimal(payable)
        assert Decimal(str(own["paid_yuan"].sum())) == Decimal(paid)
    assert rows.height == 78


def test_a_table_of_days(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text("日期,是否工作日\n2026-01-13,否\nsoon,否\n", encoding="utf-8")
    outcome = drg("ledger", "due", ledger, "--on", "2026-01-20", "--holidays", file, "--max-errors", "0")
    assert outcome.code == 3
    assert cells(outcome.out)[0][3] == "2026-01-19"
    assert "holiday_date_unreadable × 1: row 3: date 'soon' is no date; the row is left out" in outcome.err


def test_holidays_of_a_year_that_nobody_knows_yet(drg: Drg, tmp_path: Path) -> None:
    priced = price(
        pl.read_csv(YEAR / "grouped.csv", infer_schema=False).with_columns(
            pl.col("discharge_date").str.replace("2025", "2098")
        ),
        YEAR / "scheme",
    )
    priced.write_parquet(tmp_path / "priced.parquet")
    book = Ledger.create(tmp_path / "2098")
    book.add_scheme(YEAR / "scheme")
    book.add_cases([tmp_path / "priced.parquet"])
    outcome = drg("ledger", "due", book.directory)
    assert (outcome.code, "Nothing is overdue" in outcome.out) == (0, True)
    assert "working_days_not_known × 2: 2098: the public holidays of 2098 are not known" in outcome.err
    assert "working_days_not_known" in outcome.out


def test_a_day_that_is_none_and_a_scheme_without_due_dates(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    wrong = drg("ledger", "due", ledger, "--on", "soon")
    assert (wrong.code, "'soon' is no day; write 2026-03-31" in wrong.err) == (2, True)
    text = (YEAR / "scheme" / "scheme.toml").read_text(encoding="utf-8")
    begin = text.index("[settlement.due]")
    without = text[:begin] + text[text.index("[[settlement.budgets]]") :]
    scheme = tmp_path / "scheme"
    scheme.mkdir()
    (scheme / "scheme.toml").write_text(without, encoding="utf-8")
    (scheme / "weights.csv").write_bytes((YEAR / "scheme" / "weights.csv").read_bytes())
    book = Ledger.create(tmp_path / "2025")
    book.add_scheme(scheme)
    priced = ledger.parent / "priced.parquet"
    book.add_cases([priced])
    refused = drg("ledger", "due", book.directory)
    assert refused.code == 1
    assert "no section [settlement.due]" in refused.err


def test_status_says_what_is_late(drg: Drg, ledger: Path) -> None:
    outcome = drg("ledger", "status", ledger, "--on", "2026-01-20", "--lang", "en")
    assert outcome.code == 0, outcome.err
    line = next(line for line in outcome.out.splitlines() if line.startswith("Late on"))
    # The document shows the same.
    assert line in DOCUMENT
    # The figures of drg ledger due.
    due = Ledger(ledger).due(on=date(2026, 1, 20))
    overdue, coming = due.rows.filter(status="overdue"), due.rows.filter(status="not_due")
    told = json.loads(drg("ledger", "status", ledger, "--on", "2026-01-20", "--json").out)
    assert told["late"] == {
        "on": "2026-01-20",
        "late_yuan": str(overdue["outstanding_yuan"].sum()),
        "amounts": 1,
        "hospitals": 1,
        "most_days_late": 4,
        "next_due_on": "2026-06-30",
        "next_due_yuan": str(coming["outstanding_yuan"].sum()),
        "findings": due.findings.height,
    }
    assert "5,472.00 yuan (amounts: 1, hospitals: 1, at most 4 days)" in line
    assert told["months"][0]["month"] == "2025-01"
    assert (told["entry"], len(told["entries"]), told["missing"]) == (5, 5, [])
    early = drg("ledger", "status", ledger, "--on", "2025-02-01", "--lang", "zh").out
    assert "截至 2025-02-01 没有逾期；下一应付日 2025-02-" in early


def test_status_without_due_dates_or_with_other_rules(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    assert json.loads(drg("ledger", "status", ledger, "--as-of", "1", "--json").out)["late"] is None
    other = tmp_path / "other"
    shutil.copytree(ledger, other)
    scheme = tmp_path / "scheme"
    shutil.copytree(YEAR / "scheme", scheme)
    text = (scheme / "scheme.toml").read_text(encoding="utf-8")
    (scheme / "scheme.toml").write_text(text.replace("value_yuan = 10000", "value_yuan = 9999"), "utf-8")
    Ledger(other).add_scheme(scheme, correct=True)
    outcome = drg("ledger", "status", other, "--lang", "en")
    assert outcome.code == 0
    assert "What is late is not known: " in outcome.out
    assert "had other rules or weights" in outcome.out
    told = json.loads(drg("ledger", "status", other, "--json", "--lang", "en").out)
    assert told["late"] is None
    assert "had other rules or weights" in told["late_not_known"]


def test_from_python(ledger: Path) -> None:
    book = Ledger(ledger)
    # Before the payments were added, all months were overdue; the prepayment is in none of them.
    before = book.due(on=date(2026, 1, 20), as_of=2).rows
    assert before.filter(status="overdue").height == before.filter(item="month").height
    assert book.due(close=False).rows.filter(item="clearing").is_empty()
