"""Versions between two versions: the tables of one, exchanged for those of the other one step at a time.

In all of them a group has one code, whatever the two versions call it: that of the base where the base has
the group, else its own (with ``+`` before it if the base uses that code for another group).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final, Literal

import polars as pl

from drg.columns import VARIABLES
from drg.records.codes import normalised
from drg.tables import GrouperTables, Manifest
from drg.tables.equivalences import same_adrgs
from drg.tables.language import COMPLICATION_SETS, PROCEDURE_FIELDS, WORDS, Compare, Count, atoms, parse

STEPS: Final = (
    "mdc_lists",
    "mdc_rules",
    "procedure_sets",
    "adrg_lists",
    "adrg_rules",
    "levels",
    "exclusions",
    "drg_rows",
)
MDC_LISTS, MDC_RULES, PROCEDURE_SETS, ADRG_LISTS, ADRG_RULES, LEVELS, EXCLUSIONS, DRG_ROWS = range(1, 9)
# Of set names in the versions between: whose set it is.
_BASE: Final = "BASE_"
_OTHER: Final = "OTHER_"
_NEVER: Final = "0"
_WORD: Final = re.compile(r'"[^"]*"|“[^”]*”|[A-Za-z_][A-Za-z0-9_]*')
_OF_GROUP: Final = re.compile(r"\A([A-Z]+[0-9]*_)([A-Z0-9]{3})(.*)\Z")
_NO_SETS: Final = COMPLICATION_SETS | WORDS | frozenset(VARIABLES)

_Name = Callable[[str], str]
_Level = Literal["mdc", "adrg", "drg"]


class Exchange:
    """The versions between a base and another version.

    Args:
        base: the version whose tables are exchanged.
        other: the version whose tables take their place.
    """

    def __init__(self, base: GrouperTables, other: GrouperTables) -> None:
        self.base = base
        self.other = other
        self.same = same_adrgs(base, other)
        own = frozenset(base.adrg["adrg"])
        # The code of each ADRG of the other version in the versions between.
        self.codes: dict[str, str] = {
            code: self.same.get(code, f"+{code}" if code in own else code) for code in other.adrg["adrg"]
        }
        self._sets = _codes_of(base.sets, "set"), _codes_of(other.sets, "set")
        self._exclusions = (
            _codes_of(base.exclusions, "exclusion_set"),
            _codes_of(other.exclusions, "exclusion_set"),
        )

    def tables(self, done: int) -> GrouperTables:
        """The version after the first ``done`` of ``STEPS``: 0 groups as the base, the last as the other."""
        complications = self._complications(done)
        exclusions = _both(self.base.exclusions, self.other.exclusions, "exclusion_set")
        asked = pl.col("exclusion_set").is_in(complications["exclusion_set"].unique().implode())
        return GrouperTables(
            Manifest(id=f"step-{done}", title=f"{self.base.manifest.id} → {self.other.manifest.id}"),
            mdc=self._mdc(done),
            adrg=self._adrg(done),
            drg=self._drg(done),
            sets=_both(self.base.sets, self.other.sets, "set"),
            complications=complications,
            exclusions=exclusions.filter(asked),
        )

    # --------------------------------------------------------------------------------------- rules and sets

    def _mdc(self, done: int) -> pl.DataFrame:
        base, other = self.base.mdc, self.other.mdc
        if done < MDC_RULES:
            lists = self._exchanged(base, "mdc", diagnoses=done >= MDC_LISTS)
            return _ruled(base, lists)
        rows = _ruled(other, self._of_other)
        if done >= ADRG_RULES:
            return rows
        # The base's ADRGs still hang on its MDCs; one that the other version lacks takes no case.
        gone = base.filter(~pl.col("mdc").is_in(other["mdc"].implode())).with_columns(rule=pl.lit(_NEVER))
        return pl.concat([rows, gone])

    def _adrg(self, done: int) -> pl.DataFrame:
        if done < ADRG_RULES:
            name = self._exchanged(
                self.base.adrg, "adrg", procedures=done >= PROCEDURE_SETS, diagnoses=done >= ADRG_LISTS
            )
            return _ruled(self.base.adrg, name)
        return self._renamed(_ruled(self.other.adrg, self._of_other))

    def _drg(self, done: int) -> pl.DataFrame:
        base = _ruled(self.base.drg, lambda name: _BASE + name)
        if done < ADRG_RULES:
            return base
        other = _ruled(self.other.drg, self._of_other)
        if done < DRG_ROWS:
            # A group that the base lacks comes with its rows.
            new = other.filter(~pl.col("adrg").is_in(list(self.same)))
            kept = base.filter(pl.col("adrg").is_in(list(self.same.values())))
            return pl.concat([kept, self._renamed(new)])
        return self._renamed(other)

    def _renamed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of the other version with the codes of the versions between."""
        columns = {"adrg": [self.codes[code] for code in rows["adrg"]]}
        if "drg" in rows.columns:
            pairs = rows.select("drg", "adrg").rows()
            columns["drg"] = [self.codes[adrg] + suffix(drg, adrg) for drg, adrg in pairs]
        return rows.with_columns(pl.Series(name, codes, pl.String) for name, codes in columns.items())

    def _exchanged(
        self, rows: pl.DataFrame, level: _Level, *, procedures: bool = False, diagnoses: bool = False
    ) -> _Name:
        """What the base's rules of a level call a set when lists of procedures or diagnoses are exchanged."""
        counts = _procedure_sets(rows["rule"])

        def name(own: str) -> str:
            exchanged = procedures if own in counts else diagnoses
            there = self._counterpart(own, level) if exchanged else None
            if there is None or self._sets[0][own] == self._sets[1][there]:
                return _BASE + own
            return _OTHER + there

        return name

    def _of_other(self, name: str) -> str:
        """What the other version's rules call a set: equal sets have one name."""
        own = self._equal_sets.get(name)
        return _OTHER + name if own is None else _BASE + own

    @cached_property
    def _equal_sets(self) -> dict[str, str]:
        found: dict[str, str] = {}
        levels: tuple[_Level, ...] = ("adrg", "mdc")
        for own, codes in self._sets[0].items():
            for level in levels:
                there = self._counterpart(own, level)
                if there is not None and codes == self._sets[1][there]:
                    found.setdefault(there, own)
        return found

    def _counterpart(self, own: str, level: _Level) -> str | None:
        """The set of the other version that has the place of a set of the base; None if it has none."""
        name: str | None = own
        if level != "mdc" and (match := _OF_GROUP.match(own)) and match[2] in self._base_codes:
            there = self.there.get(match[2])
            name = f"{match[1]}{there}{match[3]}" if there else None
        return name if name in self._sets[1] else None

    @cached_property
    def _base_codes(self) -> frozenset[str]:
        return frozenset(self.base.adrg["adrg"])

    @cached_property
    def there(self) -> dict[str, str]:
        """The ADRG of the other version for each of the base that has one."""
        return {own: code for code, own in self.same.items()}

    # --------------------------------------------------------------------------------------- complications

    def _complications(self, done: int) -> pl.DataFrame:
        base = _in_normal_form(self.base.complications)
        if done < LEVELS:
            return base.with_columns(exclusion_set=_prefixed(_BASE, "exclusion_set"))
        other = _in_normal_form(self.other.complications)
        both = other.join(base.select("code", own="exclusion_set"), on="code", how="left")
        theirs = _prefixed(_OTHER, "exclusion_set")
        ours = _prefixed(_BASE, "own")
        if done < EXCLUSIONS:
            # A complication that the base lacks comes with the table that excludes it.
            table = pl.when(pl.col("own").is_null()).then(theirs).otherwise(ours)
        else:
            pairs = both.select("own", "exclusion_set").drop_nulls().unique()
            equal = [self._excludes(0, own) == self._excludes(1, there) for own, there in pairs.rows()]
            marked = pairs.with_columns(equal=pl.Series(equal, dtype=pl.Boolean))
            both = both.join(marked, on=["own", "exclusion_set"], how="left")
            table = pl.when(pl.col("equal")).then(ours).otherwise(theirs)
        return both.select("code", "level", exclusion_set=table).sort("code")

    def _excludes(self, which: int, name: str) -> frozenset[str]:
        return self._exclusions[which].get(name, frozenset())


