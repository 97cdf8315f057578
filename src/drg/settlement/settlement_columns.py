"""The columns of a settlement, once: name, type, Chinese name and meaning. Amounts are in yuan."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.payment.scheme_numbers import CLASSES
from drg.settlement.account_formulas import TABLE, Formula
from drg.settlement.exact_decimals import in_yuan
from drg.words import categories

MONTH: Final = "month"
YEAR_TO_DATE: Final = "year_to_date"
YEAR: Final = "year"
FORECAST: Final = "forecast"
SPANS: Final = (MONTH, YEAR_TO_DATE, YEAR, FORECAST)

LOCAL: Final = "local"
_COUNTS: Final = {"": "", "_simulated": "模拟"}
# Patients insured elsewhere: together, or by province.
_OFF_SITE: Final = {"off_site": "异地", "in_province": "省内异地", "cross_province": "跨省异地"}
SIMULATED: Final = tuple(f"{name}_simulated" for name in _OFF_SITE)
REAL_OFF_SITE: Final = tuple(_OFF_SITE)
BASES_ZH: Final = {
    LOCAL: "本地",
    **{f"{name}{end}": f"{zh}{end_zh}" for name, zh in _OFF_SITE.items() for end, end_zh in _COUNTS.items()},
}

# What one account is about: its months are added up.
ACCOUNT: Final = ("year", "insurance_type", "basis", "hospital_id")
KEYS: Final = (*ACCOUNT, "span", "period")


def class_count(case_class: str) -> str:
    """The name of the column that counts a class of cases."""
    return f"cases_{case_class}"


CLASS_COUNTS: Final = tuple(class_count(name) for name in CLASSES)


_KINDS: Final[dict[str, tuple[Kind, pl.DataType]]] = {
    "text": (Kind.TEXT, pl.String()),
    "count": (Kind.NUMBER, pl.Int64()),
    "number": (Kind.NUMBER, pl.Decimal(38, 8)),
    "money": (Kind.MONEY, pl.Decimal(38, 2)),
}


def _column(kind: str, name: str, label: str, meaning: str) -> Column:
    return Column(name, *_KINDS[kind], label, meaning)


def _of_figure(row: Formula) -> Column:
    kind = row.look if row.look in ("money", "text") else "number"
    return _column(kind, in_yuan(row.name) if kind == "money" else row.name, row.zh, row.meaning)


# Figures that add up from month to month; those of a month are what the year to date grew by.
FLOWS: Final = tuple(row.name for row in TABLE if row.kind == "amount")
SETTLEMENT_COLUMNS: Final = (
    Column("year", Kind.NUMBER, pl.Int32, "年度", "year of discharge"),
    _column("text", "insurance_type", "险种", "310 employees 职工, 390 residents 居民"),
    _column("text", "basis", "人群", ", ".join(f"{name} {zh}" for name, zh in BASES_ZH.items())),
    _column("text", "hospital_id", "医疗机构代码", "identifies the hospital"),
    _column("text", "span", "口径", "month 当月, year_to_date 累计, year 年度清算, forecast 全年预测"),
    _column("text", "period", "期间", "the month, or the year; of year_to_date the last month"),
    _column("count", "cases", "病例数", "all cases"),
    *(
        _column("count", class_count(name), f"病例数：{name_zh}", f"cases of the class {name}")
        for name, name_zh in categories("case_class", "zh").items()
    ),
    _column("count", "cases_held", "待核病例数", "cases that cannot be settled as they stand; in no amount"),
    _column("count", "weighted_cases", "有权重的病例数", "cases that have a weight"),
    *(_of_figure(row) for row in TABLE if row.kind == "number"),
    *(_of_figure(row) for row in TABLE if row.kind == "amount"),
)

# Of an account whose score is known, or not: which share of its deposit it pays back.
SCORE_COLUMNS: Final = (
    *(column for column in SETTLEMENT_COLUMNS if column.name in ACCOUNT),
    _column("number", "deposit_share_returned", "保证金返还比例", "by the year's score"),
)
