"""Frame ↔ arrays.

All knowledge of how polars lays out its columns is here. Arrays that go to the kernel are always fresh and
writable: a read-only one would compile the kernel a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.categories import numbered_text
from drg.columns import OUTPUT, OUTPUT_COLUMNS, Column
from drg.grouping import outcomes
from drg.grouping.code_index import NO_CODE, CodeIndex
from drg.grouping.jit import suited
from drg.grouping.kernels import Cases, Groups, group_cases
from drg.grouping.program import Program
from drg.grouping.tally import Tally
from drg.reasons import CODED
from drg.records.binding import UNREAD
from drg.records.codes import DIAGNOSIS, are_listed, normalised

_GROUPED, _AMBIGUOUS, _NO_DRG, _UNGROUPED, _INVALID = range(len(outcomes.STATUSES))
# By status; of those that are ungrouped it has to be found out.
_FIRST_REASON = np.array(
    [outcomes.NOTHING, outcomes.QY, outcomes.NO_DRG_HOLDS, outcomes.NOTHING, outcomes.NOTHING],
    dtype=np.uint32,
)
_STATUS_OF_REASON: Final = {
    outcomes.NOTHING: outcomes.GROUPED,
    outcomes.QY: outcomes.AMBIGUOUS,
    outcomes.NO_DRG_HOLDS: outcomes.NO_DRG,
    **dict.fromkeys((outcomes.NO_PRINCIPAL, outcomes.NO_MDC, outcomes.NO_ADRG), outcomes.UNGROUPED),
}
# The bits of a number that says all that a reason depends on; see ``_kinds``.
_FIRST: Final = 7
_UNKNOWN: Final = 8
_IMPOSSIBLE: Final = 16
_NO_PRINCIPAL_CODE: Final = 32
_FIELDS: Final = 6
_FEW: Final = 1000

_SEVERITY = np.array(outcomes.SEVERITY_OF_MASK, dtype=np.uint8)


class Encoded(NamedTuple):
    """Discharges as arrays, and what is wrong with them."""

    cases: Cases
    impossible: npt.NDArray[np.uint32]  # [n] a bit for each number field that holds what cannot be
    no_principal: npt.NDArray[np.bool_]  # [n] the principal diagnosis is missing
    listed: npt.NDArray[np.bool_]  # [n] the version does not know it, but the code list does


class Codes(NamedTuple):
    """The codes of discharges, as numbers of one index of diagnoses and one of procedures."""

    no_principal: npt.NDArray[np.bool_]  # [n] the principal diagnosis is missing
    listed: npt.NDArray[np.bool_]  # [n] it has no number, but the code list knows it
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
        self._numbers: dict[str, tuple[npt.NDArray[Any], npt.NDArray[np.intp]]] = {}
        self._texts: dict[tuple[str, tuple[str, ...]], npt.NDArray[np.int32]] = {}

    def numbers(self, column: Column) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
        """The values of a column, NaN where absent, and the rows in which they are present but impossible."""
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
    listed = np.zeros(len(principal), dtype=np.bool_)
    if no_principal.any():
        # Of these, some are not missing but unknown to the version.
        spelled = normalised(principal.filter(pl.Series(no_principal)))
        listed[no_principal] = are_listed(spelled, DIAGNOSIS).to_numpy()
        no_principal[no_principal] = (spelled.is_null() | (spelled == "")).to_numpy()
    return Codes(
        no_principal,
        listed,
        principal_diagnosis,
        *_lists(frame, "other_diagnoses", diagnoses),
        procedures.encode(_codes(frame, "principal_procedure")),
        *_lists(frame, "other_procedures", procedures),
    )


def encoded(cells: Cells, codes: Codes, program: Program) -> Encoded:
    """What a program needs of discharges whose codes are numbers of its own indices."""
    rows = cells.frame.height
    numbers = np.empty((len(program.numbers), rows))
    impossible = np.zeros(rows, dtype=np.uint32)
    for field, column in enumerate(program.numbers):
        if column.name in cells.frame.columns:
            numbers[field], bad = cells.numbers(column)
            impossible[bad] |= np.uint32(1 << field)
        else:
            numbers[field] = np.nan
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
    return Encoded(cases, impossible, codes.no_principal, codes.listed)


def grouped(encoded: Encoded, program: Program) -> Groups:
    """The kernel's results for encoded discharges."""
    rows = len(encoded.impossible)
    groups = Groups(
        adrg=np.empty(rows, dtype=np.int32),
        drg=np.empty(rows, dtype=np.int32),
        complications=np.empty(rows, dtype=np.uint8),
        missing=np.empty(rows, dtype=np.uint32),
        mdc=np.empty(rows, dtype=np.int16),
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
        self._texts = {
            "mdc": pl.Series([*adrg["mdc"], None], dtype=pl.String),
            "adrg": pl.Series([*adrg["adrg"], None], dtype=pl.String),
            "drg": pl.Series([*drg["drg"], outcomes.UNGROUPED_DRG, None], dtype=pl.String),
            "drg_name": pl.Series([*drg["name"].replace("", None), None, None], dtype=pl.String),
            "grouper": pl.Series([grouper], dtype=pl.String),
        }
        ambiguous = [outcomes.is_ambiguous(code) for code in drg["adrg"]]
        grouped_or_not = [_AMBIGUOUS if qy else _GROUPED for qy in ambiguous]
        self._mdcs = program.mdc["mdc"].to_list()
        self._takes = takes(program)
        self._status_of_drg = np.array([*grouped_or_not, _UNGROUPED, _NO_DRG], dtype=np.uint8)

    @cached_property
    def _numbered(self) -> dict[str, pl.Series]:
        """The texts as their numbers, which stay the same as long as there are these series."""
        return {name: texts.cast(numbered_text(name)) for name, texts in self._texts.items()}

    def decode(
        self, encoded: Encoded, groups: Groups, tally: Tally | None = None, *, numbered: bool = False
    ) -> list[pl.Series]:
        """The output columns, in the order of ``columns.OUTPUT_COLUMNS``; reasons as codes."""
        status = self._status_of_drg[groups.drg]
        status[encoded.impossible != 0] = _INVALID
        kinds, kind = _with_mdc(*_distinct(_kinds(encoded, groups, status, self._takes)), groups.mdc)
        # Each reason is worked out once: there are few of them, however many cases.
        reasons = [self._reason(one, mdc) for one, mdc in kinds]
        if tally is not None:
            self._count(tally, kinds, kind, reasons, groups)
        adrg, drg = _places(groups.adrg), _places(groups.drg)
        texts = self._numbered if numbered else self._texts
        columns = {
            "mdc": texts["mdc"].gather(adrg),
            "adrg": texts["adrg"].gather(adrg),
            "drg": texts["drg"].gather(drg),
            "drg_name": texts["drg_name"].gather(drg),
            "severity": _categories(_SEVERITY[groups.complications], "severity"),
            "grouping_status": _categories(status, "grouping_status"),
            "grouping_reason": pl.Series(reasons, dtype=CODED).gather(_places(kind)),
            "grouper": texts["grouper"].new_from_index(0, len(status)),
        }
        return [columns[column.name].alias(column.name) for column in OUTPUT_COLUMNS]

    def _reason(self, kind: int, mdc: int) -> str | None:
        return outcomes.reason(
            kind & _FIRST,
            bool(kind & _UNKNOWN),
            [field for bit, field in enumerate(self._fields) if kind >> (_FIELDS + bit) & 1],
            bool(kind & _IMPOSSIBLE),
            bool(kind & _NO_PRINCIPAL_CODE),
            None if mdc < 0 else self._mdcs[mdc],
        )

    def _count(
        self,
        tally: Tally,
        kinds: Sequence[tuple[int, int]],
        kind: npt.NDArray[np.uint32],
        reasons: Sequence[str | None],
        groups: Groups,
    ) -> None:
        told: Counter[tuple[str, str | None]] = Counter()
        counts = np.bincount(kind, minlength=len(kinds)).tolist()
        for (one, _), reason, count in zip(kinds, reasons, counts, strict=True):
            if not count:
                continue
            status = outcomes.INVALID if one & _IMPOSSIBLE else _STATUS_OF_REASON[one & _FIRST]
            told[status, reason] += count
        of_drgs = np.bincount(groups.drg, minlength=len(self._names) + 1)[:-1].tolist()
        names = zip(self._names, of_drgs, strict=True)
        tally.add(self._grouper, told, {name: count for name, count in names if count})

    @cached_property
    def _names(self) -> list[tuple[str, str]]:
        """Code and name of each DRG that has a code."""
        names = self._texts["drg_name"].fill_null("")
        return list(zip(self._texts["drg"].to_list(), names.to_list(), strict=True))[:-1]


def takes(program: Program) -> npt.NDArray[np.bool_]:
    """Whether some rule of a version asks for a diagnosis [c]; others can only be complications."""
    arrays = program.arrays
    classes: npt.NDArray[np.bool_] = np.any(arrays.diagnosis_bits, axis=1)
    return classes[arrays.diagnosis_class]


def _kinds(
    encoded: Encoded, groups: Groups, status: npt.NDArray[np.uint8], taken: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint32]:
    """All that the reason of each case depends on in one number: what became of it, flags, the fields."""
    kinds = np.left_shift(groups.missing, _FIELDS, dtype=np.uint32)
    # What follows concerns few cases.
    invalid = np.flatnonzero(encoded.impossible)
    kinds[invalid] = encoded.impossible[invalid] << np.uint32(_FIELDS) | np.uint32(_IMPOSSIBLE)
    kinds |= _FIRST_REASON[status]
    ungrouped = np.flatnonzero(status == _UNGROUPED)
    first = np.where(groups.mdc[ungrouped] >= 0, np.uint32(outcomes.NO_ADRG), np.uint32(outcomes.NO_MDC))
    first[encoded.no_principal[ungrouped]] = outcomes.NO_PRINCIPAL
    kinds[ungrouped] |= first
    unknown = np.flatnonzero(encoded.cases.principal_diagnosis == NO_CODE)
    kinds[unknown[~encoded.no_principal[unknown]]] |= np.uint32(_UNKNOWN)
    nowhere = ungrouped[first == outcomes.NO_MDC]
    principal = encoded.cases.principal_diagnosis[nowhere]
    untaken = np.where(principal == NO_CODE, encoded.listed[nowhere], ~taken[principal])
    kinds[nowhere[untaken]] |= np.uint32(_NO_PRINCIPAL_CODE)
    return kinds


def _distinct(numbers: npt.NDArray[np.uint32]) -> tuple[list[int], npt.NDArray[np.uint32]]:
    """The distinct ones of some small numbers, and the place of each number among them."""
    there = np.flatnonzero(np.bincount(numbers))
    places = np.zeros(there[-1] + 1 if len(there) else 0, dtype=np.uint32)
    places[there] = np.arange(len(there), dtype=np.uint32)
    return there.tolist(), places[numbers]


def _with_mdc(
    kinds: Sequence[int], kind: npt.NDArray[np.uint32], mdc: npt.NDArray[np.int16]
) -> tuple[list[tuple[int, int]], npt.NDArray[np.uint32]]:
    """Kinds and the MDC whose ADRGs do not take the case, -1 of all other kinds; and each case's place."""
    found = [(one, -1) for one in kinds]
    for place, one in enumerate(kinds):
        if one & _FIRST == outcomes.NO_ADRG:
            rows = np.flatnonzero(kind == place)
            for number in np.unique(mdc[rows]).tolist():
                kind[rows[mdc[rows] == number]] = len(found)
                found.append((one, number))
    return found, kind


def _categories(numbers: npt.NDArray[np.uint8], name: str) -> pl.Series:
    """Places in the closed list of a column as its words."""
    return _places(numbers).cast(pl.UInt8).cat.to(OUTPUT[name].dtype)


def _places(numbers: npt.NDArray[Any]) -> pl.Series:
    """Places in a series; of few numbers without what polars imports to take an array."""
    if len(numbers) < _FEW:
        return pl.Series(numbers.tolist(), dtype=pl.UInt32)
    return pl.Series(numbers.view(np.uint32) if numbers.dtype == np.int32 else numbers)


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


def _numbers(frame: pl.DataFrame, column: Column) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """The values, NaN where absent, and the rows in which they are present but impossible."""
    values = frame[column.name].to_numpy()
    impossible = (values < column.lowest) | (values > column.highest)
    unread = f"{column.name}{UNREAD}"
    if unread in frame.columns:
        impossible |= frame[unread].is_not_null().to_numpy()
    return values, np.flatnonzero(impossible)


def _texts(text: pl.Series, values: tuple[str, ...]) -> npt.NDArray[np.int32]:
    """The number of each text among ``values``, counted from 1; 0 for any other, -1 if absent."""
    found = text.replace_strict(list(values), range(1, len(values) + 1), default=0, return_dtype=pl.Int32)
    numbers: npt.NDArray[np.int32] = found.set(text.is_null(), -1).cast(pl.Int32).to_numpy()
    return numbers
