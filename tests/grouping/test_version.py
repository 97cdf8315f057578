"""Versions between runs: a program from the cache is the one that would be compiled, and never an old one."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from numpy.testing import assert_array_equal
from polars.testing import assert_frame_equal

import drg
from drg import Grouper, RuleError, TablesError
from drg.grouping import cache, program_file
from drg.grouping.compiler import compile_tables
from drg.grouping.program import Program
from drg.grouping.version import Version
from drg.tables import find, load, load_tables
from tests.grouping.test_cache import broken
from tests.grouping.test_program import FILES, written
from tests.helpers import DATA, discharge, grouper_tables
from tests.strategies import tables
from tests.test_imports import MODULES, imports


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is read from tables, instead of taken from the cache."""
    seen: list[Any] = []

    def noted(grouper: Any) -> Any:
        seen.append(grouper)
        return load_tables(grouper)

    monkeypatch.setattr(load, "load_tables", noted)
    return seen


def assert_same(one: Program, other: Program) -> None:
    for field in dataclasses.fields(Program):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, pl.DataFrame):
            assert_frame_equal(a, b)
        elif field.name == "arrays":
            for array, same in zip(a, b, strict=True):
                assert_array_equal(array, same, strict=True)
                assert same.flags.writeable
                assert same.flags.c_contiguous
                assert same.flags.aligned
        elif field.name in ("diagnoses", "procedures"):
            assert_frame_equal(a.frame, b.frame)
            asked = pl.Series([*a.codes, " " + a.codes[-1].lower(), "?", None])
            assert_array_equal(a.encode(asked), b.encode(asked))
        else:
            assert a == b


@pytest.mark.parametrize("name", ["demo", "chs-drg-2.0", "guangxi-2022", "yinchuan-2023"])
def test_a_shipped_version_from_the_cache(name: str, reads: list[Any]) -> None:
    first, second = Version(name), Version(name)
    assert reads == [find(name)]
    assert first.id == second.id == name
    assert_same(compile_tables(load_tables(name)), second.program)
    assert second.tables.digest == first.tables.digest


@given(tables())
def test_any_program_comes_back_as_it_was(random: dict[str, pl.DataFrame]) -> None:
    program = compile_tables(grouper_tables(random))
    content = bytearray(program_file._to_bytes("any", program))  # writable, as from the cache
    name, again = program_file._from_bytes(memoryview(content))
    assert name == "any"
    assert_same(program, again)


def test_groups_and_explanations_are_the_same() -> None:
    cases = pl.read_parquet(DATA / "conformance" / "chs-drg-2.0.parquet").head(200)
    compiled, kept = Grouper(load_tables("chs-drg-2.0")), (Grouper("chs-drg-2.0"), Grouper("chs-drg-2.0"))[1]
    assert_frame_equal(compiled.group(cases), kept.group(cases))
    for case in cases.head(5).to_dicts():
        assert compiled.explain(discharge(case)) == kept.explain(discharge(case))


OVERLAY = {
    "manifest.toml": 'id = "over"\ntitle = "over"\nbased_on = "base"\n',
    "mdc.csv": "change,mdc,name,rule,order\nreplace,MDCB,B,ZYZD in DI_AB,1\n",
}


@pytest.mark.parametrize("changed", ["base", "over"])
@pytest.mark.parametrize("file", ["manifest.toml", "mdc.csv"])
def test_a_changed_byte_is_noticed(changed: str, file: str, tmp_path: Path, reads: list[Any]) -> None:
    written(tmp_path / "base", FILES)
    over = written(tmp_path / "over", OVERLAY)
    Version(over)
    Version(over)
    assert len(reads) == 1
    path = tmp_path / changed / file
    text, times = path.read_text(), (path.stat().st_atime, path.stat().st_mtime)
    path.write_text(text.replace('title = "', 'title = " ') if file == "manifest.toml" else text + "\n")
    os.utime(path, times)
    Version(over)
    assert len(reads) == 2


def test_a_file_that_comes_is_noticed(tmp_path: Path) -> None:
    base = written(tmp_path / "base", FILES)
    Version(base)
    (base / "set.csv").write_text("set,code\n")
    with pytest.raises(TablesError, match="belongs to no table"):
        Version(base)
    (base / "set.csv").unlink()
    (base / "sets.csv").unlink()
    with pytest.raises(TablesError, match="missing"):
        Version(base)


def test_copies_name_their_own_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        version = Version(written(tmp_path / name, FILES))
        assert version.program.mdc["file"].to_list() == [str(tmp_path / name / "mdc.csv")]


def test_a_version_that_cannot_be_used_is_not_kept(tmp_path: Path, place: Path) -> None:
    bad = written(tmp_path / "bad", FILES | {"mdc.csv": FILES["mdc.csv"].replace("DI_A", "DI_X")})
    for _ in range(2):
        with pytest.raises(RuleError, match="no set 'DI_X'"):
            Version(bad)
    circle = {"manifest.toml": 'id = "round"\ntitle = "round"\nbased_on = "round"\n'}
    with pytest.raises(TablesError, match="circle"):
        Version(written(tmp_path / "round", circle))
    assert not place.exists()


def test_broken_files_heal(place: Path, reads: list[Any]) -> None:
    whole = Version("demo").program
    (file,) = place.glob("*.program")
    for count, content in enumerate(broken(file.read_bytes()), start=2):
        file.write_bytes(content)
        assert_same(whole, Version("demo").program)
        assert len(reads) == count
        Version("demo")
        assert len(reads) == count


def test_tables_that_changed_meanwhile_are_not_those_of_the_program(tmp_path: Path) -> None:
    base = written(tmp_path / "base", FILES)
    Version(base)
    version = Version(base)
    (base / "mdc.csv").write_text(FILES["mdc.csv"].replace("DI_A", "DI_AB"))
    with pytest.raises(TablesError, match="were changed"):
        _ = version.tables


def test_other_code_makes_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    before = program_file.key_of(find("demo"))
    assert before == program_file.key_of(find("demo"))
    monkeypatch.setattr(np, "__version__", "2.999.0")
    program_file._code.cache_clear()
    assert program_file.key_of(find("demo")) != before
    # Code that was changed under a running process is not the code that runs.
    monkeypatch.setattr(program_file, "_STARTED", 0.0)
    program_file._code.cache_clear()
    assert program_file.key_of(find("demo")) is None
    assert Version("demo").id == "demo"
    monkeypatch.undo()
    program_file._code.cache_clear()


def test_all_code_that_makes_programs_is_in_the_key() -> None:
    package = Path(drg.__file__).parent
    covered = {path for pattern in program_file.CODE for path in package.glob(pattern)}
    open_, seen = ["drg.grouping.compiler", "drg.grouping.program_file"], set()
    while open_:
        module = open_.pop()
        if module not in seen:
            seen.add(module)
            open_ += imports(module, at_run_time=False) & set(MODULES)
    assert len(seen) > 15
    assert {MODULES[module] for module in seen} <= covered
