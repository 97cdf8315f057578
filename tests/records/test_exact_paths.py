"""A path is that path: no pattern, no home."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import polars as pl
import pytest

import drg
from drg.records.exact_paths import read_csv, read_parquet, scan_csv, scan_ipc, scan_parquet
from drg.records.files import write
from drg.records.scanning import scan

ROOT = Path(drg.__file__).parent
# Each with a name that it would meet as a pattern.
NAMES = {
    "a[1]": "a1",
    "a*c": "abc",
    "a?c": "abc",
    "[!x]y": "ay",
    "{a,b}": "a",
    "**": "abc",
    "~": "a",
    "数 据[中]": "数 据中",
}


@pytest.mark.parametrize(("name", "other"), NAMES.items())
@pytest.mark.skipif(os.name == "nt", reason="such names are none on Windows")
@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "xlsx"])
@pytest.mark.parametrize("in_directory", [False, True])
def test_a_file_is_read_and_written_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, other: str, ending: str, in_directory: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    files = [
        Path(part) / f"f.{ending}" if in_directory else Path(f"{part}.{ending}") for part in (name, other)
    ]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        write(pl.LazyFrame({"is": [str(file)]}), file, sources=())
    for file in files:
        assert scan(file).collect().to_dict(as_series=False) == {"is": [str(file)]}
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(
        tmp_path / f for f in files
    )


@pytest.mark.skipif(os.name == "nt", reason="such names are none on Windows")
def test_the_readers_take_a_path_as_it_is(tmp_path: Path) -> None:
    frames = {name: pl.DataFrame({"is": [name]}) for name in ("a[1]", "a1")}
    for name, frame in frames.items():
        frame.write_csv(tmp_path / f"{name}.csv")
        frame.write_parquet(tmp_path / f"{name}.parquet")
        frame.write_ipc(tmp_path / f"{name}.arrow")
    assert read_csv(tmp_path / "a[1].csv").item() == "a[1]"
    assert scan_csv(tmp_path / "a[1].csv").collect().item() == "a[1]"
    assert scan_csv(b"is\n1\n").collect().item() == 1
    assert read_parquet(tmp_path / "a[1].parquet").item() == "a[1]"
    assert scan_parquet(tmp_path / "a[1].parquet").collect().item() == "a[1]"
    assert scan_ipc([tmp_path / f"{name}.arrow" for name in frames]).collect()["is"].to_list() == list(frames)


def test_no_column_comes_from_the_path(tmp_path: Path) -> None:
    directory = tmp_path / "year=2024"
    directory.mkdir()
    pl.DataFrame({"is": [1]}).write_parquet(directory / "a.parquet")
    assert read_parquet(directory / "a.parquet").columns == ["is"]
    assert scan_parquet(directory / "a.parquet").collect_schema().names() == ["is"]


def test_no_other_module_reads_with_polars() -> None:
    """Whoever calls ``pl.read_…`` or ``pl.scan_…`` elsewhere would read patterns again."""
    calls: set[str] = set()
    for file in ROOT.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "from polars import" not in text, file
        for node in ast.walk(ast.parse(text)):
            reads = isinstance(node, ast.Attribute) and node.attr.startswith(("read_", "scan_"))
            if reads and ast.unparse(node.value) in ("pl", "polars"):  # type: ignore[attr-defined]
                calls.add(file.relative_to(ROOT).as_posix())
    # What is kept of a version, and what a file notes of its types, are read from memory.
    assert calls == {"records/exact_paths.py", "grouping/program_file.py", "records/parquet.py"}
    tree = ast.parse((ROOT / "records" / "exact_paths.py").read_text(encoding="utf-8"))
    readers = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func)[:5] in ("pl.re", "pl.sc")
    ]
    assert len(readers) == 6
    for reader in readers:
        assert {k.arg: ast.literal_eval(k.value) for k in reader.keywords if k.arg == "glob"} == {
            "glob": False
        }
        assert ast.unparse(reader.args[0]).lstrip("[").startswith("exact(")
