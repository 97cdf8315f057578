"""Where grouper versions live, and how one is found by its id or its path."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from drg.errors import TablesError, UnknownGrouperError, did_you_mean
from drg.tables.table_layout import MANIFEST_FILE
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.tables.manifest import Manifest
    from drg.tables.version_series import Series

ROOTS_VARIABLE: Final = "DRG_TABLES"
_PACKAGE = Path(__file__).resolve().parents[1]


def roots() -> tuple[Path, ...]:
    """The directories that hold versions; the first that has an id wins.

    First those of the environment variable ``DRG_TABLES``, then that of the user, then the shipped one.

    Raises:
        TablesError: ``DRG_TABLES`` names what is not such a directory. Passing over it could group with
            other tables than those that are meant.
    """
    named = [Path(part) for part in os.environ.get(ROOTS_VARIABLE, "").split(os.pathsep) if part.strip()]
    for root in named:
        _check_named(root)
    own = user_root()
    return (*named, *((own,) if own and own.is_dir() else ()), *shipped_roots())


def user_root() -> Path | None:
    """Where the platform keeps the user's own data, and so the user's versions; None if there is no home."""
    try:
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Application Support"
        else:
            base = Path(os.environ.get("XDG_DATA_HOME", ""))
            # The convention says that a relative path is to be ignored.
            base = base if base.is_absolute() else Path.home() / ".local" / "share"
    except RuntimeError:
        return None
    return base / "drg" / "grouper_tables"


def shipped_roots() -> tuple[Path, ...]:
    """The directory of the versions that come with the package."""
    places = (_PACKAGE / "grouper_tables", _PACKAGE.parents[1] / "grouper_tables")
    return tuple(root for root in places if root.is_dir())[:1]


def is_shipped(directory: Path) -> bool:
    """Whether the version in ``directory`` came with the package, and is not the user's own."""
    return directory.parent in shipped_roots()


def called(directory: Path) -> str:
    """How to call the version in ``directory``: by its id if the id finds it, else by its path."""
    return directory.name if installed().get(directory.name) == directory else str(directory)


def _check_named(root: Path) -> None:
    if not root.is_dir():
        problem = Sentence(
            "{variable} names {root!r}, which is not a directory", variable=ROOTS_VARIABLE, root=str(root)
        )
        fix = Sentence("Create it, or mend the environment variable {variable}", variable=ROOTS_VARIABLE)
        raise TablesError(problem, fix=fix)
    if (root / MANIFEST_FILE).is_file():
        problem = Sentence(
            "{variable} names {root!r}, which is a version itself", variable=ROOTS_VARIABLE, root=str(root)
        )
        fix = Sentence("Name the directory that holds it: {directory!r}", directory=str(root.parent))
        raise TablesError(problem, fix=fix)


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
    from drg.tables.manifest import read_manifest

    return [read_manifest(directory, expected_id=id_) for id_, directory in installed().items()]


def list_series() -> dict[str, Series]:
    """The series of all installed versions by id.

    Raises:
        TablesError: as ``list_groupers``; or the versions of a series contradict each other.
    """
    from drg.tables.manifest import read_manifest
    from drg.tables.version_series import series_of

    places = {directory / MANIFEST_FILE: id_ for id_, directory in installed().items()}
    return series_of({file: read_manifest(file.parent, expected_id=id_) for file, id_ in places.items()})


def find_series(grouper: str | Path) -> Series | None:
    """The series of this id; None if that is no id of a series, but perhaps one of a version, or a path.

    Raises:
        TablesError: as ``list_series``; or a version and a series have the same id.
    """
    if isinstance(grouper, Path) or _has_separator(grouper):
        return None
    known = installed()
    if grouper in known and grouper not in _named_series(known.values()):
        return None
    try:
        series = list_series()
    except TablesError:
        if grouper in known or (Path(grouper) / MANIFEST_FILE).is_file():
            # Who names a version need not mend the manifests of others.
            return None
        raise
    if grouper in known and grouper in series:
        problem = Sentence(
            "{grouper!r} is both a version and the series of {periods}",
            grouper=grouper,
            periods=series[grouper].periods,
        )
        fix = Sentence("Give the version another id, or the series, in the manifests of all its versions")
        raise TablesError(problem, file=known[grouper] / MANIFEST_FILE, field="id", fix=fix)
    return series.get(grouper)


