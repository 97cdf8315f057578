"""The rules of a settlement in words: what stands beside the figures that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from drg.payment.expression_text import percent
from drg.payment.settlement_rules import Budget, SettlementRules
from drg.report.statement_text import plain
from drg.settlement.risk_sharing import span_of

Rule = tuple[str, str, str]  # Chinese, English, source
NO_RULE: Final[Rule] = ("", "", "")
_MODES: Final = {
    "marginal": ("按区间分段计算", "each slice by its own share"),
    "whole": ("按所在区间整体计算", "all of it by the band it falls into"),
}
_CLOSING: Final = {
    "common_factor": ("统一系数", "a common factor"),
    "hospitals_over": ("先收回超支分担，再用统一系数", "overruns taken back first, then a common factor"),
    "carried_over": ("结转下年", "carried over"),
    "fund": ("由基金承担或留存", "borne by or left in the fund"),
    "point_value": ("由预算确定点值", "the value of a point"),
    "balanced": ("收支平衡，不调整", "balanced: nothing to close"),
    "not_possible": ("无法清算，不调整", "could not be closed"),
}


def surplus(rules: SettlementRules) -> Rule:
    """Who keeps a surplus."""
    rule = rules.surplus
    if rule is None:
        return "方案未规定：结余全部留用", "no rule: all of it is kept", ""
    bands = [(band.utilisation_at_least, band.hospital_keeps) for band in rule.bands]
    zh, en = _bands(bands, "留用", "kept", Decimal(1))
    mode_zh, mode_en = _MODES[rule.mode]
    return f"结余留用：{zh}；{mode_zh}", f"surplus kept: {en}; {mode_en}", rule.source


def overrun(rules: SettlementRules) -> Rule:
    """Who bears an overrun."""
    rule = rules.overrun
    if rule is None:
        return "方案未规定：超支由医院承担", "no rule: the hospital bears it", ""
    bands = [(band.utilisation_at_least, band.fund_bears) for band in rule.bands]
    zh, en = _bands(bands, "基金分担", "borne by the fund", None)
    mode_zh, mode_en = _MODES[rule.mode]
    return f"超支分担：{zh}；{mode_zh}", f"overrun: {en}; {mode_en}", rule.source


def _bands(
    bands: Sequence[tuple[Decimal, Decimal]], zh: str, en: str, end: Decimal | None
) -> tuple[str, str]:
    stops = [*(start for start, _ in bands[1:]), end]
    rows = [(span_of(start, stop), percent(share)) for (start, share), stop in zip(bands, stops, strict=True)]
    return (
        "，".join(f"{span} {zh} {share}" for span, share in rows),
        ", ".join(f"{span} {en} {share}" for span, share in rows),
    )


def cap(rules: SettlementRules) -> Rule:
    """The cap of what is paid by group."""
    if rules.limits is None or rules.limits.cap_of_cost is None:
        return NO_RULE
    share = percent(rules.limits.cap_of_cost)
    return f"支付不超过费用的 {share}", f"at most {share} of the cost", rules.limits.source


def floor(rules: SettlementRules) -> Rule:
    """The floor of what is paid by group."""
    if rules.limits is None or rules.limits.floor_of_cost is None:
        return NO_RULE
    share = percent(rules.limits.floor_of_cost)
    return f"支付不低于费用的 {share}", f"at least {share} of the cost", rules.limits.source


def quality(rules: SettlementRules) -> Rule:
    """The factor of the year's score."""
    if rules.quality is None:
        return NO_RULE
    rows = [f"≥{plain(row.score_at_least)}: {plain(row.factor)}" for row in rules.quality.scores]
    return f"考核系数：{'，'.join(rows)}", f"factor by score: {', '.join(rows)}", rules.quality.source


def deposit(rules: SettlementRules) -> Rule:
    """What is withheld until the score is known."""
    if rules.deposit is None:
        return NO_RULE
    share = percent(rules.deposit.share)
    return f"质量保证金 {share}", f"quality deposit {share}", rules.deposit.source


def returned(rules: SettlementRules) -> Rule:
    """What the score pays back of it."""
    if rules.deposit is None:
        return NO_RULE
    rows = [f"≥{plain(row.score_at_least)}: {percent(row.returned)}" for row in rules.deposit.scores]
    return f"按得分返还：{'，'.join(rows)}", f"returned by score: {', '.join(rows)}", rules.deposit.source


def disbursement(rules: SettlementRules) -> Rule:
    """What is paid before the year is cleared."""
    rule = rules.disbursement
    if rule is None:
        return NO_RULE
    daily, monthly = percent(rule.daily_share), percent(rule.monthly_share)
    return (
        f"日拨付 {daily}，月结算累计 {monthly}",
        f"day by day {daily}, until the monthly settlement {monthly}",
        rule.source,
    )


def prepayment(rules: SettlementRules) -> Rule:
    """How prepayments are recovered."""
    if rules.prepayment is None:
        return NO_RULE
    months = rules.prepayment.recover_months
    return (
        f"预付金在前 {months} 个月等额收回",
        f"recovered in equal parts in {months} months",
        rules.prepayment.source,
    )


def budget(rule: Budget, how: str) -> Rule:
    """How a budget is closed, and how it was."""
    excess, remainder, did = _CLOSING[rule.excess], _CLOSING[rule.remainder], _CLOSING[how]
    zh, en = (f"{rule.hospital_group}：", f"{rule.hospital_group}: ") if rule.hospital_group else ("", "")
    return (
        f"{zh}超出时：{excess[0]}；有余时：{remainder[0]}。本年：{did[0]}",
        f"{en}an excess: {excess[1]}; a remainder: {remainder[1]}. This year: {did[1]}",
        rule.source,
    )


def reserve(rule: Budget, _how: str) -> Rule:
    """What the reserve of a budget pays, and where its rest goes."""
    carried = rule.reserve_rest == "carried_over"
    rest = ("结转下年", "is carried over") if carried else ("留存基金", "stays in the fund")
    share = percent(rule.reserve_share)
    return (
        f"风险金 {share}：先支付基金分担的超支；余额{rest[0]}",
        f"reserve {share}: pays the fund's share of overruns first; the rest {rest[1]}",
        rule.source,
    )


RULES: Final[dict[str, Callable[[SettlementRules], Rule]]] = {
    "surplus": surplus,
    "overrun": overrun,
    "cap": cap,
    "floor": floor,
    "quality": quality,
    "deposit": deposit,
    "returned": returned,
    "disbursement": disbursement,
    "prepayment": prepayment,
}


RULES_OF_BUDGET: Final[dict[str, Callable[[Budget, str], Rule]]] = {"budget": budget, "reserve": reserve}


def rule_beside(name: str, rules: SettlementRules, of_budget: Budget | None, how: str | None) -> Rule:
    """The rule that stands beside a line."""
    if name in RULES_OF_BUDGET:
        return RULES_OF_BUDGET[name](of_budget, how) if of_budget and how else NO_RULE
    return RULES[name](rules) if name else NO_RULE
