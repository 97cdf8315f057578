"""How a budget is closed, line by line: the rows of ``account_formulas`` that concern all accounts together.

``closing`` works them out, for what is parted among accounts belongs to no single one.
"""

from __future__ import annotations

from typing import Final

from drg.settlement.formula import Formula
from drg.settlement.formula import line_only as _line

_SCHEME: Final = ("支付方案规定", "as the scheme gives it")
_ALL: Final = (
    "参加本预算清算的各医院之和，由医保经办机构提供",
    "the sum of all accounts, as the insurer gives it",
)

CLOSING: Final = (
    _line("budget", "年度预算", "budget", section="closing", shown="closing", given=_SCHEME, scheme="budget"),
    _line("reserve", "预留", "reserve", "half_up(budget * reserve_share)", "closing", shown="closing"),
    _line("carried_in", "上年结转", "carried in", section="closing", shown="closing", given=_SCHEME),
    _line(
        "pool",
        "可分配预算",
        "budget to distribute",
        "budget - reserve + carried_in",
        "closing",
        shown="closing",
    ),
    _line(
        "claimed",
        "各医院清算前应付合计",
        "claims of all accounts",
        "",
        "closing",
        shown="closing",
        given=_ALL,
    ),
    _line(
        "budget_difference",
        "清算前应付减可分配预算",
        "claims less budget",
        "claimed - pool",
        "closing",
        shown="closing",
    ),
    _line(
        "own_claim",
        "本院清算前应付",
        "claim of this account",
        "due + quality_adjustment",
        "closing",
        shown="closing and not by_value",
    ),
    _line(
        "excess",
        "超出预算额",
        "excess over the budget",
        "max(0, budget_difference)",
        "closing",
        shown="taken_back",
    ),
    _line(
        "all_overruns",
        "各医院基金分担合计",
        "overruns borne by the fund, all accounts",
        "",
        "closing",
        shown="taken_back",
        given=_ALL,
    ),
    _line(
        "relief",
        "封顶后的基金分担",
        "overrun borne by the fund, after the cap",
        "max(0, overrun_fund + cap_effect)",
    ),
    _line(
        "taken",
        "收回的超支分担",
        "overrun borne, taken back",
        "(whole(-relief) if excess >= all_overruns else apportioned(-excess * relief / all_overruns))"
        " if relief > 0 else 0",
        "closing",
        shown="taken_back",
        otherwise=("本院没有基金分担", "the fund bears nothing here"),
    ),
    _line("after", "收回后应付", "claim after that", "own_claim + taken", "closing", shown="taken_back"),
    _line(
        "all_after",
        "参与分配的应付合计",
        "claims that share in it, all accounts",
        "",
        "closing",
        shown="parted",
        given=(f"{_ALL[0]}；为负的不计", f"{_ALL[1]}; none below 0"),
    ),
    _line(
        "by_group",
        "清算前按病组支付",
        "paid by group before closing",
        "shared_payment + quality_adjustment",
        "closing",
        shown="by_value",
    ),
    _line(
        "all_by_group",
        "各医院清算前按病组支付合计",
        "paid by group before closing, all accounts",
        "",
        "closing",
        shown="by_value",
        given=_ALL,
    ),
    _line(
        "distributed",
        "参与分配的预算",
        "amount distributed",
        "pool - claimed + all_by_group if by_value else (pool if distributed == pool else distributed)",
        "closing",
        shown="parted or by_value",
        given=(
            "可分配预算，加应付为负的医院的金额",
            "the budget to distribute, and accounts whose claim is negative",
        ),
    ),
    _line(
        "own_points",
        "本院清算点数",
        "points of this account",
        "points * quality_factor",
        "closing",
        shown="by_value",
        look="number",
    ),
    _line(
        "all_points",
        "各医院清算点数合计",
        "points of all accounts",
        "",
        "closing",
        shown="by_value",
        given=_ALL,
        look="number",
    ),
    _line(
        "point_value",
        "点值",
        "point value",
        "distributed / all_points",
        "closing",
        shown="by_value",
        look="number",
    ),
    _line(
        "quota",
        "按比例分得（舍去尾数）",
        "share in proportion, cut",
        "cut(distributed * own_points / all_points) if by_value"
        " else cut(distributed * (after if taken_back else own_claim) / all_after)",
        "closing",
        shown="parted or by_value",
    ),
    _line(
        "placed",
        "分配的尾差",
        "rounding units placed here",
        "part - quota",
        "closing",
        shown="parted or by_value",
        given=(
            "各医院舍去的尾数合计后，按最大余数法每次分配 1 {unit}",
            "what all accounts lack by the cut, placed 1 {unit} at a time at the largest remainders",
        ),
    ),
    Formula(
        "budget_adjustment",
        "预算清算调整",
        "what closing the budget adds or takes off",
        "quota + placed - by_group if by_value else"
        " (quota + placed - own_claim if parted else (taken if taken_back else 0))",
        section="closing",
        shown="closing",
        otherwise=("不调整", "nothing changes here"),
        scheme="budget",
    ),
)
