"""Grouper versions as data: find one, load it, list them all."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drg.tables.load import GrouperTables, load_tables
    from drg.tables.locate import find, find_series, list_groupers, list_series
    from drg.tables.manifest import Manifest
    from drg.tables.version_series import Series

__all__ = [
    "GrouperTables",
    "Manifest",
    "Series",
    "find",
    "find_series",
    "list_groupers",
    "list_series",
    "load_tables",
]

_MODULES = {
    "GrouperTables": "drg.tables.load",
    "Manifest": "drg.tables.manifest",
    "Series": "drg.tables.version_series",
    "find": "drg.tables.locate",
    "find_series": "drg.tables.locate",
    "list_groupers": "drg.tables.locate",
    "list_series": "drg.tables.locate",
    "load_tables": "drg.tables.load",
}


def __getattr__(name: str) -> Any:
    # Imported at first use: a version that is taken from the cache needs no reader of tables.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
