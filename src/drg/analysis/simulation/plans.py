"""A rule → what a case must have for it to hold: one of the ways to meet it, chosen at random."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from drg.columns import VARIABLES
from drg.grouping import opcodes as op
from drg.tables.language import (
    COMPLICATION_SETS,
    And,
    Compare,
    Constant,
    Count,
    Expression,
    Member,
    Not,
    Or,
)

PRINCIPAL_DIAGNOSIS, OTHER_DIAGNOSES, PRINCIPAL_PROCEDURE, OTHER_PROCEDURES = "ZYZD", "QTZD", "ZYSS", "QTSS"
_LEVELS = {"CC": op.CC, "MCC": op.MCC}
# A rule that asks for a code among several fields is met by the principal one as a rule.
_PRINCIPAL_FIRST = 0.7

Sets = tuple[str, ...]


@dataclass
class Plan:
    """What a case must have.

    Attributes:
        among: for each field, unions of sets; the field has a code of each of them.
        not_among: for each field, sets of which it has no code.
        levels: masks of levels; a complication of each of them counts.
        forbidden_level: the levels of which no complication counts, as a mask.
        numbers: for each number column, the lowest and the highest value.
        texts: for each text column, its value.
        counts: set, fields, and how many codes of the set there are at least.
    """

    among: dict[str, list[Sets]] = field(default_factory=dict)
    not_among: dict[str, set[str]] = field(default_factory=dict)
    levels: list[int] = field(default_factory=list)
    forbidden_level: int = 0
    numbers: dict[str, tuple[float, float]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    counts: list[tuple[str, Sets, int]] = field(default_factory=list)

    @property
    def is_possible(self) -> bool:
        """False if it asks for what cannot be; True does not promise that it can."""
        return (
            all(low <= high for low, high in self.numbers.values())
            and all(level & ~self.forbidden_level for level in self.levels)
            and not any(
                self.not_among.get(name, set()).issuperset(sets)
                for name, unions in self.among.items()
                for sets in unions
            )
        )


def plan(expression: Expression, rng: np.random.Generator) -> Plan | None:
    """One way to make a rule hold, or None if the one that was chosen cannot be."""
    found = Plan()
    for atom, wanted in _literals(expression, True, rng):
        if atom is None:
            return None
        if isinstance(atom, Member):
            (_ask if wanted else _forbid)(found, atom, rng)
        elif isinstance(atom, Count):
            if wanted and atom.operator in (">=", ">", "="):
                found.counts.append((atom.set, atom.fields, _least(atom)))
        else:
            _compare(found, atom, wanted, rng)
    return found if found.is_possible else None


def _literals(
    expression: Expression, wanted: bool, rng: np.random.Generator
) -> Iterator[tuple[Member | Compare | Count | None, bool]]:
    """Conditions that together make a rule hold (or fail, if not ``wanted``); None if nothing does."""
    if isinstance(expression, Constant):
        if expression.value != wanted:
            yield None, wanted
    elif isinstance(expression, Not):
        yield from _literals(expression.part, not wanted, rng)
    elif isinstance(expression, And | Or):
        if isinstance(expression, And) == wanted:
            for part in expression.parts:
                yield from _literals(part, wanted, rng)
        else:
            yield from _literals(expression.parts[rng.integers(len(expression.parts))], wanted, rng)
    else:
        yield expression, wanted


def _ask(found: Plan, atom: Member, rng: np.random.Generator) -> None:
    levels = sum(_LEVELS[name] for name in set(atom.sets) & COMPLICATION_SETS)
    named = tuple(name for name in atom.sets if name not in COMPLICATION_SETS)
    if levels and not (named and rng.random() < 0.5):
        found.levels.append(levels)
        return
    fields = atom.fields
    if len(fields) > 1:
        principal = [name for name in fields if name in (PRINCIPAL_DIAGNOSIS, PRINCIPAL_PROCEDURE)]
        others = [name for name in fields if name not in principal]
        # A field that has its code already leaves the others to this one.
        free = [name for name in principal if name not in found.among]
        chosen = free if free and (not others or rng.random() < _PRINCIPAL_FIRST) else others or principal
        fields = (chosen[rng.integers(len(chosen))],)
    found.among.setdefault(fields[0], []).append(named)


def _forbid(found: Plan, atom: Member, _: np.random.Generator) -> None:
    for name in atom.sets:
        if name in COMPLICATION_SETS:
            found.forbidden_level |= _LEVELS[name]
        else:
            for field_name in atom.fields:
                found.not_among.setdefault(field_name, set()).add(name)


def _least(atom: Count) -> int:
    return int(atom.value) + 1 if atom.operator == ">" else math.ceil(atom.value)


def _compare(found: Plan, atom: Compare, wanted: bool, rng: np.random.Generator) -> None:
    name = VARIABLES[atom.variable].name
    if isinstance(atom.value, str):
        if wanted:
            found.texts[name] = atom.value
        return
    low, high = found.numbers.get(name, (-math.inf, math.inf))
    operator = atom.operator
    if not wanted:
        opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
        operator = opposite.get(operator) or ("<", ">")[rng.integers(2)]
    # Every number that rules read is drawn in whole units.
    if operator in (">", ">="):
        low = max(low, math.floor(atom.value) + 1 if operator == ">" else math.ceil(atom.value))
    elif operator in ("<", "<="):
        high = min(high, math.ceil(atom.value) - 1 if operator == "<" else math.floor(atom.value))
    else:
        low, high = max(low, atom.value), min(high, atom.value)
    found.numbers[name] = (low, high)
