"""What a grouper version says of the codes of each case, as columns that rules can read.

The version is never asked code by code: each of its codes has a number, and what is known of a code is worked
out once and looked up by that number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.grouping import AnyGrouper, Grouper, GrouperSeries
from drg.grouping.case_arrays import encode, grouped
from drg.grouping.code_index import CodeIndex
from drg.grouping.outcomes import is_ambiguous
from drg.grouping.series import NONE_IN_FORCE
from drg.records.codes import normalised
from drg.records.rules import BY_GROUPER, FEMALE, MALE
from drg.tables import GrouperTables
from drg.tables.language import And, Compare, Count, Expression, Member, atoms, parse

IN_FORCE: Final = f"{BY_GROUPER}a version was in force"
IN_AN_MDC: Final = f"{BY_GROUPER}principal diagnosis is in an MDC"
GROUPED: Final = f"{BY_GROUPER}the case reaches an ADRG"
AMBIGUOUS: Final = f"{BY_GROUPER}the case reaches a QY group"
PRINCIPAL_SEX: Final = f"{BY_GROUPER}sex of the principal diagnosis"
OTHERS_MALE: Final = f"{BY_GROUPER}an other diagnosis is of men"
OTHERS_FEMALE: Final = f"{BY_GROUPER}an other diagnosis is of women"
PROCEDURES_MALE: Final = f"{BY_GROUPER}a procedure is of men"
PROCEDURES_FEMALE: Final = f"{BY_GROUPER}a procedure is of women"
IS_OPERATION: Final = f"{BY_GROUPER}the principal procedure is an operation"
OTHER_IS_OPERATION: Final = f"{BY_GROUPER}an other procedure is an operation"

# No rule of this MDC asks for the sex: pregnancy, delivery and puerperium.
OBSTETRIC_MDC: Final = "MDCO"
# It lists these with the mother's codes, but they are the child's.
_OF_THE_CHILD = "Z38"
OPERATIONS: Final = "OP_ALL"

Flags = npt.NDArray[np.bool_]


class GrouperFacts:
    """The facts of one version; call it with a batch of discharges.

    Attributes:
        grouper: the version.
        diagnoses_of, procedures_of: codes that the version knows for one sex only, by that sex.
    """

    def __init__(self, grouper: Grouper) -> None:
        self.grouper: AnyGrouper = grouper
        self._program = grouper.program
        tables = grouper.tables
        diagnoses, procedures = self._program.diagnoses, self._program.procedures
        # All at once: a version has some hundred sets, and each call takes its time.
        sets = tables.sets.with_columns(normalised(tables.sets["code"]).alias("code"))
        members = {name: frozenset(codes) for name, codes in sets.group_by("set").agg("code").iter_rows()}
        self.diagnoses_of, groupable = _diagnoses(tables, members)
        self.procedures_of = _procedures(tables, members)
        self._in_an_mdc = _flags(diagnoses, groupable)
        self._diagnosis = {sex: _flags(diagnoses, codes) for sex, codes in self.diagnoses_of.items()}
        self._procedure = {sex: _flags(procedures, codes) for sex, codes in self.procedures_of.items()}
        self._operation = _flags(procedures, members.get(OPERATIONS, frozenset()))
        # The last entry is for cases that reach no ADRG.
        self._ambiguous = np.array([*map(is_ambiguous, self._program.adrg["adrg"]), False])

    def __call__(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The facts of each case, in columns whose names begin with ``rules.BY_GROUPER``."""
        encoded = encode(batch, self._program)
        cases, groups = encoded.cases, grouped(encoded, self._program)
        principal, procedure = cases.principal_diagnosis, cases.principal_procedure

        def among_others(flags: Flags) -> Flags:
            return _any(flags[cases.other_diagnoses], cases.other_diagnoses_begin)

        def among_procedures(flags: Flags) -> Flags:
            others = _any(flags[cases.other_procedures], cases.other_procedures_begin)
            return flags[procedure] | others

        sex = np.where(self._diagnosis[MALE][principal], MALE, 0)
        sex = np.where(self._diagnosis[FEMALE][principal], FEMALE, sex)
        return pl.DataFrame(
            {
                IN_FORCE: np.ones(batch.height, dtype=np.bool_),
                IN_AN_MDC: self._in_an_mdc[principal],
                GROUPED: groups.adrg < len(self._program.adrg),
                AMBIGUOUS: self._ambiguous[groups.adrg],
                PRINCIPAL_SEX: sex,
                OTHERS_MALE: among_others(self._diagnosis[MALE]),
                OTHERS_FEMALE: among_others(self._diagnosis[FEMALE]),
                PROCEDURES_MALE: among_procedures(self._procedure[MALE]),
                PROCEDURES_FEMALE: among_procedures(self._procedure[FEMALE]),
                IS_OPERATION: self._operation[procedure],
                OTHER_IS_OPERATION: _any(
                    self._operation[cases.other_procedures], cases.other_procedures_begin
                ),
            }
        )


