"""Grouper versions as data: find one, load it, list them all."""

from drg.tables.load import GrouperTables, load_tables
from drg.tables.locate import find, list_groupers
from drg.tables.manifest import Manifest

__all__ = ["GrouperTables", "Manifest", "find", "list_groupers", "load_tables"]
