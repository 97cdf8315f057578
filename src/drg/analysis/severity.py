"""Which complications a group is for (MCC, CC, none), and which groups of an ADRG are in order by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from drg.tables import GrouperTables
from drg.tables.language import And, Constant, Expression, Member, parse

MCC: Final = "MCC"
CC: Final = "CC"
NONE: Final = "none"
_RANKS: Final = {NONE: 0, CC: 1, MCC: 2}
_ASKED: Final = {frozenset({MCC}): MCC, frozenset({MCC, CC}): CC, frozenset({CC}): CC}
# The convention of the national codes: 1 with MCC 伴严重合并症或并发症, 3 with CC 伴一般, 5 without 不伴.
_BY_LAST_CHARACTER: Final = {"1": MCC, "3": CC, "5": NONE}


class Ladder(NamedTuple):
    """Groups of an ADRG that differ in nothing but the complications that their rules ask for.

    Attributes:
        adrg: the ADRG; it may have several ladders, one for each age for example.
        levels: ``MCC``, ``CC`` or ``NONE`` of each group, the mildest first; at least two groups.
    """

    adrg: str
    levels: dict[str, str]

    def pairs(self, present: Collection[str]) -> list[tuple[str, str]]:
        """Of the groups that are present, each with those of the next lower level that is."""
        by_rank: dict[int, list[str]] = defaultdict(list)
        for drg, level in self.levels.items():
            if drg in present:
                by_rank[_RANKS[level]].append(drg)
        steps = pairwise(sorted(by_rank, reverse=True))
        return [(high, low) for above, below in steps for high in by_rank[above] for low in by_rank[below]]


def ladders_of_version(tables: GrouperTables) -> list[Ladder]:
    """The ladders of a version, by the rules of its groups, in the order of its tables.

    A rule that asks for an MCC among the other diagnoses makes a group of level MCC; for a CC, or either, CC;
    for neither, none. Whatever else a rule asks for (an age, a stay, a procedure) must be the same in all
    groups of a ladder.
    """
    rows = tables.drg.sort("mdc", "adrg", "order", maintain_order=True)
    rows = rows.select("drg", "adrg", "rule").unique("drg", keep="first", maintain_order=True)
    alike: dict[tuple[str, frozenset[Expression]], list[tuple[str, str]]] = defaultdict(list)
    for drg, adrg, rule in rows.iter_rows():
        level, others = asked(rule)
        alike[adrg, others].append((drg, level))
    return _ladders((adrg, groups) for (adrg, _), groups in alike.items())


def ladders_of_codes(adrg_of: Mapping[str, str]) -> list[Ladder]:
    """The ladders by the last character of codes: 1 MCC, 3 CC, 5 none; other groups are in none."""
    alike: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for drg, adrg in adrg_of.items():
        if drg[-1] in _BY_LAST_CHARACTER:
            alike[adrg].append((drg, _BY_LAST_CHARACTER[drg[-1]]))
    return _ladders(alike.items())


def levels(ladders: Iterable[Ladder]) -> dict[str, str]:
    """The level of each group that is in a ladder."""
    return {drg: level for ladder in ladders for drg, level in ladder.levels.items()}


def asked(rule: str) -> tuple[str, frozenset[Expression]]:
    """The level that the rule of a group asks for, and its other conditions.

    Of conditions that are joined by "and", each counts by itself; any other rule is one condition.
    """
    whole = parse(rule)
    parts = whole.parts if isinstance(whole, And) else (whole,)
    named = [level for part in parts if (level := _level(part))]
    others = frozenset(part for part in parts if part != Constant(True) and _level(part) is None)
    return min(named, key=_RANKS.__getitem__, default=NONE), others


def _level(part: Expression) -> str | None:
    if isinstance(part, Member) and part.fields == ("QTZD",):
        return _ASKED.get(frozenset(part.sets))
    return None


def _ladders(alike: Iterable[tuple[str, list[tuple[str, str]]]]) -> list[Ladder]:
    found = []
    for adrg, groups in alike:
        if len(groups) > 1 and any(level != NONE for _, level in groups):
            # Of rows that ask for the same, the later ones get the milder cases.
            severest_first = sorted(groups, key=lambda group: _RANKS[group[1]], reverse=True)
            found.append(Ladder(adrg, dict(reversed(severest_first))))
    return found
