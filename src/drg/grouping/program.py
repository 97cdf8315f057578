"""What one version is once it is compiled: flat integer arrays, and what their numbers stand for.

Every rule is a walk through *instructions*: an instruction is one test with two targets, the instruction
to go to if the test holds and the one to go to if not; a negative target ends the walk. The kernel and the
explanation walk the same instructions.

Two codes that are in exactly the same sets are of one *class*, so membership is one bit per class and set.
A rule can often be ruled out by the class of the principal diagnosis or of the principal procedure alone,
whatever else a case may hold. That is worked out for every ADRG, as one bit per class, so that the
kernel visits only the ADRGs that are left: its *candidates*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import Column
from drg.grouping.code_index import CodeIndex

Bits = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Mask: TypeAlias = npt.NDArray[np.bool_]

# The highest bit of a word of candidates is never set: words are no negative numbers, and nothing overflows.
WORD_BITS = 63


class Arrays(NamedTuple):
    """A program as the kernel sees it.

    ``c`` codes, ``k`` classes, ``s`` sets, ``i`` instructions, ``m`` MDCs, ``a`` ADRGs and ``d`` DRGs in the
    order of evaluation.
    """

    instructions: Ints  # [i, 5] opcode, operand, argument, target if true, target if false
    thresholds: npt.NDArray[np.float64]  # [i] the number that a comparison compares with
    diagnosis_class: Ints  # [c]
    diagnosis_bits: Bits  # [k, s / 8] the sets of a class of diagnoses
    diagnosis_candidates: npt.NDArray[np.int64]  # [k, a / 63] the ADRGs that a principal diagnosis leaves
    procedure_class: Ints  # [c]
    procedure_bits: Bits  # [k, s / 8]
    procedure_candidates: npt.NDArray[np.int64]  # [k, a / 63]
    complication_level: npt.NDArray[np.uint8]  # [c] 0, CC or MCC
    complication_exclusion: Ints  # [c] exclusion set, -1 if nothing excludes
    exclusion_class: Ints  # [c]
    exclusion_bits: Bits  # [k, s / 8] the exclusion sets that a class of principal diagnoses is in
    mdc_rule: Ints  # [m] first instruction
    adrg_rule: Ints  # [a]
    adrg_mdc: Ints  # [a]
    adrg_drg: Ints  # [a + 1] first DRG
    drg_rule: Ints  # [d]


@dataclass(frozen=True)
class Reading:
    """A rule that reads a column: the first of its version."""

    table: str
    code: str
    rule: str
    variable: str


@dataclass(frozen=True)
class Program:
    """One version, compiled.

    Attributes:
        arrays: what the kernel walks.
        diagnoses, procedures: the codes that the version knows.
        mdc, adrg, drg: the rule tables in order of evaluation (row *i* is index *i* of the arrays).
        numbers, texts: the number and text columns that some rule reads; their order numbers the fields.
        text_values: for each text column, the texts that rules compare with.
        instruction_texts: the condition that each instruction comes from.
        diagnosis_sets, procedure_sets: the names behind each set number (several: their union).
        exclusion_sets: the name of each exclusion set.
        readings: for each column that some rule reads, the first such rule.
    """

    arrays: Arrays
    diagnoses: CodeIndex
    procedures: CodeIndex
    mdc: pl.DataFrame
    adrg: pl.DataFrame
    drg: pl.DataFrame
    numbers: tuple[Column, ...]
    texts: tuple[Column, ...]
    text_values: tuple[tuple[str, ...], ...]
    instruction_texts: tuple[str, ...]
    diagnosis_sets: tuple[tuple[str, ...], ...]
    procedure_sets: tuple[tuple[str, ...], ...]
    exclusion_sets: tuple[str, ...]
    readings: dict[str, Reading]

    @property
    def fields(self) -> tuple[Column, ...]:
        """The columns whose absence a walk notices; the place of each is its bit."""
        return (*self.numbers, *self.texts)


def unpacked(candidates: npt.NDArray[np.int64]) -> Mask:
    """Words of candidates [k, a / 63] as [k, a], with a few more at the end that are none."""
    bits = np.unpackbits(np.ascontiguousarray(candidates).view(np.uint8), axis=1, bitorder="little")
    return bits.reshape(len(bits), -1, 64)[:, :, :WORD_BITS].reshape(len(bits), -1).astype(np.bool_)
