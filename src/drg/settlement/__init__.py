"""Priced cases → accounts of hospitals: surplus and overrun shared, instalments, the annual clearing."""

from __future__ import annotations

from drg.settlement.due_dates import DueDates
from drg.settlement.settle import Settlement, settle

__all__ = ["DueDates", "Settlement", "settle"]
