"""Entries on disk: one writer, one rename, nothing half there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from drg.errors import LedgerError, OutputError
from drg.ledger import Ledger, store
from tests.ledger.made import priced, write


def test_what_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="Begin one: drg ledger add"):
        Ledger(tmp_path / "none")
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(LedgerError, match="not an empty directory"):
        Ledger.create(tmp_path)
    with pytest.raises(LedgerError, match="not an empty directory"):
        Ledger.create(tmp_path / "letter.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_empty_directory_becomes_a_ledger(tmp_path: Path) -> None:
    assert Ledger.create(tmp_path).entries() == []
    assert Ledger(tmp_path).verify().is_empty()


def test_one_writer_at_a_time(ledger: Ledger, tmp_path: Path) -> None:
    file = write(priced("2025-01", 4), tmp_path / "a.parquet")
    with store.writing(ledger.directory), pytest.raises(LedgerError, match="another run is adding"):
        ledger.add_cases([file])
    assert ledger.add_cases([file]).entry.number == 2


def test_readers_need_no_lock(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add_cases([write(priced("2025-01", 4), tmp_path / "a.parquet")])
    with store.writing(ledger.directory):
        assert len(ledger.entries()) == 2
        assert ledger.cases().collect().height == 4
        assert ledger.verify().is_empty()


def test_a_number_is_taken_once(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where locks do not hold, the rename of the second of two writers fails."""

    @contextlib.contextmanager
    def unlocked(_: Path) -> Iterator[None]:
        yield

    one, two = (write(priced(f"2025-0{n}", 4), tmp_path / f"{n}.parquet") for n in (1, 2))
    publish = store.publish

    def late(directory: Path, made: Path, number: int) -> None:
        monkeypatch.setattr(store, "publish", publish)
        Ledger(directory).add_cases([two])
        publish(directory, made, number)

    monkeypatch.setattr(store, "writing", unlocked)
    monkeypatch.setattr(store, "publish", late)
    with pytest.raises(LedgerError, match="Run the same command again"):
        ledger.add_cases([one])
    assert [(entry.number, entry.first_month) for entry in ledger.entries()] == [(1, None), (2, "2025-02")]
    assert ledger.add_cases([one]).entry.number == 3
    assert ledger.verify().is_empty()


def test_a_writer_whose_directory_was_taken_away_publishes_nothing(ledger: Ledger) -> None:
    with store.adding(ledger.directory) as directory:
        (directory / "entry.json").write_text("{}")
        with store.writing(ledger.directory):
            assert store.leftovers(ledger.directory) == []
        with pytest.raises((LedgerError, OSError)):
            store.publish(ledger.directory, directory, 2)
    assert store.numbers(ledger.directory) == [1]


def test_leftovers_are_not_read_and_go(ledger: Ledger, tmp_path: Path) -> None:
    for name in (".adding-abc", ".trash-abc"):
        (ledger.directory / name).mkdir()
        (ledger.directory / name / "cases.parquet").write_text("half")
    assert len(ledger.entries()) == 1
    assert ledger.verify()["rule"].to_list() == ["leftover"]
    ledger.add_cases([write(priced("2025-01", 4), tmp_path / "a.parquet")])
    assert ledger.verify().is_empty()


def test_a_failed_addition_leaves_nothing(ledger: Ledger, tmp_path: Path) -> None:
    before = sorted(path for path in ledger.directory.rglob("*") if path.is_file())
    bad = priced("2025-01", 4).drop("scheme")
    with pytest.raises(Exception, match="scheme"):
        ledger.add_cases([write(bad, tmp_path / "a.parquet")])
    after = sorted(path for path in ledger.directory.rglob("*") if path.is_file())
    assert set(after) - set(before) <= {ledger.directory / "lock"}
    assert ledger.verify().is_empty()


def test_a_ledger_that_cannot_be_written(ledger: Ledger, tmp_path: Path) -> None:
    (ledger.directory / "lock").unlink()
    (ledger.directory / "lock").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        ledger.add_cases([write(priced("2025-01", 4), tmp_path / "a.parquet")])


def test_no_path_is_stored(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add_cases([write(priced("2025-01", 4), tmp_path / "a.parquet")])
    for file in ledger.directory.rglob("entry.json"):
        assert str(tmp_path) not in file.read_text(encoding="utf-8")
        assert "/" not in file.read_text(encoding="utf-8")
