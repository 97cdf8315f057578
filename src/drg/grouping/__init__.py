"""Discharges and the tables of a version → groups, or a full explanation of one case."""

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
