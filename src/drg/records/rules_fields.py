"""Cells that are empty, cannot be read, or hold a value that cannot be."""

from __future__ import annotations

from typing import Final

import polars as pl

from drg.columns import Column, Kind
from drg.records.binding import UNREAD
from drg.records.findings import ERROR, WARNING
from drg.records.rules import ABSTRACT, CLAIM, DISPOSITION, FORM, LOS, RECORDED, SEX_CODES, Rule
from drg.words import Both, Sentence

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
    Kind.NUMBER: Sentence("a plain number"),
    Kind.MONEY: Sentence("an amount in yuan, without signs and thousands separators"),
    Kind.DATE: Sentence("a date such as 2024-03-01 10:20:00"),
}


def _id(column: Column, what: str) -> str:
    return f"{column.name.replace('_', '-')}-{what}"


def _missing(column: Column, severity: str) -> Rule:
    empty = Sentence("{label} is empty", label=column.label)
    unknown = Sentence("{label} is empty or not known", label=column.label)
    return Rule(
        id=_id(column, "missing"),
        severity=severity,
        fields=(column.name,),
        # What cannot be read is not missing: it has a finding of its own.
        when=_absent(column),
        message=unknown if column.unknown else empty,
        fix=Sentence("Fill it in from the record: {what}", what=Both(column.meaning, column.label_zh)),
        source=CLAIM,
    )


def _absent(column: Column) -> pl.Expr:
    absent = pl.col(column.name).is_null()
    return absent & ~pl.col(f"{column.name}{UNREAD}") if column.kind in _HOW else absent


def _malformed(column: Column) -> Rule:
    return Rule(
        id=_id(column, "malformed"),
        severity=WARNING if column.name in _HARMLESS else ERROR,
        fields=(column.name,),
        when=pl.col(f"{column.name}{UNREAD}"),
        message=Sentence("{column} cannot be read", column=column.label),
        fix=Sentence("Write {form}; leave the cell empty if it is not known", form=_HOW[column.kind]),
        source=CLAIM,
    )


def _impossible(column: Column) -> Rule:
    return Rule(
        id=_id(column, "impossible"),
        severity=WARNING if column.name in _HARMLESS else ERROR,
        fields=(column.name,),
        when=~pl.col(column.name).is_between(column.lowest, column.highest),
        message=Sentence(
            "{column} is outside {lowest} to {highest}",
            column=column.label,
            lowest=f"{column.lowest:g}",
            highest=f"{column.highest:,.0f}",
        ),
        fix=Sentence("Correct it: {what}", what=Both(column.meaning, column.label_zh)),
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
        message=Sentence("disposition is none of 1, 2, 3, 4, 5 and 9"),
        fix=Sentence("Use the code of the abstract; 5 is death, 9 is for what none of the others fits"),
        source=ABSTRACT,
    ),
    Rule(
        id="los-days-zero",
        fields=("los_days",),
        when=LOS == 0,
        message=Sentence("los_days is 0, but a stay that ends on the day of admission counts as one day"),
        fix=Sentence("Write 1 for a stay of less than a day"),
        source=FORM,
    ),
    Rule(
        id="los-days-over-60",
        fields=("los_days",),
        when=LOS > 60,
        message=Sentence("los_days is over 60; many schemes do not pay such a stay by group"),
        fix=Sentence("Check the dates; if they are right, see how the local scheme pays long stays"),
    ),
)

RULES: Final = (*_MISSING, *_MALFORMED, *_IMPOSSIBLE, *_OTHER)
