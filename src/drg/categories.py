"""The closed lists of words that columns of results hold, each in its order; and texts as their numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import polars as pl


class GroupingStatus(StrEnum):
    """What became of a case when it was grouped."""

    GROUPED = "grouped"
    AMBIGUOUS = "ambiguous"  # 歧义组 QY
    NO_DRG = "no_drg"  # in an ADRG, but in none of its DRGs
    UNGROUPED = "ungrouped"
    INVALID = "invalid"  # a field holds what cannot be


class Severity(StrEnum):
    """The highest complication or comorbidity that counts."""

    NONE = "none"
    CC = "CC"
    MCC = "MCC"


class CaseClass(StrEnum):
    """What a case is to its payment; the first that applies, in this order."""

    INVALID = "invalid"  # its cost or its days cannot be used
    SPECIAL = "special"  # 特例单议: paid as decided
    JOINED = "joined"  # 合并住院: paid with a later stay of the patient
    UNGROUPED = "ungrouped"
    AMBIGUOUS = "ambiguous"  # 歧义组 QY
    SHORT = "short"
    LONG = "long"
    BED_DAY = "bed_day"  # 床日
    DAY_SURGERY = "day_surgery"  # 日间手术
    UNSTABLE = "unstable"  # 不稳定病组
    UNWEIGHTED = "unweighted"  # the scheme has no weight for its group
    UNPRICED = "unpriced"  # no rate, no coefficient, no rule or no share is known: held
    INCOMPLETE = "incomplete"  # the treatment was broken off
    EXTREME = "extreme"  # among the most expensive
    HIGH = "high"  # 高倍率
    LOW = "low"  # 低倍率
    NORMAL = "normal"


_NAMESPACE: Final = "drg"


def numbered_text(name: str) -> pl.Categorical:
    """The type of a column of text inside the library, of which only numbers are moved about.

    Nobody else sees such columns: in frames that are given back and in files they are text.

    Args:
        name: of what they number; columns of one name have the same numbers.
    """
    return pl.Categorical(pl.Categories(name, namespace=_NAMESPACE))


def is_numbered_text(dtype: pl.DataType) -> bool:
    """Whether a column has a type of ``numbered_text``."""
    return isinstance(dtype, pl.Categorical) and dtype.categories.namespace() == _NAMESPACE
