"""How one discharge comes to its group: the program of the kernel, walked slowly, with its evidence."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict

from drg.grouping import kernels, outcomes
from drg.grouping import opcodes as op
from drg.grouping.case_arrays import encode, takes
from drg.grouping.code_index import NO_CODE
from drg.grouping.corrected import CorrectedRow
from drg.grouping.program import Program, unpacked
from drg.reasons import in_words
from drg.records import Discharge
from drg.records.cases import Cases
from drg.records.discharge import discharge_frame, discharge_of
from drg.records.short_table import ShortTable, name_and_value


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Result):
    """One condition of a rule, as it was tested.

    Attributes:
        text: the condition in the rule notation.
        held: whether it held.
        codes: the codes of the case that made it hold.
        missing: the column that it asked for in vain, if any.
    """

    text: str
    held: bool
    codes: tuple[str, ...] = ()
    missing: str | None = None


class Tried(_Result):
    """One rule, as it was tried.

    Attributes:
        code, name, rule: of the MDC, ADRG or DRG.
        held: whether it held.
        conditions: those that were tested before the rule was decided, in order.
        ruled_out: the principal diagnosis and procedure alone rule it out, whatever else the case holds.
        inside: the rules of the next level that were tried because this one held.
    """

    code: str
    name: str
    rule: str
    held: bool
    conditions: tuple[Condition, ...] = ()
    ruled_out: bool = False
    inside: tuple[Tried, ...] = ()


class Complication(_Result):
    """An other diagnosis that is a complication or comorbidity (合并症或并发症).

    Attributes:
        code: the diagnosis.
        level: MCC or CC.
        exclusion_set: the table of principal diagnoses that exclude it, if any.
        counts: whether it counts; if not, the principal diagnosis is in that table.
    """

    code: str
    level: str
    exclusion_set: str | None
    counts: bool


class Choice(_Result):
    """Which version of a series groups a discharge: the one in force on its day.

    Attributes:
        series: the id of the series.
        discharged: the day of discharge; None if it is not known.
        valid_from, valid_to: first and last day of the version in force; None if there is none, or no last.
    """

    series: str
    discharged: date | None
    valid_from: date | None = None
    valid_to: date | None = None


class Explanation(ShortTable, _Result):
    """How a discharge comes to its group. The outcome has the fields of a grouped row.

    Attributes:
        choice: how the version was chosen, if a series of versions was asked; its id is in ``grouper``.
        discharge: what was grouped.
        complications: the other diagnoses that are in the version's table of complications.
        mdcs: every MDC that was tried, in order, with what was tried inside.
        corrections: the rows that were looked at and that differ from the source of the version.
    """

    discharge: Discharge
    mdc: str | None
    adrg: str | None
    drg: str | None
    drg_name: str | None
    severity: str
    grouping_status: str
    grouping_reason: str | None
    grouper: str | None
    choice: Choice | None = None
    complications: tuple[Complication, ...] = ()
    mdcs: tuple[Tried, ...] = ()
    corrections: tuple[CorrectedRow, ...] = ()

    def _short(self) -> tuple[str, pl.DataFrame]:
        found = self.drg or self.adrg or self.grouping_status
        counted = ", ".join(f"{one.code} {one.level}" for one in self.complications if one.counts)
        names = ("drg_name", "mdc", "adrg", "severity", "grouping_status", "grouping_reason")
        table = {name: getattr(self, name) for name in names} | {"complications": counted}
        return f"Explanation: {found} by {self.grouper}", name_and_value(table)


def explain(
    program: Program,
    discharge: Mapping[str, Any] | Discharge | Cases,
    grouper: str,
    language: str = "en",
) -> Explanation:
    """Explain one discharge; a field that is not given counts as not known.

    Raises:
        InputError: for a field that does not exist or holds the wrong type.
    """
    record = discharge_of(discharge)
    encoded = encode(discharge_frame(record), program)
    impossible = int(encoded.impossible[0])
    no_principal = bool(encoded.no_principal[0])
    case = _Case(program, encoded.cases)
    found = _Found() if impossible or no_principal else case.group()
    if impossible:
        status, first = outcomes.INVALID, outcomes.NOTHING
    elif no_principal:
        status, first = outcomes.UNGROUPED, outcomes.NO_PRINCIPAL
    elif found.adrg is None:
        status, first = outcomes.UNGROUPED, outcomes.NO_ADRG if found.in_mdc is not None else outcomes.NO_MDC
    elif found.drg is None:
        status, first = outcomes.NO_DRG, outcomes.NO_DRG_HOLDS
    elif outcomes.is_ambiguous(program.adrg["adrg"][found.adrg]):
        status, first = outcomes.AMBIGUOUS, outcomes.QY
    else:
        status, first = outcomes.GROUPED, outcomes.NOTHING
    noted = impossible or found.missing
    fields = [column for bit, column in enumerate(program.fields) if noted >> bit & 1]
    unknown_principal = case.diagnosis == NO_CODE and not no_principal
    listed = bool(encoded.listed[0]) if unknown_principal else not takes(program)[case.diagnosis]
    never = first == outcomes.NO_MDC and listed
    in_mdc = found.in_mdc if first == outcomes.NO_ADRG else None
    told = outcomes.reason(first, unknown_principal, fields, bool(impossible), never, in_mdc)
    return Explanation(
        discharge=record,
        mdc=None if found.adrg is None else program.adrg["mdc"][found.adrg],
        adrg=None if found.adrg is None else program.adrg["adrg"][found.adrg],
        drg=_drg(program, found),
        drg_name=None if found.drg is None else program.drg["name"][found.drg] or None,
        severity=outcomes.SEVERITIES[outcomes.SEVERITY_OF_MASK[found.levels]],
        grouping_status=status,
        grouping_reason=told and in_words(told, language),
        grouper=grouper,
        complications=tuple(found.complications),
        mdcs=tuple(found.mdcs),
    )


def _drg(program: Program, found: _Found) -> str | None:
    if found.adrg is None:
        return outcomes.UNGROUPED_DRG
    return None if found.drg is None else program.drg["drg"][found.drg]


@dataclass
class _Found:
    """What became of a case; indices are those of the program."""

    adrg: int | None = None
    drg: int | None = None
    levels: int = 0
    missing: int = 0
    in_mdc: str | None = None
    complications: list[Complication] = field(default_factory=list)
    mdcs: list[Tried] = field(default_factory=list)


class _Case:
    """One encoded case, the first of its arrays."""

    def __init__(self, program: Program, cases: kernels.Cases) -> None:
        self.program = program
        self.cases = cases
        self.diagnosis = int(cases.principal_diagnosis[0])
        ignored = (NO_CODE, self.diagnosis)
        self.diagnoses = [int(code) for code in cases.other_diagnoses if code not in ignored]
        self.procedure = int(cases.principal_procedure[0])
        self.procedures = [int(code) for code in cases.other_procedures if code != NO_CODE]
        self.levels = 0

    def group(self) -> _Found:
        """Try rule after rule, as the tables order them."""
        program, arrays = self.program, self.program.arrays
        found = _Found(complications=list(self._complications()))
        self.levels = found.levels = _mask(c.level for c in found.complications if c.counts)
        candidates = self._candidates()
        for mdc in range(program.mdc.height):
            gate, missing = self._tried(program.mdc, "mdc", mdc, arrays.mdc_rule[mdc])
            adrgs = np.flatnonzero(arrays.adrg_mdc == mdc).tolist()
            if candidates.intersection(adrgs):
                found.missing |= missing
            if found.in_mdc is None and gate.held and arrays.mdc_rule[mdc] != op.HOLDS:
                found.in_mdc = gate.code
            inside = []
            for adrg in adrgs if gate.held else ():
                tried, missing = self._tried(program.adrg, "adrg", adrg, arrays.adrg_rule[adrg])
                if adrg not in candidates:
                    inside.append(tried.model_copy(update={"ruled_out": True}))
                    continue
                found.missing |= missing
                if tried.held:
                    found.adrg = adrg
                    tried = tried.model_copy(update={"inside": tuple(self._drgs(adrg, found))})
                inside.append(tried)
                if tried.held:
                    break
            found.mdcs.append(gate.model_copy(update={"inside": tuple(inside)}))
            if found.adrg is not None:
                break
        return found

    def _drgs(self, adrg: int, found: _Found) -> Iterator[Tried]:
        arrays = self.program.arrays
        for drg in range(arrays.adrg_drg[adrg], arrays.adrg_drg[adrg + 1]):
            tried, missing = self._tried(self.program.drg, "drg", drg, arrays.drg_rule[drg])
            found.missing |= missing
            yield tried
            if tried.held:
                found.drg = drg
                return

    def _candidates(self) -> set[int]:
        arrays = self.program.arrays
        left = (
            arrays.diagnosis_candidates[arrays.diagnosis_class[self.diagnosis]]
            & arrays.procedure_candidates[arrays.procedure_class[self.procedure]]
        )
        return set(np.flatnonzero(unpacked(left[None, :])).tolist())

    def _complications(self) -> Iterator[Complication]:
        arrays = self.program.arrays
        for code in dict.fromkeys(self.diagnoses):
            level = arrays.complication_level[code]
            if level:
                exclusion = int(arrays.complication_exclusion[code])
                excluded = exclusion >= 0 and bool(
                    _bit(arrays.exclusion_bits, arrays.exclusion_class[self.diagnosis], exclusion)
                )
                yield Complication(
                    code=self.program.diagnoses.decode(code),
                    level="MCC" if level == op.MCC else "CC",
                    exclusion_set=self.program.exclusion_sets[exclusion] if exclusion >= 0 else None,
                    counts=not excluded,
                )

    def _tried(self, frame: pl.DataFrame, level: str, row: int, start: int) -> tuple[Tried, int]:
        """Walk a rule: what was tested, and the mask of the fields that it asked for in vain."""
        conditions: list[Condition] = []
        missing = 0
        at = int(start)
        while at >= 0:
            condition, field_bit = self._test(at)
            missing |= field_bit
            if conditions and conditions[-1].text == condition.text:
                # One condition on several fields is several tests.
                condition = condition.model_copy(update={"codes": conditions.pop().codes + condition.codes})
            conditions.append(condition)
            at = int(self.program.arrays.instructions[at, op.IF_TRUE if condition.held else op.IF_FALSE])
        tried = Tried(
            code=frame[level][row],
            name=frame["name"][row],
            rule=" ".join(frame["rule"][row].split()),
            held=at == op.HOLDS,
            conditions=tuple(conditions),
        )
        return tried, missing

    def _test(self, at: int) -> tuple[Condition, int]:
        """Test one instruction."""
        program, arrays = self.program, self.program.arrays
        opcode, operand, argument = (int(value) for value in arrays.instructions[at, :3])
        text, threshold = program.instruction_texts[at], float(arrays.thresholds[at])
        if opcode == op.COMPLICATION:
            codes = [c.code for c in self._complications() if c.counts and _mask([c.level]) & operand]
            return Condition(text=text, held=bool(self.levels & operand), codes=tuple(codes)), 0
        if opcode == op.TEXT:
            value = int(self.cases.texts[operand, 0])
            return self._compared(text, value == argument, value < 0, len(program.numbers) + operand)
        if opcode >= op.LESS:
            number = float(self.cases.numbers[operand, 0])
            return self._compared(text, _compare(opcode, number, threshold), np.isnan(number), operand)
        if opcode in (op.COUNT_DIAGNOSES, op.COUNT_PROCEDURES):
            found = self._members(opcode == op.COUNT_DIAGNOSES, operand, argument & 3)
            held = _compare(op.LESS + (argument >> 2), len(found), threshold)
            return Condition(text=text, held=held, codes=tuple(found)), 0
        fields = op.PRINCIPAL if opcode in (op.PRINCIPAL_DIAGNOSIS, op.PRINCIPAL_PROCEDURE) else op.OTHER
        found = self._members(opcode in (op.PRINCIPAL_DIAGNOSIS, op.OTHER_DIAGNOSES), operand, fields)
        return Condition(text=text, held=bool(found), codes=tuple(found)), 0

    def _compared(self, text: str, held: bool, absent: bool, bit: int) -> tuple[Condition, int]:
        missing = self.program.fields[bit].name if absent else None
        return Condition(text=text, held=held, missing=missing), 1 << bit if absent else 0

    def _members(self, diagnoses: bool, set_number: int, fields: int) -> list[str]:
        """The distinct codes of the case, among these fields, that are in a set."""
        arrays = self.program.arrays
        if diagnoses:
            index, principal, others = self.program.diagnoses, self.diagnosis, self.diagnoses
            bits, classes = arrays.diagnosis_bits, arrays.diagnosis_class
        else:
            index, principal, others = self.program.procedures, self.procedure, self.procedures
            bits, classes = arrays.procedure_bits, arrays.procedure_class
        codes = [principal] * (fields & op.PRINCIPAL) + (others if fields & op.OTHER else [])
        return [index.decode(code) for code in dict.fromkeys(codes) if _bit(bits, classes[code], set_number)]


def _bit(bits: npt.NDArray[np.uint8], code_class: int, set_number: int) -> int:
    return int(bits[code_class, set_number >> 3]) >> (set_number & 7) & 1


def _mask(levels: Iterable[str]) -> int:
    mask = 0
    for level in levels:
        mask |= op.MCC if level == "MCC" else op.CC
    return mask


_COMPARE = {
    op.LESS: operator.lt,
    op.LESS_EQUAL: operator.le,
    op.GREATER: operator.gt,
    op.GREATER_EQUAL: operator.ge,
    op.EQUAL: operator.eq,
}


def _compare(opcode: int, value: float, threshold: float) -> bool:
    return bool(_COMPARE[opcode](value, threshold))
