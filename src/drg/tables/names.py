"""The names of codes: what an imported version brought along, beside the tables that group."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from drg.records.codes import DIAGNOSIS, PROCEDURE, code_names
from drg.records.exact_paths import exact, read_parquet, told_by_the_system
from drg.records.outputs import placed
from drg.tables.locate import find, find_base
from drg.tables.manifest import read_manifest

NAMES_FILE: Final = "names.parquet"
COLUMNS: Final = ("kind", "code", "name")


def name_lookup(grouper: str | Path) -> dict[str, str]:
    """The name of each code: as the version has it, else as the code lists of the package do."""
    known: dict[str, str] = {}
    for frame in (code_names(PROCEDURE), code_names(DIAGNOSIS), read_names(grouper)):
        known.update(frame.select("code", "name").rows())
    return known


def gathered(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Collects kind (diagnosis or procedure), code, name: the first name of each code, sorted."""
    whole = pl.concat(part.select(pl.col(COLUMNS).cast(pl.String)) for part in parts)
    named = whole.filter(pl.col("name") != "")
    return named.unique(["kind", "code"], keep="first", maintain_order=True).sort("kind", "code")


def write_names(directory: Path, names: pl.DataFrame) -> None:
    """Writes the names beside the tables of a version, if there are any."""
    if names.height:
        with placed(directory / NAMES_FILE) as part, told_by_the_system():
            names.select(COLUMNS).write_parquet(exact(part))


def read_names(grouper: str | Path) -> pl.DataFrame:
    """The names that a version brings along, or that its base does; empty if none does.

    Raises:
        UnknownGrouperError, TablesError: as ``load_tables``.
    """
    directory = find(grouper)
    while not (file := directory / NAMES_FILE).is_file():
        base = read_manifest(directory).based_on
        if base is None:
            return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
        directory = find_base(directory, base)
    return read_parquet(file)
