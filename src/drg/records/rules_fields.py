"""Cells that are empty, cannot be read, or hold a value that cannot be."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.records.binding import UNREAD
from drg.records.findings import ERROR, WARNING
from drg.records.rules import ABSTRACT, CLAIM, DISPOSITION, FORM, LOS, RECORDED, SEX_CODES, Rule

# Without the first, a case can be neither grouped nor paid; the rest is mandatory in the abstract.
_MANDATORY: Final = {
    "principal_diagnosis": ERROR,
    "sex": ERROR,
    "age_years": ERROR,
    "discharge_date": ERROR,
    "total_cost_yuan": ERROR,
    "case_id": WARNING,
    "hospital_id": WARNING,
    "patient_id": WARNING,
    "birth_date": WARNING,
    "admission_date": WARNING,
    "los_days": WARNING,
    "department": WARNING,
    "disposition": WARNING,
    "insurance_type": WARNING,
}
# What no version groups by and no payment needs.
_HARMLESS: Final = ("birth_date", "ventilator_hours", "cost_parts_yuan")

_HOW: Final = {
    Kind.NUMBER: ("a plain number", "数字"),
    Kind.MONEY: (
        "an amount in yuan, without signs and thousands separators",
        "以元为单位的金额，不带符号和千位分隔符",
    ),
    Kind.DATE: ("a date such as 2024-03-01 10:20:00", "日期，如 2024-03-01 10:20:00"),
}


def _id(column: Column, what: str) -> str:
    return f"{column.name.replace('_', '-')}-{what}"


def _missing(column: Column, severity: str) -> Rule:
    unknown = " or not known" if column.unknown else ""
    return Rule(
        id=_id(column, "missing"),
        severity=severity,
        fields=(column.name,),
        # What cannot be read is not missing: it has a finding of its own.
        when=_absent(column),
        message=f"{column.name} is empty{unknown}",
        message_zh=f"{column.label_zh}为空" + ("或未知" if unknown else ""),
        fix=f"Fill it in from the record: {column.meaning}",
        fix_zh=f"请对照病历补填{column.label_zh}",
        source=CLAIM,
    )


def _absent(column: Column) -> pl.Expr:
    absent = pl.col(column.name).is_null()
    return absent & ~pl.col(f"{column.name}{UNREAD}") if column.kind in _HOW else absent


def _malformed(column: Column) -> Rule:
    form, form_zh = _HOW[column.kind]
    return Rule(
        id=_id(column, "malformed"),
        severity=WARNING if column.name in _HARMLESS else ERROR,
        fields=(column.name,),
        when=pl.col(f"{column.name}{UNREAD}"),
        message=f"{column.name} cannot be read",
        message_zh=f"{column.label_zh}格式有误，无法识别",
        fix=f"Write {form}; leave the cell empty if it is not known",
        fix_zh=f"请填写{form_zh}；不详时留空",
        source=CLAIM,
    )


def _impossible(column: Column) -> Rule:
    lowest, highest = f"{column.lowest:g}", f"{column.highest:,.0f}"
    return Rule(
        id=_id(column, "impossible"),
        severity=WARNING if column.name in _HARMLESS else ERROR,
        fields=(column.name,),
        when=~pl.col(column.name).is_between(column.lowest, column.highest),
        message=f"{column.name} is outside {lowest} to {highest}",
        message_zh=f"{column.label_zh}超出可能范围（{lowest}～{highest}）",
        fix=f"Correct it: {column.meaning}",
        fix_zh=f"请核对并更正{column.label_zh}",
        source=SEX_CODES if column.name == "sex" else CLAIM,
    )


_MISSING = tuple(_missing(RECORDED[name], severity) for name, severity in _MANDATORY.items())
_MALFORMED = tuple(_malformed(column) for column in RECORDED.values() if column.kind in _HOW)
_IMPOSSIBLE = tuple(_impossible(column) for column in RECORDED.values() if column.kind is Kind.NUMBER)

_OTHER = (
    Rule(
        id="disposition-unknown",
        fields=("disposition",),
        when=~DISPOSITION.is_in(["1", "2", "3", "4", "5", "9"]),
        message="disposition is none of 1, 2, 3, 4, 5 and 9",
        message_zh="离院方式不在 1、2、3、4、5、9 之列",
        fix="Use the code of the abstract; 5 is death, 9 is for what none of the others fits",
        fix_zh="请按病案首页离院方式代码填写：5 为死亡，其他情形填 9",
        source=ABSTRACT,
    ),
    Rule(
        id="los-days-zero",
        fields=("los_days",),
        when=LOS == 0,
        message="los_days is 0, but a stay that ends on the day of admission counts as one day",
        message_zh="实际住院天数为 0；当日入院、当日出院应计 1 天",
        fix="Write 1 for a stay of less than a day",
        fix_zh="住院不足一天的，请填 1",
        source=FORM,
    ),
    Rule(
        id="los-days-over-60",
        fields=("los_days",),
        when=LOS > 60,
        message="los_days is over 60; many schemes do not pay such a stay by group",
        message_zh="实际住院天数超过 60 天，多数地区不按病组付费",
        fix="Check the dates; if they are right, see how the local scheme pays long stays",
        fix_zh="请核对出入院时间；若无误，请按当地长期住院病例的结算办法处理",
    ),
)

RULES: Final = (*_MISSING, *_MALFORMED, *_IMPOSSIBLE, *_OTHER)
