"""Calibration and what-if: on the console, and as workbooks."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drg.analysis.calibration import Calibration, WhatIf
from drg.payment.steps import CLASSES_ZH
from drg.records.workbook import Heading, new_book

SOURCES_ZH: Final = {"own": "本组均值", "adrg": "核心病组均值", "prior": "先验权重", "none": "无权重"}
OUTCOMES_ZH: Final = {"gains": "增加", "loses": "减少", "unchanged": "不变"}
MOST: Final = 10

_HEADS: Final = {
    "period": "时期",
    "weight": "时期权重",
    "rows": "行数",
    "not_grouped": "未入组",
    "no_cost": "无费用",
    "unusable_cost": "费用不合理",
    "zero_cost": "费用为 0",
    "unknown_group": "病组未知",
    "cases": "病例数",
    "trimmed_low": "低端裁剪",
    "trimmed_high": "高端裁剪",
    "kept": "保留病例",
    "mean_cost_yuan": "次均费用",
    "drg": "病组",
    "drg_name": "病组名称",
    "adrg": "核心病组",
    "severity": "合并症或并发症",
    "own_weight": "本组原始权重",
    "source": "权重来源",
    "own_share": "本组占比",
    "raw_weight": "原始权重",
    "pooled_with": "合并的病组",
    "pooled_weight": "合并后权重",
    "normalised_weight": "标准化权重",
    "relative_weight": "权重",
    "low_95": "95% 下限",
    "high_95": "95% 上限",
    "prior_weight": "先验权重",
    "insurance": "险种",
    "weight_sum": "权重×系数合计",
    "budget_yuan": "预算",
    "reserve_yuan": "预留",
    "value_yuan": "费率或点值",
    "rest_yuan": "余额",
    "hospital_id": "医疗机构",
    "department": "科室",
    "case_class": "病例类型",
    "cost_yuan": "住院总费用",
    "weight_old": "原方案权重合计",
    "weight_new": "新方案权重合计",
    "cases_old": "原方案病例数",
    "cases_new": "新方案病例数",
    "payment_old_yuan": "原方案支付",
    "payment_new_yuan": "新方案支付",
    "difference_yuan": "差额",
    "difference_percent": "差额 %",
    "outcome": "增减",
}


def print_calibration(console: Console, calibration: Calibration, seconds: float) -> None:
    """The outcome of a calibration: periods, where the weights are from, rates, notes."""
    periods = _table(
        "Periods 时期", ("period 时期",), ("weight", "rows", "cases 病例", "trimmed", "mean cost 次均费用")
    )
    for row in calibration.periods.iter_rows(named=True):
        trimmed = row["trimmed_low"] + row["trimmed_high"]
        cells = (f"{row['rows']:,}", f"{row['cases']:,}", f"{trimmed:,}", f"{row['mean_cost_yuan']:,.2f}")
        periods.add_row(escape(row["period"]), row["weight"], *cells)
    console.print(periods)
    sources = _table("Weights 权重", ("from", "来源"), ("groups 病组", "cases 病例"))
    counts = calibration.groups.group_by("source").agg(pl.len(), pl.col("cases").sum())
    found = {source: (groups, cases) for source, groups, cases in counts.iter_rows()}
    for source, words in SOURCES_ZH.items():
        if source in found:
            sources.add_row(source, words, *(f"{count:,}" for count in found[source]))
    console.print(sources)
    if calibration.rates:
        rates = _table(
            "Rates 费率",
            ("insurance 险种",),
            ("budget 预算", "reserve 预留", "Σ weight", "value 费率或点值", "rest 余额"),
        )
        for rate in calibration.rates:
            amounts = (f"{rate.budget_yuan:,.2f}", f"{rate.reserve_yuan:,.2f}", f"{float(rate.weight):,.4f}")
            rest = (f"{rate.value_yuan:,f}", f"{rate.rest_yuan:,.2f}")
            rates.add_row(escape(rate.insurance or "all 全部"), *amounts, *rest)
        console.print(rates)
    largest = calibration.groups.sort("cases", "drg", descending=[True, False]).head(MOST)
    table = _table(
        "Largest groups 病例最多的病组",
        ("DRG", "name", "from"),
        ("cases", "mean cost 次均费用", "weight 权重"),
    )
    for row in largest.iter_rows(named=True):
        numbers = (f"{row['cases']:,}", _cell(row["mean_cost_yuan"]), _cell(row["relative_weight"]))
        table.add_row(row["drg"], escape(row["drg_name"]), row["source"], *numbers)
    console.print(table)
    _print_notes(console, [(note.message, note.message_zh) for note in calibration.notes])
    settings = calibration.settings
    console.print(
        f"{len(calibration.weights):,} weights for {settings.grouper}; mean cost of a unit of weight in"
        f" {escape(settings.base)}: {calibration.mean_cost_yuan:,.2f} yuan; {seconds:.2f} s."
    )


def print_what_if(console: Console, result: WhatIf) -> None:
    """Who gains and who loses."""
    (total,) = result.total.iter_rows(named=True)
    line = _table(f"What if 测算: {escape(result.old)} → {escape(result.new)}", ("", ""), ("value",))
    for name in (
        "cases",
        "cost_yuan",
        "payment_old_yuan",
        "payment_new_yuan",
        "difference_yuan",
        "difference_percent",
    ):
        line.add_row(name, _HEADS[name], _cell(total[name]))
    console.print(line)
    for title, rows, keys in _what_if_tables(result):
        counts = dict(rows["outcome"].value_counts().iter_rows())
        told = ", ".join(
            f"{name} {OUTCOMES_ZH[name]}: {counts[name]:,}" for name in OUTCOMES_ZH if name in counts
        )
        changed = rows.filter(pl.col("difference_yuan") != 0)
        if changed.height > 2 * MOST:
            changed = pl.concat([changed.head(MOST), changed.tail(MOST)])
            told += f"; {MOST} first and last 增减最多各 {MOST}"
        heads = ("cases", "old 原支付", "new 新支付", "difference 差额", "%")
        table = _table(f"{title}: {told}", [f"{name} {_HEADS[name]}" for name in keys], heads)
        for row in changed.iter_rows(named=True):
            names = ("cases", "payment_old_yuan", "payment_new_yuan", "difference_yuan", "difference_percent")
            table.add_row(*(escape(row[key] or "–") for key in keys), *(_cell(row[name]) for name in names))
        console.print(table)
    _print_notes(console, [(warning, "") for warning in result.warnings])


def _what_if_tables(result: WhatIf) -> list[tuple[str, pl.DataFrame, tuple[str, ...]]]:
    return [
        ("Hospitals 医疗机构", result.hospitals, ("hospital_id",)),
        ("Departments 科室", result.departments, ("hospital_id", "department")),
        ("Groups 病组", result.groups, ("drg", "drg_name")),
    ]


def calibration_workbook(calibration: Calibration) -> bytes:
    """How each weight came about, as a workbook: summary, weights, pools, periods, groups by period."""
    settings = calibration.settings
    s = [
        ("分组方案", "grouper", settings.grouper),
        ("基期", "base period", settings.base),
        ("裁剪", "trimming, per group and period", str(settings.trimming)),
        ("最少病例数", "least cases", f"{settings.min_cases:,}"),
        ("先验权重", "prior", settings.prior or "–"),
        ("与本组混合", "blended with the own mean", "是 yes" if settings.blend else "否 no"),
        ("严重程度不倒挂", "MCC ≥ CC ≥ none", "是 yes" if settings.monotone else "否 no"),
        ("小数位数", "decimals", f"{settings.decimals}"),
        ("沿用规则", "rules kept from", settings.rules or "–"),
        ("单位权重次均费用", "mean cost of a unit of weight, yuan", f"{calibration.mean_cost_yuan:,.2f}"),
        (
            "取整后基期平均权重",
            "mean weight of the base period after rounding",
            f"{float(calibration.mean_weight):.8f}",
        ),
        *(("说明", note.message, note.message_zh) for note in calibration.notes),
    ]
    summary = pl.DataFrame(s, schema=["项目", "item", "内容 value"], orient="row")
    groups = calibration.groups.with_columns(_with_words("source", SOURCES_ZH))
    pooled = groups.filter(pl.col("pooled_with").is_not_null())
    pools = ("adrg", "drg", "drg_name", "severity", "kept", "raw_weight", "pooled_weight", "pooled_with")
    sheets = {
        "摘要 summary": summary,
        "权重 weights": groups,
        "合并 pools": pooled.select(pools).sort("adrg", "drg"),
    }
    if calibration.rates:
        rows = [
            (
                rate.insurance or "all 全部",
                rate.cases,
                float(rate.weight),
                *map(float, (rate.budget_yuan, rate.reserve_yuan, rate.value_yuan, rate.rest_yuan)),
            )
            for rate in calibration.rates
        ]
        names = ("insurance", "cases", "weight_sum", "budget_yuan", "reserve_yuan", "value_yuan", "rest_yuan")
        sheets["费率 rates"] = pl.DataFrame(rows, schema=names, orient="row")
    return _workbook(
        {**sheets, "时期 periods": calibration.periods, "病组与时期 by period": calibration.cells}
    )


def what_if_workbook(result: WhatIf) -> bytes:
    """Who gains and who loses, as a workbook: total, hospitals, departments, groups, classes."""
    said = [
        (f"{result.old} → {result.new}", "原方案 → 新方案"),
        *((warning, "") for warning in result.warnings),
    ]
    classes = result.classes.with_columns(_with_words("case_class", CLASSES_ZH))
    sheets = {
        "合计 total": result.total,
        "医疗机构 hospitals": result.hospitals,
        "科室 departments": result.departments,
        "病组 groups": result.groups,
        "病例类型 classes": classes,
    }
    worded = {name: rows.with_columns(_with_words("outcome", OUTCOMES_ZH)) for name, rows in sheets.items()}
    return _workbook({"说明 notes": pl.DataFrame(said, schema=["schemes", "方案"], orient="row"), **worded})


def _with_words(column: str, words: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace({name: f"{name} {text}" for name, text in words.items()})


def _workbook(sheets: dict[str, pl.DataFrame]) -> bytes:
    content = io.BytesIO()
    with new_book(content) as book:
        for name, frame in sheets.items():
            headings = [
                Heading(_head(column), _look(column, dtype), width=None)
                for column, dtype in frame.schema.items()
            ]
            book.frame(name, headings, frame)
    return content.getvalue()


def _head(column: str) -> str:
    return f"{_HEADS[column]} {column}" if column in _HEADS else column


def _look(column: str, dtype: pl.DataType) -> str:
    if not dtype.is_numeric():
        return "text"
    if dtype.is_integer():
        return "count"
    # A rate, or the value of a point, may have more places than an amount.
    return "money" if column.endswith("_yuan") and column != "value_yuan" else "number"


def _table(title: str, texts: Iterable[str], numbers: Sequence[str]) -> Table:
    table = Table(*texts, *numbers, title=title, title_justify="left")
    for column in table.columns[len(table.columns) - len(numbers) :]:
        column.justify = "right"
    return table


def _cell(value: Decimal | int | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}"


def _print_notes(console: Console, notes: Iterable[tuple[str, str]]) -> None:
    for message, message_zh in notes:
        console.print(f"Note: {message}.", markup=False, highlight=False, soft_wrap=True)
        if message_zh:
            console.print(f"      {message_zh}。", markup=False, highlight=False, soft_wrap=True)
