"""What another benefit scheme would change: who pays, and what persons and households bear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from drg.analysis.benefit_tally import PAYERS
from drg.benefit import kernels as k
from drg.benefit.book import Book, fen_of
from drg.benefit.calculator import BenefitCalculator
from drg.benefit.load import LoadedBenefitScheme
from drg.benefit.stays import READS, work
from drg.benefit_columns import NO_AID
from drg.errors import InputError
from drg.payment.money import yuan
from drg.records.cases import Cases
from drg.records.frames import Frame
from drg.records.short_table import ShortTable
from drg.words import Sentence

PERSON_LIMITS_YUAN: Final = (Decimal(10_000), Decimal(20_000), Decimal(50_000))
# By what all is told: of all stays, and of those of each value of a column.
ALL_STAYS: Final = "all"
BY: Final = (ALL_STAYS, "insurance_type", "aid_class", "hospital_level")
PERSONS, HOUSEHOLDS = "persons", "households"
PERCENTILES: Final = (25, 50, 75, 90, 95, 99, 100)
_OUT: Final = dict(zip(PAYERS, (k.BASIC, k.CRITICAL, k.AID, k.COMMERCIAL, k.PATIENT), strict=True))
_SIDES: Final = ("before", "after")
_BORNE: Final = tuple(f"patient_share_{side}_yuan" for side in _SIDES)
# Of whom the year of own payments is.
_WHO: Final = {PERSONS: "person", HOUSEHOLDS: "household_id"}


@dataclass(frozen=True, repr=False)
class BenefitComparison(ShortTable):
    """What comes of the same stays by two benefit schemes.

    Attributes:
        before, after: the schemes.
        stays: how many were given.
        held_before, held_after: of how many one scheme says nothing; these are left out of all tables.
        left_out: of how many one of them says nothing.
        without_household: of how many of the others the household is not known; None if no household is.
        payers: what each payer pays, ``before_yuan``, ``after_yuan``, ``change_yuan``.
        groups: the same by insurance, class of aid and hospital level, with the persons who bear less, the
            same or more of these stays in a year, and by how much.
        own_payments: what persons and households bear in a year: mean and percentiles.
        limits: how many of them bear more than a limit in a year.
    """

    before: LoadedBenefitScheme
    after: LoadedBenefitScheme
    stays: int
    held_before: int
    held_after: int
    left_out: int
    without_household: int | None
    payers: pl.DataFrame
    groups: pl.DataFrame
    own_payments: pl.DataFrame
    limits: pl.DataFrame

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name."""
        names = ("payers", "groups", "own_payments", "limits")
        return {name: getattr(self, name) for name in names}

    def _short(self) -> tuple[str, pl.DataFrame]:
        return f"BenefitComparison: {self.before.id} and {self.after.id}, {self.stays:,} stays", self.payers


def compare_benefits(
    cases: Frame,
    *,
    before: str | Path | LoadedBenefitScheme | BenefitCalculator,
    after: str | Path | LoadedBenefitScheme | BenefitCalculator,
    person_limits_yuan: Sequence[Decimal | int] = PERSON_LIMITS_YUAN,
    household_limits_yuan: Sequence[Decimal | int] = (),
) -> BenefitComparison:
    """Work the benefits of the same stays out by two schemes, and say what differs.

    What patients would do otherwise is not foreseen: the stays are the same.

    Args:
        cases: as for ``benefits``, with whole years of persons; ``household_id`` if households are asked for.
        before: a benefit scheme, as for ``benefits``.
        after: another one.
        person_limits_yuan: of how many persons bear more in a year is told.
        household_limits_yuan: the same of households.

    Returns:
        Totals by payer, own payments and limits before and after, by insurance, class of aid and hospital
        level. A stay of which one scheme says nothing is left out of both, and counted.

    Raises:
        MissingColumnError: if person, day of discharge or cost is absent.
        InputError: if households are asked for and there is no ``household_id``, or a limit is below 0.
        UnknownSchemeError, SchemeError: if a scheme cannot be used.
    """
    calculators = [
        one if isinstance(one, BenefitCalculator) else BenefitCalculator(one) for one in (before, after)
    ]
    given = Cases.of(cases)
    for calculator in calculators:
        calculator.check_cases(given)
    columns = given.binding.columns
    _check_limits((*person_limits_yuan, *household_limits_yuan))
    if household_limits_yuan and "household_id" not in columns:
        raise InputError(
            Sentence("there is no column household_id"),
            field="household_id",
            fix=Sentence("Add who lives together, or leave limits of households out"),
        )
    frame, held = _worked(given, calculators)
    known = frame.filter(~(held[0] | held[1]))
    whom = {PERSONS: list(map(fen_of, map(Decimal, person_limits_yuan)))}
    if "household_id" in columns:
        whom[HOUSEHOLDS] = list(map(fen_of, map(Decimal, household_limits_yuan)))
    years = list(_years(known, whom))
    return BenefitComparison(
        before=calculators[0].loaded,
        after=calculators[1].loaded,
        stays=frame.height,
        held_before=int(held[0].sum()),
        held_after=int(held[1].sum()),
        left_out=int((held[0] | held[1]).sum()),
        without_household=known["household_id"].null_count() if "household_id" in columns else None,
        payers=_payers(known),
        groups=_groups(known, [year for who, year in years if who == PERSONS]),
        own_payments=_own_payments(years),
        limits=_limits(years, whom),
    )


