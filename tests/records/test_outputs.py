"""Where files take their places: with which rights, all together or none, and nowhere but in files."""

from __future__ import annotations

import errno
import os
import random
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import drg
from drg.errors import InputError, OutputError
from drg.records.exact_paths import scan_parquet
from drg.records.files import write, write_bytes
from drg.records.outputs import make_directory, place_of, placed, present, to_standard_output, together

posix = pytest.mark.skipif(sys.platform == "win32", reason="rights of other systems")
SOURCE = Path(drg.__file__).parent


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def here(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


# ---------------------------------------------------------------------------------------------------- rights


@posix
@pytest.mark.parametrize("rights", [0o600, 0o640, 0o664, 0o755])
def test_a_file_keeps_the_rights_of_the_one_that_it_replaces(rights: int, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    file.chmod(rights)
    write_bytes(b"new", file, sources=())
    assert (file.read_bytes(), mode(file)) == (b"new", rights)


@posix
@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_a_new_file_has_the_rights_of_any_new_file(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_bytes(b"new", tmp_path / "a", sources=())
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == 0o666 & ~mask


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays_or_another_group_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    os.chown(file, 1234, 4321)
    file.chmod(0o660)
    write_bytes(b"new", file, sources=())
    assert (file.stat().st_uid, file.stat().st_gid, mode(file)) == (1234, 4321, 0o660)

    def refused(*_: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refused)
    write_bytes(b"newer", file, sources=())
    assert (file.stat().st_gid, mode(file)) == (os.getegid(), 0o600)


@pytest.mark.parametrize("call", ["umask", "chdir"])
def test_nobody_changes_what_all_threads_share(call: str) -> None:
    """Another thread would make files in that moment that everybody can write to, or elsewhere."""
    found = [path.name for path in SOURCE.rglob("*.py") if call in path.read_text(encoding="utf-8")]
    assert found == []


# ---------------------------------------------------------------------------------------------------- places


@posix
def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "a"
    for content in (b"first", b"second"):
        link = tmp_path / "link"
        if not link.is_symlink():
            link.symlink_to(Path("there") / "a")
        write_bytes(content, link, sources=())
        assert link.is_symlink()
        assert target.read_bytes() == content
    with pytest.raises(OutputError, match="this is the input"):
        write_bytes(b"third", link, sources=[target])
    hard = tmp_path / "hard"
    hard.hardlink_to(target)
    with pytest.raises(OutputError, match="this is the input"):
        write_bytes(b"third", hard, sources=[link])
    assert target.read_bytes() == b"second"


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


@posix
@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda path: os.mkfifo(path), "pipe or a device"),
        (lambda path: path.symlink_to("/dev/null"), "pipe or a device"),
        (lambda path: path.mkdir(), "this is a directory"),
        (_loop, "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("nowhere/a"), "there is no directory"),
    ],
    ids=["pipe", "device", "directory", "circle", "nowhere"],
)
def test_only_files_are_written(made: Callable[[Path], None], problem: str, tmp_path: Path) -> None:
    made(tmp_path / "a.csv")
    for attempt in (place_of, lambda file: write(pl.LazyFrame({"a": [1]}), file, sources=())):
        with pytest.raises(OutputError, match=problem):
            attempt(tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@posix
def test_a_file_that_may_not_be_written_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may always
    with pytest.raises(OutputError, match="Permission denied"):
        write_bytes(b"new", tmp_path / "a", sources=())
    assert here(tmp_path) == {"a": b"old"}


# -------------------------------------------------------------------------------------------------- together


def test_nothing_is_there_before_all_is(tmp_path: Path) -> None:
    with together():
        make_directory(tmp_path / "d")
        write_bytes(b"1", tmp_path / "d" / "a", sources=())
        write_bytes(b"2", tmp_path / "d" / "b", sources=())
        assert not (tmp_path / "d" / "a").exists()
        assert present(tmp_path / "d" / "a").read_bytes() == b"1"
        with pytest.raises(OutputError, match="two results have this name"):
            write_bytes(b"3", tmp_path / "d" / ".." / "d" / "a", sources=())
        write_bytes(b"3", tmp_path / "d" / "c", sources=())
    assert here(tmp_path / "d") == {"a": b"1", "b": b"2", "c": b"3"}


def test_an_interrupt_before_a_file_is_done_leaves_no_directory(tmp_path: Path) -> None:
    """A signal may come after the last step within ``placed``, and before it notices that it ends."""
    with pytest.raises(KeyboardInterrupt), together():  # noqa: PT012
        make_directory(tmp_path / "d")
        begun = placed(tmp_path / "d" / "a")
        begun.__enter__()
        raise KeyboardInterrupt
    assert here(tmp_path) == {}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OutputError("no")])
