"""The price book of a scheme: combinations of group, insurance, hospital → what they are paid.

A payment standard does not depend on the case, so each combination is worked out once, exactly, when it first
occurs, and looked up ever after.
"""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.payment import price_kernels as kernels
from drg.payment.case_keys import KEYS, PLACES, UNDECIDED, numbers
from drg.payment.factors import factors_of
from drg.payment.formulas import prices
from drg.payment.load_scheme import LoadedScheme
from drg.payment.outside_rows import asked, of_combination, of_group, outside_rows
from drg.payment.periods import period_of
from drg.payment.price_entries import Entry, Page, page, told
from drg.payment.reasons import NOTE, no_weight
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_rows import SchemeRows

# With this many possible combinations at most, a table says where each is; with more, they are sorted.
_LARGEST_TABLE: Final = 2**24


class PriceBook:
    """Looks combinations up and keeps what was worked out; safe to share between threads."""

    def __init__(self, loaded: LoadedScheme) -> None:
        scheme = loaded.scheme
        rows = scheme.coefficients.rows if scheme.coefficients else ()
        self._loaded = loaded
        self._rows = SchemeRows(loaded)
        self._spelled = self._rows.spelled
        self._no_weight = no_weight(loaded)
        self.asks_coefficients = asks_coefficients(scheme)
        self._names_hospitals = any(row.hospital for row in rows)
        self._outside = [row.rule for row in outside_rows(scheme)]
        self._no_rate = NOTE["no_rate_on_day" if self._spelled["discharge_date"] else "no_rate"]
        self._known = {name: pl.Enum(list(forms)) for name, forms in self._spelled.items()}
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
        share: str | None = None,
        *,
        cut: bool,
        given: Decimal | None = None,
    ) -> Entry:
        """Work a combination out.

        None stands for a place that is not known or not asked, ``UNNAMED`` for one that no row is for; a
        period is named by its first day, a share of traditional medicine by its tier.
        """
        scheme = self._loaded.scheme
        places = dict(zip(PLACES, (insurance, level, hospital, period, share), strict=True))
        not_known = tuple(self._rows.decisive(drg, places))
        point: Decimal | None = None
        point_not_known: tuple[str, ...] = ()
        if scheme.method.points_for:
            point_not_known = tuple(self._rows.decisive_of_a_point(places))
            point = None if point_not_known else self._rows.value_of_a_point(**places)
        rows = self._rows.find(drg, **places)
        weight, base_group = rows.weight, self._rows.is_base_group(drg)
        factors = factors_of(scheme, rows, given, base_group=base_group, cut=cut)
        factor = factors.product
        by_default = rows.coefficient is None and rows.amount is None and not base_group
        if not_known:
            if level is None and self._rows.weight_depends_on_level(drg):
                weight = None
            rows = rows._replace(amount=None, rate=None)
            factor = None
        found = None
        if factor is not None and drg and (rows.amount or (weight and rows.rate)):
            found = prices(
                scheme,
                drg,
                weight.relative_weight if weight else None,
                rows.rate.value_yuan if rows.rate else None,
                factor,
                insurance,
                rows.amount.amount_yuan if rows.amount else None,
            )
        return Entry(
            undecided=drg == UNDECIDED,
            not_known=not_known,
            weight=weight,
            amount=rows.amount,
            rate=rows.rate,
            coefficient=rows.coefficient,
            given=given if by_default else None,
            base_group=base_group,
            incentive=rows.incentive,
            uplift=rows.uplift,
            factors=factors,
            factor=factor,
            prices=found,
            outside=tuple(of_combination(rule, drg, insurance, level, found) for rule in self._outside),
            outside_not_known=tuple(
                name
                for name in ("insurance_type", "hospital_level")
                if places[name] is None
                and any(asked(rule)[name] and of_group(rule, drg) for rule in self._outside)
            ),
            outside_no_rule=any(rule.pays == "not_known" and of_group(rule, drg) for rule in self._outside),
            point_yuan=point,
            point_not_known=point_not_known,
        )

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
        if entry.amount:
            return 0
        if entry.weight is None and not entry.undecided:
            return self._no_weight | NOTE["no_rule"]
        if entry.prices is None:
            no_rate = self._no_rate if entry.rate is None else 0
            coefficient, incentive = entry.factors.coefficient, entry.factors.incentive
            no_coefficient = NOTE["coefficient_not_known"] if coefficient is None else 0
            return no_rate | no_coefficient | (NOTE["incentive_not_known"] if incentive is None else 0)
        named = entry.coefficient is not None or entry.base_group or entry.given is not None
        return 0 if named or not self._names_hospitals else NOTE["hospital_not_named"]


def asks_coefficients(scheme: PaymentScheme) -> bool:
    """Whether cases may bring the coefficient of their hospital: the scheme knows no default."""
    return scheme.coefficients is not None and isinstance(scheme.coefficients.default, str)
