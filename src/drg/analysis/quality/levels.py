"""Which complications a DRG is for: MCC, CC or none; by the rules of a version, or by the last character."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

from drg.tables import GrouperTables
from drg.tables.language import Constant, Expression, Member, parse

MCC: Final = "MCC"
CC: Final = "CC"
NONE: Final = "none"
RANKS: Final = {NONE: 0, CC: 1, MCC: 2}
# The convention of the national codes: 1 with MCC 伴严重合并症或并发症, 3 with CC 伴一般, 5 without 不伴.
BY_LAST_CHARACTER: Final = {"1": MCC, "3": CC, "5": NONE}


def levels_of_version(tables: GrouperTables) -> dict[str, str]:
    """The levels of the groups of a version, by its rules.

    A rule that asks for nothing but an MCC among the other diagnoses makes a group of level MCC; for a CC, or
    either, CC; for nothing, none. A group whose rule asks for something else (an age, a disposition) has no
    level, nor has a group of an ADRG without MCC or CC among its groups.
    """
    found: dict[str, str] = {}
    for _, rows in tables.drg.select("adrg", "drg", "rule").group_by("adrg", maintain_order=True):
        levels = {drg: _level(parse(rule)) for _, drg, rule in rows.iter_rows()}
        if {MCC, CC} & set(levels.values()):
            found |= {drg: level for drg, level in levels.items() if level}
    return found


def levels_of_codes(adrg_of: Mapping[str, str]) -> dict[str, str]:
    """The levels of groups by the last character of their codes: 1 MCC, 3 CC, 5 none; others have none.

    Args:
        adrg_of: the ADRG of each DRG.
    """
    found = {drg: BY_LAST_CHARACTER[drg[-1]] for drg in adrg_of if drg[-1] in BY_LAST_CHARACTER}
    split = {adrg_of[drg] for drg, level in found.items() if level != NONE}
    return {drg: level for drg, level in found.items() if adrg_of[drg] in split}


def pairs(levels: Mapping[str, str], groups: Iterable[str]) -> list[tuple[str, str]]:
    """The groups of one ADRG that must be in order: each with those of the next lower level that is there."""
    ranked = sorted((RANKS[levels[drg]], drg) for drg in groups if drg in levels)
    present = sorted({rank for rank, _ in ranked})
    found = []
    for higher, lower in pairwise(reversed(present)):
        above = [drg for rank, drg in ranked if rank == higher]
        below = [drg for rank, drg in ranked if rank == lower]
        found += [(high, low) for high in above for low in below]
    return found


def _level(rule: Expression) -> str | None:
    if rule == Constant(True):
        return NONE
    if isinstance(rule, Member) and rule.fields == ("QTZD",):
        return {(MCC,): MCC, (CC,): CC, (CC, MCC): CC}.get(tuple(sorted(rule.sets)))
    return None
