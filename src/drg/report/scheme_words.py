"""A payment scheme in words, a sentence for each rule, and what it pays for three cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from drg.analysis.scheme_cases import WorkedCase
from drg.payment.group_rules import TcmUplift
from drg.payment.high_rules import High, Tier
from drg.payment.load_scheme import LoadedScheme
from drg.payment.outside_rules import Outside
from drg.payment.scheme import ByStatus, Low, PaymentScheme
from drg.payment.step_words import number, of_rate
from drg.report.console import say
from drg.report.prices import print_price_explanation
from drg.report.scheme_settlement_words import settlement_sentences
from drg.report.scheme_words_beside import addition_words, points_for_words
from drg.words import Both, Joined, Sentence, categories, told


def print_scheme(
    console: Console, loaded: LoadedScheme, groups: int, cases: Iterable[WorkedCase], language: str
) -> None:
    """What a scheme says, and its worked cases.

    Args:
        console: where to.
        loaded: the scheme.
        groups: how many groups its version has; 0 if that is not installed.
        cases: worked by it.
        language: of the words.
    """
    scheme = loaded.scheme
    console.print(Text.assemble((scheme.id, "bold"), f"  {scheme.title}"), soft_wrap=True)
    for sentence in sentences(loaded, groups):
        say(console, "– " + told(sentence, language))
    for case in cases:
        say(console, "")
        say(console, told(_KINDS[case.kind], language))
        print_price_explanation(console, case.explanation, language)


_KINDS = {
    "usual": Sentence("An ordinary case: it costs 0.9 × the standard."),
    "dear": Sentence(
        "A dear case: it costs 1.5 × what would make it a high-cost case, or 1.5 × the standard."
    ),
    "cheap": Sentence(
        "A cheap case: it costs half of what would make it a low-cost case, or half the standard."
    ),
}


def sentences(loaded: LoadedScheme, groups: int) -> Iterator[str]:
    """A sentence for each rule of a scheme, in the order in which it is applied."""
    scheme = loaded.scheme
    if loaded.weights:
        yield from _weights(loaded, groups)
    yield from _rates(scheme)
    yield from _amounts(scheme)
    yield from _coefficients(scheme)
    yield from _incentive(scheme)
    for rule in scheme.outside:
        yield _outside(rule)
    if scheme.high:
        yield from _high(scheme.high)
    if scheme.extreme:
        yield Sentence("The dearest {share} % are paid by item", share=number(scheme.extreme.top_share * 100))
    if scheme.low:
        low = scheme.low
        yield Sentence(
            "Low cost: below {threshold} × the {reference}; paid cost × {factor}",
            threshold=number(low.threshold),
            reference=_REFERENCES[low.reference],
            factor=_low_factors(low),
        )
    yield from _others(scheme)
    yield from points_for_words(scheme)


def _high(high: High) -> Iterator[str]:
    """A sentence for all tiers, or one for each where they are paid by different formulas."""
    reference = _REFERENCES[high.reference]
    tiers = high.whole_tiers
    if len({(tier.formula, tier.fund_share) for tier in tiers}) == 1:
        limits = (
            Sentence(
                "{threshold} (weights below {below})",
                threshold=number(t.threshold),
                below=number(t.weight_below),
            )
            if t.weight_below
            else number(t.threshold)
            for t in tiers
        )
        yield Sentence(
            "High cost: above {tiers} × the {reference}; paid by {formula}",
            tiers=Joined(", ", limits),
            reference=reference,
            formula=_formula(tiers[0]),
        )
        return
    for tier in tiers:
        yield Sentence(
            "High cost, {weights}: above {threshold} × the {reference}; paid by {formula}",
            weights=Sentence("weights below {below}", below=number(tier.weight_below))
            if tier.weight_below
            else Sentence("other weights"),
            threshold=number(tier.threshold),
            reference=reference,
            formula=_formula(tier),
        )


def _formula(tier: Tier) -> str:
    if tier.formula == "linear_add" and tier.fund_share and tier.fund_share < 1:
        return Sentence("standard and {share} of what is beyond the threshold", share=number(tier.fund_share))
    return _FORMULAS[str(tier.formula)]


def _low_factors(low: Low) -> str:
    others = (
        Sentence("yuan per unit of weight ÷ regional mean")
        if isinstance(low.factor, str)
        else number(low.factor)
    )
    if not low.factors:
        return others
    named = (
        Sentence("{factor} (insurance {id})", factor=number(row.factor), id=row.insurance)
        for row in low.factors
    )
    return Joined(", ", (*named, Sentence("{factor} (others)", factor=others)))


_REFERENCES = {
    "standard": Sentence("standard of the case"),
    "mean": Sentence("mean cost of the group"),
    "lower_of_two": Sentence("standard of the case or the mean cost of the group, whichever is lower"),
}
_FORMULAS = {
    "linear_add": Sentence("standard and what is beyond the threshold"),
    "deduct": Sentence("cost less what is between the standard and the threshold"),
    "cap": Sentence("threshold × standard"),
    "by_item": Sentence("item: what it cost"),
}
_PAYS = {
    "by_item": Sentence("paid by item"),
    "nothing": Sentence("paid nothing"),
    "not_known": Sentence("held, as nobody said what they are paid"),
}


def _weights(loaded: LoadedScheme, groups: int) -> Iterator[str]:
    weights = sorted(loaded.weights.values(), key=lambda one: (one.relative_weight, one.drg))
    least, most = weights[0], weights[-1]
    codes = {one.drg for one in weights}
    yield Sentence(
        "Weights of {count:,} groups of {grouper}, from {least} ({least_drg}) to {most} ({most_drg})",
        count=len(codes),
        grouper=loaded.scheme.grouper,
        least=number(least.relative_weight),
        least_drg=least.drg,
        most=number(most.relative_weight),
        most_drg=most.drg,
    )
    if levels := sorted({one.level for one in weights if one.level}):
        yield Sentence("Some weights are for hospital levels: {levels}", levels=Joined(", ", levels))
    if groups > len(codes):
        yield Sentence("{count:,} groups of the version have no weight", count=groups - len(codes))


def _rates(scheme: PaymentScheme) -> Iterator[str]:
    points = scheme.method.kind == "points"
    for rate in scheme.rates:
        place = of_rate(rate)
        if points:
            yield Sentence(
                "Value of a point: {value} yuan, {scale} points for a weight of 1 ({place})",
                value=number(rate.value_yuan),
                scale=number(scheme.method.scale or Decimal(1)),
                place=place,
            )
        else:
            yield Sentence(
                "Rate: {value} yuan for a weight of 1 ({place})", value=number(rate.value_yuan), place=place
            )


def _amounts(scheme: PaymentScheme) -> Iterator[str]:
    if scheme.amounts is None:
        return
    amounts = sorted(scheme.amounts.rows, key=lambda row: (row.amount_yuan, row.drg))
    least, most = amounts[0], amounts[-1]
    yield Sentence(
        "{count:,} groups are paid an amount, from {least} yuan ({least_drg}) to {most} yuan ({most_drg})",
        count=len({row.drg for row in amounts}),
        least=number(least.amount_yuan),
        least_drg=least.drg,
        most=number(most.amount_yuan),
        most_drg=most.drg,
    )
    if levels := sorted({row.level for row in amounts if row.level}):
        yield Sentence("Some amounts are for hospital levels: {levels}", levels=Joined(", ", levels))
    if insurances := sorted({row.insurance for row in amounts if row.insurance}):
        yield Sentence("Some amounts are for insurances: {insurances}", insurances=Joined(", ", insurances))
    if any(row.valid_from or row.valid_to for row in amounts):
        yield Sentence("Some amounts hold for discharges of certain days only")


def _coefficients(scheme: PaymentScheme) -> Iterator[str]:
    found = scheme.coefficients
    if found is None:
        return
    default = found.default
    if isinstance(default, str):
        yield Sentence("Coefficients of hospitals are not known: cases bring their own, or are held")
    else:
        yield Sentence("Coefficient: {value} where no other is named", value=number(default))
    if found.rows:
        values = [row.value for row in found.rows]
        yield Sentence(
            "{count:,} coefficients of hospitals, levels or groups, from {least} to {most}",
            count=len(values),
            least=number(min(values)),
            most=number(max(values)),
        )
        if any(row.valid_from or row.valid_to for row in found.rows):
            yield Sentence("Some of these coefficients hold for discharges of certain days only")
    if found.base_groups:
        yield Sentence("{count:,} base groups are paid the same everywhere", count=len(found.base_groups))


def _incentive(scheme: PaymentScheme) -> Iterator[str]:
    found = scheme.incentive
    if found is None:
        return
    if found.bands:
        bands = (
            Sentence(
                "{coefficient} (from {ratio})",
                coefficient=number(band.coefficient),
                ratio=number(band.cmi_ratio_at_least),
            )
            for band in found.bands
        )
        yield Sentence(
            "Incentive coefficient by CMI ÷ mean CMI of the level: {bands}", bands=Joined(", ", bands)
        )
    if found.rows:
        values = [row.coefficient for row in found.rows]
        yield Sentence(
            "{count:,} hospitals have an incentive coefficient, from {least} to {most}",
            count=len({row.hospital for row in found.rows}),
            least=number(min(values)),
            most=number(max(values)),
        )
    if isinstance(found.default, str):
        yield Sentence("Cases of hospitals without an incentive coefficient are held")
    else:
        yield Sentence(
            "Incentive coefficient of other hospitals: {coefficient}", coefficient=number(found.default)
        )


def _outside(rule: Outside) -> str:
    which = (
        [Sentence("stays of at most {days} days", days=rule.los_days_at_most)]
        if rule.los_days_at_most is not None
        else []
    )
    which += (
        [Sentence("stays of {days} days or more", days=rule.los_days_at_least)]
        if rule.los_days_at_least is not None
        else []
    )
    which += [Sentence("case_kind is {kind}", kind=rule.case_kind)] if rule.case_kind else []
    which += [Sentence("{count:,} groups", count=len(rule.drgs))] if rule.drgs else []
    which += [Sentence("insurance {id}", id=rule.insurance)] if rule.insurance else []
    which += [Sentence("level {level}", level=rule.level)] if rule.level else []
    name = Both(rule.case_class, categories("case_class", "zh")[rule.case_class])
    pays = _PAYS.get(rule.pays)
    if rule.price_yuan is not None:
        price = number(rule.price_yuan)
        pays = (
            Sentence("paid {price} yuan a day", price=price)
            if rule.pays == "per_day"
            else Sentence("paid {price} yuan a case", price=price)
        )
    if rule.pays == "share" and rule.share is not None:
        pays = Sentence("paid {share} of their cost", share=number(rule.share))
    elif rule.share is not None:
        pays = Sentence("paid {share} × the standard of their group", share=number(rule.share))
    if rule.stages:
        *first, last = rule.stages
        steps = (
            Sentence(
                "{price} yuan a day up to day {day}",
                price=number(stage.price_yuan),
                day=stage.up_to_day,
            )
            for stage in first
        )
        price = number(last.price_yuan)
        rest = (
            Sentence("{price} yuan a day from then on", price=price)
            if first
            else Sentence("{price} yuan a day", price=price)
        )
        pays = Joined("", (Sentence("paid by day: "), Joined(", ", (*steps, rest))))
    return Sentence(
        "Outside payment by group: {name} ({which}), {pays}",
        name=name,
        which=Joined(", ", which),
        pays=pays,
    )


def _others(scheme: PaymentScheme) -> Iterator[str]:
    if scheme.excluded_items:
        yield Sentence(
            "Excluded items are taken out of the cost and paid × {share}",
            share=number(scheme.excluded_items.share),
        )
    for addition in scheme.additions:
        yield addition_words(addition)
    if scheme.incomplete:
        yield Sentence("Broken-off treatments are paid in proportion to their cost")
    if cut := scheme.readmission:
        text = Sentence(
            "A stay that is followed by another in the same hospital and group within {days} days: standard "
            "× {factor}",
            days=cut.days,
            factor=number(cut.cut),
        )
        if scheme.joins_stays:
            text = Sentence(
                "A stay that is followed by another in the same hospital and group within {days} days: both "
                "are judged together and paid one standard, with the later one",
                days=cut.days,
            )
        yield text
    if scheme.tcm and scheme.tcm.share_below is not None:
        yield Sentence(
            "{count:,} groups of traditional medicine are paid as medical ones below a share of {share}",
            count=len(scheme.tcm.medical_drg),
            share=number(scheme.tcm.share_below),
        )
    for row in scheme.tcm.uplifts if scheme.tcm else ():
        yield _uplift(row)
    for name, what in (
        ("ungrouped", Sentence("Cases without a group")),
        ("ambiguous", Sentence("Ambiguous cases (QY)")),
        ("unweighted", Sentence("Cases whose group has no weight")),
    ):
        yield Sentence("{cases}: {pays}", cases=what, pays=_of_status(getattr(scheme, name)))
    if scheme.settlement is None:
        yield Sentence("There are no rules of settlement: a hospital keeps its surplus and bears its overrun")
    else:
        yield from settlement_sentences(scheme.settlement)


def _uplift(row: TcmUplift) -> str:
    which = [Sentence("{count:,} groups", count=len(row.drgs))] if row.drgs else []
    which += [Sentence("{count:,} hospitals", count=len(row.hospitals))] if row.hospitals else []
    if row.share_at_least is not None:
        which.append(Sentence("a share of {share} or more", share=number(row.share_at_least)))
    return Sentence(
        "Traditional medicine: coefficients × {coefficient} ({which})",
        coefficient=number(row.coefficient),
        which=Joined(", ", which),
    )


def _of_status(rule: ByStatus) -> str:
    if rule.pays == "share":
        return Sentence("paid {share} of their cost", share=number(rule.share or Decimal(0)))
    return _PAYS[rule.pays]
