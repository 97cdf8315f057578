"""A scheme → the numbers of the kernel that do not depend on group, hospital or insurance."""

from __future__ import annotations

from typing import Final

import numpy as np

from drg.categories import CaseClass
from drg.payment import price_kernels as kernels
from drg.payment.outside_rows import outside_rows
from drg.payment.price_kernels import Rules
from drg.payment.scheme import ByStatus, PaymentScheme

CLASSES: Final = tuple(case_class.value for case_class in CaseClass)
# The classes that are paid by their group: standard and cost are compared.
INSIDE: Final = tuple(
    case_class.value
    for case_class in (
        CaseClass.INCOMPLETE,
        CaseClass.EXTREME,
        CaseClass.HIGH,
        CaseClass.LOW,
        CaseClass.NORMAL,
    )
)
_PAYS: Final = {
    "by_item": kernels.BY_ITEM,
    "share": kernels.SHARE,
    "nothing": kernels.NOTHING,
    "per_day": kernels.PER_DAY,
    "per_case": kernels.PER_CASE,
    "not_known": kernels.NOT_KNOWN,
    "share_of_standard": kernels.SHARE_OF_STANDARD,
}


def case_kinds(scheme: PaymentScheme) -> list[str]:
    """The kinds of case that the rules ask for, as cases have them; their places are their numbers."""
    return sorted({rule.case_kind for rule in scheme.outside if rule.case_kind})


def rules(scheme: PaymentScheme) -> Rules:
    """What the kernel needs of a scheme beside its combinations."""
    kinds = case_kinds(scheme)
    found = outside_rows(scheme)
    outside = np.full((len(found), kernels.OUTSIDE_WIDTH), -1, dtype=np.int64)
    for row, (rule, at_most, paid) in zip(outside, found, strict=True):
        row[kernels.CLASS] = CLASSES.index(rule.case_class)
        row[kernels.AT_MOST] = -1 if at_most is None else at_most
        row[kernels.AT_LEAST] = -1 if rule.los_days_at_least is None else rule.los_days_at_least
        row[kernels.KIND] = -1 if rule.case_kind is None else kinds.index(rule.case_kind)
        row[kernels.PAYS] = _PAYS[rule.pays]
        row[kernels.COST_SHARE] = int((rule.share or 0) * kernels.SHARE_UNITS)
        row[kernels.LINE :] = paid
    return Rules(
        outside=outside,
        by_status=np.array(
            [
                _by_status(scheme.ungrouped, kernels.UNGROUPED),
                _by_status(scheme.ambiguous, kernels.AMBIGUOUS),
                _by_status(scheme.unweighted, kernels.UNWEIGHTED),
                (kernels.NOTHING, 0, kernels.JOINED),
            ],
            dtype=np.int64,
        ),
        has_high=scheme.high is not None,
    )


def _by_status(rule: ByStatus, case_class: int) -> tuple[int, int, int]:
    held = rule.pays == "not_known"
    share = int((rule.share or 0) * kernels.SHARE_UNITS)
    return _PAYS[rule.pays], share, kernels.UNPRICED if held else case_class
