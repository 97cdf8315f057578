"""One group, set or code of a version, with everything that the tables say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl

from drg.errors import TablesError, did_you_mean
from drg.grouping import Grouper
from drg.grouping.corrected import CorrectedRow, corrected_rows
from drg.records import normalised
from drg.tables import GrouperTables
from drg.tables.language import parse
from drg.tables.logic import set_names
from drg.words import Sentence

NameOf: TypeAlias = Callable[[str], str]
_INSIDE = {"mdc": "adrg", "adrg": "drg", "drg": None}


@dataclass(frozen=True)
class Line:
    """A group in one line."""

    table: str
    code: str
    name: str
    rule: str


@dataclass(frozen=True)
class CodeSet:
    """A set or an exclusion set.

    Attributes:
        name: its name.
        codes: code and name, as far as names are known.
        used_by: the groups whose rules name it.
        complications: how many complications name it, for an exclusion set; else None.
        corrections: its rows that differ from the source of the version.
    """

    name: str
    codes: tuple[tuple[str, str], ...]
    used_by: tuple[Line, ...] = ()
    complications: int | None = None
    corrections: tuple[CorrectedRow, ...] = ()


@dataclass(frozen=True)
class Group:
    """An MDC, ADRG or DRG.

    Attributes:
        line: its table, code, name and rule.
        order: its order as published.
        place, of: that it is tried as number ``place`` of ``of`` in its scope.
        parents: the groups above it, the highest first.
        inside: the groups below it, as they are tried.
        sets: the sets that its rule names.
        corrections: how its row and those below it differ from the source of the version.
    """

    line: Line
    order: int
    place: int
    of: int
    parents: tuple[Line, ...]
    inside: tuple[Line, ...]
    sets: tuple[CodeSet, ...]
    corrections: tuple[CorrectedRow, ...]


@dataclass(frozen=True)
class Code:
    """A diagnosis or a procedure.

    Attributes:
        code, name: as the version spells it.
        sets: each set that holds it, with the groups that name the set.
        level: MCC or CC if it is a complication.
        exclusion_set: whose principal diagnoses exclude it, if it is a complication.
        excludes: the exclusion sets that hold it: as principal diagnosis it excludes their complications.
        corrections: its rows that differ from the source of the version.
    """

    code: str
    name: str
    sets: tuple[tuple[str, tuple[Line, ...]], ...]
    level: str | None
    exclusion_set: str | None
    excludes: tuple[str, ...]
    corrections: tuple[CorrectedRow, ...]


def show(tables: GrouperTables, item: str, name_of: NameOf = lambda _: "") -> list[Group | CodeSet | Code]:
    """What a version says of a group, a set or a code; a name may be that of an ADRG and of a DRG (QY).

    Args:
        tables: the version.
        item: a code or a name; capitals do not matter.
        name_of: the name of a diagnosis or procedure code, or an empty text.

    Raises:
        TablesError: the version has nothing of that name.
        RuleError: a rule of the version cannot be read.
    """
    version = _Version(tables, name_of)
    wanted = item.strip().upper()
    found: list[Group | CodeSet | Code] = [
        version.group(name, at)
        for name, frame in version.rules.items()
        for at in frame["code"].str.to_uppercase().eq(wanted).arg_true()
    ]
    # The DRG of a QY group or fallback says nothing that its ADRG does not.
    found = found[:1]
    found += [version.code_set(name) for name in version.set_names if name.upper() == wanted]
    if not found and (code := version.code(item)):
        found.append(code)
    if not found:
        known = [code for frame in version.rules.values() for code in frame["code"]]
        fix = did_you_mean(item, [*known, *version.set_names]) or Sentence(
            "Give an MDC, ADRG, DRG, a set or a code"
        )
        problem = Sentence("{id} has no group, set or code {name!r}", id=tables.manifest.id, name=item)
        raise TablesError(problem, fix=fix)
    return found


class _Version:
    def __init__(self, tables: GrouperTables, name_of: NameOf) -> None:
        self.tables = tables
        self.name_of = name_of
        program = Grouper(tables).program
        parents = {"mdc": pl.lit(""), "adrg": pl.col("mdc"), "drg": pl.col("adrg")}
        rule = pl.col("rule").str.replace_all(r"\s+", " ").str.strip_chars()
        self.rules: dict[str, pl.DataFrame] = {
            name: getattr(program, name).select(
                code=name, name="name", rule=rule, order="order", parent=parents[name]
            )
            for name in _INSIDE
        }
        self.set_names = [
            *tables.sets["set"].unique(maintain_order=True),
            *tables.exclusions["exclusion_set"].unique(maintain_order=True),
        ]

    def lines(self, table: str, keep: pl.Expr) -> tuple[Line, ...]:
        rows = self.rules[table].filter(keep).select("code", "name", "rule").rows()
        return tuple(Line(table, *row) for row in rows)

    def group(self, table: str, at: int) -> Group:
        row = self.rules[table].row(at, named=True)
        scope = self.rules[table].filter(parent=row["parent"])["code"].to_list()
        inside = _INSIDE[table]
        inner = self.lines(inside, pl.col("parent") == row["code"]) if inside else ()
        names = set_names(parse(row["rule"]))
        return Group(
            line=Line(table, row["code"], row["name"], row["rule"]),
            order=row["order"],
            place=scope.index(row["code"]) + 1,
            of=len(scope),
            parents=self._parents(table, row["parent"]),
            inside=inner,
            sets=tuple(self.code_set(name) for name in names),
            corrections=self.corrections(
                (pl.col("table") == table) & (pl.col("key") == row["code"])
                | (pl.col("table") == (inside or "")) & pl.col("key").is_in([line.code for line in inner])
            ),
        )

    def _parents(self, table: str, parent: str) -> tuple[Line, ...]:
        if table == "mdc":
            return ()
        above = "mdc" if table == "adrg" else "adrg"
        at = self.rules[above]["code"].to_list().index(parent)
        grandparent = self.rules[above]["parent"][at]
        return (*self._parents(above, grandparent), *self.lines(above, pl.col("code") == parent))

    def code_set(self, name: str) -> CodeSet:
        tables = self.tables
        codes = tables.sets.filter(set=name)["code"]
        excluding = tables.exclusions.filter(exclusion_set=name)["code"]
        return CodeSet(
            name=name,
            codes=tuple((code, self.name_of(code)) for code in pl.concat([codes, excluding]).sort()),
            used_by=self.used_by(name),
            complications=tables.complications.filter(exclusion_set=name).height if len(excluding) else None,
            corrections=self.corrections(pl.col("key").str.starts_with(f"{name} ")),
        )

    def corrections(self, keep: pl.Expr) -> tuple[CorrectedRow, ...]:
        return corrected_rows(self.tables.corrections.filter(keep))

    def used_by(self, name: str) -> tuple[Line, ...]:
        named = pl.col("rule").str.contains(name, literal=True)
        lines = (line for table in self.rules for line in self.lines(table, named))
        return tuple(line for line in lines if name in set_names(parse(line.rule)))

    def code(self, item: str) -> Code | None:
        tables = self.tables
        wanted = normalised(pl.Series([item]))[0]

        def rows(frame: pl.DataFrame) -> pl.DataFrame:
            return frame.filter(normalised(frame["code"]) == wanted)

        sets, complications, exclusions = map(rows, (tables.sets, tables.complications, tables.exclusions))
        spellings = pl.concat([sets["code"], complications["code"], exclusions["code"]])
        if spellings.is_empty():
            return None
        level, exclusion_set = (
            complications.select("level", "exclusion_set").row(0) if len(complications) else (None, None)
        )
        return Code(
            code=spellings[0],
            name=self.name_of(spellings[0]),
            sets=tuple((name, self.used_by(name)) for name in sets["set"]),
            level=level,
            exclusion_set=exclusion_set or None,
            excludes=tuple(exclusions["exclusion_set"]),
            corrections=self.corrections(
                ~pl.col("table").is_in(list(self.rules))
                & pl.col("key").str.split(" ").list.last().is_in(spellings.implode())
            ),
        )
