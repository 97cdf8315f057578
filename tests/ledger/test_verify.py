"""What was changed behind the ledger's back is found, named, and mended by the command that is stated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from drg.errors import LedgerError
from drg.ledger import Ledger
from drg.records.findings import ERROR, NOTICE
from drg.settlement.settlement_findings import SCHEMA
from tests.ledger.made import begun, priced, write

PAYMENTS = "hospital_id,insurance_type,period,kind,amount_yuan\nH1,310,2025-01,monthly,100.50\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scheme, January, its correction, February, which is emptied for H1, and a table of payments."""
    directory = tmp_path_factory.mktemp("made")
    ledger = begun(directory / "ledger")
    ledger.add_cases([write(priced("2025-01", 6), directory / "january.parquet")])
    ledger.add_cases([write(priced("2025-01", 4, first=2), directory / "better.csv")], correct=True)
    ledger.add_cases([write(priced("2025-02", 4), directory / "february.parquet")])
    ledger.add_cases([], empty=[("H1", "2025-02")])
    (directory / "payments.csv").write_text(PAYMENTS, encoding="utf-8")
    ledger.add_table("payments", directory / "payments.csv")
    shutil.copytree(ledger.directory, directory / "backup")
    return directory


@pytest.fixture
def year(made: Path, tmp_path: Path) -> Ledger:
    """A copy of the ledger and of its files, to be damaged."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Ledger(tmp_path / "ledger")


def file_of(ledger: Ledger, name: str) -> Path:
    return ledger.directory / "entries" / name


def damage(file: Path) -> None:
    """Change one bit in the middle; size and time of the file stay."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def rules(ledger: Ledger) -> list[tuple[str, str, int | None]]:
    found = ledger.verify()
    assert dict(found.schema) == dict(SCHEMA)
    assert set(found["table"]) <= {"ledger"}
    return found.select("rule", "severity", "row").rows()


def same(one: Path, two: Path) -> bool:
    files = [sorted(p.relative_to(d) for p in d.rglob("*") if p.is_file()) for d in (one, two)]
    return files[0] == files[1] and all((one / f).read_bytes() == (two / f).read_bytes() for f in files[0])


def test_nothing_is_wrong(year: Ledger) -> None:
    assert rules(year) == []


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("000002/cases.parquet", ["january.parquet"]),
        ("000002/months.parquet", []),
        ("000003/cases.parquet", ["better.csv"]),
        ("000003/months.parquet", []),
        ("000004/months.parquet", ["february.parquet"]),
        ("000005/months.parquet", []),
        ("000006/payments.parquet", ["payments.csv"]),
        ("000001/weights.csv", ["backup/entries/000001/weights.csv"]),
        ("000001/scheme.toml", ["backup/entries/000001/scheme.toml"]),
        ("000002/cases.parquet", ["backup/entries/000002/cases.parquet"]),
        ("000005/months.parquet", ["backup/entries/000005/months.parquet"]),
    ],
)
@pytest.mark.parametrize("gone", [False, True])
def test_a_file_is_changed_or_lost(
    year: Ledger, tmp_path: Path, name: str, sources: list[str], *, gone: bool
) -> None:
    file = file_of(year, name)
    if gone:
        file.unlink()
    else:
        damage(file)
    number = int(name[:6])
    assert rules(year) == [("file_missing" if gone else "file_changed", ERROR, number)]
    (finding,) = year.verify().to_dicts()
    assert name in finding["message"]
    assert name in finding["message_zh"]
    assert f"drg ledger restore {year.directory} {number}" in finding["fix"]
    with pytest.raises(LedgerError, match=f"{name}.*drg ledger verify"):
        year.settle()
    assert year.restore(number, [tmp_path / source for source in sources]) == [file.name]
    assert rules(year) == []
    assert same(year.directory, tmp_path / "backup")


@pytest.mark.parametrize("gone", [False, True])
def test_readers_say_where_to_look(year: Ledger, *, gone: bool) -> None:
    file = file_of(year, "000004/months.parquet")
    file.unlink() if gone else file.write_text("PAR1, but no Parquet")
    for read in (year.cases, year.months):
        with pytest.raises(LedgerError, match=r"000004/months\.parquet: .*drg ledger verify"):
            read()
    assert len(year.months(3)) == 2


def test_both_files_of_an_entry(year: Ledger, tmp_path: Path) -> None:
    for name in ("cases.parquet", "months.parquet"):
        damage(file_of(year, f"000003/{name}"))
    assert sorted(year.restore(3, [tmp_path / "better.csv"])) == ["cases.parquet", "months.parquet"]
    assert same(year.directory, tmp_path / "backup")


def test_restoring_takes_nothing_else(year: Ledger, tmp_path: Path) -> None:
    file = file_of(year, "000002/cases.parquet")
    assert year.restore(2, []) == []
    damage(file)
    content = file.read_bytes()
    with pytest.raises(LedgerError, match=r"february\.parquet is not what was added.*january\.parquet"):
        year.restore(2, [tmp_path / "february.parquet"])
    with pytest.raises(LedgerError, match=r"what was added is needed.*january\.parquet"):
        year.restore(2, [])
    with pytest.raises(LedgerError, match="entry 9 is missing"):
        year.restore(9, [])
    assert file.read_bytes() == content


