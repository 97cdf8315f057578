"""Checks of groups: rules that cannot work, rows that are never reached, orders and names."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from drg.analysis.tables_subject import RULE_TABLES, Found, Row, Subject, finds
from drg.grouping.outcomes import is_ambiguous
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.tables.logic import always, implies, never
from drg.tables.table_layout import Table
from drg.words import Joined, Sentence


@finds(
    "never-holds",
    ERROR,
    Sentence("the rule can never hold"),
    Sentence("Mend the rule; its conditions contradict one another"),
)
def _never_holds(subject: Subject) -> Iterator[Found]:
    for table, rows in subject.rows.items():
        for row in rows:
            if never(row.rule):
                yield table, row.code, row.text


@finds(
    "out-of-reach",
    WARNING,
    Sentence("no case can come to the ADRG: its MDC and its rule ask for different codes"),
    Sentence("Add the codes of the ADRG to the sets of its MDC, or move it to the MDC that has them"),
)
def _out_of_reach(subject: Subject) -> Iterator[Found]:
    for at, row in enumerate(subject.rows["adrg"]):
        reached = subject.diagnosis_leaves[:, at].any() and subject.procedure_leaves[:, at].any()
        if not reached and not never(row.rule):
            yield "adrg", row.code, f"{row.scope}: {row.text}"


@finds(
    "shadowed",
    WARNING,
    Sentence(
        "never reached: an earlier row of the same MDC or ADRG takes every case that this one would take"
    ),
    Sentence("Put the narrower row first (column order), or delete the row"),
)
def _shadowed(subject: Subject) -> Iterator[Found]:
    # Not among MDCs: one that holds without any of its ADRGs lets the case go on.
    for table in ("adrg", "drg"):
        for scope in _by_scope(subject.rows[table]).values():
            for at, row in enumerate(scope):
                earlier = next((e for e in scope[:at] if implies(row.rule, e.rule, subject.sets)), None)
                if earlier and not never(row.rule):
                    detail = Sentence("behind {code}: {rule}", code=earlier.code, rule=earlier.text)
                    yield (table, row.code, detail)


@finds(
    "no-rows",
    WARNING,
    Sentence("a group without groups inside: cases end here without a DRG"),
    Sentence("Add its rows to the next table, or delete it"),
)
def _no_rows(subject: Subject) -> Iterator[Found]:
    for table, inner in (("mdc", "adrg"), ("adrg", "drg")):
        parents = {row.scope for row in subject.rows[inner]}
        for row in subject.rows[table]:
            if row.code not in parents:
                yield table, row.code, Sentence("no row of {file} names it", file=f"{inner}.csv")


@finds(
    "no-default",
    WARNING,
    Sentence("no DRG of the ADRG holds always: a case may end with an ADRG and no DRG"),
    Sentence("Add a last DRG with an empty rule"),
)
def _no_default(subject: Subject) -> Iterator[Found]:
    for adrg, rows in _by_scope(subject.rows["drg"]).items():
        if not any(always(row.rule) for row in rows):
            detail = Sentence("its DRGs are {codes}", codes=Joined(", ", (row.code for row in rows)))
            yield ("adrg", adrg, detail)


@finds(
    "order-tie",
    WARNING,
    Sentence("two rows have the same order: which comes first is left to how they are filed"),
    Sentence("Give each row of an MDC or ADRG an order of its own"),
)
def _order_tie(subject: Subject) -> Iterator[Found]:
    for table in RULE_TABLES:
        frame = subject.tables.frames[table.name].filter(_ruled(table))
        ties = frame.group_by(*table.scope, "order", maintain_order=True).agg(table.name).rows(named=True)
        for tie in ties:
            codes = tie[table.name]
            if len(codes) > 1:
                detail = Sentence("order {order} is also that of {code}", order=tie["order"], code=codes[0])
                yield (table.name, codes[1], detail)


@finds(
    "order-gap",
    NOTICE,
    Sentence("the order leaves numbers out: a row may be missing"),
    Sentence("See whether a row is missing; a gap does no harm"),
)
def _order_gap(subject: Subject) -> Iterator[Found]:
    for table in RULE_TABLES:
        frame = subject.tables.frames[table.name]
        scope = table.scope[-1:] or (pl.lit("").alias("scope"),)
        for name, orders in frame.group_by(*scope, maintain_order=True).agg(pl.col("order").sort()).rows():
            there = set(orders)
            missing = [number for number in range(1, orders[-1]) if number not in there]
            if missing:
                numbers: Sentence = Joined(", ", missing[:5])
                if len(missing) > 5:
                    numbers = Sentence("{names} …", names=numbers)
                yield table.name, name or "MDC", Sentence("no row has order {numbers}", numbers=numbers)


@finds(
    "empty-name",
    NOTICE,
    Sentence("the group has no name"),
    Sentence("Fill the column name; QY groups and fallbacks have none in the published tables"),
)
def _empty_name(subject: Subject) -> Iterator[Found]:
    nameless = {row.code for row in subject.rows["adrg"] if is_ambiguous(row.code) or always(row.rule)}
    for table, rows in subject.rows.items():
        for row in rows:
            if not row.name and not nameless & {row.code, row.scope}:
                yield table, row.code, Sentence("no name")


@finds(
    "name-differs",
    NOTICE,
    Sentence("the name of the DRG does not begin with the name of its ADRG"),
    Sentence("See whether the DRG stands under the right ADRG, or mend one of the names"),
)
def _name_differs(subject: Subject) -> Iterator[Found]:
    names = {row.code: row.name for row in subject.rows["adrg"]}
    for row in subject.rows["drg"]:
        expected = names[row.scope]
        if expected and row.name and not _plain(row.name).startswith(_plain(expected)):
            yield "drg", row.code, f"{row.name} / {row.scope} {expected}"


@finds(
    "same-name",
    NOTICE,
    Sentence("two groups have the same name"),
    Sentence("See whether one of them is a copy, or say in the name what tells them apart"),
)
def _same_name(subject: Subject) -> Iterator[Found]:
    for table, rows in subject.rows.items():
        first: dict[str, str] = {}
        for row in rows:
            if (
                row.name
                and not is_ambiguous(row.code)
                and (other := first.setdefault(row.name, row.code)) != row.code
            ):
                yield table, row.code, Sentence("{name}, like {code}", name=row.name, code=other)


def _by_scope(rows: Iterable[Row]) -> dict[str, list[Row]]:
    scopes: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        scopes[row.scope].append(row)
    return scopes


def _ruled(table: Table) -> pl.Expr:
    # Fallbacks come last whatever their order, except an MDC without a rule.
    return pl.lit(True) if table.name == "mdc" else pl.col("rule") != ""


def _plain(name: str) -> str:
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", name))


CHECKS: Final = (
    _never_holds,
    _out_of_reach,
    _shadowed,
    _no_rows,
    _no_default,
    _order_tie,
    _order_gap,
    _empty_name,
    _name_differs,
    _same_name,
)
