"""Discharges and the tables of a version → groups, or a full explanation of one case."""

from drg.grouping.explain import Complication, Condition, Explanation, Tried
from drg.grouping.grouper import Grouper

__all__ = ["Complication", "Condition", "Explanation", "Grouper", "Tried"]
