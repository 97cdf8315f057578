"""Three cases that show what a scheme pays: an ordinary one, a dear one and a cheap one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from drg.payment import PriceExplanation, Pricer
from drg.payment.periods import first_days
from drg.payment.scheme import PaymentScheme, Rate
from drg.payment.weights import Weight

_FEN: Final = Decimal("0.01")
_USUAL_COST: Final = Decimal("0.9")  # of the standard
_ABOVE: Final = Decimal("1.5")  # times the threshold of high cost, or where there is none, times the standard
_BELOW: Final = Decimal("0.5")  # of the threshold of low cost


@dataclass(frozen=True)
class WorkedCase:
    """A case and its arithmetic; ``kind`` is usual, dear or cheap."""

    kind: str
    explanation: PriceExplanation


def worked_cases(pricer: Pricer, language: str = "en") -> Iterator[WorkedCase]:
    """The group in the middle of the weights at three costs, for the first insurance and level of the rates.

    Args:
        pricer: of the scheme.
        language: of the reasons.
    """
    scheme = pricer.scheme
    # What a group of traditional medicine is paid depends on fees that these cases do not have.
    beside = scheme.tcm.medical_drg if scheme.tcm else {}
    levels = {rate.level for rate in scheme.rates}
    possible = [
        one
        for one in pricer.loaded.weights.values()
        if one.drg not in beside and (one.level is None or levels & {None, one.level})
    ]
    weight = _middle(possible or list(pricer.loaded.weights.values()))
    case = _case(scheme, weight)
    standard = pricer.explain(case, language=language).outcome["standard_payment_yuan"]
    if not isinstance(standard, Decimal):
        yield WorkedCase("usual", pricer.explain(case, language=language))
        return
    high = _high_threshold(scheme, weight.relative_weight)
    low = scheme.low.threshold if scheme.low else Decimal(1)
    costs = {"usual": _USUAL_COST, "dear": _ABOVE * high, "cheap": _BELOW * low}
    for kind, times in costs.items():
        cost = (standard * times).quantize(_FEN, ROUND_HALF_UP)
        yield WorkedCase(kind, pricer.explain({**case, "total_cost_yuan": cost}, language=language))


def _middle(weights: list[Weight]) -> Weight:
    ordered = sorted(weights, key=lambda one: (one.relative_weight, one.drg, one.level or ""))
    return ordered[len(ordered) // 2]


def _case(scheme: PaymentScheme, weight: Weight) -> dict[str, Any]:
    """A case of a group for which the scheme has a rate."""
    levels = (weight.level, None) if weight.level else (None,)
    rate = next((r for level in levels for r in scheme.rates if r.level in (level, None)), scheme.rates[0])
    coefficients = scheme.coefficients
    asked = coefficients is not None and isinstance(coefficients.default, str)
    return {
        "case_id": weight.drg,
        "drg": weight.drg,
        "adrg": weight.drg[:-1],
        "grouping_status": "grouped",
        "grouper": scheme.grouper,
        "insurance_type": rate.insurance or "310",
        "hospital_level": weight.level or rate.level or "3",
        "hospital_id": "–",
        "los_days": 8,
        "total_cost_yuan": Decimal(0),
        **({"hospital_coefficient": Decimal(1)} if asked else {}),
        **({"discharge_date": _day(scheme, rate)} if first_days(scheme) else {}),
    }


def _day(scheme: PaymentScheme, rate: Rate) -> date:
    """A day of discharge on which the rate holds."""
    start = rate.valid_from or scheme.valid_from
    return start or rate.valid_to or scheme.valid_to or date.fromisoformat(first_days(scheme)[-1])


def _high_threshold(scheme: PaymentScheme, weight: Decimal) -> Decimal:
    return scheme.high.tier_of(weight).threshold if scheme.high else Decimal(1)
