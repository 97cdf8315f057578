"""What calibration needs of a grouper version: its groups, and which splits of an ADRG are in order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from drg.grouping import Grouper
from drg.grouping.outcomes import is_ambiguous
from drg.tables import GrouperTables, load_tables
from drg.tables.language import And, Constant, Expression, Member, parse

# The order of the splits of an ADRG: with severe complications, with any, without.
MCC: Final = 3
CC: Final = 2
NO_CC: Final = 1

_ASKED: Final = {frozenset({"MCC"}): MCC, frozenset({"MCC", "CC"}): CC, frozenset({"CC"}): CC}


@dataclass(frozen=True)
class Version:
    """The groups of a version that cases can be in; those of QY rows (歧义组) are none.

    Attributes:
        id: the version.
        drgs: the codes, in the order of the tables; a group's place is its number.
        names: of the groups [groups].
        adrgs: the ADRG of each group [groups].
        severities: ``MCC``, ``CC`` or ``NO_CC`` by the rule of each group [groups].
        chains: groups whose weights must not descend, as numbers, the mildest first: the splits of an ADRG
            that differ in nothing but the complications that their rules ask for.
    """

    id: str
    drgs: tuple[str, ...]
    names: tuple[str, ...]
    adrgs: tuple[str, ...]
    severities: tuple[int, ...]
    chains: tuple[tuple[int, ...], ...]

    @cached_property
    def members(self) -> dict[str, list[int]]:
        """The numbers of the groups of each ADRG."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, adrg in enumerate(self.adrgs):
            found[adrg].append(number)
        return dict(found)


def version_of(grouper: str | Path | GrouperTables | Grouper) -> Version:
    """The groups of a version.

    Raises:
        UnknownGrouperError, TablesError: if it cannot be used.
    """
    if isinstance(grouper, Grouper):
        tables = grouper.tables
    else:
        tables = grouper if isinstance(grouper, GrouperTables) else load_tables(grouper)
    rows = tables.drg.sort("mdc", "adrg", "order", maintain_order=True)
    rows = rows.select("drg", "name", "adrg", "rule").unique("drg", keep="first", maintain_order=True)
    groups = [row for row in rows.iter_rows() if not is_ambiguous(row[2])]
    clauses = [severity(rule) for *_, rule in groups]
    alike: dict[tuple[str, frozenset[Expression]], list[int]] = defaultdict(list)
    for number, ((_, _, adrg, _), (_, others)) in enumerate(zip(groups, clauses, strict=True)):
        alike[adrg, others].append(number)
    severities = tuple(clause for clause, _ in clauses)
    # Of rows that ask for the same, the later ones get the milder cases.
    chains = [
        tuple(sorted(chain, key=lambda number: (severities[number], -number))) for chain in alike.values()
    ]
    return Version(
        id=tables.manifest.id,
        drgs=tuple(drg for drg, *_ in groups),
        names=tuple(name for _, name, *_ in groups),
        adrgs=tuple(adrg for _, _, adrg, _ in groups),
        severities=severities,
        chains=tuple(chain for chain in chains if len(chain) > 1),
    )


def severity(rule: str) -> tuple[int, frozenset[Expression]]:
    """The complications that the rule of a group asks for, and its other conditions.

    Of conditions that are joined by "and", each counts by itself; any other rule is one condition.
    """
    whole = parse(rule)
    parts = whole.parts if isinstance(whole, And) else (whole,)
    others = frozenset(part for part in parts if part != Constant(True) and _asked(part) is None)
    return min((level for part in parts if (level := _asked(part))), default=NO_CC), others


def _asked(part: Expression) -> int | None:
    if isinstance(part, Member) and part.fields == ("QTZD",):
        return _ASKED.get(frozenset(part.sets))
    return None
