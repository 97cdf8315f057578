"""The public face of benefits: one scheme, ready for use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from drg.benefit import kernels as k
from drg.benefit.book import Book
from drg.benefit.kinds_of_stay import asked_columns
from drg.benefit.load import LoadedBenefitScheme, load_benefit_scheme
from drg.benefit.reasons import Notes
from drg.benefit.stays import READS, Worked, work
from drg.benefit_columns import BENEFIT, BENEFIT_COLUMNS
from drg.grouping.batched_frames import check_free, lacking, warn_of_missing
from drg.payment.money import yuan
from drg.payment.reasons import missing_line, missing_lines
from drg.reasons import CODED, ReasonForm, check_form, handed_over
from drg.records.cases import Cases, through
from drg.records.short_table import ShortTable, name_and_value
from drg.words import Sentence

if TYPE_CHECKING:
    from drg.records.frames import Frame

_WORKED: Final = "__benefits"
# What is counted beside the results.
TALLIED: Final = ("insurance_type", "total_cost_yuan")
VITAL: Final = ("patient_id", "discharge_date", "total_cost_yuan")
# Where each result stands in the output of the loop.
_AMOUNTS: Final = {
    "in_policy_yuan": k.IN_POLICY,
    "first_own_share_yuan": k.FIRST_OWN,
    "outside_policy_yuan": k.OUTSIDE_POLICY,
    "deductible_yuan": k.DEDUCTIBLE,
    "basic_fund_yuan": k.BASIC,
    "critical_illness_yuan": k.CRITICAL,
    "medical_aid_yuan": k.AID,
    "commercial_yuan": k.COMMERCIAL,
    "patient_share_yuan": k.PATIENT,
    "deductible_to_date_yuan": k.DEDUCTIBLE_TO_DATE,
    "counted_own_to_date_yuan": k.COUNTED_TO_DATE,
    "basic_fund_to_date_yuan": k.BASIC_TO_DATE,
    "critical_illness_to_date_yuan": k.CRITICAL_TO_DATE,
    "medical_aid_to_date_yuan": k.AID_TO_DATE,
    "commercial_to_date_yuan": k.COMMERCIAL_TO_DATE,
}
# What pays beside the basic fund and the patient.
OTHER_PAYERS: Final = ("critical_illness_yuan", "medical_aid_yuan", "commercial_yuan")
_KEPT: Final = {**_AMOUNTS, "stay_in_year": k.NUMBER}


class BenefitCalculator(ShortTable):
    """One benefit scheme, loaded, checked and ready; safe to share between threads.

    Args:
        scheme: the id of an installed scheme, the path of a directory that holds one, or a loaded one.

    Raises:
        UnknownSchemeError, SchemeError: if it cannot be used.
    """

    def __init__(self, scheme: str | Path | LoadedBenefitScheme) -> None:
        self.loaded = scheme if isinstance(scheme, LoadedBenefitScheme) else load_benefit_scheme(scheme)
        self.scheme = self.loaded.scheme
        self._notes = Notes(self.scheme)

    @property
    def id(self) -> str:
        """The id of the scheme."""
        return self.scheme.id

    def __repr__(self) -> str:
        return f"BenefitCalculator({self.id!r})"

    def _short(self) -> tuple[str, pl.DataFrame]:
        names = ("title", "region", "status", "valid_from", "valid_to")
        return repr(self), name_and_value({name: getattr(self.scheme, name) for name in names})

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that this scheme needs: person, discharge, cost, its classes, and what its rows ask."""
        asked = asked_columns(self.scheme)
        classes = ("class_a_cost_yuan", "class_b_cost_yuan", "self_paid_cost_yuan")
        return (*VITAL, *classes, *(name for name in READS if name in asked))

    def missing_columns(self, cases: Cases) -> tuple[str, ...]:
        """The columns that this scheme needs and the cases lack, but for those that are refused."""
        there = (*cases.binding.columns, *VITAL)
        return tuple(name for name in self.required_columns if name not in there)

    def check_cases(self, cases: Cases) -> None:
        """Whether benefits can be added to cases.

        Raises:
            MissingColumnError: names every one of ``VITAL`` that is missing, and what it holds.
            InputError: if an output column is already there.
        """
        self.check_vital(cases)
        check_free((*cases.own_columns, *cases.binding.labelled), BENEFIT, Sentence("benefits"))

    def check_vital(self, cases: Cases) -> None:
        """Whether benefits of cases can be worked out.

        Raises:
            MissingColumnError: names every one of ``VITAL`` that is missing, and what it holds.
        """
        missing = [name for name in VITAL if name not in cases.binding.columns]
        if missing:
            fix = Sentence("Add what is missing; leave cells empty where the value is not known")
            raise lacking(self.id, missing, missing_lines(missing), fix)

    def benefits(self, frame: Frame, *, reasons: ReasonForm = "text", language: str = "en") -> Frame:
        """Add to stays who pays what of them; see ``drg.benefits``."""

        def worked(cases: Cases) -> Cases:
            done = self.benefits_of_cases(cases, reasons=reasons, language=language)
            missing = self.missing_columns(cases)
            warn_of_missing(self.id, {name: missing_line(name) for name in missing})
            return done

        return through(frame, worked)

    def benefits_of_cases(
        self,
        cases: Cases,
        *,
        reasons: ReasonForm = "text",
        language: str = "en",
        on_batch: Callable[[pl.DataFrame], None] | None = None,
    ) -> Cases:
        """Add the benefits to cases; see ``benefits``. What they lack is not told.

        Args:
            cases: of whole years of persons: what is paid of a stay depends on those before it.
            reasons: as sentences (``text``) or as codes (``code``).
            language: of the sentences.
            on_batch: is shown ``TALLIED`` and ``BENEFIT_COLUMNS`` of every batch, in no particular order and
                from several threads, reasons as codes.
        """
        check_form(reasons, language)
        self.check_cases(cases)
        return cases.with_columns(
            self._columns,
            TALLIED,
            BENEFIT_COLUMNS,
            on_batch,
            [self._worked(cases)],
            hand_over=lambda made: handed_over(made, reasons, language),
        )

    def _worked(self, cases: Cases) -> pl.Expr:
        """The results of all stays at once, as one column: only so can those of a person be put in order."""
        binding = cases.binding
        names = [name for name in READS if name in binding.columns]
        dtype = pl.Struct({**dict.fromkeys(_KEPT, pl.Int64()), "benefit_reason": CODED})

        def all_stays(rows: pl.Series) -> pl.Series:
            book = Book(self.scheme)
            done = work(cases.read(rows.struct.unnest(), names), book, tuple(_KEPT.values()))
            return self._kept(done, book).to_struct(_WORKED)

        own = pl.struct(binding.read_for(names))
        return own.map_batches(all_stays, return_dtype=dtype, is_elementwise=False).alias(_WORKED)

    def _kept(self, done: Worked, book: Book) -> pl.DataFrame:
        """What is kept of the results of all stays: whole fen, null where nothing can be said."""
        known = pl.Series(~done.held)
        nothing = pl.Series([None], dtype=pl.Int64)
        kept = [
            pl.Series(done.out[place]).zip_with(known, nothing).alias(name) for name, place in _KEPT.items()
        ]
        reason = self._notes.column(done.notes, done.kinds, book.entries).alias("benefit_reason")
        return pl.DataFrame([*kept, reason])

    def columns_of(self, done: Worked, book: Book) -> pl.DataFrame:
        """The columns of ``BENEFIT_COLUMNS``, reasons as codes.

        Args:
            done: by ``stays.work``.
            book: that was used.
        """
        return self._in_yuan(self._kept(done, book))

    def _columns(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The same of a batch that has the column of ``_worked``."""
        return self._in_yuan(batch[_WORKED].struct.unnest())

    def _in_yuan(self, worked: pl.DataFrame) -> pl.DataFrame:
        held = worked["stay_in_year"].is_null().to_numpy()
        amounts = {name: worked[name].fill_null(0).to_numpy() for name in _AMOUNTS}
        others = np.sum([amounts[name] for name in OTHER_PAYERS], axis=0)
        columns = {
            **{name: yuan(values, held) for name, values in amounts.items()},
            "other_payers_yuan": yuan(others, held),
            "stay_in_year": worked["stay_in_year"],
            "benefit_reason": worked["benefit_reason"],
            "benefit_scheme": pl.Series([self.id]).new_from_index(0, worked.height),
            "benefit_scheme_digest": pl.Series([self.loaded.benefits_digest]).new_from_index(
                0, worked.height
            ),
        }
        return pl.DataFrame([columns[name].alias(name) for name in BENEFIT])


def benefits(
    frame: Frame,
    scheme: str | Path | LoadedBenefitScheme | BenefitCalculator,
    *,
    reasons: ReasonForm = "text",
    language: str = "en",
) -> Frame:
    """Work out who pays what of stays: basic fund, critical illness, aid, a commercial product, the patient.

    Args:
        frame: one row per stay, of any kind that ``group`` takes, with whole years of persons: what is paid
            of a stay depends on those before it. ``patient_id``, ``discharge_date`` and ``total_cost_yuan``
            are always needed; other columns that the scheme asks for count as not known if absent, with a
            ``MissingColumnWarning``. Amounts are in yuan.
        scheme: the id of an installed benefit scheme (see ``list_benefit_schemes``), the directory of one, a
            loaded one, or a BenefitCalculator.
        reasons: as sentences (``text``) or as codes (``code``).
        language: of the sentences, ``en`` or ``zh`` (中文).

    Returns:
        The same kind of frame, the same rows in the same order, with the columns of
        ``benefit_columns.BENEFIT_COLUMNS`` added. Stays count in order of discharge, then admission, then
        case id, whatever the order of the rows. A stay of which nothing can be said keeps its row:
        ``benefit_reason`` says why.

    Raises:
        MissingColumnError: if person, day of discharge or cost is absent.
        InputError: if a column holds what it cannot hold, or an output column is already there.
        UnknownSchemeError, SchemeError: if the scheme cannot be used.
    """
    calculator = scheme if isinstance(scheme, BenefitCalculator) else BenefitCalculator(scheme)
    return calculator.benefits(frame, reasons=reasons, language=language)
