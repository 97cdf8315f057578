"""What is compared: the versions, the scheme of each, and the codes that each reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from drg.columns import OUTPUT, PRICE
from drg.errors import InputError, MissingColumnError, SchemeError
from drg.grouping import Grouper
from drg.grouping.multi_grouper import outcome_table
from drg.grouping.outcomes import INVALID
from drg.payment import Pricer
from drg.records.cases import CodeVersion
from drg.words import Joined, Sentence

INVALID_LABEL: Final = "invalid"
_CLINICAL: Final = "国临"
_INSURANCE: Final = "医保"


def label(drg: pl.Expr, adrg: pl.Expr, status: pl.Expr) -> pl.Expr:
    """One text for what became of a case: its DRG, ``0000``, ``invalid``, or ``BZ1 –`` in an ADRG."""
    return pl.when(status == INVALID).then(pl.lit(INVALID_LABEL)).otherwise(drg.fill_null(adrg + " –"))


@dataclass(frozen=True)
class ComparedVersion:
    """One version of a comparison.

    Attributes:
        grouper: the version.
        pricer: the scheme that prices its groups, if there is one.
        converts: whether it reads the codes after conversion from the clinical version.
    """

    grouper: Grouper
    pricer: Pricer | None
    converts: bool

    @property
    def id(self) -> str:
        """The id of the version."""
        return self.grouper.id

    @cached_property
    def outcomes(self) -> pl.DataFrame:
        """Everything that can become of a case, one row each, with its ``label``; see ``outcome_table``."""
        text = label(pl.col("drg"), pl.col("adrg"), pl.col("grouping_status"))
        return outcome_table(self.grouper).with_columns(label=text)


def sides(
    groupers: Sequence[str | Path | Grouper],
    schemes: Iterable[str | Path | Pricer],
    codes: CodeVersion,
    *,
    least: int = 2,
) -> tuple[ComparedVersion, ...]:
    """The versions in the given order, each with its scheme.

    Raises:
        InputError: there are fewer than ``least`` versions, one comes twice, or they share no code system.
        SchemeError: a scheme is for none of the versions, or two are for the same.
    """
    ready = [grouper if isinstance(grouper, Grouper) else Grouper(grouper) for grouper in groupers]
    ids = [grouper.id for grouper in ready]
    if len(ids) < least:
        problem = Sentence("a comparison needs at least two versions")
        raise InputError(problem, fix=Sentence("Give them as --groupers A,B (see: drg groupers)"))
    for id_ in ids:
        if ids.count(id_) > 1:
            problem = Sentence("the version {id} is there {count} times", id=id_, count=ids.count(id_))
            fix = Sentence(
                "Give each once; a changed copy of a version needs an id of its own in its manifest"
            )
            raise InputError(problem, fix=fix)
    pricers = _by_version([s if isinstance(s, Pricer) else Pricer(s) for s in schemes], ids)
    converts = _conversions(ready, codes)
    return tuple(
        ComparedVersion(grouper, pricers.get(grouper.id), convert)
        for grouper, convert in zip(ready, converts, strict=True)
    )


def _by_version(pricers: Sequence[Pricer], ids: Sequence[str]) -> dict[str, Pricer]:
    found: dict[str, Pricer] = {}
    for pricer in pricers:
        version = pricer.scheme.grouper
        if version not in ids:
            problem = Sentence(
                "the scheme {id} prices the groups of {version}, which is not compared here ({ids})",
                id=pricer.id,
                version=version,
                ids=Joined(", ", ids),
            )
            fix = Sentence(
                "A scheme belongs to one version: give one that is for a version of this comparison, "
                "or add {version} to the versions",
                version=version,
            )
            raise SchemeError(problem, fix=fix)
        if version in found:
            problem = Sentence(
                "the schemes {first} and {second} are both for {version}",
                first=found[version].id,
                second=pricer.id,
                version=version,
            )
            raise SchemeError(problem, fix=Sentence("Give at most one scheme for each version"))
        found[version] = pricer
    return found


def _conversions(groupers: Sequence[Grouper], codes: CodeVersion) -> list[bool]:
    """Whether each version reads codes that were converted from the clinical version.

    Raises:
        InputError: the versions read codes of different systems that no crosswalk joins.
    """
    systems = [_system(grouper) for grouper in groupers]
    clinical = [_CLINICAL in (system or "") for system in systems]
    stated = {
        system for system, is_clinical in zip(systems, clinical, strict=True) if system and not is_clinical
    }
    if len(stated) > 1 or (stated and any(clinical) and (codes != "clinical" or not _insurance(stated))):
        lines = Joined(
            "",
            (
                Sentence(
                    "\n    {version}: {code_system}",
                    version=grouper.id,
                    code_system=grouper.tables.manifest.code_system or Sentence("not stated"),
                )
                for grouper in groupers
            ),
        )
        if any(clinical) and _insurance(stated) and len(stated) == 1:
            fix = Sentence(
                "The crosswalk leads from clinical codes (国临版) to insurance codes (医保版) only: give "
                "a file with clinical codes and --codes clinical"
            )
        else:
            fix = Sentence(
                "Compare versions of one code system; if two texts mean the same codes, write the same "
                "code_system into both manifests"
            )
        raise InputError(
            Sentence("the versions share no code system, and no crosswalk joins theirs:{lines}", lines=lines),
            fix=fix,
        )
    return [codes == "clinical" and not is_clinical for is_clinical in clinical]


def _system(grouper: Grouper) -> str | None:
    """The code system of a version as it compares; None if it states none."""
    text = grouper.tables.manifest.code_system
    return re.sub(r"\s", "", text).casefold() if text else None


def _insurance(systems: Iterable[str]) -> bool:
    return all(_INSURANCE in system for system in systems)


def check_columns(compared: Iterable[ComparedVersion], names: Iterable[str]) -> None:
    """Whether a frame with these columns can be grouped by all versions and priced by all schemes.

    Columns that grouping or pricing adds are worked out anew, so they may be there already.

    Raises:
        MissingColumnError: names every column that is missing, and what needs it.
    """
    given = [name for name in names if name not in OUTPUT and name not in PRICE]
    problems: list[MissingColumnError] = []
    for side in compared:
        problems += _missing(side.grouper.check_columns, given)
        if side.pricer:
            problems += _missing(side.pricer.check_columns, [*given, *OUTPUT])
    if problems:
        first = problems[0]
        told = Joined("\n", (error.problem for error in problems))
        raise MissingColumnError(told, field=first.field, fix=first.fix)


def _missing(check: Callable[[list[str]], object], names: list[str]) -> list[MissingColumnError]:
    try:
        check(names)
    except MissingColumnError as error:
        return [error]
    return []
