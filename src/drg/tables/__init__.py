"""Grouper versions as data: find one, load it, list them all."""

from drg.tables.load import GrouperTables, load_tables
from drg.tables.locate import find, find_series, list_groupers, list_series
from drg.tables.manifest import Manifest
from drg.tables.series import Series

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
