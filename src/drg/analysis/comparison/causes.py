"""The first cause of each case that changes: two versions' tables are exchanged one step at a time.

A case that changes leaves the group of the base at some step and does not come back to it: that step is its
first cause. ``docs/compare.md`` gives the definition in full.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.analysis.comparison import exchange as ex
from drg.analysis.comparison.exchange import STEPS, Exchange, suffix
from drg.columns import VARIABLES
from drg.grouping import Grouper
from drg.grouping.multi_grouper import MultiGrouper, outcome_table
from drg.grouping.outcomes import GROUPED, INVALID, NO_DRG, UNGROUPED
from drg.records import Discharge
from drg.records.discharge import discharge_frame
from drg.tables import GrouperTables
from drg.tables.language import COMPLICATION_SETS, PROCEDURE_FIELDS, Compare, Count, atoms, parse
from drg.tables.table_layout import PROVENANCE, TABLES

CAUSES: Final = (
    "mdc_diagnosis_list",
    "mdc_rule",
    "adrg_procedure_set",
    "adrg_diagnosis_list",
    "adrg_rule",
    "adrg_redrawn",
    "severity_level",
    "severity_exclusion",
    "split_procedure",
    "split_age",
    "split_cc",
    "split_other",
    "only_code",
    "newly_grouped",
    "no_longer_grouped",
)
# Numbers of causes; 0 is none, for a case that does not change.
NUMBER: Final = {cause: number for number, cause in enumerate(CAUSES, start=1)}
_OF_STEP: Final = (
    "mdc_diagnosis_list",
    "mdc_rule",
    "adrg_procedure_set",
    "adrg_diagnosis_list",
    "adrg_rule",
    "severity_level",
    "severity_exclusion",
    "split_other",
)
# What a DRG's rule may read, and the cause if one version's rules read it and the other's do not.
_PROCEDURE, _AGE, _CC, _ELSE = "procedure", "age", "cc", "other"
_SPLITS: Final = {what: f"split_{what}" for what in (_PROCEDURE, _AGE, _CC, _ELSE)}
_AGE_COLUMNS: Final = ("age_years", "age_days")

Outcomes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


class Found(NamedTuple):
    """The first causes of cases; [n] each, 0 for a case that does not change.

    Attributes:
        cause: its number (``NUMBER``).
        step: which of ``STEPS`` it is, from 1; 0 also if only the code changes.
    """

    cause: Numbers
    step: Numbers


class _Between(NamedTuple):
    """The versions between a base and another version.

    Attributes:
        together: those that differ from the one before; None if none does.
        steps: for each step but the last the number of the group of each outcome, or None if nothing differs.
    """

    together: MultiGrouper | None
    steps: list[Outcomes | None]


class FirstCauses:
    """Why cases change between a base and another version; safe to share between threads.

    Args:
        base: the version with which the other is compared.
        other: the other version. Both must read the same codes.
    """

    def __init__(self, base: Grouper, other: Grouper) -> None:
        self.base = base
        self.other = other
        self.exchange = Exchange(base.tables, other.tables)
        self._tables = outcome_table(base), outcome_table(other)
        codes = [{code: code for code in base.tables.adrg["adrg"]}, self.exchange.codes]
        groups = [_groups(table, own) for table, own in zip(self._tables, codes, strict=True)]
        self._number: dict[str, int] = {}
        for group in (*groups[0], *groups[1]):
            self._number.setdefault(group, len(self._number))
        # [outcome] the number of its group, the same in both versions if the group is the same.
        self._groups = [np.array([self._number[group] for group in one], dtype=np.int32) for one in groups]
        self._labels = [_labels(table) for table in self._tables]
        self._status = [table["grouping_status"].to_numpy() for table in self._tables]
        self._splits: dict[tuple[int, int], int] = {}
        self._lock = threading.Lock()

    @cached_property
    def homonyms(self) -> frozenset[str]:
        """The labels that both versions use for different groups, such as HC25 of 2.0 and of 3.0."""
        first, second = (
            dict(zip(labels, groups.tolist(), strict=True))
            for labels, groups in zip(self._labels, self._groups, strict=True)
        )
        return frozenset(label for label in first if label in second and first[label] != second[label])

    def changed(self, base: Outcomes, other: Outcomes) -> Mask:
        """[n] whether a case has another code, or the same code for another group."""
        moved = self._groups[0][base] != self._groups[1][other]
        renamed = self._label_numbers[0][base] != self._label_numbers[1][other]
        either: Mask = np.logical_or(moved, renamed)
        return either

    def find(self, batch: pl.DataFrame, base: Outcomes, other: Outcomes) -> Found:
        """The first cause of each case of a frame.

        Args:
            batch: the discharges.
            base: [n] what the base makes of each case: its row in ``outcome_table``.
            other: [n] what the other version makes of it.
        """
        cause = np.zeros(len(base), dtype=np.uint8)
        step = np.zeros(len(base), dtype=np.uint8)
        same = self._groups[0][base] == self._groups[1][other]
        renamed = same & (self._label_numbers[0][base] != self._label_numbers[1][other])
        cause[renamed] = NUMBER["only_code"]
        moved = np.flatnonzero(~same)
        if len(moved):
            rows = batch[moved.tolist()] if len(moved) < len(base) else batch
            step[moved] = self._steps(rows, self._groups[0][base[moved]])
            cause[moved] = self._causes(base[moved], other[moved], step[moved])
        return Found(cause, step)

    def _steps(self, rows: pl.DataFrame, base: Outcomes) -> Numbers:
        """The step after the last version in which each case is where the base puts it."""
        together, steps = self._between
        outcomes = iter(together.outcomes(rows) if together else ())
        step = np.ones(rows.height, dtype=np.uint8)
        found = base
        for done, groups in enumerate(steps, start=1):
            if groups is not None:
                found = groups[next(outcomes)]
            step[found == base] = done + 1
        return step

    @property
    def _between(self) -> _Between:
        """The versions between; they are made when the first case changes."""
        with self._lock:
            return self._made

    @cached_property
    def _made(self) -> _Between:
        before = self.exchange.tables(0)
        groupers: list[Grouper] = []
        steps: list[Outcomes | None] = []
        for done in range(1, len(STEPS)):
            tables = self.exchange.tables(done)
            if _equal(before, tables):
                steps.append(None)
                continue
            groupers.append(Grouper(tables))
            own = {code: code for code in tables.adrg["adrg"]}
            named = _groups(outcome_table(groupers[-1]), own)
            steps.append(np.array([self._number[group] for group in named], dtype=np.int32))
            before = tables
        return _Between(MultiGrouper(groupers) if groupers else None, steps)

    def _causes(self, base: Outcomes, other: Outcomes, step: Numbers) -> Numbers:
        cause = np.array([0, *(NUMBER[name] for name in _OF_STEP)], dtype=np.uint8)[step]
        redrawn = (step == ex.ADRG_RULES) & (self._alone[0][base] | self._alone[1][other])
        cause[redrawn] = NUMBER["adrg_redrawn"]
        for at in np.flatnonzero(step == ex.DRG_ROWS):
            cause[at] = self._split(int(base[at]), int(other[at]))
        before, after = self._status[0][base] == GROUPED, self._status[1][other] == GROUPED
        cause[~before & after] = NUMBER["newly_grouped"]
        cause[before & ~after] = NUMBER["no_longer_grouped"]
        return cause

    @cached_property
    def _alone(self) -> list[Mask]:
        """[outcome] whether the other version has no such ADRG."""
        same = self.exchange.same
        known = [list(same.values()), list(same)]
        return [
            (~table["adrg"].is_in(codes) & table["adrg"].is_not_null()).to_numpy()
            for table, codes in zip(self._tables, known, strict=True)
        ]

    @cached_property
    def _label_numbers(self) -> list[Outcomes]:
        known = {label: number for number, label in enumerate({*self._labels[0], *self._labels[1]})}
        return [np.array([known[label] for label in one], dtype=np.int32) for one in self._labels]

    def _split(self, base: int, other: int) -> int:
        """Why the rows of an ADRG split a case otherwise: what the one reads and the other does not."""
        if (base, other) not in self._splits:
            sides = zip((self.base, self.other), self._tables, (base, other), strict=True)
            rules = [
                _rules(grouper.tables, table["adrg"][row], table["drg"][row]) for grouper, table, row in sides
            ]
            self._splits[base, other] = NUMBER[_why_split(*rules)]
        return self._splits[base, other]


def first_cause(base: Grouper, other: Grouper, discharge: Discharge) -> tuple[str | None, str | None]:
    """The first cause of one case, and which of ``STEPS`` it is; None where there is none."""
    frame = discharge_frame(discharge)
    outcomes = MultiGrouper([base, other]).outcomes(frame)
    found = FirstCauses(base, other).find(frame, *outcomes)
    return (None, *CAUSES)[found.cause[0]], (None, *STEPS)[found.step[0]]


def _groups(table: pl.DataFrame, codes: dict[str, str]) -> list[str]:
    """What each outcome is called in the versions between."""
    return [
        status
        if status in (UNGROUPED, INVALID)
        else f"{codes[adrg]}{' –' if status == NO_DRG else ' ' + suffix(drg, adrg)}"
        for adrg, drg, status in table.select("adrg", "drg", "grouping_status").iter_rows()
    ]


def _labels(table: pl.DataFrame) -> list[str]:
    return [
        status if status in (UNGROUPED, INVALID) else drg or f"{adrg} –"
        for adrg, drg, status in table.select("adrg", "drg", "grouping_status").iter_rows()
    ]


def _equal(one: GrouperTables, other: GrouperTables) -> bool:
    """Whether two versions between hold the same rows in the same order."""
    names = [table.name for table in TABLES if table.name not in ("sets", "exclusions")]
    sides = [[side.frames[name].drop(PROVENANCE, strict=False) for name in names] for side in (one, other)]
    return all(a.equals(b) for a, b in zip(*sides, strict=True))


class _Rules(NamedTuple):
    """What is read of a case in an ADRG: by the rule of its DRG, up to that rule, and by any rule."""

    reached: frozenset[str]
    tried: frozenset[str]
    every: frozenset[str]


def _rules(tables: GrouperTables, adrg: str | None, drg: str | None) -> _Rules:
    rows = tables.drg.filter(pl.col("adrg").eq_missing(adrg))
    fallback = pl.col("rule").str.strip_chars() == ""
    ordered = rows.sort(fallback, "order", maintain_order=True).select("drg", "rule").rows()
    read = [(code, _read(rule)) for code, rule in ordered]
    codes = [code for code, _ in read]
    place = codes.index(drg) if drg in codes else len(codes)
    return _Rules(
        _union(what for _, what in read[place : place + 1]),
        _union(what for _, what in read[: place + 1]),
        _union(what for _, what in read),
    )


def _why_split(base: _Rules, other: _Rules) -> str:
    for one, two in zip(base, other, strict=True):
        for what in one ^ two and _SPLITS:
            if what in one ^ two:
                return _SPLITS[what]
    read = base.every | other.every
    return next((cause for what, cause in _SPLITS.items() if what in read), "split_other")


def _union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*parts)


def _read(rule: str) -> frozenset[str]:
    found = set()
    for atom in atoms(parse(rule)):
        if isinstance(atom, Compare):
            found.add(_AGE if VARIABLES[atom.variable].name in _AGE_COLUMNS else _ELSE)
        elif PROCEDURE_FIELDS.intersection(atom.fields):
            found.add(_PROCEDURE)
        elif not isinstance(atom, Count) and COMPLICATION_SETS.intersection(atom.sets):
            found.add(_CC)
        else:
            found.add(_ELSE)
    return frozenset(found)