def test_what_fails_leaves_all_as_it_was(error: Any, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises((ValueError, KeyboardInterrupt, OutputError)), together():  # noqa: PT012
        make_directory(tmp_path / "d" / "e")
        write_bytes(b"1", tmp_path / "a", sources=())
        write_bytes(b"1", tmp_path / "d" / "e" / "b", sources=())
        raise error
    assert here(tmp_path) == {"a": b"old"}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that nothing can be renamed to."""
    names: list[str] = []
    rename = os.replace

    def replace(source: Any, target: Any) -> None:
        if Path(target).name in names:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    return names


def test_what_was_replaced_is_put_back(tmp_path: Path, failing: list[str]) -> None:
    for name in "ac":
        (tmp_path / name).write_bytes(b"old")
    failing.append("c")
    with pytest.raises(OutputError, match="c: cannot be written: No space left on device"), together():  # noqa: PT012
        for name in "abc":
            write_bytes(b"new", tmp_path / name, sources=())
    assert here(tmp_path) == {"a": b"old", "c": b"old"}


def test_what_cannot_be_put_back_is_named(tmp_path: Path, failing: list[str]) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OutputError, match=r"these were written, but not what belongs to them: .*a\. Run"):  # noqa: PT012, SIM117
        with together():
            write_bytes(b"new", tmp_path / "a", sources=())
            write_bytes(b"new", tmp_path / "b", sources=())
            rename = os.replace

            def replace(source: Any, target: Any) -> None:
                rename(source, target)
                failing.extend("ab")

            os.replace = replace  # type: ignore[assignment]
    assert here(tmp_path) == {"a": b"new"}


def test_files_are_put_back_if_nobody_reads_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=open(writer, "wb", buffering=0)))  # noqa: PTH123, SIM115
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(BrokenPipeError), together():  # noqa: PT012
        to_standard_output(b"content" * 10_000)
        write_bytes(b"new", tmp_path / "a", sources=())
    assert here(tmp_path) == {"a": b"old"}
    sys.stdout.buffer.close()


# ------------------------------------------------------------------------------------------------- full disks


@posix
@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".xlsx"])
def test_a_full_disk_is_a_fault_of_the_output(ending: str, tmp_path: Path) -> None:
    import resource

    draw = random.Random(0)
    frame = pl.LazyFrame({"a": [draw.random() for _ in range(5_000)]})
    source = tmp_path / "source.parquet"
    frame.collect().write_parquet(source)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        with pytest.raises(OutputError, match="File too large") as caught:
            write(scan_parquet(source), tmp_path / f"a{ending}", sources=[source])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert re.search(rf"a{ending}|temporary files", str(caught.value))
    assert "文件过大" in caught.value.text("zh")
    assert [path.name for path in tmp_path.iterdir()] == ["source.parquet"]


def test_a_source_that_is_gone_is_a_fault_of_the_source(tmp_path: Path) -> None:
    source = tmp_path / "source.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(source)
    frame = scan_parquet(source)
    source.unlink()
    with pytest.raises(InputError, match=r"source\.parquet"):
        write(frame, tmp_path / "a.csv", sources=[tmp_path / "other", source])
    assert here(tmp_path) == {}
