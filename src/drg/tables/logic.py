"""What follows from what among rules, whatever the case. A "no" may also mean "not known"."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

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
    atoms,
)

Sets: TypeAlias = Mapping[str, frozenset[str]]


def always(expression: Expression) -> bool:
    """Whether a rule holds for every case."""
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Not):
        return never(expression.part)
    if isinstance(expression, And | Or):
        return (all if isinstance(expression, And) else any)(map(always, expression.parts))
    return False


def never(expression: Expression) -> bool:
    """Whether a rule holds for no case."""
    if isinstance(expression, Constant):
        return not expression.value
    if isinstance(expression, Not):
        return always(expression.part)
    if isinstance(expression, Or):
        return all(map(never, expression.parts))
    if isinstance(expression, And):
        return any(map(never, expression.parts)) or _contradictory(list(_conjuncts(expression)))
    return False


def implies(one: Expression, other: Expression, sets: Sets) -> bool:
    """Whether ``other`` holds for every case for which ``one`` holds."""
    if one == other or never(one) or always(other):
        return True
    if isinstance(one, Or):
        return all(implies(part, other, sets) for part in one.parts)
    if isinstance(other, And):
        return all(implies(one, part, sets) for part in other.parts)
    if isinstance(other, Or) and any(implies(one, part, sets) for part in other.parts):
        return True
    if isinstance(one, And):
        return any(implies(part, other, sets) for part in one.parts)
    if isinstance(one, Not) and isinstance(other, Not):
        return implies(other.part, one.part, sets)
    if isinstance(one, Member) and isinstance(other, Member):
        return set(one.fields) <= set(other.fields) and _within(one.sets, other.sets, sets)
    if isinstance(one, Compare) and isinstance(other, Compare) and one.variable == other.variable:
        return _narrower(one, other)
    return False


def required_members(expression: Expression) -> Iterator[Member | Count]:
    """The membership tests that a rule makes in the affirmative."""
    if isinstance(expression, And | Or):
        for part in expression.parts:
            yield from required_members(part)
    elif isinstance(expression, Member | Count):
        yield expression


def set_names(expression: Expression) -> tuple[str, ...]:
    """The sets of the version that a rule names, each once, in their order."""
    names = dict.fromkeys(
        name for atom in atoms(expression) if not isinstance(atom, Compare) for name in sets_of(atom)
    )
    return tuple(name for name in names if name not in COMPLICATION_SETS)


def sets_of(atom: Member | Count) -> tuple[str, ...]:
    """The sets that one condition names."""
    return (atom.set,) if isinstance(atom, Count) else atom.sets


def _within(names: tuple[str, ...], others: tuple[str, ...], sets: Sets) -> bool:
    outside = [name for name in names if name not in others]
    # MCC and CC are no sets of codes: they differ from case to case.
    if any(name not in sets for name in outside):
        return False
    return not outside or all(_union(others, sets) >= sets[name] for name in outside)


def _union(names: tuple[str, ...], sets: Sets) -> frozenset[str]:
    if len(names) == 1:
        return sets.get(names[0], frozenset())
    return frozenset().union(*(sets.get(name, frozenset()) for name in names))


def _conjuncts(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, And):
        for part in expression.parts:
            yield from _conjuncts(part)
    else:
        yield expression


def _contradictory(parts: list[Expression]) -> bool:
    if any(isinstance(part, Not) and part.part in parts for part in parts):
        return True
    comparisons = [part for part in parts if isinstance(part, Compare)]
    for variable in {comparison.variable for comparison in comparisons}:
        mine = [comparison for comparison in comparisons if comparison.variable == variable]
        texts = {comparison.value for comparison in mine if isinstance(comparison.value, str)}
        ranges = [_range(comparison) for comparison in mine if not isinstance(comparison.value, str)]
        lowest = max((low for low, _ in ranges), default=-math.inf)
        highest = min((high for _, high in ranges), default=math.inf)
        if len(texts) > 1 or lowest > highest:
            return True
    return False


def _narrower(one: Compare, other: Compare) -> bool:
    if isinstance(one.value, str) or isinstance(other.value, str):
        return one.value == other.value
    (low, high), (other_low, other_high) = _range(one), _range(other)
    return other_low <= low and high <= other_high


@lru_cache(maxsize=1024)
def _range(comparison: Compare) -> tuple[float, float]:
    """The values for which a comparison holds, both ends included."""
    value = float(comparison.value)
    return {
        ">": (math.nextafter(value, math.inf), math.inf),
        ">=": (value, math.inf),
        "<": (-math.inf, math.nextafter(value, -math.inf)),
        "<=": (-math.inf, value),
        "=": (value, value),
    }[comparison.operator]