def _check_limits(limits: Iterable[Decimal | int]) -> None:
    for limit in limits:
        if not 0 <= limit <= 10**9 or limit * 100 % 1:
            raise InputError(
                Sentence("a limit is {limit}", limit=limit),
                fix=Sentence("Give an amount from 0 to 1,000,000,000 yuan"),
            )


def _worked(cases: Cases, calculators: Sequence[BenefitCalculator]) -> tuple[pl.DataFrame, list[pl.Series]]:
    """Of each stay: person, year, what it is told by, and what each payer pays by each scheme, in fen."""
    names = [name for name in (*READS, "household_id") if name in cases.binding.columns]
    rows = cases.collect(cases.rows.select(cases.binding.read_for(names)))
    frame = cases.read(rows, names)
    amounts: dict[str, pl.Series] = {}
    held = []
    for side, calculator in zip(_SIDES, calculators, strict=True):
        done = work(frame, Book(calculator.scheme), tuple(_OUT.values()))
        held.append(pl.Series(done.held))
        amounts |= {_name(payer, side): pl.Series(done.out[at]) for payer, at in _OUT.items()}
    nothing = pl.lit(None, pl.String)
    told = {
        name: pl.col(name) if name in names else nothing for name in (*BY[1:], "household_id", "mother_id")
    }
    stays = frame.select(
        pl.coalesce("patient_id", told["mother_id"]).alias("person"),
        pl.col("discharge_date").dt.year().alias("year"),
        *(told[name].alias(name) for name in (*BY[1:], "household_id")),
    ).with_columns(pl.col("aid_class").fill_null(NO_AID))
    return stays.with_columns(**amounts), held


def _name(payer: str, side: str) -> str:
    return f"{payer.removesuffix('_yuan')}_{side}_yuan"


def _both(payers: Iterable[str]) -> list[str]:
    return [_name(payer, side) for payer in payers for side in _SIDES]


def _in_yuan(frame: pl.DataFrame) -> pl.DataFrame:
    """The same with fen as decimals in yuan."""
    amounts = [name for name in frame.columns if name.endswith("_yuan")]
    return frame.with_columns(yuan(frame[name].to_numpy()).alias(name) for name in amounts)


def _value(by: str) -> pl.Expr:
    return (pl.lit(ALL_STAYS) if by == ALL_STAYS else pl.col(by)).alias("value")


def _payers(stays: pl.DataFrame) -> pl.DataFrame:
    sums = stays.select(pl.col(_both(PAYERS)).sum()).row(0, named=True)
    found = pl.DataFrame(
        {
            "payer": list(PAYERS),
            **{f"{side}_yuan": [sums[_name(payer, side)] for payer in PAYERS] for side in _SIDES},
        }
    )
    change = pl.col("after_yuan") - pl.col("before_yuan")
    return _in_yuan(found.with_columns(change.alias("change_yuan")))


