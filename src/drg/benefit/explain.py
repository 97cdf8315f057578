"""Who pays what of one stay, line by line, after the person's earlier stays of the year.

The amounts are those of the engine; what is written beside them comes from the same rows of the scheme.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from drg.benefit import kernels as k
from drg.benefit.book import Book
from drg.benefit.calculator import BenefitCalculator
from drg.benefit.reasons import NOTE
from drg.benefit.stays import READS, persons, work
from drg.benefit.steps import StayFacts, steps
from drg.errors import InputError
from drg.payment.explain import PriceStep
from drg.reasons import check_form, handed_over
from drg.records.cases import Cases
from drg.records.short_table import ShortTable
from drg.words import Sentence, told

if TYPE_CHECKING:
    from drg.benefit.load import LoadedBenefitScheme
    from drg.records.frames import Frame


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StayBenefits(_Result):
    """One stay of the year.

    Attributes:
        case_id, discharge_date: which.
        outcome: every column of benefits; null where nothing can be said, with ``benefit_reason``.
        steps: the arithmetic, in order; none then.
    """

    case_id: str | None
    discharge_date: datetime | None
    outcome: dict[str, Decimal | int | str | None]
    steps: tuple[PriceStep, ...]


class BenefitExplanation(ShortTable, _Result):
    """How the benefits of a stay come about.

    Attributes:
        case_id: of the stay.
        scheme, title, status: of the benefit scheme; ``illustrative`` numbers are nobody's rule.
        stays: the person's stays of the year in order, up to this one, which is the last.
    """

    case_id: str
    scheme: str
    title: str
    status: str
    stays: tuple[StayBenefits, ...]

    @property
    def stay(self) -> StayBenefits:
        """The stay itself."""
        return self.stays[-1]

    def _short(self) -> tuple[str, pl.DataFrame]:
        columns = ("name", "value", "arithmetic")
        rows = [[getattr(step, column) for column in columns] for step in self.stay.steps]
        table = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
        patient = self.stay.outcome["patient_share_yuan"]
        return f"BenefitExplanation: the patient bears {patient} yuan by {self.scheme}", table


def explain_benefits(
    cases: Frame,
    scheme: str | Path | LoadedBenefitScheme | BenefitCalculator,
    *,
    case_id: str,
    language: str = "en",
) -> BenefitExplanation:
    """Explain who pays what of one stay: each number, where it comes from, and the arithmetic.

    Args:
        cases: as for ``benefits``: with the other stays of the person, for what is paid depends on them.
        scheme: as for ``benefits``.
        case_id: of the stay.
        language: of the words, ``en`` or ``zh`` (中文).

    Returns:
        The person's stays of the year in order, up to this one, each with its outcome and its lines.

    Raises:
        MissingColumnError: if person, day of discharge or cost is absent.
        InputError: there is no such case, or several.
        UnknownSchemeError, SchemeError: if the scheme cannot be used.
    """
    check_form("text", language)
    calculator = scheme if isinstance(scheme, BenefitCalculator) else BenefitCalculator(scheme)
    given = Cases.of(cases)
    calculator.check_cases(given)
    book = Book(calculator.scheme)
    frame, at = _of_the_person(given, calculator, case_id)
    done = work(frame, book, range(k.OUT_WIDTH))
    outcomes = handed_over(calculator.columns_of(done, book), "text", language)
    year = frame["discharge_date"].dt.year()
    stays: list[StayBenefits] = []
    earlier: list[list[int]] = []
    for place in done.order.tolist():
        if year[place] != year[at] and place != at:
            continue
        out = [int(done.out[column][place]) for column in range(k.OUT_WIDTH)]
        lines: tuple[PriceStep, ...] = ()
        if not done.held[place]:
            facts = StayFacts(
                scheme=calculator.scheme,
                entry=book.entries[done.kinds[place]],
                classes=[int(done.amounts[name][place]) for name in _CLASSES],
                out=out,
                earlier=tuple(earlier),
                assumed=bool(done.notes[place] & NOTE["classes_assumed"]),
            )
            lines = tuple(
                PriceStep(**{name: told(text, language) for name, text in step._asdict().items()})
                for step in steps(facts)
            )
            earlier.append(out)
        row = {name: frame[name][place] if name in frame.columns else None for name in _NAMED}
        stays.append(StayBenefits(**row, outcome=outcomes.row(place, named=True), steps=lines))
        if place == at:
            break
    scheme_ = calculator.scheme
    return BenefitExplanation(
        case_id=case_id, scheme=scheme_.id, title=scheme_.title, status=scheme_.status, stays=tuple(stays)
    )


_NAMED = ("case_id", "discharge_date")
_CLASSES = ("class_a", "class_b", "self_paid", "above_limit")


def _of_the_person(cases: Cases, calculator: BenefitCalculator, case_id: str) -> tuple[pl.DataFrame, int]:
    """All stays of the person who had a stay, and the place of the stay among them."""
    names = [name for name in READS if name in cases.binding.columns]
    if "case_id" not in names:
        raise InputError(
            Sentence("there is no column case_id"), fix=Sentence("Add it, so that a case can be named")
        )
    rows = cases.collect(cases.rows.select(cases.binding.read_for(names)))
    frame = cases.read(rows, names)
    person = persons(frame, calculator.scheme, np.zeros(frame.height, dtype=np.int64))
    found = (frame["case_id"] == case_id).fill_null(False)
    if found.sum() != 1:
        problem = (
            Sentence("there are {count} cases {case_id!r}", count=found.sum(), case_id=case_id)
            if found.any()
            else Sentence("there is no case {case_id!r}", case_id=case_id)
        )
        raise InputError(problem, field="case_id", fix=Sentence("Check the id"))
    whose = person.filter(found)[0]
    mine = found if whose is None else (person == whose).fill_null(False)
    return frame.filter(mine), int(found.filter(mine).arg_max() or 0)
