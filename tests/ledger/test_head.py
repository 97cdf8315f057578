"""The last entry of a ledger cannot be lost unnoticed, and nothing is built on damage."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drg.errors import DrgError, LedgerError, OutputError
from drg.ledger import Ledger, LedgerEntry, entry
from drg.ledger.head import new_head
from drg.records.findings import ERROR, NOTICE
from tests.cli.conftest import Drg
from tests.cli.conftest import drg as drg_fixture
from tests.ledger.made import begun, priced, write

drg = drg_fixture
CASES = 6


def write_head(ledger: Path, last: LedgerEntry) -> None:
    with new_head(ledger, last):
        pass


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with the scheme and two months."""
    directory = tmp_path_factory.mktemp("made")
    ledger = begun(directory / "ledger")
    for month in ("2025-01", "2025-02", "2025-03"):
        file = write(priced(month, CASES), directory / f"{month}.parquet")
        if month != "2025-03":
            ledger.add_cases([file])
    return directory


@pytest.fixture
def given(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "given")
    return tmp_path / "given"


def rules(ledger: Ledger, expect: str | None = None) -> dict[str, str]:
    found = ledger.verify(expect=expect)
    return dict(found.select("rule", "severity").rows())


def all_files(ledger: Ledger) -> dict[str, bytes]:
    return {
        str(path.relative_to(ledger.directory)): path.read_bytes()
        for path in sorted(ledger.directory.rglob("*"))
        if path.is_file()
    }


def cut(ledger: Path) -> None:
    shutil.rmtree(ledger / "entries" / "000003")


def cut_two(ledger: Path) -> None:
    for number in (2, 3):
        shutil.rmtree(ledger / "entries" / f"{number:06}")


def without_head(ledger: Path) -> None:
    (ledger / "head.json").unlink()


def garbled_head(ledger: Path) -> None:
    (ledger / "head.json").write_text('{"entry": 3')


def another_head(ledger: Path) -> None:
    (ledger / "head.json").write_text(json.dumps({"entry": 3, "seal": "0" * 64}))


def early_head(ledger: Path) -> None:
    write_head(ledger, Ledger(ledger).entries(1)[0])


@pytest.mark.parametrize(
    ("harm", "rule"),
    [
        (cut, "entries_lost"),
        (cut_two, "entries_lost"),
        (without_head, "head_missing"),
        (garbled_head, "head_damaged"),
        (another_head, "head_differs"),
        (early_head, "head_differs"),
    ],
)
def test_the_end_of_a_ledger_is_known(harm: Callable[[Path], None], rule: str, given: Path) -> None:
    ledger = Ledger(given / "ledger")
    assert rules(ledger) == {}
    harm(ledger.directory)
    assert rules(ledger) == {rule: ERROR}
    before = all_files(ledger)
    attempts: list[Callable[[], Any]] = [
        ledger.settle,
        lambda: ledger.add_cases([given / "2025-03.parquet"]),
        lambda: ledger.add_cases([given / "2025-01.parquet"], correct=True),
    ]
    for attempt in attempts:
        with pytest.raises(LedgerError):
            attempt()
    assert all_files(ledger) == before
    # What an earlier entry says can still be told.
    assert len(ledger.entries(1)) == 1


@pytest.mark.parametrize("harm", [without_head, garbled_head])
def test_a_head_is_written_anew_if_somebody_knows_the_last_entry(
    harm: Callable[[Path], None], given: Path
) -> None:
    ledger = Ledger(given / "ledger")
    before = all_files(ledger)
    harm(ledger.directory)
    assert ledger.restore(2, []) == []
    assert ledger.restore(3, []) == ["head.json"]
    assert all_files(ledger) == before


def test_a_head_says_nothing_of_entries_that_are_gone(given: Path) -> None:
    ledger = Ledger(given / "ledger")
    cut(ledger.directory)
    assert ledger.restore(2, []) == []
    assert rules(ledger) == {"entries_lost": ERROR}


