"""The page of an evaluation: one file that opens without a network, Chinese first. It holds no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

import polars as pl

from drg.analysis.quality import Evaluation
from drg.report import quality_charts
from drg.report.comparison.charts import can_be_drawn
from drg.report.html import END, head, table
from drg.report.quality_labels import LABELS_ZH, VALUES_ZH, cell_zh, riv_zh

# How many rows a table of the page holds; the workbook holds all.
MOST_ROWS: Final = 500
_LEAGUE: Final = 60  # hospitals of a league plot: the first and the last half of them
_NOTHING: Final = "–"
_NO_CHARTS: Final = (
    "未安装 matplotlib，本页没有图（pip install matplotlib）",
    "There are no charts without matplotlib",
)
_HOW_TO_READ: Final = (
    "指数为实际与按病组预期之比，已按病例组合校正，1 为区域水平。虚线为 95%、实线为 99.8% 控制限："
    "浅色只计病例的偶然波动，深色另计机构间通常的差异。红色为显著偏高，绿色为显著偏低。",
    "The index is observed ÷ expected by group; 1 is the region. Limits of 95 % are dashed, of 99.8 % solid; "
    "pale ones by chance among cases, dark ones with the usual variance between hospitals too. Red is "
    "surely high, green surely low.",
)
_STYLE: Final = """body { max-width: 76em; padding: 0 1em }
small { color: #5b6b7b; font-weight: normal; margin-left: .4em }
h2 { border-bottom: 2px solid #333; margin-top: 1.6em }
h2, h3 { break-after: avoid }
table { font-size: 13px; font-variant-numeric: tabular-nums }
th { vertical-align: bottom }
td.n { white-space: nowrap }
.wide { overflow-x: auto }
.densities { display: flex; flex-wrap: wrap; gap: 1em }
.densities div { width: 160px } .densities b { display: block; font-size: 12px }
tr, figure { break-inside: avoid }
figure { margin: 1em 0 }
figure svg { height: auto; max-width: 760px; width: 100% }
figcaption { font-weight: 600 }
@page { margin: 12mm; size: A4 landscape }
@media print { body { font-size: 11px; margin: 0; max-width: none } table { font-size: 10px } }
"""
_CURVES: Final = 60  # groups whose density is drawn
_TESTS: Final = (
    ("mixture", "两类费用混合的病组", "Groups of two kinds of cost", ()),
    ("split", "可细分的病组", "Groups that could be split", ("characteristic", "with_value")),
    ("merge", "可合并的病组", "Groups that could be merged", ("other_drg",)),
)
_SHARES: Final = ("grouping_rate", "share_")
_HEADLINE: Final = (
    *("cases", "excluded", "grouped", "grouping_rate", "groups_used", "few_case_groups"),
    *("mean_cost_yuan", "mean_los_days"),
)
_UNITS: Final = {"cost": ("费用", "cost"), "los": ("住院天数", "length of stay")}


def quality_page(evaluation: Evaluation) -> str:
    """The page. Its tables are bounded; what they leave out is said, and in the workbook."""
    parts = [head("分组效能评价", style=_STYLE), "<p><small>Quality of a grouping</small></p>\n"]
    parts += _notes(evaluation)
    parts += _headline(evaluation)
    parts += _hospitals(evaluation)
    parts += _years(evaluation)
    parts += _groups(evaluation)
    parts += _settings(evaluation)
    return "".join(parts) + END


def _notes(evaluation: Evaluation) -> Iterator[str]:
    rows = [(row["message_zh"], row["message"]) for row in evaluation.findings.iter_rows(named=True)]
    if rows:
        yield "<ul>\n"
        yield from (f"<li>{escape(zh)}<small>{escape(en)}</small></li>\n" for zh, en in rows)
        yield "</ul>\n"


def _headline(evaluation: Evaluation) -> Iterator[str]:
    yield _heading(2, "概要", "Summary")
    summary = evaluation.summary
    rows = [(_label(name), _cell(name, summary[name])) for name in _HEADLINE]
    yield table(("指标 measure", "值 value"), 1, rows)
    yield _heading(2, "方差减少量与变异系数", "Reduction in variance, coefficients of variation")
    columns = ["cases", "riv", "riv_adjusted", "riv_adjusted_"]
    columns += ["share_cases_cv_below_0_8", "share_cases_cv_below_1"]
    found = evaluation.variance.with_columns(
        value=pl.Series([VALUES_ZH[key] for key in evaluation.variance.select("value", "scale").iter_rows()])
    )
    yield _table(found, ("value", "trimming", *columns), texts=2)


def _hospitals(evaluation: Evaluation) -> Iterator[str]:
    profiles = evaluation.profiles
    if not profiles.height:
        return
    yield _heading(2, "机构比较", "Hospitals compared")
    yield f"<p>{_HOW_TO_READ[0]}<small>{_HOW_TO_READ[1]}</small></p>\n"
    drawn = can_be_drawn()
    if not drawn:
        yield f"<p>{_NO_CHARTS[0]}<small>{_NO_CHARTS[1]}</small></p>\n"
    columns = ["cases", "index", "index_", "shrunken_index", "shrunken_index_", "rank", "rank_"]
    columns += ["p_adjusted", "differs"]
    for value, (zh, en) in _UNITS.items():
        rows = profiles.filter(pl.col("value") == value)
        compared = rows.filter(pl.col("p").is_not_null()).sort("rank", "hospital_id")
        yield _heading(3, zh, en)
        if drawn and compared.height:
            svg = quality_charts.funnel(compared.to_dicts(), "病例数 cases", f"{zh}指数 index of {en}")
            yield _figure(f"{zh}漏斗图", f"Funnel plot of {en}", svg)
            shown = compared
            if compared.height > _LEAGUE:
                shown = pl.concat([compared.head(_LEAGUE // 2), compared.tail(_LEAGUE // 2)])
            most = "" if shown is compared else f"（首尾各 {_LEAGUE // 2} 家）"
            svg = quality_charts.league(shown.to_dicts(), f"{zh}收缩指数 shrunken index of {en}")
            yield _figure(
                f"{zh}收缩指数与排名区间{most}", f"Shrunken index of {en}, rank with its interval", svg
            )
        yield _table(rows.sort("rank", "hospital_id", nulls_last=True), ("hospital_id", *columns), texts=1)


def _years(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.years is None:
        return
    yield _heading(2, "年度比较", "Year on year")
    yield (
        "<p>预期值为上年值向均值回归后的估计；本年÷预期的区间不含 1 者方为真实变化。"
        "<small>Expected is the earlier year drawn towards the mean.</small></p>\n"
    )
    columns = ["cases_then", "cases_now", "then", "now", "ratio_now_to_then", "expected_now"]
    columns += ["beyond_expected", "beyond_expected_", "p_adjusted", "changed"]
    for measure, name in (
        *(("hospital_cost_index", "hospital_id"), ("hospital_time_index", "hospital_id")),
        *(("group_mean_cost_yuan", "drg"), ("group_share_of_cases", "drg")),
    ):
        yield _heading(3, LABELS_ZH[measure], measure)
        yield _table(evaluation.years.filter(measure=measure), (name, *columns), texts=1)


def _groups(evaluation: Evaluation) -> Iterator[str]:
    yield _heading(2, "病组", "Groups")
    columns = ["cases", "mean_cost_yuan", "median_cost_yuan", "cv_cost", "cv_cost_", "mean_los_days"]
    columns += ["cv_los"]
    groups = evaluation.groups.sort("cv_cost", "drg", descending=[True, False], nulls_last=True)
    yield _table(groups, ("drg", "drg_name", *columns), texts=2)
    yield from _homogeneity(evaluation)
    violated = evaluation.order.filter("violated").sort("p_adjusted", "higher_drg")
    if violated.height:
        yield _heading(2, "合并症次序倒挂", "Order of complication levels violated")
        columns = ["higher_cases", "higher_mean_cost_yuan", "lower_cases", "lower_mean_cost_yuan", "ratio"]
        yield _table(violated, ("higher_drg", "lower_drg", *columns, "p_adjusted"), texts=2)


def _homogeneity(evaluation: Evaluation) -> Iterator[str]:
    tests, densities = evaluation.homogeneity, evaluation.densities
    if tests is None or densities is None:
        return
    yield _heading(2, "病组同质性", "Homogeneity of groups")
    if densities.height:
        two = tests.filter("suggested", kind="mixture").select("drg", two=True)
        shown = densities.join(two, on="drg", how="left").join(evaluation.groups, on="drg")
        shown = shown.sort("two", "cv_cost", "drg", descending=[True, True, False], nulls_last=True)
        title = "费用对数的分布：双峰者在前，其次为变异系数大者"
        yield _heading(
            3, title, "Log cost: those with two peaks first, then by CV; mean ± 4 standard deviations"
        )
        yield '<div class="densities">\n'
        for row in shown.head(_CURVES).iter_rows(named=True):
            name = f"{row['drg']} {row['drg_name']}"
            about = f"{row['cases']:,} 例 · CV {_cell('cv_cost', row['cv_cost'])}"
            about += " · 双峰" if row["two"] else ""
            curve = quality_charts.density(row["heights"], row["drg"])
            yield f"<div>{curve}<b>{escape(name)}</b><small>{escape(about)}</small></div>\n"
        yield "</div>\n"
    for kind, zh, en, texts in _TESTS:
        found = tests.filter("suggested", kind=kind)
        yield _heading(3, f"{zh}（{found.height:,}）", en)
        if found.height:
            columns = ["cases", "geometric_mean_cost_yuan", "other_cases", "other_geometric_mean_cost_yuan"]
            columns += ["ratio_of_geometric_means", "riv_gained", "p_adjusted"]
            yield _table(found, ("drg", *texts, *columns), texts=1 + len(texts))


def _settings(evaluation: Evaluation) -> Iterator[str]:
    yield _heading(2, "设置", "Settings")
    rows = (
        (cell_zh("setting", name), _NOTHING if value == "" else _in_words(name, value))
        for name, value in evaluation.settings.items()
    )
    yield table(("设置 setting", "值 value"), 2, rows)


def _in_words(name: str, value: Any) -> Any:
    return cell_zh(name, value) if isinstance(value, str) else value


def _heading(level: int, zh: str, en: str) -> str:
    return f"<h{level}>{escape(zh)}<small>{escape(en)}</small></h{level}>\n"


def _figure(zh: str, en: str, svg: str) -> str:
    return f"<figure><figcaption>{escape(zh)}<small>{escape(en)}</small></figcaption>{svg}</figure>\n"


def _table(frame: pl.DataFrame, columns: Sequence[str], *, texts: int) -> str:
    """The first rows of a frame. A name with _ at its end is that of an interval."""
    rows = ([_content(name, row) for name in columns] for row in frame.head(MOST_ROWS).iter_rows(named=True))
    made = f'<div class="wide">{table([_label(name) for name in columns], texts, rows)}</div>\n'
    left = frame.height - MOST_ROWS
    if left <= 0:
        return made
    zh, en = f"另有 {left:,} 行见工作簿（-o quality.xlsx）", f"{left:,} more rows are in the workbook"
    return f"{made}<p>{zh}<small>{en}</small></p>\n"


def _label(name: str) -> str:
    if name.endswith("_"):
        return "区间 interval"
    return f"{LABELS_ZH.get(name) or riv_zh(name)} {name}"


def _content(name: str, row: dict[str, Any]) -> str:
    if not name.endswith("_"):
        return _cell(name, row[name])
    low, high = row[f"{name}low"], row[f"{name}high"]
    return _NOTHING if low is None or high is None else f"{_cell(name, low)} – {_cell(name, high)}"


def _cell(name: str, value: Any) -> str:
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(_in_words(name, value))
    if name.startswith(_SHARES):
        return f"{value:.1%}"
    return f"{value:,.2f}" if "_yuan" in name or "_days" in name else f"{value:z,.4f}"
