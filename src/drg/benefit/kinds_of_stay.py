"""Which rows of a scheme are for a kind of stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from drg.benefit.scheme import (
    AGE,
    ASKED,
    EMPTY,
    BasicShare,
    BenefitScheme,
    Cap,
    Commercial,
    Deductible,
    LayerRow,
    OffSite,
    OwnShare,
    Who,
)
from drg.reasons import coded

UP: Final = "up"
W = TypeVar("W", bound=Who)


class StayKind(NamedTuple):
    """What the rows of a scheme can ask of a stay; of ages, the lowest that they do not tell apart."""

    insurance: str | None
    level: str | None
    aid_class: str
    referral: str
    off_site: str
    age: int | None
    maternity: bool
    newborn: bool
    product: str | None


@dataclass(frozen=True)
class Entry:
    """What a scheme says of stays of a kind.

    Attributes:
        kind: of stay.
        problem: the reason for which nothing can be said of them, as a code; then there is nothing else.
        notes: what else is said of them, as codes.
        rows: the row that counts of each table, by its name.
        off_site, product: what applies to them.
        is_birth, is_newborn: whether [maternity] or [newborn] applies.
    """

    kind: StayKind
    problem: str | None = None
    notes: tuple[str, ...] = ()
    class_b: tuple[int, OwnShare] | None = None
    deductible: tuple[int, Deductible] | None = None
    share: tuple[int, BasicShare] | None = None
    cap: tuple[int, Cap] | None = None
    critical: tuple[int, LayerRow] | None = None
    aid: tuple[int, LayerRow] | None = None
    off_site: OffSite | None = None
    product: Commercial | None = None
    is_birth: bool = False
    is_newborn: bool = False


def ages(scheme: BenefitScheme) -> list[int]:
    """The ages at which the rows of a scheme begin and end."""
    rows = [row for _, table in scheme.tables() for row in table]
    found = {row.age_at_least for row in rows} | {row.age_below for row in rows}
    return sorted({0} | {age for age in found if age is not None})


def asked_columns(scheme: BenefitScheme) -> frozenset[str]:
    """The columns that some row of a scheme asks for."""
    rows = [row for _, table in scheme.tables() for row in table]
    found = {column for name, column in ASKED.items() if any(getattr(row, name) for row in rows)}
    found |= {AGE} if len(ages(scheme)) > 1 else set()
    found |= {"referral"} if scheme.basic.upward_pays_difference else set()
    found |= {"commercial_product"} if scheme.commercial else set()
    found |= {"maternity"} if scheme.maternity else set()
    found |= {"newborn"} if scheme.newborn else set()
    return frozenset(found)


class _NotKnownError(Exception):
    """A row asks for what is not known of the stay."""


def _fitting(rows: Sequence[W], kind: StayKind) -> tuple[int, W] | None:
    """The first row that is for a stay.

    Raises:
        _NotKnownError: it depends on what is not known; names the column.
    """
    for place, row in enumerate(rows, start=1):
        unknown = None
        fits = True
        for name, column in ASKED.items():
            wanted = getattr(row, name)
            if wanted is not None:
                value = getattr(kind, name)
                if value is None:
                    unknown = unknown or column
                elif value != wanted:
                    fits = False
        if row.age_at_least is not None or row.age_below is not None:
            if kind.age is None:
                unknown = unknown or AGE
            elif not (row.age_at_least or 0) <= kind.age < (row.age_below or 1000):
                fits = False
        if fits and unknown:
            raise _NotKnownError(unknown)
        if fits:
            return place, row
    return None


def entry_of(scheme: BenefitScheme, kind: StayKind) -> Entry:
    """What a scheme says of stays of a kind."""
    basic = scheme.basic
    try:
        class_b = _fitting(scheme.items.class_b, kind)
        deductible = _fitting(basic.deductibles, kind)
        share = _fitting(basic.shares, kind)
        cap = _fitting(basic.caps, kind)
        critical = _fitting(scheme.critical.rows, kind) if scheme.critical else None
        aid = _fitting(scheme.aid.rows, kind) if scheme.aid else None
        off_site = _off_site(scheme, kind)
    except _NotKnownError as error:
        return Entry(kind, problem=coded("benefit_column_not_known", str(error)))
    needed: dict[str, object] = {
        "items.class_b": class_b,
        "basic.deductibles": deductible,
        "basic.shares": share,
    }
    if basic.caps:
        needed["basic.caps"] = cap
    lacking = [name for name, found in needed.items() if found is None]
    if lacking:
        return Entry(kind, problem=coded("no_benefit_rule", *lacking))
    return Entry(
        kind,
        notes=tuple(_notes(scheme, kind)),
        class_b=class_b,
        deductible=deductible,
        share=share,
        cap=cap,
        critical=critical,
        aid=aid,
        off_site=off_site,
        product=next((one for one in scheme.commercial if one.product == kind.product), None),
        is_birth=kind.maternity and scheme.maternity is not None,
        is_newborn=kind.newborn and scheme.newborn is not None,
    )


def _off_site(scheme: BenefitScheme, kind: StayKind) -> OffSite | None:
    found = _fitting([one.who for one in scheme.off_site], kind)
    return scheme.off_site[found[0] - 1] if found else None


def _notes(scheme: BenefitScheme, kind: StayKind) -> list[str]:
    """The columns whose value the scheme does not name: such stays are as all others."""
    named = {
        name: {
            value
            for _, table in scheme.tables()
            for row in table
            if (value := getattr(row, name)) is not None
        }
        for name in ASKED
    }
    if scheme.basic.upward_pays_difference:
        named["referral"].add(UP)
    other = [
        ASKED[name]
        for name in ("aid_class", "referral", "off_site")
        if getattr(kind, name) not in (EMPTY[name], *named[name])
    ]
    if kind.product is not None and kind.product not in {one.product for one in scheme.commercial}:
        other.append("commercial_product")
    other += ["maternity"] if kind.maternity and scheme.maternity is None else []
    other += ["newborn"] if kind.newborn and scheme.newborn is None else []
    return [coded("benefit_value_not_named", *other)] if other else []