def _named_series(directories: Iterable[Path]) -> set[str]:
    """The series that manifests name, which are not checked."""
    heads = (_head(directory) for directory in directories)
    # Few manifests name one, and reading them all takes as long as grouping some cases. Keys may be escaped.
    naming = (head for head in heads if "series" in head or "\\" in head)
    return {str(_entries(head).get("series")) for head in naming}


def own_entries(directory: Path) -> dict[str, Any]:
    """The entries of a manifest that stand before its first table, unchecked; empty if it cannot be read.

    Hundreds of corrected rows may follow, which take a hundred times as long to read.
    """
    return _entries(_head(directory))


def _head(directory: Path) -> str:
    """The text of a manifest before its first table; empty if it cannot be read."""
    try:
        text = (directory / MANIFEST_FILE).read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return ""
    return re.split(r"^\s*\[", text, maxsplit=1, flags=re.MULTILINE)[0]


def _entries(head: str) -> dict[str, Any]:
    try:
        return tomllib.loads(head)
    except (ValueError, RecursionError):
        return {}


def find(grouper: str | Path) -> Path:
    """The directory of a version.

    Args:
        grouper: the id of an installed version, or the path of a directory. Text without a separator
            is an id first; a ``Path`` is always a path.

    Raises:
        UnknownGrouperError: there is none; names the nearest id and how to list them.
    """
    path = Path(grouper)
    if isinstance(grouper, Path) or _has_separator(grouper):
        if path.is_dir():
            return path
        problem = Sentence("there is no directory {grouper!r}", grouper=str(grouper))
        fix = Sentence(
            "Give the directory that holds {file}, or an id that drg groupers lists", file=MANIFEST_FILE
        )
        raise UnknownGrouperError(problem, fix=fix)
    known = installed()
    if grouper in known:
        return known[grouper]
    if (path / MANIFEST_FILE).is_file():
        return path
    series = _series_or_none()
    if grouper in series:
        raise UnknownGrouperError(
            Sentence("{grouper!r} is a series of versions, and one version is needed here", grouper=grouper),
            fix=Sentence("Name one of them: {periods}", periods=series[grouper].periods),
        )
    problem = Sentence("there is no grouper version {grouper!r}, nor a series", grouper=grouper)
    raise UnknownGrouperError(problem, fix=_ways_out(grouper, [*known, *series]))


def _series_or_none() -> dict[str, Series]:
    try:
        return list_series()
    except TablesError:
        # Whose manifest is faulty is not what was asked.
        return {}


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
    problem = Sentence(
        "there is no grouper version {base!r} to be based on, neither beside this one nor installed",
        base=base,
    )
    raise TablesError(problem, file=directory / MANIFEST_FILE, field="based_on", fix=_ways_out(base, known))


def _has_separator(text: str) -> bool:
    return any(separator in text for separator in ("/", os.sep, os.altsep) if separator)


def _ways_out(wrong: str, known: Iterable[str]) -> Sentence:
    own = user_root()
    if own:
        place = Sentence("in {own} or in a directory that {variable} names", own=own, variable=ROOTS_VARIABLE)
    else:
        place = Sentence("in a directory that {variable} names", variable=ROOTS_VARIABLE)
    ways = Sentence(
        "List what is installed with: drg groupers. A version that does not come with the package is looked "
        "for {place}; drg tables import makes one of a published workbook, drg tables new one that differs "
        "from another",
        place=place,
    )
    return Joined(" ", (did_you_mean(wrong, known), ways))
