"""Every figure of an account, once: what it is called, how it comes about, where a statement shows it.

The rows are worked out here for whole frames of accounts; the same rows make the lines of a statement, with their
arithmetic in words and as a spreadsheet's formula (``report.statement_lines``). To add a figure, add a row: with
``column=False`` it is a line of the statement only.

Names that are no figures:

- parameters of the scheme: ``cap_of_cost``, ``floor_of_cost``, ``deposit_share``, ``monthly_share``,
  ``daily_share``, ``recover_months``, and of a budget ``reserve_share``; 0 where the scheme does not name them;
- what the scheme has: ``has_cap``, ``has_floor``, ``has_disbursement``, ``has_quality``, ``has_deposit``;
- of the account: ``local``, ``real`` (not simulated), ``cleared`` (the year is over), ``scored`` (its deposit is paid
  back by a score), ``by_points`` (the value of a point closes its budget), ``month``;
- of its budget: ``closing`` (it has been closed), ``by_value`` (by the value of a point), ``parted`` (in proportion),
  ``taken_back`` (of overruns), ``has_cleared_cases``.
"""

from __future__ import annotations

from typing import Final

from drg.settlement.budget_formulas import CLOSING
from drg.settlement.formula import Formula
from drg.settlement.formula import line_only as _line

_TABLE_TOTAL: Final = ("病例汇总表合计", "total of the table of case classes")
_PAYMENTS: Final = ("拨付记录合计", "sum of the payments given")


def _total(name: str, zh: str, meaning: str, section: str) -> Formula:
    return Formula(name, zh, meaning, section=section, given=_TABLE_TOTAL, total=name)


def _given(
    name: str, zh: str, meaning: str, words: tuple[str, str], section: str, shown: str = ""
) -> Formula:
    return Formula(name, zh, meaning, section=section, given=words, shown=shown)


