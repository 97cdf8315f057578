"""Statuses and reasons: what is said of a case beside its group."""

from __future__ import annotations

from collections.abc import Sequence

from drg.columns import Column

GROUPED = "grouped"
AMBIGUOUS = "ambiguous"
NO_DRG = "no_drg"
UNGROUPED = "ungrouped"
INVALID = "invalid"
STATUSES = (GROUPED, AMBIGUOUS, NO_DRG, UNGROUPED, INVALID)

SEVERITIES = ("none", "CC", "MCC", "MCC")  # by the mask of the levels that count

UNGROUPED_DRG = "0000"

# The first part of a reason.
NOTHING = 0
QY = 1
NO_DRG_HOLDS = 2
NO_PRINCIPAL = 3
NO_MDC = 4
NO_ADRG = 5
_TEXTS = {
    QY: "the principal procedure fits no surgical ADRG of the MDC (QY)",
    NO_DRG_HOLDS: "the ADRG has no DRG that takes this case",
    NO_PRINCIPAL: "principal_diagnosis is missing",
    NO_MDC: "no MDC takes this case",
    NO_ADRG: "no ADRG of the MDC takes this case",
}


def is_ambiguous(adrg: str) -> bool:
    """Whether an ADRG is a QY row (歧义组): the principal procedure belongs to no ADRG of its MDC."""
    return adrg.endswith("QY")


def reason(first: int, unknown_principal: bool, fields: Sequence[Column], impossible: bool) -> str | None:
    """The reason of a case, or None if there is nothing to say.

    Args:
        first: what became of the case.
        unknown_principal: the principal diagnosis is in no table of the version.
        fields: those that a visited rule asked for in vain or, if ``impossible``, that hold what cannot be.
        impossible: see ``fields``.
    """
    parts = [_TEXTS[first]] if first else []
    if unknown_principal:
        parts.append("principal_diagnosis is not in the tables of this version")
    if fields and impossible:
        parts += [f"{field.name} is impossible ({expected(field)} expected)" for field in fields]
    elif fields:
        parts.append("missing " + ", ".join(field.name for field in fields))
    return "; ".join(parts) or None


def expected(column: Column) -> str:
    """The possible values of a number column: ``0 to 150``."""
    return f"{column.lowest:g} to {column.highest:,.0f}"
