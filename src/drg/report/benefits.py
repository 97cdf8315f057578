"""Benefits on the console: schemes, summaries, who pays what of a stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from rich.console import Console
from rich.text import Text

from drg.analysis.benefit_sums import OF_PRICES, BenefitSums
from drg.analysis.benefit_tally import AMOUNTS, PAYERS, BenefitTally
from drg.benefit import BenefitExplanation, BenefitScheme
from drg.columns import ALL
from drg.report.console import say, speed
from drg.report.console_table import show
from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.report.prices import STATUSES_ZH
from drg.words import Both, said

_MOST_REASONS: Final = 20


def print_benefit_schemes(console: Console, schemes: Sequence[BenefitScheme], language: str) -> None:
    """The installed schemes."""
    heads = said("id,title,region,status,valid", language).split(",")
    rows = []
    for scheme in schemes:
        valid = f"{scheme.valid_from or '…'} – {scheme.valid_to or '…'}"
        status = Both(scheme.status, STATUSES_ZH[scheme.status]).to(language)
        is_limited = scheme.valid_from or scheme.valid_to
        rows.append((scheme.id, scheme.title, scheme.region, status, valid if is_limited else "–"))
    show(console, heads, "wttwt", rows)


def warnings(tally: BenefitTally, language: str) -> list[str]:
    """What everybody must see who works with these: once each, with the number of stays."""
    return [
        said("{count:,} of {cases:,} stays: {text}", language, count=count, cases=tally.cases, text=text)
        for text, count in tally.told(language)[:_MOST_REASONS]
    ]


def print_benefits(
    console: Console, tally: BenefitTally, scheme: BenefitScheme, seconds: float, language: str
) -> None:
    """The outcome of a run: who pays how much."""
    of = partial(said, language=language)
    _print_amounts(console, {name: tally.sums[name] for name in AMOUNTS}, language)
    say(console, speed(tally.cases, seconds, language))
    if scheme.status == "illustrative":
        illustrative = Both(ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH)
        say(console, of("{id}: {illustrative}.", id=scheme.id, illustrative=illustrative))


def print_benefit_sums(console: Console, sums: BenefitSums, language: str) -> None:
    """What payers pay to all hospitals together."""
    names = ["total_cost_yuan", *PAYERS, *(OF_PRICES[1:] if sums.is_priced else ())]
    _print_amounts(console, sums.rows.select(names).sum().row(0, named=True), language)
    say(
        console,
        said(
            "{rows:,} rows of hospitals and months: {stays:,} stays, {held:,} of them in no amount.",
            language,
            rows=sums.rows.height,
            stays=sums.rows["stays"].sum(),
            held=sums.held.height,
        ),
    )


def _print_amounts(console: Console, amounts: Mapping[str, Decimal], language: str) -> None:
    """Amounts with their shares of the cost, which is among them."""
    of = partial(said, language=language)
    cost = amounts.get("total_cost_yuan", Decimal(0))
    rows = [
        (ALL[name].label.to(language), f"{amount:,.2f}", _percent(amount, cost))
        for name, amount in amounts.items()
    ]
    heads = (of("item"), of("yuan"), of("share of the cost"))
    show(console, heads, "tnn", rows, title=of("Who pays what"))


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def print_benefit_explanation(console: Console, explanation: BenefitExplanation, language: str) -> None:
    """Who pays what of a stay, after the earlier stays of the year; a line for each number."""
    e = explanation
    status = Both(e.status, STATUSES_ZH[e.status]).to(language)
    title = said("  {scheme}: {title} [{status}]", language, scheme=e.scheme, title=e.title, status=status)
    console.print(Text.assemble((e.case_id, "bold"), title), soft_wrap=True)
    if len(e.stays) > 1:
        _print_earlier(console, e, language)
    stay = e.stay
    heads = said("name,value,arithmetic,where from,source", language).split(",")
    rows = [
        (Both(step.name, step.name_zh).to(language), step.value, step.arithmetic, step.place, step.source)
        for step in stay.steps
    ]
    if rows:
        show(console, heads, "tnttt", rows)
    if stay.outcome["benefit_reason"]:
        say(console, str(stay.outcome["benefit_reason"]))


def _print_earlier(console: Console, explanation: BenefitExplanation, language: str) -> None:
    """The stays of the year before the one that is explained."""
    labels = [ALL[name].label_zh if language == "zh" else name for name in PAYERS]
    rows = [
        (
            stay.case_id or "–",
            "–" if stay.discharge_date is None else f"{stay.discharge_date:%Y-%m-%d}",
            *("–" if stay.outcome[name] is None else f"{stay.outcome[name]:,.2f}" for name in PAYERS),
        )
        for stay in explanation.stays[:-1]
    ]
    of = partial(said, language=language)
    heads = (of("case"), of("discharge"), *labels)
    show(console, heads, "tt" + "n" * len(PAYERS), rows, title=of("Earlier stays of the year"))
