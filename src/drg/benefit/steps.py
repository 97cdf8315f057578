"""The lines of an explanation of benefits: what is multiplied with what, and where each number is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drg.benefit import kernels as k
from drg.benefit.book import basic_tiers, deductibles, fen_of, share_less
from drg.benefit.kinds_of_stay import UP, Entry
from drg.benefit.scheme import AmountTier, BenefitScheme, LayerRow, Liability
from drg.payment.step_facts import Step
from drg.payment.step_words import in_column, in_scheme, in_scheme_row, money, number
from drg.words import Joined, Sentence

_CLASSES: Final = ("class_a_cost_yuan", "class_b_cost_yuan", "self_paid_cost_yuan", "above_limit_cost_yuan")


@dataclass(frozen=True)
class StayFacts:
    """All that the lines are made of.

    Attributes:
        scheme: with its rules.
        entry: what it says of stays of this kind.
        classes: the cost by class A, B, self-paid, above limits, in fen, as it counted.
        out: what the loop made of the stay.
        assumed: whether the classes were not given, and are what the scheme assumes.
        earlier: what it made of the person's earlier stays of the year.
    """

    scheme: BenefitScheme
    entry: Entry
    classes: Sequence[int]
    out: Sequence[int]
    earlier: Sequence[Sequence[int]]
    assumed: bool = False

    @property
    def before(self) -> Sequence[int]:
        """What the loop made of the stay before; all 0 of the first."""
        return self.earlier[-1] if self.earlier else [0] * k.OUT_WIDTH


def steps(facts: StayFacts) -> Iterator[Step]:
    """The lines of one stay, in order."""
    yield from _classes(facts)
    yield _deductible(facts)
    yield from _basic(facts)
    yield from _critical_and_aid(facts)
    yield from _commercial(facts)
    yield _patient(facts)


def _sum(parts: Sequence[int]) -> str:
    return " + ".join(money(part) for part in parts)


def _classes(facts: StayFacts) -> Iterator[Step]:
    scheme, out, entry = facts.scheme, facts.out, facts.entry
    class_a, class_b, self_paid, above_limit = facts.classes
    columns = Joined(", ", [in_column(name) for name in _CLASSES])
    cost = money(sum(facts.classes))
    if facts.assumed:
        yield Step("cost", "住院总费用", cost, place=in_column("total_cost_yuan"))
        text = f"{cost} × {number(scheme.items.assumed_in_policy_share or Decimal(0))}"
        where: str = in_scheme("items")
        yield Step("taken as class A", "视为甲类费用", money(class_a), text, where, scheme.items.source)
    else:
        yield Step("cost", "住院总费用", cost, _sum(facts.classes), columns)
    assert entry.class_b is not None
    place, row = entry.class_b
    arithmetic: str = f"{money(class_b)} × {number(row.share)}"
    away = entry.off_site
    if away is not None and away.first_own_share:
        arithmetic = Sentence(
            "{of_b}, then {share} of what is left of classes A and B",
            of_b=arithmetic,
            share=number(away.first_own_share),
        )
    where = in_scheme_row("items.class_b", place - 1)
    yield Step("first own share", "先行自付", money(out[k.FIRST_OWN]), arithmetic, where, scheme.items.source)
    arithmetic = f"{money(class_a)} + {money(class_b)} − {money(out[k.FIRST_OWN])}"
    yield Step("within policy", "政策范围内费用", money(out[k.IN_POLICY]), arithmetic)
    arithmetic = _sum((self_paid, above_limit))
    yield Step("outside policy", "政策范围外费用", money(out[k.OUTSIDE_POLICY]), arithmetic)


def _deductible(facts: StayFacts) -> Step:
    scheme, out, entry, basic = facts.scheme, facts.out, facts.entry, facts.scheme.basic
    assert entry.deductible is not None
    standard, charged = out[k.STANDARD], facts.before[k.DEDUCTIBLE_TO_DATE]
    parts: list[str] = [
        Sentence("stay {number} of the year: {standard}", number=out[k.NUMBER], standard=money(standard))
    ]
    if deductibles(scheme, entry) != entry.deductible[1].yuan:
        parts = [Sentence("no deductible for such a stay")]
    if basic.upward_pays_difference and entry.kind.referral == UP:
        parts.append(
            Sentence(
                "referred upward: less {before} of the stay before", before=money(facts.before[k.STANDARD])
            )
        )
    if basic.deductible_by == "year":
        parts.append(Sentence("less {charged} charged in the year", charged=money(charged)))
    if basic.deductible_a_year_yuan is not None:
        left = max(fen_of(basic.deductible_a_year_yuan) - charged, 0)
        parts.append(Sentence("at most {left} in the rest of the year", left=money(left)))
    parts.append(Sentence("at most the {amount} within policy", amount=money(out[k.IN_POLICY])))
    where = in_scheme_row("basic.deductibles", entry.deductible[0] - 1)
    value = money(out[k.DEDUCTIBLE])
    return Step("deductible", "本次起付金额", value, Joined("; ", parts), where, basic.source)


def _tiers(tiers: Sequence[AmountTier], start: int, end: int, less: Decimal = Decimal(0)) -> str:
    """The part of an amount in each tier, and its share."""
    parts, low = [], 0
    for tier in tiers:
        high = k.UNLIMITED if tier.up_to_yuan is None else fen_of(tier.up_to_yuan)
        part = min(end, high) - max(start, low)
        if part > 0:
            parts.append(f"{money(part)} × {number(max(tier.share - less, Decimal(0)))}")
        low = high
    return " + ".join(parts) or "0"


def _basic(facts: StayFacts) -> Iterator[Step]:
    scheme, out, entry = facts.scheme, facts.out, facts.entry
    assert entry.share is not None
    base = out[k.IN_POLICY] - out[k.DEDUCTIBLE]
    arithmetic = f"{money(out[k.IN_POLICY])} − {money(out[k.DEDUCTIBLE])}"
    yield Step("above the deductible", "起付线以上金额", money(base), arithmetic)
    start = out[k.BASIC_BEFORE]
    text: str = _tiers(basic_tiers(scheme, entry), start, start + base, share_less(entry))
    if out[k.BASIC] < out[k.BASIC_UNCAPPED]:
        text = Sentence(
            "{arithmetic} = {uncapped}; cut to what the caps leave",
            arithmetic=text,
            uncapped=money(out[k.BASIC_UNCAPPED]),
        )
    where, source = in_scheme_row("basic.shares", entry.share[0] - 1), scheme.basic.source
    if entry.is_newborn and scheme.newborn is not None and scheme.newborn.share is not None:
        where, source = in_scheme("newborn"), scheme.newborn.source
    elif entry.is_birth and scheme.maternity is not None and scheme.maternity.share is not None:
        where, source = in_scheme("maternity"), scheme.maternity.source
    yield Step("basic fund", "基本医保统筹支付", money(out[k.BASIC]), text, where, source)


def _above(
    row: LayerRow | Liability, threshold: Decimal, out: Sequence[int], at: int, paid_before: int
) -> str:
    """What is paid of an amount: its part above the threshold by tiers, and the cap.

    Args:
        row: of the scheme.
        threshold: of the row, in yuan.
        out: of the loop.
        at: the column of the amount; beside it what the year had before, and what is paid.
        paid_before: by this payer in the year.
    """
    begin = fen_of(threshold)
    start, end = max(out[at + 1], begin), max(out[at + 1] + out[at], begin)
    text: str = Sentence(
        "the year goes from {before} to {after}, above {threshold}: {arithmetic}",
        before=money(out[at + 1]),
        after=money(out[at + 1] + out[at]),
        threshold=money(begin),
        arithmetic=_tiers(row.tiers, start, end),
    )
    if row.cap_yuan is not None:
        left = max(fen_of(row.cap_yuan) - paid_before, 0)
        text = Joined("; ", (text, Sentence("at most {left} in the rest of the year", left=money(left))))
    return text


def _own(facts: StayFacts, *, first: bool, above: bool, critical: int = 0) -> str:
    """What is left within policy for a payer."""
    out = facts.out
    text = f"{money(out[k.IN_POLICY])} − {money(out[k.BASIC_UNCAPPED])}"
    if above and out[k.BASIC_UNCAPPED] > out[k.BASIC]:
        text += f" + {money(out[k.BASIC_UNCAPPED] - out[k.BASIC])}"
    if first and out[k.FIRST_OWN]:
        text += f" + {money(out[k.FIRST_OWN])}"
    return text + (f" − {money(critical)}" if critical else "")


def _critical_and_aid(facts: StayFacts) -> Iterator[Step]:
    scheme, out, entry = facts.scheme, facts.out, facts.entry
    if scheme.critical is not None:
        layer = scheme.critical
        text = _own(facts, first=layer.counts_first_own_share, above=layer.counts_above_cap)
        where = in_scheme("critical")
        value = money(out[k.CRITICAL_COUNTED])
        yield Step("counted own payments", "合规自付", value, text, where, layer.source)
        if entry.critical is not None:
            place, row = entry.critical
            before = facts.before[k.CRITICAL_TO_DATE]
            text = _above(row, row.threshold_yuan, out, k.CRITICAL_COUNTED, before)
            where = in_scheme_row("critical.rows", place - 1)
            yield Step("critical illness", "大病保险支付", money(out[k.CRITICAL]), text, where, layer.source)
    if scheme.aid is not None and entry.aid is not None:
        layer, (place, row) = scheme.aid, entry.aid
        text = _own(
            facts,
            first=layer.counts_first_own_share,
            above=layer.counts_above_cap,
            critical=out[k.CRITICAL],
        )
        where = in_scheme("aid")
        yield Step("left for aid", "救助基数", money(out[k.AID_COUNTED]), text, where, layer.source)
        text = _above(row, row.threshold_yuan, out, k.AID_COUNTED, facts.before[k.AID_TO_DATE])
        where = in_scheme_row("aid.rows", place - 1)
        yield Step("medical aid", "医疗救助支付", money(out[k.AID]), text, where, layer.source)


def _commercial(facts: StayFacts) -> Iterator[Step]:
    out, product = facts.out, facts.entry.product
    if product is None:
        return
    at = facts.scheme.commercial.index(product)
    where = in_scheme_row("commercial", at, product.product)
    payers = (out[k.BASIC], out[k.CRITICAL], out[k.AID])
    text = " − ".join(money(part) for part in (out[k.IN_POLICY], *payers))
    if product.counts_first_own_share:
        text += f" + {money(out[k.FIRST_OWN])}"
    yield Step("left within policy", "政策范围内剩余", money(out[k.WITHIN_COUNTED]), text)
    for name, label, found, column in (
        ("commercial, within policy", "商保政策范围内责任", product.within_policy, k.WITHIN_COUNTED),
        ("commercial, outside policy", "商保政策范围外责任", product.outside_policy, k.OUTSIDE_COUNTED),
        ("commercial, special drugs", "商保特药责任", product.special_drugs, k.DRUGS_COUNTED),
    ):
        if found is not None:
            paid_before = sum(one[column + 2] for one in facts.earlier)
            text = _above(found, found.deductible_yuan, out, column, paid_before)
            yield Step(name, label, money(out[column + 2]), text, where, product.source)
    text = _sum((out[k.WITHIN], out[k.OUTSIDE], out[k.DRUGS]))
    if product.cap_yuan is not None:
        left = max(fen_of(product.cap_yuan) - facts.before[k.COMMERCIAL_TO_DATE], 0)
        text = Joined("; ", (text, Sentence("at most {left} in the rest of the year", left=money(left))))
    yield Step(
        "commercial product", "商业补充保险支付", money(out[k.COMMERCIAL]), text, where, product.source
    )


def _patient(facts: StayFacts) -> Step:
    out = facts.out
    payers = (out[k.BASIC], out[k.CRITICAL], out[k.AID], out[k.COMMERCIAL])
    arithmetic = " − ".join(money(part) for part in (sum(facts.classes), *payers))
    return Step("patient", "个人负担", money(out[k.PATIENT]), arithmetic)
