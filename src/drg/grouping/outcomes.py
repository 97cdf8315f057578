"""Statuses and reasons: what is said of a case beside its group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from drg.categories import GroupingStatus, Severity
from drg.columns import Column
from drg.reasons import coded, together

if TYPE_CHECKING:
    from drg.tables.version_series import Series  # with pydantic, which few cases do without

GROUPED: Final = GroupingStatus.GROUPED.value
AMBIGUOUS: Final = GroupingStatus.AMBIGUOUS.value
NO_DRG: Final = GroupingStatus.NO_DRG.value
UNGROUPED: Final = GroupingStatus.UNGROUPED.value
INVALID: Final = GroupingStatus.INVALID.value
STATUSES: Final = tuple(status.value for status in GroupingStatus)
SEVERITIES: Final = tuple(severity.value for severity in Severity)
# The place in ``SEVERITIES`` by the mask of the levels that count.
SEVERITY_OF_MASK: Final = (0, 1, 2, 2)

UNGROUPED_DRG: Final = "0000"

# The first part of a reason, as numbers of the kernel's results, and its name.
NOTHING, QY, NO_DRG_HOLDS, NO_PRINCIPAL, NO_MDC, NO_ADRG = range(6)
FIRST: Final = (
    None,
    "principal_procedure_fits_no_adrg",
    "no_drg",
    "principal_diagnosis_missing",
    "no_mdc",
    "no_adrg",
)


def is_ambiguous(adrg: str) -> bool:
    """Whether an ADRG is a QY row (歧义组): the principal procedure belongs to no ADRG of its MDC."""
    return adrg.endswith("QY")


def reason(
    first: int,
    unknown_principal: bool,
    fields: Sequence[Column],
    impossible: bool,
    never_principal: bool = False,
    mdc: str | None = None,
) -> str | None:
    """The reasons of a case as codes, or None if there is nothing to say.

    Args:
        first: what became of the case.
        unknown_principal: the principal diagnosis is in no table of the version.
        fields: those that a visited rule asked for in vain or, if ``impossible``, that hold what cannot be.
        impossible: see ``fields``.
        never_principal: the principal diagnosis is a code of the version or of the code list, but no rule of
            the version asks for it (灰码).
        mdc: the first whose rule holds, of a case that no ADRG takes.
    """
    strange = "principal_diagnosis_unknown" * unknown_principal
    if never_principal:
        strange = "never_principal_diagnosis"
    what = FIRST[first]
    parts = [coded(what, *([mdc] if mdc else []))] if what else []
    parts += [coded(strange)] if strange else []
    if fields:
        kind = "value_impossible" if impossible else "value_missing"
        parts.append(coded(kind, *(field.name for field in fields)))
    return together(parts)


def without_date(series: Series) -> str:
    """The reason of a case whose day of discharge is not known, so that no version can be chosen."""
    return coded("discharge_date_unusable", series.id)


def without_version(series: Series) -> str:
    """The reason of a case of a day on which no version was in force: all of them with their days."""
    days = [
        fact
        for member in series.members
        for fact in (member.id, *(str(day or "") for day in (member.valid_from, member.valid_to)))
    ]
    return coded("no_version_in_force", series.id, *days)
