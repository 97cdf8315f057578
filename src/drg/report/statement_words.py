"""The words around the figures of a statement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.report.statement_text import Language
from drg.words import Both, Sentence, told


@dataclass(frozen=True)
class Words:
    """What is written where."""

    title: str
    sheet: str
    scheme: str
    made: str
    until: str
    unit: str
    illustrative: str
    heads: tuple[str, ...]
    insurances: dict[str, str]
    spans: dict[str, str]
    checks: str
    check: str
    check_lines: tuple[str, str, str]
    all_insurances: str
    forecast: str
    departments: str
    not_given: str
    groups: str
    classes: str
    months: str
    month_note: str
    month: str
    balance_title: str
    balance_note: str
    carried_in: str
    carried_out: str
    change_title: str
    against: tuple[tuple[int, str, str], ...]
    total: str
    clearing: str
    findings: str
    finding_heads: tuple[tuple[str, float], ...]
    no_findings: str
    cases_elsewhere: str
    number: str
    bureau: str
    seals: tuple[str, str]
    signatures: tuple[str, str, str]
    colon: str


_WORDS: Final = Words(
    title=Sentence("DRG settlement statement"),
    sheet=Sentence("statement"),
    scheme=Sentence("scheme"),
    made=Sentence("made"),
    until=Sentence("data until"),
    unit=Sentence("amounts in yuan"),
    illustrative=Both(f"{ILLUSTRATIVE_EN}.", f"{ILLUSTRATIVE_ZH}。"),
    heads=(
        Sentence("line"),
        Sentence("item"),
        Sentence("amount"),
        Sentence("arithmetic"),
        Sentence("with the figures"),
        Sentence("rule of the scheme"),
        Sentence("source"),
    ),
    insurances={"310": Sentence("310 employees"), "390": Sentence("390 residents")},
    spans={
        "year": Sentence("{period}, cleared", period="{}"),
        "year_to_date": Sentence("until {period} (not cleared)", period="{}"),
    },
    checks=Sentence("Checks (every difference must be 0.00)"),
    check=Sentence("check: difference"),
    check_lines=(
        Sentence("totals of the case table − settlement (item by item: sheet classes)"),
        Sentence("sum of the months − settled to date (item by item: sheet months)"),
        Sentence("cost in the case table − settled cost, month by month (sheet months)"),
    ),
    forecast=Sentence("Forecast of the year (at the pace of the months so far; for information)"),
    all_insurances=Sentence("All insurances together"),
    departments=Sentence("departments"),
    not_given=Sentence("not given"),
    groups=Sentence("groups"),
    classes=Sentence("By case class"),
    months=Sentence("Months"),
    month_note=Sentence(
        "A month is the year to date less that of the month before; "
        "sharing and limits are worked out on the year to date."
    ),
    month=Sentence("month"),
    balance_title=Sentence("Balance carried over, month by month"),
    balance_note=Sentence(
        "Above zero: owed to the hospital; below zero: owed by it. Payments stand in the month that they are "
        "for; the first month begins with what earlier years have left."
    ),
    carried_in=Sentence("balance before"),
    carried_out=Sentence("balance after"),
    change_title=Sentence("Months beside earlier ones"),
    against=(
        (1, Sentence("month before"), Sentence("change on the month before")),
        (12, Sentence("same month of last year"), Sentence("change on last year")),
    ),
    total=Sentence("total"),
    clearing=Sentence("by clearing"),
    findings=Sentence("findings"),
    finding_heads=(
        (Sentence("severity"), 10.0),
        (Sentence("rule"), 24.0),
        (Sentence("insurance"), 10.0),
        (Sentence("period"), 10.0),
        (Sentence("case"), 16.0),
        (Sentence("message"), 60.0),
        (Sentence("fix"), 60.0),
    ),
    no_findings=Sentence("none"),
    cases_elsewhere=Sentence("The cases are in the workbook of the same name."),
    number=Sentence("number"),
    bureau=Sentence("bureau"),
    seals=(Sentence("bureau (seal)"), Sentence("hospital (seal)")),
    signatures=(Sentence("handled by"), Sentence("checked by"), Sentence("date")),
    colon=Sentence(": "),
)


@cache
def words_in(language: Language) -> Words:
    """The words of a language."""
    return Words(**{name: _in(words, language) for name, words in vars(_WORDS).items()})


def _in(words: Any, language: Language) -> Any:
    if isinstance(words, tuple):
        return tuple(_in(part, language) for part in words)
    if isinstance(words, dict):
        return {name: told(part, language) for name, part in words.items()}
    return told(words, language)
