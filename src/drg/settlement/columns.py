"""The columns of a settlement, once: name, type, Chinese name and meaning. Amounts are in yuan."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.payment.rules import CLASSES
from drg.payment.steps import CLASSES_ZH

MONTH: Final = "month"
YEAR_TO_DATE: Final = "year_to_date"
YEAR: Final = "year"
FORECAST: Final = "forecast"
SPANS: Final = (MONTH, YEAR_TO_DATE, YEAR, FORECAST)

LOCAL: Final = "local"
OFF_SITE: Final = "off_site"
SIMULATED: Final = "off_site_simulated"

# What one account is about: its months are added up.
ACCOUNT: Final = ("year", "insurance_type", "basis", "hospital_id")
KEYS: Final = (*ACCOUNT, "span", "period")


def class_count(case_class: str) -> str:
    """The name of the column that counts a class of cases."""
    return f"cases_{case_class}"


CLASS_COUNTS: Final = tuple(class_count(name) for name in CLASSES)
_YUAN = pl.Decimal(38, 2)
_FINE = pl.Decimal(38, 8)


def _text(name: str, label: str, meaning: str) -> Column:
    return Column(name, Kind.TEXT, pl.String, label, meaning)


def _count(name: str, label: str, meaning: str) -> Column:
    return Column(name, Kind.NUMBER, pl.Int64, label, meaning)


def _number(name: str, label: str, meaning: str) -> Column:
    return Column(name, Kind.NUMBER, _FINE, label, meaning)


def _money(name: str, label: str, meaning: str) -> Column:
    return Column(name, Kind.MONEY, _YUAN, label, meaning)


# Amounts that add up from month to month; those of a month are what the year to date grew by.
FLOWS: Final = (
    _money("cost", "住院总费用", "cost of the cases that are settled"),
    _money("standard", "支付标准合计", "standards of the cases that are paid by their group"),
    _money("surplus_formula", "标准差额", "standard less cost of the cases that are paid by their group"),
    _money("surplus_adjustment", "差额调整", "surplus of the cases less that by formula"),
    _money("surplus", "病例结余", "payment less cost, case by case"),
    _money(
        "shared_cost", "纳入分担的费用", "cost, without excluded items, of normal, high and incomplete cases"
    ),
    _money("shared_standard", "纳入分担的标准", "what these cases are paid by their group"),
    _money("surplus_available", "结余额", "shared standard less shared cost, if positive"),
    _money("surplus_retained", "结余留用", "the part of it that the hospital keeps"),
    _money("surplus_returned", "结余收回", "the part of it that the fund keeps"),
    _money("overrun", "超支额", "shared cost less shared standard, if positive"),
    _money("overrun_fund", "基金分担", "the part of it that the fund bears"),
    _money("overrun_hospital", "医院承担", "the part of it that the hospital bears"),
    _money("cap_effect", "封顶扣减", "what the cap takes off; zero or negative"),
    _money("floor_effect", "保底补足", "what the floor adds"),
    _money("shared_payment", "按病组支付", "shared standard − returned + borne by the fund + cap + floor"),
    _money("item_payment", "按项目支付", "of cases paid by item"),
    _money("outside_payment", "床日等支付", "of cases paid by day or by case"),
    _money("special_payment", "特例单议支付", "of special cases, as decided"),
    _money("excluded_items_payment", "除外项目支付", "paid beside the groups"),
    _money("payment", "支付合计", "the sum of the five payments"),
    _money("patient_share", "个人及其他支付", "borne by patients and other payers"),
    _money("quality_adjustment", "考核调整", "what the factor of the year's score adds or takes off"),
    _money("budget_adjustment", "预算清算调整", "what closing the budget adds or takes off"),
    _money("entitlement", "基金应付", "payment − patient share + quality + budget adjustment"),
    _money("outcome", "医院盈亏", "entitlement + patient share − cost"),
    _money("deposit", "质量保证金", "withheld until the year's score is known"),
    _money("deposit_returned", "返还保证金", "paid back by the score"),
    _money("deposit_forfeited", "扣减保证金", "not paid back by the score"),
    _money("held_back", "清算前预留", "what is not disbursed before the year is cleared"),
    _money("deductions", "审核扣款", "taken off after audit"),
    _money("prepayment", "预付金", "paid in advance"),
    _money("prepayment_recovered", "收回预付金", "taken off the months' payments"),
    _money("daily_due", "日拨付应付", "of the entitlement, what is paid day by day"),
    _money("daily_paid", "日拨付", "paid day by day"),
    _money("monthly_paid", "月结算拨付", "paid for months"),
    _money("supplements", "补拨", "paid besides"),
    _money("refunds", "退回", "paid back by the hospital"),
    _money("instalments", "已拨付", "daily + monthly + supplements − refunds"),
    _money("payable", "应拨付", "before instalments; see the formula of its span"),
    _money("balance", "应付余额", "payable − instalments; negative: the hospital owes it"),
)

SETTLEMENT_COLUMNS: Final = (
    Column("year", Kind.NUMBER, pl.Int32, "年度", "year of discharge"),
    _text("insurance_type", "险种", "310 employees 职工, 390 residents 居民"),
    _text("basis", "人群", "local 本地, off_site 异地, off_site_simulated 异地模拟"),
    _text("hospital_id", "医疗机构代码", "identifies the hospital"),
    _text("span", "口径", "month 当月, year_to_date 累计, year 年度清算, forecast 全年预测"),
    _text("period", "期间", "the month, or the year; of year_to_date the last month"),
    _count("cases", "病例数", "all cases"),
    *(
        _count(class_count(name), f"病例数：{CLASSES_ZH[name]}", f"cases of the class {name}")
        for name in CLASSES
    ),
    _count("cases_held", "待核病例数", "cases that cannot be settled as they stand; in no amount"),
    _count("weighted_cases", "有权重的病例数", "cases that have a weight"),
    _number("relative_weight", "总权重", "sum of the relative weights"),
    _number("cmi", "病例组合指数", "CMI: total weight ÷ cases that have a weight"),
    _number("points", "总点数", "points that are paid, under the points method; else 0"),
    _number("utilisation", "费用使用率", "shared cost ÷ shared standard"),
    _text("band", "分担区间", "the band into which the utilisation falls"),
    _number("quality_factor", "考核系数", "by the year's score"),
    *FLOWS,
)

# Of an account whose score is known, or not: which share of its deposit it pays back.
SCORE_COLUMNS: Final = (
    *(column for column in SETTLEMENT_COLUMNS if column.name in ACCOUNT),
    _number("deposit_share_returned", "保证金返还比例", "by the year's score"),
)
