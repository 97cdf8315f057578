"""Syntax trees → instructions, and what can be said of a rule when only one code is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from drg.columns import INPUT_COLUMNS, VARIABLES, Kind
from drg.grouping import opcodes as op
from drg.grouping.program import Mask
from drg.tables.language import (
    COMPLICATION_SETS,
    DIAGNOSIS_FIELDS,
    And,
    Compare,
    Constant,
    Count,
    Expression,
    Member,
    Not,
    variables,
)

_MEMBERSHIP = {
    "ZYZD": op.PRINCIPAL_DIAGNOSIS,
    "QTZD": op.OTHER_DIAGNOSES,
    "ZYSS": op.PRINCIPAL_PROCEDURE,
    "QTSS": op.OTHER_PROCEDURES,
}
_LEVELS = {"CC": op.CC, "MCC": op.MCC}


class Test(NamedTuple):
    """One test of a case; see ``opcodes``."""

    opcode: int
    operand: int
    argument: int = 0
    threshold: float = 0.0


class Assembler:
    """Collects the instructions of all rules of a version and numbers the names that they use.

    Attributes:
        diagnosis_sets, procedure_sets: set names (several: their union) → number.
        numbers, texts: the number and text columns that are read, in order of field.
        text_values: for each text column, text → number, counted from 1.
        instructions: opcode, operand, argument, target if true, target if false, threshold.
        texts_of_instructions: the condition each comes from.
    """

    def __init__(self, expressions: Iterable[Expression]) -> None:
        read = {VARIABLES[name] for expression in expressions for name in variables(expression)}
        self.numbers = [c for c in INPUT_COLUMNS if c in read and c.kind is Kind.NUMBER]
        self.texts = [c for c in INPUT_COLUMNS if c in read and c.kind is Kind.TEXT]
        self.text_values: list[dict[str, int]] = [{} for _ in self.texts]
        self.diagnosis_sets: dict[tuple[str, ...], int] = {}
        self.procedure_sets: dict[tuple[str, ...], int] = {}
        self.instructions: list[tuple[int, int, int, int, int, float]] = []
        self.texts_of_instructions: list[str] = []
        self._known: dict[tuple[Test, int, int, str], int] = {}

    def assemble(self, expression: Expression, if_true: int = op.HOLDS, if_false: int = op.FAILS) -> int:
        """The first instruction of a rule; equal parts of rules share their instructions."""
        if isinstance(expression, Constant):
            return if_true if expression.value else if_false
        if isinstance(expression, Not):
            return self.assemble(expression.part, if_false, if_true)
        if isinstance(expression, Member | Compare | Count):
            for test in reversed(self.tests(expression)):
                if_false = self._instruction(test, if_true, if_false, expression.text)
            return if_false
        for part in reversed(expression.parts):
            if isinstance(expression, And):
                if_true = self.assemble(part, if_true, if_false)
            else:
                if_false = self.assemble(part, if_true, if_false)
        return if_true if isinstance(expression, And) else if_false

    def _instruction(self, test: Test, if_true: int, if_false: int, text: str) -> int:
        # Equal tests with other words are kept apart, so that an explanation quotes the rule's own.
        key = (test, if_true, if_false, text)
        if key not in self._known:
            self._known[key] = len(self.instructions)
            self.instructions.append((*test[:3], if_true, if_false, test.threshold))
            self.texts_of_instructions.append(text)
        return self._known[key]

    def tests(self, atom: Member | Compare | Count) -> tuple[Test, ...]:
        """The tests of a condition, which holds if any of them does."""
        if isinstance(atom, Member):
            named = tuple(sorted(set(atom.sets) - COMPLICATION_SETS))
            levels = sum(_LEVELS[name] for name in set(atom.sets) & COMPLICATION_SETS)
            tests = [Test(_MEMBERSHIP[f], self._set(f, named)) for f in atom.fields if named]
            return (*tests, Test(op.COMPLICATION, levels)) if levels else tuple(tests)
        if isinstance(atom, Count):
            diagnoses = atom.fields[0] in DIAGNOSIS_FIELDS
            fields = sum(op.PRINCIPAL if f in ("ZYZD", "ZYSS") else op.OTHER for f in atom.fields)
            comparison = op.COMPARISONS[atom.operator] - op.LESS
            opcode = op.COUNT_DIAGNOSES if diagnoses else op.COUNT_PROCEDURES
            number = self._set(atom.fields[0], (atom.set,))
            return (Test(opcode, number, 4 * comparison + fields, atom.value),)
        column = VARIABLES[atom.variable]
        if isinstance(atom.value, str):
            values = self.text_values[self.texts.index(column)]
            number = values.setdefault(atom.value, len(values) + 1)
            return (Test(op.TEXT, self.texts.index(column), number),)
        return (Test(op.COMPARISONS[atom.operator], self.numbers.index(column), 0, atom.value),)

    def _set(self, field: str, names: tuple[str, ...]) -> int:
        numbers = self.diagnosis_sets if field in DIAGNOSIS_FIELDS else self.procedure_sets
        return numbers.setdefault(names, len(numbers))

    def possible(self, expression: Expression, opcode: int, members: Mask) -> tuple[Mask, Mask]:
        """Whether a rule may hold, and may fail, for each class of one code, whatever else a case holds.

        Args:
            expression: the rule.
            opcode: which membership test is known.
            members: [s, k] whether class k is in set s.

        Returns:
            Two masks [k].
        """
        open_ = np.ones(members.shape[1], dtype=np.bool_)
        if isinstance(expression, Constant):
            return (open_, ~open_) if expression.value else (~open_, open_)
        if isinstance(expression, Not):
            may_hold, may_fail = self.possible(expression.part, opcode, members)
            return may_fail, may_hold
        if isinstance(expression, Member | Compare | Count):
            known = [
                (members[test.operand], ~members[test.operand]) if test.opcode == opcode else (open_, open_)
                for test in self.tests(expression)
            ]
        else:
            known = [self.possible(part, opcode, members) for part in expression.parts]
        holds = [mask for mask, _ in known]
        fails = [mask for _, mask in known]
        if isinstance(expression, And):
            return np.logical_and.reduce(holds), np.logical_or.reduce(fails)
        return np.logical_or.reduce(holds), np.logical_and.reduce(fails)
