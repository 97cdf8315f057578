"""Calibration and what-if: on the console, and as workbooks."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Final

import polars as pl
from rich.console import Console

from drg.analysis.calibration import Calibration, WhatIf
from drg.records.workbook import Heading, new_book
from drg.report.console import say
from drg.report.console_table import show
from drg.report.labels import labels
from drg.report.language import CHINESE, either
from drg.words import categories

SOURCES_ZH: Final = {"own": "本组均值", "adrg": "核心病组均值", "prior": "先验权重", "none": "无权重"}
OUTCOMES_ZH: Final = {"gains": "增加", "loses": "减少", "unchanged": "不变"}
MOST: Final = 10

_HEADS: Final = labels("calibration")


def print_calibration(console: Console, calibration: Calibration, seconds: float, language: str) -> None:
    """The outcome of a calibration: periods, where the weights are from, rates, notes."""

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    cases = of("病例数", "cases")
    periods = []
    for row in calibration.periods.iter_rows(named=True):
        trimmed = row["trimmed_low"] + row["trimmed_high"]
        cells = (f"{row['rows']:,}", f"{row['cases']:,}", f"{trimmed:,}", f"{row['mean_cost_yuan']:,.2f}")
        periods.append((row["period"], row["weight"], *cells))
    heads = of("时期,权重,行数,病例数,裁去,次均费用", "period,weight,rows,cases,trimmed,mean cost")
    show(console, heads.split(","), "wnnnnn", periods, title=of("时期", "Periods"))
    counts = calibration.groups.group_by("source").agg(pl.len(), pl.col("cases").sum())
    found = {source: (groups, count) for source, groups, count in counts.iter_rows()}
    sources = [
        (of(words, source), *(f"{count:,}" for count in found[source]))
        for source, words in SOURCES_ZH.items()
        if source in found
    ]
    heads = of("来源,病组数,病例数", "from,groups,cases")
    show(console, heads.split(","), "wnn", sources, title=of("权重", "Weights"))
    if calibration.rates:
        rates = [
            (
                rate.insurance or of("全部", "all"),
                *(f"{rate.budget_yuan:,.2f}", f"{rate.reserve_yuan:,.2f}", f"{float(rate.weight):,.4f}"),
                *(f"{rate.value_yuan:,f}", f"{rate.rest_yuan:,.2f}"),
            )
            for rate in calibration.rates
        ]
        heads = of("险种,预算,预留,权重合计,费率或点值,余额", "insurance,budget,reserve,Σ weight,value,rest")
        show(console, heads.split(","), "wnnnnn", rates, title=of("费率", "Rates"))
    largest = calibration.groups.sort("cases", "drg", descending=[True, False]).head(MOST)
    rows = [
        (
            row["drg"],
            row["drg_name"],
            of(SOURCES_ZH[row["source"]], row["source"]),
            f"{row['cases']:,}",
            _cell(row["mean_cost_yuan"]),
            _cell(row["relative_weight"]),
        )
        for row in largest.iter_rows(named=True)
    ]
    heads = of("病组,名称,来源", "DRG,name,from") + f",{cases}," + of("次均费用,权重", "mean cost,weight")
    show(console, heads.split(","), "wtwnnn", rows, title=of("病例最多的病组", "Largest groups"))
    for note in calibration.notes:
        say(console, of(f"说明：{note.message_zh}。", f"Note: {note.message}."))
    settings, mean = calibration.settings, f"{calibration.mean_cost_yuan:,.2f}"
    say(
        console,
        of(
            f"{settings.grouper} 的权重 {len(calibration.weights):,} 个；{settings.base} 单位权重次均费用 "
            f"{mean} 元；用时 {seconds:.2f} 秒。",
            f"{len(calibration.weights):,} weights for {settings.grouper}; mean cost of a unit of weight in"
            f" {settings.base}: {mean} yuan; {seconds:.2f} s.",
        ),
    )


def print_what_if(console: Console, result: WhatIf, language: str) -> None:
    """Who gains and who loses."""

    def of(zh: str, en: str) -> str:
        return either(language, zh, en)

    (total,) = result.total.iter_rows(named=True)
    names = ("cases", "cost_yuan", "payment_old_yuan", "payment_new_yuan", "difference_yuan")
    rows = [(of(_HEADS[name], name), _cell(total[name])) for name in (*names, "difference_percent")]
    title = of(f"测算：{result.old} → {result.new}", f"What if: {result.old} → {result.new}")
    show(console, of("项目,数值", "measure,value").split(","), "tn", rows, title=title)
    for what, rows_of, keys in _what_if_tables(result):
        counts = dict(rows_of["outcome"].value_counts().iter_rows())
        told = ", ".join(
            f"{of(words, name)}: {counts[name]:,}" for name, words in OUTCOMES_ZH.items() if name in counts
        )
        changed = rows_of.filter(pl.col("difference_yuan") != 0)
        if changed.height > 2 * MOST:
            changed = pl.concat([changed.head(MOST), changed.tail(MOST)])
            told += of(f"；增减最多各 {MOST}", f"; {MOST} first and last")
        heads = of("病例数,原支付,新支付,差额,%", "cases,old,new,difference,%").split(",")
        amounts = ("cases", "payment_old_yuan", "payment_new_yuan", "difference_yuan", "difference_percent")
        lines = [
            (*(row[key] or "–" for key in keys), *(_cell(row[name]) for name in amounts))
            for row in changed.iter_rows(named=True)
        ]
        labels = (of(_HEADS[name], name) for name in keys)
        kinds = "w" + "t" * (len(keys) - 1) + "nnnnn"
        show(console, (*labels, *heads), kinds, lines, title=f"{of(*what)}: {told}")
    for warning in of_language(result, language):
        say(console, of(f"提醒：{warning}。", f"Warning: {warning}."))


def of_language(result: WhatIf, language: str) -> tuple[str, ...]:
    """What nobody may overlook, in a language."""
    return result.warnings_zh if language == CHINESE else result.warnings


def _what_if_tables(result: WhatIf) -> list[tuple[tuple[str, str], pl.DataFrame, tuple[str, ...]]]:
    return [
        (("医疗机构", "Hospitals"), result.hospitals, ("hospital_id",)),
        (("科室", "Departments"), result.departments, ("hospital_id", "department")),
        (("病组", "Groups"), result.groups, ("drg", "drg_name")),
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
        *zip(result.warnings, result.warnings_zh, strict=True),
    ]
    classes = result.classes.with_columns(_with_words("case_class", categories("case_class", "zh")))
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
    return pl.col(column).cast(pl.String).replace({name: f"{name} {text}" for name, text in words.items()})


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


def _cell(value: Decimal | int | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}"
