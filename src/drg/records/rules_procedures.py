"""Procedures, and hours of intensive care and ventilation."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.records.rules import (
    ABSTRACT,
    CLAIM,
    CODE_LISTS,
    LOS,
    OTHER_PROCEDURES,
    PROCEDURE,
    Rule,
    any_code,
    begins,
    those,
)

# 51.2300, 33.6x00, 50.5100x002, 86.700x0013, 34.050A1 — in capitals, as codes compare.
FORM_OF_CODE: Final = r"^\d\d\.((\d{4,5}|\dX\d\d|\d{3}[A-Z]\d)(X\d{3})?|\d{3}X\d{4})$"
MOST_OTHERS: Final = 40

_ELEMENT = pl.element()
_ODD = ~_ELEMENT.str.contains(FORM_OF_CODE)
_ICU_HOURS = pl.col("icu_hours")
_VENTILATOR_HOURS = pl.col("ventilator_hours")
# Both the day of admission and the day of discharge may be whole days of care.
_HOURS_OF_STAY = (LOS + 1) * 24


def _coded(prefix: str) -> pl.Expr:
    return begins(PROCEDURE, prefix).fill_null(False) | any_code(OTHER_PROCEDURES, begins(_ELEMENT, prefix))


RULES: Final = (
    Rule(
        id="principal-procedure-form",
        fields=("principal_procedure",),
        when=~PROCEDURE.str.contains(FORM_OF_CODE),
        message="the principal procedure is not written as an insurance-version code",
        message_zh="主要手术及操作编码不符合医保版编码格式",
        fix="Use the full code, such as 51.2300 or 50.5100x002; if zeros are gone, read the column as text",
        fix_zh="请填写完整的医保版编码，如 51.2300、50.5100x002；若丢失前后的零，请以文本格式导出",
        source=CODE_LISTS,
    ),
    Rule(
        id="other-procedures-form",
        fields=("other_procedures",),
        when=any_code(OTHER_PROCEDURES, _ODD),
        shown=those(OTHER_PROCEDURES, _ODD),
        message="an other procedure is not written as an insurance-version code",
        message_zh="其他手术及操作中有编码不符合医保版编码格式",
        fix="Use the full code, such as 51.2300 or 50.5100x002; if zeros are gone, read the column as text",
        fix_zh="请填写完整的医保版编码；若丢失前后的零，请以文本格式导出",
        source=CODE_LISTS,
    ),
    Rule(
        id="principal-procedure-missing",
        fields=("principal_procedure", "other_procedures"),
        when=PROCEDURE.is_null() & (OTHER_PROCEDURES.list.len() > 0),
        message="there are other procedures, but no principal one",
        message_zh="有其他手术及操作，但主要手术及操作为空",
        fix="Put the procedure that treats the principal diagnosis first",
        fix_zh="请将与主要诊断相对应的主要手术及操作填在首位",
        source=ABSTRACT,
    ),
    Rule(
        id="other-procedures-many",
        fields=("other_procedures",),
        when=OTHER_PROCEDURES.list.len() > MOST_OTHERS,
        shown=OTHER_PROCEDURES.list.len().cast(pl.String),
        message=f"there are more than {MOST_OTHERS} other procedures, which no abstract has room for",
        message_zh=f"其他手术及操作超过 {MOST_OTHERS} 个，超出病案首页上报栏位数",
        fix="Check whether rows of several cases were joined",
        fix_zh="请核对是否误将多个病例合并",
        source="HQMS",
    ),
    Rule(
        id="icu-hours-over-stay",
        fields=("icu_hours", "los_days"),
        when=_ICU_HOURS > _HOURS_OF_STAY,
        message="icu_hours is more than the whole stay has",
        message_zh="重症监护时长超过住院时长",
        fix="Check the unit (hours, not minutes) and the length of stay",
        fix_zh="请核对重症监护时长及单位（小时），以及实际住院天数",
        source=CLAIM,
    ),
    Rule(
        id="ventilator-hours-over-stay",
        fields=("ventilator_hours", "los_days"),
        when=_VENTILATOR_HOURS > _HOURS_OF_STAY,
        message="ventilator_hours is more than the whole stay has",
        message_zh="呼吸机使用时长超过住院时长",
        fix="Check the unit (hours, not minutes) and the length of stay",
        fix_zh="请核对呼吸机使用时长及单位（小时），以及实际住院天数",
        source=CLAIM,
    ),
    Rule(
        id="ventilation-against-hours",
        fields=("ventilator_hours", "principal_procedure", "other_procedures"),
        when=(_coded("96.72") & (_VENTILATOR_HOURS < 96))
        | (_coded("96.71") & ~_coded("96.72") & (_VENTILATOR_HOURS >= 96)),
        optional=("other_procedures",),
        message="ventilator_hours does not fit the code: 96.72 is 96 hours or more, 96.71 is less",
        message_zh="呼吸机使用时长与编码不符：96.72 为 96 小时及以上，96.71 为不足 96 小时",
        fix="Correct the hours or the code; the pre-MDC groups of ventilation depend on it",
        fix_zh="请核对时长或编码；先期分组的呼吸机病组取决于此",
        source=CODE_LISTS,
    ),
    Rule(
        id="ventilation-against-stay",
        fields=("los_days", "principal_procedure", "other_procedures"),
        when=_coded("96.72") & (LOS < 4),
        optional=("other_procedures",),
        message="ventilation of 96 hours or more (96.72) is coded in a stay of fewer than 4 days",
        message_zh="住院不足 4 天，却有 96 小时及以上的呼吸机治疗（96.72）",
        fix="Correct the code or the length of stay",
        fix_zh="请核对手术操作编码或实际住院天数",
    ),
)
