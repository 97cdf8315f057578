"""A grouper version by id or path → its six tables, inheritance resolved, linted, hashed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from drg.errors import TablesError
from drg.tables.corrections import SCHEMA, corrections_of
from drg.tables.equivalences import EMPTY, equivalences_of
from drg.tables.lint import check_references
from drg.tables.locate import find, find_base, installed
from drg.tables.manifest import Manifest, read_manifest
from drg.tables.overlay import apply
from drg.tables.read import check_files, read_table
from drg.tables.table_layout import MANIFEST_FILE, PROVENANCE, TABLES, Table
from drg.words import Sentence


@dataclass(frozen=True, eq=False, repr=False)
class GrouperTables:
    """One grouper version, whole. Text columns hold no nulls: an empty cell is "".

    Attributes:
        manifest: what the version is.
        mdc: mdc, name, rule, order (Int64), file, row (Int64).
        adrg: adrg, name, rule, mdc, order, file, row.
        drg: drg, name, rule, adrg, mdc, order, file, row.
        sets: set, code.
        complications: code, level (MCC or CC), exclusion_set ("" if nothing excludes).
        exclusions: exclusion_set, code.
        corrections: the rows that differ from the source of the version; see ``corrections.corrections_of``.
        equivalences: adrg, other_name, version, reason: further names of its groups in other versions.

    ``file`` and ``row`` say where a rule was read, the header being row 1. Rows stand as in the file,
    those that an overlay adds at the end; ``order`` is not applied.
    """

    manifest: Manifest
    mdc: pl.DataFrame
    adrg: pl.DataFrame
    drg: pl.DataFrame
    sets: pl.DataFrame
    complications: pl.DataFrame
    exclusions: pl.DataFrame
    corrections: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))
    equivalences: pl.DataFrame = field(default_factory=EMPTY.clone)

    def __repr__(self) -> str:
        counts = ", ".join(f"{frame.height} {name}" for name, frame in self.frames.items())
        return f"GrouperTables({self.manifest.id!r}: {counts})"

    @property
    def frames(self) -> dict[str, pl.DataFrame]:
        """The six tables by name."""
        return {table.name: getattr(self, table.name) for table in TABLES}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content as hex: the same for the same grouping data, however it is filed."""
        whole = hashlib.sha256()
        for table in TABLES:
            whole.update(f"{table.name}\x1d{_canonical(table, self.frames[table.name])}\x1d".encode())
        return whole.hexdigest()


def load_tables(grouper: str | Path) -> GrouperTables:
    """Loads and lints a version.

    Args:
        grouper: the id of an installed version, or the path of the directory of one.

    Raises:
        UnknownGrouperError: there is no such version.
        TablesError: it cannot be used as it stands; names file, row, column and remedy.
    """
    directory = find(grouper)
    manifest, tables, corrections = _resolve(directory, ())
    check_references(tables)
    equivalences = equivalences_of(directory, tables["adrg"])
    return GrouperTables(manifest, **tables, corrections=corrections, equivalences=equivalences)


def _resolve(
    directory: Path, trail: tuple[Path, ...]
) -> tuple[Manifest, dict[str, pl.DataFrame], pl.DataFrame]:
    """Manifest, tables and corrections of a version; ``trail`` holds the versions that are based on it."""
    here = directory.resolve()
    if here in trail:
        circle = " → ".join(path.name for path in (*trail[trail.index(here) :], here))
        problem = Sentence("based_on leads in a circle: {circle}", circle=circle)
        fix = Sentence("Base one of them on a complete version")
        raise TablesError(problem, file=directory / MANIFEST_FILE, field="based_on", fix=fix)
    shipped = installed().get(directory.name) == directory
    manifest = read_manifest(directory, expected_id=directory.name if shipped else None)
    check_files(directory, overlay=manifest.based_on is not None)
    file = directory / MANIFEST_FILE
    if manifest.based_on is None:
        read = {table.name: read_table(directory / table.file, table) for table in TABLES}
        tables = {
            table.name: read[table.name].drop(PROVENANCE) if table.is_list else read[table.name]
            for table in TABLES
        }
        return manifest, tables, corrections_of(manifest, tables, None, {}, file)
    _, base, inherited = _resolve(find_base(directory, manifest.based_on), (*trail, here))
    changes = {
        table.name: read_table(directory / table.file, table, overlay=True)
        for table in TABLES
        if (directory / table.file).exists()
    }
    tables = apply(base, changes)
    return manifest, tables, corrections_of(manifest, tables, inherited, changes, file)


def _canonical(table: Table, frame: pl.DataFrame) -> str:
    """The content as text; rows of equal order keep their places, for the first of them wins."""
    if table.is_list:
        frame = frame.sort(table.columns)
    else:
        frame = frame.sort(*table.scope, "order", maintain_order=True)
    line = pl.concat_str(pl.col(table.columns).cast(pl.String), separator="\x1f")
    return str(frame.select(line.str.join("\x1e")).item())
