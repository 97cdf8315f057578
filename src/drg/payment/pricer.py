"""The public face of pricing: one scheme, ready for use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from drg.columns import ALL, PRICE, PRICE_COLUMNS
from drg.grouping.batched_frames import check_free, lacking, warn_of_missing
from drg.payment.joined_stays import reads as reads_of_joined
from drg.payment.load_scheme import LoadedScheme, as_loaded
from drg.payment.marks import mark_columns
from drg.payment.price_arrays import Decoder, Encoded, Encoder, needs_days
from drg.payment.price_book import PriceBook
from drg.payment.reasons import missing_line, missing_lines
from drg.payment.scheme_numbers import case_kinds
from drg.reasons import ReasonForm, check_form, handed_over
from drg.records.cases import Cases, through
from drg.records.former_names import check_names
from drg.records.short_table import ShortTable, name_and_value
from drg.words import Joined, Sentence

if TYPE_CHECKING:
    from drg.payment.explain import PriceExplanation
    from drg.records.frames import Frame

_GROUPING = ("drg", "grouping_status")
_OF_RATES = ("insurance_type", "hospital_level")


class Pricer(ShortTable):
    """One payment scheme, loaded, checked and ready; safe to share between threads.

    Args:
        scheme: the id of an installed scheme, the path of a directory that holds one, or a loaded one.

    Raises:
        UnknownSchemeError, SchemeError: if it cannot be used.
    """

    def __init__(self, scheme: str | Path | LoadedScheme) -> None:
        self.loaded = as_loaded(scheme)
        self.scheme = self.loaded.scheme
        self.book = PriceBook(self.loaded)
        self._encoder = Encoder(self.loaded, self.book)
        self._decoder = Decoder(self.loaded)

    @property
    def id(self) -> str:
        """The id of the scheme."""
        return self.scheme.id

    def __repr__(self) -> str:
        return f"Pricer({self.id!r})"

    def _short(self) -> tuple[str, pl.DataFrame]:
        names = ("title", "region", "status", "grouper", "valid_from", "valid_to")
        return repr(self), name_and_value({name: getattr(self.scheme, name) for name in names})

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that this scheme needs: group, cost, and what its rates and rules ask for."""
        scheme, readmission = self.scheme, self.scheme.readmission
        by_hospital = "hospital_id" in self.book.keys
        asked = {
            "adrg": bool(readmission and readmission.except_adrg),
            "insurance_type": bool(self._values["insurance_type"]),
            "hospital_level": bool(self._values["hospital_level"]),
            "hospital_id": by_hospital or readmission is not None,
            "los_days": needs_days(scheme),
            "case_kind": bool(case_kinds(scheme)),
            "incomplete": scheme.incomplete is not None,
            "patient_id": readmission is not None,
            "admission_date": readmission is not None,
            "discharge_date": self._has_periods or readmission is not None,
            **{one.column: True for one in scheme.additions},
        }
        return (*_GROUPING, "total_cost_yuan", *(name for name, is_asked in asked.items() if is_asked))

    @property
    def vital_columns(self) -> tuple[str, ...]:
        """Those of ``required_columns`` that decide what is paid: group, cost, what a rate asks for."""
        by_hospital = "hospital_id" in self.book.keys
        vital = (*_GROUPING, "total_cost_yuan", *_OF_RATES, *(["hospital_id"] if by_hospital else []))
        vital = (*vital, *(["discharge_date"] if self._has_periods else []))
        return tuple(name for name in self.required_columns if name in vital)

    @property
    def _has_periods(self) -> bool:
        """Whether rates or coefficients depend on the day of discharge."""
        return "discharge_date" in self.book.keys

    @property
    def _coefficient_rows(self) -> tuple[Any, ...]:
        return tuple(self.scheme.coefficients.rows) if self.scheme.coefficients else ()

    @property
    def _values(self) -> dict[str, list[str]]:
        """What the scheme knows of the columns that decide a rate."""
        low, amounts = self.scheme.low, self.scheme.amounts
        rows = (self.scheme.rates, self.scheme.outside, amounts.rows if amounts else ())
        paid = (*rows, low.factors if low else ())
        tables = (*rows, self._coefficient_rows, self.loaded.weights.values())
        return {
            "insurance_type": sorted({one.insurance for table in paid for one in table if one.insurance}),
            "hospital_level": sorted({one.level for table in tables for one in table if one.level}),
        }

    def price(
        self,
        frame: Frame,
        *,
        reasons: ReasonForm = "text",
        language: str = "en",
        on_batch: Callable[[pl.DataFrame], None] | None = None,
        on_batch_reads: Iterable[str] = (),
    ) -> Frame:
        """Price grouped discharges.

        Args:
            frame: grouped discharges, one row per case, with ``total_cost_yuan`` and the columns that the
                scheme asks for (``required_columns``): all that ``Cases.of`` takes. Amounts are in yuan.
            reasons: as sentences (``text``) or as codes (``code``).
            language: of the sentences, ``en`` or ``zh``.
            on_batch: is shown every priced batch, in no particular order and from several threads: the
                columns that pricing reads, those that it adds, reasons as codes, and ``on_batch_reads``.
            on_batch_reads: further canonical columns that ``on_batch`` looks at.

        Returns:
            The same kind of frame, rows in order, with the columns of ``columns.PRICE_COLUMNS`` added.

        Raises:
            MissingColumnError: if a column that decides what is paid (``vital_columns``) is absent; another
                one of ``required_columns`` counts as not known, with a warning.
            InputError: if a column holds what it cannot hold, or an output column is already there, under its
                name of today or of before.
        """

        def priced(cases: Cases) -> Cases:
            done = self.price_cases(
                cases, reasons=reasons, language=language, on_batch=on_batch, on_batch_reads=on_batch_reads
            )
            missing = self.missing_columns(cases)
            warn_of_missing(self.id, {name: missing_line(name) for name in missing})
            return done

        return through(frame, priced)

    def price_cases(
        self,
        cases: Cases,
        *,
        reasons: ReasonForm = "text",
        language: str = "en",
        on_batch: Callable[[pl.DataFrame], None] | None = None,
        on_batch_reads: Iterable[str] = (),
    ) -> Cases:
        """Add the prices to cases; see ``price``. What they lack is not told."""
        check_form(reasons, language)
        self.check_cases(cases)
        return cases.with_columns(
            self.price_batch,
            dict.fromkeys((*self.reads, *on_batch_reads)),
            PRICE_COLUMNS,
            on_batch,
            self.marks(cases),
            hand_over=lambda made: handed_over(made, reasons, language),
        )

    def explain(
        self,
        case: Mapping[str, Any] | Cases,
        *,
        readmitted: bool = False,
        extreme: bool = False,
        language: str = "en",
    ) -> PriceExplanation:
        """The arithmetic of one case; see ``drg.explain_price``. The language is that of the reason."""
        from drg.payment.explain import explain_price, marks_of

        marks = marks_of(self.scheme, readmitted=readmitted, extreme=extreme)
        return explain_price(self, case, marks, language=language)

    def marks(self, cases: Cases) -> list[pl.Expr]:
        """What can only be seen beside the other cases, as expressions on the rows; see ``marks``."""
        there = cases.binding.columns

        def cells(name: str) -> list[pl.Expr]:
            if name not in there:
                return [pl.lit(None, ALL[name].dtype).alias(name)]
            return cases.binding.expression(name, marked=self.scheme.joins_stays)

        return mark_columns(self.scheme, cells)

    def missing_columns(self, cases: Cases) -> tuple[str, ...]:
        """The columns that this scheme needs and the cases lack, but for those that are refused."""
        there = (*cases.binding.columns, *self.vital_columns)
        return tuple(name for name in self.required_columns if name not in there)

    def encode(self, batch: pl.DataFrame) -> Encoded:
        """The columns that pricing reads, as arrays."""
        return self._encoder.encode(batch)

    def price_batch(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Price a batch at once, in the calling thread, without checking its columns.

        Args:
            batch: grouped cases as ``Cases.read`` gives them, with ``marks`` as far as the scheme has any.

        Returns:
            The columns of ``columns.PRICE_COLUMNS``, reasons as codes.
        """
        return pl.DataFrame(self._decoder.price(self.encode(batch)))

    @property
    def asks(self) -> frozenset[str]:
        """All columns that this scheme looks at, also those that tell which cases follow one another."""
        joined = reads_of_joined(self.scheme) if self.scheme.joins_stays else ()
        return frozenset((*self.reads, *self.required_columns, *joined))

    @property
    def reads(self) -> tuple[str, ...]:
        """The canonical columns that this scheme reads, as far as there are any."""
        return self._encoder.reads

    def check_cases(self, cases: Cases) -> None:
        """Whether cases can be priced; see ``check_columns``."""
        self.check_columns([name for name in cases.binding.columns if name not in PRICE])
        check_free((*cases.own_columns, *cases.binding.labelled), PRICE, Sentence("pricing"))
        check_names(cases.own_columns, fix=Sentence("Drop or rename it first, then price the cases"))

    def check_columns(self, names: Collection[str]) -> None:
        """Whether cases with these columns can be priced.

        Raises:
            MissingColumnError: names every column of ``vital_columns`` that is missing, and what it holds.
            InputError: if an output column is already there.
        """
        missing = [name for name in self.vital_columns if name not in names]
        if missing:
            fix = Sentence("Add what is missing; leave cells empty where the value is not known")
            if same := [name for name in missing if name in self._values]:
                given = (f"--set {name}={self._values[name][0]}" for name in same)
                known = (f"{name}: {', '.join(self._values[name])}" for name in same)
                fix = Sentence(
                    "Add what is missing; what is the same for all cases can be given as {options} (the "
                    "scheme knows {values})",
                    options=" ".join(given),
                    values=Joined("; ", known),
                )
            if any(name in missing for name in _GROUPING):
                fix = Sentence(
                    "Group the discharges first: drg group … --grouper {grouper}", grouper=self.scheme.grouper
                )
            raise lacking(self.id, missing, missing_lines(missing), fix)
        check_free(names, PRICE, Sentence("pricing"))
