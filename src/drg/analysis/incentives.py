"""The incentive coefficients of hospitals, from the CMI of priced cases and the bands of a scheme."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from drg.errors import InputError, SchemeError
from drg.grouping.batched_frames import lacking
from drg.payment.formulas import half_up
from drg.payment.incentive_rules import CmiBand, Incentive
from drg.payment.load_scheme import LoadedScheme
from drg.payment.money import signed
from drg.payment.priced_with import check_priced_with
from drg.payment.reasons import missing_lines
from drg.payment.scheme_library import SCHEME_FILE
from drg.records.cases import Cases
from drg.words import Joined, Sentence

_NEEDED: Final = ("hospital_id", "hospital_level", "relative_weight", "scheme")
_WEIGHT_UNITS: Final = 10**8


@dataclass(frozen=True)
class HospitalIncentive:
    """The coefficient of a hospital, and what it follows from.

    Attributes:
        hospital, level: which.
        cases: those with a weight.
        cmi: Σ weight ÷ cases.
        level_cmi: the same of all cases of its level.
        coefficient: of the band of cmi ÷ level_cmi.
    """

    hospital: str
    level: str
    cases: int
    cmi: Fraction
    level_cmi: Fraction
    coefficient: Decimal

    @property
    def cmi_ratio(self) -> Fraction:
        """CMI ÷ mean CMI of the level."""
        return self.cmi / self.level_cmi


@dataclass(frozen=True)
class Incentives:
    """The coefficients of all hospitals, by level and id; and the cases that do not count.

    Attributes:
        hospitals: of the hospitals.
        year: for whose discharges they are.
        without_weight: cases whose group has no weight, or that are in none.
        without_place: cases with a weight that do not say their hospital or its level.
    """

    hospitals: tuple[HospitalIncentive, ...]
    year: int
    without_weight: int
    without_place: int

    @property
    def table(self) -> str:
        """The rows as ``incentives.csv`` has them; CMI and ratio rounded for people."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(
            (
                *("hospital", "coefficient", "valid_from", "valid_to"),
                *("level", "cases", "cmi", "level_cmi", "cmi_ratio"),
            )
        )
        for one in self.hospitals:
            figures = (rounded(figure, 6) for figure in (one.cmi, one.level_cmi, one.cmi_ratio))
            days = (f"{self.year}-01-01", f"{self.year}-12-31")
            writer.writerow((one.hospital, f"{one.coefficient:f}", *days, one.level, one.cases, *figures))
        return text.getvalue()


def rounded(figure: Fraction, places: int) -> str:
    """A CMI or a ratio, half up."""
    return f"{Decimal(half_up(figure * 10**places)).scaleb(-places):f}"


def incentives(priced: Any, loaded: LoadedScheme, year: int) -> Incentives:
    """Work the coefficients out.

    Args:
        priced: what pricing gives, all that ``Cases.of`` takes; usually the cases of the year before.
        loaded: the scheme by which they were priced, with bands in ``[incentive]``.
        year: for whose discharges the coefficients shall be.

    Raises:
        SchemeError: the scheme has no bands.
        MissingColumnError: a column is absent.
        InputError: cases were priced by another scheme, a hospital has several levels, or no case counts.
    """
    bands = _rule(loaded).bands
    given = Cases.of(priced)
    if missing := [name for name in _NEEDED if name not in given.binding.columns]:
        fix = Sentence("Price the cases first: drg price … --scheme {scheme}", scheme=loaded.id)
        raise lacking(Sentence("A table of incentive coefficients"), missing, missing_lines(missing), fix)
    cases = given.lazy(_NEEDED, marked=True).collect(engine="streaming")
    cases = cases.with_columns(units=signed(cases, "relative_weight"))
    check_priced_with(cases, loaded.id)
    weighted = cases.filter(pl.col("units").is_not_null())
    placed = weighted.filter(pl.col("hospital_id").is_not_null() & pl.col("hospital_level").is_not_null())
    sums = placed.group_by("hospital_id", "hospital_level").agg(
        pl.len().alias("cases"), pl.col("units").cast(pl.Int128).sum().cast(pl.Decimal(38, 0))
    )
    if sums.is_empty():
        problem = Sentence("no case has a weight, a hospital and its level")
        raise InputError(problem, fix=Sentence("Give hospital_id and hospital_level, and price the cases"))
    rows = sums.sort("hospital_level", "hospital_id").rows()
    return Incentives(
        tuple(_hospitals(rows, bands)),
        year,
        without_weight=cases.height - weighted.height,
        without_place=weighted.height - placed.height,
    )


def _rule(loaded: LoadedScheme) -> Incentive:
    rule = loaded.scheme.incentive
    if rule is None or not rule.bands:
        problem = Sentence("{id} has no bands in [incentive]", id=loaded.id)
        fix = Sentence("Add them as payment_schemes/template writes them")
        raise SchemeError(problem, file=loaded.directory / SCHEME_FILE, fix=fix)
    return rule


def _hospitals(
    rows: list[tuple[str, str, int, Decimal]], bands: tuple[CmiBand, ...]
) -> Iterator[HospitalIncentive]:
    levels: dict[str, list[str]] = defaultdict(list)
    sums: dict[str, list[Fraction]] = {}
    for hospital, level, cases, units in rows:
        levels[hospital].append(level)
        whole = sums.setdefault(level, [Fraction(0), Fraction(0)])
        whole[0] += Fraction(int(units), _WEIGHT_UNITS)
        whole[1] += cases
    for hospital, several in levels.items():
        if len(several) > 1:
            problem = Sentence(
                "{hospital} has cases of several levels: {levels}",
                hospital=hospital,
                levels=Joined(", ", several),
            )
            fix = Sentence("Give a hospital one level in all its cases")
            raise InputError(problem, field="hospital_level", fix=fix)
    for hospital, level, cases, units in rows:
        cmi, mean = Fraction(int(units), _WEIGHT_UNITS) / cases, sums[level][0] / sums[level][1]
        band = [band for band in bands if cmi / mean >= Fraction(band.cmi_ratio_at_least)][-1]
        yield HospitalIncentive(hospital, level, cases, cmi, mean, band.coefficient)
