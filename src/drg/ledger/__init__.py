"""A year of settlements as a directory of entries that are only ever added to (台账)."""

from drg.ledger.additions import LedgerAddition, Stamp
from drg.ledger.entry import LedgerEntry
from drg.ledger.ledger import Ledger

__all__ = ["Ledger", "LedgerAddition", "LedgerEntry", "Stamp"]
