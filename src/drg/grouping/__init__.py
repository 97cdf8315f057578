"""Discharges and the tables of a version → groups, or a full explanation of one case."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drg.grouping.explain import Complication, Condition, Explanation, Tried
    from drg.grouping.grouper import Grouper

__all__ = ["Complication", "Condition", "Explanation", "Grouper", "Tried"]

_MODULES = dict.fromkeys(__all__, "drg.grouping.explain") | {"Grouper": "drg.grouping.grouper"}


def __getattr__(name: str) -> Any:
    # Imported at first use: frames need no explanation of a single case.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
