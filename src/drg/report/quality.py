"""The quality of a grouping for people: on the console, and as a workbook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drg.analysis.quality import Evaluation
from drg.records.findings import ERROR, NOTICE, WARNING
from drg.records.workbook import Book, Heading, new_book
from drg.report.quality_labels import LABELS_ZH, SHEETS_ZH, VALUES_ZH, riv_zh

_MOST: Final = 10
_WIDEST: Final = 60
_NOTHING: Final = "–"
_STYLES: Final = {ERROR: "red", WARNING: "yellow", NOTICE: "dim"}
_SHARES: Final = ("grouping_rate", "share_")


def print_evaluation(console: Console, evaluation: Evaluation) -> None:
    """The quality on one screen: totals, variance, CV, splits, order, the outermost hospitals, findings."""
    summary = evaluation.summary
    totals = _table("Grouping 入组", ("", "", ""), texts=2)
    totals.show_header = False
    for name in ("cases", "excluded", "grouped", "grouping_rate", "groups_used", "few_case_groups"):
        totals.add_row(name.replace("_", " "), LABELS_ZH[name], _shown(name, summary[name]))
    for name in ("mean_cost_yuan", "mean_los_days"):
        totals.add_row(name.replace("_", " "), LABELS_ZH[name], _shown(name, summary[name]))
    console.print(totals)
    _print_variance(console, evaluation)
    _print_cv(console, evaluation)
    _print_splits(console, evaluation)
    _print_hospitals(console, evaluation.hospitals)
    for row in evaluation.findings.iter_rows(named=True):
        style = _STYLES[row["severity"]]
        text = f"{escape(row['message'])}. {escape(row['message_zh'])}。"
        console.print(f"[{style}]{row['severity']}[/] {text}", soft_wrap=True)


def _table(title: str, head: Sequence[str], texts: int) -> Table:
    """A table whose first columns are text and all others numbers."""
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(head):
        table.add_column(name, justify="left" if place < texts else "right", no_wrap=place >= texts)
    return table


def _print_variance(console: Console, evaluation: Evaluation) -> None:
    limits = f"{evaluation.settings['level']:.0%}"
    head = ("value", "变量", "trimming 裁剪", "cases", "trimmed", "RIV", limits, "adjusted 校正", limits)
    table = _table("Reduction in variance 方差减少量", head, texts=3)
    for row in evaluation.variance.iter_rows(named=True):
        table.add_row(
            row["value"] if row["scale"] == "raw" else f"log {row['value']}",
            VALUES_ZH[row["value"], row["scale"]],
            row["trimming"],
            f"{row['cases']:,}",
            f"{row['trimmed_low'] + row['trimmed_high']:,}",
            _number(row["riv"], 4),
            _between(row["riv_low"], row["riv_high"]),
            _number(row["riv_adjusted"], 4),
            _between(row["riv_adjusted_low"], row["riv_adjusted_high"]),
        )
    console.print(table)


def _print_cv(console: Console, evaluation: Evaluation) -> None:
    limits = ("CV < 0.8: cases", "groups", "CV < 1: cases", "groups")
    title = f"Coefficient of variation 变异系数 (ddof {evaluation.settings['ddof']})"
    table = _table(title, ("value", "变量", "trimming 裁剪", *limits), texts=3)
    names = [f"{part}_cv_below_{limit}" for limit in ("0_8", "1") for part in ("share_cases", "share_groups")]
    for row in evaluation.variance.filter(pl.col("scale") == "raw").iter_rows(named=True):
        value = VALUES_ZH[row["value"], row["scale"]]
        table.add_row(row["value"], value, row["trimming"], *(_share(row[name]) for name in names))
    console.print(table)
    widest = evaluation.groups.filter(pl.col("cv_cost") >= 1).sort("cv_cost", "drg", descending=[True, False])
    if not widest.height:
        return
    shown = widest.head(_MOST)
    title = (
        f"{shown.height} of {widest.height:,} groups with a CV of cost of 1 or more 费用 CV 不低于 1 的病组"
    )
    interval = f"{evaluation.settings['level']:.0%}"
    table = _table(title, ("DRG", "name", "cases", "mean yuan", "median yuan", "CV", interval), texts=2)
    for row in shown.iter_rows(named=True):
        table.add_row(
            escape(row["drg"]),
            escape(row["drg_name"]),
            f"{row['cost_cases']:,}",
            *(_number(row[name], 2) for name in ("mean_cost_yuan", "median_cost_yuan")),
            _number(row["cv_cost"], 4),
            _between(row["cv_cost_low"], row["cv_cost_high"]),
        )
    console.print(table)


def _print_splits(console: Console, evaluation: Evaluation) -> None:
    summary = evaluation.summary
    if summary["splits_tested"]:
        console.print(
            f"Splits 细分: {summary['splits_tested']:,} ADRGs tested, of which the costs of"
            f" {summary['splits_p_h_below_0_05']:,} differ between their groups (Kruskal–Wallis, p < 0.05)."
        )
    if not summary["order_pairs"]:
        return
    console.print(
        f"Order MCC ≥ CC ≥ none 合并症次序: {summary['order_violated']:,} of {summary['order_pairs']:,} pairs"
        " are violated."
    )
    violated = evaluation.order.filter("violated").sort("ratio", "higher_drg", nulls_last=True).head(_MOST)
    if not violated.height:
        return
    head = ("higher", "lower", "cases", "mean yuan", "cases", "mean yuan", "ratio", "Welch p")
    table = _table(f"Largest violations 次序颠倒最大的 {violated.height} 对", head, texts=2)
    for row in violated.iter_rows(named=True):
        table.add_row(
            *(escape(f"{row[f'{side}_drg']} {row[f'{side}_level']}") for side in ("higher", "lower")),
            f"{row['higher_cases']:,}",
            _number(row["higher_mean_cost_yuan"], 2),
            f"{row['lower_cases']:,}",
            _number(row["lower_mean_cost_yuan"], 2),
            _number(row["ratio"], 4),
            _p_value(row["p_welch"]),
        )
    console.print(table)


def _print_hospitals(console: Console, hospitals: pl.DataFrame) -> None:
    if hospitals.height < 2:
        return
    key = "cost_index_ratio_of_sums"
    ranked = hospitals.sort(key, "hospital_id", descending=[True, False], nulls_last=True)
    title, shown = f"All {hospitals.height} hospitals 医疗机构", ranked
    if hospitals.height > _MOST:
        half = _MOST // 2
        title = f"{half} highest and {half} lowest of {hospitals.height:,} hospitals 费用消耗指数最高与最低"
        shown = pl.concat([ranked.head(half), ranked.tail(half)])
    head = ("hospital", "cases", "cost index: Σ÷Σ", "mean of ratios", "time index: Σ÷Σ", "mean of ratios")
    table = _table(title, head, texts=1)
    ways = ("ratio_of_sums", "mean_of_ratios")
    indices = [f"{value}_index_{way}" for value in ("cost", "time") for way in ways]
    for row in shown.iter_rows(named=True):
        numbers = (_number(row[name], 4) for name in indices)
        table.add_row(escape(row["hospital_id"]), f"{row['cases']:,}", *numbers)
    console.print(table)


def workbook(evaluation: Evaluation) -> bytes:
    """All tables as a workbook, a sheet each; what is not defined is shown as –."""
    content = io.BytesIO()
    with new_book(content) as book:
        _write_summary(book, evaluation)
        for name, frame in evaluation.tables.items():
            headings = [
                Heading(f"{LABELS_ZH[column]}\n{column}", _look(column, dtype), width=None)
                for column, dtype in frame.schema.items()
            ]
            book.frame(_sheet_name(name), headings, frame, nothing=_NOTHING)
        sheet = book.table(
            _sheet_name("settings"), [Heading("设置\nsetting", width=24), Heading("值\nvalue", width=30)]
        )
        for row, setting in enumerate(evaluation.settings.items(), start=1):
            book.row(sheet, row, [_NOTHING if cell is None else cell for cell in setting], ["text", "text"])
    return content.getvalue()


def _sheet_name(name: str) -> str:
    return f"{SHEETS_ZH[name]} {name}"


def _write_summary(book: Book, evaluation: Evaluation) -> None:
    headings = [Heading("指标", width=50), Heading("measure", width=34), Heading("value", width=18)]
    sheet = book.table(_sheet_name("summary"), headings)
    for row, (name, value) in enumerate(evaluation.summary.items(), start=1):
        dtype = pl.Int64() if isinstance(value, int) else pl.Float64()
        label = LABELS_ZH.get(name, riv_zh(name))
        cells = [label, name, _NOTHING if value is None else value]
        book.row(sheet, row, cells, ["text", "text", _look(name, dtype)])
    sheet.autofilter(0, 0, len(evaluation.summary), len(headings) - 1)


def _look(measure: str, dtype: pl.DataType) -> str:
    """How the cells of a measure look."""
    if not dtype.is_numeric():
        return "text"
    if measure.startswith(_SHARES):
        return "percent"
    if dtype.is_integer():
        return "count"
    return "money" if "_yuan" in measure or "_days" in measure else "weight"


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return _NOTHING
    if name.startswith(_SHARES):
        return _share(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _number(value: float | None, places: int) -> str:
    return _NOTHING if value is None else f"{value:,.{places}f}"


def _share(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1%}"


def _between(low: float | None, high: float | None) -> str:
    return _NOTHING if low is None or high is None else f"{low:.4f} – {high:.4f}"


def _p_value(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"
