"""Insurances, levels, hospitals and kinds of case as a scheme names them, in the form that cases have.

Cases are read so that 三级 is 3 and 职工 is 310; the names of a scheme are read alike, so that both meet.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

import polars as pl
from pydantic import AfterValidator

from drg.columns import ALL
from drg.payment.parts import Text
from drg.records.cells import texts
from drg.words import Sentence


@cache
def name_form(column: str, text: str) -> str | None:
    """A name as the gate reads it in a column of cases; None if it says nothing there, such as NA."""
    form: str | None = texts(pl.Series([text], dtype=pl.String), ALL[column]).values[0]
    return form


def _read_as(column: str) -> Any:
    def read(text: str) -> str:
        form = name_form(column, text)
        if form is None:
            problem = Sentence(
                "{text!r} is read as an empty {column} in cases, so no case fits", text=text, column=column
            )
            raise ValueError(problem)
        return form

    return AfterValidator(read)


Insurance = Annotated[Text, _read_as("insurance_type")]
Level = Annotated[Text, _read_as("hospital_level")]
Hospital = Annotated[Text, _read_as("hospital_id")]
CaseKind = Annotated[Text, _read_as("case_kind")]
