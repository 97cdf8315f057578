"""What is on the statement of a stay (医疗费用结算单): its heads, its lines, where people seal and sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drg.analysis.benefit_tally import PAYERS
from drg.analysis.stay_statements import StayStatement, fund_payment
from drg.columns import ALL
from drg.payment.step_words import in_column
from drg.reasons import in_words as reason_in_words
from drg.report.amount_in_capitals import in_capitals
from drg.report.document_names import DocumentNames
from drg.report.statement_book import BLANK, end_lines
from drg.report.statement_cases import in_words
from drg.report.statement_lines import Section
from drg.report.statement_text import Figure, Language, Line
from drg.report.statement_words import words_in
from drg.words import Both, Sentence, said, told

_OTHERS: Final = "other_payers_yuan"
_TO_DATE: Final = (
    *("deductible_to_date_yuan", "counted_own_to_date_yuan", "basic_fund_to_date_yuan"),
    *("critical_illness_to_date_yuan", "medical_aid_to_date_yuan", "commercial_to_date_yuan"),
)
# What readers look for first.
KEY_LINES: Final = ("total_cost_yuan", "patient_share_yuan", "fund_payment_yuan")


def label_of(name: str, language: str) -> str:
    """What a column of a stay is called on documents."""
    return ALL[name].label_zh if language == "zh" else name.removesuffix("_yuan").replace("_", " ")


@dataclass(frozen=True)
class StayDocument:
    """What is on a statement, in words.

    Attributes:
        title: with the hospital, as far as it is known.
        heads: what the statement says of itself and of the stay.
        warnings: what nobody may overlook.
        capitals: amounts in Chinese capitals.
        sections: its lines.
        ends: where people seal and sign.
    """

    title: str
    heads: list[str]
    warnings: list[str]
    capitals: list[tuple[str, str]]
    sections: list[Section]
    ends: tuple[list[str], list[str]]


def document(statement: StayStatement, names: DocumentNames, language: Language) -> StayDocument:
    """The statement of a stay in words."""
    words, facts, explanation = words_in(language), statement.facts, statement.explanation
    hospital = facts.get("hospital_id") or ""
    title = said("Statement of a stay", language)
    seals, signatures = end_lines(words, names, hospital)
    patient = said("patient or family (signature)", language)
    warnings = [str(statement.stay.outcome["benefit_reason"] or "")]
    if explanation.status == "illustrative":
        warnings.append(words.illustrative)
    return StayDocument(
        title=f"{title}  {names.with_id(hospital, language)}".strip(),
        heads=list(_heads(statement, names, language)),
        warnings=[text for text in warnings if text],
        capitals=_capitals(statement, language),
        sections=list(_sections(statement, language)),
        ends=([*seals, f"{patient}{words.colon}{BLANK}"], signatures),
    )


def _heads(statement: StayStatement, names: DocumentNames, language: Language) -> Iterator[str]:
    words, facts, explanation = words_in(language), statement.facts, statement.explanation
    insurance = facts.get("insurance_type") or ""
    number = names.number(facts.get("hospital_id") or "", statement.case_id)
    days = [facts.get(name) for name in ("admission_date", "discharge_date")]
    of_stay: tuple[tuple[str, str], ...] = (
        (words.number, number),
        (words.bureau, names.bureau),
        (label_of("case_id", language), statement.case_id),
        (label_of("patient_id", language), facts["patient_id"] or ""),
        (label_of("insurance_type", language), words.insurances.get(insurance, insurance)),
        (said("admission to discharge", language), " – ".join(f"{day:%Y-%m-%d}" for day in days if day)),
        (said("benefit scheme", language), f"{explanation.scheme}  {explanation.title}"),
    )
    yield from (f"{what}{words.colon}{text}" for what, text in of_stay if text)
    yield words.unit


def _capitals(statement: StayStatement, language: Language) -> list[tuple[str, str]]:
    """What the stay cost, and what each payer pays of it, in Chinese."""
    if language != "zh":
        return []
    amounts = [(name, statement.yuan(name)) for name in ("total_cost_yuan", *PAYERS)]
    return [(f"{ALL[name].label_zh}（大写）", in_capitals(amount)) for name, amount in amounts if amount]


def _sections(statement: StayStatement, language: Language) -> Iterator[Section]:
    outcome = statement.stay.outcome
    yield Section(said("Who pays what", language), tuple(_payers(statement, language)))
    steps = tuple(
        Line(
            name=step.name,
            label=Both(step.name, step.name_zh).to(language),
            figure=Figure(Decimal(step.value.replace(",", ""))),
            words=step.arithmetic,
            rule=step.place,
            source=step.source,
        )
        for step in statement.stay.steps
    )
    yield Section(said("How it comes about", language), steps)
    earlier = tuple(_earlier(statement))
    if earlier:
        yield Section(said("Earlier stays of the year: what the patient bears", language), earlier)
    number = Line(
        "stay_in_year", label_of("stay_in_year", language), Figure(outcome["stay_in_year"], "count")
    )
    to_date = (Line(name, label_of(name, language), Figure(outcome[name])) for name in _TO_DATE)
    yield Section(said("The year up to this stay", language), (number, *to_date))
    if "payment_yuan" in statement.facts:
        yield Section(said("Payment by group", language), tuple(_payment(statement, language)))


def _payers(statement: StayStatement, language: Language) -> Iterator[Line]:
    cost = statement.yuan("total_cost_yuan")
    for name in PAYERS:
        amount = statement.yuan(name)
        share = f"{amount / cost:.2%}" if cost else ""
        yield Line(name, label_of(name, language), Figure(amount), words=share)
    formula = "+".join(f"{{{name}}}" for name in PAYERS)
    total = sum((statement.yuan(name) for name in PAYERS), Decimal(0))
    yield Line("total_cost_yuan", label_of("total_cost_yuan", language), Figure(total), formula=formula)


def _earlier(statement: StayStatement) -> Iterator[Line]:
    for stay in statement.explanation.stays[:-1]:
        day = "–" if stay.discharge_date is None else f"{stay.discharge_date:%Y-%m-%d}"
        reason = str(stay.outcome["benefit_reason"] or "")
        yield Line(
            "", f"{stay.case_id or '–'}  {day}", Figure(stay.outcome["patient_share_yuan"]), rule=reason
        )


def _payment(statement: StayStatement, language: Language) -> Iterator[Line]:
    facts = statement.facts
    group = " ".join(str(facts[name]) for name in ("drg", "drg_name") if facts.get(name))
    case_class = facts.get("case_class")
    if case_class:
        group = f"{group}  {in_words('case_class', case_class, language)}".strip()
    rule = told(Sentence("scheme {id}", id=facts.get("scheme") or "–"), language)
    reason = reason_in_words(facts.get("pricing_reason") or "", language)
    if not statement.is_priced:
        yield Line("payment_yuan", label_of("payment_yuan", language), Figure(None), group, rule=reason)
        return
    payment = statement.yuan("payment_yuan")
    yield Line(
        "payment_yuan",
        label_of("payment_yuan", language),
        Figure(payment),
        group,
        rule=rule,
        source=reason,
    )
    others, fund = statement.yuan(_OTHERS), fund_payment(statement)
    beside = "+".join(f"{{{name}}}" for name in PAYERS[1:-1])
    yield Line(_OTHERS, label_of(_OTHERS, language), Figure(others), formula=beside)
    parts = [payment, statement.yuan("patient_share_yuan"), others]
    yield Line(
        "fund_payment_yuan",
        label_of("fund_payment_yuan", language),
        Figure(fund),
        told(Sentence("payment less what the patient and other payers bear, at least 0"), language),
        " − ".join(f"{part:,.2f}" for part in parts),
        f"MAX({{payment_yuan}}-{{patient_share_yuan}}-{{{_OTHERS}}},0)",
        rule=told(in_column("fund_payment_yuan"), language),
    )
    basic = statement.yuan("basic_fund_yuan")
    yield Line(
        "difference",
        said("fund payment less basic fund by item", language),
        Figure(fund - basic),
        numbers=f"{fund:,.2f} − {basic:,.2f}",
        formula="{fund_payment_yuan}-{basic_fund_yuan}",
    )
