"""Discharges and the tables of a version → groups, or a full explanation of one case."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drg.grouping.base import AnyGrouper
    from drg.grouping.explain import Choice, Complication, Condition, Explanation, Tried
    from drg.grouping.grouper import Grouper
    from drg.grouping.series import GrouperSeries, grouper_of

__all__ = [
    "AnyGrouper",
    "Choice",
    "Complication",
    "Condition",
    "Explanation",
    "Grouper",
    "GrouperSeries",
    "Tried",
    "grouper_of",
]

_MODULES = dict.fromkeys(__all__, "drg.grouping.explain") | {
    "AnyGrouper": "drg.grouping.base",
    "Grouper": "drg.grouping.grouper",
    "GrouperSeries": "drg.grouping.series",
    "grouper_of": "drg.grouping.series",
}


def __getattr__(name: str) -> Any:
    # Imported at first use: frames need no explanation of a single case.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
