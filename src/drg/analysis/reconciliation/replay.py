"""What becomes of our record by another version, with the bureau's codes, or by another rule or scheme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from drg.analysis.reconciliation.sides import GROUPS, PLACE, Side
from drg.columns import ALL, INPUT
from drg.errors import UnknownGrouperError, UnknownSchemeError
from drg.grouping import Grouper
from drg.payment import Pricer, list_schemes
from drg.payment.cross_case_flags import READMITTED, STAYS
from drg.records.cases import Cases
from drg.tables import Manifest, list_groupers

# So many other versions are tried without being named: loading one takes half a second.
MOST_VERSIONS: Final = 12
# Of more cases than these, versions are tried on these first, and on the rest where one of them was right.
FIRST_CASES: Final = 20_000


@dataclass(frozen=True)
class Versions:
    """Versions that may have made a group.

    Attributes:
        own: those that made our groups, as far as they are at hand.
        others: those to try, in their order.
        not_there: ids of ours that are not installed.
        left_out: ids that were not tried, as there are too many.
    """

    own: dict[str, Grouper]
    others: tuple[str | Path | Grouper, ...]
    not_there: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def versions(ours: Iterable[str | None], given: Sequence[str | Path | Grouper]) -> Versions:
    """The versions of our groups, and those that the bureau may have used.

    Args:
        ours: the ids that our cases name.
        given: what the user names; without any, those of the same line as ours and the national ones.
    """
    named = {grouper.id: grouper for grouper in map(_grouper, given)}
    own: dict[str, Grouper] = {}
    absent = []
    for id_ in sorted({one for one in ours if one}):
        try:
            own[id_] = named.get(id_) or Grouper(id_)
        except UnknownGrouperError:
            absent.append(id_)
    if given:
        return Versions(own, tuple(one for id_, one in named.items()), tuple(absent))
    line = _line(own)
    return Versions(own, tuple(line[:MOST_VERSIONS]), tuple(absent), tuple(line[MOST_VERSIONS:]))


def _grouper(given: str | Path | Grouper) -> Grouper:
    return given if isinstance(given, Grouper) else Grouper(given)


def _line(own: Iterable[str]) -> list[str]:
    """Other versions of the same codes: of the series, bases, the national ones, and those based on ours."""
    manifests = {manifest.id: manifest for manifest in list_groupers()}
    mine = [manifests[id_] for id_ in own if id_ in manifests]
    systems = {one.code_system for one in mine}
    series = {one.series for one in mine} - {None}
    bases: set[str | None] = set()
    for one in mine:
        base: Manifest | None = one
        while base is not None and base.based_on:
            bases.add(base.based_on)
            base = manifests.get(base.based_on)

    def nearness(one: Manifest) -> int | None:
        ranks = (
            one.series in series,
            one.id in bases,
            one.based_on is None,
            one.based_on in {of.id for of in mine},
        )
        return next((rank for rank, is_near in enumerate(ranks) if is_near), None)

    near = [(nearness(one), one.id) for one in manifests.values() if one.code_system in systems]
    return [id_ for rank, id_ in sorted((rank, id_) for rank, id_ in near if rank is not None)]


def grouped_by(grouper: Grouper, records: pl.DataFrame) -> pl.DataFrame:
    """The DRG of records by a version, beside their rows; as groups compare."""
    batch = records.select(
        pl.col(name) if name in records.columns else pl.lit(None, dtype=column.dtype).alias(name)
        for name, column in INPUT.items()
        if name != "case_id"
    )
    drg = grouper.group_batch(batch)["drg"].cast(pl.String).fill_null("0000")
    return records.select(PLACE).with_columns(drg.alias("drg"))


def with_fields_of(ours: pl.DataFrame, bureau: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Our records with the fields of the bureau, where it says something; and which of them were others.

    Args:
        ours: records.
        bureau: the same cases, row by row.
        names: fields that both may have.
    """
    both = [name for name in names if name in ours.columns and name in bureau.columns]
    mine, theirs = ours, bureau.select(pl.col(name).alias(f"bureau_{name}") for name in both)
    joined = pl.concat([mine, theirs], how="horizontal")
    differs = {name: _differs(name) for name in both}
    changed = (
        pl.concat_list(
            pl.when(is_other).then(pl.lit(name)) for name, is_other in differs.items()
        ).list.drop_nulls()
        if both
        else pl.lit([], dtype=pl.List(pl.String))
    )
    return joined.with_columns(
        changed.alias("changed"),
        *(
            pl.when(is_other).then(pl.col(f"bureau_{name}")).otherwise(pl.col(name)).alias(name)
            for name, is_other in differs.items()
        ),
    ).drop(theirs.columns)


def _differs(name: str) -> pl.Expr:
    """Whether a field is another one; a list of codes is one whatever its order, and empty if not given."""
    mine, theirs = pl.col(name), pl.col(f"bureau_{name}")
    if isinstance(ALL[name].dtype, pl.List):
        empty = pl.lit([], dtype=pl.List(pl.String))
        mine, theirs = (one.fill_null(empty).list.unique().list.sort() for one in (mine, theirs))
        return mine != theirs
    if name == "principal_procedure":
        return mine.ne_missing(theirs)
    return (mine != theirs).fill_null(value=False)


@dataclass(frozen=True)
class Pricing:
    """Our cases as a scheme prices them.

    Attributes:
        pricer: the scheme.
        batch: what it reads of every case, in the order of our side.
    """

    pricer: Pricer
    batch: pl.DataFrame

    @classmethod
    def of(cls, pricer: Pricer, ours: Side) -> Pricing | None:
        """Our cases for a scheme; None if they lack what decides a price."""
        names = [name for name in ALL if name in {*pricer.asks, *STAYS, *GROUPS} and name in ours.has]
        if any(name not in ours.has for name in pricer.vital_columns):
            return None
        frame = ours.cases.collect(ours.cases.lazy(names))
        return cls(pricer, frame.with_columns(pricer.marks(Cases.of(frame))))

    def prices(self, frame: pl.DataFrame | None = None) -> pl.DataFrame:
        """Weight, standard, class and payment of every case, with its row; perhaps of changed cases."""
        batch = self.batch if frame is None else frame
        return self.pricer.price_batch(batch).with_row_index(PLACE)

    @property
    def readmission(self) -> list[pl.DataFrame]:
        """All cases as if a return followed, and as if none did; nothing without a rule."""
        if self.pricer.scheme.readmission is None or self.pricer.scheme.joins_stays:
            return []
        return [self.batch.with_columns(pl.lit(value).alias(READMITTED)) for value in (True, False)]


def pricers(
    ours: Iterable[str | None], given: Sequence[str | Path | Pricer]
) -> tuple[list[Pricer], list[Pricer], list[str]]:
    """The schemes of our prices, others to try, and ids of ours that are not at hand."""
    named = {one.id: one for one in (it if isinstance(it, Pricer) else Pricer(it) for it in given)}
    own, absent = [], []
    for id_ in sorted({one for one in ours if one}):
        try:
            own.append(named.get(id_) or Pricer(id_))
        except UnknownSchemeError:
            absent.append(id_)
    groupers = {one.scheme.grouper for one in own}
    others = list(named.values()) if given else []
    if not given:
        for scheme in list_schemes():
            if scheme.grouper in groupers:
                others.append(Pricer(scheme.id))
    mine = {one.id for one in own}
    return own, [one for one in others if one.id not in mine], absent