def _years(stays: pl.DataFrame, whom: Iterable[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """What each person or household bears in a year: of all stays, and of those of each value of a column."""
    for who in whom:
        column = _WHO[who]
        known = stays.filter(pl.col(column).is_not_null())
        for by in BY if who == PERSONS else (ALL_STAYS,):
            year = known.group_by(_value(by), column, "year").agg(pl.col(_BORNE).sum())
            yield who, year.with_columns(pl.lit(who).alias("who"), pl.lit(by).alias("by"))


def _groups(stays: pl.DataFrame, years: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Sums of the stays by each column, and the persons who bear less or more of them."""
    was, now = (pl.col(name) for name in _BORNE)
    tables = []
    for by, year in zip(BY, years, strict=True):
        sums = stays.group_by(_value(by)).agg(pl.len().alias("stays"), pl.col(_both(PAYERS)).sum())
        persons = year.group_by("value").agg(
            pl.len().alias("persons"),
            (now < was).sum().alias("persons_bear_less"),
            (now == was).sum().alias("persons_bear_the_same"),
            (now > was).sum().alias("persons_bear_more"),
            (was - now).filter(now < was).sum().alias("borne_less_yuan"),
            (now - was).filter(now > was).sum().alias("borne_more_yuan"),
        )
        both = sums.join(persons, on="value", nulls_equal=True).sort("value", nulls_last=True)
        tables.append(both.select(pl.lit(by).alias("by"), "value", "stays", "persons", *_GROUP_COLUMNS))
    return _in_yuan(pl.concat(tables))


_GROUP_COLUMNS: Final = (
    *_both(PAYERS),
    *("persons_bear_less", "persons_bear_the_same", "persons_bear_more"),
    *("borne_less_yuan", "borne_more_yuan"),
)


def _own_payments(years: Sequence[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    """Mean and percentiles: the least amount that so many of a hundred do not exceed."""
    tables = []
    for _, year in years:
        keys = ("who", "by", "value")
        count = pl.len().cast(pl.Int64)
        measures: dict[str, list[pl.Expr]] = {
            "mean": [(2 * pl.col(name).sum() + count) // (2 * count) for name in _BORNE]
        }
        for percent in PERCENTILES:
            place = (count * percent + 99) // 100 - 1
            measures[f"p{percent}"] = [pl.col(name).sort().get(place) for name in _BORNE]
        for measure, (was, now) in measures.items():
            found = year.group_by(keys).agg(
                count.alias("count"),
                pl.lit(measure).alias("measure"),
                was.alias("before_yuan"),
                now.alias("after_yuan"),
            )
            tables.append(found)
    order = pl.Enum(["mean", *(f"p{percent}" for percent in PERCENTILES)])
    found = pl.concat(tables).with_columns(pl.col("measure").cast(order))
    change = (pl.col("after_yuan") - pl.col("before_yuan")).alias("change_yuan")
    ordered = _sorted(found.with_columns(change), "measure")
    return _in_yuan(ordered.with_columns(pl.col("measure").cast(pl.String)))


def _sorted(frame: pl.DataFrame, last: str) -> pl.DataFrame:
    who, by = pl.col("who").cast(pl.Enum(list(_WHO))), pl.col("by").cast(pl.Enum(BY))
    return frame.sort(who, by, "value", last, nulls_last=True)


def _limits(years: Sequence[tuple[str, pl.DataFrame]], limits: dict[str, list[int]]) -> pl.DataFrame:
    """How many bear more than each limit."""
    was, now = (pl.col(name) > pl.col("limit_yuan") for name in _BORNE)
    tables = [
        year.with_columns(pl.lit(limit, pl.Int64).alias("limit_yuan"))
        .group_by("who", "by", "value", "limit_yuan")
        .agg(
            pl.len().alias("count"),
            was.sum().alias("above_before"),
            now.sum().alias("above_after"),
            was.mean().alias("share_before"),
            now.mean().alias("share_after"),
            (now & ~was).sum().alias("newly_above"),
            (was & ~now).sum().alias("no_longer_above"),
        )
        for who, year in years
        for limit in limits[who]
    ]
    if not tables:
        return pl.DataFrame(schema=_LIMITS)
    return _in_yuan(_sorted(pl.concat(tables), "limit_yuan"))


_COUNT: Final = pl.UInt32()
_LIMITS: Final = {
    **dict.fromkeys(("who", "by", "value"), pl.String()),
    "limit_yuan": pl.Decimal(18, 2),
    **dict.fromkeys(("count", "above_before", "above_after"), _COUNT),
    **dict.fromkeys(("share_before", "share_after"), pl.Float64()),
    **dict.fromkeys(("newly_above", "no_longer_above"), _COUNT),
}
