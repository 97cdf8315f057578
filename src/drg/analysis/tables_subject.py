"""What a check of tables is, and the version as the checks look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from drg.grouping import Grouper
from drg.grouping.program import Mask, Program, unpacked
from drg.tables import GrouperTables
from drg.tables.language import Expression, parse
from drg.tables.logic import Sets
from drg.tables.table_layout import TABLES
from drg.words import Joined, Sentence

Found: TypeAlias = tuple[str, str, str]  # table, item, detail
RULE_TABLES: Final = tuple(table for table in TABLES if not table.is_list)
LIST_TABLES: Final = tuple(table for table in TABLES if table.is_list)


@dataclass(frozen=True)
class Row:
    """A row of a rule table; ``scope`` is the code of its parent."""

    code: str
    name: str
    scope: str
    text: str
    rule: Expression


@dataclass
class Subject:
    """A version, as the checks look at it; see ``tables_check.check_tables``."""

    tables: GrouperTables
    directory: Path | None
    diagnoses: pl.Series | None
    procedures: pl.Series | None

    @cached_property
    def program(self) -> Program:
        """The version as grouping uses it."""
        return Grouper(self.tables).program

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The rows of each rule table, in order of evaluation."""
        parents = {"mdc": pl.lit(""), "adrg": pl.col("mdc"), "drg": pl.col("adrg")}
        return {
            table.name: [
                Row(code, name, scope, " ".join(rule.split()) or Sentence("(empty rule)"), parse(rule))
                for code, name, scope, rule in getattr(self.program, table.name)
                .select(table.name, "name", parents[table.name].alias("scope"), "rule")
                .rows()
            ]
            for table in RULE_TABLES
        }

    @cached_property
    def sets(self) -> Sets:
        """The codes of each set."""
        grouped = self.tables.sets.group_by("set").agg("code").rows()
        return {name: frozenset(codes) for name, codes in grouped}

    @cached_property
    def diagnosis_leaves(self) -> Mask:
        """[k, a] whether a principal diagnosis of class k lets a case come to ADRG a."""
        return unpacked(self.program.arrays.diagnosis_candidates)

    @cached_property
    def procedure_leaves(self) -> Mask:
        """[k, a] whether a principal procedure of class k lets a case come to ADRG a."""
        return unpacked(self.program.arrays.procedure_candidates)

    @cached_property
    def places(self) -> dict[tuple[str, str], tuple[str, int]]:
        """Where each group was read."""
        return {
            (table.name, code): (file, row)
            for table in RULE_TABLES
            for code, file, row in self.tables.frames[table.name].select(table.name, "file", "row").rows()
        }

    def place(self, table: str, item: str) -> tuple[str, int] | tuple[None, None]:
        """File and row of a group; lists have no places."""
        return self.places.get((table, item), (None, None))


@dataclass(frozen=True)
class Check:
    """One kind of finding.

    Attributes:
        id: its name.
        severity: error, warning or notice; see ``records.findings``.
        message: what it means.
        fix: how to mend it.
        find: what there is of it.
        cannot: why it cannot be looked for, or an empty text.
    """

    id: str
    severity: str
    message: Sentence
    fix: Sentence
    find: Callable[[Subject], Iterable[Found]]
    cannot: Callable[[Subject], str]


def finds(
    id_: str,
    severity: str,
    message: Sentence,
    fix: Sentence,
    cannot: Callable[[Subject], str] = lambda _: "",
) -> Callable[[Callable[[Subject], Iterable[Found]]], Check]:
    """Turns a function that finds something into a check."""
    return lambda find: Check(id_, severity, message, fix, find, cannot)


def some(values: Sequence[str]) -> Sentence:
    """The first of them, and how many more there are."""
    most = 5
    first = Joined(", ", values[:most])
    more = len(values) - most
    return Sentence("{some} and {count:,} more", some=first, count=more) if more > 0 else first
