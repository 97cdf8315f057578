"""The rules of settlement of a scheme in words: those that are of some hospitals or patients only."""

from __future__ import annotations

from collections.abc import Iterator

from drg.payment.hospital_groups import hospitals_of
from drg.payment.settlement_rules import Budget, SettlementRules
from drg.payment.step_words import number
from drg.settlement.review_quotas import as_percent
from drg.words import Joined, Sentence


def settlement_sentences(rules: SettlementRules) -> Iterator[Sentence]:
    """Which rules there are, and a sentence for each that is of some hospitals or patients only."""
    beside = ("source", "months_by", "hospital_groups")
    parts = [name for name in type(rules).model_fields if name not in beside and getattr(rules, name)]
    yield Sentence("Rules of settlement: {parts}", parts=Joined(", ", parts) or "–")
    for budget in rules.budgets:
        yield from _of_budget(budget, rules)
    if rules.special and rules.special.shares:
        quotas = (
            Sentence("level {level}: {percent}", level=level, percent=as_percent(share))
            for level, share in rules.special.shares.items()
        )
        yield Sentence(
            "Quota of special cases, of the discharges paid by group: {quotas}", quotas=Joined("; ", quotas)
        )
    if rules.off_site and rules.off_site.in_province:
        yield Sentence(
            "Patients from elsewhere in the province are settled apart: areas that begin with {areas}",
            areas=Joined(", ", rules.off_site.in_province.areas_begin_with),
        )


def _of_budget(budget: Budget, rules: SettlementRules) -> Iterator[Sentence]:
    if budget.hospital_group:
        hospitals = hospitals_of(budget.hospital_group, budget.year, rules.hospital_groups)
        yield Sentence(
            "Budget of {year} for {group}: {count:,} hospitals",
            year=budget.year,
            group=budget.hospital_group,
            count=len(hospitals),
        )
    if budget.reserve_covers == "overruns":
        rest = (
            Sentence("is carried over")
            if budget.reserve_rest == "carried_over"
            else Sentence("stays in the fund")
        )
        yield Sentence(
            "The reserve of {year}, budget × {share}, pays the fund's share of overruns; the rest {rest}",
            year=budget.year,
            share=number(budget.reserve_share),
            rest=rest,
        )
