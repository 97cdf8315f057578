"""Three cases that show what a scheme pays: an ordinary one, a dear one and a cheap one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from drg.payment import PriceExplanation, Pricer
from drg.payment.parts import Period
from drg.payment.periods import first_days
from drg.payment.scheme import PaymentScheme
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

    Where no group has a weight, the group in the middle of the amounts.

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
    if scheme.rates and pricer.loaded.weights:
        case = _case(scheme, _middle(possible or list(pricer.loaded.weights.values())))
    else:
        case = _amount_case(scheme)
    weight = pricer.loaded.weight(case["drg"], case["hospital_level"])
    relative_weight = weight.relative_weight if weight else None
    standard = pricer.explain(case, language=language).outcome["standard_payment_yuan"]
    if not isinstance(standard, Decimal):
        yield WorkedCase("usual", pricer.explain(case, language=language))
        return
    high = scheme.high.tier_of(relative_weight).threshold if scheme.high else Decimal(1)
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
    place = (rate.insurance, weight.level or rate.level)
    return _plain_case(scheme, weight.drg, *place, _day(scheme, rate))


def _amount_case(scheme: PaymentScheme) -> dict[str, Any]:
    """A case of the group in the middle of the amounts."""
    rows = scheme.amounts.rows if scheme.amounts else ()
    row = sorted(rows, key=lambda row: (row.amount_yuan, row.drg))[len(rows) // 2]
    return _plain_case(scheme, row.drg, row.insurance, row.level, _day(scheme, row))


def _plain_case(
    scheme: PaymentScheme, drg: str, insurance: str | None, level: str | None, day: date
) -> dict[str, Any]:
    coefficients = scheme.coefficients
    asked = coefficients is not None and isinstance(coefficients.default, str)
    return {
        "case_id": drg,
        "drg": drg,
        "adrg": drg[:-1],
        "grouping_status": "grouped",
        "grouper": scheme.grouper,
        "insurance_type": insurance or "310",
        "hospital_level": level or "3",
        "hospital_id": _hospital(scheme, day),
        "los_days": 8,
        "total_cost_yuan": Decimal(0),
        **({"hospital_coefficient": Decimal(1)} if asked else {}),
        # No share of traditional medicine, where it decides a coefficient.
        **({"tcm_share": Decimal(0)} if scheme.tcm and scheme.tcm.uplifts else {}),
        **({"discharge_date": day} if first_days(scheme) else {}),
    }


def _hospital(scheme: PaymentScheme, day: date) -> str:
    """A hospital that no rule is for, or if such cases are held, one that has a coefficient."""
    rule = scheme.incentive
    named = rule.rows if rule and isinstance(rule.default, str) else ()
    return next((row.hospital for row in named if row.holds(day)), "X")


def _day(scheme: PaymentScheme, row: Period) -> date:
    """A day of discharge on which a rate or an amount holds."""
    start = row.valid_from or scheme.valid_from
    days = first_days(scheme)
    return start or row.valid_to or scheme.valid_to or (date.fromisoformat(days[-1]) if days else date.min)