def test_other_bytes_are_not_put_in_place(
    year: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another version of polars may write them."""
    from drg.ledger import kept_cases as cases

    def otherwise(files: list[Path], directory: Path, *_: object) -> None:
        pl.read_parquet(files[0]).write_parquet(directory / "cases.parquet")

    file = file_of(year, "000002/cases.parquet")
    damage(file)
    content = file.read_bytes()
    monkeypatch.setattr(cases, "store", otherwise)
    with pytest.raises(LedgerError, match=r"not the same bytes.*pip install polars=="):
        year.restore(2, [tmp_path / "january.parquet"])
    assert file.read_bytes() == content


@pytest.mark.parametrize("number", [1, 3, 6])
@pytest.mark.parametrize("how", ["gone", "no JSON", "not an entry", "edited", "of another number"])
def test_an_entry_is_damaged(year: Ledger, tmp_path: Path, number: int, how: str) -> None:
    file = file_of(year, f"{number:06}/entry.json")
    values = json.loads(file.read_text(encoding="utf-8"))
    texts = {
        "no JSON": "{",
        "not an entry": "{}",
        "edited": json.dumps({**values, "note": "nothing to see"}),
        "of another number": file_of(year, f"{number % 6 + 1:06}/entry.json").read_text(encoding="utf-8"),
    }
    if how == "gone":
        file.unlink()
    else:
        file.write_text(texts[how], encoding="utf-8")
    assert rules(year) == [("entry_damaged", ERROR, number)]
    with pytest.raises(LedgerError, match=rf"{file.parent.name}/entry\.json"):
        year.entries()
    backup = tmp_path / "backup" / "entries"
    with pytest.raises(LedgerError, match=r"entry|follow"):
        year.restore(number, [backup / f"{number % 6 + 1:06}" / "entry.json"])
    assert year.restore(number, [backup / f"{number:06}" / "entry.json"]) == ["entry.json"]
    assert rules(year) == []
    assert same(year.directory, tmp_path / "backup")


def test_an_entry_is_missing(year: Ledger, tmp_path: Path) -> None:
    shutil.rmtree(file_of(year, "000003"))
    assert rules(year) == [("entry_missing", ERROR, 3)]
    with pytest.raises(LedgerError, match="entry 3 is missing"):
        year.cases()
    assert len(year.entries(2)) == 2
    shutil.copytree(tmp_path / "backup" / "entries" / "000003", file_of(year, "000003"))
    assert rules(year) == []


def test_an_entry_is_exchanged(year: Ledger, tmp_path: Path) -> None:
    """By one that is sound in itself, of another ledger."""
    other = begun(tmp_path / "other")
    other.add_cases([write(priced("2025-07", 2), tmp_path / "july.parquet")])
    shutil.rmtree(file_of(year, "000002"))
    shutil.copytree(other.directory / "entries" / "000002", file_of(year, "000002"))
    assert ("chain_broken", ERROR, 3) in rules(year)
    with pytest.raises(LedgerError, match=r"entry . does not follow"):
        year.entries()


def test_what_does_not_belong_there(year: Ledger) -> None:
    (year.directory / "letter.txt").write_text("dear")
    file_of(year, "letter.txt").write_text("dear")
    file_of(year, "000002/letter.txt").write_text("dear")
    assert [rule for rule, _, _ in rules(year)] == ["not_of_the_ledger", "not_of_the_entry"]
    assert "letter.txt, entries/letter.txt" in year.verify()["message"][0]


def test_a_ledger_that_lies_in_itself(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases that are there twice, as a fault of the program might leave them, sealed and chained."""
    from drg.ledger import kept_cases as cases
    from drg.ledger import months

    ledger.add_cases([write(priced("2025-01", 4), tmp_path / "a.parquet")])
    monkeypatch.setattr(cases, "check_others", lambda *_: None)
    again = priced("2025-01", 4).with_columns(pl.col("discharge_date").dt.offset_by("1mo"))
    ledger.add_cases([write(again, tmp_path / "b.parquet")])
    assert rules(ledger) == [("cases_do_not_add_up", ERROR, None)]
    assert "8 cases should hold, 8 do; 4 are there more than once" in ledger.verify()["message"][0]
    write_months = months.write
    monkeypatch.setattr(
        months, "write", lambda own, to: write_months(own.with_columns(pl.col("cases") + 1), to)
    )
    ledger.add_cases([write(priced("2025-03", 4, first=9), tmp_path / "c.parquet")])
    assert ("rows_differ", ERROR, 4) in rules(ledger)


def test_other_versions_are_noticed(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pl, "__version__", "9.9.9")
    ledger.add_cases([write(priced("2025-01", 4), tmp_path / "a.parquet")])
    assert rules(ledger) == [("version_changed", NOTICE, 2)]
    assert "polars 9.9.9" in ledger.verify()["message_zh"][0]
