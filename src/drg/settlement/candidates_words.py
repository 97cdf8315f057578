"""Candidates for special review as they are shown: amounts in yuan, and the reasons in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from drg.columns import INPUT
from drg.payment.special_review import SpecialReview

DEPARTMENTS: Final = "transfer_departments"
NEW_TECHNOLOGY: Final = "new_technology"
_YUAN: Final = pl.Decimal(18, 2)
_WIDE: Final = pl.Int128

REASONS: Final[dict[str, tuple[str, str]]] = {
    "overrun": ("超支 {} 元", "overrun of {} yuan"),
    "cost_ratio": ("费用为支付标准的 {} 倍", "cost is {} × the standard"),
    "los_days": ("住院 {} 天", "stay of {} days"),
    "los_ratio": ("住院天数为病组平均的 {} 倍", "stay is {} × the mean of the group"),
    "icu_hours": ("重症监护 {} 小时", "{} hours in intensive care"),
    "departments": ("多科诊治：{}", "several departments: {}"),
    "excluded_items": ("含除外项目 {} 元", "excluded items of {} yuan"),
    "new_technology": ("新技术：{}", "new technology: {}"),
}


def shown(ranked: pl.DataFrame) -> pl.DataFrame:
    """The candidates as they are shown: amounts in yuan, ratios with four decimals, the reasons in words."""
    fine = pl.Decimal(38, 8)
    four = pl.Decimal(18, 4)

    def yuan(name: str) -> pl.Expr:
        return (pl.col(name).cast(fine) / 100).cast(_YUAN)

    def ratio(above: pl.Expr, below: pl.Expr) -> pl.Expr:
        # Rounded half up in whole numbers.
        above, below = above.cast(_WIDE), below.cast(_WIDE)
        units = (above * 20_000 + below) // (2 * below)
        return pl.when(below > 0).then((units.cast(fine) / 10_000).cast(four))

    days = ratio(pl.col("group_days"), pl.col("group_stays"))
    longer = ratio(pl.col("los_days").cast(_WIDE) * pl.col("group_stays").cast(_WIDE), pl.col("group_days"))
    cells = ranked.select(
        *("hospital_id", "year", "rank", "within_quota", "case_id", "insurance_type", "department"),
        *("drg", "drg_name", "case_class", "discharge_date", "los_days"),
        days.cast(pl.Decimal(18, 4)).alias("group_mean_los_days"),
        longer.alias("los_ratio"),
        "icu_hours",
        yuan("cost").alias("total_cost_yuan"),
        yuan("standard").alias("standard_payment_yuan"),
        yuan("payment").alias("payment_yuan"),
        yuan("overrun").alias("overrun_yuan"),
        ratio(pl.col("net"), pl.col("standard")).alias("cost_ratio"),
        *(f"has_{name}" for name in REASONS),
        yuan("excluded").alias("excluded_items_yuan"),
        DEPARTMENTS,
        NEW_TECHNOLOGY,
    )
    values = {
        "overrun": pl.col("overrun_yuan").cast(pl.String),
        "cost_ratio": pl.col("cost_ratio").cast(pl.String),
        "los_days": pl.col("los_days").cast(pl.String),
        "los_ratio": pl.col("los_ratio").cast(pl.String),
        "icu_hours": pl.col("icu_hours").cast(pl.String).str.strip_suffix(".0"),
        "departments": pl.col(DEPARTMENTS),
        "excluded_items": pl.col("excluded_items_yuan").cast(pl.String),
        "new_technology": pl.col(NEW_TECHNOLOGY),
    }
    reasons = []
    for place, separator, column in ((0, "；", "reasons_zh"), (1, "; ", "reasons_en")):
        texts = [
            pl.when(f"has_{name}").then(pl.format(words[place], values[name]))
            for name, words in REASONS.items()
        ]
        reasons.append(pl.concat_str(texts, separator=separator, ignore_nulls=True).alias(column))
    return cells.with_columns(reasons).drop(f"has_{name}" for name in REASONS)


def skipped(
    review: SpecialReview, names: Sequence[str], nameless: int, no_quota: Sequence[str]
) -> list[tuple[str, str]]:
    """What could not be looked at; ``no_quota`` are hospitals whose quota is not known."""
    found: list[tuple[str, str]] = []
    asked = {
        "los_days": review.los_days_at_least or review.los_ratio_at_least,
        "icu_hours": review.icu_hours_at_least,
    }
    for name, limit in asked.items():
        if limit is not None and name not in names:
            zh = f"病例数据中没有{INPUT[name].label_zh}，未按此条件筛选"
            found.append((zh, f"there is no column {name}: its limit was not looked at"))
    if DEPARTMENTS not in names:
        en = f"no column {DEPARTMENTS}: several departments not looked for"
        found.append(("病例数据中没有转科科别，未按多科诊治筛选", en))
    if nameless:
        zh = f"{nameless:,} 例缺少医疗机构代码、病案标识或出院时间，未列入"
        en = f"{nameless:,} cases without hospital_id, case_id or discharge_date are left out"
        found.append((zh, en))
    if no_quota:
        which = "、".join(no_quota)
        zh = f"{which}：医院级别（hospital_level）缺失、不一致或方案未规定限额，限额不详，候选均列为限额外"
        en = (
            f"the quota of {', '.join(no_quota)}: the level (hospital_level) is missing, differs between "
            "cases or has no quota in the scheme; all of their candidates are listed as beyond it"
        )
        found.append((zh, en))
    return found
