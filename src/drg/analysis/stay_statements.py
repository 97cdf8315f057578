"""What the statements of stays are made of: who pays what of each, and the payment by its group beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

import polars as pl

from drg.analysis.benefit_tally import PAYERS
from drg.benefit import BenefitCalculator, BenefitExplanation, StayBenefits
from drg.benefit.calculator import OTHER_PAYERS
from drg.benefit.explain import explain_stays, read_stays, the_stay
from drg.errors import InputError
from drg.records.cases import Cases
from drg.words import Sentence, told

# How many statements are written at once.
MOST_STAYS: Final = 1_000
_PRICE: Final = ("payment_yuan", "fund_payment_yuan")
_FACTS: Final = (
    *("hospital_id", "los_days", "drg", "drg_name", "case_class", "pricing_reason", "scheme"),
    *_PRICE,
    *PAYERS,
)


@dataclass(frozen=True)
class StayStatement:
    """One stay.

    Attributes:
        facts: what the file says of it: hospital, dates, group, payment.
        explanation: who pays what, after the earlier stays of the year.
    """

    facts: dict[str, Any]
    explanation: BenefitExplanation

    @property
    def case_id(self) -> str:
        """Which stay."""
        return self.explanation.case_id

    @property
    def stay(self) -> StayBenefits:
        """Its benefits."""
        return self.explanation.stay

    @property
    def is_priced(self) -> bool:
        """Whether the file has the payment by its group."""
        return self.facts.get("payment_yuan") is not None

    def yuan(self, name: str) -> Decimal:
        """An amount of the stay: of its benefits, else of the file."""
        outcome = self.stay.outcome
        return Decimal(str(outcome[name] if name in outcome else self.facts[name]))


class NoStatement(NamedTuple):
    """A stay that can have no statement, and why."""

    case_id: str
    reason: str


class StayStatements(NamedTuple):
    """The statements of a file, and the stays that can have none."""

    made: list[StayStatement]
    without: list[NoStatement]


def stay_statements(
    cases: Cases,
    calculator: BenefitCalculator,
    *,
    case_ids: Sequence[str] = (),
    language: str = "zh",
) -> StayStatements:
    """Work out the statements of stays.

    Args:
        cases: with whole years of persons; also those that ``benefits`` and ``price`` gave.
        calculator: of the scheme.
        case_ids: of the stays; none: all of them.
        language: of the words.

    Raises:
        MissingColumnError: if person, day of discharge or cost is absent.
        InputError: there is no such stay, or several, or there are more than ``MOST_STAYS``.
    """
    calculator.check_vital(cases)
    frame = read_stays(cases, _FACTS)
    without: list[NoStatement] = []
    if case_ids:
        places = [the_stay(frame, case_id) for case_id in dict.fromkeys(case_ids)]
    else:
        clear = frame["case_id"].is_unique() & frame["case_id"].is_not_null()
        places = clear.arg_true().to_list()
        text = told(Sentence("its case id is missing or stands for several stays"), language)
        without = [NoStatement(case_id or "–", text) for case_id in frame["case_id"].filter(~clear)]
    if len(places) > MOST_STAYS:
        raise InputError(
            Sentence(
                "there are {count:,} stays, and at most {most:,} statements are written at once",
                count=len(places),
                most=MOST_STAYS,
            ),
            fix=Sentence("Choose stays with --case-id, or part the file by persons"),
        )
    made: list[StayStatement] = []
    facts = frame.select(pl.col(name for name in (*_NAMED, *_FACTS) if name in frame.columns))
    for place, explanation in zip(
        places, explain_stays(frame, places, calculator, language=language), strict=True
    ):
        statement = StayStatement(facts.row(place, named=True), explanation)
        reason = _why_not(statement, calculator.id)
        if reason is None:
            made.append(statement)
        else:
            without.append(NoStatement(statement.case_id, told(reason, language)))
    return StayStatements(made, without)


_NAMED: Final = ("patient_id", "insurance_type", "admission_date", "discharge_date", "total_cost_yuan")


def _why_not(statement: StayStatement, scheme: str) -> str | None:
    """Why a stay can have no statement; None if it can."""
    outcome, facts = statement.stay.outcome, statement.facts
    if outcome["patient_share_yuan"] is None:
        return str(outcome["benefit_reason"])
    if any(facts.get(name, outcome[name]) != outcome[name] for name in PAYERS):
        return Sentence(
            "the file says otherwise who pays what than {scheme} gives with the stays of the file",
            scheme=scheme,
        )
    if statement.is_priced and facts.get("fund_payment_yuan") != fund_payment(statement):
        return Sentence(
            "its fund_payment_yuan is not what patient and other payers leave of payment_yuan: "
            "price what drg benefits wrote"
        )
    return None


def fund_payment(statement: StayStatement) -> Decimal:
    """What the fund pays of the payment by the group."""
    borne = sum((statement.yuan(name) for name in (*OTHER_PAYERS, "patient_share_yuan")), Decimal(0))
    return max(statement.yuan("payment_yuan") - borne, Decimal(0))
