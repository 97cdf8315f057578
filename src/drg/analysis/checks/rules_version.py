"""Rules that ask a grouper version: does the case group, and do its codes fit the sex and each other."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.analysis.checks import facts
from drg.records.findings import ERROR, WARNING
from drg.records.rules import ABSTRACT, FEMALE, MALE, PRINCIPAL, PROCEDURE, SCHEME, SEX, Rule
from drg.words import Sentence


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
        message=Sentence("no version of the series was in force on discharge_date"),
        fix=Sentence("Check the date; or name the version by which such cases are to be grouped"),
        source=SCHEME,
    ),
    Rule(
        id="principal-groups-nowhere",
        severity=ERROR,
        fields=("principal_diagnosis",),
        # A newborn or a transplant may still find its group.
        when=~_GROUPED & ~_IN_AN_MDC & PRINCIPAL.is_not_null(),
        message=Sentence("no MDC of the version takes this principal diagnosis, and the case groups nowhere"),
        fix=Sentence(
            "Choose the condition that was mainly treated, or convert the code from its clinical version"
        ),
        source=SCHEME,
    ),
    Rule(
        id="case-groups-nowhere",
        severity=ERROR,
        fields=("principal_diagnosis",),
        when=~_GROUPED & _IN_AN_MDC & ((SEX == _PRINCIPAL_SEX) | (_PRINCIPAL_SEX == 0) | SEX.is_null()),
        optional=("sex",),
        message=Sentence("the version knows the principal diagnosis, but the case groups nowhere"),
        fix=Sentence(
            "See what is missing with `drg explain`: often sex, age in days or an impossible number"
        ),
        source=SCHEME,
    ),
    Rule(
        id="principal-against-sex",
        severity=ERROR,
        fields=("principal_diagnosis", "sex"),
        when=(_PRINCIPAL_SEX != 0) & (SEX != _PRINCIPAL_SEX),
        message=Sentence("the version takes this principal diagnosis for the other sex only"),
        fix=Sentence("Correct the sex or the principal diagnosis"),
        source=SCHEME,
    ),
    Rule(
        id="other-diagnosis-against-sex",
        fields=("other_diagnoses", "sex"),
        when=_against_sex(facts.OTHERS_MALE, facts.OTHERS_FEMALE),
        message=Sentence("an other diagnosis is one that the version takes for the other sex only"),
        fix=Sentence("Correct the sex or the diagnosis"),
        source=SCHEME,
    ),
    Rule(
        id="procedure-against-sex",
        fields=("principal_procedure", "sex", "other_procedures"),
        when=_against_sex(facts.PROCEDURES_MALE, facts.PROCEDURES_FEMALE),
        message=Sentence("a procedure is one for which only groups of the other sex ask"),
        fix=Sentence("Correct the sex or the procedure"),
        source=SCHEME,
    ),
    Rule(
        id="principal-procedure-no-operation",
        fields=("principal_procedure", "other_procedures"),
        when=PROCEDURE.is_not_null() & ~pl.col(facts.IS_OPERATION) & pl.col(facts.OTHER_IS_OPERATION),
        message=Sentence("the principal procedure is no operation of the version, but another procedure is"),
        fix=Sentence(
            "Put the operation that treats the principal diagnosis first: groups look at the first one"
        ),
        source=ABSTRACT,
    ),
    Rule(
        id="ambiguous-group",
        fields=("principal_procedure", "principal_diagnosis"),
        when=pl.col(facts.AMBIGUOUS),
        message=Sentence("the principal procedure belongs to no group of the principal diagnosis (QY)"),
        fix=Sentence("Check which diagnosis the operation treats, and which operation is the principal one"),
        source=SCHEME,
    ),
)
