"""One discharge, typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from drg.columns import INPUT, RECORD
from drg.errors import InputError, did_you_mean
from drg.records.binding import UNREAD
from drg.records.cases import Cases
from drg.words import Joined, Sentence

Number = int | float | str | None
Codes = list[str | None] | str | None
# As much alike are two names of which one is a slip of the pen.
_LIKE: Final = 0.85


class Discharge(BaseModel):
    """One discharge (病案首页); the fields are those of ``columns.INPUT_COLUMNS``, and ``discharge_date``.

    No rule reads the date; it chooses the version in force where a series of versions groups.
    A field that is not known is None. Numbers may arrive as text. What is impossible is not refused here:
    grouping keeps the case and says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: str | int | None = None
    sex: Number = None
    age_years: Number = None
    age_days: Number = None
    birth_weight_g: Number = None
    admission_weight_g: Number = None
    department: str | int | None = None
    los_days: Number = None
    disposition: str | int | None = None
    icu_hours: Number = None
    principal_diagnosis: str | None = None
    other_diagnoses: Codes = None
    principal_procedure: str | None = None
    other_procedures: Codes = None
    discharge_date: datetime | date | str | int | None = None

    @classmethod
    def of(cls, discharge: Mapping[str, Any] | Discharge) -> Discharge:
        """A discharge from a mapping of field names to values.

        Raises:
            InputError: for a field that does not exist, with the nearest name, or a value of the wrong type.
        """
        if isinstance(discharge, Discharge):
            return discharge
        unknown = [name for name in discharge if name not in cls.model_fields]
        if unknown:
            hint = did_you_mean(str(unknown[0]), cls.model_fields)
            raise InputError(
                Sentence("a discharge has no field {name!r}", name=unknown[0]),
                field=str(unknown[0]),
                fix=hint or Sentence("The fields are {names}", names=Joined(", ", cls.model_fields)),
            )
        try:
            return cls.model_validate(dict(discharge))
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            raise InputError(
                Sentence("{field} is {value!r}", field=field, value=discharge[field]),
                field=field,
                fix=Sentence("Give {meaning}", meaning=(INPUT | RECORD)[field].meaning),
            ) from None

    def frame(self) -> pl.DataFrame:
        """The discharge as a frame of one row."""
        return pl.DataFrame({name: [value] for name, value in self.model_dump().items()})


def discharge_of(data: Any) -> Discharge:
    """One discharge as it was given: a ``Discharge``, a mapping in any columns, or cases of one row.

    Raises:
        InputError: a column is nearly one that is not there, or holds what it cannot hold.
    """
    if isinstance(data, Discharge):
        return data
    fields = Discharge.model_fields
    if isinstance(data, Mapping) and all(name in fields for name in data):
        return Discharge.of(data)
    cases = Cases.of(data)
    binding = cases.binding
    for name in cases.own_columns:
        if name not in binding.names and (hint := did_you_mean(name, fields, likeness=_LIKE)):
            raise InputError(Sentence("a discharge has no field {name!r}", name=name), field=name, fix=hint)
    batch = cases.rows.collect()
    # Of a file as the code list spells its codes; what a user typed stays as it is.
    frame = cases.convert(batch, fields).frame if cases is data else cases.read(batch, fields)
    row = frame.row(0, named=True)
    given = {name: value for name, value in row.items() if name in fields and value is not None}
    unread = {name: row.get(f"{name}{UNREAD}") for name in fields}
    return Discharge(**unread | given)


def discharge_frame(discharge: Discharge) -> pl.DataFrame:
    """One discharge as ``Cases.read`` gives cases."""
    cases = Cases.of(discharge)
    return cases.read(cases.rows.collect(), cases.binding.columns)
