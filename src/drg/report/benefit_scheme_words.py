"""A benefit scheme in words, a sentence for each rule, and three stays worked by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from drg.analysis.benefit_cases import WorkedStay
from drg.benefit.scheme import (
    ASKED,
    AmountTier,
    BenefitScheme,
    Commercial,
    Layer,
    Liability,
    Maternity,
    Newborn,
    Who,
)
from drg.columns import ALL
from drg.payment.step_words import number
from drg.report.benefits import print_benefit_explanation
from drg.report.console import say
from drg.words import Both, Joined, Sentence, told

_KINDS = {
    "ordinary": Sentence("An ordinary stay: the first of the year, of 10,000 yuan."),
    "dear": Sentence("A dear stay: the first of the year, of 200,000 yuan."),
    "late": Sentence(
        "An ordinary stay after a dear one, of a person with aid and a product, if there are any."
    ),
}


def print_benefit_scheme(
    console: Console, scheme: BenefitScheme, stays: Iterable[WorkedStay], language: str
) -> None:
    """What a scheme says, and its worked stays."""
    console.print(Text.assemble((scheme.id, "bold"), f"  {scheme.title}"), soft_wrap=True)
    for sentence in sentences(scheme):
        say(console, "– " + told(sentence, language))
    for stay in stays:
        say(console, "")
        say(console, told(_KINDS[stay.kind], language))
        print_benefit_explanation(console, stay.explanation, language)


def sentences(scheme: BenefitScheme) -> Iterator[str]:
    """A sentence for each rule of a scheme, in the order in which it is applied."""
    for row in scheme.items.class_b:
        yield Sentence("Own share of class B: {share} ({who})", share=number(row.share), who=_who(row))
    assumed = scheme.items.assumed_in_policy_share
    if assumed is None:
        yield Sentence("Stays without amounts by catalogue class are held")
    else:
        yield Sentence(
            "Of stays without amounts by catalogue class, {share} of the cost counts as within policy",
            share=number(assumed),
        )
    for rule in scheme.off_site:
        yield Sentence(
            "Off site ({kind}): the patient first bears {first} of classes A and B, shares are {less} lower",
            kind=value_in_words("off_site", rule.off_site),
            first=number(rule.first_own_share),
            less=number(rule.share_less),
        )
    yield from _basic(scheme)
    if scheme.maternity:
        yield Sentence("Births: {rules}", rules=_special(scheme.maternity))
    if scheme.newborn:
        yield Sentence("Newborns: {rules}", rules=_special(scheme.newborn))
    yield from _layer(Sentence("Critical illness"), scheme.critical)
    yield from _layer(Sentence("Medical aid"), scheme.aid)
    for product in scheme.commercial:
        yield from _product(product)


def _basic(scheme: BenefitScheme) -> Iterator[str]:
    basic = scheme.basic
    by_year = basic.deductible_by == "year"
    for row in basic.deductibles:
        amounts = Joined(", ", [number(yuan) for yuan in row.yuan])
        yield (
            Sentence("Deductible of the year: {yuan} yuan ({who})", yuan=amounts, who=_who(row))
            if by_year
            else Sentence("Deductible by stay of the year: {yuan} yuan ({who})", yuan=amounts, who=_who(row))
        )
    if basic.upward_pays_difference:
        yield Sentence("Referred upward: only the difference to the deductible of the stay before")
    if basic.deductible_a_year_yuan is not None:
        yield Sentence("Deductibles: at most {yuan} yuan a year", yuan=number(basic.deductible_a_year_yuan))
    for share in basic.shares:
        yield (
            Sentence(
                "Basic fund, by the sum of the year: {tiers} ({who})",
                tiers=_tiers(share.tiers),
                who=_who(share),
            )
            if basic.tiers_by == "year"
            else Sentence("Basic fund: {tiers} ({who})", tiers=_tiers(share.tiers), who=_who(share))
        )
    for cap in basic.caps:
        yield Sentence("Basic fund: at most {yuan} yuan a year ({who})", yuan=number(cap.yuan), who=_who(cap))


def _special(rule: Maternity | Newborn) -> str:
    parts = [
        Sentence("with the usual deductible") if rule.deductible_applies else Sentence("without deductible")
    ]
    if rule.share is not None:
        parts.append(Sentence("basic fund {share}", share=number(rule.share)))
    if isinstance(rule, Maternity) and rule.fund_at_most_yuan is not None:
        parts.append(Sentence("at most {yuan} yuan a stay", yuan=number(rule.fund_at_most_yuan)))
    if isinstance(rule, Newborn) and rule.with_mother:
        parts.append(Sentence("among the stays of the mother"))
    return Joined(", ", parts)


def _layer(name: Sentence, layer: Layer | None) -> Iterator[str]:
    if layer is None:
        return
    for row in layer.rows:
        tiers = [_tiers(row.tiers)]
        if row.cap_yuan is not None:
            tiers.append(Sentence("at most {yuan} yuan a year", yuan=number(row.cap_yuan)))
        yield Sentence(
            "{payer}: of what own payments of the year are above {yuan} yuan, {tiers} ({who})",
            payer=name,
            yuan=number(row.threshold_yuan),
            tiers=Joined(", ", tiers),
            who=_who(row),
        )
    counts = [Sentence("the first own share")] if layer.counts_first_own_share else []
    counts += [Sentence("what is above the cap of the basic fund")] if layer.counts_above_cap else []
    if counts:
        yield Sentence("{payer}: own payments include {parts}", payer=name, parts=Joined(", ", counts))


def _product(product: Commercial) -> Iterator[str]:
    kinds: tuple[tuple[Sentence, Liability | None], ...] = (
        (Sentence("within policy"), product.within_policy),
        (Sentence("outside policy"), product.outside_policy),
        (Sentence("special drugs"), product.special_drugs),
    )
    for kind, found in kinds:
        if found is None:
            continue
        tiers = [_tiers(found.tiers)]
        if found.cap_yuan is not None:
            tiers.append(Sentence("at most {yuan} yuan a year", yuan=number(found.cap_yuan)))
        yield Sentence(
            "{product}, {kind}: above {yuan} yuan a year {tiers}",
            product=product.product,
            kind=kind,
            yuan=number(found.deductible_yuan),
            tiers=Joined(", ", tiers),
        )
    if product.cap_yuan is not None:
        yield Sentence(
            "{product}: at most {yuan} yuan a year", product=product.product, yuan=number(product.cap_yuan)
        )


def _tiers(tiers: Sequence[AmountTier]) -> str:
    return Joined(
        ", ",
        [
            number(tier.share)
            if tier.up_to_yuan is None
            else Sentence("{share} up to {yuan} yuan", share=number(tier.share), yuan=number(tier.up_to_yuan))
            for tier in tiers
        ],
    )


def value_in_words(column: str, value: str) -> Both:
    """A value, and the first word that cases have for it."""
    return Both(value, next((word for word, known in ALL[column].words if known == value), value))


def _who(row: Who) -> str:
    """For which stays a row is."""
    parts: list[str] = [
        Sentence(
            "{column} {value}", column=ALL[column].label, value=value_in_words(column, getattr(row, name))
        )
        for name, column in ASKED.items()
        if getattr(row, name) is not None
    ]
    if row.age_at_least is not None:
        parts.append(Sentence("from {age} years on", age=row.age_at_least))
    if row.age_below is not None:
        parts.append(Sentence("below {age} years", age=row.age_below))
    return Joined(", ", parts or [Sentence("all others")])
