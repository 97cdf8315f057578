"""A settlement on the console: totals, budgets, the hospitals that gain and lose most, what needs a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl
from rich.console import Console

from drg.analysis.settlement_totals import by_insurance, by_rule, ranked
from drg.records.findings import ERROR, WARNING
from drg.report.checks import severity_in
from drg.report.console import say
from drg.report.console_table import show
from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.report.language import either
from drg.report.prices import amount
from drg.report.statement_cases import BASES_ZH
from drg.settlement.settle import Settlement
from drg.settlement.settlement_columns import FORECAST, LOCAL

_MOST_COLUMNS: Final = 3
_SPANS: Final = {
    "year": ("年度", "year"),
    "year_to_date": ("累计", "to date"),
    "forecast": ("预测", "forecast"),
}
CLOSED_ZH: Final = {
    "common_factor": "统一系数",
    "hospitals_over": "收回超支分担",
    "carried_over": "结转下年",
    "fund": "基金承担",
    "point_value": "点值",
    "balanced": "平衡",
    "not_possible": "无法清算",
}


def print_settlement(console: Console, settlement: Settlement, language: str) -> None:
    """All of the summary."""

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    _print_totals(console, settlement.rows, language)
    if not settlement.budgets.is_empty():
        _print_budgets(console, settlement.budgets, language)
    best, worst = ranked(settlement.rows)
    _print_hospitals(console, of("盈余最多", "Largest surplus"), best, language)
    _print_hospitals(console, of("亏损最多", "Largest overrun"), worst, language)
    if not settlement.findings.is_empty():
        print_findings(console, settlement.findings, language)
    if settlement.scheme.status == "illustrative":
        id_ = settlement.scheme.id
        say(console, of(f"{id_}：{ILLUSTRATIVE_ZH}。", f"{id_}: {ILLUSTRATIVE_EN}."))


def warnings(settlement: Settlement, language: str) -> list[str]:
    """What nobody may overlook, also who asked for quiet: errors and warnings by rule, the first of each."""
    serious = settlement.findings.filter(pl.col("severity").is_in([ERROR, WARNING]))
    return [
        f"{row['rule']} × {row['count']:,}: {_place(row, language)}"
        + either(language, f"{row['message_zh']}。{row['fix_zh']}", f"{row['message']}. {row['fix']}")
        for row in by_rule(serious).iter_rows(named=True)
    ]


def _print_totals(console: Console, rows: pl.DataFrame, language: str) -> None:
    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    sums = by_insurance(rows).to_dicts()
    heads, columns = [], []
    for row in sums:
        basis = "" if row["basis"] == LOCAL else f" {of(BASES_ZH[row['basis']], row['basis'])}"
        heads.append(f"{row['insurance_type']}{basis}\n{row['period']} {of(*_SPANS[row['span']])}")
        columns.append(
            {
                of("医院", "hospitals"): f"{row['hospitals']:,}",
                of("病例", "cases"): f"{row['cases']:,}",
                of("病例组合指数", "CMI"): "–" if row["cmi"] is None else f"{row['cmi']:.4f}",
                of("费用", "cost"): amount(row["cost_yuan"]),
                of("支付标准", "standard"): amount(row["standard_yuan"]),
                of("费用使用率", "utilisation"): (
                    "–" if row["utilisation"] is None else f"{row['utilisation']:.2%}"
                ),
                of("支付合计", "payment"): amount(row["payment_yuan"]),
                of("基金应付", "entitlement"): amount(row["entitlement_yuan"]),
                of("未返还保证金", "deposit"): amount(row["deposit_yuan"] - row["deposit_returned_yuan"]),
                of("清算前预留", "held back"): amount(row["held_back_yuan"]),
                of("审核扣款", "deductions"): amount(row["deductions_yuan"]),
                of("收回预付金", "prepayment"): amount(row["prepayment_taken_yuan"]),
                of("应拨付", "payable"): amount(row["payable_yuan"]),
                of("已拨付", "instalments"): amount(row["instalments_yuan"]),
                of("应付余额", "balance"): amount(row["balance_yuan"]),
            }
        )
    # What is nothing anywhere is not in the way of what is something.
    used = (
        [name for name in columns[0] if any(column[name] != "0.00" for column in columns)] if columns else []
    )
    columns = [{name: column[name] for name in used} for column in columns]
    _print_side_by_side(console, of("合计（元）", "Totals (yuan)"), heads, columns)
    held = sum(row["cases_held"] for row in sums if row["span"] != FORECAST)
    if held:
        say(
            console,
            of(f"待核病例 {held:,} 个，未计入任何金额。", f"{held:,} cases are held: they are in no amount."),
        )


def _print_budgets(console: Console, budgets: pl.DataFrame, language: str) -> None:
    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    heads, columns = [], []
    for row in budgets.iter_rows(named=True):
        insurance = row["insurance_type"] or of("全部", "all")
        heads.append(f"{insurance}\n{row['year']} {of(*_SPANS[row['span']])}")
        column = {
            of("清算方式", "closed by"): of(CLOSED_ZH[row["closed_by"]], row["closed_by"]),
            of("预算", "budget"): amount(row["budget_yuan"]),
            of("可分配", "to distribute"): amount(row["pool_yuan"]),
            of("清算前", "claimed"): amount(row["claimed_yuan"]),
            of("系数", "factor"): "–" if row["factor"] is None else f"{row['factor']:.8f}",
            of("点值", "point value"): "–" if row["point_value"] is None else f"{row['point_value']:.8f}",
            of("清算后", "paid"): amount(row["paid_yuan"]),
            of("结转下年", "carried out"): amount(row["carried_out_yuan"]),
            of("基金承担", "borne by fund"): amount(row["borne_by_fund_yuan"]),
        }
        columns.append(column)
    used = [name for name in columns[0] if any(column[name] != "–" for column in columns)]
    columns = [{name: column[name] for name in used} for column in columns]
    _print_side_by_side(console, of("预算", "Budgets"), heads, columns)


def _print_side_by_side(
    console: Console, title: str, heads: Sequence[str], columns: Sequence[Mapping[str, str]]
) -> None:
    """Figures as rows, accounts as columns; as many tables as it takes, for no amount may be cut."""
    for start in range(0, len(columns), _MOST_COLUMNS):
        part = columns[start : start + _MOST_COLUMNS]
        rows = [(name, *(column[name] for column in part)) for name in part[0]]
        show(console, ("", *heads[start : start + _MOST_COLUMNS]), "w" + "n" * len(part), rows, title=title)


def _print_hospitals(console: Console, title: str, rows: pl.DataFrame, language: str) -> None:
    if rows.is_empty():
        return
    heads = either(
        language, "医疗机构,病例,费用,应付,盈亏,余额", "hospital,cases,cost,entitlement,outcome,balance"
    )
    names = ("cost_yuan", "entitlement_yuan", "outcome_yuan", "balance_yuan")
    lines = [
        (row["hospital_id"], f"{row['cases']:,}", *(amount(row[name]) for name in names))
        for row in rows.iter_rows(named=True)
    ]
    show(console, heads.split(","), "wnnnnn", lines, title=title)


def print_findings(console: Console, findings: pl.DataFrame, language: str) -> None:
    """Findings counted by rule, each with its first and what mends it."""
    heads = either(language, "级别,规则,数量,首例,处理办法", "severity,rule,count,first of them,fix")
    message, fix = either(language, "message_zh fix_zh", "message fix").split()
    rows = [
        (
            severity_in(row["severity"], language),
            row["rule"],
            f"{row['count']:,}",
            f"{_place(row, language)}{row[message]}",
            row[fix],
        )
        for row in by_rule(findings).iter_rows(named=True)
    ]
    show(console, heads.split(","), "wtntt", rows, title=either(language, "待处理", "Findings"))


def _place(row: dict[str, Any], language: str) -> str:
    at = either(language, f"第 {row['row']} 行", f"row {row['row']}")
    parts = [at] if row["row"] is not None else []
    parts += [row[name] for name in ("hospital_id", "insurance_type", "period", "case_id") if row[name]]
    return f"{' '.join(parts)}: " if parts else ""
