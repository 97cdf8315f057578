"""What calibration needs of a grouper version: its groups, and which splits of an ADRG are in order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from drg.analysis.severity import ladders_of_version, levels
from drg.grouping import Grouper
from drg.grouping.outcomes import is_ambiguous
from drg.tables import GrouperTables, load_tables


@dataclass(frozen=True)
class Version:
    """The groups of a version that cases can be in; those of QY rows (歧义组) are none.

    Attributes:
        id: the version.
        drgs: the codes, in the order of the tables; a group's place is its number.
        names: of the groups [groups].
        adrgs: the ADRG of each group [groups].
        severities: MCC, CC or none, by the rules, of each group that is in a chain; else None [groups].
        chains: groups whose weights must not descend, as numbers, the mildest first; see ``Ladder``.
    """

    id: str
    drgs: tuple[str, ...]
    names: tuple[str, ...]
    adrgs: tuple[str, ...]
    severities: tuple[str | None, ...]
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
    rows = rows.select("drg", "name", "adrg").unique("drg", keep="first", maintain_order=True)
    groups = [row for row in rows.iter_rows() if not is_ambiguous(row[2])]
    drgs = tuple(drg for drg, *_ in groups)
    number = {drg: place for place, drg in enumerate(drgs)}
    ladders = [ladder for ladder in ladders_of_version(tables) if not is_ambiguous(ladder.adrg)]
    severities = levels(ladders)
    return Version(
        id=tables.manifest.id,
        drgs=drgs,
        names=tuple(name for _, name, _ in groups),
        adrgs=tuple(adrg for *_, adrg in groups),
        severities=tuple(severities.get(drg) for drg in drgs),
        chains=tuple(tuple(number[drg] for drg in ladder.levels) for ladder in ladders),
    )
