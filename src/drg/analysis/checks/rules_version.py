"""Rules that ask a grouper version: does the case group, and do its codes fit the sex and each other."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.analysis.checks import facts
from drg.records.findings import ERROR, WARNING
from drg.records.rules import ABSTRACT, FEMALE, MALE, PRINCIPAL, PROCEDURE, SCHEME, SEX, Rule


def _against_sex(of_men: str, of_women: str) -> pl.Expr:
    return ((SEX == FEMALE) & pl.col(of_men)) | ((SEX == MALE) & pl.col(of_women))


_IN_AN_MDC = pl.col(facts.IN_AN_MDC)
_GROUPED = pl.col(facts.GROUPED)
_PRINCIPAL_SEX = pl.col(facts.PRINCIPAL_SEX)

RULES: Final = (
    Rule(
        id="no-version-in-force",
        severity=WARNING,
        fields=("discharge_date",),
        # A date that is missing or cannot be read has a finding of its own.
        when=~pl.col(facts.IN_FORCE),
        message="no version of the series was in force on discharge_date",
        message_zh="出院日期不在该系列任何分组方案版本的有效期内",
        fix="Check the date; or name the version by which such cases are to be grouped",
        fix_zh="请核对出院日期；如确需分组，请指定具体的分组方案版本",
        source=SCHEME,
    ),
    Rule(
        id="principal-groups-nowhere",
        severity=ERROR,
        fields=("principal_diagnosis",),
        # A newborn or a transplant may still find its group.
        when=~_GROUPED & ~_IN_AN_MDC & PRINCIPAL.is_not_null(),
        message="no MDC of the version takes this principal diagnosis, and the case groups nowhere",
        message_zh="主要诊断不在分组方案任何主要诊断大类中，病例无法入组",
        fix="Choose the condition that was mainly treated, or convert the code from its clinical version",
        fix_zh="请按主要诊断选择原则重新选择；若为国临版编码，请先转换为医保版",
        source=SCHEME,
    ),
    Rule(
        id="case-groups-nowhere",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=~_GROUPED & _IN_AN_MDC & ((SEX == _PRINCIPAL_SEX) | (_PRINCIPAL_SEX == 0) | SEX.is_null()),
        optional=("sex",),
        message="the version knows the principal diagnosis, but the case groups nowhere",
        message_zh="主要诊断可入组，但病例未能进入任何病组",
        fix="See what is missing with `drg explain`: often sex, age in days or an impossible number",
        fix_zh="请用 drg explain 查看缺少的条件，常见为性别、日龄缺失或数值有误",
        source=SCHEME,
    ),
    Rule(
        id="principal-against-sex",
        severity=ERROR,
        fields=("principal_diagnosis", "sex"),
        when=(_PRINCIPAL_SEX != 0) & (SEX != _PRINCIPAL_SEX),
        message="the version takes this principal diagnosis for the other sex only",
        message_zh="主要诊断与性别不符（分组方案仅对另一性别收入该诊断）",
        fix="Correct the sex or the principal diagnosis",
        fix_zh="请核对性别或主要诊断编码",
        source=SCHEME,
    ),
    Rule(
        id="other-diagnosis-against-sex",
        fields=("other_diagnoses", "sex"),
        when=_against_sex(facts.OTHERS_MALE, facts.OTHERS_FEMALE),
        message="an other diagnosis is one that the version takes for the other sex only",
        message_zh="其他诊断中有与性别不符的编码",
        fix="Correct the sex or the diagnosis",
        fix_zh="请核对性别或其他诊断编码",
        source=SCHEME,
    ),
    Rule(
        id="procedure-against-sex",
        fields=("principal_procedure", "sex", "other_procedures"),
        when=_against_sex(facts.PROCEDURES_MALE, facts.PROCEDURES_FEMALE),
        message="a procedure is one for which only groups of the other sex ask",
        message_zh="手术及操作与性别不符（仅见于另一性别的病组）",
        fix="Correct the sex or the procedure",
        fix_zh="请核对性别或手术及操作编码",
        source=SCHEME,
    ),
    Rule(
        id="principal-procedure-no-operation",
        fields=("principal_procedure", "other_procedures"),
        when=PROCEDURE.is_not_null() & ~pl.col(facts.IS_OPERATION) & pl.col(facts.OTHER_IS_OPERATION),
        message="the principal procedure is no operation of the version, but another procedure is",
        message_zh="主要手术及操作不属于可入组的手术操作，而其他手术及操作中有可入组的",
        fix="Put the operation that treats the principal diagnosis first: groups look at the first one",
        fix_zh="请将与主要诊断相对应的手术填为主要手术及操作，分组时以其为准",
        source=ABSTRACT,
    ),
    Rule(
        id="ambiguous-group",
        fields=("principal_procedure", "principal_diagnosis"),
        when=pl.col(facts.AMBIGUOUS),
        message="the principal procedure belongs to no group of the principal diagnosis (QY)",
        message_zh="主要手术及操作与主要诊断不匹配，落入歧义组（QY）",
        fix="Check which diagnosis the operation treats, and which operation is the principal one",
        fix_zh="请核对主要诊断与主要手术及操作是否对应",
        source=SCHEME,
    ),
)
