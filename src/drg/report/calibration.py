"""Calibration and what-if: on the console, and as workbooks."""

from __future__ import annotations

import io
from decimal import Decimal
from functools import partial
from typing import Final

import polars as pl
from rich.console import Console

from drg.analysis.calibration import Calibration, WhatIf
from drg.records.workbook import Heading, new_book
from drg.report.console import say
from drg.report.console_table import show
from drg.report.labels import labels
from drg.words import CHINESE, Both, Sentence, categories, said

SOURCES_ZH: Final = {"own": "本组均值", "adrg": "核心病组均值", "prior": "先验权重", "none": "无权重"}
OUTCOMES_ZH: Final = {"gains": "增加", "loses": "减少", "unchanged": "不变"}
MOST: Final = 10
_SCALES: Final = {"weighted": "病组有权重的病例 that have a weight", "all": "全部病例 all"}

_HEADS: Final = labels("calibration")


def print_calibration(console: Console, calibration: Calibration, seconds: float, language: str) -> None:
    """The outcome of a calibration: periods, where the weights are from, rates, notes."""
    of = partial(said, language=language)
    cases = of("cases")
    periods = []
    for row in calibration.periods.iter_rows(named=True):
        trimmed = row["trimmed_low"] + row["trimmed_high"]
        cells = (f"{row['rows']:,}", f"{row['cases']:,}", f"{trimmed:,}", f"{row['mean_cost_yuan']:,.2f}")
        periods.append((row["period"], row["weight"], *cells))
    heads = of("period,weight,rows,cases,trimmed,mean cost")
    show(console, heads.split(","), "wnnnnn", periods, title=of("Periods"))
    counts = calibration.groups.group_by("source").agg(pl.len(), pl.col("cases").sum())
    found = {source: (groups, count) for source, groups, count in counts.iter_rows()}
    sources = [
        (Both(source, words).to(language), *(f"{count:,}" for count in found[source]))
        for source, words in SOURCES_ZH.items()
        if source in found
    ]
    heads = of("from,groups,cases")
    show(console, heads.split(","), "wnn", sources, title=of("Weights"))
    if calibration.rates:
        divided = [
            (
                rate.insurance or of("all insurances"),
                *(f"{rate.budget_yuan:,.2f}", f"{rate.reserve_yuan:,.2f}", f"{rate.by_item_yuan:,.2f}"),
                *(f"{rate.drg_yuan:,.2f}", f"{rate.rest_yuan:,.2f}"),
            )
            for rate in calibration.rates
        ]
        heads = of("insurance,budget,reserve,paid by item,paid by DRG,rest")
        show(console, heads.split(","), "wnnnnn", divided, title=of("Budget"))
        rates = [
            (
                rate.insurance or of("all insurances"),
                *(f"{rate.cases:,}", f"{rate.by_item_cases:,}", f"{float(rate.weight):,.4f}"),
                f"{rate.value_yuan:,f}",
            )
            for rate in calibration.rates
        ]
        heads = of("insurance,cases by DRG,cases by item,Σ weight,value")
        show(console, heads.split(","), "wnnnn", rates, title=of("Rates"))
    if calibration.trims is not None:
        _print_trims(console, calibration.trims, language)
    largest = calibration.groups.sort("cases", "drg", descending=[True, False]).head(MOST)
    rows = [
        (
            row["drg"],
            row["drg_name"],
            Both(row["source"], SOURCES_ZH[row["source"]]).to(language),
            f"{row['cases']:,}",
            _cell(row["mean_cost_yuan"]),
            _cell(row["relative_weight"]),
        )
        for row in largest.iter_rows(named=True)
    ]
    heads = of("DRG,name,from") + f",{cases}," + of("mean cost,weight")
    show(console, heads.split(","), "wtwnnn", rows, title=of("Largest groups"))
    for note in calibration.notes:
        say(console, of("Note: {message}.", message=Both(note.message, note.message_zh)))
    settings, mean = calibration.settings, f"{calibration.mean_cost_yuan:,.2f}"
    say(
        console,
        of(
            "{count:,} weights for {grouper}; mean cost of a unit of weight in {base}: {mean} yuan;"
            " {seconds:.2f} s.",
            count=len(calibration.weights),
            grouper=settings.grouper,
            base=settings.base,
            mean=mean,
            seconds=seconds,
        ),
    )


