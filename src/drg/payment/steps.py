"""The lines of an explanation: what is multiplied with what, and where each number is written."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from drg.columns import PRICE, PRICING
from drg.payment import formulas
from drg.payment.addition_words import of_addition, paid_beside
from drg.payment.coefficient_steps import coefficient_steps
from drg.payment.expression_text import with_numbers
from drg.payment.formulas import Prices
from drg.payment.joined_stays import JoinedStays
from drg.payment.outside_rows import outside_rows
from drg.payment.outside_rules import Outside
from drg.payment.price_arrays import PAYMENTS
from drg.payment.scheme import PaymentScheme
from drg.payment.step_facts import Facts, Step
from drg.payment.step_words import (
    in_column,
    in_scheme,
    in_scheme_row,
    in_table_or_scheme,
    money,
    number,
    of_amount,
    of_rate,
)
from drg.payment.weights import WEIGHTS_FILE
from drg.words import Joined, Sentence, categories

# What explanations call a column, where its name is longer to tell it from a column of the input.
_SAID = {"special_case_payment_yuan": "special payment", "patient_and_others_yuan": "patient share"}


def standard_steps(facts: Facts) -> Iterator[Step]:
    """Weight, rate, coefficient and what they make."""
    scheme, entry = facts.scheme, facts.entry
    leaving = [one for one in facts.added if one.rule.out_of_cost and one.given[0]]
    earlier = facts.joined if facts.joined and facts.joined.stays[0] else None
    if (leaving or earlier) and facts.excluded >= 0 and facts.cost >= 0:
        yield Step("cost", "住院总费用", money(facts.cost), place=in_column("total_cost_yuan"))
        amounts = [money(int(one.given[0])) for one in leaving]
        for one, amount in zip(leaving, amounts, strict=True):
            yield Step(*of_addition(one.rule), amount, place=in_column(one.rule.column))
        arithmetic = " − ".join([money(facts.cost), *amounts])
        if earlier:
            step = _earlier_step(facts, earlier)
            yield step
            arithmetic += f" + {step.value}"
        name_zh = "合并后费用" if earlier else "扣除后费用"
        yield Step("cost in the group", name_zh, money(facts.net), arithmetic)
    else:
        value = money(facts.cost) if facts.cost >= 0 else Sentence("cannot be used")
        yield Step("cost", "住院总费用", value, place=in_column("total_cost_yuan"))
    if facts.tcm is not None:
        yield _share_step(facts, *facts.tcm)
    weight = entry.weight
    if weight is not None:
        group = (
            Sentence("{drg}, level {level}", drg=weight.drg, level=weight.level)
            if weight.level
            else weight.drg
        )
        place = Sentence("{file}, row {row} ({group})", file=WEIGHTS_FILE, row=weight.row, group=group)
        value = number(weight.relative_weight)
        yield Step("relative weight", "权重", value, place=place, source=scheme.source)
    if entry.amount is not None and scheme.amounts:
        at = scheme.amounts.rows.index(entry.amount)
        place = in_table_or_scheme(facts.loaded, "amounts", at, of_amount(entry.amount))
        value = number(entry.amount.amount_yuan)
        yield Step("amount of the group", "病种定额", value, place=place, source=scheme.amounts.source)
    elif weight is not None and entry.rate is not None:
        rate = entry.rate
        place = in_scheme_row("rates", scheme.rates.index(rate), of_rate(rate))
        names = ("value of a point", "点值") if scheme.method.kind == "points" else ("rate", "费率")
        yield Step(*names, number(rate.value_yuan), place=place, source=rate.source)
        if scheme.method.scale:
            scale, source = number(scheme.method.scale), scheme.method.source
            yield Step("scale", "点数基数", scale, place=in_scheme("method"), source=source)
    else:
        return
    yield from coefficient_steps(facts)
    if entry.prices is not None:
        yield from _standard(facts, entry.prices)


def _earlier_step(facts: Facts, earlier: JoinedStays) -> Step:
    """What earlier stays cost that are paid with this one."""
    number_of_stays = int(earlier.stays[0])
    which = (
        Sentence("1 earlier stay, paid as one with this one")
        if number_of_stays == 1
        else Sentence("{count} earlier stays, paid as one with this one", count=number_of_stays)
    )
    rule = facts.scheme.readmission
    source = rule.source if rule else ""
    names = ("cost of earlier stays", PRICE["joined_cost_yuan"].label_zh)
    return Step(*names, money(int(earlier.cost[0])), which, in_scheme("readmission"), source)


def _share_step(facts: Facts, part: int, whole: int) -> Step:
    """The share of traditional medicine, and the fees that it is made of."""
    tcm = facts.scheme.tcm
    assert tcm is not None
    names = ("share of traditional medicine", PRICING["tcm_share"].label_zh)
    if part < 0 or whole <= 0:
        return Step(*names, Sentence("not known"), place=in_scheme("tcm"), source=tcm.source)
    value = number(Fraction(part, whole))
    if facts.case.get("tcm_share") is not None:
        return Step(*names, value, place=in_column("tcm_share"), source=tcm.source)
    others = [*tcm.tcm_fees, *tcm.other_fees] if tcm.other_fees else [Sentence("the cost in the group")]
    place = Joined("", (" + ".join(tcm.tcm_fees), " ÷ (", Joined(" + ", others), ")"))
    return Step(*names, value, f"{money(part)} ÷ {money(whole)}", place, tcm.source)


def _standard(facts: Facts, found: Prices) -> Iterator[Step]:
    scheme, entry = facts.scheme, facts.entry
    assert entry.factor is not None
    factors = {
        "weight": entry.weight.relative_weight if entry.weight else None,
        "rate": entry.rate.value_yuan if entry.rate else None,
        "scale": scheme.method.scale,
        "coefficient": entry.factor,
        "amount": entry.amount.amount_yuan if entry.amount else None,
    }
    written = {name: number(factor) for name, factor in factors.items() if factor is not None}
    if entry.amount:
        arithmetic = with_numbers(formulas.AMOUNT, written)
    else:
        arithmetic = with_numbers(formulas.STANDARD, written, **({} if scheme.method.scale else {"scale": 1}))
    if found.exact.denominator != 1:
        arithmetic += f" = {money(found.exact)}"
    yield Step("standard", PRICE["standard_payment_yuan"].label_zh, money(found.standard_fen), arithmetic)
    if scheme.method.regional_mean_yuan is not None and entry.weight:
        mean = scheme.method.regional_mean_yuan
        place = in_scheme("method.regional_mean_yuan")
        written["regional_mean"] = number(mean)
        arithmetic = with_numbers(formulas.MEAN, written)
        yield Step(
            "mean cost of the group", "病组均费", money(found.mean), arithmetic, place, scheme.method.source
        )
        if found.unit_yuan is not None:
            written["unit"] = number(found.unit_yuan)
            arithmetic = with_numbers(formulas.PRICE_RATIO, written)
            yield Step("price ratio", "价格比", number(found.price_ratio), arithmetic)


def class_step(facts: Facts) -> Step:
    """What the case is, and by which comparison."""
    name = facts.outcome["case_class"]
    arithmetic, place, source = "", "", ""
    scheme, found = facts.scheme, facts.entry.prices
    if name in ("high", "low", "normal") and found is not None:
        arithmetic, place, source = _compared(scheme, found, facts.net, name)
    elif (rule := _outside_rule(facts)) is not None:
        place, source = in_scheme_row("outside", scheme.outside.index(rule)), rule.source
        arithmetic = _why_outside(rule)
    elif name == "extreme" and scheme.extreme:
        share = number(scheme.extreme.top_share * 100)
        if scheme.extreme.within == "all":
            arithmetic = Sentence("among the dearest {share} % of all grouped cases", share=share)
        else:
            arithmetic = Sentence("among the dearest {share} % of the cases of its group", share=share)
        place, source = in_scheme("extreme"), scheme.extreme.source
    elif name == "incomplete" and scheme.incomplete:
        place, source = in_column("incomplete"), scheme.incomplete.source
    elif name == "joined" and scheme.readmission:
        place, source = in_scheme("readmission"), scheme.readmission.source
    elif name == "special":
        place = in_column("special_payment_yuan")
    elif name in ("ungrouped", "ambiguous", "unweighted"):
        place, source = in_scheme(name), getattr(scheme, name).source
    reason = facts.outcome["pricing_reason"]
    if reason:
        arithmetic = Joined("; ", (arithmetic, reason))
    name_zh = categories("case_class", "zh")[name]
    return Step("case class", f"病例类型：{name_zh}", name, arithmetic, place, source)


def _compared(scheme: PaymentScheme, found: Prices, net: int, name: str) -> tuple[str, str, str]:
    parts, place, source = [], "", ""
    if scheme.high and found.tier and name != "low":
        reference = _reference(found, scheme.high.reference)
        threshold = Fraction(found.tier.threshold)
        limit = threshold * reference
        sign = ">" if name == "high" else "≤"
        parts.append(f"{money(net)} {sign} {number(threshold)} × {money(reference)} = {money(limit)}")
        place, source = in_scheme("high"), scheme.high.source
    if scheme.low and name != "high":
        share = Fraction(scheme.low.threshold)
        reference = _reference(found, scheme.low.reference)
        sign = "<" if name == "low" else "≥"
        parts.append(f"{money(net)} {sign} {number(share)} × {money(reference)} = {money(share * reference)}")
        if name == "low":
            place, source = in_scheme("low"), scheme.low.source
    return Joined("; ", parts), place, source


def _reference(found: Prices, which: str) -> Fraction:
    return formulas.reference_fen(which, found.standard, found.mean)


def _outside_rule(facts: Facts) -> Outside | None:
    """The rule for stays outside DRG payment by which the case was paid."""
    for (rule, at_most, _), found in zip(outside_rows(facts.scheme), facts.entry.outside, strict=True):
        if rule.case_class != facts.outcome["case_class"] or found < 0:
            continue
        if at_most is not None and not 0 <= facts.days <= at_most:
            continue
        if rule.los_days_at_least is not None and facts.days < rule.los_days_at_least:
            continue
        if rule.case_kind is None or rule.case_kind == facts.kind:
            return rule
    return None


def _why_outside(rule: Outside) -> str:
    parts: list[str] = [f"los_days ≤ {rule.los_days_at_most}"] if rule.los_days_at_most is not None else []
    parts += [f"los_days ≥ {rule.los_days_at_least}"] if rule.los_days_at_least is not None else []
    parts += [Sentence("case_kind is {kind}", kind=rule.case_kind)] if rule.case_kind is not None else []
    parts += [Sentence("its group is one of {count:,}", count=len(rule.drgs))] if rule.drgs else []
    parts += [Sentence("insurance {id}", id=rule.insurance)] if rule.insurance else []
    parts += [Sentence("level {level}", level=rule.level)] if rule.level else []
    return Joined(", ", parts)


def _days_at_prices(rule: Outside, days: int) -> str:
    """The days of a stay with the price of each stage."""
    parts: list[str] = []
    before = 0
    for stage in rule.stages:
        end = days if stage.up_to_day is None else min(days, stage.up_to_day)
        if end > before:
            parts.append(f"{end - before} × {number(stage.price_yuan)}")
        before = max(before, end)
    return " + ".join(parts)


def payment_steps(facts: Facts) -> Iterator[Step]:
    """The parts of the payment and their sum; what the fund bears of it."""
    parts = [name for name in PAYMENTS if facts.outcome[name]]
    for name in parts:
        arithmetic, place, source = _part(facts, name)
        yield _outcome_step(facts, name, arithmetic, place, source)
    arithmetic = " + ".join(_amount(facts, name) for name in parts) if len(parts) > 1 else ""
    yield _outcome_step(facts, "payment_yuan", arithmetic.replace("+ -", "− "))
    if facts.outcome["fund_payment_yuan"] is not None:
        borne = [_fen_text(facts.case.get(name)) for name in ("patient_share_yuan", "other_payers_yuan")]
        if facts.joined:
            # What others bear of an earlier stay counts with the last.
            borne = [] if facts.joined.later[0] else borne
            borne += [money(int(facts.joined.borne[0]))] if facts.joined.borne[0] > 0 else []
        arithmetic = " − ".join([_amount(facts, "payment_yuan"), *(text for text in borne if text)])
        place = Sentence(
            "columns {columns}", columns=Joined(" and ", ("patient_share_yuan", "other_payers_yuan"))
        )
        yield _outcome_step(
            facts, "fund_payment_yuan", Sentence("{arithmetic}, at least 0", arithmetic=arithmetic), place
        )
        arithmetic = f"{_amount(facts, 'payment_yuan')} − {_amount(facts, 'fund_payment_yuan')}"
        yield _outcome_step(facts, "patient_and_others_yuan", arithmetic)


def _part(facts: Facts, name: str) -> tuple[str, str, str]:
    """Arithmetic, place and source of a part of the payment."""
    scheme, entry, case_class = facts.scheme, facts.entry, facts.outcome["case_class"]
    if name == "special_case_payment_yuan":
        return Sentence("as decided"), in_column("special_payment_yuan"), ""
    if name == "excluded_items_payment_yuan":
        arithmetic, place, source = paid_beside(facts.scheme, facts.added)
        if facts.joined and facts.joined.beside[0]:
            earlier = Sentence("{amount} of earlier stays", amount=money(int(facts.joined.beside[0])))
            arithmetic = Joined(" + ", (arithmetic, earlier)) if arithmetic else earlier
        return arithmetic, place, source
    rule = _outside_rule(facts)
    if rule is not None and name == "outside_payment_yuan":
        place = in_scheme_row("outside", scheme.outside.index(rule))
        if rule.pays == "share_of_standard" and rule.share and entry.prices:
            return f"{money(entry.prices.standard)} × {number(rule.share)}", place, rule.source
        if rule.stages:
            return _days_at_prices(rule, facts.days), place, rule.source
        days = f"{facts.days} × " if rule.pays == "per_day" else ""
        return f"{days}{number(rule.price_yuan or Decimal(0))}", place, rule.source
    if name == "high_cost_payment_yuan" and scheme.high and entry.prices:
        return _high(entry.prices, facts.net), in_scheme("high"), scheme.high.source
    if name == "drg_payment_yuan":
        if case_class == "incomplete" and entry.prices and facts.net < entry.prices.mean:
            arithmetic = with_numbers(formulas.INCOMPLETE, _written(entry.prices, facts.net))
            source = scheme.incomplete.source if scheme.incomplete else ""
            return arithmetic, in_scheme("incomplete"), source
        return Sentence("the standard"), "", ""
    if case_class == "low" and scheme.low and entry.prices:
        written = {"cost": money(facts.net), "factor": number(entry.prices.low_factor)}
        return with_numbers(formulas.LOW, written), in_scheme("low"), scheme.low.source
    if rule is not None and rule.pays == "share" and rule.share is not None:
        place = in_scheme_row("outside", scheme.outside.index(rule))
        return f"{money(facts.net)} × {number(rule.share)}", place, rule.source
    if rule is None and case_class in ("ungrouped", "ambiguous", "unweighted"):
        status = getattr(scheme, case_class)
        share = f" × {number(status.share)}" if status.share is not None else ""
        return f"{money(facts.net)}{share}", in_scheme(case_class), status.source
    return Sentence("the cost, by item"), "", ""


def _written(found: Prices, net: int) -> dict[str, str]:
    """The numbers of a combination and a cost, by their names in ``formulas``."""
    return {
        "cost": money(net),
        "standard": money(found.standard),
        "mean": money(found.mean),
        "threshold": number(found.tier.threshold if found.tier else Fraction(0)),
        "fund_share": number(found.tier.fund_share or Decimal(1)) if found.tier else "1",
        "coefficient": number(found.coefficient),
        "price_ratio": number(found.price_ratio),
    }


def _high(found: Prices, net: int) -> str:
    """The arithmetic of a high-cost case; factors of 1 are left out."""
    tier = found.tier
    assert tier is not None
    if tier.formula == "by_item":
        return Sentence("the cost, by item")
    known = {"price_ratio": 1} if found.price_ratio == 1 else {}
    known |= {"fund_share": 1} if tier.fund_share == 1 else {}
    text = with_numbers(formulas.HIGH[str(tier.formula)], _written(found, net), **known)
    if tier.formula != "linear_add":
        return text
    return Sentence("{arithmetic}, rounded with the standard", arithmetic=text)


def surplus_steps(facts: Facts) -> Iterator[Step]:
    """What the hospital gains or loses, in its two parts."""
    if facts.outcome["surplus_yuan"] is None:
        return
    formula = ""
    if facts.outcome["case_class"] in ("normal", "high", "low", "extreme", "incomplete"):
        formula = f"{_amount(facts, 'standard_payment_yuan')} − {money(facts.net)}"
    yield _outcome_step(facts, "surplus_formula_yuan", formula)
    arithmetic = f"{_amount(facts, 'surplus_yuan')} − {_amount(facts, 'surplus_formula_yuan')}".replace(
        "− -", "+ "
    )
    yield _outcome_step(facts, "surplus_adjustment_yuan", arithmetic)
    yield _outcome_step(facts, "surplus_yuan", f"{_amount(facts, 'payment_yuan')} − {money(facts.cost)}")


def _outcome_step(facts: Facts, name: str, arithmetic: str = "", place: str = "", source: str = "") -> Step:
    what = _SAID.get(name) or name.removesuffix("_yuan").replace("_", " ")
    return Step(what, PRICE[name].label_zh, _amount(facts, name), arithmetic, place, source)


def _amount(facts: Facts, name: str) -> str:
    return f"{facts.outcome[name]:,.2f}"


def _fen_text(value: Any) -> str:
    try:
        return f"{Decimal(str(value)):,.2f}"
    except ArithmeticError:
        return ""
