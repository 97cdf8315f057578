"""Why a group is another one: our record with the bureau's fields, and by other versions, grouped afresh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from drg.analysis.reconciliation.causes import Cause
from drg.analysis.reconciliation.compared import Compared
from drg.analysis.reconciliation.replay import (
    FIRST_CASES,
    Versions,
    grouped_by,
    with_fields_of,
)
from drg.analysis.reconciliation.sides import BUREAU, CODES, OF_GROUP, OURS, PLACE
from drg.errors import DrgError
from drg.grouping import Grouper

SCHEMA: Final = pl.Schema(
    [
        (f"{OURS}{PLACE}", pl.UInt32()),
        ("cause", pl.String()),
        ("by", pl.String()),
        ("changed", pl.List(pl.String())),
        ("confirmed", pl.Boolean()),
    ]
)


@dataclass
class GroupCauses:
    """The first cause of every case whose group differs.

    Attributes:
        compared: both sides.
        versions: that may have made the groups.
        not_reproduced: cases whose group of ours is not the one that its version makes of the record.
        not_tried: cases that were not tried by every version, as there are too many.
        unusable: versions that could not be tried.
    """

    compared: Compared
    versions: Versions
    not_reproduced: int = 0
    not_tried: int = 0
    unusable: list[str] = field(default_factory=list)

    def find(self) -> pl.DataFrame:
        """``by`` which version, which fields were ``changed``, and whether grouping afresh confirms it."""
        compared = self.compared
        rows = compared.table.filter(pl.col("cause").is_null() & compared.group_differs)
        if rows.is_empty():
            return pl.DataFrame(schema=SCHEMA)
        records = rows.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias(PLACE),
            *(pl.col(f"{OURS}{n}").alias(n) for n in (*CODES, *OF_GROUP) if n in compared.ours.has),
        )
        returned = rows.select(
            pl.col(f"{BUREAU}{n}").alias(n) for n in (*CODES, *OF_GROUP) if n in compared.bureau.has
        )
        changed = with_fields_of(records, returned, (*CODES, *OF_GROUP))
        their_drg = (
            rows[f"{BUREAU}drg"] if f"{BUREAU}drg" in rows.columns else pl.Series([None] * rows.height)
        )
        state = (
            rows.select(f"{OURS}{PLACE}")
            .with_columns(
                place=pl.int_range(pl.len(), dtype=pl.UInt32),
                wanted=their_drg,
                ours=rows[f"{OURS}drg"],
                grouper=rows[f"{OURS}grouper"]
                if f"{OURS}grouper" in rows.columns
                else pl.lit(None, pl.String),
                changed=changed["changed"],
                **{"as_changed": None, "by": pl.lit(None, pl.String), "by_changed": pl.lit(None, pl.String)},
            )
            .with_columns(as_changed=pl.lit(value=False))
        )
        if "principal_diagnosis" in compared.ours.has:
            state = self._by_own(state, records, changed)
            state = self._by_others(state, records, changed)
        return _judged(state)

    def _by_own(self, state: pl.DataFrame, records: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
        """Whether the fields of the bureau make its group by our version."""
        for id_, grouper in self.versions.own.items():
            of_version = state.filter(pl.col("grouper") == id_)
            places = of_version["place"]
            again = grouped_by(grouper, records.filter(pl.col(PLACE).is_in(places.implode())))
            self.not_reproduced += int((again["drg"] != of_version["ours"]).sum())
            others = of_version.filter(pl.col("changed").list.len() > 0)
            made = grouped_by(grouper, changed.filter(pl.col(PLACE).is_in(others["place"].implode())))
            hits = others.filter(made["drg"] == others["wanted"])["place"]
            state = state.with_columns(
                as_changed=pl.col("as_changed") | pl.col("place").is_in(hits.implode())
            )
        return state

    def _by_others(self, state: pl.DataFrame, records: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
        """Which other version makes the bureau's group of our record, or of the changed one."""
        found: list[tuple[int, int, str, pl.Series, pl.Series]] = []
        open_ = state.filter(~pl.col("as_changed"))
        first, rest = open_.head(FIRST_CASES), open_.slice(FIRST_CASES)
        for order, grouper in enumerate(self._usable()):
            hits = [_hits(grouper, first, frame) for frame in (records, changed)]
            if not any(map(len, hits)):
                continue
            if rest.height:
                more = [_hits(grouper, rest, frame) for frame in (records, changed)]
                hits = [pl.concat([one, other]) for one, other in zip(hits, more, strict=True)]
            found.append((-len(hits[0]), order, grouper.id, hits[0], hits[1]))
        for _, _, id_, plain, with_changes in sorted(found, key=lambda one: one[:2]):
            for name, hit in (("by", plain), ("by_changed", with_changes)):
                is_it = pl.col(name).is_null() & pl.col("place").is_in(hit.implode())
                state = state.with_columns(pl.when(is_it).then(pl.lit(id_)).otherwise(name).alias(name))
        if rest.height:
            left = state.filter(pl.col("place").is_in(rest["place"].implode()) & pl.col("by").is_null())
            self.not_tried = left.height
        return state

    def _usable(self) -> Iterator[Grouper]:
        for version in self.versions.others:
            try:
                yield version if isinstance(version, Grouper) else Grouper(version)
            except DrgError:
                self.unusable.append(str(version))


def _hits(grouper: Grouper, cases: pl.DataFrame, records: pl.DataFrame) -> pl.Series:
    """The cases of whose records a version makes the bureau's group; those that it made ours do not count."""
    cases = cases.filter(pl.col("grouper").ne_missing(grouper.id))
    made = grouped_by(grouper, records.filter(pl.col(PLACE).is_in(cases["place"].implode())))
    return cases.filter(made["drg"] == cases["wanted"])["place"]


def _judged(state: pl.DataFrame) -> pl.DataFrame:
    codes = pl.col("changed").list.set_intersection(pl.lit([*CODES])).list.len() > 0
    changed = (
        pl.when(codes).then(pl.lit(str(Cause.CODES_CHANGED))).otherwise(pl.lit(str(Cause.RECORD_CHANGED)))
    )
    by, by_changed = pl.col("by").is_not_null(), pl.col("by_changed").is_not_null()
    cause = (
        pl.when("as_changed")
        .then(changed)
        .when(by)
        .then(pl.lit(str(Cause.OTHER_VERSION)))
        .when(by_changed)
        .then(changed)
        .when(codes)
        .then(pl.lit(str(Cause.CODES_CHANGED)))
        .otherwise(pl.lit(str(Cause.GROUP_UNEXPLAINED)))
    )
    version = pl.when("as_changed").then(None).when(by).then("by").otherwise("by_changed")
    is_change = cause.is_in([str(Cause.CODES_CHANGED), str(Cause.RECORD_CHANGED)])
    return state.select(
        f"{OURS}{PLACE}",
        cause=cause,
        by=version,
        changed=pl.when(is_change).then("changed"),
        confirmed=pl.when(cause != str(Cause.GROUP_UNEXPLAINED)).then(pl.col("as_changed") | by | by_changed),
    )
