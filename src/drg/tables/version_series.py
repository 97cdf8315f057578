"""Versions that follow one another: which of a series is in force on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from drg.errors import TablesError
from drg.tables.manifest import Manifest
from drg.words import Sentence


@dataclass(frozen=True)
class Series:
    """A line of versions of which at most one is in force on a day.

    Attributes:
        id: how the series is called; no version is called so.
        members: the manifests of its versions, the oldest first.
    """

    id: str
    members: tuple[Manifest, ...]

    @property
    def newest(self) -> Manifest:
        """The version that comes into force last."""
        return self.members[-1]

    @property
    def periods(self) -> str:
        """Its versions, each with the days on which it is in force, as text."""
        return ", ".join(f"{member.id} {member.period}" for member in self.members)


def series_of(manifests: Mapping[Path, Manifest]) -> dict[str, Series]:
    """The series that some versions make up, by id.

    Args:
        manifests: of all versions, by their files.

    Raises:
        TablesError: two versions of a series are in force on one day; names both.
    """
    found: dict[str, list[tuple[date, Path, Manifest]]] = defaultdict(list)
    for file, manifest in manifests.items():
        if manifest.series and manifest.valid_from:
            found[manifest.series].append((manifest.valid_from, file, manifest))
    series = {}
    for id_, members in sorted(found.items()):
        members.sort(key=lambda member: member[0])
        for (_, earlier_file, earlier), (_, later_file, later) in pairwise(members):
            _check_apart(earlier, earlier_file, later, later_file)
        series[id_] = Series(id_, tuple(manifest for *_, manifest in members))
    return series


def _check_apart(earlier: Manifest, earlier_file: Path, later: Manifest, later_file: Path) -> None:
    assert later.valid_from is not None
    if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
        problem = Sentence(
            "{first} ({period}) and {second} ({second_period}) of the series {series!r} are in force on "
            "the same days; the other manifest is {file}",
            first=earlier.id,
            period=earlier.period,
            second=later.id,
            second_period=later.period,
            series=later.series,
            file=later_file,
        )
        fix = Sentence(
            "End {first} on a day before {day} (valid_to), let {second} begin later (valid_from), or "
            "take one of the two out of the series",
            first=earlier.id,
            day=later.valid_from,
            second=later.id,
        )
        raise TablesError(problem, file=earlier_file, field="valid_to", fix=fix)
