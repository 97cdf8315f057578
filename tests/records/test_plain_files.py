"""A pipe or a device in the place of an input is refused at once: reading it may never end."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import drg
from drg.errors import DrgError
from drg.payment import load_scheme
from drg.payment.weights import read_weights
from drg.tables import find
from drg.tables.importing import import_workbook
from tests.cli.conftest import Drg
from tests.cli.conftest import drg as run

command = run


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name")
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("a.csv", lambda file: drg.read(file)),
        ("a.parquet", lambda file: drg.read(file)),
        ("a.xlsx", lambda file: drg.read(file)),
        ("a.txt", lambda file: drg.guess_layout(file)),
        ("a.toml", lambda file: drg.read(file.with_name("cases.csv"), layout=file)),
        ("w.xlsx", lambda file: import_workbook(file, "mine", file.parent)),
        ("weights.csv", read_weights),
    ],
)
@pytest.mark.parametrize("device", [False, True])
def test_only_files_are_read(name: str, read: Callable[[Path], Any], tmp_path: Path, *, device: bool) -> None:
    (tmp_path / "cases.csv").write_text("principal_diagnosis\nK80.101\n")
    (tmp_path / name).symlink_to("/dev/zero") if device else os.mkfifo(tmp_path / name)
    with pytest.raises(DrgError, match="it is a pipe or a device, and no file"):
        read(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name")
def test_what_a_shell_puts_in_the_place_of_a_file(command: Drg, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(writer)
    outcome = command("group", f"/dev/fd/{reader}", "-g", "demo", "-o", tmp_path / "o.csv", "--lang", "en")
    os.close(reader)
    assert outcome.code == 1
    assert "what comes through a pipe is read as -" in outcome.err


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.xlsx"])
def test_discharges_that_may_not_be_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_text("principal_diagnosis\nK80.101\n")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may always
    with pytest.raises(DrgError, match=rf"{name}: cannot be read: Permission denied\. Check its rights"):
        drg.read(tmp_path / name)


@pytest.mark.parametrize("name", ["manifest.toml", "sets.csv", "scheme.toml", "weights.csv"])
def test_tables_that_may_not_be_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_version = name in ("manifest.toml", "sets.csv")
    shutil.copytree(find("demo") if of_version else load_scheme("demo").directory, tmp_path / "demo")
    content = Path.read_bytes

    def refused(file: Path) -> bytes:
        if file == tmp_path / "demo" / name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return content(file)

    monkeypatch.setattr(Path, "read_bytes", refused)
    read: Callable[[Path], Any] = drg.load_tables if of_version else load_scheme
    with pytest.raises(DrgError, match=rf"{name}: cannot be read: Permission denied\. Check its rights"):
        read(tmp_path / "demo")
