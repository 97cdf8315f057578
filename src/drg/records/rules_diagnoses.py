"""Diagnoses: how codes are written, what may be principal, what goes with what."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.records.findings import ERROR
from drg.records.rules import (
    ABSTRACT,
    AGE_YEARS,
    CODE_LISTS,
    DISPOSITION,
    ICD_10,
    MALE,
    OTHERS,
    PRINCIPAL,
    SEX,
    Rule,
    any_code,
    begins,
    between,
    those,
)
from drg.words import Sentence

# I50.900, I50.900x007, A09.x00, A17.000+G01* — in capitals, as codes compare.
FORM_OF_CODE: Final = r"^[A-Z]\d\d\.(\d{3}|X\d\d)(X\d{3})?(\+[A-Z]\d\d(\.\d{1,3})?\*)?$"
MOST_OTHERS: Final = 40

_ELEMENT = pl.element()
_ODD = ~_ELEMENT.str.contains(FORM_OF_CODE)
_CHOOSE = Sentence("Choose the condition that was mainly treated, and list this code among the others")


def _obstetric(code: pl.Expr) -> pl.Expr:
    return begins(code, "O", "Z37")


def _any_diagnosis(test: pl.Expr, principal: pl.Expr) -> pl.Expr:
    return principal.fill_null(False) | any_code(OTHERS, test)


_ANY_OBSTETRIC = _any_diagnosis(_obstetric(_ELEMENT), _obstetric(PRINCIPAL))
_SUDDEN_DEATH = ("I46.1", "R95", "R96")
_ANY_DEATH = _any_diagnosis(begins(_ELEMENT, *_SUDDEN_DEATH), begins(PRINCIPAL, *_SUDDEN_DEATH))
# The first code that shows it, principal before others.
_SHOWN_OBSTETRIC = (
    pl.when(_obstetric(PRINCIPAL)).then(PRINCIPAL).otherwise(those(OTHERS, _obstetric(_ELEMENT)))
)
_SHOWN_DEATH = (
    pl.when(begins(PRINCIPAL, *_SUDDEN_DEATH))
    .then(PRINCIPAL)
    .otherwise(those(OTHERS, begins(_ELEMENT, *_SUDDEN_DEATH)))
)

RULES: Final = (
    Rule(
        id="principal-diagnosis-form",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=~PRINCIPAL.str.contains(FORM_OF_CODE),
        message=Sentence("the principal diagnosis is not written as an insurance-version code"),
        fix=Sentence("Use the full code, such as I50.900 or I50.900x007; I50.9 is too short"),
        source=CODE_LISTS,
    ),
    Rule(
        id="other-diagnoses-form",
        fields=("other_diagnoses",),
        when=any_code(OTHERS, _ODD),
        shown=those(OTHERS, _ODD),
        message=Sentence("an other diagnosis is not written as an insurance-version code"),
        fix=Sentence(
            "Use the full code, such as I50.900 or I50.900x007; otherwise it never counts as a complication"
        ),
        source=CODE_LISTS,
    ),
    Rule(
        id="principal-asterisk",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=PRINCIPAL.str.ends_with("*") & ~PRINCIPAL.str.contains("+", literal=True),
        message=Sentence("an asterisk code (a manifestation) stands alone as the principal diagnosis"),
        fix=Sentence("Use the dagger code of the cause, joined with the asterisk code, such as A17.000+G01*"),
        source=ICD_10,
    ),
    Rule(
        id="principal-external-cause",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=between(PRINCIPAL, "V01", "Y98"),
        message=Sentence("an external cause (V01–Y98) stands as the principal diagnosis"),
        fix=Sentence("Choose the injury or poisoning itself; external causes have a field of their own"),
        source=ABSTRACT,
    ),
    Rule(
        id="principal-supplementary",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=between(PRINCIPAL, "B95", "B98") | between(PRINCIPAL, "U80", "U89"),
        message=Sentence(
            "a supplementary code (B95–B98 agents, U80–U89 resistance) stands as the principal diagnosis"
        ),
        fix=Sentence("Choose the infection itself, and list this code among the others"),
        source=ICD_10,
    ),
    Rule(
        id="principal-delivery-outcome",
        fields=("principal_diagnosis",),
        when=begins(PRINCIPAL, "Z37"),
        message=Sentence("the outcome of delivery (Z37) stands as the principal diagnosis"),
        fix=_CHOOSE,
        source=ICD_10,
    ),
    Rule(
        id="principal-symptom",
        fields=("principal_diagnosis",),
        when=between(PRINCIPAL, "R00", "R99"),
        message=Sentence("a symptom or abnormal finding (R00–R99) stands as the principal diagnosis"),
        fix=Sentence("Choose the disease behind it if one was found; otherwise it may stay"),
        source=ABSTRACT,
    ),
    Rule(
        id="principal-sequelae",
        fields=("principal_diagnosis",),
        when=between(PRINCIPAL, "B90", "B94")
        | begins(PRINCIPAL, "E64", "E68", "G09", "I69", "O97")
        | between(PRINCIPAL, "T90", "T98"),
        message=Sentence("the sequelae of an earlier disease or injury stand as the principal diagnosis"),
        fix=Sentence("Choose the present condition, and list the sequelae among the others"),
        source=ICD_10,
    ),
    Rule(
        id="principal-among-others",
        fields=("principal_diagnosis", "other_diagnoses"),
        when=OTHERS.list.contains(PRINCIPAL) & PRINCIPAL.is_not_null(),
        message=Sentence("the principal diagnosis is repeated among the other diagnoses"),
        fix=Sentence("Delete it from the other diagnoses"),
        source=ABSTRACT,
    ),
    Rule(
        id="other-diagnoses-repeated",
        fields=("other_diagnoses",),
        when=OTHERS.list.n_unique() < OTHERS.list.len(),
        shown=OTHERS.list.eval(
            _ELEMENT.filter(_ELEMENT.is_duplicated()).unique(maintain_order=True)
        ).list.join("|"),
        message=Sentence("a code stands several times among the other diagnoses"),
        fix=Sentence("Keep it once"),
        source=ABSTRACT,
    ),
    Rule(
        id="other-diagnoses-many",
        fields=("other_diagnoses",),
        when=OTHERS.list.len() > MOST_OTHERS,
        shown=OTHERS.list.len().cast(pl.String),
        message=Sentence(
            "there are more than {most} other diagnoses, which no abstract has room for", most=MOST_OTHERS
        ),
        fix=Sentence("Check whether rows of several cases were joined"),
        source="HQMS",
    ),
    Rule(
        id="obstetric-in-man",
        severity=ERROR,
        fields=("sex", "principal_diagnosis", "other_diagnoses"),
        when=(SEX == MALE) & _ANY_OBSTETRIC,
        shown=_SHOWN_OBSTETRIC,
        optional=("other_diagnoses",),
        message=Sentence("pregnancy, delivery or puerperium (O00–O99, Z37) is coded for a man"),
        fix=Sentence("Correct the sex or the diagnosis"),
        source=ABSTRACT,
    ),
    Rule(
        id="obstetric-age",
        fields=("age_years", "principal_diagnosis", "other_diagnoses"),
        when=~AGE_YEARS.is_between(10, 60) & _ANY_OBSTETRIC,
        optional=("other_diagnoses",),
        message=Sentence("pregnancy, delivery or puerperium is coded at an age outside 10 to 60 years"),
        fix=Sentence("Correct the age or the diagnosis"),
    ),
    Rule(
        id="delivery-without-outcome",
        fields=("principal_diagnosis", "other_diagnoses"),
        when=between(PRINCIPAL, "O80", "O84") & ~any_code(OTHERS, begins(_ELEMENT, "Z37")),
        message=Sentence(
            "a delivery (O80–O84) is the principal diagnosis, but no outcome (Z37) is among the others"
        ),
        fix=Sentence("Add the outcome of delivery, such as Z37.000; vaginal deliveries are grouped by it"),
        source=ICD_10,
    ),
    Rule(
        id="treatment-without-tumour",
        fields=("principal_diagnosis", "other_diagnoses"),
        when=begins(PRINCIPAL, "Z51.0", "Z51.1") & ~any_code(OTHERS, between(_ELEMENT, "C00", "D48")),
        message=Sentence(
            "radiotherapy or chemotherapy (Z51.0, Z51.1) is the principal diagnosis without a tumour"
        ),
        fix=Sentence("Add the tumour that is treated"),
    ),
    Rule(
        id="death-against-disposition",
        fields=("disposition", "principal_diagnosis", "other_diagnoses"),
        when=(DISPOSITION != "5") & _ANY_DEATH,
        shown=_SHOWN_DEATH,
        optional=("other_diagnoses",),
        message=Sentence("sudden death (I46.1, R95, R96) is coded, but disposition is not 5 (died)"),
        fix=Sentence("Correct the disposition or the diagnosis"),
    ),
)
