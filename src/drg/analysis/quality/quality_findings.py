"""What the reader of an evaluation has to know: what was left out, what is not defined, what not to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from drg.analysis.quality.quality_cases import EXCLUDED, NO_STATUS
from drg.analysis.quality.variants import COST, LOS
from drg.records.findings import NOTICE, SEVERITIES, WARNING

if TYPE_CHECKING:
    from collections import Counter

    from drg.analysis.quality.gather import Gathered

FINDINGS: Final = pl.Schema(
    {
        "rule": pl.String(),
        "severity": pl.String(),
        "count": pl.Int64(),
        "message": pl.String(),
        "message_zh": pl.String(),
    }
)
# Severity, message, message in Chinese; {n} is the count.
_RULES: Final[dict[str, tuple[str, str, str]]] = {
    "no-cases": (WARNING, "there are no cases", "没有病例"),
    "nothing-grouped": (
        WARNING,
        "no case is grouped; measures of groups are not defined",
        "没有入组病例，病组指标无法计算",
    ),
    "several-versions": (
        WARNING,
        "the cases were grouped by {n} versions ({detail}); evaluate each by itself",
        "病例由 {n} 个分组方案分组（{detail}），请分别评价",
    ),
    "other-version": (
        WARNING,
        "the rows name another version ({detail}) than the one that was given",
        "数据中的分组方案（{detail}）与指定的方案不同",
    ),
    "no-group-named": (
        WARNING,
        "{n} cases have no usable status, or are grouped but name no group; they count as not grouped",
        "{n} 例无有效入组状态，或标为入组但无病组代码，按未入组计",
    ),
    "cost-missing": (WARNING, "{n} grouped cases have no cost", "{n} 例入组病例缺少费用"),
    "cost-impossible": (
        WARNING,
        "{n} grouped cases have a cost that is no number, negative or above 100 million yuan; it is left out",
        "{n} 例入组病例费用无法识别、为负或超过一亿元，未计入",
    ),
    "cost-zero": (
        WARNING,
        "{n} grouped cases cost nothing: they count in raw measures, but have no log",
        "{n} 例入组病例费用为零：计入原值指标，不计入对数指标",
    ),
    "cost-equal": (
        WARNING,
        "all costs are equal (cases: {n}); the reduction in variance of cost is not defined",
        "全部 {n} 例费用相同，费用 RIV 无法计算",
    ),
    "los-missing": (WARNING, "{n} grouped cases have no length of stay", "{n} 例入组病例缺少住院天数"),
    "los-impossible": (
        WARNING,
        "{n} grouped cases have a length of stay that is no whole number from 0 to 36,600; it is left out",
        "{n} 例入组病例住院天数不是 0 至 36,600 的整数，未计入",
    ),
    "los-zero": (
        NOTICE,
        "{n} grouped cases stayed 0 days: they count in raw measures, but have no log",
        "{n} 例入组病例住院天数为 0：计入原值指标，不计入对数指标",
    ),
    "los-equal": (
        WARNING,
        "all lengths of stay are equal (cases: {n}); their reduction in variance is not defined",
        "全部 {n} 例住院天数相同，住院天数 RIV 无法计算",
    ),
    "few-cases": (
        NOTICE,
        "groups with fewer than {detail} cases: {n}; look at their intervals before you trust them",
        "{n} 个病组少于 {detail} 例，其指标不稳定，请参考区间",
    ),
    "one-case": (
        NOTICE,
        "groups with fewer than two cases with a cost: {n}; they have no CV and no part in its shares",
        "{n} 个病组有费用的病例不足 2 例，无变异系数，不计入 CV 占比",
    ),
    "riv-biased": (
        NOTICE,
        "{n} reductions in variance lie outside their percentile intervals, for many groups are small;"
        " read the adjusted ones and their intervals",
        "{n} 个 RIV 落在其百分位区间之外（小病组较多），请看校正 RIV 及其区间",
    ),
    "excluded": (
        NOTICE,
        "{n} cases are excluded: outside DRG by case_kind, of an excluded status, or too long a stay",
        "{n} 例被排除：case_kind 标为病组外、属排除的入组状态或住院超过指定天数",
    ),
    "order-violated": (
        NOTICE,
        "in {n} pairs of groups the higher complication level costs less on average",
        "{n} 对病组中，合并症等级高者次均费用反而较低（倒挂）",
    ),
    "levels-by-code": (
        NOTICE,
        "no tables of the version: MCC, CC and none are read from the last character of the code (1, 3, 5)",
        "没有分组方案的表：按病组代码末位 1、3、5 判断严重、一般、无合并症",
    ),
    "no-hospital": (
        NOTICE,
        "{n} grouped cases name no hospital; they have no part in the indices of hospitals",
        "{n} 例入组病例无医疗机构代码，不计入机构指数",
    ),
    "one-hospital": (
        NOTICE,
        "there is one hospital only: it is its own region, and its indices are 1",
        "只有一家医疗机构，以自身为区域，指数恒为 1",
    ),
    "few-replicates": (
        NOTICE,
        "the intervals rest on {n} replicates, for there are many cases; ask for more if it matters",
        "病例较多，区间仅基于 {n} 次自助抽样，可指定更多",
    ),
}


def findings(found: dict[str, tuple[int, str]]) -> pl.DataFrame:
    """The findings whose count is not zero, the gravest first.

    Args:
        found: by rule the count and a detail.
    """
    rows = []
    for rule, (severity, message, message_zh) in _RULES.items():
        count, detail = found.get(rule, (0, ""))
        if count:
            texts = (text.format(n=f"{count:,}", detail=detail) for text in (message, message_zh))
            rows.append((rule, severity, count, *texts))
    rows.sort(key=lambda row: SEVERITIES.index(row[1]))
    return pl.DataFrame(rows, schema=FINDINGS, orient="row")


def of_cases(statuses: Counter[str], cases: Gathered) -> dict[str, tuple[int, str]]:
    """What the cases themselves say, by rule."""
    grouped = len(cases.group)
    counts = {
        "no-cases": int(not statuses.total()),
        "nothing-grouped": int(bool(statuses.total()) and not grouped),
        "no-group-named": statuses[NO_STATUS],
        "excluded": statuses[EXCLUDED],
        "no-hospital": int((cases.hospital < 0).sum()),
        "one-hospital": int(len(cases.hospitals) == 1),
    }
    for name, values in ((COST, cases.cost), (LOS, cases.los)):
        counts[f"{name}-missing"] = int((values == -1).sum())
        counts[f"{name}-impossible"] = int((values < -1).sum())
        counts[f"{name}-zero"] = int((values == 0).sum())
        usable = values[values >= 0]
        counts[f"{name}-equal"] = len(usable) if len(usable) and usable.min() == usable.max() else 0
    if len(cases.versions) > 1:
        counts["several-versions"] = len(cases.versions)
    return {rule: (count, ", ".join(cases.versions)) for rule, count in counts.items()}
