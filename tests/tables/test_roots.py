"""Where versions are found: DRG_TABLES, the user's own directory, the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from drg.errors import TablesError
from drg.tables import find, list_groupers, load_tables
from drg.tables.locate import installed, is_shipped, roots, user_root

from .conftest import TINY, write_files


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRG_TABLES", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_the_shipped_versions_alone() -> None:
    assert len(roots()) == 1
    assert is_shipped(find("demo"))


def test_the_own_directory_is_used_by_id(tmp_path: Path) -> None:
    own = user_root()
    assert own == tmp_path / "data" / "drg" / "grouper_tables"
    assert own is not None
    write_files(own / "tiny", TINY)
    assert load_tables("tiny").manifest.id == "tiny"
    assert not is_shipped(find("tiny"))
    assert "tiny" in [manifest.id for manifest in list_groupers()]
    assert roots()[0] == own


def test_the_first_root_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    own = user_root() or tmp_path
    for root, title in ((first, "一"), (second, "二"), (own, "三")):
        files = TINY | {"manifest.toml": f'id = "demo"\ntitle = "{title}"\n'}
        write_files(root / "demo", files)
    write_files(second / "tiny", TINY)
    assert load_tables("demo").manifest.title == "三"
    monkeypatch.setenv("DRG_TABLES", os.pathsep.join([str(first), "", str(second)]))
    assert roots()[:3] == (first, second, own)
    assert load_tables("demo").manifest.title == "一"
    assert installed()["tiny"] == second / "tiny"
    assert not is_shipped(installed()["demo"])
    assert is_shipped(installed()["chs-drg-2.0"])


def test_a_root_that_is_not_there_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRG_TABLES", str(tmp_path / "typo"))
    with pytest.raises(TablesError, match="which is not a directory") as caught:
        find("demo")
    assert "DRG_TABLES" in str(caught.value.fix)


def test_a_version_is_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRG_TABLES", str(write_files(tmp_path / "tiny", TINY)))
    with pytest.raises(TablesError, match="a version itself") as caught:
        list_groupers()
    assert repr(str(tmp_path)) in str(caught.value.fix)


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", ".local/share"),
        ("darwin", "Library/Application Support"),
        ("win32", "AppData/Local"),
    ],
)
def test_conventions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, expected: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert user_root() == tmp_path / expected / "drg" / "grouper_tables"


def test_what_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    assert user_root() == tmp_path / ".local" / "share" / "drg" / "grouper_tables"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "here"))
    assert user_root() == tmp_path / "here" / "drg" / "grouper_tables"


def test_nobody_is_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("XDG_DATA_HOME")
    assert user_root() is None
    assert len(roots()) == 1
