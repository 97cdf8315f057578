"""Three stays that show what a benefit scheme pays: an ordinary one, a dear one, and one late in the year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, Final

from drg.benefit.calculator import BenefitCalculator
from drg.benefit.explain import BenefitExplanation, explain_benefits
from drg.benefit.kinds_of_stay import StayKind, entry_of
from drg.benefit.scheme import BenefitScheme
from drg.benefit_columns import LOCAL, NO_AID, NO_REFERRAL

# What the cost is made of: class A, class B, self-paid.
_PARTS: Final = (Decimal("0.6"), Decimal("0.3"), Decimal("0.1"))
_ORDINARY_YUAN: Final = Decimal(10_000)
_DEAR_YUAN: Final = Decimal(200_000)


@dataclass(frozen=True)
class WorkedStay:
    """A stay and its arithmetic; ``kind`` is ordinary, dear or late."""

    kind: str
    explanation: BenefitExplanation


def worked_stays(calculator: BenefitCalculator, language: str = "en") -> Iterator[WorkedStay]:
    """Stays of an adult with the first insurance and level for which the scheme has rules.

    The last stay is of a person of the first class of medical aid, if the scheme names any, after a dear one.

    Args:
        calculator: of the scheme.
        language: of the words.
    """
    scheme = calculator.scheme
    stay = _stay(scheme)
    if stay is None:
        return
    first = scheme.valid_from or date(2025, 1, 1)
    begin = datetime.combine(first, time(), UTC).replace(tzinfo=None)
    aid = next((row.aid_class for row in scheme.aid.rows if row.aid_class), None) if scheme.aid else None
    aided = stay | ({"aid_class": aid} if aid else {})
    if scheme.commercial:
        aided |= {"commercial_product": scheme.commercial[0].product}
    ordinary = _costing(stay, _ORDINARY_YUAN, begin, "1")
    dear = _costing(stay, _DEAR_YUAN, begin, "1")
    late = [
        _costing(aided, cost, begin + timedelta(days=day), case_id)
        for cost, day, case_id in ((_DEAR_YUAN, 0, "1"), (_ORDINARY_YUAN, 20, "2"))
    ]
    for kind, rows in (("ordinary", [ordinary]), ("dear", [dear]), ("late", late)):
        case_id = rows[-1]["case_id"]
        yield WorkedStay(kind, explain_benefits(rows, calculator, case_id=case_id, language=language))


def _stay(scheme: BenefitScheme) -> dict[str, Any] | None:
    """An adult's stay of the first kind for which the scheme has rules."""
    rows = [row for _, table in scheme.tables() for row in table]
    insurances = dict.fromkeys(["390", "310", *(row.insurance for row in rows if row.insurance)])
    levels = dict.fromkeys([*(row.level for row in rows if row.level), "3"])
    for insurance, level, age in product(insurances, reversed(levels), (40, 70, 10)):
        kind = StayKind(insurance, level, NO_AID, NO_REFERRAL, LOCAL, age, False, False, None)
        if entry_of(scheme, kind).problem is None:
            found = {"patient_id": "P1", "insurance_type": insurance, "hospital_level": level}
            return found | {"age_years": age}
    return None


def _costing(stay: dict[str, Any], cost: Decimal, discharge: datetime, case_id: str) -> dict[str, Any]:
    class_a, class_b, self_paid = (cost * part for part in _PARTS)
    return stay | {
        "case_id": case_id,
        "discharge_date": discharge,
        "admission_date": discharge,
        "total_cost_yuan": cost,
        "class_a_cost_yuan": class_a,
        "class_b_cost_yuan": class_b,
        "self_paid_cost_yuan": self_paid,
    }
