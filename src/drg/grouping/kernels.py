"""The loops: arrays in, arrays out.

``n`` cases; ``p`` and ``q`` all their other diagnoses and procedures, end to end; ``f`` fields. The other
names are those of ``program.Arrays``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from drg.grouping import opcodes as op
from drg.grouping.jit import inlined, kernel
from drg.grouping.program import WORD_BITS, Arrays, Bits, Ints

# The powers of two below 2 ** 66 leave different remainders: the position of a single bit by its remainder.
_PRIME = 67
_POSITION = np.zeros(_PRIME, dtype=np.int64)
for _bit in range(WORD_BITS):
    _POSITION[(1 << _bit) % _PRIME] = _bit

Codes = npt.NDArray[np.uint32]
Starts = npt.NDArray[np.int64]


class Cases(NamedTuple):
    """Encoded discharges."""

    rejected: npt.NDArray[np.bool_]  # [n] do not group
    principal_diagnosis: Codes  # [n]
    other_diagnoses: Codes  # [p]
    other_diagnoses_begin: Starts  # [n + 1]
    principal_procedure: Codes  # [n]
    other_procedures: Codes  # [q]
    other_procedures_begin: Starts  # [n + 1]
    numbers: npt.NDArray[np.float64]  # [f, n] NaN if absent
    texts: npt.NDArray[np.int32]  # [f, n] number of the text, 0 for any other text, -1 if absent


class Groups(NamedTuple):
    """What the kernel finds out of each case.

    ``drg`` is ``len(drg_rule)`` if no ADRG was reached, one more if the ADRG has no DRG that holds.
    ``missing`` has a bit for each field that a visited rule asked for in vain.
    """

    adrg: npt.NDArray[np.int32]  # [n] len(adrg_rule) if none
    drg: npt.NDArray[np.int32]  # [n]
    complications: npt.NDArray[np.uint8]  # [n] mask of the levels that count
    missing: npt.NDArray[np.uint32]  # [n]
    mdc: npt.NDArray[np.int16]  # [n] the first whose rule held, of a case that reached no ADRG; -1 if none


def _in_set(bits: Bits, code_class: int, set_number: int) -> bool:
    return bool((bits[code_class, set_number >> 3] >> (set_number & 7)) & 1)


def _any_in_set(
    codes: Codes, begin: int, end: int, skip: int, classes: Ints, bits: Bits, set_number: int
) -> bool:
    for j in range(begin, end):
        code = codes[j]
        if code != skip and _in_set(bits, classes[code], set_number):
            return True
    return False


def _compare(opcode: int, value: float, threshold: float) -> bool:
    if opcode == op.LESS:
        return value < threshold
    if opcode == op.LESS_EQUAL:
        return value <= threshold
    if opcode == op.GREATER:
        return value > threshold
    if opcode == op.GREATER_EQUAL:
        return value >= threshold
    return value == threshold


def _distinct(
    codes: Codes, begin: int, end: int, principal: int, skip: int, fields: int,
    classes: Ints, bits: Bits, set_number: int, enough: float,
) -> int:  # fmt: skip
    """Distinct codes of a set among the fields; ``skip`` is none of the others; stops beyond ``enough``."""
    count = 0
    if fields & op.PRINCIPAL and _in_set(bits, classes[principal], set_number):
        count = 1
    if fields & op.OTHER:
        for j in range(begin, end):
            code = codes[j]
            if code == skip or not _in_set(bits, classes[code], set_number):
                continue
            for earlier in range(begin, j):
                if codes[earlier] == code:
                    break
            else:
                count += 1
                if count > enough:
                    break
    return count


@inlined
def _walk(
    start: int, i: int, instructions: Ints, thresholds: npt.NDArray[np.float64], complications: int,
    numbers: npt.NDArray[np.float64], texts: Ints,
    diagnosis: int, diagnoses: Codes, d_begin: int, d_end: int, diagnosis_class: Ints, diagnosis_bits: Bits,
    procedure: int, procedures: Codes, p_begin: int, p_end: int, procedure_class: Ints, procedure_bits: Bits,
) -> int:  # fmt: skip
    """Walk a rule. Returns 1 if it holds, plus twice the mask of the fields that it asked for in vain."""
    missing = 0
    at = start
    while at >= 0:
        opcode = instructions[at, op.OPCODE]
        operand = instructions[at, op.OPERAND]
        if opcode == op.PRINCIPAL_DIAGNOSIS:
            holds = _in_set(diagnosis_bits, diagnosis_class[diagnosis], operand)
        elif opcode == op.PRINCIPAL_PROCEDURE:
            holds = _in_set(procedure_bits, procedure_class[procedure], operand)
        elif opcode == op.OTHER_DIAGNOSES:
            holds = _any_in_set(
                diagnoses, d_begin, d_end, diagnosis, diagnosis_class, diagnosis_bits, operand
            )
        elif opcode == op.OTHER_PROCEDURES:
            holds = _any_in_set(procedures, p_begin, p_end, -1, procedure_class, procedure_bits, operand)
        elif opcode == op.COMPLICATION:
            holds = complications & operand != 0
        elif opcode == op.TEXT:
            text = texts[operand, i]
            holds = text == instructions[at, op.ARGUMENT]
            if text < 0:
                missing |= 1 << (numbers.shape[0] + operand)
        elif opcode >= op.LESS:
            value = numbers[operand, i]
            holds = _compare(opcode, value, thresholds[at])
            if np.isnan(value):
                missing |= 1 << operand
        else:
            argument = instructions[at, op.ARGUMENT]
            if opcode == op.COUNT_DIAGNOSES:
                # An other diagnosis that repeats the principal one is none.
                count = _distinct(
                    diagnoses, d_begin, d_end, diagnosis, int(diagnosis), argument & 3,
                    diagnosis_class, diagnosis_bits, operand, thresholds[at],
                )  # fmt: skip
            else:
                repeated = int(procedure) if argument & op.PRINCIPAL else -1
                count = _distinct(
                    procedures, p_begin, p_end, procedure, repeated, argument & 3,
                    procedure_class, procedure_bits, operand, thresholds[at],
                )  # fmt: skip
            holds = _compare(op.LESS + (argument >> 2), count, thresholds[at])
        at = instructions[at, op.IF_TRUE] if holds else instructions[at, op.IF_FALSE]
    return 2 * missing + (at == op.HOLDS)


def _counting_levels(
    diagnosis: int, diagnoses: Codes, d_begin: int, d_end: int,
    levels: npt.NDArray[np.uint8], exclusions: Ints, exclusion_class: Ints, exclusion_bits: Bits,
) -> int:  # fmt: skip
    """The levels among the other diagnoses that the principal diagnosis does not exclude, as a mask."""
    counting = 0
    for j in range(d_begin, d_end):
        code = diagnoses[j]
        level = levels[code]
        if level == 0 or code == diagnosis:
            continue
        exclusion = exclusions[code]
        if exclusion >= 0 and _in_set(exclusion_bits, exclusion_class[diagnosis], exclusion):
            continue
        counting |= level
    return counting


@kernel(load_from=5_000, compile_from=80_000)
def group_cases(program: Arrays, cases: Cases, groups: Groups) -> None:
    """Group the cases, writing into ``groups``."""
    # Taken out of their tuples once: inside the loops, each access would count references.
    instructions, thresholds = program.instructions, program.thresholds
    diagnosis_class, diagnosis_bits = program.diagnosis_class, program.diagnosis_bits
    procedure_class, procedure_bits = program.procedure_class, program.procedure_bits
    diagnosis_candidates, procedure_candidates = program.diagnosis_candidates, program.procedure_candidates
    levels, exclusions = program.complication_level, program.complication_exclusion
    exclusion_class, exclusion_bits = program.exclusion_class, program.exclusion_bits
    mdc_rule, adrg_rule, adrg_mdc = program.mdc_rule, program.adrg_rule, program.adrg_mdc
    adrg_drg, drg_rule = program.adrg_drg, program.drg_rule
    rejected, numbers, texts = cases.rejected, cases.numbers, cases.texts
    principal_diagnosis, principal_procedure = cases.principal_diagnosis, cases.principal_procedure
    diagnoses, diagnoses_begin = cases.other_diagnoses, cases.other_diagnoses_begin
    procedures, procedures_begin = cases.other_procedures, cases.other_procedures_begin
    out_adrg, out_drg, out_complications = groups.adrg, groups.drg, groups.complications
    out_missing, out_mdc = groups.missing, groups.mdc

    no_adrg = len(adrg_rule)
    no_drg = len(drg_rule)
    words = diagnosis_candidates.shape[1]
    for i in range(len(rejected)):
        out_adrg[i] = no_adrg
        out_drg[i] = no_drg
        out_complications[i] = 0
        out_missing[i] = 0
        out_mdc[i] = -1
        if rejected[i]:
            continue
        diagnosis, d_begin, d_end = principal_diagnosis[i], diagnoses_begin[i], diagnoses_begin[i + 1]
        procedure, p_begin, p_end = principal_procedure[i], procedures_begin[i], procedures_begin[i + 1]
        complications = _counting_levels(
            diagnosis, diagnoses, d_begin, d_end, levels, exclusions, exclusion_class, exclusion_bits
        )
        d_class, p_class = diagnosis_class[diagnosis], procedure_class[procedure]
        missing = 0
        adrg = -1
        gate = 0  # the walk of the rule of
        gate_of = -1  # this MDC
        for word in range(words):
            left = diagnosis_candidates[d_class, word] & procedure_candidates[p_class, word]
            while left != 0 and adrg < 0:
                lowest = left & -left
                left ^= lowest
                candidate = WORD_BITS * word + _POSITION[lowest % _PRIME]
                if adrg_mdc[candidate] != gate_of:
                    gate_of = adrg_mdc[candidate]
                    gate = _walk(
                        mdc_rule[gate_of], i, instructions, thresholds, complications, numbers, texts,
                        diagnosis, diagnoses, d_begin, d_end, diagnosis_class, diagnosis_bits,
                        procedure, procedures, p_begin, p_end, procedure_class, procedure_bits,
                    )  # fmt: skip
                    missing |= gate >> 1
                if gate & 1:
                    walked = _walk(
                        adrg_rule[candidate], i, instructions, thresholds, complications, numbers, texts,
                        diagnosis, diagnoses, d_begin, d_end, diagnosis_class, diagnosis_bits,
                        procedure, procedures, p_begin, p_end, procedure_class, procedure_bits,
                    )  # fmt: skip
                    missing |= walked >> 1
                    if walked & 1:
                        adrg = candidate
            if adrg >= 0:
                break
        if adrg >= 0:
            out_adrg[i] = adrg
            out_drg[i] = no_drg + 1
            for drg in range(adrg_drg[adrg], adrg_drg[adrg + 1]):
                walked = _walk(
                    drg_rule[drg], i, instructions, thresholds, complications, numbers, texts,
                    diagnosis, diagnoses, d_begin, d_end, diagnosis_class, diagnosis_bits,
                    procedure, procedures, p_begin, p_end, procedure_class, procedure_bits,
                )  # fmt: skip
                missing |= walked >> 1
                if walked & 1:
                    out_drg[i] = drg
                    break
        else:
            for mdc in range(len(mdc_rule)):
                # An MDC that takes everybody says nothing of this case.
                if mdc_rule[mdc] == op.HOLDS:
                    continue
                walked = _walk(
                    mdc_rule[mdc], i, instructions, thresholds, complications, numbers, texts,
                    diagnosis, diagnoses, d_begin, d_end, diagnosis_class, diagnosis_bits,
                    procedure, procedures, p_begin, p_end, procedure_class, procedure_bits,
                )  # fmt: skip
                if walked & 1:
                    out_mdc[i] = mdc
                    break
        out_complications[i] = complications
        out_missing[i] = missing
