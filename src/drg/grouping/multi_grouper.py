"""Several versions at once: the codes of discharges are looked up once, whatever the number of versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import OUTPUT
from drg.grouping import outcomes
from drg.grouping.case_arrays import Cells, Codes, Encoded, encode_codes, encoded, grouped
from drg.grouping.code_index import CodeIndex
from drg.grouping.grouper import Grouper
from drg.grouping.kernels import Groups
from drg.grouping.program import Program

Numbers = npt.NDArray[np.uint32]


class MultiGrouper:
    """Versions that group the same discharges; safe to share between threads.

    All codes that any of them knows have one numbering; an array for each version leads from it to the
    version's own numbers. So the strings of a batch are looked up once, and each version costs one gather.

    Args:
        groupers: the versions. They must read codes of the same code system.
    """

    def __init__(self, groupers: Sequence[Grouper]) -> None:
        self.groupers = tuple(groupers)
        programs = [grouper.program for grouper in self.groupers]
        self._diagnoses = _shared([program.diagnoses for program in programs])
        self._procedures = _shared([program.procedures for program in programs])
        self._lookups = [
            (self._diagnoses.numbers_in(program.diagnoses), self._procedures.numbers_in(program.procedures))
            for program in programs
        ]

    def group_batch(self, batch: pl.DataFrame) -> list[Grouped]:
        """Group a frame by each version, in the calling thread, without checking its columns."""
        return [
            Grouped(
                pl.DataFrame(grouper.decode(own, groups)),
                outcome_numbers(own, groups, grouper.program),
            )
            for grouper, own, groups in self._each(batch)
        ]

    def outcomes(self, batch: pl.DataFrame) -> list[npt.NDArray[np.int32]]:
        """What each version makes of each case of a frame: [n] its row in ``outcome_table``."""
        return [outcome_numbers(own, groups, grouper.program) for grouper, own, groups in self._each(batch)]

    def _each(self, batch: pl.DataFrame) -> Iterator[tuple[Grouper, Encoded, Groups]]:
        cells = Cells(batch)
        codes = encode_codes(batch, self._diagnoses, self._procedures)
        for grouper, (diagnoses, procedures) in zip(self.groupers, self._lookups, strict=True):
            own = encoded(cells, _translated(codes, diagnoses, procedures), grouper.program)
            yield grouper, own, grouped(own, grouper.program)


class Grouped(NamedTuple):
    """What one version makes of a batch.

    Attributes:
        frame: the columns of ``columns.OUTPUT_COLUMNS``, reasons as codes.
        outcomes: [n] the row of each case in ``outcome_table``.
    """

    frame: pl.DataFrame
    outcomes: npt.NDArray[np.int32]


def outcome_table(grouper: Grouper) -> pl.DataFrame:
    """Everything that can become of a case: groups, then ungrouped, invalid, and each ADRG without a DRG.

    Returns:
        mdc, adrg, drg, drg_name and grouping_status, as a grouped case has them; invalid cases with drg 0000.
    """
    adrg, drg = grouper.program.adrg, grouper.program.drg
    groups = drg.select(
        mdc=adrg["mdc"].gather(drg["adrg_index"]),
        adrg="adrg",
        drg="drg",
        drg_name=pl.col("name").replace("", None),
        grouping_status=pl.Series(
            [outcomes.AMBIGUOUS if outcomes.is_ambiguous(code) else outcomes.GROUPED for code in drg["adrg"]],
            dtype=pl.String,
        ),
    )
    without = pl.DataFrame(
        {"drg": [outcomes.UNGROUPED_DRG] * 2, "grouping_status": [outcomes.UNGROUPED, outcomes.INVALID]}
    )
    no_drg = adrg.select("mdc", "adrg", grouping_status=pl.lit(outcomes.NO_DRG))
    together = pl.concat([groups, without, no_drg], how="diagonal")
    return together.with_columns(pl.col("grouping_status").cast(OUTPUT["grouping_status"].dtype))


def outcome_numbers(encoded: Encoded, groups: Groups, program: Program) -> npt.NDArray[np.int32]:
    """The row of each case in ``outcome_table``."""
    drgs = len(program.drg)
    numbers = np.where(groups.drg == drgs + 1, drgs + 2 + groups.adrg, groups.drg).astype(np.int32)
    numbers[encoded.impossible != 0] = drgs + 1
    return numbers


def _shared(indices: Sequence[CodeIndex]) -> CodeIndex:
    """One index of all codes."""
    every = pl.concat([index.frame for index in indices])
    return CodeIndex.of_frame(every.unique("normal", keep="first", maintain_order=True))


def _translated(codes: Codes, diagnoses: Numbers, procedures: Numbers) -> Codes:
    return codes._replace(
        principal_diagnosis=diagnoses[codes.principal_diagnosis],
        other_diagnoses=diagnoses[codes.other_diagnoses],
        principal_procedure=procedures[codes.principal_procedure],
        other_procedures=procedures[codes.other_procedures],
    )