def test_a_run_that_was_killed_before_the_head_is_no_damage(given: Path) -> None:
    ledger = Ledger(given / "ledger")
    write_head(ledger.directory, ledger.entries(2)[-1])
    assert rules(ledger) == {"head_behind": NOTICE}
    ledger.add_cases([given / "2025-03.parquet"])
    assert rules(ledger) == {}


def test_a_seal_that_was_noted_is_looked_for(given: Path, drg: Drg) -> None:
    ledger = Ledger(given / "ledger")
    first, _, last = (entry.seal for entry in ledger.entries())
    assert rules(ledger, last) == rules(ledger, last.upper()) == {}
    assert rules(ledger, first) == {"seal_earlier": NOTICE}
    assert rules(ledger, "0" * 64) == {"seal_not_found": ERROR}
    outcome = drg("ledger", "add", ledger.directory, given / "2025-03.parquet", "--lang", "en")
    seal = ledger.entries()[-1].seal
    assert f"Seal of entry 4: {seal}" in outcome.out
    # Whoever takes away the entry and mends the head is found by the seal alone.
    shutil.rmtree(ledger.directory / "entries" / "000004")
    write_head(ledger.directory, ledger.entries(3)[-1])
    assert drg("ledger", "verify", ledger.directory, "--lang", "en").code == 0
    outcome = drg("ledger", "verify", ledger.directory, "--expect", seal, "--lang", "en")
    assert outcome.code == 1
    assert f"no entry has the seal {seal}" in outcome.out


@pytest.mark.parametrize("name", ["000001/weights.csv", "000002/cases.parquet", "000003/months.parquet"])
@pytest.mark.parametrize("lost", [False, True])
def test_nothing_is_added_to_damage(name: str, given: Path, *, lost: bool) -> None:
    ledger = Ledger(given / "ledger")
    file = ledger.directory / "entries" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink() if lost else file.write_bytes(content)
    before = all_files(ledger)
    for month, correct in (("2025-01", True), ("2025-03", False)):
        with pytest.raises(DrgError, match=name):
            ledger.add_cases([given / f"{month}.parquet"], correct=correct)
    with pytest.raises(DrgError, match=name):
        ledger.add_scheme("demo", correct=True)
    assert all_files(ledger) == before


@pytest.mark.parametrize("room", [0, 100, 1500, 4000])
def test_without_room_nothing_is_added(room: int, given: Path) -> None:
    resource = pytest.importorskip("resource")
    ledger = Ledger(given / "ledger")
    before = all_files(ledger)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            ledger.add_cases([given / "2025-03.parquet"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert all_files(ledger) == before


def test_without_a_head_there_is_no_entry(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(given / "ledger")
    before = all_files(ledger)

    def full(file: Path) -> None:
        if file.parent == ledger.directory:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("drg.ledger.store.flush_file", full)
    with pytest.raises(OutputError, match=r"head\.json: cannot be written: No space left on device"):
        ledger.add_cases([given / "2025-03.parquet"])
    assert all_files(ledger) == before


@pytest.mark.parametrize("name", ["000001/scheme.toml", "000002/cases.parquet", "000003/months.parquet"])
def test_a_file_that_cannot_be_read_is_named(name: str, given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(given / "ledger")
    known = entry.sha256

    def refused(file: Path) -> str:
        if str(file).endswith(name):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return known(file)

    monkeypatch.setattr(entry, "sha256", refused)
    assert rules(ledger) == {"file_unreadable": ERROR}
    for attempt in (ledger.settle, lambda: ledger.add_cases([given / "2025-03.parquet"])):
        with pytest.raises(LedgerError, match=rf"{name}: cannot be read: Permission denied"):
            attempt()


def test_a_ledger_that_cannot_be_read(given: Path, drg: Drg, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = given / "ledger"
    listed = Path.iterdir

    def refused(path: Path) -> Iterator[Path]:
        if path.name == "entries":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refused)
    for arguments in (("verify",), ("status",), ("statement", "-o", given / "out")):
        outcome = drg("ledger", arguments[0], ledger, *arguments[1:], "--lang", "en")
        assert outcome.code == 1
        assert "entries: cannot be read: Permission denied. Check its rights." in outcome.err