# Figures that are no amounts; a month's are those of its own cases.
NUMBERS: Final = (
    Formula("relative_weight", "总权重", "sum of the relative weights", look="number"),
    Formula(
        "cmi",
        "病例组合指数",
        "CMI: total weight ÷ cases that have a weight",
        "ratio(relative_weight, weighted_cases)",
        look="number",
    ),
    Formula(
        "points",
        "总点数",
        "points that are paid, under the points method; else 0",
        given=("结算点数合计", "sum of the paid points"),
        look="number",
    ),
    Formula(
        "utilisation",
        "费用使用率",
        "shared cost ÷ shared standard",
        "ratio(shared_cost, max(0, shared_standard))",
        section="sharing",
        look="fine_share",
    ),
    Formula("band", "分担区间", "the band into which the utilisation falls", section="sharing", look="text"),
    Formula(
        "quality_factor",
        "考核系数",
        "by the year's score",
        given=("按 {score} 查考核系数表", "the row of {score}"),
        otherwise=("没有得分，系数按 1", "no score: the factor is 1"),
        shown="cleared and local and has_quality",
        scheme="quality",
        look="number",
    ),
)
# Amounts that add up from month to month; those of a month are what the year to date grew by.
AMOUNTS: Final = (
    _total("cost", "住院总费用", "cost of the cases that are settled", "cases"),
    _total("standard", "支付标准合计", "standards of the cases that are paid by their group", "cases"),
    _total(
        "surplus_formula",
        "标准差额",
        "standard less cost of the cases that are paid by their group",
        "cases",
    ),
    Formula(
        "surplus_adjustment",
        "差额调整",
        "surplus of the cases less that by formula",
        "surplus - surplus_formula",
        section="cases",
    ),
    _total("surplus", "病例结余", "payment less cost, case by case", "cases"),
    _total(
        "shared_cost",
        "纳入分担的费用",
        "cost, without excluded items, of normal, high and incomplete cases",
        "sharing",
    ),
    _total("shared_standard", "纳入分担的标准", "what these cases are paid by their group", "sharing"),
    Formula(
        "surplus_available",
        "结余额",
        "shared standard less shared cost, if positive",
        "max(0, max(0, shared_standard) - shared_cost)",
        section="sharing",
    ),
    Formula(
        "surplus_retained",
        "结余留用",
        "the part of it that the hospital keeps",
        "surplus_available",  # unless the scheme has bands
        section="sharing",
        shown="surplus_available > 0",
        scheme="surplus",
    ),
    Formula(
        "surplus_returned",
        "结余收回",
        "the part of it that the fund keeps",
        "surplus_available - surplus_retained",
        section="sharing",
        shown="surplus_available > 0",
    ),
    Formula(
        "overrun",
        "超支额",
        "shared cost less shared standard, if positive",
        "max(0, shared_cost - max(0, shared_standard))",
        section="sharing",
    ),
    Formula(
        "overrun_fund",
        "基金分担",
        "the part of it that the fund bears",
        "0",  # unless the scheme has bands
        section="sharing",
        shown="overrun > 0",
        otherwise=("基金不分担", "the fund bears nothing"),
        scheme="overrun",
    ),
    Formula(
        "overrun_hospital",
        "医院承担",
        "the part of it that the hospital bears",
        "overrun - overrun_fund",
        section="sharing",
        shown="overrun > 0",
    ),
    _line(
        "before_limits",
        "封顶保底前支付",
        "payment before limits",
        "shared_standard - surplus_returned + overrun_fund",
    ),
    _line("cap_limit", "封顶额", "cap", "round(shared_cost * cap_of_cost)", scheme="cap"),
    Formula(
        "cap_effect",
        "封顶扣减",
        "what the cap takes off; zero or negative",
        "min(0, cap_limit - before_limits) if has_cap else 0",
        section="sharing",
    ),
    _line("floor_limit", "保底额", "floor", "round(shared_cost * floor_of_cost)", scheme="floor"),
    Formula(
        "floor_effect",
        "保底补足",
        "what the floor adds",
        "max(0, floor_limit - before_limits) if has_floor else 0",
        section="sharing",
    ),
    Formula(
        "shared_payment",
        "按病组支付",
        "shared standard − returned + borne by the fund + cap + floor",
        "shared_standard - surplus_returned + overrun_fund + cap_effect + floor_effect",
        section="sharing",
    ),
    _total("item_payment", "按项目支付", "of cases paid by item", "payment"),
    _total("outside_payment", "床日等支付", "of cases paid by day or by case", "payment"),
    _total("special_payment", "特例单议支付", "of special cases, as decided", "payment"),
    _total("excluded_items_payment", "除外项目支付", "paid beside the groups", "payment"),
    Formula(
        "payment",
        "支付合计",
        "the sum of the five payments",
        "shared_payment + item_payment + outside_payment + special_payment + excluded_items_payment",
        section="payment",
    ),
    _total("patient_share", "个人及其他支付", "borne by patients and other payers", "due"),
    _line("due", "支付合计减个人及其他支付", "payment less patient share", "payment - patient_share", "due"),
    _line("score", "考核得分", "score", given=("考核得分表", "the table of scores"), look="number"),
    Formula(
        "quality_adjustment",
        "考核调整",
        "what the factor of the year's score adds or takes off",
        "round((shared_payment if by_points else due) * (quality_factor - 1)) if has_quality else 0",
        section="due",
        shown="cleared and local",
        scheme="quality",
    ),
    *CLOSING,
    Formula(
        "entitlement",
        "基金应付",
        "payment − patient share + quality + budget adjustment",
        "due + quality_adjustment + budget_adjustment",
        section="entitlement",
    ),
    Formula(
        "outcome",
        "医院盈亏",
        "entitlement + patient share − cost",
        "entitlement + patient_share - cost",
        section="outcome",
    ),
    Formula(
        "deposit",
        "质量保证金",
        "withheld until the year's score is known",
        "round(max(0, due) * deposit_share) if local else 0",
        section="payable",
        scheme="deposit",
    ),
    _line(
        "deposit_share_returned",
        "保证金返还比例",
        "share of the deposit returned",
        given=("按 {score} 查返还比例表", "the row of {score}"),
        look="share",
        scheme="returned",
    ),
    Formula(
        "deposit_returned",
        "返还保证金",
        "paid back by the score",
        "round(deposit * deposit_share_returned) if local and scored else 0",
        section="payable",
    ),
    Formula(
        "deposit_forfeited",
        "扣减保证金",
        "not paid back by the score",
        "deposit - deposit_returned if local and scored else 0",
        section="payable",
    ),
    _line(
        "monthly_due",
        "月结算应付累计",
        "due until the monthly settlement",
        "round(max(0, due) * monthly_share)",
        scheme="disbursement",
    ),
    Formula(
        "held_back",
        "清算前预留",
        "what is not disbursed before the year is cleared",
        "max(0, max(0, due) - monthly_due - deposit) if local and not cleared and has_disbursement else 0",
        section="payable",
    ),
    _given(
        "deductions",
        "审核扣款",
        "taken off after audit",
        ("审核扣款记录合计", "sum of the deductions given"),
        "payable",
        "local",
    ),
    _given(
        "prepayment",
        "预付金",
        "paid in advance",
        ("预付金记录合计", "sum of the prepayments given"),
        "payable",
        "local",
    ),
    Formula(
        "prepayment_recovered",
        "收回预付金",
        "taken off the months' payments",
        "(whole(prepayment) if month >= recover_months"
        " else min(prepayment, round(prepayment * month / recover_months))) if recover_months > 0 else 0",
        section="payable",
        shown="local and not cleared",
        scheme="prepayment",
    ),
    Formula(
        "daily_due",
        "日拨付应付",
        "of the entitlement, what is paid day by day",
        "round(max(0, due) * daily_share) if local else 0",
        section="balance",
        remark=("供核对，不计入余额", "to compare with, in no other figure"),
    ),
    _given("daily_paid", "日拨付", "paid day by day", _PAYMENTS, "balance", "local"),
    _given("monthly_paid", "月结算拨付", "paid for months", _PAYMENTS, "balance", "local"),
    _given("supplements", "补拨", "paid besides", _PAYMENTS, "balance", "local"),
    _given("refunds", "退回", "paid back by the hospital", _PAYMENTS, "balance", "local"),
    Formula(
        "instalments",
        "已拨付",
        "daily + monthly + supplements − refunds",
        "daily_paid + monthly_paid + supplements - refunds if local else 0",
        section="balance",
        otherwise=("拨付记录只记本地人群", "payments are given for local patients only"),
        scheme="disbursement",
    ),
    Formula(
        "payable",
        "应拨付",
        "before instalments; see the formula of its span",
        "entitlement - deposit + deposit_returned - held_back - deductions"
        " - (prepayment if cleared else prepayment_recovered) if real else 0",
        section="payable",
        otherwise=("异地模拟，不拨付", "a simulation: nothing is paid"),
    ),
    Formula(
        "balance",
        "应付余额",
        "payable − instalments; negative: the hospital owes it",
        "payable - instalments",
        section="balance",
        remark=(
            "正数为医保应补付，负数为医院应退回",
            "positive: due to the hospital, negative: owed by it",
        ),
    ),
    _line(
        "cleared_cases",
        "病例清算支付合计",
        "cleared payment of the cases",
        section="cleared_cases",
        shown="has_cleared_cases",
        given=(
            "病例表清算支付之和：结算点数 × 考核系数 × 点值（四舍五入到分）+ 点数以外的支付",
            "sum over the cases: points × factor × point value, half up to the fen, "
            "+ what is paid beside points",
        ),
        total="cleared_payment",
    ),
    _line(
        "cleared_account",
        "本院清算支付",
        "cleared payment of the account",
        "entitlement + patient_share",
        "cleared_cases",
        shown="has_cleared_cases",
    ),
    _line(
        "rounding_difference",
        "四舍五入差额",
        "rounding difference",
        "cleared_account - cleared_cases",
        "cleared_cases",
        shown="has_cleared_cases",
    ),
)
TABLE: Final = (*NUMBERS, *AMOUNTS)
