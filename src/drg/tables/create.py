"""New versions: the smallest overlay on a version that exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from drg.errors import OutputError
from drg.tables.lint import check_references
from drg.tables.load import load_tables
from drg.tables.locate import find, find_base, user_root
from drg.tables.manifest import Manifest, manifest_text, parse_manifest
from drg.tables.overlay import changes_between
from drg.tables.read import check_files, read_table
from drg.tables.table_layout import MANIFEST_FILE, TABLES
from drg.tables.write import write_version
from drg.words import Sentence


def new_version(
    id_: str,
    base: str | Path,
    root: Path | None = None,
    *,
    full: Path | None = None,
    title: str | None = None,
) -> Path:
    """Writes the smallest version that differs from ``base``: a manifest, and the changes if there are any.

    Args:
        id_: the id of the new version.
        base: the id or the directory of the version that it is based on.
        root: the directory in which the directory ``id_`` is made; by default that of the user.
        full: a directory with all six tables of the new version; without it there are no changes yet.
        title: the title; by default the id.

    Returns:
        The directory of the new version.

    Raises:
        TablesError: the base or the six tables cannot be used as they stand.
        OutputError: there is a version of that id already, or the base would not be found from there.
    """
    directory = place_for(root, id_)
    before = load_tables(base)
    based_on = before.manifest.id
    manifest = checked_manifest(id=id_, title=title or id_, based_on=based_on)
    if find_base(directory, based_on).resolve() != find(base).resolve():
        problem = Sentence(
            "a version in {directory} that is based on {based_on!r} would find another one of that id",
            directory=directory,
            based_on=based_on,
        )
        fix = Sentence("Write it beside its base: give the directory that holds the base")
        raise OutputError(problem, fix=fix)
    changes: dict[str, pl.DataFrame] = {}
    if full is not None:
        check_files(full, overlay=False)
        after = {table.name: read_table(full / table.file, table) for table in TABLES}
        check_references(after)
        changes = changes_between(before.frames, after)
    write_version(directory, manifest, changes)
    return directory


def place_for(root: Path | None, id_: str) -> Path:
    """The directory for a new version.

    Raises:
        OutputError: it holds a version already, or there is no place to write to.
    """
    root = root or user_root()
    if root is None:
        raise OutputError(Sentence("no directory of yours is known"), fix=Sentence("Give one with -o"))
    directory = root / id_
    if (directory / MANIFEST_FILE).exists():
        fix = Sentence("Choose another id or directory, or delete that one first")
        raise OutputError(Sentence("there is a version already"), file=directory, fix=fix)
    return directory


def checked_manifest(**entries: Any) -> Manifest:
    """A manifest that is checked in the words of the person who gave its entries."""
    unchecked = Manifest.model_construct(None, **entries)
    return parse_manifest(manifest_text(unchecked), Path(MANIFEST_FILE))
