"""What groups discharges: one version, or a series of versions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from drg.categories import numbered_text
from drg.columns import INPUT, OUTPUT, OUTPUT_COLUMNS
from drg.grouping.batched_frames import check_free, lacking, warn_of_missing
from drg.grouping.tally import Tally
from drg.reasons import ReasonForm, check_form, handed_over
from drg.records.cases import Cases, through
from drg.records.codebook import KINDS
from drg.records.codes import CodeKind
from drg.records.short_table import ShortTable
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.grouping.explain import Explanation
    from drg.records import Discharge
    from drg.records.frames import Frame

OUTPUT_NAMES: Final = list(OUTPUT)


def output_types(*, numbered: bool = False) -> dict[str, pl.DataType | type[pl.DataType]]:
    """The types of the columns that grouping adds; see ``AnyGrouper.group_batch``."""
    return {
        name: numbered_text(name) if numbered and column.dtype == pl.String else column.dtype
        for name, column in OUTPUT.items()
    }


class AnyGrouper(ShortTable, ABC):
    """One version (``Grouper``) or a series of them (``GrouperSeries``); safe to share between threads."""

    @property
    @abstractmethod
    def id(self) -> str:
        """The id of the version or of the series."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """SHA-256 of its tables; of a series, of the ids and digests of its versions."""

    @property
    @abstractmethod
    def required_columns(self) -> tuple[str, ...]:
        """The columns that a rule reads, or that no case can be grouped without."""

    @abstractmethod
    def lacks(self, names: Collection[str]) -> dict[str, str]:
        """The required columns that are not among some, and why each is needed."""

    @abstractmethod
    def knows(self, kind: CodeKind, codes: pl.Series) -> npt.NDArray[np.bool_]:
        """Which codes the version knows; of a series, which any of its versions knows."""

    @abstractmethod
    def group_batch(
        self, batch: pl.DataFrame, tally: Tally | None = None, *, numbered: bool = False
    ) -> pl.DataFrame:
        """Group cases as ``Cases.read`` gives them at once, in the calling thread; reasons as codes.

        Args:
            batch: the cases.
            tally: counts what becomes of them.
            numbered: give texts as ``categories.numbered_text``.
        """

    @abstractmethod
    def explain(
        self, discharge: Mapping[str, Any] | Discharge | Cases, *, language: str = "en"
    ) -> Explanation:
        """How one discharge comes to its group; see ``drg.explain``."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    def group(
        self,
        frame: Frame,
        *,
        reasons: ReasonForm = "text",
        language: str = "en",
        on_batch: Callable[[pl.DataFrame], None] | None = None,
        on_batch_reads: Iterable[str] = (),
        strict: bool = False,
    ) -> Frame:
        """Add the groups to discharges.

        Args:
            frame: one row per discharge, in the columns of ``columns.INPUT_COLUMNS`` or of a layout: all that
                ``Cases.of`` takes. Other columns pass through.
            reasons: as sentences (``text``) or as codes (``code``).
            language: of the sentences, ``en`` or ``zh``.
            on_batch: is shown every grouped batch, in no particular order and from several threads: the
                columns that grouping reads, those that it adds, reasons as codes, and ``on_batch_reads``.
            on_batch_reads: further canonical columns that ``on_batch`` looks at.
            strict: refuse cases that lack a column of ``required_columns``; otherwise it counts as not known,
                with a warning, but for those that nothing can be done without.

        Returns:
            The same kind of frame with the same rows in the same order and the columns of
            ``columns.OUTPUT_COLUMNS`` added.

        Raises:
            MissingColumnError: without the principal diagnosis or what chooses the version; see ``strict``.
            InputError: if a column holds what it cannot hold, or an output column is already there.
        """

        def grouped(cases: Cases) -> Cases:
            missing = self.check_columns(cases.names, strict=strict)
            done = self.group_cases(
                cases, reasons=reasons, language=language, on_batch=on_batch, on_batch_reads=on_batch_reads
            )
            warn_of_missing(self.id, missing)
            return done

        return through(frame, grouped)

    def group_cases(
        self,
        cases: Cases,
        *,
        reasons: ReasonForm = "text",
        language: str = "en",
        on_batch: Callable[[pl.DataFrame], None] | None = None,
        on_batch_reads: Iterable[str] = (),
    ) -> Cases:
        """Add the groups to cases; see ``group``. What they lack is not told."""
        check_form(reasons, language)
        self.check_columns(cases.names)
        check_free((*cases.own_columns, *cases.binding.labelled), OUTPUT, Sentence("grouping"))
        return cases.with_columns(
            lambda batch: self.group_batch(batch).select(OUTPUT_NAMES),
            # Codes that no rule reads still tell the severity.
            dict.fromkeys((*self.required_columns, *KINDS, *on_batch_reads)),
            OUTPUT_COLUMNS,
            on_batch,
            hand_over=lambda made: handed_over(made, reasons, language),
        )

    def check_columns(self, names: Collection[str], *, strict: bool = False) -> dict[str, str]:
        """Whether cases with these columns can be grouped.

        Args:
            names: of the columns, canonical ones and others.
            strict: refuse cases that lack anything that a rule reads.

        Returns:
            The other columns that rules read and that are not among them, and why each is needed.

        Raises:
            MissingColumnError: no principal diagnosis, or nothing that chooses the version.
        """
        missing = self.lacks(names)
        vital = {name: why for name, why in missing.items() if strict or self._is_vital(name)}
        self._refuse(vital)
        return {name: why for name, why in missing.items() if name not in vital}

    def check_choice(self, names: Collection[str]) -> None:
        """Whether cases with these columns have what chooses the version.

        Raises:
            MissingColumnError: they lack that; only a series of versions asks for it.
        """
        self._refuse({name: why for name, why in self.lacks(names).items() if name not in INPUT})

    @staticmethod
    def _is_vital(name: str) -> bool:
        return name == "principal_diagnosis" or name not in INPUT

    def _refuse(self, missing: Mapping[str, str]) -> None:
        if missing:
            lines = Joined("", (part for why in missing.values() for part in ("\n    ", why)))
            fix = Sentence("Add what is missing; leave cells empty where the value is not known")
            raise lacking(self.id, list(missing), lines, fix)
