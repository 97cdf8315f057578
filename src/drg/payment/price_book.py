"""The price book of a scheme: combinations of group, insurance, hospital → what they are paid.

A payment standard does not depend on the case, so each combination is worked out once, exactly, when it first
occurs, and looked up ever after.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.payment import price_kernels as kernels
from drg.payment.case_keys import KEYS, PLACES, UNDECIDED, UNNAMED, by_form, numbers
from drg.payment.formulas import prices
from drg.payment.load_scheme import LoadedScheme
from drg.payment.outside_rows import asked, of_combination, outside_rows
from drg.payment.periods import Rows, first_days, period_of
from drg.payment.price_entries import Entry, Page, page, told
from drg.payment.reasons import NOTE, no_weight
from drg.payment.scheme import Coefficient, PaymentScheme, Rate
from drg.payment.weights import Weight

# With this many possible combinations at most, a table says where each is; with more, they are sorted.
_LARGEST_TABLE: Final = 2**24


class PriceBook:
    """Looks combinations up and keeps what was worked out; safe to share between threads."""

    def __init__(self, loaded: LoadedScheme) -> None:
        scheme = loaded.scheme
        rows = scheme.coefficients.rows if scheme.coefficients else ()
        weights, outside = loaded.weights.values(), scheme.outside
        low_factors = scheme.low.factors if scheme.low else ()
        self._loaded = loaded
        self._no_weight = no_weight(loaded)
        self.asks_coefficients = asks_coefficients(scheme)
        self._names_hospitals = any(row.hospital for row in rows)
        self._outside = [row.rule for row in outside_rows(scheme)]
        # The names of the scheme, by the form in which cases have them: 三级 is 3.
        self._spelled = {
            "drg": by_form("drg", (weight.drg for weight in weights)) | {UNDECIDED: UNDECIDED},
            "insurance_type": by_form(
                "insurance_type",
                [row.insurance for table in (scheme.rates, outside, low_factors) for row in table],
            ),
            "hospital_level": by_form(
                "hospital_level",
                [place.level for table in (scheme.rates, rows, outside, weights) for place in table],
            ),
            "hospital_id": by_form("hospital_id", (row.hospital for row in rows)),
            "discharge_date": {day: day for day in first_days(scheme)},
        }
        for name in PLACES:
            # Each day is in one of the periods.
            if self._spelled[name] and name != "discharge_date":
                self._spelled[name][UNNAMED] = UNNAMED
        self._no_rate = NOTE["no_rate_on_day" if self._spelled["discharge_date"] else "no_rate"]
        self._known = {name: pl.Enum(list(forms)) for name, forms in self._spelled.items()}
        self._rates = Rows(((rate.insurance, rate.level), rate) for rate in scheme.rates)
        self._coefficients = Rows(((row.hospital, row.level, row.drg), row) for row in rows)
        self._entries: list[Entry] = []
        self._row_of_key: dict[int, int] = {}
        self._page: Page | None = None
        self._lock = threading.Lock()
        self._possible = 2
        for categories in self._known.values():
            self._possible *= len(categories.categories) + 1
        # The coefficients that cases brought, in 1e-8: any number, so they stand before all else in a key.
        self._given: list[int] = []
        # The row of each combination plus one, 0 where it was not met yet.
        self._table = np.zeros(self._possible, dtype=np.int64) if self._possible <= _LARGEST_TABLE else None

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of ``KEYS`` by which the scheme tells cases apart."""
        return tuple(name for name in KEYS if self._spelled[name])

    def period(self, discharged: pl.Series) -> pl.Series:
        """What stands for the days of discharge in ``KEYS``."""
        return period_of(discharged, tuple(self._spelled["discharge_date"]))

    def rows(
        self,
        columns: dict[str, pl.Series],
        cut: npt.NDArray[np.bool_],
        given: kernels.Ints | None = None,
    ) -> tuple[kernels.Ints, Page]:
        """The row of each case's combination, and the rows.

        Args:
            columns: those of ``KEYS``, as far as there are any, as ``Cases.read`` gives them; of
                ``discharge_date`` its ``period``.
            cut: [n] whose standard is cut for a readmission.
            given: [n] the coefficients of cases that bring their own, in 1e-8; negative if none.

        Returns:
            Rows [n], and what is in them.
        """
        keys = cut.astype(np.int64)
        for name in self.keys:
            categories = self._known[name]
            keys *= len(categories.categories) + 1
            if name in columns:
                keys += numbers(name, columns[name], categories)
        if given is not None:
            keys += self._numbers_of_given(given) * self._possible
        if self._table is not None and given is None:
            rows = self._table[keys] - 1
            new = rows < 0
            if new.any():
                self._enter(np.unique(keys[new]))
                rows = self._table[keys] - 1
        else:
            distinct, place = np.unique(keys, return_inverse=True)
            self._enter(distinct)
            rows = np.array([self._row_of_key[int(key)] for key in distinct], dtype=np.int64)[place]
        with self._lock:
            if self._page is None:
                scale = self._loaded.scheme.method.scale
                self._page = page(self._entries, scale, len(self._outside), self._notes, self._no_rate)
            return rows, self._page

    def entry(self, row: int) -> Entry:
        """What is behind a row."""
        return self._entries[row]

    def look_up(
        self,
        drg: str | None,
        insurance: str | None,
        level: str | None,
        hospital: str | None,
        period: str | None = None,
        *,
        cut: bool,
        given: Decimal | None = None,
    ) -> Entry:
        """Work a combination out.

        None stands for a place that is not known or not asked, ``UNNAMED`` for one that no row is for; a
        period is named by its first day.
        """
        scheme = self._loaded.scheme
        places = dict(zip(PLACES, (insurance, level, hospital, period), strict=True))
        not_known = tuple(self._decisive(partial(self._numbers_of, drg), places))
        point_not_known: tuple[str, ...] = ()
        point = None
        if scheme.method.points_for:
            point_not_known = tuple(self._decisive(self._value_of_a_point, places))
            point = None if point_not_known else self._value_of_a_point(**places)
        weight, rate, coefficient = self._looked_up(drg, **places)
        base_group = self._is_base_group(drg)
        by_default = scheme.coefficients is not None and coefficient is None and not base_group
        factor: Decimal | None = coefficient.value if coefficient else Decimal(1)
        if by_default and scheme.coefficients:
            default = scheme.coefficients.default
            factor = given if isinstance(default, str) else default
        if cut and scheme.readmission and factor is not None:
            factor *= scheme.readmission.factor
        if not_known:
            if level is None and self._weight_depends_on_level(drg):
                weight = None
            rate = factor = None
        found = None
        if weight and rate and factor is not None:
            found = prices(scheme, weight.drg, weight.relative_weight, rate.value_yuan, factor, insurance)
        return Entry(
            undecided=drg == UNDECIDED,
            not_known=not_known,
            weight=weight,
            rate=rate,
            coefficient=coefficient,
            given=given if by_default else None,
            base_group=base_group,
            factor=factor,
            prices=found,
            outside=tuple(of_combination(rule, insurance, level, found) for rule in self._outside),
            outside_not_known=tuple(
                name
                for name in ("insurance_type", "hospital_level")
                if places[name] is None and any(asked(rule)[name] for rule in self._outside)
            ),
            point_yuan=point,
            point_not_known=point_not_known,
        )

    def _decisive(self, answer: Callable[..., object], places: dict[str, str | None]) -> Iterator[str]:
        """The places that are not known, and for which the scheme has several answers."""
        unknown = [name for name, place in places.items() if place is None and self._spelled[name]]
        for name in unknown:
            options = {
                other: list(self._spelled[other].values()) if other in unknown else [place]
                for other, place in places.items()
                if other != name
            }
            for others in product(*options.values()):
                elsewhere = dict(zip(options, others, strict=True))
                answers = (answer(**elsewhere, **{name: place}) for place in self._spelled[name].values())
                first = next(answers)
                if any(other != first for other in answers):
                    yield name
                    break

    def _numbers_of(self, drg: str | None, **places: str | None) -> tuple[Decimal | str | None, ...] | None:
        """What of a combination decides its price; None without a weight, for then nothing else does."""
        weight, rate, coefficient = self._looked_up(drg, **places)
        if weight is None:
            return None
        low = self._loaded.scheme.low
        return (
            weight.relative_weight,
            rate.value_yuan if rate else None,
            coefficient.value if coefficient else None,
            low.factor_of(places["insurance_type"]) if low else None,
        )

    def _looked_up(
        self,
        drg: str | None,
        insurance_type: str | None,
        hospital_level: str | None,
        hospital_id: str | None,
        discharge_date: str | None,
    ) -> tuple[Weight | None, Rate | None, Coefficient | None]:
        """The rows of the scheme that are for a combination."""
        level, day = hospital_level, _day(discharge_date)
        rate = self._rate(insurance_type, level, day)
        coefficient = None if self._is_base_group(drg) else self._coefficient(drg, level, hospital_id, day)
        return self._weight(drg, level), rate, coefficient

    def _rate(self, insurance: str | None, level: str | None, day: date) -> Rate | None:
        return self._rates.first(((insurance, level), (insurance, None), (None, level), (None, None)), day)

    def _value_of_a_point(self, **places: str | None) -> Decimal | None:
        day = _day(places["discharge_date"])
        rate = self._rate(places["insurance_type"], places["hospital_level"], day)
        return rate.value_yuan if rate else None

    def _weight(self, drg: str | None, level: str | None) -> Weight | None:
        return self._loaded.weight(drg, level) if drg else None

    def _weight_depends_on_level(self, drg: str | None) -> bool:
        found = (self._weight(drg, level) for level in self._spelled["hospital_level"].values())
        return len({weight and weight.relative_weight for weight in found}) > 1

    def _is_base_group(self, drg: str | None) -> bool:
        coefficients = self._loaded.scheme.coefficients
        return coefficients is not None and drg in coefficients.base_groups

    def _coefficient(
        self, drg: str | None, level: str | None, hospital: str | None, day: date
    ) -> Coefficient | None:
        # A hospital or level that is not known must not find the rows that are for any.
        of_hospital = [(hospital, None, drg), (hospital, None, None)] if hospital else [None, None]
        of_level = [(None, level, drg), (None, level, None)] if level else [None, None]
        places = (of_hospital[0], of_level[0], (None, None, drg), of_hospital[1], of_level[1])
        return self._coefficients.first(places, day)

    def _numbers_of_given(self, given: kernels.Ints) -> kernels.Ints:
        """The number of each coefficient that cases gave, counted from 1; 0 for none."""
        distinct, place = np.unique(given, return_inverse=True)
        with self._lock:
            self._given += [value for value in distinct.tolist() if value > 0 and value not in self._given]
            known = [self._given.index(value) + 1 if value > 0 else 0 for value in distinct.tolist()]
        return np.array(known, dtype=np.int64)[place]

    def _enter(self, keys: npt.NDArray[np.int64]) -> None:
        """Work out the combinations of these keys, as far as they are new."""
        with self._lock:
            for key in keys.tolist():
                if key in self._row_of_key:
                    continue
                found: dict[str, str | None] = dict.fromkeys(KEYS)
                number_of_given, rest = divmod(key, self._possible)
                given = None
                if number_of_given:
                    given = Decimal(self._given[number_of_given - 1]).scaleb(-8).normalize()
                for name in reversed(self.keys):
                    categories = self._known[name].categories
                    rest, number = divmod(rest, len(categories) + 1)
                    found[name] = self._spelled[name][categories[number - 1]] if number else None
                entry = self.look_up(*found.values(), cut=bool(rest), given=given)
                self._row_of_key[key] = len(self._entries)
                self._entries.append(entry)
                self._page = None
                if self._table is not None and not number_of_given:
                    self._table[key] = len(self._entries)

    def _notes(self, entry: Entry) -> int:
        """What is said of a case of this combination if it is paid by its group, or would be."""
        if entry.not_known:
            return told(entry.not_known)
        if entry.weight is None and not entry.undecided:
            return self._no_weight | NOTE["no_rule"]
        if entry.prices is None:
            no_rate = self._no_rate if entry.rate is None else 0
            return no_rate | (NOTE["coefficient_not_known"] if entry.factor is None else 0)
        named = entry.coefficient is not None or entry.base_group or entry.given is not None
        return 0 if named or not self._names_hospitals else NOTE["hospital_not_named"]


def asks_coefficients(scheme: PaymentScheme) -> bool:
    """Whether cases may bring the coefficient of their hospital: the scheme knows no default."""
    return scheme.coefficients is not None and isinstance(scheme.coefficients.default, str)


def _day(period: str | None) -> date:
    """A day of a period; where that is not known, either it does not matter, or the case is held."""
    return date.fromisoformat(period) if period else date.min
