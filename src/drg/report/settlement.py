"""A settlement on the console: totals, budgets, the hospitals that gain and lose most, what needs a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drg.analysis.settlement_totals import by_insurance, by_rule, ranked
from drg.records.findings import ERROR, WARNING
from drg.report.checks import SEVERITIES_ZH
from drg.report.html import ILLUSTRATIVE_EN, ILLUSTRATIVE_ZH
from drg.report.prices import amount
from drg.settlement.columns import FORECAST, LOCAL
from drg.settlement.settle import Settlement

_MOST_COLUMNS: Final = 3
_STYLES: Final = {ERROR: "red", WARNING: "yellow"}
_SPANS: Final = {"year": "year 年度", "year_to_date": "to date 累计", "forecast": "forecast 预测"}
CLOSED_ZH: Final = {
    "common_factor": "统一系数",
    "hospitals_over": "收回超支分担",
    "carried_over": "结转下年",
    "fund": "基金承担",
    "point_value": "点值",
    "balanced": "平衡",
    "not_possible": "无法清算",
}


def print_settlement(console: Console, settlement: Settlement) -> None:
    """All of the summary."""
    _print_totals(console, settlement.rows)
    if not settlement.budgets.is_empty():
        _print_budgets(console, settlement.budgets)
    best, worst = ranked(settlement.rows)
    _print_hospitals(console, "Largest surplus 盈余最多", best)
    _print_hospitals(console, "Largest overrun 亏损最多", worst)
    if not settlement.findings.is_empty():
        print_findings(console, settlement.findings)
    if settlement.scheme.status == "illustrative":
        console.print(
            f"{settlement.scheme.id}: {ILLUSTRATIVE_EN} ({ILLUSTRATIVE_ZH}).", soft_wrap=True, highlight=False
        )


def warnings(settlement: Settlement) -> list[str]:
    """What nobody may overlook, also who asked for quiet: errors and warnings by rule, the first of each."""
    serious = settlement.findings.filter(pl.col("severity").is_in([ERROR, WARNING]))
    return [
        f"{row['rule']} × {row['count']:,}: {_place(row)}{row['message']}. {row['fix']}"
        for row in by_rule(serious).iter_rows(named=True)
    ]


def _print_totals(console: Console, rows: pl.DataFrame) -> None:
    sums = by_insurance(rows).to_dicts()
    heads, columns = [], []
    for row in sums:
        basis = "" if row["basis"] == LOCAL else f" {row['basis']}"
        heads.append(f"{row['insurance_type']}{basis}\n{row['period']} {_SPANS[row['span']]}")
        columns.append(
            {
                "hospitals 医院": f"{row['hospitals']:,}",
                "cases 病例": f"{row['cases']:,}",
                "CMI 病例组合指数": "–" if row["cmi"] is None else f"{row['cmi']:.4f}",
                "cost 费用": amount(row["cost"]),
                "standard 支付标准": amount(row["standard"]),
                "utilisation 费用使用率": (
                    "–" if row["utilisation"] is None else f"{row['utilisation']:.2%}"
                ),
                "payment 支付合计": amount(row["payment"]),
                "entitlement 基金应付": amount(row["entitlement"]),
                "deposit 未返还保证金": amount(row["deposit"] - row["deposit_returned"]),
                "held back 清算前预留": amount(row["held_back"]),
                "deductions 审核扣款": amount(row["deductions"]),
                "prepayment 收回预付金": amount(row["prepayment_taken"]),
                "payable 应拨付": amount(row["payable"]),
                "instalments 已拨付": amount(row["instalments"]),
                "balance 应付余额": amount(row["balance"]),
            }
        )
    # What is nothing anywhere is not in the way of what is something.
    used = (
        [name for name in columns[0] if any(column[name] != "0.00" for column in columns)] if columns else []
    )
    columns = [{name: column[name] for name in used} for column in columns]
    _print_side_by_side(console, "Totals 合计（元 yuan）", heads, columns)
    held = sum(row["cases_held"] for row in sums if row["span"] != FORECAST)
    if held:
        console.print(f"{held:,} cases are held 待核: they are in no amount 未计入任何金额.")


def _print_budgets(console: Console, budgets: pl.DataFrame) -> None:
    heads, columns = [], []
    for row in budgets.iter_rows(named=True):
        heads.append(f"{row['insurance_type'] or 'all 全部'}\n{row['year']} {_SPANS[row['span']]}")
        column = {
            "closed by 清算方式": f"{row['closed_by']} {CLOSED_ZH[row['closed_by']]}",
            "budget 预算": amount(row["budget"]),
            "to distribute 可分配": amount(row["pool"]),
            "claimed 清算前": amount(row["claimed"]),
            "factor 系数": "–" if row["factor"] is None else f"{row['factor']:.8f}",
            "point value 点值": "–" if row["point_value"] is None else f"{row['point_value']:.8f}",
            "paid 清算后": amount(row["paid"]),
            "carried out 结转下年": amount(row["carried_out"]),
            "borne by fund 基金承担": amount(row["borne_by_fund"]),
        }
        columns.append(column)
    used = [name for name in columns[0] if any(column[name] != "–" for column in columns)]
    columns = [{name: column[name] for name in used} for column in columns]
    _print_side_by_side(console, "Budgets 预算", heads, columns)


def _print_side_by_side(
    console: Console, title: str, heads: Sequence[str], columns: Sequence[Mapping[str, str]]
) -> None:
    """Figures as rows, accounts as columns; as many tables as it takes, for no amount may be cut."""
    for start in range(0, len(columns), _MOST_COLUMNS):
        part = columns[start : start + _MOST_COLUMNS]
        table = _table(title, "", *map(escape, heads[start : start + _MOST_COLUMNS]), texts=1)
        for name in part[0]:
            table.add_row(name, *(escape(column[name]) for column in part))
        console.print(table)


def _table(title: str, *names: str, texts: int) -> Table:
    table = Table(*names, title=title, title_justify="left")
    for column in table.columns[texts:]:
        column.justify = "right"
        column.overflow = "fold"
    return table


def _print_hospitals(console: Console, title: str, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    names = (
        "hospital 医疗机构",
        "cases 病例",
        "cost 费用",
        "entitlement 应付",
        "outcome 盈亏",
        "balance 余额",
    )
    table = _table(title, *names, texts=1)
    for row in rows.iter_rows(named=True):
        amounts = (amount(row[name]) for name in ("cost", "entitlement", "outcome", "balance"))
        table.add_row(escape(row["hospital_id"]), f"{row['cases']:,}", *amounts)
    console.print(table)


def print_findings(console: Console, findings: pl.DataFrame) -> None:
    """Findings counted by rule, each with its first and what mends it."""
    names = ("", "rule 规则", "count 数量", "first of them 首例", "fix 处理办法")
    table = Table(*names, title="Findings 待处理", title_justify="left")
    table.columns[2].justify = "right"
    for column in table.columns:
        column.overflow = "fold"
    for row in by_rule(findings).iter_rows(named=True):
        style = _STYLES.get(row["severity"], "")
        severity = f"{row['severity']} {SEVERITIES_ZH[row['severity']]}"
        table.add_row(
            f"[{style}]{severity}[/]" if style else severity,
            row["rule"],
            f"{row['count']:,}",
            escape(f"{_place(row)}{row['message_zh']}\n{row['message']}"),
            escape(f"{row['fix_zh']}\n{row['fix']}"),
        )
    console.print(table)


def _place(row: dict[str, Any]) -> str:
    parts = [f"row {row['row']}"] if row["row"] is not None else []
    parts += [row[name] for name in ("hospital_id", "insurance_type", "period", "case_id") if row[name]]
    return f"{' '.join(parts)}: " if parts else ""
