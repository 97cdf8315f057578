"""New versions: the smallest overlay, from nothing or from a full set of six files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from drg import Grouper
from drg.errors import OutputError, TablesError
from drg.tables import find, load_tables
from drg.tables.create import new_version
from drg.tables.manifest import Manifest
from drg.tables.write import write_version

from .conftest import TINY, Write, write_files


def files_in(directory: Path) -> set[str]:
    return {file.name for file in directory.iterdir()}


def test_nothing_but_a_manifest(tmp_path: Path) -> None:
    directory = new_version("mine", "demo", tmp_path)
    assert directory == tmp_path / "mine"
    assert files_in(directory) == {"manifest.toml"}
    tables = load_tables(directory)
    assert tables.digest == load_tables("demo").digest
    assert (tables.manifest.title, tables.manifest.based_on) == ("mine", "demo")


@pytest.mark.parametrize(("id_", "base"), [("wuhan-2022", "chs-drg-1.0"), ("yancheng-2023", "chs-drg-1.1")])
def test_round_trip_from_a_full_set(tmp_path: Path, id_: str, base: str) -> None:
    shipped = load_tables(id_)
    write_version(tmp_path / "full", Manifest(id="full", title="full"), shipped.frames)
    directory = new_version(id_, base, tmp_path / "versions", full=tmp_path / "full", title="again")
    assert files_in(directory) == {file.name for file in find(id_).iterdir()}
    assert load_tables(directory).digest == shipped.digest
    for file in directory.glob("*.csv"):
        there, again = (pl.read_csv(path, infer_schema=False) for path in (find(id_) / file.name, file))
        assert there.height == again.height


def test_a_full_set_needs_no_manifest(tmp_path: Path, tiny: Write) -> None:
    base = tiny()
    changed = {
        "drg.csv": TINY["drg.csv"].replace("BR15,卒中", "BR15,轻卒中"),
        "sets.csv": TINY["sets.csv"].replace("OP_AA1,00.5500\n", "") + "DI_BR1,D10.002\n",
        "manifest.toml": None,
    }
    full = write_files(tmp_path / "full", TINY | {k: v for k, v in changed.items() if v})
    (full / "manifest.toml").unlink()
    directory = new_version("mine", base, tmp_path, full=full)
    assert files_in(directory) == {"manifest.toml", "drg.csv", "sets.csv"}
    assert (directory / "sets.csv").read_text().splitlines() == [
        "change,set,code",
        "add,DI_BR1,D10.002",
        "remove,OP_AA1,00.5500",
    ]
    assert Grouper(directory).explain({"principal_diagnosis": "D10.001"}).drg_name == "轻卒中"


def test_the_default_is_the_own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drg.tables.create.user_root", lambda: tmp_path / "own")
    assert new_version("mine", "demo") == tmp_path / "own" / "mine"
    monkeypatch.setattr("drg.tables.create.user_root", lambda: None)
    with pytest.raises(OutputError, match="no directory of yours"):
        new_version("mine", "demo")


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match="id is 'x/y'"):
        new_version("x/y", "demo", tmp_path)
    with pytest.raises(TablesError, match="the file is missing"):
        new_version("x", "demo", tmp_path, full=tmp_path)
    new_version("x", "demo", tmp_path)
    with pytest.raises(OutputError, match="there is a version already"):
        new_version("x", "demo", tmp_path)
    bad = write_files(
        tmp_path / "bad", TINY | {"adrg.csv": TINY["adrg.csv"].replace("OP_AA1,MDCA", "OP_AA1,MDCX")}
    )
    with pytest.raises(TablesError, match="unknown MDC"):
        new_version("y", "demo", tmp_path, full=bad)


def test_a_base_that_would_not_be_found(tmp_path: Path) -> None:
    elsewhere = write_files(tmp_path / "elsewhere" / "tiny", TINY)
    with pytest.raises(TablesError, match="no grouper version 'tiny' to be based on"):
        new_version("mine", elsewhere, tmp_path / "versions")
    other = write_files(tmp_path / "elsewhere" / "demo", TINY | {"manifest.toml": 'id = "demo"\ntitle = "x"'})
    with pytest.raises(OutputError, match="would find another one"):
        new_version("mine", other, tmp_path / "versions")
    assert new_version("mine", elsewhere, elsewhere.parent).is_dir()
