"""Frame ↔ arrays.

All knowledge of how polars lays out its columns is here. Arrays that go to the kernel are always fresh and
writable: a read-only one would compile the kernel a second time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import OUTPUT, OUTPUT_COLUMNS, Column
from drg.grouping import outcomes
from drg.grouping.code_index import NO_CODE, CodeIndex
from drg.grouping.jit import suited
from drg.grouping.kernels import Cases, Groups, group_cases
from drg.grouping.program import Program
from drg.reasons import CODED
from drg.records.binding import UNREAD
from drg.records.codes import normalised

_GROUPED, _AMBIGUOUS, _NO_DRG, _UNGROUPED, _INVALID = range(len(outcomes.STATUSES))
_FIRST_REASON = np.array(
    [outcomes.NOTHING, outcomes.QY, outcomes.NO_DRG_HOLDS, outcomes.NO_MDC, outcomes.NOTHING], dtype=np.int64
)

_SEVERITY = np.array(outcomes.SEVERITY_OF_MASK, dtype=np.uint8)


class Encoded(NamedTuple):
    """Discharges as arrays, and what is wrong with them."""

    cases: Cases
    impossible: npt.NDArray[np.uint32]  # [n] a bit for each number field that holds what cannot be
    no_principal: npt.NDArray[np.bool_]  # [n] the principal diagnosis is missing


class Codes(NamedTuple):
    """The codes of discharges, as numbers of one index of diagnoses and one of procedures."""

    no_principal: npt.NDArray[np.bool_]  # [n] the principal diagnosis is missing
    principal_diagnosis: npt.NDArray[np.uint32]  # [n]
    other_diagnoses: npt.NDArray[np.uint32]  # end to end
    other_diagnoses_begin: npt.NDArray[np.int64]  # [n + 1]
    principal_procedure: npt.NDArray[np.uint32]  # [n]
    other_procedures: npt.NDArray[np.uint32]
    other_procedures_begin: npt.NDArray[np.int64]  # [n + 1]


class Cells:
    """The number and text columns of a frame as arrays, each worked out once, however many versions ask."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._numbers: dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]] = {}
        self._texts: dict[tuple[str, tuple[str, ...]], npt.NDArray[np.int32]] = {}

    def numbers(self, column: Column) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """The values of a column, NaN where absent, and which are present but impossible."""
        if column.name not in self._numbers:
            self._numbers[column.name] = _numbers(self.frame, column)
        return self._numbers[column.name]

    def texts(self, column: Column, values: tuple[str, ...]) -> npt.NDArray[np.int32]:
        """The number of each text among ``values``, counted from 1; 0 for any other, -1 if absent."""
        if (column.name, values) not in self._texts:
            self._texts[column.name, values] = _texts(self.frame[column.name], values)
        return self._texts[column.name, values]


def encode(frame: pl.DataFrame, program: Program) -> Encoded:
    """The columns that a program reads, as arrays.

    Args:
        frame: cases as ``Cases.read`` gives them; a column that is absent counts as empty.
        program: the compiled version.
    """
    return encoded(Cells(frame), encode_codes(frame, program.diagnoses, program.procedures), program)


def encode_codes(frame: pl.DataFrame, diagnoses: CodeIndex, procedures: CodeIndex) -> Codes:
    """The codes of discharges as numbers."""
    principal = _codes(frame, "principal_diagnosis")
    principal_diagnosis = diagnoses.encode(principal)
    no_principal = principal_diagnosis == NO_CODE
    if no_principal.any():
        # Of these, some are not missing but unknown to the version.
        spelled = principal.filter(pl.Series(no_principal))
        no_principal[no_principal] = (spelled.is_null() | (normalised(spelled) == "")).to_numpy()
    return Codes(
        no_principal,
        principal_diagnosis,
        *_lists(frame, "other_diagnoses", diagnoses),
        procedures.encode(_codes(frame, "principal_procedure")),
        *_lists(frame, "other_procedures", procedures),
    )


def encoded(cells: Cells, codes: Codes, program: Program) -> Encoded:
    """What a program needs of discharges whose codes are numbers of its own indices."""
    rows = cells.frame.height
    numbers = np.full((len(program.numbers), rows), np.nan)
    impossible = np.zeros(rows, dtype=np.uint32)
    for field, column in enumerate(program.numbers):
        if column.name in cells.frame.columns:
            numbers[field], bad = cells.numbers(column)
            impossible |= bad.astype(np.uint32) << np.uint32(field)
    texts = np.full((len(program.texts), rows), -1, dtype=np.int32)
    for field, column in enumerate(program.texts):
        if column.name in cells.frame.columns:
            texts[field] = cells.texts(column, program.text_values[field])
    cases = Cases(
        rejected=codes.no_principal | (impossible != 0),
        principal_diagnosis=codes.principal_diagnosis,
        other_diagnoses=codes.other_diagnoses,
        other_diagnoses_begin=codes.other_diagnoses_begin,
        principal_procedure=codes.principal_procedure,
        other_procedures=codes.other_procedures,
        other_procedures_begin=codes.other_procedures_begin,
        numbers=numbers,
        texts=texts,
    )
    return Encoded(cases, impossible, codes.no_principal)


def grouped(encoded: Encoded, program: Program) -> Groups:
    """The kernel's results for encoded discharges."""
    rows = len(encoded.impossible)
    groups = Groups(
        adrg=np.empty(rows, dtype=np.int32),
        drg=np.empty(rows, dtype=np.int32),
        complications=np.empty(rows, dtype=np.uint8),
        missing=np.empty(rows, dtype=np.uint32),
        in_mdc=np.empty(rows, dtype=np.bool_),
    )
    suited(group_cases, rows)(program.arrays, encoded.cases, groups)
    return groups


