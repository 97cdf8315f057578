"""Newborns: age in days and weight decide the group, so both must be there and make sense."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.records.binding import UNREAD
from drg.records.findings import ERROR
from drg.records.rules import (
    ADMISSION_WEIGHT,
    AGE_DAYS,
    AGE_YEARS,
    BIRTH_WEIGHT,
    FORM,
    ICD_10,
    MALE,
    NEWBORN,
    OTHERS,
    PRINCIPAL,
    SEX,
    Rule,
    any_code,
    begins,
    between,
)


def _has(*prefixes: str) -> pl.Expr:
    return begins(PRINCIPAL, *prefixes).fill_null(False) | any_code(OTHERS, begins(pl.element(), *prefixes))


def _no(name: str) -> pl.Expr:
    return pl.col(name).is_null() & ~pl.col(f"{name}{UNREAD}")


RULES: Final = (
    Rule(
        id="newborn-without-age-days",
        severity=ERROR,
        fields=("age_days", "age_years"),
        when=(AGE_YEARS == 0) & _no("age_days"),
        message="the patient is under one year old, but age_days is empty",
        message_zh="患者不满一周岁，但新生儿日龄为空",
        fix="Fill in the age at admission in days; without it newborns reach the wrong MDC",
        fix_zh="请补填入院时日龄（天）；缺少日龄将无法正确进入新生儿大类",
        source=FORM,
    ),
    Rule(
        id="newborn-without-birth-weight",
        fields=("birth_weight_g", "age_days"),
        when=NEWBORN & _no("birth_weight_g"),
        message="the patient is under 29 days old, but birth_weight_g is empty",
        message_zh="患者为新生儿（日龄小于 29 天），但出生体重为空",
        fix="Fill in the weight at birth in grams; versions 1.x and 2.0 group by it",
        fix_zh="请补填新生儿出生体重（克）；1.x、2.0 版据此分组",
        source=FORM,
    ),
    Rule(
        id="newborn-without-admission-weight",
        fields=("admission_weight_g", "age_days"),
        when=NEWBORN & _no("admission_weight_g"),
        message="the patient is under 29 days old, but admission_weight_g is empty",
        message_zh="患者为新生儿（日龄小于 29 天），但入院体重为空",
        fix="Fill in the weight at admission in grams; version 3.0 groups by it",
        fix_zh="请补填新生儿入院体重（克）；3.0 版据此分组",
        source=FORM,
    ),
    Rule(
        id="birth-weight-unusual",
        fields=("birth_weight_g",),
        when=~BIRTH_WEIGHT.is_between(300, 7000),
        message="birth_weight_g is outside 300 to 7,000 g",
        message_zh="新生儿出生体重不在 300～7000 克之间",
        fix="Check the unit: grams, not kilograms",
        fix_zh="请核对出生体重及单位（应为克，而非千克）",
    ),
    Rule(
        id="admission-weight-unusual",
        fields=("admission_weight_g", "age_days"),
        when=NEWBORN & ~ADMISSION_WEIGHT.is_between(300, 7000),
        message="admission_weight_g of a newborn is outside 300 to 7,000 g",
        message_zh="新生儿入院体重不在 300～7000 克之间",
        fix="Check the unit: grams, not kilograms",
        fix_zh="请核对入院体重及单位（应为克，而非千克）",
    ),
    Rule(
        id="age-days-over-a-year",
        fields=("age_days", "age_years"),
        when=(AGE_YEARS == 0) & (AGE_DAYS > 365),
        message="age_years is 0, but age_days is over 365",
        message_zh="年龄为 0 岁，但日龄超过 365 天",
        fix="Correct whichever of the two is wrong",
        fix_zh="请核对年龄与日龄",
        source=FORM,
    ),
    Rule(
        id="age-days-under-a-year",
        fields=("age_days", "age_years"),
        when=(AGE_YEARS >= 1) & (AGE_DAYS < 365),
        message="age_years is 1 or more, but age_days is under 365",
        message_zh="年龄已满一周岁，但日龄不足 365 天",
        fix="Leave age_days empty from the first birthday on, or correct age_years",
        fix_zh="满一周岁后日龄应留空；若患者不满一周岁，请更正年龄",
        source=FORM,
    ),
    Rule(
        id="birth-weight-of-no-newborn",
        fields=("birth_weight_g", "age_years", "sex"),
        # The record of the mother may state the weight of her child.
        when=BIRTH_WEIGHT.is_not_null() & (AGE_YEARS >= 1) & ((SEX == MALE) | ~AGE_YEARS.is_between(10, 60)),
        message="birth_weight_g is given for a patient who is neither a newborn nor a mother",
        message_zh="患者既非新生儿也非产妇，却填写了新生儿出生体重",
        fix="Empty the cell, or correct age and sex",
        fix_zh="请清空新生儿出生体重，或核对年龄、性别",
        source=FORM,
    ),
    Rule(
        id="prematurity-without-weight",
        fields=("principal_diagnosis", "birth_weight_g"),
        when=_has("P07") & (AGE_YEARS == 0) & BIRTH_WEIGHT.is_null() & ADMISSION_WEIGHT.is_null(),
        optional=("other_diagnoses", "birth_weight_g", "admission_weight_g"),
        message="P07 (short gestation, low birth weight) is coded, but no weight is given",
        message_zh="诊断含 P07（早产、低出生体重），但未填写体重",
        fix="Fill in birth_weight_g and admission_weight_g",
        fix_zh="请补填新生儿出生体重和入院体重",
        source=ICD_10,
    ),
    Rule(
        id="low-birth-weight-against-weight",
        fields=("birth_weight_g", "principal_diagnosis", "other_diagnoses"),
        when=(_has("P07.0") & (BIRTH_WEIGHT >= 1000))
        | (_has("P07.1") & ~BIRTH_WEIGHT.is_between(1000, 2499)),
        optional=("other_diagnoses",),
        message="birth_weight_g does not fit the code: P07.0 is under 1,000 g, P07.1 is 1,000 to 2,499 g",
        message_zh="出生体重与诊断不符：P07.0 为不足 1000 克，P07.1 为 1000～2499 克",
        fix="Correct the weight, or choose the code that fits it",
        fix_zh="请核对出生体重，或选择与体重相符的诊断编码",
        source=ICD_10,
    ),
    Rule(
        id="perinatal-principal-after-infancy",
        fields=("principal_diagnosis", "age_years"),
        when=between(PRINCIPAL, "P00", "P96") & (AGE_YEARS >= 1),
        message="a condition of the newborn (P00–P96) is principal at one year of age or more",
        message_zh="患者已满一周岁，主要诊断却为围生期疾病（P00～P96）",
        fix="Choose the condition that was treated, or correct the age",
        fix_zh="请以本次治疗的疾病作为主要诊断，或核对年龄",
    ),
)
