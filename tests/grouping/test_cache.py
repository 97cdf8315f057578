"""What is kept between runs: used only if it is what was written, where only the user can write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import drg
from drg import Grouper
from drg.grouping import cache, jit, program_file
from drg.grouping.kernels import group_cases
from tests.helpers import DEMO_CASES, demo_frame

PACKAGE = Path(drg.__file__).parent
GROUPED = """
import sys
import polars as pl
from drg import Grouper
from drg.grouping import jit
from drg.grouping.kernels import group_cases
jit._kernels[group_cases].load_from = jit._kernels[group_cases].compile_from = 0
Grouper(sys.argv[1]).group(pl.read_parquet(sys.argv[2])).write_parquet(sys.argv[3])
kernel = jit.compiled(group_cases)
print(sum(kernel.stats.cache_hits.values()), sum(kernel.stats.cache_misses.values()))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def broken(content: bytes) -> list[bytes]:
    """A file emptied, cut off, garbled in its middle, made longer, and something else altogether."""
    middle = len(content) // 2
    garbled = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    return [b"", content[:20], content[:-1], garbled, content + b"\x00", b"PK\x03\x04" * 1000]


def test_what_was_kept_is_found_again(place: Path) -> None:
    assert cache.load("a", "key") is None
    cache.keep("a", "key", b"content")
    assert bytes(cache.load("a", "key") or b"") == b"content"
    assert cache.has("a")
    assert not cache.has("b")
    cache.keep("a", "key", b"other")
    assert bytes(cache.load("a", "key") or b"") == b"other"
    assert [path.name for path in place.iterdir()] == ["a"]


def test_another_key_finds_nothing(place: Path) -> None:
    cache.keep("a", "key", b"content")
    (place / "b").write_bytes((place / "a").read_bytes())
    assert cache.load("a", "other key") is None
    assert bytes(cache.load("b", "key") or b"") == b"content"


def test_broken_files_count_as_not_there(place: Path) -> None:
    cache.keep("a", "key", b"content" * 100)
    for content in broken((place / "a").read_bytes()):
        (place / "a").write_bytes(content)
        assert cache.load("a", "key") is None
    (place / "a").unlink()
    (place / "a").mkdir()
    assert cache.load("a", "key") is None


def test_digests_tell_where_texts_end() -> None:
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest("ab") == cache.digest(b"ab")


def test_old_files_go(place: Path) -> None:
    old = [f"group_cases-{'0' * 16}-{'f' * 16}.kernel", f"{'0' * 32}.program"]
    for name in (*old, "new"):
        cache.keep(name, "key", b"content")
    # The directory may hold files of the user too.
    (place / "thesis.tex").write_text("of years")
    (place / "group_cases.kernel").write_text("named like one of ours")
    for name in (*old, "thesis.tex", "group_cases.kernel"):
        os.utime(place / name, (0, 0))
    cache.keep("another", "key", b"content")
    assert sorted(path.name for path in place.iterdir()) == [
        "another",
        "group_cases.kernel",
        "new",
        "thesis.tex",
    ]


def test_the_names_of_what_is_kept_are_known() -> None:
    assert isinstance(group_cases, types.FunctionType)
    assert cache._NAME.fullmatch(f"{jit._prefix(group_cases)}{'a' * 16}.kernel")
    assert cache._NAME.fullmatch(program_file._name(cache.digest("x")))


posix = pytest.mark.skipif(sys.platform == "win32", reason="the user's profile is closed to others")


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_directory_that_others_can_write_to_is_not_used(place: Path, mode: int) -> None:
    cache.keep("a", "key", b"content")
    assert place.stat().st_mode & 0o777 == 0o700
    place.chmod(mode)
    assert cache.load("a", "key") is None
    assert not cache.has("a")
    cache.keep("b", "key", b"content")
    assert not (place / "b").exists()


@posix
def test_a_file_that_others_can_write_to_is_not_used(place: Path) -> None:
    cache.keep("a", "key", b"content")
    (place / "a").chmod(0o606)
    assert cache.load("a", "key") is None


@posix
def test_what_belongs_to_another_user_is_not_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.keep("a", "key", b"content")
    monkeypatch.setattr(os, "geteuid", lambda: place.stat().st_uid + 1)
    assert cache.load("a", "key") is None
    cache.keep("b", "key", b"content")
    assert not (place / "b").exists()


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_without_a_directory_nothing_is_kept(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(cache.VARIABLE, value)
    cache.keep("a", "key", b"content")
    assert cache.load("a", "key") is None
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "cache"))
    cache.keep("a", "key", b"content")
    assert cache.load("a", "key") is None


# --------------------------------------------------------------------------------------------------- kernels

SMALL = """
import numpy as np
from drg import small_numbers as numbers

TIMES = 3
TABLE = np.array([5, 7])

def inner(x):
    return x + numbers.MORE

def small(x):
    return inner(x) * TIMES + TABLE[0]
"""


