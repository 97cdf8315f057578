"""A version → discharges that are known to reach its groups, found by trying.

For every DRG, cases are drawn that ought to fit its rules, grouped with the kernel, and kept under the group
that they really reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from drg.analysis.simulation.drawing import NUMBERS, Candidates, Drawer
from drg.analysis.simulation.plans import Plan, plan
from drg.grouping import Grouper
from drg.grouping.case_arrays import Encoded, grouped
from drg.grouping.kernels import Cases
from drg.grouping.program import Program
from drg.tables.language import And, Expression, Not, parse

# Prototypes that are kept of each group, and how they are looked for: plans and cases of each plan.
_KEPT: Final = 40
_ENOUGH: Final = 8
_WAYS: Final = 40
_ROUNDS: Final = ((6, 14), (16, 40), (40, 60))

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Prototypes:
    """Discharges that reach groups, in the order of their groups.

    Attributes:
        candidates: the discharges.
        group: [p] the row of the DRG in ``program.drg`` that each reaches; -1 for those that reach none.
    """

    candidates: Candidates
    group: Ints

    @property
    def reached(self) -> Ints:
        """The groups that have a prototype."""
        return np.unique(self.group[self.group >= 0])


def find_prototypes(grouper: Grouper) -> Prototypes:
    """Prototypes of every group for which some are found."""
    program = grouper.program
    rng = np.random.default_rng(int(grouper.tables.digest[:16], 16))
    drawer = Drawer(grouper, rng)
    wide, narrow = _rules(program)
    tried = [drawer.ungroupable(_KEPT)]
    aims = [np.full(_KEPT, -1)]
    poor: Sequence[int] = range(len(wide))
    for plans, draws in _ROUNDS:
        for target in poor:
            for number in range(plans):
                way = _possible((wide if number % 2 else narrow)[target], rng)
                drawn = drawer.draw(way, draws) if way is not None else None
                if drawn is not None:
                    tried.append(drawn)
                    aims.append(np.full(draws, target))
        whole, aim = _joined(tried), np.concatenate(aims)
        group = _group(whole, program)
        hits = np.bincount(group[group >= 0], minlength=len(wide))
        poor = [target for target in range(len(wide)) if hits[target] < _ENOUGH]
        if not poor:
            break
    return _kept(whole, group, aim)


def _rules(program: Program) -> tuple[list[Expression], list[Expression]]:
    """For each DRG, what a case must meet: the rules above it, its own, and none of the DRGs before it.

    The second list asks besides that no ADRG before it in its MDC takes the case: that leads there more
    surely, but not every combination of codes that does.
    """
    mdc = {code: parse(rule) for code, rule in program.mdc.select("mdc", "rule").iter_rows()}
    above: dict[str, tuple[Expression, list[Expression]]] = {}
    before: dict[str, list[Expression]] = {}
    for code, rule, top in program.adrg.select("adrg", "rule", "mdc").iter_rows():
        tree = parse(rule)
        earlier = before.setdefault(top, [])
        above[code] = And((mdc[top], tree)), [Not(other) for other in earlier]
        earlier.append(tree)
    wide: list[Expression] = []
    narrow: list[Expression] = []
    passed: dict[str, list[Expression]] = {}
    for code, rule in program.drg.select("adrg", "rule").iter_rows():
        tree = parse(rule)
        parents, others = above[code]
        earlier = passed.setdefault(code, [])
        wide.append(And((parents, tree, *map(Not, earlier))))
        narrow.append(And((wide[-1], *others)))
        earlier.append(tree)
    return wide, narrow


def _possible(rule: Expression, rng: np.random.Generator) -> Plan | None:
    """A way to meet a rule that does not contradict itself, if one is found soon."""
    return next((way for _ in range(_WAYS) if (way := plan(rule, rng)) is not None), None)


def _joined(parts: Sequence[Candidates]) -> Candidates:
    names = [field.name for field in fields(Candidates)]
    return Candidates(
        **{name: np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in names}
    )


def _group(candidates: Candidates, program: Program) -> Ints:
    """The row of the DRG that each candidate reaches, -1 for none."""
    size = len(candidates.principal)
    diagnoses, diagnoses_begin = flat(candidates.other_diagnoses)
    procedures, procedures_begin = flat(candidates.other_procedures)
    numbers = np.full((len(program.numbers), size), np.nan)
    for row, column in enumerate(program.numbers):
        numbers[row] = candidates.numbers[NUMBERS.index(column.name)]
    texts = np.full((len(program.texts), size), -1, dtype=np.int32)
    for row, column in enumerate(program.texts):
        known = {value: number for number, value in enumerate(program.text_values[row], start=1)}
        texts[row] = [known.get(value, 0) for value in getattr(candidates, column.name)]
    cases = Cases(
        rejected=candidates.principal == 0,
        principal_diagnosis=candidates.principal.copy(),
        other_diagnoses=diagnoses,
        other_diagnoses_begin=diagnoses_begin,
        principal_procedure=candidates.procedure.copy(),
        other_procedures=procedures,
        other_procedures_begin=procedures_begin,
        numbers=numbers,
        texts=texts,
    )
    nothing = np.zeros(size, dtype=np.uint32)
    groups = grouped(Encoded(cases, nothing, cases.rejected), program)
    return np.where(groups.drg < program.drg.height, groups.drg, -1).astype(np.int64)


def flat(codes: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint32], Ints]:
    """Codes [w, n], 0 for none, end to end in the order of the cases, and where each case begins [n + 1]."""
    columns = np.ascontiguousarray(codes.T)
    there = columns != 0
    begin = np.zeros(codes.shape[1] + 1, dtype=np.int64)
    np.cumsum(there.sum(axis=1), out=begin[1:])
    return columns[there], begin


def _kept(candidates: Candidates, group: Ints, aim: Ints) -> Prototypes:
    """Some of each group: those that were meant for it first."""
    # What reaches no group is of use only where that was the aim.
    usable = np.flatnonzero((group >= 0) | (aim < 0))
    usable = usable[np.lexsort((usable, group[usable] != aim[usable], group[usable]))]
    of_usable = group[usable]
    first = np.searchsorted(of_usable, of_usable, side="left")
    chosen = usable[np.arange(len(usable)) - first < _KEPT]
    return Prototypes(candidates.take(chosen), group[chosen])
