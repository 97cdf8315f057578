"""``drg ledger`` as a bureau uses it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Drg
from tests.ledger.made import priced, write
from tests.report import settled

PAYMENTS = "hospital_id,insurance_type,period,kind,amount_yuan\nH1,310,2025-01,monthly,100.50\n"
AT = ("--at", "2025-02-05T09:30")


@pytest.fixture
def ledger(drg: Drg, tmp_path: Path) -> Path:
    """January of two hospitals, March of one of them, and a payment."""
    directory = tmp_path / "2025"
    january = write(priced("2025-01", 40), tmp_path / "january.parquet")
    march = write(priced("2025-03", 10, ("H1",)), tmp_path / "march.csv")
    (tmp_path / "payments.csv").write_text(PAYMENTS, encoding="utf-8")
    for arguments in (
        ("--scheme", "demo"),
        (january, "--by", "H1", "--note", "一月"),
        (march,),
        (tmp_path / "payments.csv", "--kind", "payments"),
    ):
        outcome = drg("ledger", "add", directory, *arguments, *AT)
        assert outcome.code == 0, outcome.err
    return directory


def files(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_add_says_what_came_in(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    better = write(priced("2025-01", 12, ("H2",), first=100), tmp_path / "better.parquet")
    refused = drg("ledger", "add", ledger, better)
    assert refused.code == 1
    assert "H2 2025-01 (entry 2)" in refused.err
    command = refused.err.partition("in their place: ")[2].strip().removesuffix(".")
    assert command == f"drg ledger add {ledger} {better} --correct"
    losing = drg(*command.split()[1:])
    assert losing.code == 1
    assert "H2 has 20 cases in 2025-01, of which 12 would be left" in losing.err
    assert losing.err.endswith("--replace-months 20.\n")
    outcome = drg("ledger", "add", ledger, better, "--replace-months", "20")
    assert outcome.code == 0
    assert "Entry 5: cases, 12 cases, 1 hospitals, 2025-01" in outcome.out
    row = next(line for line in outcome.out.splitlines() if "│ H2" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["H2", "2025-01", "2", "20", "12"]
    assert drg("ledger", "add", ledger, "--empty", "H2:2025-01", "-q").out == ""
    assert drg("ledger", "verify", ledger).code == 0


def test_single_cases(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    late = write(priced("2025-01", 2, ("H2",), first=100), tmp_path / "late.parquet")
    added = drg("ledger", "add", ledger, late, "--append", "--lang", "zh")
    assert added.code == 0
    assert "补报 2 例" in added.out
    assert (
        "Entry 6: cases, 2 corrected, 22 cases" in drg("ledger", "add", ledger, late, "--correct-cases").out
    )
    assert drg("ledger", "add", ledger, late, "--append").code == 1
    dearer = pl.read_parquet(late).with_columns(pl.col("total_cost_yuan") + 1)
    odd = write(dearer, tmp_path / "odd.parquet")
    outcome = drg("ledger", "add", ledger, odd, "--correct-cases", "--json", tmp_path / "s.json")
    assert outcome.code == 0, outcome.err
    assert "2 cases: the surplus is not the payment less the cost" in " ".join(outcome.out.split())
    (found,) = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["findings"]
    assert (found["rule"], found["severity"]) == ("surplus_differs", "warning")
    assert drg("ledger", "verify", ledger).code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--append", "--correct-cases"), "--append and --correct-cases are different things"),
        (("--correct", "--replace-months", "3"), "--correct and --replace-months are different things"),
        (("--append", "--kind", "payments"), "--append is for a FILE of cases"),
        (("--correct-cases", "--empty", "H1:2025-01"), "--correct-cases and --empty do not go together"),
    ],
)
def test_ways_of_correcting_that_exclude_each_other(
    drg: Drg, ledger: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    outcome = drg("ledger", "add", ledger, write(priced("2025-01", 2), tmp_path / "a.parquet"), *options)
    assert outcome.code == 2
    assert said in outcome.err


def test_status(drg: Drg, ledger: Path) -> None:
    outcome = drg("ledger", "status", ledger)
    assert outcome.code == 0
    rows = [
        [c.strip() for c in line.strip("│").split("│")] for line in outcome.out.splitlines() if "│" in line
    ]
    assert rows[:3] == [
        ["2025-01", "2", "40", "48,000.00", "2"],
        ["2025-03", "1", "10", "12,000.00", "3"],
        ["all", "2", "50", "60,000.00", ""],
    ]
    assert rows[4] == ["2", "cases", "2025-01", "40", "–", "2025-02-05 09:30:00", "H1", "一月"]
    assert "Missing: H1 2025-02" in outcome.out
    assert "缺少：H1 2025-02" in drg("ledger", "status", ledger, "--lang", "zh").out
    seal = json.loads((ledger / "entries" / "000004" / "entry.json").read_bytes())["seal"]
    assert seal in outcome.out
    assert "2025-03" not in drg("ledger", "status", ledger, "--as-of", "2").out


def test_a_ledger_without_cases(drg: Drg, tmp_path: Path) -> None:
    assert drg("ledger", "add", tmp_path / "new", "--scheme", "demo").code == 0
    assert "支付方案" in drg("ledger", "status", tmp_path / "new", "--lang", "zh").out
    assert drg("ledger", "verify", tmp_path / "new").code == 0
    outcome = drg("ledger", "statement", tmp_path / "new", "-o", tmp_path / "out")
    assert outcome.code == 1
    assert "there are no cases yet" in outcome.err


def test_a_statement_is_the_same_later(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    outcome = drg("ledger", "statement", ledger, "-o", tmp_path / "first")
    assert outcome.code == 0, outcome.err
    assert "Settled as of entry 4" in outcome.out
    first = files(tmp_path / "first")
    assert {"settlement.parquet", "settlement.xlsx", "statement.json"} <= set(first)
    about = json.loads(first["statement.json"])
    assert (about["entry"], about["at"], about["cleared"]) == (4, "2025-02-05T09:30:00", {"2025": False})
    drg("ledger", "statement", ledger, "-o", tmp_path / "second", "-q")
    assert files(tmp_path / "second") == first
    better = write(priced("2025-01", 40, payment=1300), tmp_path / "better.parquet")
    assert drg("ledger", "add", ledger, better, "--correct").code == 0
    drg("ledger", "statement", ledger, "-o", tmp_path / "third", "-q")
    assert files(tmp_path / "third")["settlement.parquet"] != first["settlement.parquet"]
    drg("ledger", "statement", ledger, "-o", tmp_path / "fourth", "-q", "--as-of", "4")
    assert files(tmp_path / "fourth") == first
    with zipfile.ZipFile(tmp_path / "first" / "settlement.xlsx") as book:
        assert b"2025-02-05T09:30:00Z" in book.read("docProps/core.xml")


def test_a_statement_of_one_hospital(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    arguments = ("ledger", "statement", ledger, "-o", tmp_path / "out", "-q")
    assert drg(*arguments, "--hospital", "H2", "--close").code == 0
    rows = pl.read_parquet(tmp_path / "out" / "settlement.parquet")
    assert set(rows["hospital_id"]) == {"H2"}
    assert "year" in set(rows["span"])
    outcome = drg(*arguments, "--hospital", "H9")
    assert outcome.code == 1
    assert "no hospital 'H9'" in outcome.err


def test_a_changed_file_is_found_and_mended(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    file = ledger / "entries" / "000002" / "cases.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:-40] + b"x" * 40)
    outcome = drg("ledger", "verify", ledger)
    assert outcome.code == 1
    assert "error file_changed: 000002/cases.parquet was changed behind the ledger's back" in outcome.out
    chinese = drg("ledger", "verify", ledger, "--lang", "zh").out
    assert "错误 file_changed: 000002/cases.parquet 在台账之外被改动" in chinese
    settled = drg("ledger", "statement", ledger, "-o", tmp_path / "out")
    assert settled.code == 1
    assert "000002/cases.parquet" in settled.err
    assert not (tmp_path / "out").exists()
    mended = drg("ledger", "restore", ledger, "2", tmp_path / "january.parquet")
    assert (mended.code, mended.out) == (0, "Put back: cases.parquet.\n")
    assert file.read_bytes() == content
    assert drg("ledger", "verify", ledger, "-q").out == ""
    assert "完好" in drg("ledger", "restore", ledger, "2", "--lang", "zh").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Give a FILE, or --scheme"),
        (("a.csv", "--scheme", "demo"), "Add the scheme by itself"),
        (("--kind", "payments", "--scheme", "demo"), "Add the scheme by itself"),
        (("a.csv", "b.csv", "--kind", "payments"), "one file of payments at a time"),
        (("a.csv", "--kind", "scores", "--correct"), "to correct scores, give --replace N"),
        (("a.csv", "--replace", "3"), "to correct cases, give --correct"),
        (("a.csv", "--again"), "to correct cases, give --correct"),
        (("--empty", "H1"), "write HOSPITAL:MONTH"),
        (("a.csv", "--at", "soon"), "write 2025-02-05T09:30"),
        (("a.csv", "--kind", "letters"), "is not one of"),
    ],
)
def test_misuse(drg: Drg, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    outcome = drg("ledger", "add", tmp_path / "new", *arguments)
    assert outcome.code == 2
    assert told in " ".join(outcome.err.replace("│", " ").split())
    assert not (tmp_path / "new").exists()


def test_wrong_files(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("hospital_id,year,score\nH1,2025,90\n", encoding="utf-8")
    for arguments, told in (
        ((tmp_path / "none.csv",), "there is no such file"),
        ((tmp_path / "payments.csv",), "these look like payments"),
        ((tmp_path / "scores.csv",), "columns are missing"),
        ((tmp_path / "payments.csv", "--kind", "payments"), "--again"),
        ((tmp_path / "payments.csv", "--kind", "scores"), "score"),
    ):
        outcome = drg("ledger", "add", ledger, *arguments)
        assert outcome.code == 1
        assert told in outcome.err
    assert drg("ledger", "add", tmp_path / "none", tmp_path / "january.parquet").code == 1
    assert not (tmp_path / "none").exists()
    assert drg("ledger", "status", ledger, "--as-of", "9").code == 1
    assert drg("ledger", "add", tmp_path / "none", "--scheme", "no-such-scheme").code == 1
    assert not (tmp_path / "none").exists()


def test_what_is_odd_in_a_table_is_said(drg: Drg, ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "payments.csv"
    outcome = drg("ledger", "add", ledger, file, "--kind", "payments", "--again")
    assert outcome.code == 0
    assert "warning" in outcome.out


def test_a_chinese_workbook_is_kept_as_the_english_one(drg: Drg, tmp_path: Path) -> None:
    scheme = settled.scheme(tmp_path, settled.RULES)
    settled.grouped().write_parquet(tmp_path / "grouped.parquet")
    kept, accounts = [], []
    for lang in ("zh", "en"):
        book, ledger, out = tmp_path / f"{lang}.xlsx", tmp_path / lang, tmp_path / f"{lang}.csv"
        given = ("-s", scheme, "--lang", lang, "-q", "--reasons", "code")
        assert drg("price", tmp_path / "grouped.parquet", "-o", book, *given).code == 0
        assert drg("settle", book, "-o", out, "-s", scheme, "-q").code == 0
        assert drg("ledger", "add", ledger, "-s", scheme, "-q").code == 0
        outcome = drg("ledger", "add", ledger, book, "-q")
        assert outcome.code == 0, outcome.err
        (stored,) = ledger.rglob("cases.parquet")
        kept.append(pl.read_parquet(stored))
        accounts.append(out.read_bytes())
    assert kept[0].equals(kept[1])
    assert accounts[0] == accounts[1]
