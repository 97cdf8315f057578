"""The public face of grouping: one version, ready for use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.columns import INPUT
from drg.errors import did_you_mean
from drg.forks import check_process
from drg.grouping.base import AnyGrouper
from drg.grouping.case_arrays import Decoder, Encoded, encode, grouped
from drg.grouping.code_index import NO_CODE
from drg.grouping.kernels import Groups
from drg.grouping.tally import Tally
from drg.grouping.version import Version
from drg.reasons import check_form
from drg.records.codes import DIAGNOSIS, CodeKind
from drg.records.short_table import name_and_value
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.grouping.explain import Explanation
    from drg.records import Discharge
    from drg.records.cases import Cases
    from drg.tables import GrouperTables


class Grouper(AnyGrouper):
    """One grouper version, loaded, checked and compiled; safe to share between threads.

    Args:
        grouper: the id of an installed version, the path of a directory that holds one, or loaded tables.

    Raises:
        UnknownGrouperError: if no such version is installed.
        TablesError: if its tables do not hang together; RuleError if a rule cannot be read.
    """

    def __init__(self, grouper: str | Path | GrouperTables) -> None:
        check_process()
        self._version = Version(grouper)
        self.program = self._version.program
        self._decoder = Decoder(self.program, self.id)

    @property
    def id(self) -> str:
        """The id of the version."""
        return self._version.id

    @property
    def digest(self) -> str:
        """SHA-256 of the tables of the version."""
        return self.tables.digest

    def _short(self) -> tuple[str, pl.DataFrame]:
        manifest = self.tables.manifest
        table = {
            "title": manifest.title,
            "authority": manifest.authority,
            "in force": manifest.period,
            "based on": manifest.based_on,
            "ADRG": self.tables.adrg.height,
            "DRG": self.tables.drg.height,
        }
        return repr(self), name_and_value(table)

    @property
    def tables(self) -> GrouperTables:
        """The tables of the version, read when they are asked for.

        Raises:
            TablesError: their files have changed since this grouper was made.
        """
        return self._version.tables

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that this version needs: the principal diagnosis, and those that its rules read."""
        return tuple(name for name in INPUT if name == "principal_diagnosis" or name in self.program.readings)

    def explain(
        self, discharge: Mapping[str, Any] | Discharge | Cases, *, language: str = "en"
    ) -> Explanation:
        """How one discharge comes to its group; see ``drg.explain``. The language is that of the reason."""
        from drg.grouping.corrected import met
        from drg.grouping.explain import explain

        check_form("text", language)
        explanation = explain(self.program, discharge, self.id, language)
        return explanation.model_copy(update={"corrections": met(explanation, self.tables.corrections)})

    def group_batch(
        self, batch: pl.DataFrame, tally: Tally | None = None, *, numbered: bool = False
    ) -> pl.DataFrame:
        """Group cases as ``Cases.read`` gives them at once, in the calling thread; reasons as codes."""
        encoded = encode(batch, self.program)
        groups = grouped(encoded, self.program)
        return batch.with_columns(self._decoder.decode(encoded, groups, tally, numbered=numbered))

    def decode(self, encoded: Encoded, groups: Groups) -> list[pl.Series]:
        """The kernel's results as the columns of ``columns.OUTPUT_COLUMNS``, reasons as codes."""
        return self._decoder.decode(encoded, groups)

    def lacks(self, names: Collection[str]) -> dict[str, str]:
        """The required columns that are not among some, and why each is needed."""
        return {name: self._why(name, names) for name in self.required_columns if name not in names}

    def knows(self, kind: CodeKind, codes: pl.Series) -> npt.NDArray[np.bool_]:
        """Which codes the version knows."""
        index = self.program.diagnoses if kind == DIAGNOSIS else self.program.procedures
        known: npt.NDArray[np.bool_] = index.encode(codes) != NO_CODE
        return known

    def _why(self, name: str, names: Collection[str]) -> str:
        column = INPUT[name]
        hint = did_you_mean(name, set(names) - set(INPUT))
        if reading := self.program.readings.get(name):
            rule = " ".join(reading.rule.split())
            rule = rule if len(rule) <= 80 else rule[:77] + "…"
            why = Sentence(
                "{table} {code} asks for {variable}: {rule}",
                table=reading.table.upper(),
                code=reading.code,
                variable=reading.variable,
                rule=rule,
            )
        else:
            why = Sentence("no case can be grouped without it")
        line = Sentence("{name} ({label}): {why}", name=name, label=column.label_zh, why=why)
        return Joined(". ", (line, hint))