class Decoder:
    """Group numbers → the output columns of one version."""

    def __init__(self, program: Program, grouper: str) -> None:
        adrg, drg = program.adrg, program.drg
        self._fields = program.fields
        self._grouper = grouper
        # One more entry for cases that reach no ADRG; DRGs have another for ADRGs without a DRG that holds.
        self._mdc = pl.Series([*adrg["mdc"], None], dtype=pl.String)
        self._adrg = pl.Series([*adrg["adrg"], None], dtype=pl.String)
        self._drg = pl.Series([*drg["drg"], outcomes.UNGROUPED_DRG, None], dtype=pl.String)
        self._drg_name = pl.Series([*drg["name"].replace("", None), None, None], dtype=pl.String)
        ambiguous = [outcomes.is_ambiguous(code) for code in drg["adrg"]]
        grouped_or_not = [_AMBIGUOUS if qy else _GROUPED for qy in ambiguous]
        self._status_of_drg = np.array([*grouped_or_not, _UNGROUPED, _NO_DRG], dtype=np.uint8)

    def decode(self, encoded: Encoded, groups: Groups) -> list[pl.Series]:
        """The output columns, in the order of ``columns.OUTPUT_COLUMNS``; reasons as codes."""
        impossible = encoded.impossible != 0
        status = self._status_of_drg[groups.drg]
        status[impossible] = _INVALID
        adrg = pl.Series(groups.adrg)
        drg = pl.Series(groups.drg)
        columns = {
            "mdc": self._mdc.gather(adrg),
            "adrg": self._adrg.gather(adrg),
            "drg": self._drg.gather(drg),
            "drg_name": self._drg_name.gather(drg),
            "severity": pl.Series(_SEVERITY[groups.complications]).cat.to(OUTPUT["severity"].dtype),
            "grouping_status": pl.Series(status).cat.to(OUTPUT["grouping_status"].dtype),
            "grouping_reason": self._reasons(encoded, groups, status),
            "grouper": pl.Series([self._grouper]).new_from_index(0, len(status)),
        }
        return [columns[column.name].alias(column.name) for column in OUTPUT_COLUMNS]

    def _reasons(self, encoded: Encoded, groups: Groups, status: npt.NDArray[np.uint8]) -> pl.Series:
        """Each reason is worked out once: there are few of them, however many cases."""
        ungrouped = np.where(groups.in_mdc, outcomes.NO_ADRG, outcomes.NO_MDC)
        ungrouped[encoded.no_principal] = outcomes.NO_PRINCIPAL
        first = _FIRST_REASON[status]
        first = np.where(status == _UNGROUPED, ungrouped, first)
        unknown = (encoded.cases.principal_diagnosis == NO_CODE) & ~encoded.no_principal
        impossible = status == _INVALID
        fields = np.where(impossible, encoded.impossible, groups.missing)
        # One number says it all: three bits for what became of the case, two flags, the fields.
        keys = (
            first
            | unknown.astype(np.int64) << 3
            | impossible.astype(np.int64) << 4
            | fields.astype(np.int64) << 5
        )
        counts = np.bincount(keys)
        distinct = np.flatnonzero(counts)
        texts = [
            outcomes.reason(
                key & 7,
                bool(key & 8),
                [field for bit, field in enumerate(self._fields) if key >> (5 + bit) & 1],
                bool(key & 16),
            )
            for key in distinct.tolist()
        ]
        place = np.zeros(len(counts), dtype=np.uint32)
        place[distinct] = np.arange(len(distinct))
        return pl.Series(texts, dtype=CODED).gather(pl.Series(place[keys]))


def _codes(frame: pl.DataFrame, name: str) -> pl.Series:
    if name in frame.columns:
        return frame[name]
    return pl.repeat(None, frame.height, dtype=pl.String, eager=True)


def _lists(
    frame: pl.DataFrame, name: str, index: CodeIndex
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """All codes of a list column end to end, and where those of each row begin."""
    begin = np.zeros(frame.height + 1, dtype=np.int64)
    if name not in frame.columns:
        return np.empty(0, dtype=np.uint32), begin
    series = frame[name]
    np.cumsum(series.list.len().fill_null(0).to_numpy(), out=begin[1:])
    return index.encode(series.explode(empty_as_null=False, keep_nulls=False)), begin


def _numbers(frame: pl.DataFrame, column: Column) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The values, NaN where absent, and which are present but impossible."""
    number = frame[column.name].cast(pl.Float64).fill_null(float("nan"))
    values: npt.NDArray[np.float64] = number.to_numpy(writable=True)
    impossible = (values < column.lowest) | (values > column.highest)
    unread = f"{column.name}{UNREAD}"
    if unread in frame.columns:
        impossible |= frame[unread].is_not_null().to_numpy()
    return values, impossible


def _texts(text: pl.Series, values: tuple[str, ...]) -> npt.NDArray[np.int32]:
    """The number of each text among ``values``, counted from 1; 0 for any other, -1 if absent."""
    found = text.replace_strict(list(values), range(1, len(values) + 1), default=0, return_dtype=pl.Int32)
    numbers: npt.NDArray[np.int32] = found.set(text.is_null(), -1).cast(pl.Int32).to_numpy()
    return numbers
