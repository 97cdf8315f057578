"""Priced cases → sums by hospital, insurance and month, in whole fen.

Columns that pricing wrote are added up by polars as they are, in 64 bits, by class; what a class adds to its
account (``case_formulas``) is worked out from those few rows. Neither order nor batches of the cases matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from drg.categories import CaseClass
from drg.columns import ALL, PRICE
from drg.errors import InputError, MissingColumnError
from drg.grouping.batched_frames import lacking
from drg.payment.reasons import missing_lines
from drg.payment.scheme import PaymentScheme
from drg.payment.scheme_numbers import CLASSES
from drg.records.binding import UNREAD, with_unread
from drg.settlement.case_formulas import BESIDE, PAID_BESIDE, SUMS, over_sums
from drg.settlement.out_of_cost import with_excluded
from drg.settlement.repeated import mark, repeated
from drg.settlement.settlement_columns import ACCOUNT, BASES_ZH, CLASS_COUNTS, LOCAL, class_count
from drg.words import Sentence

_GIVEN: Final = ("total_cost_yuan", "excluded_items_yuan")  # of the record; not written by pricing
_PAID: Final = (
    *("standard_payment_yuan", "drg_payment_yuan", "high_cost_payment_yuan"),
    *PAID_BESIDE,
    *("patient_and_others_yuan", "borne_above_payment_yuan"),
)
_JOINED: Final = "joined_cost_yuan"  # of schemes that join stays
_FINE: Final = ("relative_weight", "points")
_WHERE: Final = ("hospital_id", "insurance_type")
_READ: Final = (*_WHERE, "total_cost_yuan", *_FINE, "case_class", *_PAID, "scheme")
_ADDED: Final = (*_GIVEN, *_PAID, _JOINED, *_FINE)
BASES: Final = tuple(BASES_ZH)
_CLASS: Final = pl.col("case_class").cast(PRICE["case_class"].dtype, strict=False).to_physical()
_STUCK: Final = (CaseClass.INVALID.value, CaseClass.UNPRICED.value)
_LAST_YEAR: Final = 9999
_PLACE: Final = ("hospital_id", "insurance_type", "basis", "year", "month")
_WIDE: Final = pl.Int128


@dataclass(frozen=True)
class CaseSums:
    """Sums of priced cases.

    Attributes:
        frame: ``ACCOUNT``, ``month``, ``case_formulas.SUMS``, ``CLASS_COUNTS`` and ``surplus``. Counts;
            ``relative_weight`` and ``points`` in units of 1e-8; all else in fen, as
            128-bit integers.
        cases: all rows.
        has_shares: what patients bear was given, so the fund's part is known.
        homeless: rows that belong to no account, by the column that is empty or cannot be read.
        by_unknown: rows that do not say by which state of the scheme they were priced.
        outside: rows of each year that were discharged when the scheme was not in force.
        twice: the hospitals that have cases more than once: how many, and the first.
    """

    frame: pl.DataFrame
    cases: int
    has_shares: bool
    homeless: Mapping[str, int]
    by_unknown: int
    outside: Mapping[int, int]
    twice: list[tuple[str, int, str]]


def months_by(scheme: PaymentScheme) -> str:
    """The column whose date puts a case into its month and year."""
    return scheme.settlement.months_by if scheme.settlement else "discharge_date"


def required_columns(scheme: PaymentScheme) -> tuple[str, ...]:
    """The columns of priced cases that a settlement by this scheme reads."""
    names = [*_READ, "discharge_date"]
    if (date := months_by(scheme)) not in names:
        names.append(date)
    names += scheme.out_of_cost
    names += [_JOINED] if scheme.joins_stays else []
    if scheme.settlement and scheme.settlement.off_site:
        names.append("insured_area")
    return tuple(names)


def check_columns(names: list[str], scheme: PaymentScheme) -> None:
    """Whether priced cases with these columns can be settled.

    Raises:
        MissingColumnError: names every column that is missing.
    """
    missing = [name for name in required_columns(scheme) if name not in names]
    if missing:
        fix = Sentence("Add what is missing; leave cells empty where the value is not known")
        if any(name in PRICE for name in missing):
            fix = Sentence("Price the cases first: drg price … --scheme {scheme}", scheme=scheme.id)
        raise lacking(Sentence("A settlement by {id}", id=scheme.id), missing, missing_lines(missing), fix)


def sums(priced: pl.LazyFrame, scheme: PaymentScheme, digest: str) -> CaseSums:
    """Add up priced cases.

    Args:
        priced: what pricing gives, as ``Cases.lazy`` types it, with what could not be read.
        scheme: by which they are settled.
        digest: of what it prices by; see ``LoadedScheme.pricing_digest``.

    Raises:
        MissingColumnError: if a column is absent.
        InputError: if cases were priced by another scheme or another state of it, or a column holds what it
            cannot hold.
    """
    names = priced.collect_schema().names()
    try:
        check_columns(names, scheme)
    except MissingColumnError:
        # Another scheme asks for other columns: that is said first, for it mends more.
        first = _first_scheme(priced) if "scheme" in names else None
        if first and first != scheme.id:
            raise _by_another(first, scheme, Sentence("the first case was")) from None
        raise
    has_shares = "patient_share_yuan" in names
    read = with_unread([*required_columns(scheme), "case_id", "scheme_digest"], names)
    cases = readable(priced.select(read), scheme, has_shares=has_shares)
    by = pl.col("scheme_digest") if "scheme_digest" in read else pl.lit(None, dtype=pl.String)
    cases = cases.with_columns(by_former=(by != digest).fill_null(False), by_unknown=by.is_null())
    added = [name for name in _ADDED if name in cases.collect_schema()]
    unread = [f"{name}{UNREAD}" for name in (*_PAID, _JOINED, *_FINE) if f"{name}{UNREAD}" in read]
    by_class = cases.group_by(*_PLACE, "case_class", "held").agg(
        pl.len().cast(pl.Int64).alias("cases"),
        pl.col("relative_weight").count().cast(pl.Int64).alias("weighted_cases"),
        pl.col("by_another", "by_former", "by_unknown", "outside").sum().cast(pl.Int64),
        pl.any_horizontal(False, pl.col(unread).is_not_null()).any().alias("unread"),
        pl.col(added).sum(),
    )
    found, *marks = pl.collect_all(
        [by_class, *([cases.select(mark())] if "case_id" in names else [])], engine="streaming"
    )
    if found["unread"].any():
        raise _no_number(priced.select(pl.col(unread).count()).collect(engine="streaming"))
    if found["by_another"].sum():
        others = priced.group_by(pl.col("scheme").fill_null("")).len().collect(engine="streaming")
        other, count = min(others.filter(pl.col("scheme") != scheme.id).iter_rows())
        raise _by_another(other, scheme, _were(count))
    if count := int(found["by_former"].sum()):
        raise _by_former(scheme, _were(count))
    homeless = {
        name: int(found.filter(pl.col(column).is_null())["cases"].sum())
        for name, column in (*zip(_WHERE, _WHERE, strict=True), (months_by(scheme), "year"))
    }
    return CaseSums(
        frame=_of_accounts(found.drop_nulls(_PLACE), scheme),
        cases=int(found["cases"].sum()),
        has_shares=has_shares,
        homeless={name: count for name, count in homeless.items() if count},
        by_unknown=int(found["by_unknown"].sum()),
        outside=dict(
            found.filter(pl.col("outside") > 0, pl.col("year").is_not_null())
            .group_by("year")
            .agg(pl.col("outside").sum())
            .sort("year")
            .iter_rows()
        ),
        twice=repeated(priced, marks[0].to_series().to_numpy()) if marks else [],
    )


def _of_accounts(by_class: pl.DataFrame, scheme: PaymentScheme) -> pl.DataFrame:
    """What the classes of each account and month add up to."""
    absent = {name: pl.lit(0) for name in _ADDED if name not in by_class.columns}
    amounts = over_sums(
        scheme, tuple(name for name in SUMS if name not in ("cases", "cases_held", "weighted_cases"))
    )
    counted = ~pl.col("held")
    cases = pl.col("cases")
    rows = (
        with_names(by_class)
        .with_columns(**absent)
        .with_columns(
            **{name: pl.when(counted).then(value).otherwise(0) for name, value in amounts.items()},
            cases_held=pl.when("held").then(cases).otherwise(0),
            weighted_cases=pl.when(counted).then("weighted_cases").otherwise(0),
            **{class_count(name): pl.when(case_class=name).then(cases).otherwise(0) for name in CLASSES},
        )
    )
    frame = rows.group_by(_PLACE).agg(pl.col(*SUMS, *CLASS_COUNTS).cast(_WIDE).sum())
    return with_surplus(frame).sort(*ACCOUNT, "month")


def with_surplus(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the surplus of the cases to their sums."""
    return frame.with_columns(surplus=pl.sum_horizontal("shared_standard", *BESIDE) - pl.col("cost"))


