"""A version as files: the directory that ``load_tables`` reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from drg.errors import OutputError
from drg.records.files import write_bytes
from drg.records.outputs import make_directory, together
from drg.tables.manifest import Manifest, manifest_text
from drg.tables.overlay import by_key
from drg.tables.table_layout import CHANGE, MANIFEST_FILE, TABLES
from drg.words import Sentence


def write_version(directory: Path, manifest: Manifest, tables: Mapping[str, pl.DataFrame]) -> None:
    """Writes a version; rule tables keep their order, lists are sorted by key.

    Args:
        directory: where to; it is created, and must not hold a version yet.
        manifest: its manifest.
        tables: all six tables by name; or, if the manifest says ``based_on``, the changes, as
            ``changes_between`` gives them. Further columns are left out.

    Raises:
        OutputError: the directory holds a version, or tables and manifest do not fit together.
    """
    overlay = manifest.based_on is not None
    missing = [table.name for table in TABLES if table.name not in tables]
    if missing and not overlay:
        fix = Sentence("A version without based_on has all six tables")
        raise OutputError(Sentence("table {name!r} is missing", name=missing[0]), fix=fix)
    for name, frame in tables.items():
        if (CHANGE in frame.columns) != overlay:
            raise OutputError(
                Sentence("table {name!r} holds rows", name=name)
                if overlay
                else Sentence("table {name!r} holds changes", name=name),
                fix=Sentence("A version with based_on holds changes, one without holds rows"),
            )
    if (directory / MANIFEST_FILE).exists():
        problem = Sentence("there is a version already")
        raise OutputError(problem, file=directory, fix=Sentence("Choose another directory"))
    with together():
        make_directory(directory)
        for table in TABLES:
            if table.name in tables:
                frame = tables[table.name].select([CHANGE] * overlay + [*table.columns])
                frame = frame.sort(by_key(table)) if table.is_list or overlay else frame
                # Null is written as nothing, empty text as two quotation marks.
                text = frame.with_columns(pl.col(pl.String).replace("", None)).write_csv()
                write_bytes(text.encode(), directory / table.file, sources=())
        write_bytes(manifest_text(manifest).encode(), directory / MANIFEST_FILE, sources=())
