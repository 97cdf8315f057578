from __future__ import annotations

from pathlib import Path

import pytest

from drg.errors import TablesError, UnknownGrouperError
from drg.tables import find, list_groupers, load_tables, locate

from .conftest import Write


def test_an_id_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (find("demo") / "manifest.toml").is_file()


def test_list_is_sorted_by_id() -> None:
    ids = [manifest.id for manifest in list_groupers()]
    assert ids == sorted(ids)
    assert "demo" in ids


def test_nearest_id_and_the_list_are_named() -> None:
    with pytest.raises(
        UnknownGrouperError, match=r"there is no grouper version 'dmo', nor a series"
    ) as caught:
        find("dmo")
    fix = str(caught.value.fix)
    assert fix.startswith("Did you mean 'demo'? List what is installed with: drg groupers. ")
    assert "DRG_TABLES" in fix
    assert "drg tables import" in fix


def test_no_near_id() -> None:
    with pytest.raises(UnknownGrouperError) as caught:
        find("zzzzzz")
    assert str(caught.value.fix).startswith("List what is installed with: drg groupers. ")


def test_paths(tiny: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tiny()
    assert find(directory) == directory
    assert find(str(directory)) == directory
    monkeypatch.chdir(directory.parent)
    assert find("tiny") == Path("tiny")
    assert find("./tiny") == Path("tiny")
    monkeypatch.chdir(directory)
    assert load_tables(".").manifest.id == "tiny"


def test_an_installed_id_wins_over_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "manifest.toml").write_text('id = "demo"\ntitle = "x"')
    monkeypatch.chdir(tmp_path)
    assert find("demo") != Path("demo")
    assert find(Path("demo")) == Path("demo")


def test_absent_path(tmp_path: Path) -> None:
    with pytest.raises(UnknownGrouperError, match="there is no directory"):
        find(tmp_path / "nowhere")


def test_directory_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match="the manifest is missing"):
        load_tables(tmp_path)


def test_earlier_roots_win(tmp_path: Path, tiny: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tiny().parent
    second = tmp_path / "second"
    for name in ("tiny", "other"):
        (second / name).mkdir(parents=True)
        (second / name / "manifest.toml").write_text(f'id = "{name}"\ntitle = "second"')
    monkeypatch.setattr(locate, "roots", lambda: (first, second))
    assert [(found.id, found.title) for found in list_groupers()] == [("other", "second"), ("tiny", "小")]


def test_installed_id_must_be_the_name_of_its_directory(tiny: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tiny({"manifest.toml": 'id = "other"\ntitle = "x"'})
    assert load_tables(directory).manifest.id == "other"
    monkeypatch.setattr(locate, "roots", lambda: (directory.parent,))
    for load in (list_groupers, lambda: load_tables("tiny")):
        with pytest.raises(TablesError, match="the directory is called 'tiny'"):
            load()
