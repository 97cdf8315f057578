"""Which columns with codes are the principal one and the others: by name, number and place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drg.records import guess_names as names
from drg.records.codes import DIAGNOSIS, CodeKind
from drg.records.guess_contents import Contents
from drg.records.header import Header
from drg.records.layout import NUMBER, Source
from drg.words import Joined, Sentence

# canonical column, names, entries, doubts
FoundCodes = tuple[str, tuple[str, ...], tuple[Source, ...], tuple[Sentence, ...]]


@dataclass
class Series:
    """The columns with codes of a kind.

    Attributes:
        kind: of the codes.
        principal: columns that say that they are principal, in the order of the file.
        others: those that say that they are others.
        ranked: those that say neither; the first of them is the principal one if no other is.
        by_contents: those of them whose name says nothing at all.
    """

    kind: CodeKind
    principal: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    ranked: list[str] = field(default_factory=list)
    by_contents: list[str] = field(default_factory=list)

    @property
    def columns(self) -> tuple[str, str]:
        """The canonical columns of the principal code and of the others."""
        if self.kind == DIAGNOSIS:
            return "principal_diagnosis", "other_diagnoses"
        return "principal_procedure", "other_procedures"

    @property
    def roles(self) -> tuple[str, str, str]:
        """What names may say."""
        return (*self.columns, names.DIAGNOSES if self.kind == DIAGNOSIS else names.PROCEDURES)

    def add(self, name: str, role: str | None) -> None:
        """Put a column where its name says that it belongs."""
        principal, others, _ = self.roles
        if role is None:
            part = names.part_said(name)
            if part == names.UNUSED:
                return
            self.by_contents.append(name)
            role = {names.PRINCIPAL: principal, names.OTHER: others}.get(part or "")
        if role == principal:
            self.principal.append(name)
        elif role == others:
            self.others.append(name)
        else:
            self.ranked.append(name)


def code_sources(series: Series, header: Sequence[str], looked: Mapping[str, Contents]) -> list[FoundCodes]:
    """Where the principal code and the others are."""
    principal_column, others_column = series.columns
    principal, others = list(series.principal), list(series.others)
    ranked = sorted(series.ranked, key=lambda name: (name in series.by_contents, *_place(name, header)))
    principal.sort(key=lambda name: (looked[name].is_empty, names.named(name).number or 0))
    doubts: list[Sentence] = []
    if not principal and ranked:
        principal = [ranked.pop(0)]
        # The first of 手术编码1 … 手术编码7 is no guess, nor is 诊断编码 alone.
        is_first = not ranked or names.named(principal[0]).number == 1
        if not is_first or principal[0] in series.by_contents:
            doubts.append(Sentence("the first of its kind: no name says that it is the principal one"))
    if not principal:
        # Cases have a principal code before they have others.
        if not others or series.kind == DIAGNOSIS:
            return []
        principal, others = others[:1], others[1:]
    (chosen, *more) = principal
    if chosen in series.by_contents:
        doubts.append(Sentence("by its contents alone"))
    numbered = [name for name in more if names.named(name).number is not None]
    if unsaid := [name for name in more if name not in numbered]:
        doubts.append(Sentence("{names} could be it as well", names=Joined(", ", unsaid)))
    if looked[chosen].is_empty:
        doubts.append(Sentence("it is empty in this file: its name alone says so"))
    # A series may begin with the principal code once more.
    cells = looked[chosen].cells
    again = [name for name in ranked[:1] if len(cells) and looked[name].cells.equals(cells)]
    rest = [name for name in header if name in {*numbered, *others, *ranked} and name not in again]
    rest.sort(key=lambda name: _place(name, header))
    if looked[chosen].has_several:
        doubts.append(Sentence("cells hold several codes: the principal one needs a column of its own"))
    source = Source(column=principal_column, names=(chosen,), conversion="code")
    found: list[FoundCodes] = [(principal_column, (chosen,), (source,), tuple(doubts))]
    if rest:
        unsure = [name for name in rest if name in series.by_contents]
        told = [Sentence("{names} by their contents alone", names=Joined(", ", unsure))] if unsure else []
        found.append((others_column, tuple(rest), (_others(others_column, rest, header),), tuple(told)))
    return found


def _place(name: str, header: Sequence[str]) -> tuple[int, int]:
    """Numbers before places: a series may stand in any order."""
    return names.named(name).number or 0, header.index(name)


def _others(column: str, members: Sequence[str], header: Sequence[str]) -> Source:
    """The entry of the other codes: one column, a numbered series, or several columns one by one."""
    if len(members) == 1:
        return Source(column=column, names=(members[0],), conversion="codes")
    for place in re.finditer(r"\d+", members[0]):
        pattern = f"{members[0][: place.start()]}{NUMBER}{members[0][place.end() :]}"
        least = int(place[0])
        if Header(header).series([pattern], least) == tuple((name,) for name in members):
            return Source(column=column, names=(pattern,), conversion="codes_wide", first=least)
    return Source(column=column, parts=tuple((name,) for name in members), conversion="codes_wide")