def _first_scheme(priced: pl.LazyFrame) -> str | None:
    cells = priced.select("scheme").head(1).collect()["scheme"]
    return None if cells.is_empty() else cells[0]


def _no_number(counts: pl.DataFrame) -> InputError:
    name = next(column.name for column in counts if column[0]).removesuffix(UNREAD)
    return InputError(
        Sentence("{label} {name} holds something that is no number", label=ALL[name].label_zh, name=name),
        field=name,
        fix=Sentence("Give the column as drg price wrote it: price the cases again"),
    )


def _were(count: int) -> Sentence:
    return Sentence("1 case was") if count == 1 else Sentence("{count:,} cases were", count=count)


def _by_former(scheme: PaymentScheme, what: str) -> InputError:
    return InputError(
        Sentence(
            "{cases} priced when {scheme} had other rules or weights than it has now",
            cases=what,
            scheme=scheme.id,
        ),
        field="scheme_digest",
        fix=Sentence("Price them again: drg price … --scheme {scheme}", scheme=scheme.id),
    )


def _by_another(other: str, scheme: PaymentScheme, what: str) -> InputError:
    again = Sentence("Price them again: drg price … --scheme {scheme}", scheme=scheme.id)
    problem = Sentence(
        "{cases} priced with {other}, not with {scheme}",
        cases=what,
        other=other or Sentence("no scheme"),
        scheme=scheme.id,
    )
    fix = Sentence("{again}; or settle with --scheme {other}", again=again, other=other) if other else again
    return InputError(problem, field="scheme", fix=fix)