class SeriesFacts:
    """The facts of a series: of each case those of the version in force, and none if there is no such.

    Attributes:
        grouper: the series.
    """

    def __init__(self, series: GrouperSeries) -> None:
        self.grouper: AnyGrouper = series
        self._by_version = series.by_version
        self._facts = [GrouperFacts(version) for version in series.versions]

    def __call__(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The facts of each case, as ``GrouperFacts`` has them."""

        def facts(number: int, rows: pl.DataFrame) -> pl.DataFrame:
            if number >= 0:
                return self._facts[number](rows)
            unknown = self._facts[0](rows.head(0)).clear(rows.height)
            return unknown.with_columns(pl.lit(number != NONE_IN_FORCE).alias(IN_FORCE))

        return self._by_version(batch, facts)


def facts_of(grouper: AnyGrouper) -> GrouperFacts | SeriesFacts:
    """The facts of a version, or of a series of versions."""
    assert isinstance(grouper, Grouper | GrouperSeries)
    return GrouperFacts(grouper) if isinstance(grouper, Grouper) else SeriesFacts(grouper)


def _flags(index: CodeIndex, codes: Iterable[str]) -> Flags:
    """Which codes of an index are among some."""
    flags = normalised(index.codes).is_in(list(codes)).to_numpy(writable=True)
    flags[0] = False  # no code
    return flags


def _any(flags: Flags, begin: npt.NDArray[np.int64]) -> Flags:
    """Whether any flag of each case is set; those of case i begin at ``begin[i]``."""
    before = np.zeros(len(flags) + 1, dtype=np.int64)
    np.cumsum(flags, out=before[1:])
    return before[begin[1:]] > before[begin[:-1]]


Members = dict[str, frozenset[str]]


def _codes(expression: Expression, field: str, members: Members) -> frozenset[str]:
    """The codes of all sets in which a rule looks for a field."""
    names: set[str] = set()
    for atom in atoms(expression):
        if isinstance(atom, Member) and field in atom.fields:
            names.update(atom.sets)
        elif isinstance(atom, Count) and field in atom.fields:
            names.add(atom.set)
    return frozenset().union(*(members.get(name, frozenset()) for name in names))


def _sex_of(expression: Expression) -> int | None:
    """The sex without which a rule cannot hold."""
    parts = expression.parts if isinstance(expression, And) else (expression,)
    for part in parts:
        if isinstance(part, Compare) and part.variable == "XB" and part.operator == "=":
            return int(float(part.value))
    return None


def _sex_of_mdcs(tables: GrouperTables) -> dict[str, int]:
    sexes = {row["mdc"]: _sex_of(parse(row["rule"])) for row in tables.mdc.iter_rows(named=True)}
    return {mdc: sex for mdc, sex in sexes.items() if sex} | {OBSTETRIC_MDC: FEMALE}


def _diagnoses(tables: GrouperTables, members: Members) -> tuple[dict[int, frozenset[str]], frozenset[str]]:
    """Principal diagnoses that only MDCs of one sex take, by that sex; and those that any MDC takes."""
    sex_of = _sex_of_mdcs(tables)
    takes = {
        row["mdc"]: _codes(parse(row["rule"]), "ZYZD", members) for row in tables.mdc.iter_rows(named=True)
    }
    of_sex: dict[int, frozenset[str]] = {}
    for sex in (MALE, FEMALE):
        own = [codes for mdc, codes in takes.items() if sex_of.get(mdc) == sex]
        rest = [codes for mdc, codes in takes.items() if sex_of.get(mdc) != sex]
        codes = frozenset().union(*own) - frozenset().union(*rest)
        of_sex[sex] = frozenset(code for code in codes if not code.startswith(_OF_THE_CHILD))
    return of_sex, frozenset().union(*takes.values())


def _procedures(tables: GrouperTables, members: Members) -> dict[int, frozenset[str]]:
    """Procedures for which only ADRGs in MDCs of one sex ask, by that sex."""
    sex_of = _sex_of_mdcs(tables)
    general = {name: codes for name, codes in members.items() if name != OPERATIONS}
    asked: dict[int | None, frozenset[str]] = dict.fromkeys((MALE, FEMALE, None), frozenset())
    for row in tables.adrg.iter_rows(named=True):
        rule = parse(row["rule"])
        codes = _codes(rule, "ZYSS", general) | _codes(rule, "QTSS", general)
        sex = sex_of.get(row["mdc"])
        asked[sex] |= codes
    return {
        MALE: asked[MALE] - asked[FEMALE] - asked[None],
        FEMALE: asked[FEMALE] - asked[MALE] - asked[None],
    }
