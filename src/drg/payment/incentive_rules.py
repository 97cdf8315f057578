"""What a scheme may say of coefficients for the difficulty of a hospital's cases (激励系数)."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator, model_validator

from drg.payment.names import Hospital, Level
from drg.payment.parts import Number, Part, Period, Positive, Sourced, overlap
from drg.words import Sentence


class CmiBand(Part):
    """The coefficient of hospitals whose CMI ÷ mean CMI of their level is so much or more."""

    cmi_ratio_at_least: Number
    coefficient: Positive


class IncentiveRow(Period):
    """The coefficient of a hospital; all else is what it was worked out from, for people."""

    hospital: Hospital
    coefficient: Positive
    level: Level | None = None
    cases: int | None = Field(default=None, ge=0)
    cmi: Number | None = None
    level_cmi: Number | None = None
    cmi_ratio: Number | None = None


class Incentive(Sourced):
    """Coefficients by CMI, multiplied with that of hospital and group.

    The rows stand here, or with the same columns in ``incentives.csv`` beside the scheme.

    Attributes:
        bands: from which ``drg schemes incentives`` works them out.
        default: of a hospital without a row; ``not_known`` holds its cases.
    """

    bands: tuple[CmiBand, ...] = ()
    default: Positive | Literal["not_known"] = "not_known"
    rows: tuple[IncentiveRow, ...] = ()

    # The rows may stand in a table, the bands never do.
    @field_validator("bands")
    @classmethod
    def _bands_are_whole(cls, bands: tuple[CmiBand, ...]) -> tuple[CmiBand, ...]:
        starts = [band.cmi_ratio_at_least for band in bands]
        if starts and (starts[0] != 0 or any(a >= b for a, b in pairwise(starts))):
            raise ValueError(Sentence("bands must begin at 0 and be in order of cmi_ratio_at_least"))
        return bands

    @model_validator(mode="after")
    def _hangs_together(self) -> Incentive:
        if twice := overlap((row.hospital, row) for row in self.rows):
            problem = Sentence(
                "two coefficients by CMI are for {hospital} on the same days",
                hospital=self.rows[twice].hospital,
            )
            raise ValueError(problem, ("rows", twice))
        return self
