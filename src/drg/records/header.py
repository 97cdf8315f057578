"""The header of a file: how names compare, what a layout finds in it, and which layout it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from drg.errors import InputError, did_you_mean
from drg.records.layout import NUMBER, Layout, Source, Table
from drg.words import Joined, Sentence

# Fewer fields than this can be a coincidence.
_ENOUGH_FIELDS = 3
# Shorter names are all alike.
_LONG_ENOUGH = 3


@lru_cache(maxsize=8192)
def folded(name: str) -> str:
    """A header name in the form in which it compares: NFKC, without blanks, in small letters.

    ``" ｃ03c "`` is ``"C03C"``, and ``"年龄（岁）"`` is ``"年龄(岁)"``.
    """
    plain = unicodedata.normalize("NFKC", name)
    return re.sub(r"[\s\u200b\ufeff\"']", "", plain).casefold()


def kind_of_name(name: str) -> str:
    """A header name with its number left open, by which the members of a series are the same."""
    return re.sub(r"\d+", "#", folded(name.replace(NUMBER, "0")))


def _undecorated(name: str) -> str:
    """A folded name without what forms add: ``*病案号`` is 病案号, ``住院总费用（元）`` 住院总费用.

    Other units stay, for they say that a column is to be read otherwise.
    """
    return re.sub(r"^[*★☆▲]+|\(必填\)|\(元\)$|\*+$", "", folded(name))


class Header:
    """The names of the columns of a file, found however they are spelled.

    Args:
        names: as the file has them.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._names = frozenset(self.names)
        self._by_fold: dict[str, str] = {}
        for name in self.names:
            self._by_fold.setdefault(folded(name), name)
        for name in self.names:
            self._by_fold.setdefault(_undecorated(name), name)

    def find(self, names: Iterable[str]) -> tuple[str, ...]:
        """The columns that are called by one of these names, in the order of the names.

        Of columns whose names are the same but for their spelling, the one that is spelled so counts.
        """
        found = (name if name in self._names else self._by_fold.get(folded(name)) for name in names)
        return tuple(dict.fromkeys(name for name in found if name is not None))

    def series(self, names: Iterable[str], first: int = 1) -> tuple[tuple[str, ...], ...]:
        """The members of a numbered series in their order; several names for one number are alternatives.

        A name without a number comes before them.
        """
        members: dict[int, dict[str, None]] = {}
        for name in names:
            if NUMBER not in name:
                members.setdefault(0, {}).update(dict.fromkeys(self.find([name])))
                continue
            before, _, after = folded(name).partition(folded(NUMBER))
            for fold, column in self._by_fold.items():
                digits = fold[len(before) : len(fold) - len(after)]
                fits = fold.startswith(before) and fold.endswith(after) and digits.isdecimal()
                if fits and int(digits) >= first:
                    members.setdefault(int(digits), {})[column] = None
        return tuple(tuple(members[number]) for number in sorted(members) if members[number])

    def parts(self, source: Source) -> tuple[tuple[str, ...], ...]:
        """The columns of each field of a source, alternatives side by side; empty if there are none."""
        if source.conversion == "codes_wide" and not source.parts:
            return self.series(source.names, source.first)
        found = (self.find(names) for names in source.fields)
        return tuple(columns for columns in found if columns)


@dataclass(frozen=True)
class Candidate:
    """A layout, or one table of it, held against a header."""

    layout: Layout
    table: Table | None
    header: Header

    @cached_property
    def found(self) -> dict[str, set[str]]:
        """The canonical columns (and ``key``) that the header has, each with its header names."""
        found: dict[str, set[str]] = {}
        for source in self.layout.sources(self.table.name if self.table else None):
            names = {name for part in self.header.parts(source) for name in part}
            if names:
                found.setdefault(source.column, set()).update(names)
        if self.table is not None and (key := self.header.find(self.table.key)):
            found["key"] = set(key)
        return found

    @property
    def is_possible(self) -> bool:
        """Whether the header may be of this layout."""
        if self.table is not None:
            return "key" in self.found and len(self.found) > 1
        return "principal_diagnosis" in self.found or len(self.found) >= _ENOUGH_FIELDS

    @property
    def rank(self) -> tuple[int, int]:
        """The number of columns found, and of header names."""
        return len(self.found), len(set().union(*self.found.values()))

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.layout.id}, {self.table.name}" if self.table else self.layout.id

    def lacks(self) -> Iterator[str]:
        """What is not there, by the names that the layout knows, the principal diagnosis first."""
        sources = self.layout.sources(self.table.name if self.table else None)
        for source in sorted(sources, key=lambda source: source.column != "principal_diagnosis"):
            if source.column not in self.found:
                yield source.fields[0][0]


def detect(names: Sequence[str], layouts: Mapping[str, Layout], file: Path) -> Candidate:
    """The layout (and table) of a file, by its header.

    Raises:
        InputError: none fits, or several fit equally well; says what was found and what each would need.
    """
    header = Header(names)
    candidates = [
        Candidate(layout, table, header) for layout in layouts.values() for table in (layout.table or (None,))
    ]
    possible = sorted((c for c in candidates if c.is_possible), key=lambda c: c.rank, reverse=True)
    if not possible:
        raise InputError(_nothing_fits(header, candidates), file=file, fix=_fix(file))
    if len(possible) > 1 and possible[0].rank == possible[1].rank:
        tied = [c.title for c in possible if c.rank == possible[0].rank]
        raise InputError(
            Sentence("the header fits {tied} equally well", tied=Joined(" and ", tied)),
            file=file,
            fix=_fix(file),
        )
    return possible[0]


def fitting(names: Sequence[str], layouts: Iterable[Layout]) -> Layout | None:
    """The layout of one table that a header fits best; None if none fits, or several fit equally well."""
    header = Header(names)
    candidates = [Candidate(layout, None, header) for layout in layouts]
    possible = sorted((c for c in candidates if c.is_possible), key=lambda c: c.rank, reverse=True)
    if not possible or (len(possible) > 1 and possible[0].rank == possible[1].rank):
        return None
    return possible[0].layout


def _fix(file: Path) -> Sentence:
    return Sentence(
        "Name the layout with --layout (list them with: drg layouts), or make one for this export with: "
        "drg layouts guess {file}",
        file=file,
    )


def _nothing_fits(header: Header, candidates: Sequence[Candidate]) -> Sentence:
    # A name that no layout has may be that of a patient, where the file has no header.
    known_names = set().union(*(names for candidate in candidates for names in candidate.found.values()))
    shown = Joined(", ", [name for name in header.names if name in known_names] or [Sentence("none")])
    lines = []
    for candidate in candidates:
        lacks = list(dict.fromkeys(candidate.lacks()))
        known = set().union(*candidate.found.values())
        others = [name for name in header.names if name not in known and len(name) >= _LONG_ENOUGH]
        hint = next(filter(None, (did_you_mean(name, lacks) for name in others)), "")
        needs: Sentence = Sentence("needs {names} …", names=Joined(", ", lacks[:4]))
        if candidate.found:
            found = Sentence("found {names}", names=Joined(", ", candidate.found))
            needs = Joined("; ", (found, needs))
        line = Sentence("{title}: {needs}", title=candidate.title, needs=Joined(" ", (needs, hint)))
        lines.append(Joined("", ("\n    ", line)))
    return Sentence(
        "the columns are those of no layout that is known; known names, of {count}: {columns}{layouts}",
        count=len(header.names),
        columns=shown,
        layouts=Joined("", lines),
    )
