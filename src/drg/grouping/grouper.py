"""The public face of grouping: one version, ready for use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from drg.columns import INPUT, OUTPUT, OUTPUT_COLUMNS
from drg.errors import did_you_mean
from drg.grouping.arrays import Decoder, Encoded, encode, grouped
from drg.grouping.corrected import met
from drg.grouping.explain import Explanation, explain
from drg.grouping.frames import check_free, lacking
from drg.grouping.kernels import Groups
from drg.grouping.outcomes import check_language
from drg.grouping.program import compile_tables
from drg.records import Discharge
from drg.records.cases import Cases, through
from drg.records.layout import CANONICAL
from drg.tables import GrouperTables, load_tables

if TYPE_CHECKING:
    from drg.records.frames import Frame


OUTPUT_NAMES: Final = list(OUTPUT)


class Grouper:
    """One grouper version, loaded, checked and compiled; safe to share between threads.

    Args:
        grouper: the id of an installed version, the path of a directory that holds one, or loaded tables.

    Raises:
        UnknownGrouperError: if no such version is installed.
        TablesError: if its tables do not hang together; RuleError if a rule cannot be read.
    """

    def __init__(self, grouper: str | Path | GrouperTables) -> None:
        self.tables = grouper if isinstance(grouper, GrouperTables) else load_tables(grouper)
        self.program = compile_tables(self.tables)
        self._decoder = Decoder(self.program, self.id)

    @property
    def id(self) -> str:
        """The id of the version."""
        return self.tables.manifest.id

    def __repr__(self) -> str:
        return f"Grouper({self.id!r})"

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that this version needs: the principal diagnosis, and those that its rules read."""
        return tuple(name for name in INPUT if name == "principal_diagnosis" or name in self.program.readings)

    def group(
        self,
        frame: Frame,
        *,
        language: str = "en",
        watch: Callable[[pl.DataFrame], None] | None = None,
    ) -> Frame:
        """Add the groups to discharges.

        Args:
            frame: one row per discharge, in the columns of ``columns.INPUT_COLUMNS`` or of a layout: all that
                ``Cases.of`` takes. Other columns pass through.
            language: of the reasons, ``en`` or ``zh``.
            watch: is shown every grouped batch, in no particular order and from several threads.

        Returns:
            The same kind of frame with the same rows in the same order and the columns of
            ``columns.OUTPUT_COLUMNS`` added.

        Raises:
            MissingColumnError: if a column that some rule reads is absent; cases of a layout other than the
                canonical one may lack any but the principal diagnosis.
            InputError: if a column holds what it cannot hold, or an output column is already there.
        """
        return through(frame, lambda cases: self.group_cases(cases, language=language, watch=watch))

    def group_cases(
        self,
        cases: Cases,
        *,
        language: str = "en",
        watch: Callable[[pl.DataFrame], None] | None = None,
    ) -> Cases:
        """Add the groups to cases; see ``group``."""
        check_language(language)
        self.check_cases(cases)
        return cases.with_columns(
            lambda batch: self.group_batch(batch, language)[OUTPUT_NAMES],
            self.required_columns,
            OUTPUT_COLUMNS,
            watch,
        )

    def check_cases(self, cases: Cases) -> None:
        """Whether cases can be grouped; see ``check_columns``."""
        if cases.layout.id == CANONICAL:
            bound = [name for name in cases.binding.columns if name not in OUTPUT]
            self.check_columns((*cases.own_columns, *bound))
        else:
            check_free(cases.own_columns, OUTPUT, "grouping")

    def explain(self, discharge: Mapping[str, Any] | Discharge) -> Explanation:
        """How one discharge comes to its group; see ``drg.explain``."""
        explanation = explain(self.program, discharge, self.id)
        return explanation.model_copy(update={"corrections": met(explanation, self.tables.corrections)})

    def group_batch(self, batch: pl.DataFrame, language: str = "en") -> pl.DataFrame:
        """Group cases as ``Cases.read`` gives them at once, in the calling thread."""
        encoded = encode(batch, self.program)
        return batch.with_columns(self.decode(encoded, grouped(encoded, self.program), language))

    def decode(self, encoded: Encoded, groups: Groups, language: str = "en") -> list[pl.Series]:
        """The kernel's results as the columns of ``columns.OUTPUT_COLUMNS``."""
        return self._decoder.decode(encoded, groups, language)

    def check_columns(self, names: Collection[str]) -> None:
        """Whether a frame with these columns can be grouped.

        Raises:
            MissingColumnError: names every column that is missing, and a rule that needs it.
            InputError: if an output column is already there.
        """
        self.check_needed(names)
        check_free(names, OUTPUT, "grouping")

    def check_needed(self, names: Collection[str]) -> None:
        """Whether all columns that the version needs are among some; see ``check_columns``."""
        missing = [name for name in self.required_columns if name not in names]
        if missing:
            lines = "".join(f"\n    {self._why(name, names)}" for name in missing)
            fix = "Add what is missing; leave cells empty where the value is not known"
            raise lacking(self.id, missing, lines, fix)

    def _why(self, name: str, names: Collection[str]) -> str:
        column = INPUT[name]
        hint = did_you_mean(name, set(names) - set(INPUT))
        if reading := self.program.readings.get(name):
            rule = " ".join(reading.rule.split())
            rule = rule if len(rule) <= 80 else rule[:77] + "…"
            why = f"{reading.table.upper()} {reading.code} asks for {reading.variable}: {rule}"
        else:
            why = "no case can be grouped without it"
        return f"{name} ({column.label_zh}): {why}{'. ' + hint if hint else ''}"
