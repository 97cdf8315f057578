"""The rows of a scheme that are for a combination of group, insurance, level, hospital, day and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import product
from typing import NamedTuple

from drg.payment.case_keys import PLACES, UNDECIDED, UNNAMED, by_form
from drg.payment.group_rules import Amount, TcmUplift
from drg.payment.incentive_rules import IncentiveRow
from drg.payment.load_scheme import LoadedScheme
from drg.payment.periods import Rows, first_days
from drg.payment.scheme import Coefficient, Rate
from drg.payment.tcm import tiers
from drg.payment.weights import Weight

Numbers = tuple[Decimal | str | None, ...]
Places = Mapping[str, str | None]


class Found(NamedTuple):
    """The rows that are for a combination; None where the scheme has none."""

    weight: Weight | None
    amount: Amount | None
    rate: Rate | None
    coefficient: Coefficient | None
    incentive: IncentiveRow | None
    uplift: TcmUplift | None


class SchemeRows:
    """Looks the rows of a scheme up."""

    def __init__(self, loaded: LoadedScheme) -> None:
        scheme = loaded.scheme
        rows = scheme.coefficients.rows if scheme.coefficients else ()
        amounts = scheme.amounts.rows if scheme.amounts else ()
        incentives = scheme.incentive.rows if scheme.incentive else ()
        self._uplifts = scheme.tcm.uplifts if scheme.tcm else ()
        weights, outside = loaded.weights.values(), scheme.outside
        low_factors = scheme.low.factors if scheme.low else ()
        self._loaded = loaded
        self._rates = Rows(((rate.insurance, rate.level), rate) for rate in scheme.rates)
        self._coefficients = Rows(((row.hospital, row.level, row.drg), row) for row in rows)
        self._amounts = Rows(((row.drg, row.insurance, row.level), row) for row in amounts)
        self._incentives = Rows((row.hospital, row) for row in incentives)
        # The names of the scheme, by the form in which cases have them: 三级 is 3.
        groups = [*(weight.drg for weight in weights), *(row.drg for row in amounts)]
        groups += [drg for row in outside for drg in row.drgs]
        self.spelled = {
            "drg": by_form("drg", groups) | {UNDECIDED: UNDECIDED},
            "insurance_type": by_form(
                "insurance_type",
                [row.insurance for table in (scheme.rates, outside, low_factors, amounts) for row in table],
            ),
            "hospital_level": by_form(
                "hospital_level",
                [place.level for table in (scheme.rates, rows, outside, weights, amounts) for place in table],
            ),
            "hospital_id": by_form(
                "hospital_id",
                [
                    *(row.hospital for table in (rows, incentives) for row in table),
                    *(hospital for row in self._uplifts for hospital in row.hospitals),
                ],
            ),
            "discharge_date": {day: day for day in first_days(scheme)},
            "tcm_share": {tier: tier for tier in (tiers(scheme.tcm) if scheme.tcm else ())},
        }
        for name in PLACES:
            # Each day is in one of the periods, and each share in one of the tiers.
            if self.spelled[name] and name not in ("discharge_date", "tcm_share"):
                self.spelled[name][UNNAMED] = UNNAMED

    def find(
        self,
        drg: str | None,
        insurance_type: str | None,
        hospital_level: str | None,
        hospital_id: str | None,
        discharge_date: str | None,
        tcm_share: str | None,
    ) -> Found:
        """The rows that are for a combination.

        Where an amount is, rate, coefficient and incentive do not count; nor do the latter in base groups.
        """
        level, day = hospital_level, _day(discharge_date)
        weight, uplift = self._weight(drg, level), self._uplift(drg, hospital_id, tcm_share)
        places = _most_specific_first(insurance_type, level)
        if amount := self._amounts.first(((drg, *place) for place in places), day):
            return Found(weight, amount, None, None, None, uplift)
        rate = self._rate(insurance_type, level, day)
        if self.is_base_group(drg):
            return Found(weight, None, rate, None, None, uplift)
        coefficient = self._coefficient(drg, level, hospital_id, day)
        return Found(weight, None, rate, coefficient, self._incentives.first([hospital_id], day), uplift)

    def decisive(self, drg: str | None, places: Places) -> Iterator[str]:
        """The places that are not known, and for which the scheme has several answers for a group."""
        return self._decisive(partial(self._numbers_of, drg), places)

    def decisive_of_a_point(self, places: Places) -> Iterator[str]:
        """The places that are not known, and for which a point has several values."""
        return self._decisive(self.value_of_a_point, places)

    def value_of_a_point(self, **places: str | None) -> Decimal | None:
        """The value of a point, whatever the group; None where the scheme has none."""
        rate = self._rate(places["insurance_type"], places["hospital_level"], _day(places["discharge_date"]))
        return rate.value_yuan if rate else None

    def _decisive(self, answer: Callable[..., object], places: Places) -> Iterator[str]:
        unknown = [name for name, place in places.items() if place is None and self.spelled[name]]
        for name in unknown:
            options = {
                other: list(self.spelled[other].values()) if other in unknown else [place]
                for other, place in places.items()
                if other != name
            }
            for others in product(*options.values()):
                elsewhere = dict(zip(options, others, strict=True))
                answers = (answer(**elsewhere, **{name: place}) for place in self.spelled[name].values())
                first = next(answers)
                if any(other != first for other in answers):
                    yield name
                    break

    def weight_depends_on_level(self, drg: str | None) -> bool:
        """Whether a group has several weights."""
        found = (self._weight(drg, level) for level in self.spelled["hospital_level"].values())
        return len({weight and weight.relative_weight for weight in found}) > 1

    def is_base_group(self, drg: str | None) -> bool:
        """Whether a group is paid the same everywhere."""
        coefficients = self._loaded.scheme.coefficients
        return coefficients is not None and drg in coefficients.base_groups

    def _numbers_of(self, drg: str | None, **places: str | None) -> Numbers | None:
        """What of a combination decides its price; None if it has none, whatever else is known."""
        scheme, found = self._loaded.scheme, self.find(drg, **places)
        low = scheme.low.factor_of(places["insurance_type"]) if scheme.low else None
        weight = found.weight.relative_weight if found.weight else None
        uplift = found.uplift.coefficient if found.uplift else None
        if found.amount:
            return "amount", found.amount.amount_yuan, weight, low, uplift
        if weight is None:
            return None
        rate = found.rate.value_yuan if found.rate else None
        incentive = found.incentive.coefficient if found.incentive else None
        return weight, rate, found.coefficient.value if found.coefficient else None, low, incentive, uplift

    def _rate(self, insurance: str | None, level: str | None, day: date) -> Rate | None:
        return self._rates.first(_most_specific_first(insurance, level), day)

    def _weight(self, drg: str | None, level: str | None) -> Weight | None:
        return self._loaded.weight(drg, level) if drg else None

    def _coefficient(
        self, drg: str | None, level: str | None, hospital: str | None, day: date
    ) -> Coefficient | None:
        # A hospital or level that is not known must not find the rows that are for any.
        of_hospital = [(hospital, None, drg), (hospital, None, None)] if hospital else [None, None]
        of_level = [(None, level, drg), (None, level, None)] if level else [None, None]
        places = (of_hospital[0], of_level[0], (None, None, drg), of_hospital[1], of_level[1])
        return self._coefficients.first(places, day)

    def _uplift(self, drg: str | None, hospital: str | None, share: str | None) -> TcmUplift | None:
        for row in self._uplifts:
            reached = row.share_at_least is None or (share and Decimal(share) >= row.share_at_least)
            here = not row.hospitals or hospital in row.hospitals
            if reached and here and (not row.drgs or drg in row.drgs):
                return row
        return None


def _most_specific_first(insurance: str | None, level: str | None) -> list[tuple[str | None, str | None]]:
    return [(insurance, level), (insurance, None), (None, level), (None, None)]


def _day(period: str | None) -> date:
    """A day of a period; where that is not known, either it does not matter, or the case is held."""
    return date.fromisoformat(period) if period else date.min