# ---------------------------------------------------------------------------------------------- reading cases


def readable(priced: pl.LazyFrame, scheme: PaymentScheme, *, has_shares: bool) -> pl.LazyFrame:
    """Priced cases, as ``Cases.lazy`` types them, as they are added up.

    Amounts in fen and weights and points in units of 1e-8, as 64-bit integers; ``points`` are those that are
    paid; ``year``, ``month`` and ``basis`` of the account; ``held`` (in no amount) and ``by_another``
    (scheme). ``case_class`` and ``basis`` are places in ``CLASSES`` and ``BASES``; ``with_names`` makes them
    text.
    """
    priced = with_excluded(priced, scheme)
    there = priced.collect_schema()
    amounts = [pl.col(name).to_physical().cast(pl.Int64) for name in _ADDED if name in there]
    date = pl.col(months_by(scheme)).dt
    year = date.year().cast(pl.Int32)
    found = priced.with_columns(
        *amounts,
        case_class=_CLASS.fill_null(0),
        year=pl.when(year.is_between(1, _LAST_YEAR)).then(year),
        month=date.month().cast(pl.Int32),
        basis=basis(scheme),
        held=held(has_shares=has_shares),
        by_another=pl.col("scheme").fill_null("") != scheme.id,
        outside=_outside(scheme),
    )
    points = paid_points(scheme) if scheme.method.kind == "points" else pl.lit(0, dtype=pl.Int64)
    return found.with_columns(
        points.alias("points"), pl.col(name for name in _GIVEN if name in there).fill_null(0).clip(0)
    )


def _outside(scheme: PaymentScheme) -> pl.Expr:
    """Which cases were discharged when the scheme was not in force."""
    day, found = pl.col("discharge_date").cast(pl.Date), pl.lit(False)
    if scheme.valid_from:
        found |= day < scheme.valid_from
    if scheme.valid_to:
        found |= day > scheme.valid_to
    return found.fill_null(False)


def with_names(cases: pl.DataFrame) -> pl.DataFrame:
    """What ``readable`` gives, with the names of classes and bases."""
    return cases.with_columns(
        cases["case_class"].cat.to(PRICE["case_class"].dtype),
        pl.Series("basis", BASES).gather(cases["basis"]),
    )


def held(*, has_shares: bool) -> pl.Expr:
    """Which cases are in no amount: only what pricing could work out to the last part can be settled.

    Args:
        has_shares: what patients bear was given, so the fund's part has to be known.
    """
    stuck = _CLASS.is_null() | _CLASS.is_in([CLASSES.index(name) for name in _STUCK])
    return stuck | pl.col("patient_and_others_yuan").is_null() if has_shares else stuck


def basis(scheme: PaymentScheme) -> pl.Expr:
    """The basis of each case: its place in ``BASES``."""
    off_site = scheme.settlement.off_site if scheme.settlement else None
    home = _place(LOCAL)
    if off_site is None:
        return home
    area, near = pl.col("insured_area"), off_site.in_province
    away = _place("cross_province" if near else "off_site", off_site.counts)
    if near:
        begins = pl.any_horizontal(area.str.starts_with(text) for text in near.areas_begin_with)
        away = pl.when(begins).then(_place("in_province", near.counts)).otherwise(away)
    return pl.when((~area.is_in(list(off_site.home_areas))).fill_null(False)).then(away).otherwise(home)


def _place(name: str, counts: str = "real") -> pl.Expr:
    return pl.lit(BASES.index(name if counts == "real" else f"{name}_simulated"), dtype=pl.UInt8)


def paid_points(scheme: PaymentScheme) -> pl.Expr:
    """The points that cases are paid, in units of 1e-8, over cases whose class is a place in ``CLASSES``.

    Points × what is paid by group ÷ the standard: all of them for a normal case. Points of cases that are not
    paid by their group are those of their payment already.
    """
    points, standard = (pl.col(name).fill_null(0) for name in ("points", "standard_payment_yuan"))
    paid = pl.col("drg_payment_yuan").fill_null(0) + pl.col("high_cost_payment_yuan").fill_null(0)
    wide = 2 * standard.cast(_WIDE)
    part = (2 * points.cast(_WIDE) * paid.cast(_WIDE) + standard.cast(_WIDE)) // wide
    own = pl.col("case_class").is_in([CLASSES.index(name) for name in scheme.method.points_for])
    is_part = (paid != standard) & (standard > 0) & ~own
    return pl.when(is_part).then(part.cast(pl.Int64)).otherwise(points)
