"""The files that a version is made of: its own and those of the versions that it is based on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drg.errors import TablesError
from drg.records.plain_files import read_bytes
from drg.tables.locate import find_base, installed, own_entries
from drg.tables.table_layout import MANIFEST_FILE


def sources(directory: Path) -> list[str | bytes] | None:
    """All that loading a version depends on, byte by byte: paths, names and contents of files.

    Returns:
        None if something is amiss that ``load_tables`` will say more of.
    """
    try:
        return list(_parts(directory))
    except (OSError, ValueError, TablesError):
        return None


def _parts(directory: Path) -> Iterator[str | bytes]:
    seen: set[Path] = set()
    here: Path | None = directory
    while here is not None:
        if here.resolve() in seen:
            raise ValueError("based_on leads in a circle")
        seen.add(here.resolve())
        yield str(here)
        yield str(installed().get(here.name) == here)
        # Tables that would not be read as well: they are refused.
        for file in (here / MANIFEST_FILE, *sorted(here.glob("*.csv"))):
            yield file.name
            yield read_bytes(file)
        entries = own_entries(here)
        if not entries:
            raise ValueError("the manifest cannot be read")
        base = entries.get("based_on")
        if base is not None and not isinstance(base, str):
            raise ValueError("based_on is no text")
        here = None if base is None else find_base(here, base)
