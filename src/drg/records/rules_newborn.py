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
from drg.words import Sentence


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
        message=Sentence("the patient is under one year old, but age_days is empty"),
        fix=Sentence("Fill in the age at admission in days; without it newborns reach the wrong MDC"),
        source=FORM,
    ),
    Rule(
        id="newborn-without-birth-weight",
        fields=("birth_weight_g", "age_days"),
        when=NEWBORN & _no("birth_weight_g"),
        message=Sentence("the patient is under 29 days old, but birth_weight_g is empty"),
        fix=Sentence("Fill in the weight at birth in grams; versions 1.x and 2.0 group by it"),
        source=FORM,
    ),
    Rule(
        id="newborn-without-admission-weight",
        fields=("admission_weight_g", "age_days"),
        when=NEWBORN & _no("admission_weight_g"),
        message=Sentence("the patient is under 29 days old, but admission_weight_g is empty"),
        fix=Sentence("Fill in the weight at admission in grams; version 3.0 groups by it"),
        source=FORM,
    ),
    Rule(
        id="birth-weight-unusual",
        fields=("birth_weight_g",),
        when=~BIRTH_WEIGHT.is_between(300, 7000),
        message=Sentence("birth_weight_g is outside 300 to 7,000 g"),
        fix=Sentence("Check the unit: grams, not kilograms"),
    ),
    Rule(
        id="admission-weight-unusual",
        fields=("admission_weight_g", "age_days"),
        when=NEWBORN & ~ADMISSION_WEIGHT.is_between(300, 7000),
        message=Sentence("admission_weight_g of a newborn is outside 300 to 7,000 g"),
        fix=Sentence("Check the unit: grams, not kilograms"),
    ),
    Rule(
        id="age-days-over-a-year",
        fields=("age_days", "age_years"),
        when=(AGE_YEARS == 0) & (AGE_DAYS > 365),
        message=Sentence("age_years is 0, but age_days is over 365"),
        fix=Sentence("Correct whichever of the two is wrong"),
        source=FORM,
    ),
    Rule(
        id="age-days-under-a-year",
        fields=("age_days", "age_years"),
        when=(AGE_YEARS >= 1) & (AGE_DAYS < 365),
        message=Sentence("age_years is 1 or more, but age_days is under 365"),
        fix=Sentence("Leave age_days empty from the first birthday on, or correct age_years"),
        source=FORM,
    ),
    Rule(
        id="birth-weight-of-no-newborn",
        fields=("birth_weight_g", "age_years", "sex"),
        # The record of the mother may state the weight of her child.
        when=BIRTH_WEIGHT.is_not_null() & (AGE_YEARS >= 1) & ((SEX == MALE) | ~AGE_YEARS.is_between(10, 60)),
        message=Sentence("birth_weight_g is given for a patient who is neither a newborn nor a mother"),
        fix=Sentence("Empty the cell, or correct age and sex"),
        source=FORM,
    ),
    Rule(
        id="prematurity-without-weight",
        fields=("principal_diagnosis", "birth_weight_g"),
        when=_has("P07") & (AGE_YEARS == 0) & BIRTH_WEIGHT.is_null() & ADMISSION_WEIGHT.is_null(),
        optional=("other_diagnoses", "birth_weight_g", "admission_weight_g"),
        message=Sentence("P07 (short gestation, low birth weight) is coded, but no weight is given"),
        fix=Sentence("Fill in birth_weight_g and admission_weight_g"),
        source=ICD_10,
    ),
    Rule(
        id="low-birth-weight-against-weight",
        fields=("birth_weight_g", "principal_diagnosis", "other_diagnoses"),
        when=(_has("P07.0") & (BIRTH_WEIGHT >= 1000))
        | (_has("P07.1") & ~BIRTH_WEIGHT.is_between(1000, 2499)),
        optional=("other_diagnoses",),
        message=Sentence(
            "birth_weight_g does not fit the code: P07.0 is under 1,000 g, P07.1 is 1,000 to 2,499 g"
        ),
        fix=Sentence("Correct the weight, or choose the code that fits it"),
        source=ICD_10,
    ),
    Rule(
        id="perinatal-principal-after-infancy",
        fields=("principal_diagnosis", "age_years"),
        when=between(PRINCIPAL, "P00", "P96") & (AGE_YEARS >= 1),
        message=Sentence("a condition of the newborn (P00–P96) is principal at one year of age or more"),
        fix=Sentence("Choose the condition that was treated, or correct the age"),
    ),
)
