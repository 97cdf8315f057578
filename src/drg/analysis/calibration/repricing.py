"""The same cases priced again and again by a scheme that changes its rates only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from drg.categories import CaseClass
from drg.columns import PRICE
from drg.errors import InputError
from drg.payment import Pricer
from drg.payment.load_scheme import LoadedScheme
from drg.payment.scheme import Rate
from drg.payment.scheme_numbers import INSIDE
from drg.records.cases import Cases
from drg.words import Sentence

# What a case of these classes is paid depends on the rate.
BY_WEIGHT: Final = tuple(name for name in INSIDE if name != CaseClass.EXTREME)
# Something is not known of these, and they are paid nothing.
HELD: Final = (CaseClass.INVALID.value, CaseClass.UNPRICED.value)

_KEYS: Final = ("insurance_type", "case_class", "relative_weight", "coefficient")
_AT_ONCE: Final = 200_000


class Repricing:
    """The cases of a period, read once, and a scheme.

    Args:
        frame: grouped discharges of any kind.
        scheme: whose rates are replaced.
        insurances: for which there are rates; None stands for all.

    Raises:
        MissingColumnError: if a column that decides what is paid is absent.
        InputError: if the scheme pays amounts, which no rate changes.
    """

    def __init__(self, frame: Any, scheme: LoadedScheme, insurances: Collection[str | None]) -> None:
        if scheme.scheme.amounts:
            problem = Sentence("{scheme} pays some groups amounts, which no rate changes", scheme=scheme.id)
            fix = Sentence(
                "Take [amounts] out of a copy of the scheme, and their cases and payments out of the budget"
            )
            raise InputError(problem, field="amounts", fix=fix)
        self._scheme = scheme
        cases = Cases.of(frame)
        pricer = self._pricer(dict.fromkeys(insurances, Decimal(1)))
        pricer.check_columns([name for name in cases.binding.columns if name not in PRICE])
        there = [name for name in pricer.reads if name in cases.binding.columns]
        self._cells = cases.collect(cases.lazy(there, marked=True))
        if marks := pricer.marks(cases):
            self._cells = self._cells.hstack(cases.collect(cases.rows.select(marks)))
        self._insurances = frozenset(insurances)

    @property
    def pays_points(self) -> bool:
        """Whether a rate is the value of a point."""
        return self._scheme.scheme.method.kind == "points"

    @property
    def scale(self) -> Fraction:
        """Points of a unit of weight; 1 but for points."""
        return Fraction(self._scheme.scheme.method.scale or 1)

    @property
    def others(self) -> dict[str | None, int]:
        """Cases of the insurances for which there is no rate, by insurance."""
        if None in self._insurances:
            return {}
        of_each = self._cells.group_by("insurance_type").len().sort("insurance_type", nulls_last=True)
        return {name: count for name, count in of_each.iter_rows() if name not in self._insurances}

    def paid(self, rates: Mapping[str | None, Decimal]) -> pl.DataFrame:
        """What the cases are paid at these rates.

        Args:
            rates: in yuan by insurance, or for None.

        Returns:
            One row per ``insurance_type`` (null if the rate is for all), ``case_class``, ``relative_weight``
            and ``coefficient``: ``cases`` and ``payment`` in yuan.
        """
        pricer = self._pricer(rates)
        parts = [self._added(pricer, part) for part in self._cells.iter_slices(_AT_ONCE)]
        return pl.concat(parts).group_by(_KEYS).agg(pl.col("cases", "payment").sum())

    def _pricer(self, rates: Mapping[str | None, Decimal]) -> Pricer:
        given = tuple(
            Rate(value_yuan=value, insurance=insurance, source="budget") for insurance, value in rates.items()
        )
        scheme = self._scheme.scheme.model_copy(update={"rates": given})
        return Pricer(replace(self._scheme, scheme=scheme))

    def _added(self, pricer: Pricer, part: pl.DataFrame) -> pl.DataFrame:
        priced = pricer.price_batch(part)
        insurance = part["insurance_type"] if None not in self._insurances else pl.lit(None, pl.String)
        return (
            priced.with_columns(insurance.alias("insurance_type"))
            .group_by(_KEYS)
            .agg(cases=pl.len().cast(pl.Int64), payment=pl.col("payment_yuan").sum())
        )
