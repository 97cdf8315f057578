"""One discharge, typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from drg.columns import INPUT, RECORD
from drg.errors import InputError, did_you_mean
from drg.words import Joined, Sentence

Number = int | float | str | None
Codes = list[str | None] | str | None


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
