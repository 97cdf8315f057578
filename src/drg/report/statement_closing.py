"""The lines that say how the closing of a budget came to an account."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from drg.analysis.statement_budget import BudgetShare
from drg.payment.settlement_rules import SettlementRules
from drg.report import statement_rules as rules_in_words
from drg.report.statement_text import Line, Sheet
from drg.settlement.shares import unit_fen


def closing_lines(sheet: Sheet, share: BudgetShare, rules: SettlementRules) -> Iterator[Line]:
    """From the budget to its adjustment of this account."""
    closing, budget = share.closing, share.budget
    rule = rules_in_words.budget(budget, closing["closed_by"])
    given = ("支付方案规定", "as the scheme gives it")
    of_all = (
        "参加本预算清算的各医院之和，由医保经办机构提供",
        "the sum of all accounts, as the insurer gives it",
    )
    yield sheet.line("budget", closing["budget"], *given, rule=rule)
    percent = rules_in_words.percent(budget.reserve_share)
    yield sheet.line(
        "reserve",
        closing["reserve"],
        f"{{budget}} × {percent}，四舍五入到分",
        f"{{budget}} × {percent}, half up to the fen",
        formula=f"ROUND({{budget}}*{budget.reserve_share},2)",
    )
    yield sheet.line("carried_in", closing["carried_in"], *given)
    words = "{budget} − {reserve} + {carried_in}"
    yield sheet.line("pool", closing["pool"], words, words, formula="{budget}-{reserve}+{carried_in}")
    yield sheet.line("claimed", closing["claimed"], *of_all)
    words = "{claimed} − {pool}"
    yield sheet.line(
        "budget_difference", closing["claimed"] - closing["pool"], words, words, formula="{claimed}-{pool}"
    )
    if closing["closed_by"] == "point_value":
        yield from _by_points(sheet, share, rules, of_all)
        return
    terms = ["due"] + (["quality_adjustment"] if rules.quality else [])
    words = " + ".join(f"{{{name}}}" for name in terms)
    yield sheet.line("own_claim", share.own, words, words, formula="+".join(f"{{{name}}}" for name in terms))
    taken = closing["closed_by"] == "hospitals_over" and share.all_overruns > 0
    if taken:
        yield from _taken(sheet, share, rules, of_all)
    if share.quota is not None:
        yield sheet.line(
            "all_after", share.all_after, f"{of_all[0]}；为负的不计", f"{of_all[1]}; none below 0"
        )
        yield sheet.line("distributed", share.distributed, *_distributed(share))
        yield from _parted(sheet, share, rules, "after" if taken else "own_claim", "all_after")
        words, formula = "{quota} + {placed} − {own_claim}", "{quota}+{placed}-{own_claim}"
        yield sheet.line("budget_adjustment", None, words, words, formula=formula, rule=rule)
    elif taken:
        yield sheet.line("budget_adjustment", None, "{taken}", "{taken}", formula="{taken}", rule=rule)
    else:
        yield sheet.line("budget_adjustment", None, "不调整", "nothing changes here", rule=rule)


def _distributed(share: BudgetShare) -> tuple[str, str]:
    if share.distributed == share.closing["pool"]:
        return "可分配预算", "the budget to distribute"
    return (
        "可分配预算，加应付为负的医院的金额",
        "the budget to distribute, and accounts whose claim is negative",
    )


def _taken(
    sheet: Sheet, share: BudgetShare, rules: SettlementRules, of_all: tuple[str, str]
) -> Iterator[Line]:
    words = "{budget_difference}"
    yield sheet.line("excess", share.excess, words, words, formula=words)
    yield sheet.line("all_overruns", share.all_overruns, *of_all)
    borne, formula = "overrun_fund", ""
    if rules.limits and rules.limits.cap_of_cost is not None and sheet.figures["overrun_fund"].value > 0:
        borne, words = "relief", "{overrun_fund} + {cap_effect}"
        yield sheet.line(
            "relief",
            share.relief,
            f"{words}，为负时取 0",
            f"{words}, 0 if negative",
            formula="MAX(0,{overrun_fund}+{cap_effect})",
        )
    if share.relief == 0:
        zh, en = "本院没有基金分担", "the fund bears nothing here"
    elif share.excess >= share.all_overruns:
        zh, en = f"−{{{borne}}}（全部收回）", f"−{{{borne}}} (all of it)"
        formula = f"-{{{borne}}}"
    else:
        words = f"−{{excess}} × {{{borne}}} ÷ {{all_overruns}}"
        zh = f"{words}，尾差按最大余数法分配"
        en = f"{words}, units of rounding to the largest remainders"
    yield sheet.line("taken", share.taken, zh, en, formula=formula)
    words = "{own_claim} + {taken}"
    yield sheet.line("after", share.after, words, words, formula="{own_claim}+{taken}")


def _parted(
    sheet: Sheet, share: BudgetShare, rules: SettlementRules, own: str, everyone: str
) -> Iterator[Line]:
    """The account's part of what is distributed, and the units of rounding that came to it."""
    words = f"{{distributed}} × {{{own}}} ÷ {{{everyone}}}"
    places = 0 if unit_fen(rules) == 100 else 2
    cut = f"ROUNDDOWN(ROUND({{distributed}}*{{{own}}}/{{{everyone}}},6),{places})"
    zh, en = ("元", "yuan") if places == 0 else ("分", "fen")
    yield sheet.line(
        "quota",
        share.quota,
        f"{words}，舍去不足 1 {zh}的部分",
        f"{words}, cut to whole {en}",
        formula=cut,
    )
    yield sheet.line(
        "placed",
        share.placed,
        f"各医院舍去的尾数合计后，按最大余数法每次分配 1 {zh}",
        f"what all accounts lack by the cut, placed 1 {en} at a time at the largest remainders",
    )


def _by_points(
    sheet: Sheet, share: BudgetShare, rules: SettlementRules, of_all: tuple[str, str]
) -> Iterator[Line]:
    names = ("shared_payment", *(("quality_adjustment",) if rules.quality else ()))
    words, formula = (sign.join(f"{{{name}}}" for name in names) for sign in (" + ", "+"))
    yield sheet.line("by_group", share.by_group, words, words, formula=formula)
    yield sheet.line("all_by_group", share.all_by_group, *of_all)
    words = "{pool} − {claimed} + {all_by_group}"
    yield sheet.line(
        "distributed", share.distributed, words, words, formula="{pool}-{claimed}+{all_by_group}"
    )
    yield sheet.line("points", None, "结算点数合计", "sum of the paid points")
    names = ("points", *(("quality_factor",) if rules.quality else ()))
    words, formula = (sign.join(f"{{{name}}}" for name in names) for sign in (" × ", "*"))
    yield sheet.line("own_points", share.points, words, words, formula=formula, look="number")
    yield sheet.line("all_points", share.all_points, *of_all, look="number")
    words = "{distributed} ÷ {all_points}"
    yield sheet.line(
        "point_value",
        Decimal(share.closing["point_value"]),
        words,
        words,
        formula="{distributed}/{all_points}",
        look="number",
    )
    yield from _parted(sheet, share, rules, "own_points", "all_points")
    words = "{quota} + {placed} − {by_group}"
    yield sheet.line(
        "budget_adjustment",
        None,
        words,
        words,
        formula="{quota}+{placed}-{by_group}",
        rule=rules_in_words.budget(share.budget, "point_value"),
    )
