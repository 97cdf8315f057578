"""A year of settlements as a directory of entries that are only ever added to (台账)."""

from drg.ledger.additions import Added, Stamp
from drg.ledger.entry import Entry
from drg.ledger.ledger import Ledger

__all__ = ["Added", "Entry", "Ledger", "Stamp"]
