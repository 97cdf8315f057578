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
from drg.words import Sentence

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
        message=Sentence("the principal procedure is not written as an insurance-version code"),
        fix=Sentence(
            "Use the full code, such as 51.2300 or 50.5100x002; if zeros are gone, read the column as text"
        ),
        source=CODE_LISTS,
    ),
    Rule(
        id="other-procedures-form",
        fields=("other_procedures",),
        when=any_code(OTHER_PROCEDURES, _ODD),
        shown=those(OTHER_PROCEDURES, _ODD),
        message=Sentence("an other procedure is not written as an insurance-version code"),
        fix=Sentence(
            "Use the full code, such as 51.2300 or 50.5100x002; if zeros are gone, read the column as text"
        ),
        source=CODE_LISTS,
    ),
    Rule(
        id="principal-procedure-missing",
        fields=("principal_procedure", "other_procedures"),
        when=PROCEDURE.is_null() & (OTHER_PROCEDURES.list.len() > 0),
        message=Sentence("there are other procedures, but no principal one"),
        fix=Sentence("Put the procedure that treats the principal diagnosis first"),
        source=ABSTRACT,
    ),
    Rule(
        id="other-procedures-many",
        fields=("other_procedures",),
        when=OTHER_PROCEDURES.list.len() > MOST_OTHERS,
        shown=OTHER_PROCEDURES.list.len().cast(pl.String),
        message=Sentence(
            "there are more than {most} other procedures, which no abstract has room for", most=MOST_OTHERS
        ),
        fix=Sentence("Check whether rows of several cases were joined"),
        source="HQMS",
    ),
    Rule(
        id="icu-hours-over-stay",
        fields=("icu_hours", "los_days"),
        when=_ICU_HOURS > _HOURS_OF_STAY,
        message=Sentence("icu_hours is more than the whole stay has"),
        fix=Sentence("Check the unit (hours, not minutes) and the length of stay"),
        source=CLAIM,
    ),
    Rule(
        id="ventilator-hours-over-stay",
        fields=("ventilator_hours", "los_days"),
        when=_VENTILATOR_HOURS > _HOURS_OF_STAY,
        message=Sentence("ventilator_hours is more than the whole stay has"),
        fix=Sentence("Check the unit (hours, not minutes) and the length of stay"),
        source=CLAIM,
    ),
    Rule(
        id="ventilation-against-hours",
        fields=("ventilator_hours", "principal_procedure", "other_procedures"),
        when=(_coded("96.72") & (_VENTILATOR_HOURS < 96))
        | (_coded("96.71") & ~_coded("96.72") & (_VENTILATOR_HOURS >= 96)),
        optional=("other_procedures",),
        message=Sentence("ventilator_hours does not fit the code: 96.72 is 96 hours or more, 96.71 is less"),
        fix=Sentence("Correct the hours or the code; the pre-MDC groups of ventilation depend on it"),
        source=CODE_LISTS,
    ),
    Rule(
        id="ventilation-against-stay",
        fields=("los_days", "principal_procedure", "other_procedures"),
        when=_coded("96.72") & (LOS < 4),
        optional=("other_procedures",),
        message=Sentence("ventilation of 96 hours or more (96.72) is coded in a stay of fewer than 4 days"),
        fix=Sentence("Correct the code or the length of stay"),
    ),
)
