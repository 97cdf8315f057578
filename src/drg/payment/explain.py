"""The arithmetic of one case as a person would write it: each number, its name and where it comes from.

The amounts are those of the engine; what is written beside them is worked out once more, with fractions, from
the same entry of the price book. A test holds both together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import BaseModel, ConfigDict

from drg.columns import ALL, PRICE
from drg.errors import InputError, did_you_mean
from drg.payment.cross_case_flags import EXTREME, READMITTED
from drg.payment.joined_stays import DTYPE, JOINED
from drg.payment.marks import MARKS
from drg.payment.scheme import PaymentScheme
from drg.payment.step_facts import Facts, Step
from drg.payment.steps import class_step, payment_steps, standard_steps, surplus_steps
from drg.payment.steps_beside import point_steps
from drg.payment.tcm import shares
from drg.reasons import check_form, handed_over
from drg.records.binding import UNREAD
from drg.records.cases import Cases
from drg.records.short_table import ShortTable
from drg.words import Sentence, told

if TYPE_CHECKING:
    from drg.payment.pricer import Pricer


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PriceStep(_Result):
    """One line of the arithmetic.

    Attributes:
        name, name_zh: what the number is.
        value: the number (amounts in yuan), or a word.
        arithmetic: how it comes about: ``0.9258 × 9,575.25 × 0.92``; empty if it is only looked up.
        place: where it comes from: file and row or entry, or the column of the case.
        source: who published it, as the scheme says.
    """

    name: str
    name_zh: str
    value: str
    arithmetic: str = ""
    place: str = ""
    source: str = ""


class PriceExplanation(ShortTable, _Result):
    """How a case is priced. The outcome has the fields of a priced row.

    Attributes:
        case: the fields of the case that were given.
        scheme, title, status: of the payment scheme; ``illustrative`` numbers are nobody's rule.
        case_class: what the case is to its payment.
        payment: in yuan; the sum of its parts.
        outcome: every price column.
        steps: the arithmetic, in order.
    """

    case: dict[str, Any]
    scheme: str
    title: str
    status: str
    case_class: str
    payment: Decimal
    outcome: dict[str, Decimal | str | None]
    steps: tuple[PriceStep, ...]

    def _short(self) -> tuple[str, pl.DataFrame]:
        columns = ("name", "value", "arithmetic")
        rows = [[getattr(step, column) for column in columns] for step in self.steps]
        table = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
        return f"PriceExplanation: {self.payment:,} yuan by {self.scheme}, {self.case_class}", table


def explain_price(
    pricer: Pricer, case: Mapping[str, Any] | Cases, marks: pl.DataFrame, *, language: str = "en"
) -> PriceExplanation:
    """Explain what one grouped case is paid; see ``drg.explain_price``.

    Args:
        pricer: of the scheme.
        case: the case.
        marks: what the other cases show of it, as ``Pricer.marks`` or ``marks_of`` gives it.
        language: of the words.
    """
    check_form("text", language)
    cases = Cases.of(case)
    for name in pricer.required_columns[:3]:
        if name not in cases.binding.columns:
            hint = did_you_mean(name, cases.own_columns)
            problem = Sentence("the case has no {name} ({label})", name=name, label=ALL[name].label_zh)
            fix = hint or Sentence("Give {meaning}", meaning=ALL[name].meaning)
            raise InputError(problem, field=name, fix=fix)
    row = cases.rows.collect()
    given = _given(cases, row)
    frame = cases.read(row, pricer.reads)
    # The marks of a single case would say that nobody came back and nobody is dearer.
    frame = frame.hstack(marks.select(name for name in MARKS if name in marks.columns))
    encoded = pricer.encode(frame)
    outcome = handed_over(pricer.price_batch(frame), "text", language).row(0, named=True)
    one = encoded.joined
    cost = encoded.cases.cost[:1] - one.cost if one else encoded.cases.cost[:1]
    net = cost - encoded.cases.excluded[:1]
    rule, sides = pricer.scheme.tcm, None
    if rule and (rule.uplifts or given.get("drg") in rule.medical_drg) and net[0] >= 0:
        part, whole = shares(rule, frame, net)
        sides = int(part[0]), int(whole[0])
    facts = Facts(
        loaded=pricer.loaded,
        case=given,
        outcome=outcome,
        entry=pricer.book.entry(int(encoded.cases.combination[0])),
        cost=int(cost[0]),
        excluded=int(encoded.cases.excluded[0]),
        days=int(encoded.cases.days[0]),
        kind=given.get("case_kind"),
        readmitted=READMITTED in marks.columns and bool(marks[READMITTED][0]),
        joined=one,
        tcm=sides,
        added=encoded.added,
    )
    return PriceExplanation(
        case=given,
        scheme=pricer.scheme.id,
        title=pricer.scheme.title,
        status=pricer.scheme.status,
        case_class=outcome["case_class"],
        payment=outcome["payment_yuan"],
        outcome=outcome,
        steps=tuple(
            PriceStep(**{name: told(text, language) for name, text in step._asdict().items()})
            for step in _steps(facts)
        ),
    )


def marks_of(scheme: PaymentScheme, *, readmitted: bool, extreme: bool) -> pl.DataFrame:
    """The marks of one case of which it is said whether another stay follows, and whether it is extreme."""
    marks: dict[str, pl.Series] = {EXTREME: pl.Series([extreme and scheme.extreme is not None])}
    if scheme.joins_stays:
        nothing = dict.fromkeys(DTYPE.to_schema(), 0)
        marks[JOINED] = pl.Series([nothing | {"later": readmitted}], dtype=DTYPE)
    else:
        marks[READMITTED] = pl.Series([readmitted and scheme.readmission is not None])
    return pl.DataFrame(marks)


def _steps(facts: Facts) -> Iterator[Step]:
    yield from standard_steps(facts)
    yield class_step(facts)
    yield from payment_steps(facts)
    yield from point_steps(facts)
    yield from surplus_steps(facts)


def _given(cases: Cases, row: pl.DataFrame) -> dict[str, Any]:
    """The fields of a case that are known, as they were read; as text what could not be."""
    names = [name for name in cases.binding.columns if name not in PRICE]
    values = cases.read(row, names).row(0, named=True)
    return {name.removesuffix(UNREAD): value for name, value in values.items() if value is not None}