def suffix(drg: str, adrg: str) -> str:
    """What a DRG's code adds to that of its ADRG: 5 of HC25; the whole code if it begins otherwise."""
    return drg.removeprefix(adrg)


def _codes_of(rows: pl.DataFrame, key: str) -> dict[str, frozenset[str]]:
    spelled = rows.with_columns(code=normalised(rows["code"]))
    return {name: frozenset(codes) for name, codes in spelled.group_by(key).agg("code").iter_rows()}


def _both(base: pl.DataFrame, other: pl.DataFrame, key: str) -> pl.DataFrame:
    return pl.concat(
        rows.with_columns((pl.lit(prefix) + pl.col(key)).alias(key))
        for rows, prefix in ((base, _BASE), (other, _OTHER))
    )


def _prefixed(prefix: str, column: str) -> pl.Expr:
    """The name of an exclusion set; empty if there is none."""
    return pl.when(pl.col(column) == "").then(pl.lit("")).otherwise(pl.lit(prefix) + pl.col(column))


def _in_normal_form(complications: pl.DataFrame) -> pl.DataFrame:
    return complications.with_columns(code=normalised(complications["code"])).sort("code")


def _procedure_sets(rules: Iterable[str]) -> frozenset[str]:
    """The sets in which rules look for procedures."""
    found: set[str] = set()
    for rule in rules:
        for atom in atoms(parse(rule)):
            if not isinstance(atom, Compare) and PROCEDURE_FIELDS.intersection(atom.fields):
                found.update((atom.set,) if isinstance(atom, Count) else atom.sets)
    return frozenset(found)


def _ruled(rows: pl.DataFrame, name: _Name) -> pl.DataFrame:
    """Rows whose rules name their sets otherwise."""
    rules: Mapping[str, str] = {
        rule: _WORD.sub(lambda word: _word(word[0], name), rule) for rule in rows["rule"].unique()
    }
    return rows.with_columns(rule=pl.col("rule").replace(rules))


def _word(word: str, name: _Name) -> str:
    is_set = word[0] not in '"“' and word not in _NO_SETS and word.lower() not in WORDS
    return name(word) if is_set else word
