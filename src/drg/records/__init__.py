"""Discharges from outside, checked."""

from drg.records.codes import normalised
from drg.records.discharge import Discharge

__all__ = ["Discharge", "normalised"]
