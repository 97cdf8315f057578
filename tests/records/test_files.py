"""How files and directories are put in place."""

from __future__ import annotations

import time
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from drg.errors import OutputError
from drg.records.files import write, write_bytes
from drg.records.outputs import make_directory, placed


def test_a_workbook_does_not_depend_on_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.LazyFrame({"a": ["=1+1", "https://example.org", "007"], "b": [1.5, None, 2]})
    write(frame, tmp_path / "a.xlsx", sources=())
    now = time.time() + 86_400
    monkeypatch.setattr("time.time", lambda: now)
    write(frame, tmp_path / "b.xlsx", sources=())
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.properties.created.year == 2000
    sheet = book.worksheets[0]
    assert list(sheet.values) == [("a", "b"), ("=1+1", 1.5), ("https://example.org", None), ("007", 2)]
    assert sheet["A2"].data_type == "s"
    assert sheet["A3"].hyperlink is None


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_bytes(b"one", file, sources=[tmp_path / "other"])
    with pytest.raises(OutputError, match="this is the input"):
        write_bytes(b"two", file, sources=[file])
    with pytest.raises(ValueError, match="soon"), placed(file) as part:  # noqa: PT012
        part.write_bytes(b"three")
        raise ValueError("soon")
    assert file.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(OutputError, match="this is a directory"):
        write_bytes(b"two", tmp_path, sources=())


def test_directories(tmp_path: Path) -> None:
    for _ in range(2):
        make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="there is a file of this name"):
        make_directory(tmp_path / "file")