def _print_trims(console: Console, trims: pl.DataFrame, language: str) -> None:
    heads = said("trimming,below,above,cost %,distance %,even %,middle %,uneven %,chosen", language=language)
    numbers = [name for name in trims.columns if name.endswith("_percent")]
    rows = [
        (
            row["trimming"],
            *(f"{row[name]:,}" for name in ("trimmed_low", "trimmed_high")),
            *("–" if row[name] is None else f"{row[name]:.2f}" for name in numbers),
            "*" if row["chosen"] else "",
        )
        for row in trims.iter_rows(named=True)
    ]
    show(console, heads.split(","), "wnnnnnnnw", rows, title=said("What each trim does", language=language))


def print_what_if(console: Console, result: WhatIf, language: str) -> None:
    """Who gains and who loses."""
    of = partial(said, language=language)
    (total,) = result.total.iter_rows(named=True)
    names = ("cases", "cost_yuan", "payment_old_yuan", "payment_new_yuan", "difference_yuan")
    rows = [
        (Both(name, _HEADS[name]).to(language), _cell(total[name])) for name in (*names, "difference_percent")
    ]
    title = of("What if: {old} → {new}", old=result.old, new=result.new)
    show(console, of("measure,value").split(","), "tn", rows, title=title)
    for what, rows_of, keys in _what_if_tables(result):
        counts = dict(rows_of["outcome"].value_counts().iter_rows())
        told = ", ".join(
            f"{Both(name, words).to(language)}: {counts[name]:,}"
            for name, words in OUTCOMES_ZH.items()
            if name in counts
        )
        changed = rows_of.filter(pl.col("difference_yuan") != 0)
        if changed.height > 2 * MOST:
            changed = pl.concat([changed.head(MOST), changed.tail(MOST)])
            told += of("; {most} first and last", most=MOST)
        heads = of("cases,old,new,difference,%").split(",")
        amounts = ("cases", "payment_old_yuan", "payment_new_yuan", "difference_yuan", "difference_percent")
        lines = [
            (*(row[key] or "–" for key in keys), *(_cell(row[name]) for name in amounts))
            for row in changed.iter_rows(named=True)
        ]
        labels = (Both(name, _HEADS[name]).to(language) for name in keys)
        kinds = "w" + "t" * (len(keys) - 1) + "nnnnn"
        show(console, (*labels, *heads), kinds, lines, title=f"{what.to(language)}: {told}")
    for warning in of_language(result, language):
        say(console, of("Warning: {warning}.", warning=warning))


def of_language(result: WhatIf, language: str) -> tuple[str, ...]:
    """What nobody may overlook, in a language."""
    return result.warnings_zh if language == CHINESE else result.warnings


def _what_if_tables(result: WhatIf) -> list[tuple[Sentence, pl.DataFrame, tuple[str, ...]]]:
    return [
        (Sentence("Hospitals"), result.hospitals, ("hospital_id",)),
        (Sentence("Departments"), result.departments, ("hospital_id", "department")),
        (Sentence("Groups"), result.groups, ("drg", "drg_name")),
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
        ("权重 1 的含义", "what 1 is: the mean cost of the cases", _SCALES[settings.scale]),
        (
            "全部病例尺度系数",
            "a weight by the scale all is so many times",
            f"{float(calibration.all_cases_scale):.8f}",
        ),
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
            {
                "insurance": rate.insurance or "all 全部",
                "cases": rate.cases,
                "weight_sum": float(rate.weight),
                "budget_yuan": float(rate.budget_yuan),
                "reserve_yuan": float(rate.reserve_yuan),
                "by_item_cases": rate.by_item_cases,
                "by_item_yuan": float(rate.by_item_yuan),
                "drg_yuan": float(rate.drg_yuan),
                "rest_yuan": float(rate.rest_yuan),
                "value_yuan": float(rate.value_yuan),
                "held_cases": rate.held_cases,
            }
            for rate in calibration.rates
        ]
        sheets["费率 rates"] = pl.DataFrame(rows)
    if calibration.trims is not None:
        sheets["裁剪对比 trims"] = calibration.trims
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
