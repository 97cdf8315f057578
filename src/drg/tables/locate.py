"""Where grouper versions live, and how one is found by its id or its path."""

from __future__ import annotations

import os
from pathlib import Path

from drg.errors import TablesError, UnknownGrouperError, did_you_mean
from drg.tables.manifest import MANIFEST_FILE, Manifest, read_manifest

_PACKAGE = Path(__file__).resolve().parents[1]


def roots() -> tuple[Path, ...]:
    """The directories that hold versions; the first that has an id wins. Add further roots here."""
    shipped = (_PACKAGE / "grouper_tables", _PACKAGE.parents[1] / "grouper_tables")
    return tuple(root for root in shipped if root.is_dir())[:1]


def installed() -> dict[str, Path]:
    """The directory of every installed version by its id, sorted by id."""
    found: dict[str, Path] = {}
    for root in roots():
        for directory in root.iterdir():
            if (directory / MANIFEST_FILE).is_file():
                found.setdefault(directory.name, directory)
    return dict(sorted(found.items()))


def list_groupers() -> list[Manifest]:
    """The manifests of all installed versions, sorted by id.

    Raises:
        TablesError: a manifest is not valid, or its id is not the name of its directory.
    """
    return [read_manifest(directory, expected_id=id_) for id_, directory in installed().items()]


def find(grouper: str | Path) -> Path:
    """The directory of a version.

    Args:
        grouper: the id of an installed version, or the path of a directory. Text without a separator
            is an id first; a ``Path`` is always a path.

    Raises:
        UnknownGrouperError: there is none; names the nearest id and how to list them.
    """
    path = Path(grouper).expanduser()
    if isinstance(grouper, Path) or _has_separator(grouper):
        if path.is_dir():
            return path
        raise UnknownGrouperError(
            f"there is no directory {str(grouper)!r}",
            fix=f"Give the directory that holds {MANIFEST_FILE}, or an id that drg groupers lists",
        )
    known = installed()
    if grouper in known:
        return known[grouper]
    if (path / MANIFEST_FILE).is_file():
        return path
    raise UnknownGrouperError(f"there is no grouper version {grouper!r}", fix=_ways_out(grouper, known))


def find_base(directory: Path, base: str) -> Path:
    """The directory of the version that the one in ``directory`` is based on.

    Its sibling directories come first, then the installed versions.

    Raises:
        TablesError: there is none of that id; names the manifest that asks for it.
    """
    sibling = directory.resolve().parent / base
    if (sibling / MANIFEST_FILE).is_file():
        return sibling
    known = installed()
    if base in known:
        return known[base]
    raise TablesError(
        f"there is no grouper version {base!r} to be based on, neither beside this one nor installed",
        file=directory / MANIFEST_FILE,
        field="based_on",
        fix=_ways_out(base, known),
    )


def _has_separator(text: str) -> bool:
    return any(separator in text for separator in ("/", os.sep, os.altsep) if separator)


def _ways_out(wrong: str, known: dict[str, Path]) -> str:
    hint = did_you_mean(wrong, known)
    return f"{hint} List the installed versions with: drg groupers".strip()
