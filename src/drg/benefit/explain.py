"""Who pays what of one stay, line by line, after the person's earlier stays of the year.

The amounts are those of the engine; what is written beside them comes from the same rows of the scheme.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    frame = read_stays(given)
    place = the_stay(frame, case_id)
    (explanation,) = explain_stays(frame, [place], calculator, language=language)
    return explanation


def read_stays(cases: Cases, more: Iterable[str] = ()) -> pl.DataFrame:
    """What benefits read of all stays, in the types of the registry, and more columns that are there."""
    names = [name for name in dict.fromkeys((*READS, *more)) if name in cases.binding.columns]
    if "case_id" not in names:
        raise InputError(
            Sentence("there is no column case_id"), fix=Sentence("Add it, so that a case can be named")
        )
    return cases.read(cases.collect(cases.rows.select(cases.binding.read_for(names))), names)


def the_stay(frame: pl.DataFrame, case_id: str) -> int:
    """The place of a stay.

    Raises:
        InputError: there is no such case, or several.
    """
    places = frame["case_id"].eq_missing(pl.Series([case_id])).arg_true()
    if len(places) != 1:
        problem = (
            Sentence("there are {count} cases {case_id!r}", count=len(places), case_id=case_id)
            if len(places)
            else Sentence("there is no case {case_id!r}", case_id=case_id)
        )
        raise InputError(problem, field="case_id", fix=Sentence("Check the id"))
    return int(places[0])


def explain_stays(
    frame: pl.DataFrame, places: Sequence[int], calculator: BenefitCalculator, *, language: str
) -> Iterator[BenefitExplanation]:
    """The explanation of each of these stays.

    Args:
        frame: by ``read_stays``, with all stays of their persons.
        places: of the stays in it.
        calculator: of the scheme.
        language: of the words.
    """
    book = Book(calculator.scheme)
    person = persons(frame, calculator.scheme, np.zeros(frame.height, dtype=np.int64))
    chosen = pl.Series(places, dtype=pl.UInt32)
    alone = pl.int_range(frame.height, eager=True).is_in(chosen.implode())
    theirs = (person.is_in(person.gather(chosen).implode()) | alone).fill_null(alone)
    rows = frame.with_row_index(_PLACE).with_columns(person.alias(_PERSON)).filter(theirs)
    by_person = rows.partition_by(_PERSON, as_dict=True)
    for place in places:
        mine = by_person[person[place],]
        if person[place] is None:
            mine = mine.filter(pl.col(_PLACE) == place)
        at = int(mine[_PLACE].index_of(place) or 0)
        yield _explained(mine.drop(_PLACE, _PERSON), at, calculator, book, language)


def _explained(
    frame: pl.DataFrame, at: int, calculator: BenefitCalculator, book: Book, language: str
) -> BenefitExplanation:
    """The stays of a year of a person up to that at a place of a frame."""
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
        case_id=frame["case_id"][at],
        scheme=scheme_.id,
        title=scheme_.title,
        status=scheme_.status,
        stays=tuple(stays),
    )


_PLACE, _PERSON = "__place", "__person"
_NAMED = ("case_id", "discharge_date")
_CLASSES = ("class_a", "class_b", "self_paid", "above_limit")
