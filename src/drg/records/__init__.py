"""Discharges from outside, checked."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drg.records.codes import normalised
    from drg.records.discharge import Discharge

__all__ = ["Discharge", "normalised"]

_MODULES = {"Discharge": "drg.records.discharge", "normalised": "drg.records.codes"}


def __getattr__(name: str) -> Any:
    # Imported at first use: frames need no model of a single discharge.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
