"""The price book of a scheme: combinations of group, insurance, hospital → what they are paid.

A payment standard does not depend on the case, so each combination is worked out once, exactly, when it first
occurs, and looked up ever after.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.payment import price_kernels as kernels
from drg.payment.case_keys import KEYS, PLACES, UNDECIDED, numbers
from drg.payment.factors import Factors, factors_of
from drg.payment.formulas import HIGHEST_COST_FEN, Line, Prices, half_up, prices
from drg.payment.group_rules import Amount, TcmUplift
from drg.payment.incentive_rules import IncentiveRow
from drg.payment.load_scheme import LoadedScheme
from drg.payment.outside_rows import asked, of_combination, outside_rows
from drg.payment.periods import period_of
from drg.payment.reasons import NOTE, no_weight
from drg.payment.scheme import Coefficient, PaymentScheme, Rate
from drg.payment.scheme_rows import SchemeRows
from drg.payment.weights import Weight

# What a case must say beside its group, as far as the scheme asks, and the reason if it does not.
_NOT_KNOWN: Final = {
    "insurance_type": "insurance_type_not_known",
    "hospital_level": "hospital_level_not_known",
    "hospital_id": "hospital_id_not_known",
    "discharge_date": "discharge_date_not_known",
    "tcm_share": "tcm_share_not_known",
}
NUMBER: Final = pl.Decimal(18, 8)  # of weights and coefficients in frames
# With this many possible combinations at most, a table says where each is; with more, they are sorted.
_LARGEST_TABLE: Final = 2**24
_NO_LINE: Final = Line(0, 1, 0, 1)


@dataclass(frozen=True)
class Entry:
    """One combination: what was looked up, and what follows.

    Attributes:
        undecided: the weight is none, because it is not known as which group the case is paid.
        not_known: the columns that say too little of a case to know which weight, rate or coefficient is its
            own; then it has no rate and no prices.
        weight: None where the scheme has none for the group.
        amount: what the group is paid instead; None where it is paid by its weight.
        rate: None where it has none for the insurance and the hospital level.
        coefficient: the row that gives the coefficient; None where the default or no coefficient counts.
        given: the coefficient that cases bring, where it counts instead of the default.
        base_group: the group is paid the same everywhere.
        incentive: the row that gives the incentive coefficient.
        uplift: the row that gives the coefficient for traditional medicine.
        factors: all that is multiplied.
        factor: their product; None if it is not known.
        prices: None without an amount, or a weight, a rate and a coefficient.
        outside: what each of ``outside_rows`` is to it; see ``price_kernels``.
        outside_not_known: the columns that say too little of a case to know whether one of these is for it.
    """

    undecided: bool
    not_known: tuple[str, ...]
    weight: Weight | None
    amount: Amount | None
    rate: Rate | None
    coefficient: Coefficient | None
    given: Decimal | None
    base_group: bool
    incentive: IncentiveRow | None
    uplift: TcmUplift | None
    factors: Factors
    factor: Fraction | None
    prices: Prices | None
    outside: tuple[int, ...]
    outside_not_known: tuple[str, ...]


class Page(NamedTuple):
    """All combinations that were met so far, as columns; [r] each."""

    combinations: kernels.Ints
    weights: pl.Series
    coefficients: pl.Series
    points: pl.Series  # null under the rate method
    notes: kernels.Ints  # bits of ``reasons.NOTE``
    outside_notes: kernels.Ints  # the same of a case that is held by a rule for stays outside DRG payment


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
                self._page = self._written()
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
            outside=tuple(of_combination(rule, insurance, level, found) for rule in self._outside),
            outside_not_known=tuple(
                name
                for name in ("insurance_type", "hospital_level")
                if places[name] is None and any(asked(rule)[name] for rule in self._outside)
            ),
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

    def _written(self) -> Page:
        entries = self._entries
        combinations = np.array([_combination(entry) for entry in entries], dtype=np.int64)
        weights = [entry.weight.relative_weight if entry.weight else None for entry in entries]
        # A coefficient that is cut may have more places than a column; the standard is exact all the same.
        factors = [_rounded(entry.factor) if entry.weight or entry.amount else None for entry in entries]
        scale = self._loaded.scheme.method.scale
        points = [
            _rounded(Fraction(entry.weight.relative_weight * scale) * entry.factor)
            if entry.weight and not entry.amount and scale and entry.factor is not None
            else None
            for entry in entries
        ]
        return Page(
            combinations.reshape(-1, kernels.COMBINATION_WIDTH + len(self._outside)),
            pl.Series(weights, dtype=NUMBER),
            pl.Series(factors, dtype=NUMBER),
            pl.Series(points, dtype=NUMBER),
            np.array([self._notes(entry) for entry in entries], dtype=np.int64),
            np.array([_told(entry.outside_not_known) for entry in entries], dtype=np.int64),
        )

    def _notes(self, entry: Entry) -> int:
        """What is said of a case of this combination if it is paid by its group, or would be."""
        if entry.not_known:
            return _told(entry.not_known)
        if entry.amount:
            return 0
        if entry.weight is None and not entry.undecided:
            return self._no_weight | NOTE["no_rule"]
        if entry.prices is None:
            on_day = "no_rate_on_day" if self._spelled["discharge_date"] else "no_rate"
            no_rate = NOTE[on_day] if entry.rate is None else 0
            coefficient, incentive = entry.factors.coefficient, entry.factors.incentive
            no_coefficient = NOTE["coefficient_not_known"] if coefficient is None else 0
            return no_rate | no_coefficient | (NOTE["incentive_not_known"] if incentive is None else 0)
        named = entry.coefficient is not None or entry.base_group or entry.given is not None
        return 0 if named or not self._names_hospitals else NOTE["hospital_not_named"]


def asks_coefficients(scheme: PaymentScheme) -> bool:
    """Whether cases may bring the coefficient of their hospital: the scheme knows no default."""
    return scheme.coefficients is not None and isinstance(scheme.coefficients.default, str)


def _told(not_known: Iterable[str]) -> int:
    return sum(NOTE[_NOT_KNOWN[name]] for name in not_known)


def _rounded(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(half_up(number * 10**8)).scaleb(-8)


def _combination(entry: Entry) -> list[int]:
    """A row of the kernel's combinations."""
    found = entry.prices
    if found is None:
        no_weight = entry.weight is None and not entry.undecided and not entry.not_known
        lacks = kernels.NO_WEIGHT if no_weight else kernels.NO_PRICE
        return [lacks, -1, HIGHEST_COST_FEN, 0, 0, *_NO_LINE, *_NO_LINE, *_NO_LINE, *entry.outside]
    limits = (found.high_above, found.low_below, found.incomplete_below)
    lines = (*found.high, *found.low, *found.incomplete)
    return [kernels.PRICED, found.standard_fen, *limits, *lines, *entry.outside]
