"""The tables that set the versions side by side: statistical quality, and what each scheme pays in all."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.analysis.comparison import Comparison
from drg.analysis.comparison.budget import BY_GROUP, BY_ITEM, NOT_PRICED, TOTAL
from drg.analysis.scenarios.outcome import DIFFERENCE, WITH, WITHOUT
from drg.report.comparison.page_layout import PRICED_COST, Column, Kind, Table

_SHARES: Final[tuple[tuple[str, str, str, Kind], ...]] = (
    ("share_cases_cv_below_0_8", "CV<0.8 病例", "cases in groups of CV < 0.8", "share"),
    ("share_groups_cv_below_0_8", "CV<0.8 组", "groups of CV < 0.8", "share"),
    ("share_cases_cv_below_1", "CV<1 病例", "cases in groups of CV < 1", "share"),
    ("share_groups_cv_below_1", "CV<1 组", "groups of CV < 1", "share"),
)
_LOOKS: Final = {
    ("cost", "raw", False): "费用 cost",
    ("cost", "log", False): "费用对数 log of cost",
    ("cost", "raw", True): "裁剪后费用 cost, trimmed",
    ("los", "raw", False): "住院日 days",
    ("los", "log", False): "住院日对数 log of days",
    ("los", "raw", True): "裁剪后住院日 days, trimmed",
}


def quality_table(comparison: Comparison) -> Table:
    """Each version on the cases that it groups itself."""
    named: tuple[tuple[str, str, str, Kind], ...] = (
        ("grouping_rate", "入组率", "grouping rate", "share"),
        ("cmi", "CMI", "CMI", "weight"),
        ("groups_used", "有病例的组数", "groups used", "count"),
        ("few_case_groups", "不足 30 例的组", "groups below 30 cases", "count"),
        ("mean_cost_yuan", "次均费用", "mean cost", "money"),
        ("riv_cost", "费用 RIV", "RIV of cost", "number"),
        ("riv_los", "住院日 RIV", "RIV of days", "number"),
        *_SHARES,
    )
    columns = (
        Column("version", "分组方案", "version"),
        *(
            Column(name, zh, en, kind, {"status": "grouped"})
            for name, zh, en, kind in named
            if name in comparison.quality.columns
        ),
    )
    cases = {"version": {"col": "version"}}
    return Table("quality", "统计质量", "Statistical quality", comparison.quality, columns, cases)


def variance_table(comparison: Comparison) -> Table:
    """All versions on the cases that every one of them groups."""
    looks = [
        _LOOKS[value, scale, trimming != "none"]
        for value, scale, trimming in comparison.variance.select("value", "scale", "trimming").rows()
    ]
    named: tuple[tuple[str, str, str, Kind], ...] = (
        ("cases", "病例数", "cases", "count"),
        ("not_common", "非共同入组", "not grouped by all", "count"),
        ("no_value", "无可用值", "without a value", "count"),
        ("trimmed", "裁剪", "trimmed", "count"),
        ("groups", "有病例的组数", "groups used", "count"),
        ("riv", "RIV", "RIV", "number"),
        ("riv_adjusted", "校正 RIV", "adjusted RIV", "number"),
        ("riv_adjusted_difference", "与基准之差", "difference from the base", "number"),
        ("riv_adjusted_difference_low", "95% 下限", "95 % from", "number"),
        ("riv_adjusted_difference_high", "95% 上限", "95 % to", "number"),
        *_SHARES,
    )
    columns = (
        Column("look", "指标", "of"),
        Column("version", "分组方案", "version"),
        *(Column(*one) for one in named),
    )
    frame = comparison.variance.with_columns(look=pl.Series(looks, dtype=pl.String))
    title = ("相同病例的 RIV", "RIV on the same cases, those that every version groups")
    return Table("variance", *title, frame, columns)


_KINDS: Final = {
    BY_GROUP: "按病组支付 by group",
    BY_ITEM: "按项目、床日等支付 by item, by the day or as decided",
    NOT_PRICED: "未计价 not priced",
    TOTAL: "合计 total",
}


def budget_table(comparison: Comparison) -> Table:
    """What each scheme pays for all cases."""
    columns = (
        Column("version", "分组方案", "version"),
        Column("kind", "支付方式", "paid"),
        Column("cases", "病例数", "cases", "count"),
        Column("cases_difference", "病例数差", "difference of cases", "count"),
        Column("cost_yuan", "住院总费用", "cost", "money"),
        Column("payment_yuan", "支付合计", "payment", "money"),
        Column("payment_difference_yuan", "支付合计差", "difference of payment", "money"),
    )
    frame = comparison.budget.with_columns(pl.col("kind").replace_strict(_KINDS, return_dtype=pl.String))
    return Table("budget", "支付总额", "Total payment of all cases", frame, columns)


_OF: Final = {
    WITHOUT: "现状 without the scenario",
    WITH: "情景 with the scenario",
    DIFFERENCE: "差额 difference",
}


def scenario_table(outcome: pl.DataFrame) -> Table:
    """The totals of each version without and with a scenario."""
    named: tuple[tuple[str, str, str, Kind], ...] = (
        ("cases", "病例数", "cases", "count"),
        ("grouped", "入组", "grouped", "count"),
        ("not_priced", "未计价", "not priced", "count"),
        ("weight", "总权重", "total weight", "weight"),
        ("cmi", "CMI", "CMI", "weight"),
        ("payment_yuan", "支付合计", "payment", "money"),
        ("cost_yuan", "住院总费用", "cost", "money"),
        ("priced_cost_yuan", *PRICED_COST, "money"),
        ("surplus_yuan", "结余", "surplus", "money"),
    )
    columns = (
        Column("version", "分组方案", "version"),
        Column("of", "口径", "of"),
        *(Column(*one) for one in named if one[0] in outcome.columns),
    )
    frame = outcome.with_columns(pl.col("of").replace_strict(_OF, return_dtype=pl.String))
    return Table("scenario", "情景测算", "Scenario", frame, columns)
