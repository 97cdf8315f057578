"""A slow, plain finder of first causes: the oracle for ``drg.analysis.comparison.causes``.

Written from docs/compare.md alone. Where the package lets rules name other sets, this changes what the sets
hold: each level of rules has sets of its own, and an exchange replaces their codes. Every version between is
a plain dict of rows that ``reference.ReferenceGrouper`` evaluates, one case at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from tests.reference import ReferenceGrouper, clean_code, names_in, parse

STEPS = (
    "mdc_lists",
    "mdc_rules",
    "procedure_sets",
    "adrg_lists",
    "adrg_rules",
    "levels",
    "exclusions",
    "drg_rows",
)
LEVELS = ("mdc", "adrg", "drg")
PROCEDURES = {"ZYSS", "QTSS"}
Frames = Mapping[str, pl.DataFrame]


class ReferenceExchange:
    """The versions between two versions.

    Args:
        base, other: the six tables of each.
        same: the ADRG of ``base`` for each of ``other`` that is the same group.
    """

    def __init__(self, base: Frames, other: Frames, same: Mapping[str, str]):
        self.base, self.other, self.same = base, other, dict(same)
        self.there = {old: new for new, old in same.items()}
        self.own = set(base["adrg"]["adrg"])
        self.levels = levels(base), levels(other)
        self.sets = codes(base["sets"], "set"), codes(other["sets"], "set")
        self.groupers = [ReferenceGrouper(self.tables(done)) for done in range(len(STEPS) + 1)]

    def code(self, adrg: str) -> str:
        """The one code of a group of the other version."""
        return self.same.get(adrg) or (adrg if adrg not in self.own else "+" + adrg)

    def step(self, case: Mapping[str, Any]) -> str | None:
        """The first cause of a case as the step; None if it ends in the group where it begins."""
        groups = [self.group(grouper, case) for grouper in self.groupers]
        if groups[0] == groups[-1]:
            return None
        last = max(done for done, group in enumerate(groups) if group == groups[0])
        return STEPS[last]

    def group(self, grouper: ReferenceGrouper, case: Mapping[str, Any]) -> tuple[str | None, ...]:
        found = grouper.group(case)
        return found.status, found.adrg, found.drg

    # ----------------------------------------------------------------------------- the tables after a step

    def tables(self, done: int) -> dict[str, pl.DataFrame]:
        sets: dict[str, set[str]] = {}
        base_sets, other_sets = self.sets
        base_mdc, base_adrg, base_drg = (
            self.level(level, self.base, "b", base_sets, sets) for level in LEVELS
        )
        other = {level: self.level(level, self.other, "o", other_sets, sets) for level in LEVELS}
        if done >= 1:
            self.exchange("mdc", sets, other_sets, procedures=False)
        if done >= 3:
            self.exchange("adrg", sets, other_sets, procedures=True)
        if done >= 4:
            self.exchange("adrg", sets, other_sets, procedures=False)

        mdc, adrg, drg = base_mdc, base_adrg, base_drg
        if done >= 2:
            here = {row["mdc"] for row in other["mdc"]}
            gone = [{**row, "rule": "0"} for row in base_mdc if row["mdc"] not in here]
            mdc = other["mdc"] + (gone if done < 5 else [])
        renamed = [
            {
                **row,
                "drg": self.code(row["adrg"]) + row["drg"].removeprefix(row["adrg"]),
                "adrg": self.code(row["adrg"]),
                "new": row["adrg"] not in self.same,
            }
            for row in other["drg"]
        ]
        if done >= 5:
            adrg = [{**row, "adrg": self.code(row["adrg"])} for row in other["adrg"]]
            drg = [row for row in base_drg if row["adrg"] in self.there] + [
                row for row in renamed if row["new"]
            ]
        if done >= 8:
            drg = renamed
        members = [(name, code) for name, held in sets.items() for code in held]
        complications, exclusions = self.complications(done)
        rows = {"mdc": mdc, "adrg": adrg, "drg": drg}
        columns = {"mdc": (), "adrg": ("mdc",), "drg": ("adrg", "mdc")}
        return {
            **{level: frame(level, columns[level], rows[level]) for level in LEVELS},
            "sets": pl.DataFrame(members, schema={"set": pl.String, "code": pl.String}, orient="row"),
            "complications": complications,
            "exclusions": exclusions,
        }

    def level(
        self, level: str, tables: Frames, side: str, held: Mapping[str, set[str]], sets: dict[str, set[str]]
    ) -> list[dict[str, Any]]:
        """The rows of a level, their rules with sets of their own: ``b_adrg_OP_HC2``."""
        rows = tables[level].select(pl.exclude("file", "row")).to_dicts()
        for row in rows:
            names = names_in(parse(row["rule"]))[0]
            for name in names:
                sets[f"{side}_{level}_{name}"] = set(held[name])
            row["rule"] = re.sub(
                r'"[^"]*"|\w+',
                lambda word: f"{side}_{level}_{word[0]}" if word[0] in names else word[0],  # noqa: B023
                row["rule"] or "",
            )
        return rows

    def exchange(
        self, level: str, sets: dict[str, set[str]], other: Mapping[str, set[str]], *, procedures: bool
    ) -> None:
        asked = self.procedure_sets(level)
        for name in list(sets):
            own = name.removeprefix(f"b_{level}_")
            if own == name or (own in asked) is not procedures:
                continue
            there: str | None = own
            match = re.fullmatch(r"([A-Z]+\d*_)([A-Z0-9]{3})(.*)", own)
            if level != "mdc" and match and match[2] in self.own:
                code = self.there.get(match[2])
                there = match[1] + code + match[3] if code else None
            if there is not None and there in other:
                sets[name] = set(other[there])

    def procedure_sets(self, level: str) -> set[str]:
        found: set[str] = set()

        def look(node: tuple) -> None:
            if node[0] in ("or", "and"):
                for part in node[1]:
                    look(part)
            elif node[0] == "not":
                look(node[1])
            elif node[0] == "in" and PROCEDURES & set(node[1]):
                found.update(node[2])
            elif node[0] == "length" and PROCEDURES & set(node[2]):
                found.add(node[1])

        for rule in self.base[level]["rule"]:
            look(parse(rule))
        return found

    def complications(self, done: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Level and excluding diagnoses of each code, taken from the one version or the other."""
        base, other = self.levels
        if done < 6:
            chosen = base
        elif done < 7:
            chosen = {
                code: (level, base[code][1] if code in base else excluding)
                for code, (level, excluding) in other.items()
            }
        else:
            chosen = other
        # What the same diagnoses exclude is one set, whatever each version calls it.
        numbers = {held: number for number, held in enumerate({held for _, held in chosen.values()})}
        rows = [(code, level, f"EX{numbers[held]}") for code, (level, held) in chosen.items()]
        excluded = [(f"EX{number}", one) for held, number in numbers.items() for one in held]
        text = dict.fromkeys(("code", "level", "exclusion_set"), pl.String)
        pairs = dict.fromkeys(("exclusion_set", "code"), pl.String)
        return pl.DataFrame(rows, schema=text, orient="row"), pl.DataFrame(
            excluded, schema=pairs, orient="row"
        )


def levels(tables: Frames) -> dict[str, tuple[str, frozenset[str]]]:
    """The level of each complication, and the diagnoses that exclude it."""
    excluding = {name: frozenset(held) for name, held in codes(tables["exclusions"], "exclusion_set").items()}
    return {
        clean_code(code): (level, excluding.get(name or "", frozenset()))
        for code, level, name in tables["complications"].select("code", "level", "exclusion_set").iter_rows()
    }


def frame(level: str, parents: tuple[str, ...], rows: list[dict[str, Any]]) -> pl.DataFrame:
    names = (level, "rule", *parents, "order")
    schema = {name: pl.Int64 if name == "order" else pl.String for name in names}
    return pl.DataFrame([[row[name] for name in names] for row in rows], schema=schema, orient="row")


def codes(rows: pl.DataFrame, key: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, code in rows.select(key, "code").iter_rows():
        found.setdefault(name, set()).add(clean_code(code))
    return found