def small(text: str = SMALL, more: int = 1) -> tuple[int, int, int]:
    """A small kernel as a new process knows it, called: the result, how often found, how often compiled.

    The functions are made anew each time, so nothing is left of the time before but what is on disk.
    """
    numbers = types.ModuleType("drg.small_numbers")
    vars(numbers)["MORE"] = more
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drg, "small_numbers", numbers, raising=False)
        patch.setitem(sys.modules, numbers.__name__, numbers)
        module: dict[str, Any] = {"__name__": "drg.small"}
        exec(text, module)
        kernel: Any = jit.compiled(jit.kernel(load_from=0, compile_from=0)(module["small"]))
        found = int(kernel(2))
    return found, sum(kernel.stats.cache_hits.values()), sum(kernel.stats.cache_misses.values())


@pytest.mark.usefixtures("place")
def test_a_kernel_is_compiled_once() -> None:
    assert small() == (14, 0, 1)
    assert small() == (14, 1, 0)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("inner(x) *", "inner(x) +", 11),
        ("x + numbers", "x - numbers", 8),
        ("TIMES = 3", "TIMES = 4", 17),
        ("[5, 7]", "[6, 7]", 15),
        ("inner(x) * TIMES", "inner(x) * 2", 11),
    ],
)
@pytest.mark.usefixtures("place")
def test_whatever_a_kernel_depends_on_changes_its_key(before: str, after: str, found: int) -> None:
    """Its code, that of the functions it calls, the values it names, arrays too."""
    small()
    assert SMALL.count(before) == 1
    assert small(SMALL.replace(before, after)) == (found, 0, 1)
    assert small() == (14, 1, 0)


@pytest.mark.usefixtures("place")
def test_a_number_of_another_module_changes_the_key() -> None:
    small()
    assert small(more=2) == (17, 0, 1)
    assert small() == (14, 1, 0)


def test_broken_kernels_heal(place: Path) -> None:
    small()
    (file,) = place.glob("*.kernel")
    for content in broken(file.read_bytes()):
        file.write_bytes(content)
        assert small() == (14, 0, 1)
    assert small() == (14, 1, 0)


def grouped(package: Path, target: Path) -> tuple[int, int]:
    """Group with a compiled kernel in a new process; how many kernels were loaded, and how many compiled."""
    sample = target.with_name("sample.parquet")
    demo_frame(DEMO_CASES).write_parquet(sample)
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    command = [sys.executable, "-W", "error", "-c", GROUPED, "demo", str(sample), str(target)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    hits, misses = map(int, run.stdout.split())
    return hits, misses


def test_another_process_loads_what_this_one_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the cache that all tests share: this process may have compiled the kernel already."""
    for limit in ("load_from", "compile_from"):
        monkeypatch.setattr(jit._kernels[group_cases], limit, 0)
    here = Grouper("demo").group(demo_frame(DEMO_CASES))
    assert grouped(PACKAGE, tmp_path / "there.parquet") == (1, 0)
    assert_frame_equal(pl.read_parquet(tmp_path / "there.parquet"), here)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, with the demo version beside it."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "drg", ignore=shutil.ignore_patterns("__pycache__"))
    if not (tmp_path / "src" / "drg" / "grouper_tables").exists():
        shipped = PACKAGE.parents[1] / "grouper_tables" / "demo"
        shutil.copytree(shipped, tmp_path / "src" / "drg" / "grouper_tables" / "demo")
    return tmp_path / "src" / "drg"


@pytest.mark.thorough
@pytest.mark.parametrize("source", ["grouping/opcodes.py", "grouping/kernels.py"])
@pytest.mark.usefixtures("place")
def test_a_change_of_the_code_compiles_anew(source: str, package: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    assert grouped(package, first) == (0, 1)
    assert grouped(package, first) == (1, 0)
    file = package / source
    text, times = file.read_text(encoding="utf-8"), (file.stat().st_atime, file.stat().st_mtime)
    if source.endswith("opcodes.py"):
        # Any other numbers do, as long as comparisons come last, in their order.
        changed = text.replace("PRINCIPAL_DIAGNOSIS = 0", "PRINCIPAL_DIAGNOSIS = 2")
        changed = changed.replace("PRINCIPAL_PROCEDURE = 2", "PRINCIPAL_PROCEDURE = 0")
    else:
        changed = text.replace("_PRIME = 67", "_PRIME = 83")
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    os.utime(file, times)  # and of the same size: neither tells of the change
    assert grouped(package, second) == (0, 1)
    assert_frame_equal(pl.read_parquet(first), pl.read_parquet(second))
    file.write_text(text, encoding="utf-8")
    assert grouped(package, second) == (1, 0)


@pytest.mark.thorough
def test_without_a_cache_groups_are_the_same(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.VARIABLE, "")
    assert grouped(package, tmp_path / "groups.parquet") == (0, 1)
    assert_frame_equal(
        pl.read_parquet(tmp_path / "groups.parquet"), drg.group(demo_frame(DEMO_CASES), "demo")
    )
